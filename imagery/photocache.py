"""Decoded photos kept between neighbouring chunks, bounded by memory and not by the number of photos."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from imagery.multispectral import read_measured
from ingest.schema import Frame

__all__ = ["forget_photos", "read_cached"]

_Image = NDArray[np.generic]
_lock = Lock()
_photos: OrderedDict[tuple[str, int], Future[_Image]] = OrderedDict()


def read_cached(frame: Frame, reduce: int, limit_mb: int) -> _Image:
    """Read a photo at reduced scale, or take it from memory; two threads that want the same one decode it once.

    Raises
    ------
    FileError
        If the photo cannot be decoded.
    """
    key = (f"{frame.path}|{frame.item}", reduce)
    with _lock:
        future = _photos.get(key)
        mine = future is None
        if future is None:
            future = _photos[key] = Future()
        _photos.move_to_end(key)
    if mine:
        try:
            future.set_result(read_measured(frame, reduce=reduce))
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
