"""Status columns: which rows and channels they flag, and for how long."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import SettingError
from ingest.flags import Flag
from ingest.outcome import Outcome
from ingest.text.headings import status_subject, understand
from ingest.text.marks import meaning_of_text
from ingest.traces.read import read_traces
from ingest.traces.record import Channel, Record, TraceSettings
from ingest.traces.status import StatusColumn, apply_statuses, rows_in_purge
from onevisit.truth.simulate import simulate_mission
from onevisit.words.telling import tell
from tests.ingest.traces.status_columns import CALIBRATION, FAULT, NO_PURGE
from tracks.process import process_trace


def _read(
    folder: Path,
    heading: str,
    rows: Sequence[str],
    rules: TraceSettings = NO_PURGE,
    *,
    encoding: str = "utf-8",
) -> Outcome[tuple[xr.Dataset, ...]]:
    """Read a table of a row a second: time, position, and the given columns."""
    lines = [f"2024-10-08T01:{i // 60:02d}:{i % 60:02d}Z,104.0,{30 + i * 1e-4:.4f},{r}" for i, r in enumerate(rows)]
    path = folder / "drive.csv"
    path.write_bytes(("\n".join([f"time,lon,lat,{heading}", *lines]) + "\n").encode(encoding))
    return read_traces([path], rules, root=folder)


def _rows(outcome: Outcome[tuple[xr.Dataset, ...]], flag: int, name: str = "qc_flag") -> list[int]:
    return [int(row) for row in np.flatnonzero(outcome.value[0][name].values & flag)]


def _said(outcome: Outcome[tuple[xr.Dataset, ...]]) -> str:
    return "\n".join(f"{d.item}: {tell(d).decision}: {tell(d).evidence}" for d in outcome.decisions)


@pytest.mark.parametrize(
    "text",
    [
        "校准",
        "校准中",
        "零点校准",
        "跨度",
        "标定",
        "质控",
        "Zero",
        "SPAN",
        "span_gas",
        "Cal",
        "calibrating",
        "Zero Air",
    ],
)
def test_words_of_calibration(text: str) -> None:
    """In Chinese and English, in any case, alone or with other words."""
    assert meaning_of_text(text) == Flag.CALIBRATION


@pytest.mark.parametrize(
    "text",
    [
        "故障",
        "通讯异常",
        "不正常",
        "离线",
        "断电",
        "维护",
        "预热中",
        "仪器报警",
        "fault",
        "ERROR 12",
        "abnormal",
        "Alarm",
        "maintenance",
        "warm-up",
        "Warming up",
        "无效",
        "flow error",
    ],
)
def test_words_of_faults(text: str) -> None:
    """What the instrument says of itself."""
    assert meaning_of_text(text) == Flag.INSTRUMENT_FAULT


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "正常",
        "正常 ",
        "OK",
        "good",
        "Valid",
        "N",
        "0",
        "0.0",
        "0x0000",
        "00000000",
        "空",
        "无",
        "-",
        "N/A",
        "no error",
        "No Alarm",
        "无故障",
        "运行正常",
        "Measure",
        "OK;valid",
        "ＯＫ",
    ],
)
def test_words_of_nothing(text: str) -> None:
    """Normal in any spelling, and an empty field."""
    assert meaning_of_text(text) == Flag(0)


@pytest.mark.parametrize(
    "text",
    ["巡检", "3", "0x10", "C", "calibration ok", "校准完成", "未校准", "fault cleared", "浓度报警", "high alarm"],
)
def test_words_that_are_not_understood(text: str) -> None:
    """A denied or finished state, an alarm of the air and a bare code are not guessed."""
    assert meaning_of_text(text) is None


def test_joined_texts_add_up() -> None:
    """Two states in one field give both flags; an unknown one beside them takes nothing away."""
    assert meaning_of_text("Zero; flow fault") == Flag.CALIBRATION | Flag.INSTRUMENT_FAULT
    assert meaning_of_text("巡检，校准") == Flag.CALIBRATION
    assert meaning_of_text("OK; 巡检") is None


@given(st.text(max_size=40), st.booleans())
def test_any_text_has_an_answer(text: str, marks: bool) -> None:
    """Never an error, and never another flag than those a status may set."""
    meaning = meaning_of_text(text, marks=marks)
    allowed = Flag.CALIBRATION | Flag.INSTRUMENT_FAULT | Flag.VALUE_OUT_OF_RANGE
    assert meaning is None or not meaning & ~allowed


@pytest.mark.parametrize(
    "heading", ["状态", "仪器状态", "运行状态", "数据标识", "标记", "状态码", "Status", "FLAG", "QC"]
)
def test_headings_of_status_columns(heading: str) -> None:
    """They mean a status by themselves."""
    meaning = understand(heading)
    assert meaning is not None
    assert meaning.quantity.role == "status"


@pytest.mark.parametrize("heading", ["GPS status", "gps mode", "pump valve", "battery state", "GPS状态", "no2 flag"])
def test_headings_of_other_states(heading: str) -> None:
    """The state of a receiver or a battery says nothing of the air: it is not read as the status of the row."""
    meaning = understand(heading)
    assert meaning is None or meaning.quantity.role == "fix"


@pytest.mark.parametrize(
    ("heading", "subject"),
    [
        ("PM2.5状态", "PM2.5"),
        ("CO(mg/m3)标识", "CO(mg/m3)"),
        ("NO2_flag", "NO2"),
        ("SO2 status code", "SO2"),
        ("状态", ""),
        ("O3分析仪状态", "O3"),
        ("NO2_QC_flag", "NO2"),
        ("风速", ""),
    ],
)
def test_subject_of_a_status_heading(heading: str, subject: str) -> None:
    """The other column's heading is what stands before the word."""
    assert status_subject(heading) == subject


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_chinese_statuses_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    """Rows 3 to 5 are calibration, row 8 a fault; both are counted with the file's name."""
    texts = ["正常"] * 3 + ["校准"] * 3 + ["正常"] * 2 + ["故障"] + ["正常"] * 3
    outcome = _read(tmp_path, "NO2(ppb),状态", [f"{i + 1},{text}" for i, text in enumerate(texts)], encoding=encoding)
    assert _rows(outcome, CALIBRATION) == [3, 4, 5]
    assert _rows(outcome, FAULT) == [8]
    assert 'drive.csv: 3 rows flagged calibration: column "状态" says 校准 (3 rows)' in _said(outcome)
    assert 'drive.csv: 1 rows flagged instrument_fault: column "状态" says 故障 (1 rows)' in _said(outcome)
    assert "not read" not in _said(outcome)


def test_english_valve_states(tmp_path: Path) -> None:
    """Sample is normal, zero and span are gas; a first column of texts is found too."""
    texts = ["Sample"] * 4 + ["Zero"] * 2 + ["Span"] * 2 + ["Sample"] * 4
    outcome = _read(tmp_path, "Valve,CO (ppm)", [f"{text},{i + 1}" for i, text in enumerate(texts)])
    assert _rows(outcome, CALIBRATION) == [4, 5, 6, 7]
    assert outcome.value[0]["co"].values.tolist() == [*map(float, range(1, 13))]


def test_statuses_of_a_workbook(tmp_path: Path) -> None:
    """Text cells and empty ones, below a title row."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["某区走航数据"])
    sheet.append(["时间", "经度", "纬度", "SO2(ug/m3)", "仪器状态"])
    for i, text in enumerate(["正常", "", "零点", "跨度", "正常", "断电"]):
        sheet.append([datetime(2024, 10, 8, 9, 0, i), 104.0 + i * 1e-4, 30.6, i + 1.0, text])
    book.save(tmp_path / "drive.xlsx")
    rules = TraceSettings(time_zone="Asia/Shanghai", purge_s=0.0)
    outcome = read_traces([tmp_path / "drive.xlsx"], rules, root=tmp_path)
    assert outcome.value[0]["qc_flag"].values.tolist() == [0, 0, CALIBRATION, CALIBRATION, 0, FAULT]
    assert 'drive.xlsx: 2 rows flagged calibration: column "仪器状态" says' in _said(outcome)


def test_gas_stays_in_the_line(tmp_path: Path) -> None:
    """With purge_s = 2 the two rows after calibration are flagged too, and those after a fault are not."""
    texts = ["正常"] * 2 + ["校准"] * 2 + ["正常"] * 4 + ["故障"] + ["正常"] * 3
    rules = TraceSettings(purge_s=2.0)
    outcome = _read(tmp_path, "NO2(ppb),状态", [f"{i + 1},{text}" for i, text in enumerate(texts)], rules)
    assert _rows(outcome, CALIBRATION) == [2, 3, 4, 5]
    assert _rows(outcome, FAULT) == [8]
    assert "2 rows after calibration flagged calibration" in _said(outcome)
    assert "purge_s = 2 s" in _said(outcome)


def test_unknown_words_and_codes_are_named(tmp_path: Path) -> None:
    """They are counted and taken as normal; the message gives the line to write."""
    texts = ["正常"] * 5 + ["巡检"] * 3 + ["3"] * 2
    outcome = _read(tmp_path, "NO2(ppb),状态", [f"{i + 1},{text}" for i, text in enumerate(texts)])
    assert not outcome.value[0]["qc_flag"].values.any()
    assert "status codes not understood: 3 (2 rows)" in _said(outcome)
    assert "status texts not understood: 巡检 (3 rows)" in _said(outcome)
    assert '[traces.status_words]: "3" = ' in _said(outcome)


def test_words_declared_in_the_mission_win(tmp_path: Path) -> None:
    """A code gets a meaning, a known word loses it."""
    rules = TraceSettings(purge_s=0.0, status_words={"3": "calibration", "校准": "normal", "巡检": "fault"})
    rows = [f"{i + 1},{text}" for i, text in enumerate(["0", "0", "3", "校准", "巡检", "0"])]
    outcome = _read(tmp_path, "NO2(ppb),状态", rows, rules)
    assert outcome.value[0]["qc_flag"].values.tolist() == [0, 0, CALIBRATION, 0, FAULT, 0]
    with pytest.raises(SettingError, match="status_words"):
        TraceSettings(status_words={"3": "broken"})
    with pytest.raises(SettingError, match="purge_s"):
        TraceSettings(purge_s=-1.0)


def test_letters_of_hj212(tmp_path: Path) -> None:
    """C is calibration, D a fault, T beyond the range, where most rows say N."""
    rows = [f"{i + 1},{text}" for i, text in enumerate("NNNNNNCDTN")]
    outcome = _read(tmp_path, "NO2(ppb),数据标识", rows)
    expected = [0] * 6 + [CALIBRATION, FAULT, int(Flag.VALUE_OUT_OF_RANGE), 0]
    assert outcome.value[0]["qc_flag"].values.tolist() == expected


def test_letters_that_are_not_hj212(tmp_path: Path) -> None:
    """S for sample and Z for zero are not marks: they are named, not guessed."""
    outcome = _read(tmp_path, "NO2(ppb),mode", [f"{i + 1},{text}" for i, text in enumerate("SSSSSZZSSS")])
    assert not outcome.value[0]["qc_flag"].values.any()
    assert "status texts not understood: S (8 rows), Z (2 rows)" in _said(outcome)


@pytest.mark.parametrize("text", ["校准", "故障", "maintenance"])
def test_a_column_that_rejects_every_row_is_doubted(tmp_path: Path, text: str) -> None:
    """No row is flagged, and the decision says what the column said."""
    outcome = _read(tmp_path, "NO2(ppb),状态", [f"{i + 1},{text}" for i in range(12)])
    assert not outcome.value[0]["qc_flag"].values.any()
    assert (
        f'column "状态" not believed, no row flagged by it: all 12 rows would be rejected: {text} (12 rows)'
        in _said(outcome)
    )


def test_one_normal_row_is_enough_to_believe_a_column(tmp_path: Path) -> None:
    """The doubt is about a column that never says anything else."""
    outcome = _read(tmp_path, "NO2(ppb),状态", ["1,正常", *(f"{i + 2},故障" for i in range(11))])
    assert _rows(outcome, FAULT) == [*range(1, 12)]


def test_a_column_of_many_texts_is_no_status(tmp_path: Path) -> None:
    """Sixty different remarks under 标记."""
    outcome = _read(tmp_path, "NO2(ppb),标记", [f"{i + 1},校准 {i}" for i in range(60)])
    assert not outcome.value[0]["qc_flag"].values.any()
    assert 'column "标记" not read as a status: it holds 60 different texts' in _said(outcome)


def test_an_alarm_of_the_air_is_no_fault(tmp_path: Path) -> None:
    """A bare alarm where NO2 is far higher than elsewhere is the plume, and elsewhere a fault."""
    plume = [f"{200 if 8 <= i < 12 else 20 + i % 3},{'报警' if 8 <= i < 12 else '正常'}" for i in range(40)]
    outcome = _read(tmp_path, "NO2(ppb),状态", plume)
    assert not outcome.value[0]["qc_flag"].values.any()
    assert "taken as an alarm of the air, not a fault: no2 in its 4 rows" in _said(outcome)
    flat = [f"{20 + i % 3},{'报警' if 8 <= i < 12 else '正常'}" for i in range(40)]
    assert _rows(_read(tmp_path, "NO2(ppb),状态", flat), FAULT) == [8, 9, 10, 11]


def test_the_status_of_one_column_flags_its_values_only(tmp_path: Path) -> None:
    """PM2.5状态 flags PM2.5; the row and NO2 stay usable."""
    rows = [f"{i + 1},{i + 5},{'校准' if i in (3, 4) else '正常'}" for i in range(10)]
    outcome = _read(tmp_path, "NO2(ppb),PM2.5(ug/m3),PM2.5状态", rows)
    assert _rows(outcome, CALIBRATION, "pm25_qc") == [3, 4]
    assert not outcome.value[0]["qc_flag"].values.any()
    assert "no2_qc" not in outcome.value[0]
    assert '2 values of pm25 flagged calibration: column "PM2.5状态" says 校准 (2 rows)' in _said(outcome)


def test_the_status_of_a_species_that_no_table_lists(tmp_path: Path) -> None:
    """A column is found by its own name; of two columns of one quantity the one that is named."""
    rows = [f"{i + 1},{i + 2},{'fault' if i == 2 else 'ok'}" for i in range(10)]
    outcome = _read(tmp_path, "hexane (ppb),A NO2 (ppb),hexane_status", rows)
    assert _rows(outcome, FAULT, "hexane_qc") == [2]
    outcome = _read(tmp_path, "A NO2 (ppb),B NO2 (ppb),B NO2 flag", rows)
    assert [name for name in outcome.value[0].data_vars if str(name).endswith("_qc")] == ["no2_b_qc"]


def test_a_channel_that_is_off_all_day_is_believed_beside_others_that_are_not(tmp_path: Path) -> None:
    """SO2 离线 in every row: believed where another status says normal, doubted where none does."""
    rows = [f"{i + 1},{i + 2},离线,正常" for i in range(10)]
    outcome = _read(tmp_path, "SO2(ppb),NO2(ppb),SO2状态,NO2状态", rows)
    assert _rows(outcome, FAULT, "so2_qc") == [*range(10)]
    alone = _read(tmp_path, "SO2(ppb),NO2(ppb),SO2状态", [row.rpartition(",")[0] for row in rows])
    assert "so2_qc" not in alone.value[0]
    assert 'column "SO2状态" not believed' in _said(alone)


def test_a_status_of_what_is_no_species_is_named_as_not_read(tmp_path: Path) -> None:
    """电池状态 says nothing of the air."""
    outcome = _read(tmp_path, "NO2(ppb),电池状态", [f"{i + 1},故障" if i < 3 else f"{i + 1},正常" for i in range(10)])
    assert not outcome.value[0]["qc_flag"].values.any()
    assert "headings that mean nothing here: 电池状态" in _said(outcome)


def test_calibration_of_one_analyser_leaves_another_usable(tmp_path: Path) -> None:
    """Two analysers joined onto a drive: each keeps the flags of its own values."""
    stamps = [f"2024-10-08T01:00:{i:02d}Z" for i in range(30)]
    files = {
        "base.csv": "time,lon,lat,NO2(ppb)\n"
        + "".join(f"{t},104.0,{30 + i * 1e-4:.4f},{i}\n" for i, t in enumerate(stamps)),
        "gas.csv": "time,CO(ppb),status\n"
        + "".join(f"{t},{200 + i},{'span' if 10 <= i < 13 else 'ok'}\n" for i, t in enumerate(stamps)),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    trace = read_traces(sorted(tmp_path.iterdir()), NO_PURGE, root=tmp_path).value[0]
    assert np.flatnonzero(trace["co_qc"].values & CALIBRATION).tolist() == [10, 11, 12]
    assert not trace["qc_flag"].values.any()
    assert "no2_qc" not in trace


@given(
    st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=40),
    st.floats(0, 20).map(lambda seconds: round(seconds, 1)),
)
def test_purge_is_what_a_loop_over_all_pairs_gives(rows: list[tuple[int, bool]], purge_s: float) -> None:
    """For stamps in any order, with repeats."""
    seconds = np.array([second for second, _ in rows])
    gas = np.array([on for _, on in rows])
    slow = [
        not gas[i]
        and any(gas[j] and 0 <= seconds[i] - seconds[j] <= purge_s for j in range(len(rows)))
        and purge_s > 0
        for i in range(len(rows))
    ]
    time = np.datetime64("2024-10-08T01:00:00", "ns") + seconds * np.timedelta64(1, "s")
    flags = np.where(gas, np.uint32(CALIBRATION), np.uint32(0)).astype(np.uint32)
    assert rows_in_purge(time, flags, purge_s).tolist() == slow


@given(
    st.lists(st.sampled_from(["正常", "校准", "故障", "巡检", "7", "", "报警", "N", "C"]), min_size=2, max_size=30)
)
def test_no_text_is_silent_and_no_column_rejects_all(texts: list[str]) -> None:
    """Every text that is neither normal nor empty is named in a decision; at least one row stays usable."""
    time = np.datetime64("2024-10-08T01:00:00", "ns") + np.arange(len(texts)) * np.timedelta64(1, "s")
    channel = Channel("no2", np.arange(len(texts), dtype=float), {"units": "ppb", "species": "no2"})
    record = Record("a.csv", "", "", time, "UTC", None, None, (channel,), np.zeros(len(texts), np.uint32))
    outcome = apply_statuses(record, [StatusColumn("状态", pl.Series("c0", texts))], NO_PURGE, {})
    said = "\n".join(f"{tell(d).decision} {tell(d).evidence}" for d in outcome.decisions)
    for text in {*texts} - {"正常", "", "N"}:
        assert f"{text} (" in said or f'"{text}"' in said
    assert (outcome.value.qc_flag == 0).any()


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated mission with calibration in a drive, and no other confounder."""
    folder = tmp_path_factory.mktemp("calibrated")
    simulate_mission(folder, seed=52, only=["calibration"])
    return folder


def test_a_simulated_calibration_is_flagged_to_the_second(calibrated: Path) -> None:
    """Rows from start_s to end_s of the truth, and 10 s of purge; no other row."""
    trace, start, end = _calibrated_trace(calibrated)
    assert np.flatnonzero(trace["qc_flag"].values & CALIBRATION).tolist() == [*range(start, end + 10)]


@pytest.mark.parametrize("lag_s", [0.0, 5.9])
def test_no_plume_of_calibration_gas(calibrated: Path, lag_s: float) -> None:
    """No plume has a row of it, wherever the lag puts it; without the flags there is one of span gas."""
    trace, start, end = _calibrated_trace(calibrated)
    gas = (trace["time"].values[start], trace["time"].values[end - 1])
    for name in trace.data_vars:
        if "species" in trace[name].attrs:
            trace[name].attrs["lag_s"] = lag_s
    assert not _plumes_in(trace, gas)
    assert _plumes_in(trace.assign(qc_flag=trace["qc_flag"] & ~np.uint32(CALIBRATION)), gas)


def _calibrated_trace(folder: Path) -> tuple[xr.Dataset, int, int]:
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    (episode,) = next(c for c in truth["confounders"] if c["name"] == "calibration")["episodes"]
    path = folder / "mission" / episode["file"]
    outcome = read_traces([path], TraceSettings(time_zone="Asia/Shanghai"), root=folder / "mission")
    return outcome.value[0], episode["start_s"], episode["end_s"]


def _plumes_in(trace: xr.Dataset, gas: tuple[np.datetime64, np.datetime64]) -> list[int]:
    """Rows of plume peaks measured while the gas was on."""
    track = process_trace(trace).value
    lag_s = max(float(track.passes[n].attrs.get("lag_s", 0.0)) for n in track.passes.data_vars)
    measured = track.passes["time"].values + np.timedelta64(round(lag_s * 1e3), "ms")
    return [int(row) for row in track.plumes["peak_row"].values if gas[0] <= measured[row] <= gas[1]]
