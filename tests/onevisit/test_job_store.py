"""What a second run does again: only the stages whose inputs, settings or program changed, with the same bytes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from onevisit.job import process_mission
from onevisit.result import Options
from onevisit.truth.simulate import simulate_mission


def _silent(_what: str, _share: float | None) -> None:
    """Nobody looks at the progress of a test."""


def _process(mission: Path, out: Path, **options: Any) -> dict[str, Any]:
    return process_mission(mission, out, Options(**options), on_stage=_silent)


def _bytes(out: Path) -> dict[str, str]:
    """Hash of every output but the manifest, which holds seconds, and the store."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and ".store" not in path.parts]
    files = [path for path in files if path.name != "manifest.json"]
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _stored(out: Path) -> dict[str, list[bool]]:
    """Of each stage whether it came from the store (imagery: once a kind of photo)."""
    stages = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["stages"]
    return {stage["name"]: [s["stored"] for s in stages if s["name"] == stage["name"]] for stage in stages}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small mission (a drive, three photos, registers) and its results, not to be changed."""
    folder = tmp_path_factory.mktemp("known")
    simulate_mission(folder / "park", seed=3)
    mission, park = folder / "park" / "mission", folder / "mission"
    for kind in ("traces", "registers"):
        shutil.copytree(mission / kind, park / kind)
    (park / "images").mkdir()
    for photo in sorted((mission / "images").iterdir())[:3]:
        shutil.copy(photo, park / "images" / photo.name)
    shutil.copy(mission / "mission.toml", park / "mission.toml")
    out = park.parent / "out"
    _process(park, out)
    return park, out


@pytest.fixture
def rerun(known: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """The small mission, which may be changed and is put back, and a copy of its results."""
    park, out = known
    shutil.copytree(out, tmp_path / "out")
    return park, tmp_path / "out"


@contextmanager
def _edited(path: Path, old: str, new: str) -> Iterator[None]:
    """A text file with one change, for a while."""
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def _done(out: Path) -> list[str]:
    """Stages of which something was done."""
    return [name for name, stored in _stored(out).items() if not all(stored)]


def test_another_number_of_teams_redoes_routes_and_hand_over_only(rerun: tuple[Path, Path], tmp_path: Path) -> None:
    """The rest is taken from the store; files end in the same bytes as in a run that did everything."""
    park, out = rerun
    untouched = {name: (out / name).stat().st_mtime_ns for name in ("hotspots.geojson", "trace.nc", "cube.nc")}
    with _edited(park / "mission.toml", "teams = 2", "teams = 1"):
        _process(park, out)
        _process(park, tmp_path / "whole")
    assert _done(out) == ["routes", "handover"]
    assert _bytes(out) == _bytes(tmp_path / "whole")
    assert {name: (out / name).stat().st_mtime_ns for name in untouched} == untouched
    for name in ("decisions", "rejects", "summary", "outputs"):
        told, whole = (
            json.loads((o / "manifest.json").read_text(encoding="utf-8"))[name] for o in (out, tmp_path / "whole")
        )
        if name == "summary":
            told, whole = ({k: v for k, v in one.items() if k not in ("out", "lines")} for one in (told, whole))
        assert told == whole


def test_another_threshold_of_visits_leaves_fusion_alone(rerun: tuple[Path, Path]) -> None:
    """Leads and what follows are done again."""
    park, out = rerun
    with _edited(park / "mission.toml", "[visits]", "[visits]\nservice_min = 33.0"):
        _process(park, out)
    assert _done(out) == ["visits", "routes", "handover"]


@pytest.mark.slow
def test_another_threshold_of_tracks_leaves_the_mosaic_alone(rerun: tuple[Path, Path]) -> None:
    """Tracks, fusion and what follows are done again, the photos are not."""
    park, out = rerun
    with _edited(park / "mission.toml", "[vehicle]", "[vehicle]\ninlet_height_m = 3.0"):
        _process(park, out)
    assert _stored(out)["ingest"] == [True] and _stored(out)["tracks"] == [False]
    assert all(_stored(out)["imagery"]) and _stored(out)["fusion"] == [False]


def test_another_register_leaves_drives_and_photos_alone(rerun: tuple[Path, Path]) -> None:
    """A file that changed is read again, and what depends on sites is done again."""
    park, out = rerun
    path = next(path for path in sorted((park / "registers").iterdir()) if path.suffix == ".csv")
    before = path.read_bytes()
    path.write_bytes(before + before.splitlines(keepends=True)[-1])
    try:
        _process(park, out)
    finally:
        path.write_bytes(before)
    stored = _stored(out)
    assert stored["ingest"] == [False] and stored["tracks"] == [True] and all(stored["imagery"])


@pytest.mark.parametrize(
    ("first", "done"), [("fusion", ["fusion", "visits", "routes", "handover"]), ("handover", ["handover"])]
)
def test_from_a_stage_means_what_it_says(rerun: tuple[Path, Path], first: str, done: list[str]) -> None:
    """The stage and the later ones are done, the earlier ones are not; the bytes stay."""
    park, out = rerun
    before = _bytes(out)
    _process(park, out, from_stage=first)
    assert _done(out) == done
    assert _bytes(out) == before


def test_a_mosaic_that_was_changed_is_made_again(rerun: tuple[Path, Path]) -> None:
    """The stored result is worth what its files are; the manifest says why."""
    park, out = rerun
    before = _bytes(out)
    (out / "ortho.tif").write_bytes(b"half")
    _process(park, out)
    assert _bytes(out) == {**before, "report.html": _bytes(out)["report.html"]}
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["decisions"]
    assert [d["evidence"] for d in told if d["item"].startswith(".store/flight")] == [
        "ortho.tif is not as it was written"
    ]


@pytest.mark.slow
def test_a_store_that_was_cut_off_gives_the_same_results(rerun: tuple[Path, Path]) -> None:
    """Every entry is half as long: everything is done again, each with a line that says so."""
    park, out = rerun
    before = _bytes(out)
    entries = sorted((out / ".store").glob("*.bin"))
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[: entry.stat().st_size // 2])
    (out / "manifest.json").unlink()
    _process(park, out)
    assert {**_bytes(out), "report.html": ""} == {**before, "report.html": ""}
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["decisions"]
    assert {d["item"] for d in told if d["decision"] == "not believed, made again"} == {
        f".store/{e.name}" for e in entries
    }


@pytest.mark.slow
def test_a_replay_starts_from_stored_tracks_and_writes_what_is_scored(
    rerun: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another program the measurements come from the store, verdicts are made; no report, no manifest."""
    park, out = rerun
    before = _bytes(out)
    monkeypatch.setattr("onevisit.job.program_key", lambda: "another")
    (out / "report.html").unlink()
    process_mission(park, out, Options(), on_stage=_silent, replay=True)
    assert not (out / "manifest.json").exists() and not (out / "report.html").exists()
    for name in ("hotspots.geojson", "leads.geojson", "visits.geojson", "routes.geojson"):
        assert _bytes(out)[name] == before[name]


def test_reconstructions_are_in_the_manifest_and_on_the_list_of_stale_files(rerun: tuple[Path, Path]) -> None:
    """What is written is named with its hash, and one that an earlier run left is removed."""
    park, out = rerun
    (out / "reconstruction-multispectral.json").write_text("{}", encoding="utf-8")
    (out / "routes.csv").unlink()
    _process(park, out)
    outputs = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    told = {record["path"]: record["sha256"] for record in outputs}
    assert told == _bytes(out)
    assert "reconstruction.json" in told and "reconstruction-multispectral.json" not in told
