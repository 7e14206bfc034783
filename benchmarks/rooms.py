"""Runs the benchmarks of several rooms, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

__all__ = ["run_rooms"]


def run_rooms(kind: str, known: Sequence[str], chosen: Sequence[str]) -> int:
    """Run ``benchmarks.<kind>_<room>`` for the rooms ``chosen`` (none: all); return 0 where all of them did.

    Arguments that begin with ``--`` go to every room.
    """
    options = [argument for argument in chosen if argument.startswith("--")]
    rooms = [argument for argument in chosen if not argument.startswith("--")] or list(known)
    unknown = sorted(set(rooms) - set(known))
    if unknown:
        print(f"no room {', '.join(unknown)}; known are {', '.join(known)}", file=sys.stderr)
        return 2
    failed = [
        room
        for room in rooms
        if subprocess.run([sys.executable, "-m", f"benchmarks.{kind}_{room}", *options], check=False).returncode
    ]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0
