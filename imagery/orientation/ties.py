"""Pair matches → tie points: one ground point with all photos in which it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from imagery.orientation.tiepoints import Features, PairMatch
from ingest.schema import Camera

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class TiePoints:
    """Observations: ``photo`` (n,) saw ``point`` (n,) at ``pixels`` (n, 2); points are numbered from 0."""

    photo: Rows
    point: Rows
    pixels: Floats
    count: int

    def select(self, keep: NDArray[np.bool_]) -> TiePoints:
        """Keep some observations, drop points that fewer than two are left of, number the rest anew."""
        photo, point, pixels = self.photo[keep], self.point[keep], self.pixels[keep]
        often = np.bincount(point, minlength=self.count)[point] >= 2
        names, point = np.unique(point[often], return_inverse=True)
        return TiePoints(photo[often], point.astype(np.intp), pixels[often], len(names))

    def in_order(self) -> TiePoints:
        """The same observations in the order of their points."""
        order = np.argsort(self.point, kind="stable")
        return TiePoints(self.photo[order], self.point[order], self.pixels[order], self.count)

    def batches(self, most: int) -> Iterator[tuple[TiePoints, slice]]:
        """Observations in the order of their points, of some points at a time, numbered from 0, with which these are.

        A batch holds at most so many observations, or one point.
        """
        starts = np.searchsorted(self.point, np.arange(self.count + 1))
        first = 0
        while first < self.count:
            last = int(np.searchsorted(starts, starts[first] + most, side="right")) - 1
            last = min(max(last, first + 1), self.count)
            rows = slice(int(starts[first]), int(starts[last]))
            part = TiePoints(self.photo[rows], self.point[rows] - first, self.pixels[rows], last - first)
            yield part, slice(first, last)
            first = last

    def sum_by_point(self, values: Floats) -> Floats:
        """Sums of rows of observations in the order of their points, shape (count, ...)."""
        return np.asarray(np.add.reduceat(values, np.searchsorted(self.point, np.arange(self.count)), axis=0))


def join_matches(features: Sequence[Features], matches: Sequence[PairMatch]) -> TiePoints:
    """Join matches that share a feature; chains that meet the same photo twice contradict themselves: dropped."""
    starts = np.concatenate([[0], np.cumsum([len(f.pixels) for f in features])]).astype(np.intp)
    if not matches:
        nothing = np.empty(0, np.intp)
        return TiePoints(nothing, nothing, np.empty((0, 2)), 0)
    first = np.concatenate([starts[m.first] + m.rows_first for m in matches])
    second = np.concatenate([starts[m.second] + m.rows_second for m in matches])
    node = np.unique(np.concatenate([first, second]))
    rows, cols = (np.searchsorted(node, side).astype(np.int32) for side in (first, second))
    graph = csr_array((np.ones(len(rows), np.int8), (rows, cols)), shape=(len(node), len(node)))
    _, label = connected_components(graph, directed=False)
    photo = (np.searchsorted(starts, node, side="right") - 1).astype(np.intp)
    names, point = np.unique(label, return_inverse=True)
    pixels = np.concatenate([f.pixels for f in features])[node]
    joined = TiePoints(photo, point.astype(np.intp), pixels, len(names))
    return joined.select(~_contradicting(joined, len(features))[joined.point])


def _contradicting(ties: TiePoints, photos: int) -> NDArray[np.bool_]:
    """Points seen twice in one photo, shape (count,)."""
    key = ties.point * photos + ties.photo
    names, times = np.unique(key, return_counts=True)
    result = np.zeros(ties.count, bool)
    result[names[times > 1] // photos] = True
    return result


def thin_ties(ties: TiePoints, cameras: Sequence[Camera], *, per_cell: int, cells: int = 8) -> TiePoints:
    """Keep the longest chains in every cell of every photo: even cover, bounded work.

    A point stays if it is among the ``per_cell`` longest in its cell (``cells`` along the long side) of any photo.
    """
    length = np.bincount(ties.point, minlength=ties.count)[ties.point]
    size = np.array([max(c.width_px, c.height_px) / cells for c in cameras])[ties.photo]
    cell = (ties.pixels / size[:, None]).astype(np.intp).clip(0, cells - 1)
    key = (ties.photo * cells + cell[:, 0]) * cells + cell[:, 1]
    order = np.lexsort((ties.point, -length, key))
    sorted_key = key[order]
    starts = np.flatnonzero(np.append(True, sorted_key[1:] != sorted_key[:-1]))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    wanted = np.zeros(ties.count, bool)
    wanted[ties.point[order[rank < per_cell]]] = True
    return ties.select(wanted[ties.point])
