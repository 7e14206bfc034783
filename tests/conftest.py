"""Fixtures shared by all rooms."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.real_data import data_folder, missing_data


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; tests that need it ask for it, and skip with the reason where it is absent."""
    if reason := missing_data():
        pytest.skip(reason)
    return data_folder()
