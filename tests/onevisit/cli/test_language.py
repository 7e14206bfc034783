"""With ``--lang zh`` every verb speaks Chinese: on standard output, on standard error, in its errors."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import pytest

from ingest.flags import Flag
from ingest.outcome import Phrase
from ingest.species import SPECIES
from ingest.units import parse_unit
from onevisit import cli as command_line
from onevisit.cli import VERBS, cli
from onevisit.names import STAGES
from onevisit.truth.simulate.confounders import CONFOUNDERS
from onevisit.words.measures import TITLES_ZH, title_zh
from onevisit.words.telling import say
from tests.onevisit import small_mission as made

Run = Callable[..., tuple[int, str]]

CODES = {
    *STAGES, *(flag.name.lower() for flag in Flag if flag.name), *SPECIES, *(c.name for c in CONFOUNDERS),
}  # fmt: skip
"""Codes that are words: stages, as ``--from`` names them, flags, species, confounders, as ``--without`` does."""
NAMES = {"onevisit", "direct", "xlsx", "exceedance"}
"""Names of the program, of modes, formats and kinds of anomalies; those in capitals (UTC, CRC, JPEG) need no list."""


@pytest.fixture
def run(log_as_before: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a verb in Chinese in this process: its status, and all that it printed."""
    monkeypatch.setattr("onevisit.warm.warming", nullcontext)
    monkeypatch.setenv("COLUMNS", "400")

    def run_it(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["onevisit", *arguments, "--lang", "zh"])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        return int(ended.value.code or 0), "\n".join(capsys.readouterr())

    return run_it


def english(text: str, *names: str) -> list[str]:
    """Words of three letters or more that are no file, option, unit, code or name.

    Keys of JSON are codes, tables of ``mission.toml`` stand in brackets.
    """
    text = re.sub(r'"[a-z0-9_]+":|\[[a-z]+\]', " ", text)
    tokens = re.split(r"[\s，。；：、（）“”()\[\]{}\"',;:=|]+", text)
    found = []
    for token in tokens:
        word = token.strip(".+*…")
        plain = re.fullmatch(r"[A-Za-z]{3,}", word)
        if (
            plain
            and not word.isupper()
            and word not in CODES
            and word not in NAMES
            and word not in names
            and parse_unit(word) is None
        ):
            found.append(word)
    return found


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drives, photos, registers, records and streets, with rows and files that are refused; not to be changed."""
    root = tmp_path_factory.mktemp("made") / "park"
    made.write_mission(root, flown=True, with_roads=True)
    return root


@pytest.fixture(scope="module")
def names(park: Path) -> set[str]:
    """All words that stand in the files of the mission or in their names."""
    texts = [path.name for path in park.rglob("*")]
    texts += [
        path.read_text("utf-8", "ignore") for path in park.rglob("*") if path.suffix in (".csv", ".toml", ".txt")
    ]
    return set(re.findall(r"[A-Za-z]{3,}", "\n".join(texts)))


def test_what_counts_as_english() -> None:
    """Words do; files, options, units, codes, numbers and keys of JSON do not."""
    said = "written 已写入 a.tif，--mode direct，12 ppb，so2，calibration 5 行，[traces]、CRC，"
    said += '{"rate_g_s": 1}，Nothing. (the end)'
    assert english(said) == ["written", "Nothing", "the", "end"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_the_language(verb: str) -> None:
    """Both languages, English where nothing is asked."""
    (option,) = (one for one in cli.commands[verb].params if one.name == "lang")
    assert isinstance(option.type, click.Choice)
    assert (option.opts, list(option.type.choices), option.default) == (["--lang"], ["en", "zh"], "en")


def _calls(park: Path, out: Path) -> dict[str, tuple[str, ...]]:
    """A call of each verb that does its work on the mission; ``score`` after ``process`` and ``simulate``."""
    traces = [str(path) for path in sorted((park / "traces").glob("*.csv"))]
    photos = [str(path) for path in sorted((park / "images").iterdir())]
    return {
        "check": (str(park),),
        "init": (str(park), "-o", str(out / "van.toml")),
        "process": (str(park), "-o", str(out / "out")),
        "trace": (*traces, "-o", str(out / "t.nc"), "--time-zone", "Asia/Shanghai"),
        "quantify": (traces[0], "--time-zone", "Asia/Shanghai"),
        "ortho": (*photos, "-o", str(out / "o.tif")),
        "locate": (photos[0], "30", "30"),
        "hj212": (str(park / "monitors" / "hj212.log"),),
        "simulate": (str(out / "sim"), "--seed", "3"),
        "score": (str(out / "out"), str(out / "sim" / "truth.json")),
    }  # fmt: skip


def test_every_verb_speaks_chinese(run: Run, park: Path, names: set[str], tmp_path: Path) -> None:
    """No English word is printed, on either stream; the verbs that print tables and lines print Chinese ones."""
    calls = _calls(park, tmp_path)
    assert sorted(calls) == sorted(VERBS)
    for verb, arguments in calls.items():
        status, text = run(verb, *arguments)
        assert status == 0, text
        left = [word for word in english(text, *names) if word not in made_codes(text)]
        assert left == [], f"{verb}: {text}"
        assert re.search("[一-鿿]", text), verb
    recipe = (tmp_path / "van.toml").read_text(encoding="utf-8")
    assert "未注明时区的时间所用时区" in recipe


def made_codes(text: str) -> set[str]:
    """Values of JSON that are codes: what stands alone in quotes, false, true and null, a method with its papers."""
    methods = " ".join(re.findall(r'"method": "([^"]*)"', text))
    return {"false", "true", "null", *re.findall(r'"([A-Za-z]+)"', text), *re.findall("[A-Za-z]+", methods)}


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("locate", "IMAGE", "3", "9000"), 2, "onevisit: 像素 3, 9000 在 DJI_0001.JPG 之外"),
        (("locate", "IMAGE", "3", "9", "--takeoff", "104", "30"), 2, "onevisit: --takeoff 须与 --dem 同时给出"),
        (("ortho", "TABLE"), 1, "onevisit: 没有可以定位的像片\n  a.csv"),
        (("trace", "IMAGE"), 1, "onevisit: 这些文件中没有走航数据"),
        (("simulate", "NEW", "--seed", "3", "--without", "x"), 2, "onevisit: 世界 1 中没有 'x' 这一干扰因素"),
        (
            ("check", "MISSION", "--time-zone", "Mars/X"),
            2,
            "onevisit: --time-zone 无法采用：time_zone = “Mars/X” 不是有效时区",
        ),
        (
            ("process", "MISSION", "--memory", "3MB", "-o", "NEW"),
            2,
            "onevisit: --memory 3MB：少于程序自身所需的 200 MB",
        ),
        (("init", "MISSION", "-o", "TABLE"), 2, "已存在；请换一个文件名"),
    ],
)
def test_errors_are_told_in_chinese(
    run: Run, park: Path, names: set[str], tmp_path: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    """Refused calls and files that cannot be used, with what was refused below."""
    stand_for = {
        "IMAGE": park / "images" / "DJI_0001.JPG", "TABLE": park / "traces" / "a.csv", "MISSION": park,
        "NEW": tmp_path / "new",
    }  # fmt: skip
    found, text = run(*(str(stand_for.get(word, word)) for word in arguments))
    assert found == status and words in text, text
    assert english(text, *names) == [], text


def test_a_setting_that_is_none_is_told_in_chinese(run: Run, park: Path, names: set[str], tmp_path: Path) -> None:
    """In a profile: a table, a name, a parameter of a model, a value of another kind, and a file that is no TOML."""
    path = tmp_path / "own.toml"
    for content, words in (
        ("[visit]\n", "：未知名称 'visit'；是否为 'visits'？"),
        ("[sites]\nq = 3\n", "，[sites]：未知名称 'q'；可用的有 crs"),
        ("[fusion]\nsurrogates = 9\n", "，[fusion]：'surrogates' 是模型参数，不可设置；可用的有 "),
        ('[teams]\nteams = "two"\n', "，[routes] teams：'two' 的类型不是 int"),
        ("[visits\n", "onevisit: 参数方案 "),
    ):
        path.write_text(content, encoding="utf-8")
        status, text = run("check", str(park), "--profile", str(path))
        assert status == 2 and words in text, text


def test_a_stop_and_a_defect_are_told_in_chinese(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In one line each."""
    for error, words in (
        (KeyboardInterrupt(), "onevisit: 已由用户停止"),
        (ZeroDivisionError("0"), "onevisit: ZeroDivisionError: 0（这是程序缺陷；请加 --debug 重新运行并反馈）"),
    ):

        def fail(*_: Any, error: BaseException = error, **__: Any) -> None:
            raise error

        monkeypatch.setattr("onevisit.check.check_mission", fail)
        status, text = run("check", str(tmp_path))
        assert status == 1 and text.strip().startswith(words)


def test_the_log_of_another_library_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Only phrases are told; a text with a percent sign in a value is not formatted again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(command_line._Saying(command_line.Spoken("zh")))
    logger = logging.Logger("one")
    logger.addHandler(handler)
    logger.info("%d of %s", 3, "x")
    logger.info(Phrase("log_band_left_out", {"item": "100%s.tif", "why": Phrase("as_said", {"text": "坏"})}))
    assert capsys.readouterr().err == "3 of x\n波段：100%s.tif 未参与配准：坏\n"


def test_every_measure_has_a_title_in_chinese(run: Run, tmp_path: Path) -> None:
    """Of a score of nothing all lines are there; each is told, and none stands in the table that no score has."""
    assert run("simulate", str(tmp_path), "--seed", "3")[0] == 0
    (tmp_path / "out").mkdir()
    status, text = run("score", str(tmp_path / "out"), str(tmp_path / "truth.json"), "--json", "--quiet")
    measures = json.loads(text)["measures"]
    assert status == 0 and all(title_zh(m["key"], "") == m["title"] != "" for m in measures)
    scored = json.loads((tmp_path / "out" / "score.json").read_text(encoding="utf-8"))["measures"]
    assert all(re.fullmatch("[^一-鿿]+", m["title"]) for m in scored)
    keys = {m["key"] for m in scored}
    assert {key for key in TITLES_ZH if key not in keys} <= {
        "hotspots.false", "hotspots.false.", "leads.false", "leads.false.", "monitors.precision", "monitors.recall",
        "leads.recall_monitors", "witness.",
    }  # fmt: skip


def test_progress_is_said_in_the_language() -> None:
    """The words of the first line of a run, and of a later one, with their numbers."""
    drive = Phrase("doing_drive", {"number": 1, "count": 2})
    steps = Phrase("doing_steps", {"what": drive, "done": 3, "count": 8})
    assert [say(steps, lang) for lang in ("en", "zh")] == [
        "following drive 1 of 2, 3 of 8 steps", "正在处理走航 1/2，3/8 步",
    ]  # fmt: skip
