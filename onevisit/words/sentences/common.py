"""Sentences that several rooms use."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "as_said": ("{text}", "{text}"),
}
