"""Sentences about registers, roads and edits."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {}
