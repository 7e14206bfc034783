"""Advice that is followed works: what a message says to write is written as it says, and the result is right."""

from __future__ import annotations

import re
import shutil
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
import pytest

from ingest.outcome import Decision, Phrase, Reject
from onevisit.check import read_mission
from onevisit.cli import cli
from onevisit.profile import describe_profile, load_profile
from onevisit.result import Options, Records
from onevisit.words.sentences import SENTENCES
from onevisit.words.telling import say

_ALIASES = {"vehicle": "tracks", "teams": "routes", "registers": "sites"}
_OPTIONS = {
    name
    for verb in (cli, *cli.commands.values())
    for p in verb.params
    for name in p.opts
    if isinstance(p, click.Option)
}


def _settable() -> dict[str, set[str]]:
    return {
        room: {line.name for line in lines} for room, lines in describe_profile(load_profile("default", {})).items()
    }


@pytest.mark.parametrize("language", [0, 1], ids=["en", "zh"])
@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_what_a_sentence_names_can_be_set(code: str, language: int) -> None:
    """Every table, every name in it and every option that a sentence names is one that the program takes."""
    sentence = "".join(text for text, *_ in string.Formatter().parse(SENTENCES[code][language]))
    known = _settable()
    everything = set.union(*known.values())
    for table in re.findall(r"\[(\w+)(?:\.\w+)?\]", sentence) if "mission.toml" in sentence else ():
        room = _ALIASES.get(table, table)
        assert room in known or table in ("columns", "instrument"), table
        for name in re.findall(r"(?<![\w.])(\w+)(?= under \[)|`(\w+) = ", sentence):
            wanted = name[0] or name[1]
            if wanted in everything and table not in ("columns", "instrument"):
                assert wanted in known[room] | known[""], f"{wanted} is not set under [{table}]"
    for option in re.findall(r"--[a-z][a-z-]+", sentence):
        assert option in _OPTIONS, option
    dotted = r"(?<!\[)\b(?:photos|traces|monitors|sites|registers|imagery)\.[a-z]+_[a-z]+"
    assert not re.search(dotted, sentence), "a table is written in brackets"


# --- followed, one by one ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """Files that make a message come, what it says to do (a line, its table), and what is right afterwards."""

    code: str
    files: dict[str, str]
    right: Callable[[Records], bool]
    pick: str = r"`([^`]+)`"
    beside: dict[str, str] = field(default_factory=dict)


def _rows(heading: str, row: Callable[[int], str], count: int = 60) -> str:
    return "\n".join([heading, *(row(k) for k in range(count))]) + "\n"


_IN_UTC = "2024-05-01 10:{:02d}:{:02d}Z"


def _drive(
    heading: str = "time,lon,lat,so2 ug/m3", *, stamp: str = "2024-05-01 10:{:02d}:{:02d}", more: str = ""
) -> str:
    return _rows(heading, lambda k: f"{stamp.format(k // 60, k % 60)},{104 + k * 1e-4:.5f},30.66,{8 + k % 5}{more}")


def _gpx(stamp: str = "2024-05-01T02:{:02d}:{:02d}Z") -> str:
    points = "".join(
        f'<trkpt lat="30.66" lon="{104 + k * 1e-4:.5f}"><time>{stamp.format(k // 60, k % 60)}</time></trkpt>'
        for k in range(60)
    )
    return f'<gpx version="1.1" creator="x"><trk><trkseg>{points}</trkseg></trk></gpx>'


def _first(records: Records) -> object:
    return records.traces.value[0]


def _starts(records: Records, moment: str) -> bool:
    return len(records.traces.value) == 1 and records.traces.value[0]["time"].values[0] == np.datetime64(moment)


_HALF = tuple("zork" if k % 2 else "ok" for k in range(60))

CASES = (
    Case(
        "day_and_month_alike",
        {"traces/d.csv": _drive(stamp="03/04/2024 10:{:02d}:{:02d}Z")},
        lambda records: _starts(records, "2024-04-03T10:00:00"),
    ),
    Case(
        "wind_taken_over_ground",
        {"traces/d.csv": _drive("time,lon,lat,so2 ug/m3,WS m/s,WD deg", stamp=_IN_UTC, more=",3,90")},
        lambda records: "u_apparent" in _first(records),  # type: ignore[operator]
    ),
    Case(
        "species_without_unit",
        {"traces/d.csv": _drive("time,lon,lat,h2s", stamp=_IN_UTC)},
        lambda records: _first(records)["h2s"].attrs["units"] == "ppb",  # type: ignore[index]
        pick=r'"[^"]+" = "[^"]+"',
    ),
    Case(
        "taken_as_normal",
        {"traces/d.csv": _drive("time,lon,lat,so2 ug/m3,status", stamp=_IN_UTC, more=",{}").format(*_HALF)},
        lambda records: bool(_first(records)["qc_flag"].values.any()),  # type: ignore[index]
        pick=r'"[^"]+" = "calibration"',
    ),
    Case(
        "no_positions_at_all",
        {"traces/d.csv": _rows("time,so2 ug/m3", lambda k: f"2024-05-01 02:{k // 60:02d}:{k % 60:02d}Z,{k % 7}")},
        lambda records: bool(np.isfinite(_first(records)["lon"].values).all()),  # type: ignore[index]
        pick="",
        beside={"traces/d.gpx": _gpx()},
    ),
    Case(
        "metres_of_unknown_zone",
        {"registers/r.csv": "单位名称,x,y\n甲厂,499000,3392000\n乙厂,499500,3392500\n"},
        lambda records: len(records.sites.value) == 2 and abs(records.sites.value[0].lat - 30.65) < 0.1,
    ),
)


def _write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def _read(root: Path) -> tuple[Records, list[Decision | Reject]]:
    records, recorder, _ = read_mission(root, Options(), on_stage=lambda *_: None)
    return records, [*recorder.decisions, *recorder.rejects]


def _phrases(value: object) -> list[Phrase]:
    """A phrase with all that stand in it."""
    if isinstance(value, Decision):
        return [*_phrases(value.what), *_phrases(value.why)]
    if isinstance(value, Reject):
        return _phrases(value.why)
    if isinstance(value, Phrase):
        return [value, *(inner for part in value.values.values() for inner in _phrases(part))]
    return [inner for part in value for inner in _phrases(part)] if isinstance(value, tuple | list) else []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_followed_advice_ends_in_a_right_result(tmp_path: Path, case: Case, language: str) -> None:
    """The line goes into mission.toml under the table that is named, or the file beside; then it is right."""
    root = _write(tmp_path / "m", case.files)
    said = _read(root)[1]
    codes = {case.code, f"{case.code}.why"}
    [advice, *_] = [phrase for thing in said for phrase in _phrases(thing) if phrase.code in codes and
                    (phrase.code.endswith(".why") or f"{phrase.code}.why" not in SENTENCES)]  # fmt: skip
    if case.beside:
        _write(root, case.beside)
    else:
        sentence = say(advice, language)
        table = re.search(r"\[([\w.]+)\]", sentence)
        line = re.search(case.pick, sentence)
        assert table is not None and line is not None, sentence
        written = line.group(line.lastindex or 0)
        (root / "mission.toml").write_text(f"[{table[1]}]\n{written}\n", encoding="utf-8")
    assert case.right(_read(root)[0])


@pytest.mark.parametrize("option", [True, False], ids=["option", "line"])
def test_a_zone_is_taken_from_the_option_and_from_the_line(tmp_path: Path, option: bool) -> None:
    """`--time-zone` works in `process` and `check` as the line in mission.toml does, and wins over the likeliest."""
    root = _write(tmp_path / "m", {"traces/d.csv": _drive()})
    if not option:
        (root / "mission.toml").write_text('time_zone = "UTC"\n', encoding="utf-8")
    zone = "UTC" if option else ""
    records, recorder, _ = read_mission(root, Options(time_zone=zone), on_stage=lambda *_: None)
    assert _starts(records, "2024-05-01T10:00:00")
    assert [d.why.code for d in recorder.decisions if d.code == "zone_taken"] == ["zone_declared"]


def test_a_clock_that_is_moved_as_the_message_says_overlaps(tmp_path: Path) -> None:
    """A gas file 8 h off its GPX: the line of the message joins them."""
    gas = _rows("time,so2 ug/m3", lambda k: f"2024-05-01 10:{k // 60:02d}:{k % 60:02d}Z,{k % 7}")
    root = _write(tmp_path / "m", {"traces/gas.csv": gas, "traces/d.gpx": _gpx()})
    said = [phrase for thing in _read(root)[1] for phrase in _phrases(thing)]
    for language in ("en", "zh"):
        sentence = next(say(phrase, language) for phrase in said if phrase.code == "would_overlap_if_moved")
        table, line = re.search(r"\[([\w.]+)\] (.+)", sentence).groups()  # type: ignore[union-attr]
        (root / "mission.toml").write_text(f"[{table}]\n{line}\n", encoding="utf-8")
        assert _starts(_read(root)[0], "2024-05-01T02:00:00")
        (root / "mission.toml").unlink()


def test_a_file_that_was_not_used_is_used_in_the_folder_that_is_named(tmp_path: Path) -> None:
    """Lines without tags of roads, moved into roads/."""
    line = '{"type": "LineString", "coordinates": [[104.0, 30.6], [104.1, 30.6]]}'
    feature = f'{{"type": "Feature", "properties": {{}}, "geometry": {line}}}'
    roads = f'{{"type": "FeatureCollection", "features": [{feature}]}}'
    root = _write(tmp_path / "m", {"traces/d.csv": _drive(), "lines.geojson": roads})
    records, said = _read(root)
    assert "lines_without_tags" in {phrase.code for thing in said for phrase in _phrases(thing)}
    assert records.roads.value is None
    (root / "roads").mkdir()
    shutil.move(root / "lines.geojson", root / "roads" / "lines.geojson")
    roads_read = _read(root)[0].roads.value
    assert roads_read is not None and len(roads_read.lines) == 1
