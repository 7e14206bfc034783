"""Human corrections are data: read with their line numbers, applied as flags, counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.edits import apply_edits, read_edits
from ingest.flags import Flag
from ingest.schema import new_trace

TIMES = np.datetime64("2026-05-01T01:00:00", "ns") + np.arange(4) * np.timedelta64(60, "s")
HEAD = "start,end,action,name,comment\n"


def _read(folder: Path, text: str):  # type: ignore[no-untyped-def]
    path = folder / "edits.csv"
    path.write_text(HEAD + text, encoding="utf-8-sig")
    return read_edits(path)


def test_a_removed_span_is_flagged_and_counted(tmp_path: Path) -> None:
    """09:01 to 09:02 in China are the second and third minute of 01:00 UTC."""
    edits = _read(tmp_path, "2026-05-01T09:01:00+08:00,2026-05-01T09:02:00+08:00,remove,drive,truck ahead\n").value
    trace = new_trace("drive", TIMES, np.full(4, 104.0), np.full(4, 30.0), {})
    other = new_trace("other", TIMES, np.full(4, 104.0), np.full(4, 30.0), {})
    outcome = apply_edits([trace, other], edits)
    assert (outcome.value[0]["qc_flag"].values == [0, Flag.REMOVED_BY_HAND, Flag.REMOVED_BY_HAND, 0]).all()
    assert not outcome.value[1]["qc_flag"].values.any()
    assert outcome.decisions[0].decision == "2 rows flagged as removed by hand"
    assert "truck ahead" in outcome.decisions[0].evidence


def test_a_bad_line_is_rejected_by_number_and_the_rest_holds(tmp_path: Path) -> None:
    """No zone, an unknown action, a reject without a name: three rejects, one edit."""
    outcome = _read(
        tmp_path,
        "2026-05-01T09:01:00,,remove,,\n,,erase,x,\n,,reject,,\n,,reject,DJI_0001.JPG,finger on the lens\n",
    )
    assert [reject.where for reject in outcome.rejects] == ["line 2", "line 3", "line 4"]
    assert "has no zone" in outcome.rejects[0].reason
    assert [edit.name for edit in outcome.value] == ["DJI_0001.JPG"]
