"""Every code has its sentence in both languages, every sentence its code, and every value in it is given."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.errors import FileError
from ingest.outcome import Decision, Phrase, Reject
from onevisit.words.sentences import PARTS, SENTENCES
from onevisit.words.telling import decision_dict, reject_dict, say, say_place, tell

ROOT = Path(__file__).parents[3]
ROOMS = ("ingest", "tracks", "imagery", "monitors", "fusion", "onevisit")
MODULES = sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py"))

# name of the call: (position of the code, position of the values, position of the evidence)
CALLS = {
    "Decision": (1, 2, 3),
    "decide": (1, 2, 3),
    "Reject": (2, 3, None),
    "reject": (2, 3, None),
    "Phrase": (0, 1, None),
    "FileError": (1, 2, None),
    "UnknownFormat": (1, 2, None),
    "NoPosition": (1, 2, None),
    "NoTimeZone": (1, 2, None),
}
KEYWORDS = ("code", "values", "evidence")


@dataclass(frozen=True)
class Use:
    """One place where something is said: its codes, the names of its values (None: not written in place)."""

    place: str
    codes: tuple[str, ...]
    names: frozenset[str] | None
    decision: bool
    evidence: bool


def _argument(call: ast.Call, position: int | None, keyword: str) -> ast.expr | None:
    if position is not None and len(call.args) > position:
        return call.args[position]
    return next((k.value for k in call.keywords if k.arg == keyword), None)


def _codes(node: ast.expr | None, constants: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Codes that an argument may have; empty where a code is handed on, None where nobody can tell."""
    match node:
        case ast.Constant(value=str(code)):
            return (code,)
        case ast.IfExp(body=one, orelse=other):
            first, second = _codes(one, constants), _codes(other, constants)
            return None if first is None or second is None else first + second
        case ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name) if name in constants:
            return constants[name]
        case ast.Attribute(attr="code") | ast.Name(id="code"):
            return ()
    return None


def _constants(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Tables of codes at the top of a module: names that end in CODE or CODES."""
    found = {}
    for node in tree.body:
        match node:
            case (
                ast.AnnAssign(target=ast.Name(id=name), value=value)
                | ast.Assign(targets=[ast.Name(id=name)], value=value)
            ) if name.endswith(("CODE", "CODES")) and value is not None:
                try:
                    table = ast.literal_eval(value)
                except ValueError:
                    continue
                found[name] = tuple(table.values()) if isinstance(table, dict) else tuple(table)
    return found


def _uses(path: Path) -> Iterator[Use | str]:
    tree = ast.parse(path.read_text("utf-8"))
    constants = _constants(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in CALLS:
            continue
        at, values_at, evidence_at = CALLS[name]
        place = f"{path.relative_to(ROOT)}:{node.lineno}"
        codes = _codes(_argument(node, at, "code"), constants)
        if codes is None:
            yield place
            continue
        values = _argument(node, values_at, "values")
        names: frozenset[str] | None = frozenset() if values is None else None
        if isinstance(values, ast.Dict) and all(isinstance(k, ast.Constant) for k in values.keys):
            names = frozenset(str(k.value) for k in values.keys if isinstance(k, ast.Constant))
        decision = name in ("Decision", "decide")
        yield Use(place, codes, names, decision, _argument(node, evidence_at, "evidence") is not None)


def _fields(sentence: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_is_said_has_words(path: Path) -> None:
    """A code stands where it is used, has a sentence (a decision its evidence too) and all values of it."""
    wrong = []
    for use in _uses(path):
        if isinstance(use, str):
            wrong.append(f"{use}: the code is computed; write it, or take it from a table ..._CODES of the module")
            continue
        for code in use.codes:
            needed = [code] if use.evidence or not use.decision else [code, f"{code}.why"]
            for key in needed:
                if key not in SENTENCES:
                    wrong.append(f"{use.place}: {key!r} has no sentence")
                elif use.names is not None and (missing := _fields(SENTENCES[key][0]) - use.names):
                    wrong.append(f"{use.place}: {key!r} wants {', '.join(sorted(missing))}")
    assert wrong == []


def test_every_sentence_is_said_somewhere() -> None:
    """A sentence that no code asks for is deleted."""
    said = {code for path in MODULES for use in _uses(path) if isinstance(use, Use) for code in use.codes}
    assert sorted(code for code in SENTENCES if code.removesuffix(".why") not in said) == []


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_both_languages_say_the_same(code: str) -> None:
    """The same values in both, Chinese in Chinese, and no Chinese in English."""
    english, chinese = SENTENCES[code]
    assert _fields(english) == _fields(chinese)
    outside = "".join(text for text, *_ in string.Formatter().parse(chinese))
    assert any("\u4e00" <= c <= "\u9fff" for c in outside) or not outside.strip(" ,;:()")
    assert not any("\u4e00" <= c <= "\u9fff" for c in english.replace("上午", "").replace("下午", ""))


def test_a_code_stands_in_one_file() -> None:
    """One home for each sentence."""
    codes = [code for part in PARTS for code in part.SENTENCES]
    assert len(codes) == len(set(codes))


def test_numbers_lists_and_phrases_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Formats are kept, lists joined as the language does, phrases told, nouns counted, and nothing fails."""
    sentences = {
        "outer": ("{n:|row|rows} of {files}, {share:.0%}: {cause}; {lost:.1f} {odd}", "{files} {n} 行 {cause}"),
        "inner": ("wind {speed:.1f} m/s", "风速 {speed:.1f} m/s"),
    }
    monkeypatch.setattr("onevisit.words.telling.SENTENCES", sentences)
    cause = Phrase("inner", {"speed": 2.04})
    phrase = Phrase("outer", {"n": 1, "files": ("a", "b"), "share": 0.123, "cause": cause, "lost": None})
    assert say(phrase) == "1 row of a, b, 12%: wind 2.0 m/s; – {odd}"
    assert say(phrase, "zh") == "a、b 1 行 风速 2.0 m/s"
    told = decision_dict(Decision("f", "inner", {"speed": 1.0}, cause))
    assert told == {
        "item": "f", "decision": "wind 1.0 m/s", "evidence": "wind 2.0 m/s", "code": "inner",
        "values": {"speed": 1.0}, "why": {"code": "inner", "values": {"speed": 2.04}},
    }  # fmt: skip
    reject = reject_dict(Reject("f", "line 2", "outer", {"n": 2, "cause": cause}))
    assert reject["values"] == {"n": 2, "cause": {"code": "inner", "values": {"speed": 2.04}}}


def test_places_are_told_in_the_language() -> None:
    """Lines, columns, sheets and features have their numbers; names of files and headings stay."""
    assert say_place("data lines 3, 4, 9, ...", "zh") == "数据第 3, 4, 9, ... 行"
    assert say_place("list.csv, line 2 and 4 more rows", "zh") == "list.csv，第 2 行及另外 4 行"
    assert say_place('sheet 采样, column 7 "WS"', "zh") == '工作表 采样，第 7 列 "WS"'
    assert say_place("flight of images/a.JPG", "zh") == "images/a.JPG 起的架次"
    assert say_place("images/a.JPG and 11 more", "zh") == "images/a.JPG 及另外 11 个"
    assert say_place("lines 1 to 12", "zh") == "第 1 至 12 行" and say_place("line 3.csv", "zh") == "line 3.csv"
    assert say_place('column 7 "WS"') == 'column 7 "WS"' and say_place("纬度", "zh") == "纬度"
    assert tell(Reject("candidate of xylene", "", "as_said", {"text": "x"}), "zh").item == "xylene 的候选热点"
    assert tell(Reject("a.csv", "feature 3", "as_said", {"text": "x"}), "zh").line == "a.csv, 第 3 个要素: x"


def test_an_error_is_told_with_file_and_place() -> None:
    """And a code that nobody has words for is told as it is."""
    assert tell(FileError("a.csv", "as_said", {"text": "no time"}, where="line 3")) == "a.csv, line 3: no time"
    assert tell(FileError("a.csv", "nobody_wrote_this", {"n": 2})) == "a.csv: nobody_wrote_this (n 2)"
