"""What is filled is not filled again; what fails is tried again, and at last left to a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from streamstress.cli import gap_filler
from streamstress.cli.backfill_run import BackfillRun
from streamstress.cli.gap_filler import TRIES, GapFiller
from streamstress.config import load_settings
from streamstress.errors import ConfigError, InputFileError
from streamstress.stream.feed_gaps import MARGIN_S, ToldGap
from streamstress.stream.handover import Forwarded

S = 1_000_000_000
START_S = 1_600_000_000


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "stations.csv").write_text(
        "network,station,latitude,longitude,elevation_m\nXX,AA1,35,127,0\n"
    )
    file = tmp_path / "my.toml"
    file.write_text(
        'run_folder = "run"\n[backfill]\nsource = "archive"\nwait_s = 0\n'
        '[network]\nstations = "stations.csv"\nvelocity = "iasp91"\n'
        "[[network.regions]]\n"
        'name = "all"\nsouth_deg = 34\nnorth_deg = 36\nwest_deg = 126\neast_deg = 128\n'
    )
    (tmp_path / "run").mkdir()
    return file


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[BackfillRun]:
    """Runs begun; each succeeds."""
    begun: list[BackfillRun] = []

    def done(self: BackfillRun, *_: object) -> Forwarded:
        begun.append(self)
        return Forwarded(3, 1)

    monkeypatch.setattr(BackfillRun, "done", done)
    return begun


@dataclass
class Letters:
    """The topic of dead letters: every third one tells of a gap."""

    gaps: list[ToldGap]
    asked_from: list[int] = field(default_factory=list)

    async def told(self, _: object, __: object, first_offset: int) -> tuple[list[ToldGap], int]:
        self.asked_from.append(first_offset)
        return self.gaps[-(-first_offset // 3) :], 3 * len(self.gaps)


def filler(
    config: Path, gaps: Sequence[ToldGap] | Letters, monkeypatch: pytest.MonkeyPatch
) -> GapFiller:
    letters = gaps if isinstance(gaps, Letters) else Letters(list(gaps))
    monkeypatch.setattr(gap_filler, "told_gaps", letters.told)
    return GapFiller.of(load_settings(config), config, lambda: False)


def gap(start_s: int, seconds: int) -> ToldGap:
    return ToldGap(start_s * S, (start_s + seconds) * S, 0)


def test_a_gap_is_filled_once_also_over_a_restart(
    config: Path, runs: list[BackfillRun], monkeypatch: pytest.MonkeyPatch
):
    for _ in range(2):
        one = filler(config, [gap(START_S, 300)], monkeypatch)
        one.look()
        one.look()
    (run,) = runs
    assert run.source == "archive"
    assert run.span is not None
    assert run.span.start_ns == round((START_S - MARGIN_S) * S)
    assert run.span.length_s == 300 + 2 * MARGIN_S


def test_a_gap_that_is_too_long_is_left_to_a_person_in_one_sentence(
    config: Path,
    runs: list[BackfillRun],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    one = filler(config, [gap(START_S, 30 * 3600)], monkeypatch)
    one.look()
    one.look()
    assert runs == []
    said = "".join(capfd.readouterr())
    assert said.count("a gap is left to you") == 1
    assert "--start 2020-09-13T12:25:10.000000Z --end 2020-09-14T18:28:10.000000Z" in said


def test_a_failed_gap_is_tried_again_later_and_not_for_ever(
    config: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    tried = []

    def fails(*_: object) -> Forwarded:
        tried.append(1)
        raise InputFileError("no miniSEED record of that time in archive")

    monkeypatch.setattr(BackfillRun, "done", fails)
    one = filler(config, [gap(START_S, 300)], monkeypatch)
    one.look()
    one.look()
    assert len(tried) == 1
    for _ in range(2 * TRIES):
        for attempt in one.standing.attempts.values():
            attempt.next_ns = 0
        one.look()
    assert len(tried) == TRIES
    assert "10 tries failed" in "".join(capfd.readouterr())


def test_letters_are_read_once_also_over_a_restart(
    config: Path, runs: list[BackfillRun], monkeypatch: pytest.MonkeyPatch
):
    letters = Letters([gap(START_S, 300)])
    one = filler(config, letters, monkeypatch)
    one.look()
    letters.gaps.append(gap(START_S + 9000, 300))
    one.look()
    filler(config, letters, monkeypatch).look()
    assert letters.asked_from == [0, 3, 6]
    assert len(runs) == 2


def test_a_gap_that_is_not_due_yet_is_filled_after_a_restart_though_its_letter_was_read(
    config: Path, runs: list[BackfillRun], monkeypatch: pytest.MonkeyPatch
):
    text = config.read_text()
    config.write_text(text.replace("wait_s = 0", "wait_s = 1e12"))
    letters = Letters([gap(START_S, 300)])
    filler(config, letters, monkeypatch).look()
    assert runs == []
    config.write_text(text)
    filler(config, letters, monkeypatch).look()
    assert letters.asked_from == [0, 3]
    assert len(runs) == 1


def test_what_is_kept_does_not_grow_with_the_gaps_of_months(
    config: Path, runs: list[BackfillRun], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gap_filler, "REMEMBERED", 5)
    letters = Letters([])
    one = filler(config, letters, monkeypatch)
    for number in range(20):
        letters.gaps.append(gap(START_S + 9000 * number, 300))
        one.look()
    assert len(runs) == 20
    assert one.standing.open == []
    assert len(one.standing.attempts) == 5


def test_without_a_source_nothing_can_be_filled(config: Path):
    config.write_text(config.read_text().replace('source = "archive"\n', ""))
    stopped: Callable[[], bool] = lambda: False  # noqa: E731 - as a caller gives it
    with pytest.raises(ConfigError, match=r"backfill\.source is empty"):
        GapFiller.of(load_settings(config), config, stopped)
