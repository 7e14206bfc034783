"""The whole job on a mission made by hand: second runs."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from ingest.errors import SettingError
from onevisit.job import process_mission
from onevisit.result import Options
from tests.onevisit import small_mission as made
from tests.onevisit.job.made_run import Run, decisions_of, route_table, saying
from tests.onevisit.small_mission import SMELTER, TANNERY
from tests.told import raises_told


def _again(run: Run, folder: Path, *, lang: str) -> Run:
    """Run once more on copies of a mission and of what came of it."""
    root, out = folder / run.root.name, folder / "out"
    if not root.is_dir():
        shutil.copytree(run.root, root)
    shutil.copytree(run.out, out)
    said: list[tuple[str, float | None]] = []
    summary = process_mission(root, out, Options(lang=lang), on_stage=saying(said))
    return Run(root, out, summary, said)


def test_a_run_in_the_other_language_says_the_same(run: Run, tmp_path: Path) -> None:
    """Whatever was kept from the first run: data to the byte, counts, decisions and refusals word by word."""
    other = _again(run, tmp_path, lang="zh")
    assert 'lang="zh-CN"' in (other.out / "report.html").read_text(encoding="utf-8")
    for path in run.out.rglob("*"):
        name = path.relative_to(run.out).as_posix()
        if path.is_file() and name.endswith((".geojson", ".nc", ".tif", ".png")):
            assert (other.out / name).read_bytes() == path.read_bytes(), name
    assert [line["matters"] for line in route_table(other)] == [
        stop["matters_zh"] for stop in other.properties("routes.geojson")[1:]
    ]
    first, second = (this.json("manifest.json") for this in (run, other))
    for key in ("inputs", "decisions", "rejects", "settings"):
        assert second[key] == first[key], key
    counts = [
        [{k: s[k] for k in ("name", "in", "out", "flagged", "rejected")} for s in m["stages"]]
        for m in (first, second)
    ]
    assert counts[0] == counts[1]
    assert second["key"] != first["key"]


def test_a_run_on_changed_input_does_not_repeat_old_results(driven: Run, tmp_path: Path) -> None:
    """A second more of lag moves plumes by a row; a register without the smelter has no lead of it; SO2 stays."""
    root = tmp_path / driven.root.name
    shutil.copytree(driven.root, root)
    toml = (root / "mission.toml").read_text(encoding="utf-8").replace('["ch4", 6.0]', '["ch4", 7.0]')
    (root / "mission.toml").write_text(toml, encoding="utf-8")
    lines = (root / "registers" / "sites.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(SMELTER.code)]
    (root / "registers" / "sites.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    other = _again(driven, tmp_path, lang="zh")
    assert other.stage("ingest")["out"] == driven.stage("ingest")["out"] - 1
    for number, step in ((0, -made.STEP_M), (1, made.STEP_M)):
        [old, new] = [
            next(p for p in this.properties("plumes.geojson") if (p["pass_index"], p["species"]) == (number, "ch4"))
            for this in (driven, other)
        ]
        moved = made.metres(new["lon"], new["lat"])[0] - made.metres(old["lon"], old["lat"])[0]
        assert moved == pytest.approx(step, abs=0.2)
    so2 = [[p for p in this.properties("plumes.geojson") if p["species"] == "so2"] for this in (driven, other)]
    assert so2[0] == so2[1]
    assert SMELTER.code not in {p["site_id"] for p in other.properties("leads.geojson")}
    assert [p["site_id"] for p in other.properties("visits.geojson")] == [TANNERY.code]
    assert any(d == "inlet lag of 7 s applied: ch4" for _, d, _ in decisions_of(other))
    assert (other.out / "cube.nc").read_bytes() != (driven.out / "cube.nc").read_bytes()


def test_visits_of_the_day_that_was_asked_for(driven: Run, tmp_path: Path) -> None:
    """They start at nine in China on that day and it is said why; the day of measuring will do, none before."""
    root, out = tmp_path / driven.root.name, tmp_path / "out"
    shutil.copytree(driven.root, root)
    shutil.copytree(driven.out, out)
    for day in (date(2026, 3, 2), date(2026, 3, 9)):
        process_mission(root, out, Options(day=day), on_stage=lambda _what, _share: None)
        other = Run(root, out, {}, [])
        told = {d["code"]: d for d in other.json("manifest.json")["decisions"]}
        assert told["planned_for_day"]["decision"] == f"planned for {day}"
        assert told["planned_for_day"]["evidence"] == "asked for with --day; last measured on 2026-03-02"
        stops = [stop for stop in other.properties("routes.geojson") if "site_id" in stop]
        assert stops and all(stop["arrive"].startswith(str(day)) for stop in stops)
    with raises_told(SettingError, match="--day 2026-03-01 is before the last measurement, 2026-03-02"):
        process_mission(root, out, Options(day=date(2026, 3, 1)), on_stage=lambda _what, _share: None)
