"""What the command line leaves behind when it is run in this process."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from onevisit.names import ROOMS


@pytest.fixture
def log_as_before() -> Iterator[None]:
    """Handlers and levels that a run sets, of the root and of every room, are taken back."""
    loggers = [logging.getLogger(name) for name in ("", *ROOMS)]
    root, levels = loggers[0], [logger.level for logger in loggers]
    before = list(root.handlers)
    yield
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
