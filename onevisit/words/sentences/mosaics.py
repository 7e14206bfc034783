"""Sentences about mosaics, photos on the ground and what they show."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {}
