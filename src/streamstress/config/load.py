"""Reading the configuration: one TOML file, overridden by the environment."""

import os
import tomllib
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from streamstress.config.group import Group
from streamstress.config.settings import Settings
from streamstress.errors import ConfigError


def load_settings(path: Path) -> Settings:
    """Settings of a TOML file with the overrides of the environment.

    Relative paths in the file are taken from the file's own folder.

    Raises
    ------
    ConfigError
        The file is missing or no TOML, or a key is unknown, missing or out of bounds; the message
        names file, key and what was expected.
    """
    _require_toml(path)
    _require_known_variables()

    class _FromFile(Settings):
        model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(toml_file=path)

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, TomlConfigSettingsSource(settings_cls)

    try:
        return _resolved(_FromFile(), path.resolve().parent)
    except ValidationError as error:
        raise ConfigError(_sentences(path, error)) from error
    except SettingsError as error:
        raise ConfigError(
            f"environment: {error}; sections are set key by key, as "
            "STREAMSTRESS_KAFKA__EMBEDDED_PORT=19092, lists as JSON, as "
            "STREAMSTRESS_INGEST__SELECTORS='[\"XX.*\"]'"
        ) from error


def _require_toml(path: Path) -> None:
    try:
        with path.open("rb") as file:
            tomllib.load(file)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); give the path of a TOML file"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _require_known_variables() -> None:
    """Refuse a variable with our prefix that names no section: a typo must not pass silently."""
    prefix = str(Settings.model_config["env_prefix"])
    for name in sorted(os.environ):
        section = name.removeprefix(prefix).partition("__")[0].lower()
        if name.startswith(prefix) and section not in Settings.model_fields:
            sections = ", ".join(Settings.model_fields)
            raise ConfigError(f"environment: {name}: no such section; there are {sections}")


def _sentences(path: Path, error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "(file)"
        source = _source(path, problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(
                f"{source}: {key}: there is no such key; 'streamstress config reference' lists all"
            )
            continue
        if problem["type"] == "missing":
            lines.append(f"{path}: {key}: is needed and not given")
            continue
        reason = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
        if problem["type"] == "model_type":
            reason = f"should be a section, [{key}]"
        # A whole section would be long, and its keys stand in the reason.
        given = "" if isinstance(problem["input"], dict) else f" (given: {problem['input']!r:.80})"
        lines.append(f"{source}: {key}: {reason}{given}")
    return "\n".join(lines)


def _source(path: Path, key: tuple[int | str, ...]) -> str:
    """Where a bad value came from: the environment variable of its key, or the file."""
    variable = Settings.model_config["env_prefix"] + "__".join(map(str, key)).upper()
    return f"environment {variable}" if variable in os.environ else str(path)


def _resolved(settings: Settings, folder: Path) -> Settings:
    """The same settings with every relative path made absolute."""

    def absolute(value: Path) -> Path:
        return value if value.is_absolute() else folder / value

    run_folder = absolute(settings.run_folder)
    network = settings.network
    updates: dict[str, Any] = {
        "run_folder": run_folder,
        "picking": settings.picking.model_copy(
            update={"picker": _picker(settings.picking.picker, folder)}
        ),
        "network": network.model_copy(
            update={
                "stations": absolute(network.stations),
                "velocity": network.velocity
                if network.velocity == "iasp91"
                else str(absolute(Path(network.velocity))),
            }
        ),
        "clock": settings.clock.model_copy(
            update={"replay": absolute(settings.clock.replay) if settings.clock.replay else None}
        ),
        "kafka": settings.kafka.model_copy(
            update={
                "embedded_folder": run_folder / settings.kafka.embedded_folder,
                **_absolute_files(settings.kafka, _SECRETS_OF_KAFKA, folder),
            }
        ),
        "ingest": settings.ingest.model_copy(
            update={
                "resume_file": run_folder / settings.ingest.resume_file,
                **_absolute_files(settings.ingest, ("password_file",), folder),
            }
        ),
        "store": settings.store.model_copy(
            update={"url": _store_url(settings.store.url, run_folder)}
        ),
    }
    if settings.polarity.weights is not None:
        updates["polarity"] = settings.polarity.model_copy(
            update={"weights": absolute(settings.polarity.weights)}
        )
    return settings.model_copy(update=updates)


_SECRETS_OF_KAFKA = (
    "sasl_password_file",
    "ssl_ca_file",
    "ssl_certificate_file",
    "ssl_key_file",
)


def _absolute_files(group: Group, keys: tuple[str, ...], folder: Path) -> dict[str, Path]:
    """Those files of a group that are given, seen from the folder."""
    return {key: folder / getattr(group, key) for key in keys if getattr(group, key) is not None}


def _picker(picker: str, folder: Path) -> str:
    """The picker with the path of its weights made absolute; a name stays a name."""
    kind, _, source = picker.partition(":")
    files = [folder / f"{source}{suffix}" for suffix in ("", ".json", ".pt")]
    is_file = source and ("/" in source or any(file.is_file() for file in files))
    return f"{kind}:{folder / source}" if is_file else picker


def _store_url(url: str, run_folder: Path) -> str:
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return f"{prefix}{run_folder / url.removeprefix(prefix)}"
    return url
