"""The sentences of decisions, rejects and errors: a code, then English and Chinese. A file for each part.

A sentence names its values in braces, with a format where one is needed (``{height_m:.0f} m``); ``{n:|row|rows}``
prints a number with its noun. ``CODE.why`` is the evidence of the decision ``CODE``.
"""

from __future__ import annotations

from collections.abc import Mapping

from onevisit.words.sentences import (
    cards,
    cells,
    columns,
    common,
    help,
    images,
    leads,
    monitors,
    mosaics,
    records,
    redrives,
    registers,
    rooms,
    text,
    times,
    traces,
    verbs,
)

PARTS = (
    common,
    text,
    cells,
    columns,
    times,
    traces,
    images,
    registers,
    monitors,
    records,
    mosaics,
    rooms,
    redrives,
    leads,
    help,
    cards,
    verbs,
)
SENTENCES: Mapping[str, tuple[str, str]] = {
    code: sentence for part in PARTS for code, sentence in part.SENTENCES.items()
}
