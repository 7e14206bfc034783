"""The whole job on a small simulated mission: what it writes, that it repeats itself, what bad input does to it."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import NothingUsable, SettingError
from onevisit.check import check_mission
from onevisit.job import process_mission
from onevisit.result import Options
from onevisit.truth.simulate import simulate_mission
from tests.told import raises_told

PROMISED = {
    "manifest.json",
    "trace.nc",
    "cube.nc",
    "ortho.tif",
    "poses.geojson",
    "findings.geojson",
    "hotspots.geojson",
    "leads.geojson",
    "visits.geojson",
    "routes.geojson",
    "routes.csv",
    "report.html",
}


def _silent(_what: str, _share: float) -> None:
    """Nobody looks at the progress of a test."""


def _process(mission: Path, out: Path, **options: Any) -> dict[str, Any]:
    return process_mission(mission, out, Options(**options), on_stage=_silent)


def _bytes(out: Path) -> dict[str, str]:
    """Hash of every output but the manifest, which holds seconds, and the store."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and ".store" not in path.parts]
    files = [path for path in files if path.name != "manifest.json"]
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated mission, not to be changed."""
    folder = tmp_path_factory.mktemp("park")
    simulate_mission(folder, seed=3)
    return folder / "mission"


@pytest.fixture(scope="module")
def out(mission: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the job made of it, not to be changed."""
    folder = tmp_path_factory.mktemp("result") / "out"
    _process(mission, folder)
    return folder


def _small(mission: Path, tmp_path: Path, *kinds: str) -> Path:
    """A copy of some folders of the mission, to be spoilt."""
    copy = tmp_path / "mission"
    for kind in kinds:
        shutil.copytree(mission / kind, copy / kind)
    if "traces" in kinds:
        shutil.copy(mission / "mission.toml", copy / "mission.toml")
    return copy


def test_everything_promised_is_there_and_nothing_half_written(out: Path) -> None:
    """All fixed names, no temporary file left."""
    names = {path.name for path in out.rglob("*")}
    assert names >= PROMISED
    assert [name for name in names if name.startswith(".")] == [".store"]
    assert not [name for name in names if name.endswith(".part")]


def test_every_hotspot_has_its_picture(out: Path) -> None:
    """A PNG below 60 kB a hotspot, in the manifest with its hash, and the same bytes in the report."""
    features = json.loads((out / "hotspots.geojson").read_text(encoding="utf-8"))["features"]
    names = {f"why/{feature['properties']['id']}.png" for feature in features}
    assert names and {path.relative_to(out).as_posix() for path in (out / "why").iterdir()} == names
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    told = {record["path"]: record["sha256"] for record in manifest["outputs"]}
    report = (out / "report.html").read_text(encoding="utf-8")
    for name in names:
        png = (out / name).read_bytes()
        assert png.startswith(b"\x89PNG") and len(png) < 60_000
        assert told[name] == hashlib.sha256(png).hexdigest()
        assert base64.b64encode(png).decode("ascii") in report


def test_what_the_mosaics_show_is_told(out: Path) -> None:
    """The building site's soil and the hot roof are findings; the manifest says what was sought and on how much."""
    features = json.loads((out / "findings.geojson").read_text(encoding="utf-8"))["features"]
    kinds = [feature["properties"]["kind"] for feature in features]
    assert "bare_soil" in kinds and "hot_surface" in kinds
    decisions = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["decisions"]
    told = {d["item"]: d["decision"] for d in decisions if d["decision"].endswith("found")}
    assert told["ortho.tif"].endswith("bare_soil found") and told["ortho-thermal.tif"].endswith("hot_surface found")


def test_the_manifest_names_every_input_with_its_hash(mission: Path, out: Path) -> None:
    """Each file of the mission once, with the SHA-256 of its bytes; stages in order with figures."""
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    files = {p.relative_to(mission).as_posix(): p for p in mission.rglob("*") if p.is_file()}
    hashes = {record["path"]: record["sha256"] for record in manifest["inputs"]}
    assert hashes == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    # imagery once a kind of photo
    assert list(dict.fromkeys(stage["name"] for stage in manifest["stages"])) == [
        "ingest",
        "tracks",
        "imagery",
        "monitors",
        "fusion",
        "visits",
        "routes",
        "handover",
    ]
    assert all(stage["peak_mb"] > 0 and stage["seconds"] >= 0 for stage in manifest["stages"])
    assert manifest["decisions"]


def test_a_second_run_has_nothing_to_do(mission: Path, out: Path) -> None:
    """Same files, settings and program: the earlier results stand, untouched."""
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    summary = _process(mission, out)
    assert summary["lines"][0].startswith("nothing changed")
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_a_run_after_a_kill_ends_in_the_same_bytes(mission: Path, out: Path, tmp_path: Path) -> None:
    """Without manifest, with a file missing, one cut short and a temporary left over: all is as in the first run."""
    killed = tmp_path / "out"
    shutil.copytree(out, killed)
    (killed / "manifest.json").unlink()
    (killed / "routes.csv").unlink()
    (killed / "cube.nc").write_bytes(b"CDF")
    (killed / ".report.part.html").write_text("half", encoding="utf-8")
    _process(mission, killed)
    assert _bytes(killed) == _bytes(out)


def test_results_of_other_settings_are_not_believed(mission: Path, out: Path, tmp_path: Path) -> None:
    """Another language changes the key: the report is written again, the map data stays the same."""
    again = tmp_path / "out"
    shutil.copytree(out, again)
    _process(mission, again, lang="zh")
    assert _bytes(again)["report.html"] != _bytes(out)["report.html"]
    assert _bytes(again)["cube.nc"] == _bytes(out)["cube.nc"]


@pytest.mark.slow
def test_a_flight_without_a_drive_gives_a_mosaic_and_no_hotspots(mission: Path, tmp_path: Path) -> None:
    """Each folder is optional; files of an earlier run that this one does not write are removed."""
    result = tmp_path / "out"
    result.mkdir()
    (result / "why").mkdir()
    for name in ("cube.nc", "why/H009.png"):
        (result / name).write_bytes(b"of an earlier run")
    _process(_small(mission, tmp_path, "images"), result)
    assert (result / "ortho.tif").is_file()
    assert not (result / "cube.nc").exists() and not (result / "why").exists()
    assert json.loads((result / "hotspots.geojson").read_text(encoding="utf-8"))["features"] == []


@pytest.mark.slow
def test_each_bad_file_gets_one_line_and_the_rest_goes_on(mission: Path, tmp_path: Path) -> None:
    """A trace without position, a photo without GPS, a cut photo, a site far away, a loose file: five rejects."""
    import cv2
    import numpy as np

    spoilt = _small(mission, tmp_path, "traces", "images", "registers")
    (spoilt / "traces" / "still.csv").write_text("time,CH4 (ppm)\n2026-04-17T01:30:00Z,2.0\n", encoding="utf-8")
    cv2.imwrite(str(spoilt / "images" / "plain.jpg"), np.zeros((60, 80, 3), np.uint8))
    whole = sorted((spoilt / "images").glob("DJI_*.JPG"))[0]
    (spoilt / "images" / "DJI_9999.JPG").write_bytes(whole.read_bytes()[: whole.stat().st_size // 3])
    (spoilt / "registers" / "far.csv").write_text(
        "permit_code,name,lon,lat\n911100000000000000001P,far away,116.4,39.9\n", encoding="utf-8"
    )
    (spoilt / "notes.docx").write_bytes(b"x")
    result = tmp_path / "out"
    _process(spoilt, result)
    rejects = json.loads((result / "manifest.json").read_text(encoding="utf-8"))["rejects"]
    told = {f"{r['item']} {r['where']}": r["reason"] for r in rejects}
    for name in ("still.csv", "plain.jpg", "DJI_9999.JPG", "far away", "notes.docx"):
        assert sum(name in key for key in told) == 1, (name, told)
    assert (result / "trace.nc").is_file()
    assert (result / "ortho.tif").is_file()


def test_a_mission_with_nothing_usable_writes_nothing(mission: Path, tmp_path: Path) -> None:
    """Registers alone, and a trace that cannot be read: the error names the file, and OUT does not appear."""
    spoilt = _small(mission, tmp_path, "registers")
    (spoilt / "traces").mkdir()
    (spoilt / "traces" / "noise.bin").write_bytes(bytes(range(256)) * 4)
    with raises_told(NothingUsable, match="mission holds nothing to process: no trace with positions") as caught:
        _process(spoilt, tmp_path / "out")
    assert isinstance(caught.value, NothingUsable)
    assert "traces/noise.bin" in [reject.item for reject in caught.value.rejects]
    assert not (tmp_path / "out").exists()


def test_check_reports_and_writes_nothing(mission: Path) -> None:
    """Traces, photos and sites with what was believed of them; the folder is as it was."""
    before = sorted(mission.rglob("*"))
    found = check_mission(mission, Options(), on_stage=_silent)
    assert {line["kind"] for line in found["found"]} == {"trace", "photo", "site", "monitor"}
    assert found["decisions"]
    assert sorted(mission.rglob("*")) == before


def test_a_misspelt_threshold_is_refused_with_a_proposal(mission: Path, tmp_path: Path) -> None:
    """A threshold that nobody reads would be believed."""
    spoilt = _small(mission, tmp_path, "traces")
    (spoilt / "mission.toml").write_text("[vehicle]\nlag = 4.0\n", encoding="utf-8")
    with raises_told(SettingError, match="did you mean 'lag_s'"):
        _process(spoilt, tmp_path / "out")
