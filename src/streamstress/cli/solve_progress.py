"""How far a catalogue is solved, kept beside its output so that a run can go on after a stop."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from streamstress.errors import InputFileError


@dataclass(frozen=True, slots=True)
class Done:
    """What both files hold for sure.

    Attributes
    ----------
    run
        What the run was asked for; a run that was asked for something else cannot go on.
    n_events
        Events of the input that are behind it.
    output_bytes, set_aside_bytes
        Lengths of both files then.
    """

    run: dict[str, str]
    n_events: int
    output_bytes: int
    set_aside_bytes: int


def progress_file(output: Path) -> Path:
    """Where the progress of an output stands."""
    return output.with_name(output.name + ".progress")


def set_aside_file(output: Path) -> Path:
    """Where stands what was set aside."""
    return output.with_name(output.stem + ".set-aside.csv")


def statcor_file(output: Path) -> Path:
    """Where stand the corrections of S/P that were learned."""
    return output.with_name(output.stem + ".statcor")


def write_done(output: Path, done: Done) -> None:
    """Replace the progress file as a whole: a reader never sees half of it."""
    path = progress_file(output)
    whole = path.with_name(path.name + ".new")
    whole.write_text(json.dumps(asdict(done)), encoding="utf-8")
    whole.replace(path)


def read_done(output: Path, run: dict[str, str]) -> Done | None:
    """Progress of an earlier run, None where there is none.

    Raises
    ------
    InputFileError
        The file is damaged, or the earlier run was asked for something else.
    """
    path = progress_file(output)
    if not path.exists():
        return None
    try:
        done = Done(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputFileError(f"{path}: no progress of a solve ({error}); delete it") from error
    other = [name for name in run if done.run.get(name) != run[name]]
    if other:
        raise InputFileError(
            f"{path}: the run to go on with had another {', '.join(other)}; "
            "give the same options, or leave out --resume"
        )
    return done
