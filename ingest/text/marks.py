"""What texts in a column of marks or states mean: normal, calibration, a fault, an alarm, or nothing known.

HJ 212 letters are believed only in a column that mostly says N or nothing: elsewhere S may be "span" or "sample".
Numbers other than 0 mean something only where the reader or ``mission.toml`` says what.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.flags import Flag
from ingest.species import fold

#: Texts of platforms that mark nothing.
NO_MARK = ("正常", "正常运行", "正常生产", "无", "-", "/", "N", "normal")
GOOD = Flag(0)

#: What ``[traces.status_words]`` may call a text.
NAMED: Mapping[str, Flag] = {"normal": GOOD, "calibration": Flag.CALIBRATION, "fault": Flag.INSTRUMENT_FAULT}


@dataclass(frozen=True)
class DataFlag:
    """A data flag of HJ 212: its letter, the word that CF attributes say for it, and the flag of a row so marked."""

    letter: str
    meaning: str
    flag: Flag


#: Data flags of HJ 212-2017. Their places, from 1, are their numbers in mark variables: new ones go behind.
HJ212_FLAGS = (
    DataFlag("N", "normal", GOOD),
    DataFlag("C", "calibration", Flag.CALIBRATION),
    DataFlag("D", "fault", Flag.INSTRUMENT_FAULT),
    DataFlag("M", "maintenance", Flag.INSTRUMENT_FAULT),
    DataFlag("F", "out_of_operation", Flag.INSTRUMENT_FAULT),
    DataFlag("B", "no_communication", Flag.INSTRUMENT_FAULT),
    DataFlag("S", "set_by_hand", Flag.INSTRUMENT_FAULT),
    DataFlag("T", "beyond_upper_limit", Flag.VALUE_OUT_OF_RANGE),
)
#: Flags of rows by letter, folded.
HJ212_MARKS: Mapping[str, Flag] = {known.letter.lower(): known.flag for known in HJ212_FLAGS}
_NORMAL = {fold(word) for word in NO_MARK} | {
    *("ok", "okay", "good", "valid", "n", "run", "running", "measure", "measuring", "measurement", "measure mode"),
    *(
        "sample",
        "sampling",
        "sample mode",
        "ambient",
        "ambient air",
        "online",
        "on line",
        "none",
        "nominal",
        "operate",
    ),
    *("na", "nan", "null", "n a", "no error", "no errors", "no fault", "no faults", "no alarm", "no alarms"),
    *("运行", "运行中", "运行正常", "工作正常", "在线", "监测", "监测中", "测量", "测量中", "采样", "采样中", "走航"),
    *("有效", "良好", "空", "无数据", "无故障", "无报警", "无异常", "数据正常", "仪器正常", "正常监测", "正常采样"),
}
_CALIBRATION = re.compile(
    r"校准|校零|调零|标定|标气|零点|零气|跨度|量程气|质控|反吹|"
    r"\b(?:calib\w*|cal|zero\w*|span\w*|purg\w*|(?:std|standard|check|reference) gas|bump ?test|qa qc|qc)\b"
)
_FAULT = re.compile(
    r"故障|异常|[不非]正常|离线|断电|停电|掉电|掉线|断线|维护|维修|检修|保养|预热|暖机|停机|停运|停产|停炉|停窑|失效|无效|错误|"
    r"\b(?:abnormal|fault\w*|fail\w*|errors?|err|malfunction\w*|offline|off line|maint\w*|warm\w*|invalid|bad|"
    r"power (?:off|loss|down)|no power)\b"
)
_ALARM = re.compile(r"报警|告警|警报|\balarms?\b")
# An alarm of this kind is about the air, not about the instrument.
_OF_THE_AIR = re.compile(r"浓度|超标|超限|阈值|高|低|\b(?:concentration|high|low|limit|exceed\w*|threshold|level)\b")
# "calibration ok", "未校准", "fault cleared": neither what the word says nor surely normal.
_DENIED = re.compile(
    r"未|完成|结束|合格|通过|(?<![不非])正常|无(?!效|信号|电)|"
    r"\b(?:no(?! power)|not|non|without|un\w*|ok|okay|good|normal|pass(?:ed)?|done|end|ended|finished|cleared|"
    r"calibrated)\b"
)
_PARTS = re.compile(r"[;,|、，；+&]")


def meaning_of_text(text: str, *, marks: bool = False) -> Flag | None:
    """Return the flag a status text stands for, ``Flag(0)`` for normal, None where it is not understood.

    Parameters
    ----------
    text : str
        As it stands in the file; several may be joined by ``; , | + &``.
    marks : bool
        Whether single letters are data flags of HJ 212 (`HJ212_MARKS`).

    Examples
    --------
    >>> [meaning_of_text(text) for text in ("零点校准", "Span gas", "仪器故障", "正常", "巡检")]
    [<Flag.CALIBRATION: 4096>, <Flag.CALIBRATION: 4096>, <Flag.INSTRUMENT_FAULT: 2048>, <Flag: 0>, None]
    >>> meaning_of_text("calibration ok"), meaning_of_text("3"), meaning_of_text("0x00")
    (None, None, <Flag: 0>)
    """
    parts = [part for part in map(fold, _PARTS.split(unicodedata.normalize("NFKC", text))) if part]
    meanings = [_meaning_of_part(part, marks) for part in parts]
    union = GOOD
    for meaning in meanings:
        union |= meaning or GOOD
    return None if None in meanings and not union else union


def _meaning_of_part(part: str, marks: bool) -> Flag | None:
    if marks and part in HJ212_MARKS:
        return HJ212_MARKS[part]
    if part in _NORMAL or code_of_text(part) == 0.0:
        return GOOD
    found = Flag.CALIBRATION if _CALIBRATION.search(part) else GOOD
    if _FAULT.search(part) or (_ALARM.search(part) and not _OF_THE_AIR.search(part)):
        found |= Flag.INSTRUMENT_FAULT
    return None if not found or _DENIED.search(part) else found


def code_of_text(text: str) -> float | None:
    """Return the number that a status code is, decimal or hexadecimal; None where it is a word."""
    try:
        return float(int(text, 16)) if text.startswith("0x") else float(text)
    except (ValueError, OverflowError):
        return None


def is_alarm(text: str) -> bool:
    """Whether a text speaks of an alarm and of no fault beside."""
    return bool(_ALARM.search(fold(text))) and not _FAULT.search(fold(text))


def are_marks(counts: Mapping[str, int]) -> bool:
    """Whether a column's letters are HJ 212 marks: no other letters, and most rows say N or nothing."""
    letters = {text: count for text, count in counts.items() if fold(text) not in ("", "-")}
    normal = sum(count for text, count in counts.items() if fold(text) in ("", "-", "n"))
    return all(fold(text) in HJ212_MARKS for text in letters) and normal > sum(counts.values()) / 2
