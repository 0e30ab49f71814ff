"""Reading the configuration: what is taken from where, and what a mistake is told as."""

from collections.abc import Callable
from pathlib import Path

import pytest

from streamstress.config import load_settings
from streamstress.errors import ConfigError


def test_a_good_file_is_read_and_the_rest_has_defaults(good_file: Path):
    settings = load_settings(good_file)
    assert settings.seed == 7
    assert [region.name for region in settings.network.regions] == ["basin"]
    assert settings.kafka.bootstrap_servers is None
    assert settings.picking.picker == "demo"


def test_relative_paths_start_at_the_files_own_folder(
    good_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(Path("site/site.toml"))
    folder = good_file.parent
    assert settings.network.stations == folder / "stations.csv"
    assert settings.network.velocity == str(folder / "velocity.csv")
    assert settings.clock.replay == folder / "clock.json"
    assert settings.run_folder == folder / "run"
    assert settings.kafka.embedded_folder == folder / "run" / "kafka"
    assert settings.ingest.resume_file == folder / "run" / "seedlink-resume.json"
    assert settings.store.url == f"sqlite:///{folder}/run/mine.db"


def test_absolute_paths_names_and_other_databases_are_left_alone(
    changed: Callable[[str, str], Path],
):
    path = changed('"stations.csv"', '"/etc/stations.csv"')
    assert load_settings(path).network.stations == Path("/etc/stations.csv")
    path = changed('"velocity.csv"', '"iasp91"')
    assert load_settings(path).network.velocity == "iasp91"
    for url in ("postgresql+psycopg://db/stress", "sqlite:////var/lib/mine.db"):
        path = changed('"sqlite:///mine.db"', f'"{url}"')
        assert load_settings(path).store.url == url


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("demo", "demo"),
        ("phasenet:stead", "phasenet:stead"),
        ("phasenet:models/own", "phasenet:{folder}/models/own"),
        ("phasenet:beside", "phasenet:{folder}/beside"),
        ("eqtransformer:/models/own", "eqtransformer:/models/own"),
    ],
)
def test_weights_of_a_picker_are_found_from_the_files_own_folder(
    good_file: Path, written: str, meant: str
):
    (good_file.parent / "beside.pt").touch()
    good_file.write_text(f'{good_file.read_text()}\n[picking]\npicker = "{written}"\n')
    assert load_settings(good_file).picking.picker == meant.format(folder=good_file.parent)


def test_the_environment_overrides_the_file(good_file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STREAMSTRESS_KAFKA__BOOTSTRAP_SERVERS", "kafka-0:9092,kafka-1:9092")
    monkeypatch.setenv("STREAMSTRESS_SEED", "8")
    monkeypatch.setenv("STREAMSTRESS_INGEST__SELECTORS", '["XX.*", "YY.*"]')
    settings = load_settings(good_file)
    assert settings.kafka.bootstrap_servers == "kafka-0:9092,kafka-1:9092"
    assert settings.seed == 8
    assert settings.ingest.selectors == ["XX.*", "YY.*"]
    assert settings.network.regions[0].name == "basin"


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        pytest.param("seed = 7", "sede = 7", "sede", "no such key", id="unknown-top"),
        pytest.param(
            'name = "basin"', 'name = "b"\nnort = 1', "network.regions.0.nort", "no such key",
            id="unknown-in-region",
        ),
        pytest.param("[store]", "[stroe]", "stroe", "no such key", id="unknown-section"),
        pytest.param(
            'stations = "stations.csv"', "", "network.stations", "needed", id="missing-key"
        ),
        pytest.param("south_deg = 35.0", "", "network.regions.0.south_deg", "needed", id="south"),
        pytest.param(
            "north_deg = 36.0", "north_deg = 96.0", "network.regions.0.north_deg", "90", id="bound"
        ),
        pytest.param("seed = 7", 'seed = "x"', "seed", "integer", id="type"),
        pytest.param(
            "north_deg = 36.0", "north_deg = 34.0", "network.regions.0", "below", id="order"
        ),
        pytest.param(
            "[store]", "[kafka]\nembedded_port = 80\n[store]", "kafka.embedded_port", "1024",
            id="port",
        ),
        pytest.param(
            "[store]", '[mechanism]\nsolve = "all"\n[store]', "mechanism.solve", "'final' or",
            id="choice",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_key_and_what_was_expected(
    changed: Callable[[str, str], Path], old: str, new: str, key: str, expected: str
):
    path = changed(old, new)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}: {key}: ")
    assert expected in line


def test_every_mistake_of_a_file_is_told_at_once(changed: Callable[[str, str], Path]):
    path = changed("seed = 7", 'seed = "x"\nnope = 1')
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("STREAMSTRESS_KAFKA__EMBEDDED_PORT", "many", "integer"),
        ("STREAMSTRESS_KAFKA__PORTT", "1", "no such key"),
    ],
)
def test_a_mistake_in_the_environment_names_its_variable(
    good_file: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=f"^environment {variable}: .*{expected}"):
        load_settings(good_file)


@pytest.mark.parametrize(
    ("variable", "field"),
    [("STREAMSTRESS_KAFKA", "kafka"), ("STREAMSTRESS_INGEST__SELECTORS", "ingest")],
)
def test_a_section_or_list_in_the_environment_that_is_no_json_tells_how_to_write_it(
    good_file: Path, monkeypatch: pytest.MonkeyPatch, variable: str, field: str
):
    monkeypatch.setenv(variable, "XX.*")
    with pytest.raises(ConfigError, match=f'"{field}".*as JSON'):
        load_settings(good_file)


@pytest.mark.parametrize("content", [b"[kafka\n", b'seed = "\xff"\n'])
def test_a_file_that_is_no_toml_is_told_so(tmp_path: Path, content: bytes):
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"broken\.toml: not valid TOML"):
        load_settings(path)


def test_a_missing_file_or_a_folder_is_named(tmp_path: Path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match=f"{path}: cannot be read"):
            load_settings(path)


def test_a_variable_that_names_no_section_is_refused(good_file, monkeypatch):
    monkeypatch.setenv("STREAMSTRESS_KAFAK__EMBEDDED_PORT", "19092")
    with pytest.raises(ConfigError, match="STREAMSTRESS_KAFAK__EMBEDDED_PORT: no such section"):
        load_settings(good_file)
