"""Spatial indexes of events and mechanisms: R*Tree in SQLite, GiST in PostgreSQL.

From step 0003 on they also hold the exact place, time and grade, so that "the newest thousand of
grades A to C in a box" is found in the index alone, and only the answer's rows are fetched. What an
R*Tree holds beside its dimensions costs a search a row, half of all the work; from step 0004 on the
grade is a dimension, and nothing stands beside.
"""

from collections.abc import Mapping, Sequence
from string import Template

TABLES = ("events", "mechanisms")
NS_A_DAY = 86_400 * 10**9
"""An R*Tree holds 32-bit numbers, rounded outwards: times in days, good to some minutes."""

BESIDE: Mapping[str, tuple[str, ...]] = {
    "events": ("longitude_deg", "latitude_deg", "time_ns"),
    "mechanisms": ("longitude_deg", "latitude_deg", "time_ns", "grade"),
}
"""Columns kept in the index beside the place: in GiST, and in R*Trees of step 0003."""

PLACE = {
    **dict.fromkeys(("west", "east"), "new.longitude_deg"),
    **dict.fromkeys(("south", "north"), "new.latitude_deg"),
    **dict.fromkeys(("first_day", "last_day"), f"new.time_ns / {NS_A_DAY}.0"),
}
"""Dimensions of an R*Tree, two ends each, and what they are made from."""

DIMENSIONS: Mapping[str, Mapping[str, str]] = {
    "events": PLACE,
    "mechanisms": PLACE | dict.fromkeys(("lowest_grade", "highest_grade"), "unicode(new.grade)"),
}
"""The same from step 0004 on; letters by their number, which 32 bits hold exactly."""

RTREE = (
    "create virtual table $places using rtree(number, $columns)",
    "create trigger ${table}_placed after insert on $table "
    "begin insert into $places values ($values); end",
    # The conflict rule of an upsert would override an "or replace" in a trigger.
    "create trigger ${table}_moved after update on $table "
    "begin update $places set $moved where number = new.number; end",
    "create trigger ${table}_gone after delete on $table "
    "begin delete from $places where number = old.number; end",
    "insert into $places select $values from $table new",
)
"""What makes an R*Tree, keeps it and fills it."""

RTREE_GONE = (
    "drop trigger ${table}_placed",
    "drop trigger ${table}_moved",
    "drop trigger ${table}_gone",
    "drop table $places",
)


def place_index_statements(dialect: str) -> list[str]:
    """Statements of step 0002, which make and fill indexes of the place alone."""
    if dialect == "postgresql":
        return [
            f"create index {table}_place on {table} using gist (point(longitude_deg, latitude_deg))"
            for table in TABLES
        ]
    return [statement for table in TABLES for statement in _rtree(table, RTREE, PLACE)]


def index_with_grade_statements(dialect: str) -> list[str]:
    """Statements of step 0003, which put the columns beside the place."""
    if dialect == "postgresql":
        return [statement for table in TABLES for statement in _gist(table)]
    return [
        statement
        for table in TABLES
        for statement in _rtree(table, RTREE_GONE + RTREE, PLACE | _beside(table))
    ]


def index_by_grade_statements(dialect: str) -> list[str]:
    """Statements of step 0004, which make the grade a dimension; PostgreSQL needs none."""
    if dialect == "postgresql":
        return []
    return [
        statement
        for table in TABLES
        for statement in _rtree(table, RTREE_GONE + RTREE, DIMENSIONS[table])
    ]


def _gist(table: str) -> list[str]:
    # An index is read alone only where it holds the columns of its own expression too.
    held = ", ".join(("number", *BESIDE[table]))
    return [
        f"drop index {table}_place",
        f"create index {table}_place on {table} using gist (point(longitude_deg, latitude_deg)) "
        f"include ({held})",
    ]


def _beside(table: str) -> dict[str, str]:
    return {f"+{name}": f"new.{name}" for name in BESIDE[table]}


def _rtree(table: str, statements: Sequence[str], ends: Mapping[str, str]) -> list[str]:
    """Statements of one table; every name in them is ours."""
    names = {
        "table": table,
        "places": f"{table}_places",
        "columns": ", ".join(ends),
        "values": f"new.number, {', '.join(ends.values())}",
        "moved": ", ".join(f"{name.removeprefix('+')} = {value}" for name, value in ends.items()),
    }
    return [Template(statement).substitute(names) for statement in statements]
