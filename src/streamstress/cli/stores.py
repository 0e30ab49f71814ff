"""Opening the store that a command is told of."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamstress.errors import ConfigError
from streamstress.outputs.store_reader import StoreReader


def store_url(config: Path | None, store: str | None) -> str:
    """URL of an existing store, of a configuration or as given.

    Raises
    ------
    ConfigError
        Neither or both are given, or there is no such SQLite file: reading must not make one.
    """
    if config is not None and store is None:
        from streamstress.config import load_settings

        store = load_settings(config).store.url
    elif config is not None or store is None:
        raise ConfigError("give one source: a file, --config FILE or --store URL")
    path = store.removeprefix("sqlite:///")
    if path != store and not Path(path).exists():
        raise ConfigError(f"store {store}: there is no file {path}")
    return store


@contextmanager
def opened_reader(config: Path | None, store: str | None) -> Iterator[StoreReader]:
    """Reader of the store, closed at the end."""
    reader = StoreReader.open(store_url(config, store))
    try:
        yield reader
    finally:
        reader.close()
