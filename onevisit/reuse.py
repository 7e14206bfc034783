"""When a run has nothing to do: same inputs, settings and program, and every output still as it was written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.outcome import Phrase
from onevisit.manifest import InputRecord, program_key
from onevisit.mission import hash_file
from onevisit.profile import Profile, profile_dict
from onevisit.result import Options
from onevisit.stages import digest
from onevisit.words.telling import say


def run_key(root: Path, inputs: Sequence[InputRecord], profile: Profile, options: Options) -> str:
    """A hash of all that the results depend on: input files, settings, language, day, the mission's name, program."""
    return digest(inputs, profile_dict(profile), options.lang, options.day, root.resolve().name, program_key())


def unchanged_summary(out: Path, key: str, language: str) -> dict[str, Any] | None:
    """The summary of a complete earlier run with the same key, or None where anything is missing or differs."""
    try:
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        if manifest["key"] != key:
            return None
        if any(hash_file(out / record["path"]) != record["sha256"] for record in manifest["outputs"]):
            return None
        summary: dict[str, Any] = manifest["summary"]
    except (OSError, ValueError, KeyError):
        return None
    urgent, lines = summary.get("urgent", 0), summary["lines"]
    return {**summary, "lines": [*lines[:urgent], say(Phrase("nothing_changed"), language), *lines[urgent:]]}
