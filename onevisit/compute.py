"""Where lazy arrays are computed: threads of this machine, or a dask cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import dask
import psutil
from dask.utils import parse_bytes

from ingest.errors import SettingError
from ingest.outcome import Phrase

_SHARE_OF_MEMORY = 0.25
"""Of the machine's memory, where the user gives no size: the rest is for the report and the desktop."""

_ARRAYS_IN_FLIGHT = 8
"""Arrays of a chunk's size that one worker holds at once in the widest stage (photo, maps, bands, blend, output)."""


@contextmanager
def computing(*, scheduler: str | None, memory: str | None) -> Iterator[None]:
    """Compute inside this block on ``scheduler`` (an address), else as dask is configured, else on a thread a core.

    ``memory`` bounds the size of a chunk: what the workers hold together stays near it. On a cluster the workers' own
    limits hold besides.

    Raises
    ------
    SettingError
        If the address does not answer or the size cannot be read.
    """
    workers = os.cpu_count() or 1
    chunk = _memory_bytes(memory) // (workers * _ARRAYS_IN_FLIGHT)
    cv2.setNumThreads(1)  # dask already gives each core a chunk
    config = {"array.chunk-size": f"{max(chunk, 1 << 20)}B", "array.slicing.split-large-chunks": True}
    if scheduler is None:
        known = dask.config.get("scheduler", "threads")
        with dask.config.set({**config, "scheduler": known, "num_workers": workers}):
            yield
        return
    from distributed import Client

    try:
        client = Client(scheduler, timeout="10s")
    except (OSError, ValueError) as error:
        raise SettingError(Phrase("scheduler_silent", {"address": str(scheduler), "error": str(error)})) from error
    with client, dask.config.set(config):
        yield


def _memory_bytes(memory: str | None) -> int:
    if memory is None:
        return int(psutil.virtual_memory().total * _SHARE_OF_MEMORY)
    try:
        size = int(parse_bytes(memory))
    except ValueError as error:
        raise SettingError(Phrase("memory_no_size", {"memory": memory})) from error
    if size < 200_000_000:
        raise SettingError(Phrase("memory_too_small", {"memory": memory}))
    return size
