"""Draw docs/architecture.svg: the way of one datum, from the table of topics.

Boxes stand where they read best; what is joined to what, and by which topic, is the table's.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from streamstress.wire.topics import CONTROLS, DEAD_LETTERS, STATE, TOPICS, Topic

TARGET = Path(__file__).parents[1] / "docs" / "architecture.svg"
WIDTH, HEIGHT = 1180, 560
BOX_WIDTH, BOX_HEIGHT = 116, 58

ROLES = {
    "ingest": (262, 70, "raw miniSEED"),
    "pick": (452, 70, "P, S, amplitudes"),
    "polarity": (642, 70, "first motions"),
    "locate": (832, 70, "a zone's events"),
    "merge": (1050, 70, "versioned events"),
    "mechanism": (1050, 270, "grade A to F"),
    "stress": (770, 210, "tensor, SHmax, R"),
    "change": (770, 330, "score, guards"),
    "store": (490, 210, "database"),
    "exporter": (490, 330, "gauges"),
    "web": (272, 210, "page and API"),
}
"""Place of the middle of each role's box, and what it makes."""

OUTSIDE = {
    "SeedLink": (84, 70),
    "people": (84, 210),
    "Prometheus": (272, 330),
    "Alertmanager": (84, 330),
}
OUTSIDE_ARROWS = (
    ("SeedLink", "ingest", ""),
    ("store", "web", "SQL"),
    ("web", "people", ""),
    ("exporter", "Prometheus", "/metrics"),
    ("Prometheus", "Alertmanager", "alerts"),
    ("Alertmanager", "people", ""),
)
LABELS = {
    "waveforms": (357, 58),
    "picks": (547, 58),
    "readings": (737, 58),
    "candidates": (941, 58),
    "events": (1080, 175),
    "mechanisms": (912, 275),
    "stress": (630, 198),
    "changes": (630, 348),
}
"""Where each topic's name stands."""
FOOT = {
    CONTROLS.name: "operators confirm, mechanism proposes: mutes and reversals of stations",
    DEAD_LETTERS.name: "whatever could not be used, whole, with the reason",
    STATE.name: "where a worker stands, for its restart",
}
BENT = {
    ("merge", "store"): "M 1050 102 C 1050 160, 620 105, 522 178",
    ("mechanism", "store"): "M 989 252 C 900 160, 640 140, 551 192",
}
"""Arrows that would cross a box if they were straight."""

STYLE = """
text { font-family: system-ui, sans-serif; font-size: 14px; fill: #1d2430; text-anchor: middle; }
.small { font-size: 11px; fill: #55607a; }
.topic { font-family: ui-monospace, monospace; font-size: 12px; fill: #1f5fae; }
.role { fill: #e9f0fa; stroke: #1f5fae; stroke-width: 1.4; }
.outside { fill: #f6f2e8; stroke: #a58a4a; stroke-width: 1.2; }
.arrow { fill: none; stroke: #55607a; stroke-width: 1.4; marker-end: url(#tip); }
.foot { fill: #f3f5f8; stroke: #dde2ea; }
.left { text-anchor: start; }
"""


def picture() -> str:
    """The whole SVG."""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            'aria-label="The way of one datum from SeedLink to the alarm">',
            "<!-- Written by deploy/picture.py -->",
            f"<style>{STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#55607a"/></marker>'
            "</defs>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *_arrows(),
            *_boxes(),
            *(_text(*LABELS[topic.name], topic.name, "topic") for topic in _flow()),
            *_foot(),
            "</svg>",
            "",
        )
    )


def _flow() -> list[Topic]:
    """Topics of the way itself; the others stand at the foot."""
    return [topic for topic in TOPICS if topic.name not in FOOT]


def _arrows() -> Iterator[str]:
    for topic in _flow():
        for reader in topic.read_by:
            yield _arrow(topic.made_by, reader)
    for begin, end, label in OUTSIDE_ARROWS:
        yield _arrow(begin, end)
        if label:
            x = (_middle(begin)[0] + _middle(end)[0]) // 2
            yield _text(x, _middle(begin)[1] - 8, label, "small")


def _arrow(begin: str, end: str) -> str:
    path = BENT.get((begin, end))
    if path is None:
        (x1, y1), (x2, y2) = _edge(begin, end), _edge(end, begin)
        path = f"M {x1:.0f} {y1:.0f} L {x2:.0f} {y2:.0f}"
    return f'<path class="arrow" d="{path}"/>'


def _middle(name: str) -> tuple[int, int]:
    return OUTSIDE[name] if name in OUTSIDE else ROLES[name][:2]


def _edge(of: str, towards: str) -> tuple[float, float]:
    """Where the line between two boxes' middles leaves the first, with a little room."""
    (x, y), (to_x, to_y) = _middle(of), _middle(towards)
    dx, dy = to_x - x, to_y - y
    across = (BOX_WIDTH / 2 + 3) / abs(dx) if dx else float("inf")
    down = (BOX_HEIGHT / 2 + 3) / abs(dy) if dy else float("inf")
    share = min(across, down)
    return x + dx * share, y + dy * share


def _boxes() -> Iterator[str]:
    for name, (x, y, makes) in ROLES.items():
        yield _box(x, y, "role")
        yield _text(x, y - 3, name)
        yield _text(x, y + 16, makes, "small")
    for name, (x, y) in OUTSIDE.items():
        yield _box(x, y, "outside")
        yield _text(x, y + 5, name)


def _box(x: int, y: int, kind: str) -> str:
    left, top = x - BOX_WIDTH // 2, y - BOX_HEIGHT // 2
    return (
        f'<rect class="{kind}" x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" '
        'rx="8"/>'
    )


def _text(x: int, y: int, text: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'


def _foot() -> Iterator[str]:
    yield f'<rect class="foot" x="20" y="410" width="{WIDTH - 40}" height="130" rx="8"/>'
    yield _text(40, 436, "Every arrow with a blue name is a Kafka topic. Beside the way:", "left")
    by_name = {topic.name: topic for topic in TOPICS}
    for line, (name, what) in enumerate(FOOT.items()):
        y, topic = 464 + 26 * line, by_name[name]
        yield _text(40, y, name, "topic left")
        readers = ", ".join(topic.read_by)
        yield _text(150, y, f"{topic.made_by} → {readers}: {what}", "small left")


if __name__ == "__main__":
    TARGET.write_text(picture())
