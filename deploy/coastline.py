"""Make the package's coastline from Natural Earth.

``npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz``, then
``python deploy/coastline.py package/land-50m.json src/streamstress/outputs/coastline/land.npz``.

world-atlas (ISC licence) is Natural Earth 4.1.0 (public domain) as TopoJSON. Lines are simplified
to 0.04 degrees and kept in hundredths of a degree; islands smaller than about 10 km are left out.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

TOLERANCE_DEG = 0.04
SMALLEST_DEG2 = 0.01
"""Area of the box of the smallest island kept, square degrees."""


def main(source: Path, target: Path) -> None:
    """Read TopoJSON, write rings as integers."""
    rings = [simplified(ring) for ring in land_rings(json.loads(source.read_text()))]
    kept = [
        ring for ring in rings if len(ring) > 3 and np.prod(np.ptp(ring, axis=0)) > SMALLEST_DEG2
    ]
    points = np.round(100.0 * np.concatenate(kept)).astype(np.int16)
    lengths = np.array([len(ring) for ring in kept], np.int32)
    np.savez_compressed(target, points=points, lengths=lengths)
    sys.stdout.write(f"{len(kept)} rings, {len(points)} points, {target.stat().st_size} bytes\n")


def land_rings(topology: dict[str, Any]) -> list[np.ndarray]:
    """Rings of all land, (n, 2) longitude and latitude."""
    scale, shift = (np.array(topology["transform"][name]) for name in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in topology["arcs"]]
    rings = []
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in polygons:
            for ring in polygon:
                parts = [arcs[k] if k >= 0 else arcs[~k][::-1] for k in ring]
                rings.append(
                    np.concatenate([part[1:] if n else part for n, part in enumerate(parts)])
                )
    return rings


def simplified(ring: np.ndarray) -> np.ndarray:
    """Ring by Douglas and Peucker, split at its two farthest ends, without repeated points."""
    far = int(np.argmax(np.hypot(*(ring - ring[0]).T)))
    keep = np.zeros(len(ring), bool)
    keep[[0, far, -1]] = True
    waiting = [(0, far), (far, len(ring) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        away = distances(ring[first + 1 : last], ring[first], ring[last])
        worst = int(np.argmax(away))
        if away[worst] > TOLERANCE_DEG:
            middle = first + 1 + worst
            keep[middle] = True
            waiting += [(first, middle), (middle, last)]
    return ring[keep]


def distances(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Distances of points from a segment."""
    along = end - start
    length2 = float(along @ along)
    if length2 == 0.0:
        return np.hypot(*(points - start).T)
    share = np.clip((points - start) @ along / length2, 0.0, 1.0)
    return np.hypot(*(points - start - share[:, None] * along).T)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
