"""Decoded photos kept between neighbouring chunks, bounded by memory and not by the number of photos."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imagery.multispectral import read_measured
from ingest.schema import Frame

_Image = NDArray[np.generic]
_lock = Lock()
_Key = tuple[str, int, int]  # photo, reduction, cell of the means (0: the photo itself)
_photos: OrderedDict[_Key, Future[_Image]] = OrderedDict()


def read_cached(frame: Frame, reduce: int, limit_mb: int) -> _Image:
    """Read a photo at reduced scale, or take it from memory; two threads that want the same one decode it once.

    Raises
    ------
    FileError
        If the photo cannot be decoded.
    """
    return _remember((_name(frame), reduce, 0), lambda: read_measured(frame, reduce=reduce), limit_mb)


def read_blurred(frame: Frame, reduce: int, cell_px: float, limit_mb: int) -> _Image:
    """Means of cells of about ``cell_px`` full pixels of a photo, from it at reduced scale, kept in the same way.

    Values that are not finite (a band that does not see) are left out of the means, and filled with that of all.

    Raises
    ------
    FileError
        If the photo cannot be decoded.
    """
    cell = max(1, round(cell_px / reduce))
    return _remember(
        (_name(frame), reduce, cell), lambda: _blurred(read_cached(frame, reduce, limit_mb), cell), limit_mb
    )


def _name(frame: Frame) -> str:
    return f"{frame.path}|{frame.item}"


def _blurred(image: _Image, cell: int) -> _Image:
    size = (max(1, image.shape[1] // cell), max(1, image.shape[0] // cell))
    if not np.issubdtype(image.dtype, np.floating):
        return np.asarray(cv2.resize(cast(Any, image), size, interpolation=cv2.INTER_AREA)).reshape(
            size[1], size[0], -1
        )
    known = np.isfinite(image)
    share = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1)
    total = cv2.resize(np.where(known, image, 0.0).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    mean = total.reshape(share.shape) / np.maximum(share, 0.01)
    overall = total.reshape(share.shape).sum(axis=(0, 1)) / np.maximum(share.sum(axis=(0, 1)), 1e-6)
    return np.asarray(np.where(share > 0.01, mean, overall), np.float32)


def _remember(key: _Key, make: Callable[[], _Image], limit_mb: int) -> _Image:
    with _lock:
        future = _photos.get(key)
        mine = future is None
        if future is None:
            future = _photos[key] = Future()
        _photos.move_to_end(key)
    if mine:
        try:
            future.set_result(make())
        except BaseException as error:
            future.set_exception(error)
            with _lock:
                _photos.pop(key, None)
            raise
        _shrink(limit_mb * 1_000_000)
    return future.result()


def _shrink(limit: int) -> None:
    """Forget the photos unused for longest until the rest fits."""
    with _lock:
        sizes = {key: f.result().nbytes for key, f in _photos.items() if f.done() and f.exception() is None}
        total = sum(sizes.values())
        for key in list(sizes)[:-1]:
            if total <= limit:
                return
            total -= sizes[key]
            del _photos[key]


def forget_photos() -> None:
    """Empty the memory: for timing, and when a job is done."""
    with _lock:
        _photos.clear()
