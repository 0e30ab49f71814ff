"""A stress field as JSON: what ``streamstress invert`` writes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.tensors import FIVE, five_of
from streamstress.stress.abic import SmoothingChoice
from streamstress.stress.describe import StressAxis, StressDescription
from streamstress.stress.estimate import NodeEstimate

Array = NDArray[np.float64]
Json = dict[str, Any]

_SILENT: Json = dict.fromkeys(
    (
        "tensor", "s1", "s2", "s3", "r", "phi", "phi_interval95", "phi_reliable", "shmax_deg",
        "shmax_interval95_deg", "shmax_defined", "horizontal_deviator", "a_phi", "a_phi_interval95",
        "regime",
        "wsm_quality", "misfit_deg", "homogeneity", "mean_instability",
    )
)  # fmt: skip
"""What a node without an answer leaves empty."""


def node_json(number: int, place: Json, node: NodeEstimate) -> Json:
    """JSON of a node; every field of a node without an answer is null.

    ``place`` maps the names of the coordinates (``latitude``, ``depth_km``, ``x`` …) to values.
    """
    head: Json = {
        "node": number,
        **place,
        "n_events": node.n_events,
        "effective_events": round(node.effective_events, 6),
        "status": node.status,
        "on_boundary": node.on_boundary,
    }
    if node.description is None or node.tensor is None:
        return {**head, **_SILENT}
    return {
        **head,
        "tensor": _tensor_json(node.tensor),
        **_description_json(node.description),
        "homogeneity": _number(node.homogeneity),
        "mean_instability": _number(node.mean_instability),
    }


def smoothing_json(
    method: str, strengths: dict[str, float], choice: SmoothingChoice | None
) -> Json:
    """JSON of the strength of smoothing, and of the curve that it was taken from."""
    result: Json = {
        "method": method,
        "lambda": strengths.get("space"),
        "lambda_time": strengths.get("time"),
        "abic": None if choice is None else choice.abic,
    }
    if choice is None:
        return result
    return result | {
        "at_limit": choice.at_limit,
        "corner": _strength_json(dict(choice.corner or {})),
        "curve": [
            {
                **_strength_json(dict(point.strengths)),
                "abic": point.abic,
                "misfit_rms": point.misfit_rms,
                "roughness_rms": point.roughness_rms,
            }
            for point in choice.curve
        ],
    }


def _strength_json(strengths: dict[Any, float]) -> Json:
    return {"lambda": strengths.get("space"), "lambda_time": strengths.get("time")}


def _description_json(told: StressDescription) -> Json:
    defined = told.shmax_defined
    return {
        "s1": _axis_json(told.s1),
        "s2": _axis_json(told.s2),
        "s3": _axis_json(told.s3),
        "r": told.r,
        "phi": told.phi,
        "phi_interval95": _pair(told.phi_interval95),
        "phi_reliable": told.phi_reliable,
        "shmax_deg": told.shmax_deg if defined else None,
        "shmax_interval95_deg": _pair(told.shmax_interval95_deg) if defined else None,
        "shmax_defined": defined,
        "horizontal_deviator": told.horizontal_deviator,
        "a_phi": told.a_phi,
        "a_phi_interval95": _pair(told.a_phi_interval95),
        "regime": told.regime,
        "wsm_quality": told.wsm_quality,
        "misfit_deg": _number(told.misfit_deg),
    }


def _axis_json(axis: StressAxis) -> Json:
    return {
        "azimuth_deg": axis.trend_deg,
        "plunge_deg": axis.plunge_deg,
        "cone95_deg": axis.cone95_deg,
    }


def _tensor_json(tensor: Array) -> Json:
    parts = dict(zip(FIVE, (float(value) for value in five_of(tensor)), strict=True))
    return {**parts, "uu": float(tensor[2, 2])}


def _pair(values: Sequence[float] | None) -> list[float] | None:
    return None if values is None else [float(value) for value in values]


def _number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
