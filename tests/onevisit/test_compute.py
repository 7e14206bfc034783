"""Where lazy arrays are computed: threads, as dask is configured, or the cluster that is named."""

from __future__ import annotations

import os

import dask
import pytest

from ingest.errors import SettingError
from onevisit.compute import computing
from onevisit.words.telling import tell


def test_a_thread_a_core_where_nothing_else_is_said() -> None:
    """And chunks whose arrays in flight fill the memory that is given."""
    with computing(scheduler=None, memory="1.6GB"):
        assert dask.config.get("scheduler") == "threads"
        assert dask.config.get("num_workers") == os.cpu_count()
        assert dask.config.get("array.chunk-size") == f"{1_600_000_000 // (8 * (os.cpu_count() or 1))}B"
    assert dask.config.get("scheduler", None) is None


def test_a_scheduler_that_is_configured_is_kept() -> None:
    """Whoever runs missions side by side gives each one thread."""
    with dask.config.set(scheduler="synchronous"), computing(scheduler=None, memory=None):
        assert dask.config.get("scheduler") == "synchronous"


@pytest.mark.parametrize(
    ("scheduler", "memory", "words"),
    [
        (None, "much", "--memory much: not a size; write 4GB or 800MB"),
        (None, "100MB", "--memory 100MB: less than the 200 MB that the program itself needs"),
        ("bad address", None, "--scheduler bad address: does not answer"),
    ],
)
def test_what_cannot_be_meant_is_refused(scheduler: str | None, memory: str | None, words: str) -> None:
    """With what to write, or to start."""
    with pytest.raises(SettingError) as error, computing(scheduler=scheduler, memory=memory):
        pass
    assert tell(error.value).startswith(words)
