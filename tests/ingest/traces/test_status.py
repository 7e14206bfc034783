"""Status columns: which rows a logger itself calls calibration or fault, and what is said of the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
from ingest.text.marks import HJ212_MARKS, NAMED, meaning_of_text
from ingest.traces.read import read_traces
from ingest.traces.record import Channel, Record, TraceSettings
from ingest.traces.status import StatusColumn, apply_statuses, rows_in_purge
from onevisit.truth.simulate import simulate_mission
from tracks.process import process_trace

FAULT, CALIBRATION = int(Flag.INSTRUMENT_FAULT), int(Flag.CALIBRATION)
NO_PURGE = TraceSettings(purge_s=0.0)


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
    return "\n".join(f"{d.item}: {d.decision}: {d.evidence}" for d in outcome.decisions)


# --- texts ---------------------------------------------------------------------------------------------------------


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


# --- headings ------------------------------------------------------------------------------------------------------


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
    assert understand(heading) is None


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


# --- rows ----------------------------------------------------------------------------------------------------------


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


# --- channels ------------------------------------------------------------------------------------------------------


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
    """GPS状态 says nothing of the air."""
    outcome = _read(tmp_path, "NO2(ppb),GPS状态", [f"{i + 1},故障" if i < 3 else f"{i + 1},正常" for i in range(10)])
    assert not outcome.value[0]["qc_flag"].values.any()
    assert "headings that mean nothing here: GPS状态" in _said(outcome)


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


# --- purge against a slow obvious version --------------------------------------------------------------------------


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
    said = "\n".join(f"{d.decision} {d.evidence}" for d in outcome.decisions)
    for text in {*texts} - {"正常", "", "N"}:
        assert f"{text} (" in said or f'"{text}"' in said
    assert (outcome.value.qc_flag == 0).any()


# --- words, marks and limits by hand --------------------------------------------------------------------------------

NORMAL = (
    "ok okay good valid n run running measure measuring measurement sample sampling ambient online none nominal "
    "operate na nan null 运行 运行中 运行正常 工作正常 在线 监测 监测中 测量 测量中 采样 采样中 走航 有效 良好 空 "
    "无数据 无故障 无报警 无异常 数据正常 仪器正常 正常监测 正常采样 正常 正常运行 正常生产 无 - / normal"
)
NORMAL_PHRASES = [
    "measure mode",
    "sample mode",
    "ambient air",
    "on line",
    "n a",
    "no errors",
    "no fault",
    "no faults",
]
NORMAL_PHRASES += ["no alarm", "no alarms", "N/A", "On-line"]
GAS = "校准 校零 调零 标定 标气 零点 零气 跨度 量程气 质控 反吹 calibrate cal zeroing spanning purge qc"
GAS_PHRASES = ["std gas", "standard gas", "check gas", "reference gas", "bump test", "bumptest", "QA/QC"]
BAD = (
    "故障 异常 不正常 非正常 离线 断电 停电 掉电 掉线 断线 维护 维修 检修 保养 预热 暖机 停机 停运 失效 "
    "无效 错误 abnormal "
    "faulty failure error errors err malfunction offline maint warming invalid bad 报警 告警 警报 alarm alarms"
)
BAD_PHRASES = ["off line", "power off", "power loss", "power down", "no power"]


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ([*NORMAL.split(), *NORMAL_PHRASES], Flag(0)),
        ([*GAS.split(), *GAS_PHRASES], Flag.CALIBRATION),
        ([*BAD.split(), *BAD_PHRASES], Flag.INSTRUMENT_FAULT),
    ],
    ids=["normal", "calibration", "fault"],
)
def test_every_word(words: list[str], flag: Flag) -> None:
    """Alone, in capitals and with blanks around it."""
    for word in words:
        assert meaning_of_text(word) == flag, word
        assert meaning_of_text(f" {word.upper()} ") == flag, word


@pytest.mark.parametrize(
    "text",
    [
        *("calendar", "erring", "zeal", "spa", "badge", "qcx", "standard", "gas", "power", "alarmed", "online?"),
        *("浓度告警", "超标报警", "超限报警", "阈值报警", "高报警", "低报警", "concentration alarm", "low alarm"),
        *("limit alarm", "exceeded alarm", "threshold alarm", "level alarm"),
        *("校准结束", "校准合格", "校准通过", "校准正常", "无校准", "not calibrated", "non fault", "without error"),
        *(
            "uncalibrated",
            "zero good",
            "zero normal",
            "zero pass",
            "zero passed",
            "zero done",
            "zero end",
            "zero ended",
        ),
        *("zero finished", "span okay", "calibrated"),
    ],
)
def test_words_like_them_are_not_understood(text: str) -> None:
    """Parts of longer words, alarms of the air, and what is denied or over."""
    assert meaning_of_text(text) is None


@pytest.mark.parametrize("text", ["无信号故障", "无电故障", "无效", "不正常", "非正常"])
def test_a_no_that_belongs_to_the_word_denies_nothing(text: str) -> None:
    """No signal and no power are faults."""
    assert meaning_of_text(text) == Flag.INSTRUMENT_FAULT


@pytest.mark.parametrize("joint", [*";,|、，；+&"])
def test_texts_are_joined_by(joint: str) -> None:
    """Any of eight signs."""
    assert meaning_of_text(f"校准{joint}故障") == Flag.CALIBRATION | Flag.INSTRUMENT_FAULT


@pytest.mark.parametrize(
    ("text", "meaning"), [("0", Flag(0)), ("0e5", Flag(0)), ("0x0", Flag(0)), ("0X00", Flag(0)), ("-0", Flag(0))]
)
def test_codes_of_nothing(text: str, meaning: Flag) -> None:
    """Zero in any spelling; other numbers are unknown, however large."""
    assert meaning_of_text(text) == meaning
    for other in ("1", "0x1", "-1", "0.1", "0x" + "f" * 400):
        assert meaning_of_text(other) is None


def test_letters_of_the_standard() -> None:
    """HJ 212-2017, only where letters are marks."""
    fault = Flag.INSTRUMENT_FAULT
    expected = {"N": Flag(0), "C": Flag.CALIBRATION, **dict.fromkeys("DMFBS", fault), "T": Flag.VALUE_OUT_OF_RANGE}
    assert {letter: meaning_of_text(letter, marks=True) for letter in "NCDMFBST"} == expected
    assert {mark.upper(): flag for mark, flag in HJ212_MARKS.items()} == expected
    assert [meaning_of_text(letter) for letter in "CDMFBST"] == [None] * 7
    assert {"normal": Flag(0), "calibration": Flag.CALIBRATION, "fault": fault} == dict(NAMED)


def _apply(
    *columns: StatusColumn,
    channels: Sequence[Channel] = (),
    rules: TraceSettings = NO_PURGE,
    known: Mapping[str, str] | None = None,
    flags: Sequence[int] | None = None,
) -> tuple[list[int], list[tuple[str, str]], Record]:
    count = len(columns[0].texts)
    time = np.datetime64("2024-10-08T01:00:00", "ns") + np.arange(count) * np.timedelta64(1, "s")
    given_flags = np.zeros(count, np.uint32) if flags is None else np.array(flags, np.uint32)
    record = Record("a.csv", "", "", time, "UTC", None, None, tuple(channels), given_flags)
    outcome = apply_statuses(record, columns, rules, known or {})
    assert outcome.value.qc_flag.dtype == np.uint32 and all(d.item == "a.csv" for d in outcome.decisions)
    return outcome.value.qc_flag.tolist(), [(d.decision, d.evidence) for d in outcome.decisions], outcome.value


def _column(texts: str | Sequence[str | None], heading: str = "状态", of: tuple[str, ...] = ()) -> StatusColumn:
    return StatusColumn(heading, pl.Series("c7", list(texts), dtype=pl.String), of)


@pytest.mark.parametrize(
    ("texts", "marks"),
    [
        ("NNNC", True),
        ("NNCC", False),  # half is not most
        (["", "-", "C"], True),
        (["N", "N", "N", "C", "x"], False),
        (["n", "n", "c"], True),
    ],
)
def test_when_letters_are_marks(texts: Sequence[str], marks: bool) -> None:
    """Where more than half of the rows say N or nothing and no other text is there."""
    flags, _, _ = _apply(_column(texts))
    assert flags == [CALIBRATION if marks and text in "cC" and text else 0 for text in texts]


def test_fifty_texts_are_a_status_and_fifty_one_are_not() -> None:
    """Of any meaning."""
    texts = [f"校准 {i}" for i in range(49)]
    assert _apply(_column([*texts, "ok"]))[0] == [CALIBRATION] * 49 + [0]
    flags, said, _ = _apply(_column([*texts, "x", "ok"]))
    assert flags == [0] * 51
    assert said == [('column "状态" not read as a status', "it holds 51 different texts, a status has few")]


def test_texts_are_stripped_and_missing_ones_are_normal() -> None:
    """Blanks, quotes and returns around them."""
    assert _apply(_column([' "校准" ', "校准\r", None, "", "\t故障'"]))[0] == [CALIBRATION] * 2 + [0, 0, FAULT]


def test_words_of_the_format_and_of_the_mission() -> None:
    """The mission's go before the format's, and both before the words known here."""
    known = {"7": "fault", "8": "calibration", "ok": "fault"}
    column = _column(["7", "8", "ok", "校准", "0"])
    assert _apply(column, known=known)[0] == [FAULT, CALIBRATION, FAULT, CALIBRATION, 0]
    rules = TraceSettings(purge_s=0.0, status_words={"7": "normal", "校准": "fault"})
    assert _apply(column, known=known, rules=rules)[0] == [0, CALIBRATION, FAULT, FAULT, 0]


def test_flags_add_to_those_of_rows_and_values() -> None:
    """A row that was poor is poor and calibration; a value likewise; other channels stay."""
    qc = np.array([2, 0, 0], np.uint32)
    attrs = {"units": "ppb", "species": "x"}
    channels = [Channel("no2", np.arange(3.0), attrs, qc), Channel("co", np.arange(3.0), attrs)]
    assert _apply(_column(["校准", "ok", "故障"]), flags=[8, 8, 0])[0] == [8 | CALIBRATION, 8, FAULT]
    flags, _, record = _apply(_column(["校准", "ok", "故障"], of=("no2",)), channels=channels, flags=[8, 0, 0])
    assert flags == [8, 0, 0]
    assert record.channels[0].qc is not None and record.channels[0].qc.tolist() == [2 | CALIBRATION, 0, FAULT]
    assert record.channels[0].qc.dtype == np.uint32 and record.channels[1] is channels[1]
    _, _, record = _apply(_column(["校准", "ok", "故障"], of=("co",)), channels=channels)
    assert record.channels[1].qc is not None and record.channels[1].qc.tolist() == [CALIBRATION, 0, FAULT]
    assert record.channels[0] is channels[0]


def test_two_columns_flag_the_same_rows_together() -> None:
    """One says calibration, the other a fault."""
    flags, _, _ = _apply(_column(["校准", "ok", "ok"]), _column(["故障", "故障", "ok"], "B"))
    assert flags == [CALIBRATION | FAULT, FAULT, 0]


def test_what_is_said_of_flagged_rows() -> None:
    """Flags in order, texts with their counts, most frequent first, six of them, cut at twenty letters; the purge."""
    texts = ["ok"] * 9 + ["故障"] * 2 + ["校准"] + ["校准 " + "a" * 30] * 3 + ["ok"] * 2
    rules = TraceSettings(purge_s=1.0)
    _, said, _ = _apply(_column(texts), rules=rules)
    assert said == [
        (
            "4 rows flagged calibration",
            'column "状态" says 校准 ' + "a" * 17 + " (3 rows), 校准 (1 rows)",
        ),
        ("2 rows flagged instrument_fault", 'column "状态" says 故障 (2 rows)'),
        (
            "1 rows after calibration flagged calibration",
            'column "状态": gas stays in line and cell for purge_s = 1 s after it is shut off',
        ),
    ]
    many = [f"zero {i}" for i in range(8)]
    _, said, _ = _apply(_column([*many, "zero 7", "ok"]))
    assert said[0][1].startswith('column "状态" says zero 7 (2 rows), zero ')
    assert said[0][1].endswith(" and 2 more")
    _, said, _ = _apply(_column([*many[:6], "ok"]))
    assert "more" not in said[0][1] and said[0][1].count("(1 rows)") == 6
    gas = Channel("no2", np.arange(4.0), {"units": "ppb", "species": "no2"})
    co = Channel("co", np.arange(4.0), {"units": "ppb", "species": "co"})
    _, said, _ = _apply(_column("NNNT", of=("no2", "co")), channels=[gas, co])
    assert said == [("1 values of no2, co flagged value_out_of_range", 'column "状态" says T (1 rows)')]


def test_what_is_said_of_unknown_codes_and_texts() -> None:
    """Apart from each other, with the line to write for the first of them."""
    _, said, _ = _apply(_column(["3", "3", "0x1f", "巡检" + "b" * 30, "ok"]))
    line = 'column "状态"; the rows are taken as normal; if they are not: mission.toml, [traces.status_words]: '
    assert said == [
        ("status codes not understood: 3 (2 rows), 0x1f (1 rows)", line + '"3" = "calibration", "fault" or "normal"'),
        (
            "status texts not understood: 巡检" + "b" * 18 + " (1 rows)",
            line + '"巡检' + "b" * 18 + '" = "calibration", "fault" or "normal"',
        ),
    ]


def test_a_column_that_rejects_all_is_doubted_unless_another_vouches() -> None:
    """Another one, of one channel or of the row, with a word for normal; not itself, not an empty field."""
    gas = Channel("no2", np.arange(3.0), {"units": "ppb", "species": "no2"})
    off = _column(["离线"] * 3, "A", ("no2",))
    for other, believed in ((["ok"] * 3, True), (["", "ok", ""], True), ([""] * 3, False), (["巡检"] * 3, False)):
        _, said, record = _apply(off, _column(other, "B"), channels=[gas])
        qc = record.channels[0].qc
        assert (qc is not None and qc.tolist() == [FAULT] * 3) == believed
        doubt = (
            'column "A" not believed, no row flagged by it',
            "all 3 rows would be rejected: 离线 (3 rows); if that is true, leave the file out",
        )
        assert (doubt in said) != believed
    flags, _, _ = _apply(_column(["离线"] * 3, "A"), _column(["ok"] * 3, "B"))
    assert flags == [0, 0, 0]


def _alarm(
    level: float, *, of: tuple[str, ...] = (), text: str = "报警", name: str = "no2"
) -> tuple[list[int], list[str]]:
    """Twenty rows of 1 to 20 ppb and one with an alarm."""
    values = np.array([*range(1, 21), level], float)
    channels = [
        Channel("speed", np.arange(21.0), {"units": "m s-1"}),
        Channel("co", np.ones(21), {"units": "ppb", "species": "co"}),
        Channel(name, values, {"units": "ppb", "species": name}),
    ]
    flags, said, record = _apply(_column(["ok"] * 20 + [text], of=of), channels=channels)
    qc = record.channels[2].qc
    return flags if not of or qc is None else qc.tolist(), [f"{decision}: {evidence}" for decision, evidence in said]


@pytest.mark.parametrize(("level", "air"), [(19.05, False), (19.06, True), (float("nan"), False)])
def test_an_alarm_beyond_the_95th_percentile_rings_for_the_air(level: float, air: bool) -> None:
    """Of 1 to 20 it is 19.05; what is at it, or missing, is a fault."""
    flags, said = _alarm(level)
    assert flags == [0] * 20 + [0 if air else FAULT]
    note = (
        'column "状态": "报警" taken as an alarm of the air, not a fault: '
        "no2 in its 1 rows is beyond the 95th percentile of the others"
    )
    assert (note in said) == air


def test_an_alarm_of_one_channel_looks_at_that_one() -> None:
    """What NO2 does says nothing of an alarm of CO; what is a fault by a word stays one."""
    assert _alarm(99.0, of=("no2",))[0] == [0] * 21
    assert _alarm(99.0, of=("co",))[0][-1] == 0  # no2 is not flagged by it
    assert any("instrument_fault" in line for line in _alarm(99.0, of=("co",))[1])
    assert _alarm(99.0, text="故障报警")[0] == [0] * 20 + [FAULT]


def test_purge_by_hand() -> None:
    """From the last calibration before a row, to the very second; gas itself is not after gas; none without gas."""
    time = np.datetime64("2024-10-08T01:00:00", "ns") + np.array([0, 5, 10, 15, 20, 21]) * np.timedelta64(1, "s")
    gas = np.array([0, CALIBRATION, CALIBRATION | FAULT, 0, 0, 0], np.uint32)
    assert rows_in_purge(time, gas, 10.0).tolist() == [False, False, False, True, True, False]
    assert rows_in_purge(time, gas, 9.999).tolist() == [False, False, False, True, False, False]
    assert not rows_in_purge(time, gas, 0.0).any()
    assert not rows_in_purge(time, np.full(6, FAULT, np.uint32), 10.0).any()
    assert rows_in_purge(time[::-1], gas[::-1], 10.0).tolist() == [False, True, True, False, False, False]


# --- a mission with known truth ------------------------------------------------------------------------------------


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
