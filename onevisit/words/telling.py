"""Decisions, rejects and errors told in sentences: of codes and values, in the reader's language.

Nothing here fails a job: a code without a sentence is told as it is, with its values.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from ingest.errors import FileError, OnevisitError
from ingest.outcome import Decision, Phrase, Reject
from onevisit.words.numbers import rounded, unit_text, with_error
from onevisit.words.sentences import SENTENCES
from onevisit.words.strings import LANGUAGES, Words

_NUMBERED_PLACES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"data lines (.+)", "数据第 {} 行"),
        (r"lines (\d+) to (\d+)", "第 {} 至 {} 行"),
        (r"line (\d+) and (\d+) more rows", "第 {} 行及另外 {} 行"),
        (r"line (\d+)", "第 {} 行"),
        (r"feature (\d+) and (\d+) more rows", "第 {} 个要素及另外 {} 个"),
        (r"feature (\d+)", "第 {} 个要素"),
        (r"column (\d+)( .*)?", "第 {} 列{}"),
        (r"sheet (.+)", "工作表 {}"),
        (r"byte (\d+)", "第 {} 字节"),
        (r"outing (\d+)", "第 {} 航次"),
        (r"edits\.csv line (\d+)", "edits.csv 第 {} 行"),
        (r"(\w+) photos", "{} 像片"),
        (r"(.+) and (\d+) more rows", "{} 及另外 {} 行"),
        (r"(.+) and (\d+) more", "{} 及另外 {} 个"),
        (r"flight of (.+)", "{} 起的架次"),
        (r"candidate of (.+)", "{} 的候选热点"),
        (r"single sighting of (.+)", "{} 的单次检出"),
        (r"site (\S+)", "点位 {}"),
        (r"redrives of (\S+)", "{} 的复测"),
    )
)
PLACES: Mapping[str, str] = {
    "": "",
    "time column": "时间列",
    "latitude column": "纬度列",
    "position columns": "位置列",
    "preamble": "文件头",
    "columns": "列",
    "rows": "行",
    "file": "文件",
    "end of file": "文件末尾",
    "sentences": "语句",
    "GPS": "GPS",
    "altitude": "高度",
    "attitude": "姿态",
    "camera": "相机",
    "pitch": "俯仰角",
    "yaw": "偏航角",
    "pixels": "像素",
    "kind": "类型",
    "bands": "波段",
    "ground control": "像控点",
    "video": "视频",
    "telemetry": "飞行字幕",
    "elevation model": "高程模型",
    "routes": "路线",
    "visits": "检查安排",
    "redrives": "复测安排",
    "segments": "路段",
    "registers": "登记名录",
    "sites": "点位",
    "mission": "任务",
    "grid": "网格",
    "times of routes and report": "路线与报告的时间",
}
"""Places that have no number, in Chinese."""
_JOINED = {"en": ", ", "zh": "、"}


@dataclass(frozen=True)
class ToldDecision:
    """A decision in words."""

    item: str
    decision: str
    evidence: str


@dataclass(frozen=True)
class ToldReject:
    """A reject in words."""

    item: str
    where: str
    reason: str

    @property
    def line(self) -> str:
        """All of it in one line."""
        return f"{self.item}{', ' + self.where if self.where else ''}: {self.reason}"


def say(phrase: Phrase, language: str = "en") -> str:
    """The sentence of a phrase.

    Examples
    --------
    >>> say(Phrase("as_said", {"text": "12 rows"}))
    '12 rows'
    >>> say(Phrase("nobody_wrote_this", {"count": 2}), "zh")
    'nobody_wrote_this (count 2)'
    """
    sentence = SENTENCES.get(phrase.code)
    if sentence is None:
        return str(phrase)
    return _Teller(language).vformat(sentence[LANGUAGES.index(language)], (), phrase.values)


@overload
def tell(said: Decision, language: str = ...) -> ToldDecision: ...
@overload
def tell(said: Reject, language: str = ...) -> ToldReject: ...
@overload
def tell(said: OnevisitError, language: str = ...) -> str: ...
def tell(said: Decision | Reject | OnevisitError, language: str = "en") -> ToldDecision | ToldReject | str:
    """Tell a decision, a reject or an error in words; an error in one text.

    Examples
    --------
    >>> tell(Reject("a.csv", "line 3", "as_said", {"text": "no time"})).line
    'a.csv, line 3: no time'
    """
    if isinstance(said, Decision):
        return ToldDecision(say_place(said.item, language), say(said.what, language), say(said.why, language))
    if isinstance(said, FileError):
        return tell(said.reject, language).line
    if isinstance(said, OnevisitError):
        return say(said.phrase, language)
    return ToldReject(say_place(said.item, language), say_place(said.where, language), say(said.why, language))


def decision_dict(decision: Decision) -> dict[str, Any]:
    """A decision in words, with its code and values, as the manifest has it."""
    told: dict[str, Any] = vars(tell(decision)) | {"code": decision.code, "values": _plain(decision.values)}
    return told | ({"why": _plain(decision.evidence)} if decision.evidence else {})


def reject_dict(reject: Reject) -> dict[str, Any]:
    """A reject in words, with its code and values, as the manifest has it."""
    return {**vars(tell(reject)), "code": reject.code, "values": _plain(reject.values)}


def _plain(value: Any) -> Any:
    """A value of a phrase as JSON knows it."""
    if isinstance(value, Phrase):
        return {"code": value.code, "values": _plain(value.values)}
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def say_place(place: str, language: str = "en") -> str:
    """A place in a file in the reader's language; what is no word of places (a name, a heading) stays as it came.

    Examples
    --------
    >>> say_place('sheet 采样, line 12', "zh"), say_place('column 7 "WS"', "zh"), say_place("altitude", "zh")
    ('工作表 采样，第 12 行', '第 7 列 "WS"', '高度')
    """
    if language == "en":
        return place
    return "，".join(_said_place(part) for part in re.split(r", (?![\d.])", place))


def _said_place(part: str) -> str:
    for pattern, words in _NUMBERED_PLACES:
        if match := pattern.fullmatch(part):
            return words.format(*match.groups(""))
    return PLACES.get(part, part)


_AS_WORDS: Mapping[str, Callable[[Words, Any], str]] = {
    "word": lambda words, value: words(value),
    "species": lambda words, value: words.species(value),
    "others": lambda words, value: words.others(value),
    "unit": lambda _, value: unit_text(value),
    "rounded": lambda _, value: rounded(value),
    "error": lambda _, value: with_error(*value),
    "listed": lambda words, value: words("semicolon").join(say(one, words.lang) for one in value),
}
"""Formats of a value that stands in a sentence as words: by its key in ``STRINGS``, a species, a unit, a number with
three digits, a number and its error, phrases one after the other."""


class _Teller(string.Formatter):
    """Puts values into a sentence: phrases told, sequences joined, numbers as the format asks."""

    def __init__(self, language: str) -> None:
        self.language = language

    def get_value(self, key: int | str, _args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """A value by name; one that is missing stands as its name, for the job goes on."""
        return kwargs.get(str(key), f"{{{key}}}")

    def format_field(self, value: Any, format_spec: str) -> str:
        """One value, as its format asks."""
        if value is None:
            return "–"
        if isinstance(value, Phrase):
            return say(value, self.language)
        if format_spec in _AS_WORDS:
            return _AS_WORDS[format_spec](Words(self.language), value)
        if isinstance(value, str):
            return value
        if isinstance(value, Sequence):
            return _JOINED[self.language].join(self.format_field(item, format_spec) for item in value)
        if format_spec.startswith("|"):
            one, many = format_spec[1:].split("|")
            return f"{value} {one if value == 1 else many}"
        return format(value, format_spec)
