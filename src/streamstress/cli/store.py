"""``streamstress store``: the schema of the database, looked at and brought up.

SQLAlchemy is imported when a command runs: no other command pays for it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamstress.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.exc import DatabaseError

app = typer.Typer(
    help="Check the database of results, or bring its tables up to this program.",
    no_args_is_help=True,
)

ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", help="configuration whose store is meant")
]
StoreUrl = Annotated[
    str | None, typer.Option("--store", help="the database, as postgresql://user@host/name")
]


@app.command()
def upgrade(
    config: ConfigFile = None,
    store: StoreUrl = None,
    postgis: Annotated[
        bool, typer.Option("--postgis", help="add geometry for GIS programs (PostgreSQL only)")
    ] = False,
) -> None:
    """Take the steps that are missing; all rows are kept. SQLite does so by itself at start."""
    from sqlalchemy.exc import DatabaseError

    from streamstress.outputs.database import connect
    from streamstress.outputs.migrations import schema_state, upgrade

    engine = connect(_url(config, store))
    if postgis and engine.dialect.name != "postgresql":
        raise ConfigError("--postgis is for PostgreSQL; SQLite has its own spatial index")
    try:
        before = schema_state(engine).steps
        upgrade(engine)
        if postgis:
            upgrade(engine, "postgis@head")
        taken = [step for step in schema_state(engine).steps if step not in before]
    except DatabaseError as error:
        raise _refused(engine, error) from error
    steps = f"took step {', '.join(taken)}" if taken else "nothing to do"
    typer.echo(f"{engine.url.render_as_string()}: {steps}")


@app.command()
def check(config: ConfigFile = None, store: StoreUrl = None) -> None:
    """Tell whether this program can use the database; exit status 1 where it cannot."""
    from sqlalchemy.exc import DatabaseError

    from streamstress.outputs.database import connect
    from streamstress.outputs.migrations import HEAD, schema_state

    engine = connect(_url(config, store))
    try:
        state = schema_state(engine)
    except DatabaseError as error:
        raise _refused(engine, error) from error
    shown = engine.url.render_as_string()
    if state.is_unknown:
        typer.echo(f"{shown}: made by a later streamstress (step {', '.join(state.steps)})")
    elif not state.is_current:
        found = ", ".join(state.steps) or "none"
        typer.echo(f"{shown}: step {HEAD} is missing (taken: {found}); run store upgrade")
    else:
        geometry = ", with geometry" if state.has_postgis else ""
        typer.echo(f"{shown}: good, step {HEAD}{geometry}")
        return
    raise typer.Exit(1)


def _url(config: Path | None, store: str | None) -> str:
    if store is not None and config is None:
        return store
    if config is None or store is not None:
        raise ConfigError("give --config FILE or --store URL")
    from streamstress.config import load_settings

    return load_settings(config).store.url


def _refused(engine: "Engine", error: "DatabaseError") -> ConfigError:
    return ConfigError(f"store {engine.url.render_as_string()}: {error.orig}")
