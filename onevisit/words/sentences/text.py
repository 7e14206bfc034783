"""Sentences about bytes, tables, cells and logger formats."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {}
