"""Speed and memory of every room as ratios against a peer or a physical limit, measured in one run.

``python -m benchmarks.speed`` runs all; ``python -m benchmarks.speed tracks fusion`` some. Each room is a module
``benchmarks.speed_<room>`` that writes its own page in ``docs/``, and runs in a process of its own so that its peak
memory is its own.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.rooms import run_rooms

ROOMS = ("ingest", "tracks", "fusion", "imagery")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rooms that are named, or all."""
    return run_rooms("speed", ROOMS, sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
