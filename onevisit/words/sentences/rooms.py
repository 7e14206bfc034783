"""Sentences about tracks, fusion, leads, visits and the job."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {}
