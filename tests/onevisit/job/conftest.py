"""Two runs of the job on the mission made by hand, of which all tests of this folder read."""

from __future__ import annotations

import pytest

from tests.onevisit.job.made_run import Run, run_job


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """With photos and without streets, in English; not to be changed."""
    return run_job(tmp_path_factory.mktemp("made"), lang="en", flown=True, with_roads=False)


@pytest.fixture(scope="session")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Without photos and with a street that may be driven one way only, in Chinese; not to be changed."""
    return run_job(tmp_path_factory.mktemp("driven"), lang="zh", flown=False, with_roads=True)
