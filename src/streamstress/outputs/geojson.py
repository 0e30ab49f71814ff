"""Events, mechanisms and stress as GeoJSON (RFC 7946) feature collections."""

from collections.abc import Iterable
from typing import Any

from streamstress.outputs.json_view import json_view
from streamstress.outputs.rows import EventRow, MechanismRow
from streamstress.records import StressEstimate

Feature = dict[str, Any]


def events_geojson(events: Iterable[EventRow]) -> Feature:
    """Hypocentres as points; the third coordinate is the height in metres, so below zero."""
    return _collection(_point(event, event.event_id, event.depth_km) for event in events)


def mechanisms_geojson(mechanisms: Iterable[MechanismRow]) -> Feature:
    """Mechanisms at their hypocentres."""
    return _collection(_point(row, row.event_id, row.depth_km) for row in mechanisms)


def stress_geojson(estimates: Iterable[StressEstimate]) -> Feature:
    """Stress estimates at the centres of their cells."""
    return _collection(_point(estimate, estimate.cell, 0.0) for estimate in estimates)


def _collection(features: Iterable[Feature]) -> Feature:
    return {"type": "FeatureCollection", "features": list(features)}


def _point(
    record: EventRow | MechanismRow | StressEstimate, feature_id: str, depth_km: float
) -> Feature:
    properties = json_view(record)
    longitude, latitude = properties.pop("longitude_deg"), properties.pop("latitude_deg")
    return {
        "type": "Feature",
        "id": feature_id,
        "geometry": {"type": "Point", "coordinates": [longitude, latitude, -1000.0 * depth_km]},
        "properties": properties,
    }
