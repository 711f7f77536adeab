"""How often the edges of areas cross, counted before anything costly is done with them.

Mending and joining cost by the crossings, of which n edges may have n². A few kilobytes of scribble would hold a
processor for a minute.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

MOST_CROSSINGS = 200
"""Of what is mended: a hand that draws, or a contour computed on a grid, crosses itself a few times."""
FEW_EDGES = 128
"""Whatever these do, it costs little."""
_NEAR_PER_EDGE = 16
_PIECE = 64

Edges = NDArray[np.float64]
"""Of shape (n, 2, 2): both ends of each, as x and y."""


def crossings(areas: list[BaseGeometry], most: int) -> int:
    """How many pairs of edges of these areas cross, touch or overlap, neighbours in a ring apart; `most` + 1 for more.

    Also `most` + 1 where so many edges are near each other that looking at all of them would cost too much.
    """
    edges = _edges(areas)
    found, looked_at, bound = 0, 0, FEW_EDGES**2 + _NEAR_PER_EDGE * len(edges)
    lines: Any = shapely.linestrings(edges)
    tree = shapely.STRtree(lines)
    for start in range(0, len(edges), _PIECE):
        one, other = tree.query(lines[start : start + _PIECE])
        looked_at += len(one)
        if looked_at > bound:
            return most + 1
        later = other > one + start
        found += _meeting(edges[one[later] + start], edges[other[later]])
        if found > most:
            return most + 1
    return found


def _edges(areas: list[BaseGeometry]) -> Edges:
    rings = shapely.get_rings(areas)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    within = (ring[1:] == ring[:-1]) & (points[1:] != points[:-1]).any(axis=1)
    edges: Edges = np.stack((points[:-1], points[1:]), axis=1)[within]
    return edges


def _meeting(one: Edges, other: Edges) -> int:
    """How many of the pairs have a point in common, those apart that merely share an end as neighbours do."""
    shared = (one[:, :, None, :] == other[:, None, :, :]).all(axis=3).sum(axis=(1, 2))
    a, b, c, d = one[:, 0], one[:, 1], other[:, 0], other[:, 1]
    apart = (_side(a, b, c) * _side(a, b, d) > 0) | (_side(c, d, a) * _side(c, d, b) > 0)
    return int((~apart & (shared != 1)).sum())


def _side(start: Edges, end: Edges, point: Edges) -> NDArray[np.float64]:
    """On which side of a line a point lies, as the sign."""
    along, to = end - start, point - start
    return np.sign(along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0])
