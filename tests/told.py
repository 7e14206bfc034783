"""What a test expects of the words that a person reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ingest.errors import OnevisitError
from onevisit.words.telling import tell


@contextmanager
def raises_told(kind: type[OnevisitError], *, match: str) -> Iterator[pytest.ExceptionInfo[OnevisitError]]:
    """Expect an error whose English sentence matches a pattern."""
    with pytest.raises(kind) as caught:
        yield caught
    told = tell(caught.value)
    assert re.search(match, told), f"{match!r} is not in {told!r}"
