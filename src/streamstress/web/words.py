"""Times and numbers as the pages write them."""

from streamstress.outputs.alarm_text import short_time


def span(seconds: float) -> str:
    """A length of time in its largest sensible unit."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def to_second(time_ns: int) -> str:
    """Day and second in UTC."""
    return f"{short_time(time_ns)}:{time_ns // 1_000_000_000 % 60:02d}"


def counted(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def signed_turn(turn_deg: float) -> str:
    """Size and sense of a turn."""
    return f"{abs(turn_deg):.0f}° {'clockwise' if turn_deg >= 0 else 'anticlockwise'}"


def interval(low: float, high: float, unit: str = "°") -> str:
    """A 95 % interval."""
    return f"95 % {low:.0f}{unit} to {high:.0f}{unit}"
