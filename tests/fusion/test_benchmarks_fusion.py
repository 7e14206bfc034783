"""The benchmarks of the room run, so that they cannot rot."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from benchmarks import (
    peers_fusion,
    real_air_scores,
    skill,
    skill_fusion,
    skill_hotspots,
    skill_places,
    speed_fusion,
    stations_scores,
)
from benchmarks.drawn_stations import draw_release
from benchmarks.peers_stations import PEERS
from benchmarks.real_air import read_folder
from benchmarks.real_air_scores import AirScore, section
from benchmarks.stations_scores import StationsScore, score_seeds, stations_section
from fusion import FusionSettings
from fusion.hotspots.crossings import find_crossings
from onevisit.truth.score.measures import ratio, share
from onevisit.truth.score.score import Scores


def test_false_alarms_are_counted_on_every_made_map(tmp_path: Path) -> None:
    """Two maps of each kind, without the real data: two rows each, nothing recurs, and no page.

    Lognormal values are far above what a robust noise makes of them: single plumes stand out of them, and the row
    says that the target is missed.
    """
    choice = skill_hotspots.Choice(("maps", "real", "references"), maps=2, workers=1)
    rows = list(skill_hotspots.run_all(tmp_path / "none", tmp_path, choice, FusionSettings(surrogates=99)))
    assert len(rows) == 8 and not choice.complete
    assert all(row.measured.startswith("0.0%") and row.met for row in rows[::2])
    singles = {row.case.partition(":")[0]: (float(row.measured.split()[0]), row.met) for row in rows[1::2]}
    assert singles.pop("smooth fields on 16 × 16 cells") == (0.0, True)
    assert len(singles) == 3 and all(met is (found <= 1.0) for found, met in singles.values())
    text = skill_hotspots.page(rows, 1.0)
    assert text.count("| ≤ 6 % |") == text.count("| ≤ 1 per 100 km |") == 4


def test_made_passes_of_one_map_are_drives_of_their_own() -> None:
    """At one moment on one road they would be loggers of one vehicle, which cannot agree by chance."""
    for tracks in (
        skill_hotspots._drives([np.arange(500.0)] * 3),
        skill_hotspots._flights([np.arange(256.0).reshape(16, 16)] * 3),
    ):
        found = find_crossings(tracks, "EPSG:4544")
        assert found.vehicle.tolist() == [0, 1, 2] and len(found.drives) == 3


def test_alarms_are_told_by_map_and_by_way() -> None:
    """One of four maps has recurrent hotspots; three single ones on 200 km are 1.5 for every 100 km."""
    scores = [
        skill_hotspots.MapScore(recurrent, single, 50.0, False)
        for recurrent, single in ((2, 0), (0, 3), (0, 0), (0, 0))
    ]
    share, single = skill_hotspots._alarm_rows("maps", scores)
    assert share.measured.startswith("25.0% ±") and not share.met
    assert single.measured.startswith("1.50 ±") and single.measured.endswith("over 200 km") and not single.met


def test_the_way_of_a_map_is_that_of_its_passes() -> None:
    """500 samples 8 m apart are 3.992 km; rows in no pass, and the step to another pass, do not count."""
    [track] = skill_hotspots._drives([np.arange(500.0)])
    assert skill_hotspots._length_km(track) == pytest.approx(3.992, rel=2e-3)
    track.passes["pass_index"][:100] = -1
    track.passes["pass_index"][300:] = 1
    assert skill_hotspots._length_km(track) == pytest.approx((199 + 199) * 0.008, rel=2e-3)


def _collection(path: Path, features: list[dict[str, object]]) -> None:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def _place(east_m: float, species: str, **properties: object) -> dict[str, object]:
    """A place of 20 m by 20 m so far east of the leak of Hamburg."""
    lon, half = 9.8896 + east_m / 66_120.0, 10.0 / 66_120.0
    box = shapely.box(lon - half, 53.6140 - 9e-5, lon + half, 53.6140 + 9e-5)
    own = {"lon": lon, "lat": 53.6140, "species": species, **properties}
    return {"type": "Feature", "geometry": json.loads(shapely.to_geojson(box)), "properties": own}


def test_a_known_leak_is_the_first_place_and_strong_plumes_are_in_places(tmp_path: Path) -> None:
    """15 m off first, 400 m off second; of three plumes above 100 σ one is of no species there, one 35 m beside."""
    places = [_place(15.0, "co2", others=["ch4"]), _place(400.0, "ch4")]
    met_by = (30.0, "ch4", 2000.0), (30.0, "nox", 101.0), (445.0, "ch4", 150.0), (900.0, "ch4", 100.0)
    plumes = [_place(east, name, snr=snr) for east, name, snr in met_by]
    _collection(tmp_path / "plumes.geojson", plumes)
    for order, said, met in ((1, "first place 15 m off; nearest is number 1 of 2, 15 m off", True),
                             (-1, "first place 400 m off; nearest is number 2 of 2, 15 m off", False)):  # fmt: skip
        _collection(tmp_path / "hotspots.geojson", places[::order])
        leak, strong = skill_places.hold_places(skill_places.REAL[0], tmp_path)
        assert (leak.measured, leak.met) == (said, met)
        assert strong.measured == "1 of 3 (4 plumes, 2 places)" and not strong.met
    _collection(tmp_path / "hotspots.geojson", [])
    assert next(skill_places.hold_places(skill_places.REAL[0], tmp_path)).measured == "no place"
    _collection(tmp_path / "plumes.geojson", plumes[3:])
    [none] = skill_places.hold_places(skill_places.REAL[1], tmp_path)
    assert none.measured == "0 of 0 (1 plumes, 0 places)" and none.met is None


def test_simulated_missions_are_held_against_their_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine of ten sources recalled meets 90 %, 11 places of 10 sources meet 1.1; what has no target is a baseline."""
    measures = (
        share("hotspots.recall", "", [True] * 9 + [False]),
        ratio("hotspots.per_source", "", "", [(2.0, 1.0)] + [(1.0, 1.0)] * 9),
        share("hotspots.precision", "", [True] * 96 + [False] * 4),
    )

    def run_all(seeds: range, case: skill.Case, folder: Path, **_options: object) -> skill.Bench:
        runs = tuple(skill.Run(s, Scores(s, case.size, measures), 0.0, 0.0, 0.0, True) for s in seeds)
        return skill.Bench(case, runs, ((9, "broke"),) if case.world == 2 else (), 1.0)

    monkeypatch.setattr(skill, "run_all", run_all)
    rows = {r.case: r for r in skill_places.simulated(tmp_path, first=0, missions=2)}
    recall = rows["world 1, demo, 2 missions: recall"]
    assert (recall.today, recall.target, recall.measured, recall.met) == (
        "73 %",
        "≥ 90 %",
        "90 % (90 to 90; n = 20)",
        True,
    )
    assert rows["world 1, demo, 2 missions: places for each source shown"].met is True
    assert rows["world 1, demo, 2 missions: precision"].met is False
    assert rows["world 1, demo, 2 missions: likeliest explanation right"].measured == "–"
    assert (rows["world 2, demo, 2 missions: recall"].target, rows["world 2, demo, 2 missions: recall"].met) == (
        "baseline",
        None,
    )
    assert rows["world 2, district: missions that failed"].measured == "1"
    only = list(skill_places.simulated(tmp_path, first=0, worlds=(1,)))
    assert {row.case.split(":")[0] for row in only} == {
        "world 1, demo, 100 missions",
        "world 1, district, 40 missions",
    }


def test_shuffled_plumes_stay_whole() -> None:
    """The values of a pass are the same in another order, and a plume is not cut."""
    values, plume = np.arange(400.0), np.full(400, -1)
    plume[50:70] = 3
    shuffled = skill_hotspots._shuffle_pieces(values, plume, np.random.default_rng(0))
    assert sorted(shuffled) == sorted(values) and not np.array_equal(shuffled, values)
    at = int(np.flatnonzero(shuffled == 50.0)[0])
    np.testing.assert_array_equal(shuffled[at : at + 20], np.arange(50.0, 70.0))


def test_references_equal(shared_data: Path) -> None:
    """Gi* and the scan statistic meet their published numbers."""
    assert all(row.met for row in skill_hotspots.references(shared_data))


@pytest.mark.slow
def test_speed_is_measured_on_small_arrays(tmp_path: Path) -> None:
    """Every case gives a row; a page that was written is read back."""
    rows = speed_fusion.run_all(
        side=120, points=20_000, repeats=1, city=(4, 50, 2), many=(30, 11, 1.0), wide=(1, 90, 2.0)
    )
    assert len(rows) == 8
    page = tmp_path / "page.md"
    page.write_text(speed_fusion.page(rows), encoding="utf-8")
    assert "| 2e+04 samples of one pass onto 120 × 120" in page.read_text(encoding="utf-8")
    assert speed_fusion.read_page(page) == rows


def test_a_release_is_located(shared_data: Path) -> None:
    """The first run of Prairie Grass: a row a figure, and the truth is not far across the wind."""
    rows = skill_fusion.run_all(shared_data, runs=1)
    releases = skill_fusion.read_releases(shared_data / "fusion" / "prairie_grass_1956")
    assert len(releases) == 53 and releases[0].rate == 77_800.0
    assert float(rows[3].everything.split()[0]) < 30.0
    assert "| one arc at 200 m: truth" in skill_fusion.page(rows, 1.0)


def _air_folder(folder: Path) -> Path:
    """A folder of real air by hand: four points about a source, wind from four sides, a site beside it."""
    (folder / "dev").mkdir(parents=True)
    names = {"E": (30, 0), "N": (0, 30), "W": (-30, 0), "S": (0, -30)}
    rows = [f"{n},{x},{y},2" for n, (x, y) in names.items()]
    (folder / "sensors.csv").write_text("\n".join(["sensor,x_m,y_m,z_m", *rows]), encoding="utf-8")
    (folder / "sites.csv").write_text("site,x,y\nA,0,0\nB,22,22\n", encoding="utf-8")
    obs, met = ["time,E,N,W,S,battery"], ["time,wind_speed_m_s,wind_from_deg"]
    for k in range(24):
        stamp, side = f"2026-05-01T{10 + k // 12:02d}:{k % 12 * 5:02d}:00Z", k % 4
        wobble = 0.01 * (k % 5)
        obs.append(",".join([stamp, *(str(2 + wobble + (4.0 if j == side else 0.0)) for j in range(4)), "12"]))
        met.append(f"{stamp},2.5,{(270, 180, 90, 0)[side] + 3 * (k % 3) - 3}")
    (folder / "dev" / "obs.csv").write_text("\n".join(obs), encoding="utf-8")
    (folder / "dev" / "met.csv").write_text("\n".join(met), encoding="utf-8")
    truth = "source_x_m,source_y_m,rate_kg_h\n0,0,0\n0,0,1.8\n"
    (folder / "dev" / "truth.csv").write_text(truth, encoding="utf-8")
    return folder


def test_real_air_is_read_by_its_headings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A column a sensor, kg/h, wind in a table of its own; what is not understood is said."""
    (run,) = read_folder(_air_folder(tmp_path / "air"), "dev")
    assert [s.name for s in run.readings.sensors] == ["E", "N", "W", "S"]
    assert run.readings.value[:1] == pytest.approx(6.0 * 16.043e-6 * 101_325 / (8.314462618 * 288.15), rel=1e-4)
    (mast,) = run.readings.masts
    assert mast.u[0] == pytest.approx(2.5 * np.cos(np.radians(3))) and mast.time[1] - mast.time[0] == 300.0
    (truth,) = run.truth
    assert (truth.x, truth.y, truth.site) == (0.0, 0.0, "A") and truth.rate_g_s == pytest.approx(0.5)
    assert "columns not used: battery" in capsys.readouterr().err


@pytest.mark.slow
def test_real_air_and_stations_are_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line of JSON a run from either side of the interface; the source in the middle is found."""
    folder = _air_folder(tmp_path / "air")
    assert skill_fusion.main(["--real-air", str(folder), "--runs", "dev"]) == 0
    assert skill_fusion.main(["--stations", str(folder)]) == 0
    place, site = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert [*place] == ["set", "run", "error_m", "inside90", "rate_ratio", "rate_inside90"]
    assert place["set"] == "air" and place["error_m"] < 12.0 and place["inside90"]
    assert [*site] == ["run", "truth", "probabilities", "none"] and site["truth"] == "A"
    assert site["probabilities"]["A"] > site["probabilities"]["B"]
    with pytest.raises(SystemExit):
        skill_fusion.main(["--runs", "dev"])


def test_section_of_real_air() -> None:
    """A row a set with medians and exact intervals."""
    scores = [AirScore("a", str(k), float(k), k > 0, 1.0 + k, True) for k in range(3)]
    assert "| a | 3 | 1.0 m | 2 of 3 [9%–99%] | 2.00 | 2 of 3 [9%–99%] | 3 of 3 [29%–100%] |" in section(scores)


@pytest.mark.parametrize("name", PEERS)
def test_peers_name_the_site_upwind(tmp_path: Path, name: str) -> None:
    """Of a site in the middle and one beside it, in a wind that comes over the middle to each sensor in turn."""
    (run,) = read_folder(_air_folder(tmp_path / "air"), "dev")
    scores = PEERS[name](run.readings, np.array([0.0, 22.0 + 22.0j]))
    assert scores[0] > 1.5 * scores[1]


def test_section_of_drawn_stations() -> None:
    """Shares with exact intervals, means by hand, and the peers below."""
    scores = [StationsScore(k, k > 0, 0.3 * k + 0.3, 0.1, 0.8, (True, k > 1, False)) for k in range(3)]
    text = stations_section(scores)
    assert "| this program | 2 of 3 [9%–99%] | 0.60 |" in text
    assert "| wind cone | 0 of 3 [0%–71%] | – |" in text and "below 0.5 in 1 of 3" in text


def test_sections_about_air_stay_where_others_are_measured() -> None:
    """Of a page with either section or both, the page before them and they themselves, without the peers."""
    head, peers = "# Skill\n\n", f"{peers_fusion.HEADING}\n\nrows\n"
    air, stations = f"{real_air_scores.HEADING}\n\nair\n\n", f"{stations_scores.HEADING}\n\nsites\n\n"
    for sections in (air + stations, stations, air, ""):
        page = head + sections + peers
        assert skill_fusion._without_air(page) == head
        assert skill_fusion._former_air(page) == sections.rstrip("\n")


@pytest.mark.slow
def test_a_drawn_release_is_the_same_again_and_scored() -> None:
    """One seed, one release: five sites, eight sensors, two hours or more; its score names the true site."""
    one, again = draw_release(6), draw_release(6)
    np.testing.assert_array_equal(one.readings.value, again.readings.value)
    assert one.x.size == 5 and len(one.readings.sensors) == 8 and np.ptp(one.readings.time) >= 7000.0
    (score,) = score_seeds([6])
    assert score.right and score.probability > 0.9 and len(score.peers) == len(PEERS)


def test_without_releases_nothing_is_scored(tmp_path: Path) -> None:
    """No rows, no page."""
    assert skill_fusion.run_all(tmp_path) == []


def _peer(folder: Path, script: str) -> Path:
    """An environment whose Python is a script."""
    (folder / "lib" / "python3" / "site-packages" / "pyelq").mkdir(parents=True)
    program = folder / "bin" / "python"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return folder


def test_a_made_drive_is_located() -> None:
    """Six passes of one source: a plume on each street, and the place nearer than the nearer street (tuning seed)."""
    drive = peers_fusion.simulate_drive(0, FusionSettings())
    assert len(drive.binned) == 6 and 150 <= drive.observations <= 300
    assert min(p.value.max() for p in drive.binned) > 5 * peers_fusion.NOISE_PPM
    assert peers_fusion.locate_here(drive, FusionSettings()).error_m < peers_fusion.STREETS_M[0] / 2


def test_the_peer_is_compared_in_a_section(tmp_path: Path) -> None:
    """What the peer says becomes a row, its distance from the truth and a verdict; a later page keeps it."""
    peers = _peer(tmp_path, "cat > /dev/null; echo a warning; echo '[30.0, 40.0, 12.0, 4.0, 0.001]'")
    found = peers_fusion.compare(peers, seeds=(0,))
    assert found[0][2] == peers_fusion.Located(50.0, 12.0, 0.001, 4.0)
    text = peers_fusion.section(found)
    assert "| 50 m | 12 m | 4.0 |" in text
    assert "| at least as near | 15 m against 50 m (nearest: 12 m) | yes |" in text
    assert "| **no** |" in text.splitlines()[-1]
    assert peers_fusion.former_section(f"# A page\n\n{text}") == text


def test_a_peer_without_a_source_is_infinitely_far(tmp_path: Path) -> None:
    """A chain that ends without a source is told so, and is no undefined median."""
    peers = _peer(tmp_path, "cat > /dev/null; echo '[NaN, NaN, NaN, 0.0, 100.0]'")
    text = peers_fusion.section(peers_fusion.compare(peers, seeds=(0,)))
    assert "against inf m" in text and "nan" not in text


def test_a_peer_that_is_not_there_is_not_run(tmp_path: Path) -> None:
    """Without an environment, or in one without it, there is no row, and the page says so."""
    for peers in (None, tmp_path):
        assert peers_fusion.compare(peers, seeds=(0,)) == []
    text = peers_fusion.section([])
    assert "not run here" in text and peers_fusion.former_section(text) is None


def test_a_peer_that_fails_is_told_with_its_message(tmp_path: Path) -> None:
    """A peer that ends in an error is no row of the table."""
    peers = _peer(tmp_path, "echo no coverage >&2; exit 3")
    with pytest.raises(RuntimeError, match="no coverage"):
        peers_fusion.compare(peers, seeds=(0,))
