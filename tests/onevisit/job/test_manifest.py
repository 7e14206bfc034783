"""The whole job on a mission made by hand: its manifest."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from onevisit.names import STAGES
from tests.onevisit import small_mission as made
from tests.onevisit.job.made_run import ROWS, Run, decisions_of


def test_the_manifest_names_each_input_with_kind_size_and_hash(run: Run) -> None:
    """Twelve files; the loose one is refused, not read."""
    told = {r["path"]: r for r in run.json("manifest.json")["inputs"]}
    kinds = Counter(r["kind"] for r in told.values())
    assert kinds == {"traces": 2, "images": 5, "registers": 2, "monitors": 1, "mission": 2}
    for name, record in told.items():
        content = (run.root / name).read_bytes()
        assert record["sha256"] == hashlib.sha256(content).hexdigest()
        assert record.get("bytes", len(content)) == len(content)
        assert record["kind"] == (name.split("/")[0] if "/" in name else "mission")


def test_each_stage_counts_what_it_took_gave_flagged_and_refused(run: Run) -> None:
    """Files to records; rows to usable rows; photos to photos used; rows to hotspots; leads to visits; files."""
    told = {
        stage["name"]: (stage["in"], stage["out"], stage["flagged"], stage["rejected"])
        for stage in run.json("manifest.json")["stages"]
    }
    records = 2 + made.PHOTOS + 8 + 1
    flagged = made.REMOVED_ROWS + 5 * 60
    assert told["ingest"] == (12, records, made.REMOVED_ROWS, 4)
    assert told["tracks"] == (ROWS, ROWS - made.REMOVED_ROWS, flagged, 0)
    assert told["imagery"] == (made.PHOTOS, made.PHOTOS, 0, 0)
    assert told["fusion"] == (ROWS, 4, 0, 0)
    assert told["monitors"] == (1, 0, 0, 0)
    assert told["visits"] == (6, 2, 0, 0)
    files = [path for path in run.out.rglob("*") if path.is_file()]
    assert told["handover"][1:] == (len(run.json("manifest.json")["outputs"]) + 1, 0, 0)
    assert len(files) >= told["handover"][1]


def test_each_stage_tells_its_time_and_its_memory(run: Run) -> None:
    """Seconds and megabytes of this process, not bytes, pages or hours."""
    stages = run.json("manifest.json")["stages"]
    assert [s["name"] for s in stages] == list(STAGES)
    for stage in stages:
        assert 50 < stage["peak_mb"] < 5000
        assert 0 <= stage["seconds"] < 600
    assert sum(stage["seconds"] for stage in stages) > 0.5


@pytest.mark.parametrize(
    ("item", "decision", "evidence"),
    [
        ("traces/a.csv", "read as delimited table", ""),
        ("traces/a.csv", "times taken as Asia/Shanghai", "declared"),
        ("traces/b.csv", "times taken as Asia/Shanghai", "declared"),
        ("registers/visits.csv", "4 rows joined by permit code", ""),
        ("monitors/hj212.log", "times read as Asia/Shanghai", ""),
        ("edits.csv line 2", "5 rows flagged as removed by hand", "2026-03-01T14:30:00+00:00 to 2026-03-01T14:30:04"),
        ("a", "inlet lag of 6 s applied: ch4", "given"),
        ("a", "inlet lag of 9 s applied: so2", "given"),
        ("grid", "grid CRS EPSG:32648 (WGS 84 / UTM zone 48N)", "declared"),
        ("ortho.tif", "1 × bare_soil found", "ha covered"),
        ("ch4", "1 recurrent hotspots, 0 single sightings", "6 passes scored"),
        ("so2", "1 recurrent hotspots, 0 single sightings", "499 surrogates"),
        ("tvoc", "0 recurrent hotspots, 1 single sightings", "no place was crossed twice"),
        (
            "hotspots",
            "12 crossings of plumes: 2 places where they recur beyond chance, 2 seen clearly once; "
            "0 places with tracers of exhaust alone and 1 weak ones are not shown",
            "",
        ),
        ("visits", "planned for 2026-03-03", "the day after the last measurement, 2026-03-02"),
        ("routes", "routes start and end at the depot", "depot 104.00626, 30.57745"),
        ("routes", "distances are straight lines times 1.25, at 36 km/h", "no street network"),
    ],
)
def test_the_manifest_tells_each_decision_once(run: Run, item: str, decision: str, evidence: str) -> None:
    """What was believed, with the evidence for it."""
    assert sum(i == item and d.startswith(decision) and evidence in e for i, d, e in decisions_of(run)) == 1


def test_no_decision_is_told_that_was_not_taken(run: Run, driven: Run) -> None:
    """A cap is set, no position is doubtful, every zone is declared; with streets no detour is taken."""
    for this in (run, driven):
        told = " ".join(d for _, d, _ in decisions_of(this))
        for words in ("CAP", "no visit is proposed", "doubted", "regions with a grid", "shown in"):
            assert words not in told
    assert not any("straight lines" in d for _, d, _ in decisions_of(driven))
    assert any(d.startswith("street network of 1 lines") for _, d, _ in decisions_of(driven))
    assert any(d.startswith("distances are shortest times on the street network") for _, d, _ in decisions_of(driven))


def test_the_manifest_tells_each_refusal_once_with_its_place(run: Run) -> None:
    """The loose file, the damaged packet, three lines of edits, and the site beyond 10 km and twice its error."""
    told = [(r["item"], r["where"], r["reason"]) for r in run.json("manifest.json")["rejects"]]
    expected = [
        ("notes.txt", "file", "not used, no reader takes it"),
        ("monitors/hj212.log", "byte 282", "1 packets refused: CRC"),
        ("edits.csv", "line 5", "action 'drop' is not known"),
        ("DJI_0005.JPG", "edits.csv line 4", "rejected by hand: finger"),
        (made.HAND, "edits.csv line 3", "rejected by hand: closed for good"),
        ("registers/sites.csv", f"far ({made.FAR})", "10.4 km from the nearest measurement"),
    ]
    assert len(told) == len(expected)
    for item, where, reason in expected:
        assert sum(i == item and w == where and reason in r for i, w, r in told) == 1, (item, told)


def test_the_manifest_hashes_what_was_written(run: Run) -> None:
    """Each output as it lies on the disk, sorted by name; it is not among them itself."""
    outputs = run.json("manifest.json")["outputs"]
    names = [record["path"] for record in outputs]
    assert names == sorted(set(names)) and "manifest.json" not in names
    wanted = {"trace.nc", "cube.nc", "ortho.tif", "report.html", "routes.xlsx", "plumes.geojson", "poses.geojson"}
    assert set(names) >= wanted | {"segments.geojson"} | {f"why/H00{k}.png" for k in (1, 2, 3, 4)}
    there = [path.relative_to(run.out).as_posix() for path in run.out.rglob("*") if path.is_file()]
    assert {name for name in there if not name.startswith(".")} == {*names, "manifest.json"}
    for record in outputs:
        assert record["sha256"] == hashlib.sha256((run.out / record["path"]).read_bytes()).hexdigest()


def test_the_manifest_keeps_the_settings_that_held(run: Run) -> None:
    """Those of mission.toml, in the rooms that they belong to."""
    settings = run.json("manifest.json")["settings"]
    routes = settings["routes"]
    assert (routes["teams"], routes["speed_km_h"], routes["detour_factor"]) == (1, 36.0, 1.25)
    assert (routes["shift_start"], routes["time_zone"]) == ("08:30", "Asia/Shanghai")
    assert routes["depot"] == pytest.approx(made.lonlat(*made.DEPOT), abs=1e-7)
    assert settings["tracks"]["lag_of"] == [["ch4", 6.0], ["so2", 9.0]]
    visits = settings["visits"]
    assert (visits["yearly_cap"], visits["measure_probability"], settings["crs"]) == (2, 0.2, "EPSG:32648")
