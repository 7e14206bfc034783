"""Where the real data is: where ``ONEVISIT_DATA`` says, else ``../shared/data`` beside the project.

The only place that knows; tests ask the fixture ``shared_data``, which asks here.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["VARIABLE", "data_folder", "missing_data"]

VARIABLE = "ONEVISIT_DATA"


def data_folder() -> Path:
    """Return the folder of real data, whether it is there or not."""
    named = os.environ.get(VARIABLE, "")
    return Path(named).expanduser() if named else Path(__file__).resolve().parents[2] / "shared" / "data"


def missing_data() -> str:
    """Why a test or a benchmark does without, and what to do; empty where the data is there."""
    folder, named = data_folder(), os.environ.get(VARIABLE, "")
    if folder.is_dir():
        return ""
    where = f"{VARIABLE} names {named!r}, which is no folder" if named else "../shared/data is not beside the project"
    return f"needs real drives and flights: {where}; set {VARIABLE} to the folder that holds them"
