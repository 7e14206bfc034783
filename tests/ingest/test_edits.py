"""Human corrections are data: read with their line numbers, applied as flags, counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ingest.edits import Edit, apply_edits, read_edits
from ingest.flags import Flag
from ingest.schema import new_trace
from onevisit.words.telling import tell

TIMES = np.datetime64("2026-05-01T01:00:00", "ns") + np.arange(4) * np.timedelta64(60, "s")
HEAD = "start,end,action,name,comment\n"
HOW = "expected 2024-10-08 09:05:03 or similar; the zone belongs to it, as in 2026-05-01T09:00:00+08:00"


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
    assert tell(outcome.decisions[0]).decision == "2 rows flagged as removed by hand"
    assert "truck ahead" in tell(outcome.decisions[0]).evidence


def test_a_bad_line_is_rejected_by_number_and_the_rest_holds(tmp_path: Path) -> None:
    """No zone, an unknown action, a reject without a name: three rejects, one edit."""
    outcome = _read(
        tmp_path,
        "2026-05-01T09:01:00,,remove,,\n,,erase,x,\n,,reject,,\n,,reject,DJI_0001.JPG,finger on the lens\n",
    )
    assert [reject.where for reject in outcome.rejects] == ["line 2", "line 3", "line 4"]
    assert "has no zone" in tell(outcome.rejects[0]).reason
    assert [edit.name for edit in outcome.value] == ["DJI_0001.JPG"]


def test_every_cell_of_a_line_is_read(tmp_path: Path) -> None:
    """Times in UTC whatever their zone, blanks off, an open end, the line as a person counts it."""
    outcome = _read(
        tmp_path,
        " 2026-05-01T09:01:00+08:00 ,2026-05-01T01:02:00Z, remove , drive , truck ahead \n"
        "2026-04-30T20:00:00-05:00,,remove,,\n,,reject,DJI_1.JPG,finger\n",
    )
    start, end = datetime(2026, 5, 1, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, 1, 2, tzinfo=UTC)
    assert outcome.value == (
        Edit(2, "remove", "drive", "truck ahead", start, end),
        Edit(3, "remove", "", "", datetime(2026, 5, 1, 1, 0, tzinfo=UTC), None),
        Edit(4, "reject", "DJI_1.JPG", "finger", None, None),
    )
    assert all(t is None or t.utcoffset() == timedelta(0) for e in outcome.value for t in (e.start, e.end))
    assert outcome.decisions == outcome.rejects == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",,erase,x,", "action 'erase' is not known; use one of remove, reject"),
        (",,,x,", "action '' is not known; use one of remove, reject"),
        (",,reject,,why", "a reject needs the name of a photo or site"),
        ("9 o'clock,,remove,,", f'start: time stamp "9 o\'clock" is not understood; {HOW}'),
        (",tomorrow,remove,,", f"end: time stamp 'tomorrow' is not understood; {HOW}"),
        (",2026-05,remove,,", "end '2026-05' has no zone; write 2026-05+08:00"),
        (
            "2026-05-01T09:01Z,2026-05-01T09:00Z,remove,,",
            "ends (2026-05-01T09:00:00+00:00) before it starts (2026-05-01T09:01:00+00:00)",
        ),
        (
            "05/06/2026 09:01 +08:00,,remove,,",
            "start: day, month and year of '05/06/2026 09:01 +08:00' cannot be told apart; write it as "
            "2024-10-08; the zone belongs to it, as in 2026-05-01T09:00:00+08:00",
        ),
        (",2026-05-01T09:01,remove,,", "end '2026-05-01T09:01' has no zone; write 2026-05-01T09:01+08:00"),
    ],
)
def test_a_bad_line_says_what_to_write(tmp_path: Path, line: str, reason: str) -> None:
    """The file, the line and the way out."""
    outcome = _read(tmp_path, line + "\n")
    assert outcome.value == ()
    assert [(r.item, r.where, tell(r).reason) for r in outcome.rejects] == [("edits.csv", "line 2", reason)]


def test_lines_count_as_a_person_counts_them(tmp_path: Path) -> None:
    """An empty line is one; cells behind the last are the rest of the comment, those that are missing are empty."""
    outcome = _read(tmp_path, ",,remove,drive,a, b, c\n\n,,remove\n\n,,erase\n")
    assert [(e.line, e.name, e.comment) for e in outcome.value] == [(2, "drive", "a, b, c"), (4, "", "")]
    assert outcome.rejects[0].where == "line 6"


def _flags(*edits: Edit, before: tuple[int, ...] = (0, 0, 0, 0)) -> tuple[list[int], list[tuple[str, str, str]]]:
    flags = np.array(before, np.uint32)
    trace = new_trace("drive", TIMES, np.full(4, 104.0), np.full(4, 30.0), {}, qc_flag=flags)
    outcome = apply_edits([trace], edits)
    assert outcome.value[0]["qc_flag"].dtype == np.uint32
    assert outcome.value[0]["qc_flag"].attrs.keys() == trace["qc_flag"].attrs.keys()
    assert trace["qc_flag"].values.tolist() == list(before)  # the trace that was given stays as it was
    return outcome.value[0]["qc_flag"].values.tolist(), [
        (d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions
    ]


def test_both_ends_of_a_span_belong_to_it() -> None:
    """From the second stamp to the third; a microsecond inside them neither; an end that is open is open."""
    gone = int(Flag.REMOVED_BY_HAND)
    minute, second = datetime(2026, 5, 1, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, 1, 2, tzinfo=UTC)
    later, line = timedelta(microseconds=1), "edits.csv line 7"
    span = "2026-05-01T01:01:00+00:00 to 2026-05-01T01:02:00+00:00: why"
    assert _flags(Edit(7, "remove", "drive", "why", minute, second)) == (
        [0, gone, gone, 0],
        [(line, "2 rows flagged as removed by hand", span)],
    )
    assert _flags(Edit(7, "remove", "", "", minute + later, second - later))[0] == [0, 0, 0, 0]
    assert _flags(Edit(7, "remove", "", "", minute, None)) == (
        [0, gone, gone, gone],
        [(line, "3 rows flagged as removed by hand", "2026-05-01T01:01:00+00:00 to open: ")],
    )
    assert _flags(Edit(7, "remove", "", "", None, minute))[0] == [gone, gone, 0, 0]


def test_a_removal_adds_to_what_a_row_has() -> None:
    """Two edits on one row, a flag that was there before; a reject is no removal."""
    gone, poor = int(Flag.REMOVED_BY_HAND), int(Flag.GNSS_POOR)
    minute = datetime(2026, 5, 1, 1, 1, tzinfo=UTC)
    first, second = Edit(2, "remove", "", "", minute, minute), Edit(3, "remove", "drive", "", None, minute)
    flags, said = _flags(first, second, Edit(4, "reject", "drive", ""), before=(poor, poor, poor, 0))
    assert flags == [poor | gone, poor | gone, poor, 0]
    assert [decision for _, decision, _ in said] == [f"{n} rows flagged as removed by hand" for n in (1, 2)]


def test_an_edit_without_a_name_is_of_every_trace_and_counted_over_all() -> None:
    """Two traces of four rows."""
    traces = [new_trace(name, TIMES, np.full(4, 104.0), np.full(4, 30.0), {}) for name in ("a", "b")]
    outcome = apply_edits(traces, [Edit(2, "remove", "", "")])
    assert tell(outcome.decisions[0]).decision == "8 rows flagged as removed by hand"
    assert all((trace["qc_flag"].values == int(Flag.REMOVED_BY_HAND)).all() for trace in outcome.value)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-01T01:01:00Z", "2026-05-01 09:01:00+08:00", "2026/5/1 09:01 +0800", "2026年5月1日 上午9:01+08:00",
        "1777597260", "2026-05-01T09:01:00.4+08:00",
    ],
)  # fmt: skip
def test_times_are_read_as_those_of_traces(tmp_path: Path, text: str) -> None:
    """Each is one minute past one in UTC, or four tenths of a second later."""
    (edit,) = _read(tmp_path, f"{text},,remove,,\n").value
    assert edit.start in (datetime(2026, 5, 1, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, 1, 1, 0, 400_000, tzinfo=UTC))


def test_day_and_month_are_told_by_all_lines(tmp_path: Path) -> None:
    """The end of the second line has a 25, so that 05/06 above is the fifth of June; it is said."""
    outcome = _read(
        tmp_path,
        "05/06/2026 09:00+08:00,,remove,,\n06/06/2026 09:00+08:00,25/06/2026 09:00+08:00,remove,,\n",
    )
    assert [edit.start for edit in outcome.value] == [datetime(2026, 6, day, 1, tzinfo=UTC) for day in (5, 6)]
    assert outcome.rejects == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_an_office_writes_it_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    """Chinese comments, with a comma that nobody quoted, in capitals or small letters above."""
    path = tmp_path / "edits.csv"
    path.write_text("Start,End,Action,Name,Comment\n,,reject,DJI_1.JPG,镜头起雾,手指 遮挡\n", encoding=encoding)
    outcome = read_edits(path)
    assert [(e.name, e.comment) for e in outcome.value] == [("DJI_1.JPG", "镜头起雾,手指 遮挡")]


def test_headings_that_are_missing_let_no_line_work(tmp_path: Path) -> None:
    """Without beginning and end every row of all traces would be removed; cells too many are refused by line."""
    path = tmp_path / "edits.csv"
    path.write_text("begin,until,action,name\n2026-05-01T09:00Z,2026-05-01T09:01Z,remove,\n", encoding="utf-8")
    outcome = read_edits(path)
    assert outcome.value == () and outcome.rejects[0].values["missing"] == ["start", "end"]
    path.write_text("comment,start,end,action,name\nfog, thick,,,reject,a.JPG\n,,,reject,b.JPG\n", encoding="utf-8")
    outcome = read_edits(path)
    assert [edit.name for edit in outcome.value] == ["b.JPG"]
    assert [(r.where, r.code) for r in outcome.rejects] == [("line 2", "edit_cells_too_many")]
