"""The first tables; they may be there already, from before there were steps."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = ("store",)
depends_on = None

KEYS = {
    "history": ("kind", "record_id", "version", "model"),
    "events": ("event_id",),
    "arrivals": ("event_id", "pick_id"),
    "mechanisms": ("event_id",),
    "stress": ("cell", "version"),
    "changes": ("change_id",),
    "controls": ("control_id",),
    "progress": ("source",),
    "stages": ("stage", "worker"),
    "dead_letters": ("topic", "partition", "offset", "stage"),
}
TEXT = {
    "history": ("kind", "record_id", "model"),
    "events": ("event_id", "status", "region", "kind", "magnitude_kind"),
    "arrivals": ("event_id", "pick_id", "station", "phase", "decision"),
    "mechanisms": ("event_id", "model", "status", "region", "grade"),
    "stress": ("cell", "region"),
    "changes": ("change_id", "region", "state"),
    "controls": ("control_id", "target", "state"),
    "progress": ("source",),
    "stages": ("stage", "worker"),
    "dead_letters": ("topic", "stage", "reason", "detail"),
}
WHOLE = {
    "history": ("version",),
    "events": ("version", "time_ns", "n_p", "n_s", "n_polarity", "sent_ns"),
    "arrivals": ("time_ns",),
    "mechanisms": ("version", "time_ns", "n_polarity", "sent_ns"),
    "stress": ("version", "data_time_ns", "sent_ns"),
    "changes": ("version", "time_ns", "onset_time_ns", "sent_ns"),
    "controls": ("sent_ns",),
    "progress": ("done_until_ns", "sent_ns"),
    "stages": ("received", "sent", "rejected", "updated_ns"),
    "dead_letters": ("partition", "offset", "sent_ns"),
}
REAL = {
    "events": (
        "latitude_deg", "longitude_deg", "depth_km", "horizontal_error_km", "depth_error_km",
        "rms_s", "gap_deg", "magnitude",
    ),
    "arrivals": (
        "residual_s", "weight", "distance_km", "azimuth_deg", "takeoff_deg", "up_probability",
    ),
    "mechanisms": (
        "latitude_deg", "longitude_deg", "depth_km", "magnitude", "strike_deg", "dip_deg",
        "rake_deg", "plane_uncertainty_deg", "probability", "misfit",
    ),
    "stages": ("p50_s", "p95_s"),
}  # fmt: skip
RECORDS = ("history", "events", "mechanisms", "stress", "changes", "controls")
"""Tables that hold a whole record as bytes."""

MAY_BE_NULL = {
    "magnitude", "magnitude_kind", "decision", "up_probability", "strike_deg", "dip_deg",
    "rake_deg", "plane_uncertainty_deg", "probability", "misfit", "p50_s", "p95_s",
}  # fmt: skip
INDEXES = (
    ("events_time", "events", ("time_ns",)),
    ("events_place", "events", ("latitude_deg", "longitude_deg")),
    ("ix_arrivals_station", "arrivals", ("station",)),
    ("mechanisms_time", "mechanisms", ("time_ns",)),
    ("mechanisms_grade", "mechanisms", ("grade", "time_ns")),
    ("stress_time", "stress", ("cell", "data_time_ns")),
)


def upgrade() -> None:
    """Make what is missing."""
    for table in KEYS:
        op.create_table(table, *_columns(table), if_not_exists=True)
    for name, table, columns in INDEXES:
        op.create_index(name, table, list(columns), if_not_exists=True)


def _columns(table: str) -> list[sa.Column[Any]]:
    kinds: dict[str, sa.types.TypeEngine[Any]] = {
        **dict.fromkeys(TEXT[table], sa.String()),
        **dict.fromkeys(WHOLE[table], sa.BigInteger()),
        **dict.fromkeys(REAL.get(table, ()), sa.Float()),
    }
    if table in RECORDS:
        kinds["record"] = sa.LargeBinary()
    keys = KEYS[table]
    return [
        sa.Column(name, kind, primary_key=name in keys, nullable=name in MAY_BE_NULL)
        for name, kind in kinds.items()
    ]
