"""Several phrases in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from ingest.outcome import Phrase


def one_by_one(phrases: Sequence[Phrase]) -> Phrase:
    """Say phrases one after the other, parted more strongly than by commas, which may stand in them.

    Examples
    --------
    >>> one_by_one([Phrase("black"), Phrase("far")]).code
    'first_and_more'
    """
    return reduce(lambda more, first: Phrase("first_and_more", {"first": first, "more": more}), reversed(phrases))
