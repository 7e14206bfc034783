"""Words, marks and limits of status columns by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pytest

from ingest.flags import Flag
from ingest.text.marks import HJ212_MARKS, NAMED, meaning_of_text
from ingest.traces.record import Channel, Record, TraceSettings
from ingest.traces.status import StatusColumn, apply_statuses, rows_in_purge
from onevisit.words.telling import tell
from tests.ingest.traces.status_columns import CALIBRATION, FAULT, NO_PURGE, NORMAL_PHRASES

NORMAL = (
    "ok okay good valid n run running measure measuring measurement sample sampling ambient online none nominal "
    "operate na nan null 运行 运行中 运行正常 工作正常 在线 监测 监测中 测量 测量中 采样 采样中 走航 有效 良好 空 "
    "无数据 无故障 无报警 无异常 数据正常 仪器正常 正常监测 正常采样 正常 正常运行 正常生产 无 - / normal"
)


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
    return (
        outcome.value.qc_flag.tolist(),
        [(tell(d).decision, tell(d).evidence) for d in outcome.decisions],
        outcome.value,
    )


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
