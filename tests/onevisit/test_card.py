"""A memory card goes in as it is: files known by content, results elsewhere, one question, a card that is pulled."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ingest.errors import NothingUsable
from ingest.kinds import sort_file
from onevisit import job
from onevisit.cards import card
from onevisit.cards.card import default_out, refuse_gone, watching
from onevisit.cards.zones import with_likeliest_zone
from onevisit.cli import cli
from onevisit.manifest import gather_inputs, hash_inputs
from onevisit.mission import Mission, open_mission
from onevisit.profile import load_profile
from onevisit.words.telling import tell
from tests.told import raises_told

GEO = '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": %s, "geometry": %s}]}'
LINE = '{"type": "LineString", "coordinates": [[104.0, 30.6], [104.1, 30.6]]}'
POINT = '{"type": "Point", "coordinates": [104.0, 30.6]}'


def _rows(heading: str, row: Callable[[int], str], count: int = 60) -> str:
    return "\n".join([heading, *(row(k) for k in range(count))]) + "\n"


def _stamp(k: int) -> str:
    return f"2024-05-01 10:{k // 60:02d}:{k % 60:02d}"


DRIVE = _rows("时间,经度,纬度,SO2(μg/m3)", lambda k: f"{_stamp(k)},{104 + k * 1e-4:.4f},30.66,{8 + k % 5}")
TEXTS = {
    "traces": {
        "numbered": _rows(
            "序号,time,lon,lat,so2 ppb", lambda k: f"{k},{_stamp(k)},{104 + k * 1e-4:.4f},30.6,{k % 7}"
        ),
        "named by an instrument": _rows(
            "设备编号,time,lon,lat,so2 ppb", lambda k: f"M1,{_stamp(k)},{104 + k * 1e-4:.4f},30.6,{k % 7}"
        ),
        "chinese": DRIVE,
        "without places": _rows("time,so2 ppb", lambda k: f"{_stamp(k)},{k % 7}"),
        "places only": _rows("time,lon,lat", lambda k: f"{_stamp(k)},{104 + k * 1e-4:.4f},30.6"),
        "gpx": f'<gpx version="1.1" creator="x"><trk><trkseg><trkpt lat="1" lon="2"><time>{_stamp(1)}Z</time></trkpt>'
        "</trkseg></trk></gpx>",
    },
    "monitors": {
        "points": _rows(
            "监控点名称,监测时间,二氧化硫(mg/m3)", lambda k: f"1#排口,2024-05-01 {k % 24:02d}:00,{k % 9}", 24
        ),
        "firm and place": _rows(
            "企业名称,经度,纬度,监测时间,二氧化硫(mg/m3)",
            lambda k: f"甲厂,104.1,30.6,2024-05-01 {k % 24:02d}:00,{k % 9}",
            24,
        ),
        "marks": "MN,开始时间,结束时间,标记\nM1,2024-05-01 01:00,2024-05-01 03:00,停运\n",
        "packets": "##0099QN=20240501085857223;ST=31;CN=2011;PW=123456;MN=M1;Flag=4;"
        "CP=&&DataTime=20240501085857&&\r\n",
    },
    "registers": {
        "names and places": "单位名称,经度,纬度\n甲厂,104.1,30.6\n乙厂,104.2,30.6\n",
        "codes": "统一社会信用代码,信用等级\n91510100660470214C,A\n915101006604702216,B\n",
        "visits": "单位名称,检查日期,检查结果\n甲厂,2024-03-01,无\n乙厂,2024-03-02,无\n",
        "points": GEO % ('{"name": "甲厂"}', POINT),
    },
    "roads": {"lines": GEO % ('{"highway": "primary"}', LINE), "geofabrik": GEO % ('{"fclass": "primary"}', LINE)},
    "": {
        "notes": "Drive of Tuesday.\nThe pump was loud.\n",
        "lines without tags": GEO % ("{}", LINE),
        "empty": "\n",
        "settings": '{"theme": "dark"}',
    },
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(("kind", "what"), [(kind, what) for kind, texts in TEXTS.items() for what in texts])
def test_a_file_is_known_by_what_is_in_it(tmp_path: Path, kind: str, what: str, encoding: str, packed: bool) -> None:
    """Whatever it is called, in the encodings of offices; gzipped where the reader of its kind takes that."""
    if packed and kind != "traces":
        pytest.skip("readers of offices' files take no gzip")
    data = TEXTS[kind][what].replace("μ", "u").encode(encoding)
    path = tmp_path / ("A0001.DAT.gz" if packed else "A0001.DAT")
    path.write_bytes(gzip.compress(data) if packed else data)
    assert sort_file(path, path.name).kind == kind


def _card(root: Path) -> Path:
    """A card as it comes out of a logger and a camera."""
    for name, text in {
        "LOGGER/20240501.CSV": DRIVE,
        "名录.csv": TEXTS["registers"]["names and places"],
        "DCIM/100MEDIA/DJI_0001.THM": "x",
        "System Volume Information/IndexerVolumeGuid": "x",
        ".Trashes/x": "x",
        "readme.txt": TEXTS[""]["notes"],
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_a_card_is_sorted_counted_and_told(tmp_path: Path) -> None:
    """Kinds by content, what systems keep passed over and counted, what is nothing named with the reason."""
    mission = open_mission(_card(tmp_path))
    assert [(f.item, f.kind) for f in mission.files] == [
        ("LOGGER/20240501.CSV", "traces"), ("名录.csv", "registers"),
    ]  # fmt: skip
    assert [(r.item, r.code) for r in mission.rejects] == [("readme.txt", "no_kind_of_input")]
    passed, *taken = mission.decisions
    assert (passed.code, passed.values["count"]) == ("files_passed_over", 3)
    assert [tell(d, "zh").decision for d in taken] == [
        "按内容识别为走航或飞行数据，共 1 个文件", "按内容识别为点位名录，共 1 个文件",
    ]  # fmt: skip


def test_results_of_an_earlier_run_are_no_input(tmp_path: Path) -> None:
    """An OUT that was put into the folder."""
    root = _card(tmp_path)
    (root / "out").mkdir()
    (root / "out" / "manifest.json").write_text("{}", encoding="utf-8")
    (root / "out" / "report.html").write_text("x", encoding="utf-8")
    (root / "out" / "hotspots.geojson").write_text(GEO % ("{}", POINT), encoding="utf-8")
    assert not [f.item for f in open_mission(root).files if f.item.startswith("out/")]


def test_folders_of_kinds_keep_their_meaning(tmp_path: Path) -> None:
    """A file in registers/ is a register, whatever it looks like."""
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "a.csv").write_text(DRIVE, encoding="utf-8")
    assert [file.kind for file in open_mission(tmp_path).files] == ["registers"]


# --- where results go ----------------------------------------------------------------------------------------------


def test_results_stand_beside_a_folder(tmp_path: Path) -> None:
    """As always."""
    (tmp_path / "m").mkdir()
    assert default_out(tmp_path / "m") == (tmp_path / "m-out", None)


@pytest.mark.parametrize("which", ["_is_root", "_is_on_card", "read-only"])
def test_a_card_is_never_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    """Results of a drive's root, a folder on a card and one that cannot be written beside go to where one stands."""
    root = _card(tmp_path / "CARD 1")
    for path in root.rglob("*"):
        os.utime(path, (1_714_536_000, 1_714_536_000))  # noon of 2024-05-01 in Chengdu
    if which == "read-only":
        monkeypatch.setattr("onevisit.cards.card.os.access", lambda *_: False)
    else:
        monkeypatch.setattr(card, which, lambda _: True)
    out, why = default_out(root)
    assert out.name.startswith("onevisit-CARD-1-2024-0") and not out.is_absolute() and why is not None


def test_the_first_line_names_where_results_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything else is said."""
    monkeypatch.setattr(card, "_is_root", lambda _: True)
    monkeypatch.setattr(job, "process_mission", lambda *_, **__: {"lines": ["done"]})
    printed = CliRunner().invoke(cli, ["process", str(_card(tmp_path / "E")), "--quiet"]).stdout.splitlines()
    assert printed[0].startswith("results go to onevisit-E-20") and printed[1] == "done"


# --- the zone ------------------------------------------------------------------------------------------------------


def _asked(mission: Mission, answer: str, **said: Any) -> tuple[list[tuple[str, str]], Any]:
    calls: list[tuple[str, str]] = []

    def ask(item: str, likeliest: str) -> str:
        calls.append((item, likeliest))
        return answer

    return calls, with_likeliest_zone(load_profile("default", said), mission, ask)


def test_the_zone_is_asked_once_with_the_likeliest(tmp_path: Path) -> None:
    """Of the place, for the first file; and not at all where it is declared or every stamp says it."""
    mission = open_mission(_card(tmp_path))
    calls, profile = _asked(mission, "UTC")
    assert (calls, profile.traces.assumed_zone) == ([(["LOGGER", "20240501.CSV"][1], "Asia/Shanghai")], "UTC")
    assert _asked(mission, "UTC", time_zone="UTC")[0] == []
    certain = tmp_path / "certain"
    certain.mkdir()
    (certain / "a.csv").write_text(TEXTS["traces"]["gpx"], encoding="utf-8")
    assert _asked(open_mission(certain), "UTC")[0] == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_a_terminal_the_likeliest_zone_stands_on_the_first_screen(tmp_path: Path, lang: str) -> None:
    """And in the manifest, as a decision; files that are lost stand apart from rows."""
    root = _card(tmp_path / "card")
    done = CliRunner().invoke(cli, ["process", str(root), "-o", str(tmp_path / "out"), "--quiet", "--lang", lang])
    assert done.exit_code == 0, done.output
    wanted = {"en": ("taken as Asia/Shanghai", "1 file as a whole"), "zh": ("按 Asia/Shanghai 处理", "整个文件 1 个")}
    assert all(words in done.stdout for words in wanted[lang])
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert "zone_likeliest_by_place" in [d.get("why", {}).get("code") for d in manifest["decisions"]]
    shutil.rmtree(tmp_path / "out")


# --- a card that is pulled -----------------------------------------------------------------------------------------


def test_files_that_vanish_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between listing and hashing, while reading, and on any error of the system."""
    mission = open_mission(_card(tmp_path / "card"))
    refuse_gone(mission.files)
    shutil.rmtree(tmp_path / "card" / "LOGGER")
    with raises_told(NothingUsable, match=r"1 of 2 files are no longer there, the first LOGGER/20240501\.CSV"):
        gather_inputs(mission)
    with raises_told(NothingUsable, match="was the card pulled out"), watching(mission.files):
        raise OSError(5, "Input/output error")


def test_a_damaged_file_is_a_reject_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place on the card that cannot be read, of a file that is there."""
    mission = open_mission(_card(tmp_path))

    def hashing(files: Any) -> Any:
        if files[0].kind == "traces":
            raise OSError(5, "Input/output error")
        return hash_inputs(files)

    monkeypatch.setattr("onevisit.manifest.hash_inputs", hashing)
    gathered = gather_inputs(mission)
    assert [f.kind for f in gathered.value[0].files] == ["registers"]
    assert [(r.item, r.code) for r in gathered.rejects] == [("LOGGER/20240501.CSV", "file_not_readable")]
