"""Spatial indexes of events and mechanisms: R*Tree in SQLite, GiST in PostgreSQL."""

from string import Template

TABLES = ("events", "mechanisms")
NS_A_DAY = 86_400 * 10**9
"""An R*Tree holds 32-bit numbers, rounded outwards: times in days, good to some minutes."""

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


def spatial_index_statements(dialect: str) -> list[str]:
    """Statements that make and fill the indexes."""
    if dialect == "postgresql":
        return [
            f"create index {table}_place on {table} using gist (point(longitude_deg, latitude_deg))"
            for table in TABLES
        ]
    return [statement for table in TABLES for statement in _rtree(table)]


def _rtree(table: str) -> list[str]:
    """Statements of one table; every name in them is ours."""
    ends = {
        **dict.fromkeys(("west", "east"), "new.longitude_deg"),
        **dict.fromkeys(("south", "north"), "new.latitude_deg"),
        **dict.fromkeys(("first_day", "last_day"), f"new.time_ns / {NS_A_DAY}.0"),
    }
    names = {
        "table": table,
        "places": f"{table}_places",
        "columns": ", ".join(ends),
        "values": f"new.number, {', '.join(ends.values())}",
        "moved": ", ".join(f"{name} = {value}" for name, value in ends.items()),
    }
    return [Template(statement).substitute(names) for statement in RTREE]
