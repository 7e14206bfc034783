"""Fixtures shared by all rooms."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the repository; tests that need it say so and skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared/data (real drives and flights), which is not beside this repository")
    return SHARED
