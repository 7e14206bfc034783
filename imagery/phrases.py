"""Several phrases in one sentence, and what kinds of photos are called."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from ingest.outcome import Phrase

_KIND_CODES = {"rgb": "kind_rgb", "thermal": "kind_thermal", "multispectral": "kind_multispectral"}


def kind_of_photos(kind: str) -> Phrase | str:
    """A kind of photos in words; one that has none stays as it came."""
    return Phrase(_KIND_CODES[kind]) if kind in _KIND_CODES else kind


def one_by_one(phrases: Sequence[Phrase]) -> Phrase:
    """Say phrases one after the other, parted more strongly than by commas, which may stand in them.

    Examples
    --------
    >>> one_by_one([Phrase("black"), Phrase("far")]).code
    'first_and_more'
    """
    return reduce(lambda more, first: Phrase("first_and_more", {"first": first, "more": more}), reversed(phrases))
