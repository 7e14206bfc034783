"""The whole job on a mission made by hand: the report, what is returned, and what a check tells."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta

import pytest

from ingest.coordinates import wgs84_from_gcj02
from onevisit.check import check_mission
from onevisit.result import Options
from tests.onevisit import small_mission as made
from tests.onevisit.job.made_run import Run, decisions_of, each_hotspot, hotspot_of, plume_of
from tests.onevisit.small_mission import LEAK, PAINTER, QUARRY, SMELTER, TANNERY, Works


def test_the_report_begins_with_what_was_measured_and_found(run: Run) -> None:
    """Six ways of 2.4 km and one more; 53 min 20 s and 3 min 20 s; local times."""
    text = run.report
    for words in (
        "2026-03-01 22:30 – 2026-03-02 00:33 Asia/Shanghai",
        "1,407 rows in 2 outings over 16.8 km, 57 min of measuring.",
        "4 photos, 4 of them in mosaics.",
        "4 hotspots above the background; met again beyond chance: 2. Sites proposed for one combined visit: 2; "
        "to be measured again: 1; to be settled off site: 2.",
        "hotspots 4 met again, beyond chance 2 visits proposed 2 routes 1 listed sites in reach 7 photos in mosaics "
        "4 / 4",
        "to be measured again before anything else, never a reason to enter: H003, H004.",
        "table of rejects: 6.",
    ):
        assert words in text, words
    assert "No yearly cap" not in text and "Calm or unknown wind" not in text


def test_the_report_says_the_same_in_chinese(driven: Run) -> None:
    """The same counts, in the other language, and not in this one."""
    text = driven.report
    for words in (
        "2 个航次，1,407 行数据，行程 16.8 km，测量 57 分钟。",
        "发现热点 4 处，其中 2 处重复检出且非偶然。",
        "拟开展一次综合检查的点位 2 个，须复测 1 个，可非现场处置 2 个。",
        "热点 4 重复检出，非偶然 2 拟入企检查 2 检查路线 1 范围内名录点位 7",
        "剔除记录）：5 项。",
        "2 站 · 7.5 km · 行车 12 分钟 · 08:35 至 10:51 · 按路网计算",
        "6 次通过中 4 次",
        "风向 330°，3.0 m s⁻¹",
    ):
        assert words in text, words
    assert "hotspots above the background" not in text and 'lang="zh-CN"' in (driven.out / "report.html").read_text(
        encoding="utf-8"
    )


@each_hotspot
def test_the_reports_card_of_a_hotspot_says_what_the_map_says(run: Run, works: Works) -> None:
    """Background, passes, chance, wind, local times, place and the candidates' probabilities."""
    h, _ = hotspot_of(run, works)
    species = works.species
    printed = {"ch4": "CH₄", "so2": "SO₂", "tvoc": "TVOC"}[species]
    card = run.report.split(f" {h['id']} {printed} ", 1)[1].split("Show on the map", 2)[1]
    unit = {"ch4": "ppm", "so2": "ppb", "tvoc": "µg m⁻³"}[species]
    first, last = (datetime.fromisoformat(h[f"{k}_seen"]) + timedelta(hours=8) for k in ("first", "last"))
    times = f"{first:%Y-%m-%d %H:%M}" + (f" – {last:%H:%M}" if f"{first:%H:%M}" != f"{last:%H:%M}" else "")
    assert f"Background {h['background']:.{1 if species == 'tvoc' else 2}f} {unit}" in card
    assert f"Seen in {h['passes_seen']} of {h['passes_crossed']} passes" in card
    chance = {SMELTER: "p < 0.001", TANNERY: "p = 0.0015", PAINTER: "", QUARRY: ""}[works]
    assert (f"By chance alone {chance} on this map" in card) is bool(chance)
    assert "Wind from 330° at 3.0 m s⁻¹" in card
    assert f"When {times} " in card
    assert f"{h['lon']:.5f}, {h['lat']:.5f} ± {120 if works is QUARRY else 12} m" in card
    assert f"Area {h['area_m2']:.0f} m²" in card
    best = h["sites"][0]
    distance = f"{best['distance_m']:.2g}"
    assert f"{works.name} {float(distance):.0f} m" in card
    assert f"{100 * best['probability']:.0f} %" in card
    assert f"None of these: {100 * h['none_of_these']:.0f} %" in card


def test_the_report_lists_the_plume_that_no_hotspot_tells_of(run: Run) -> None:
    """The leak's, met once and weak: height, place, width and outing; the others are told by their hotspots."""
    text = run.report.split("Plumes that are no place", 2)[1].split("Leads", 1)[0]
    plume = plume_of(run, LEAK, 4)
    assert text.count("CH₄ ") == 1 and "SO₂" not in text and "TVOC" not in text
    assert re.search(
        rf"CH₄ {plume['maximum']:.3f} ± 0\.011 ppm {plume['snr']:.2g} in 1 of 6 passes 2026-03-01 23:10", text
    )
    why = "not agreed by passes, nor clear alone"
    assert f"{plume['lon']:.5f}, {plume['lat']:.5f} ± 1.2 m {plume['width_m']:.0f} m {why} a" in text
    assert plume["maximum"] == pytest.approx(LEAK.height, abs=3.5 * made.NOISE["ch4"])


def test_the_reports_routes_say_how_often_a_site_was_visited(run: Run) -> None:
    """One daily visit of the year counts for the tannery: not the case, not last year's, not tomorrow's."""
    text = run.report.split("Visits and routes", 2)[2].split("Traces", 1)[0]
    assert "2 stops · 8.2 km · 14 min driving · 08:35 to 10:52 · straight lines with a detour factor" in text
    for name, used in (("tannery", 1), ("smelter", 0)):
        row = re.search(rf"\d \d\d:\d\d – \d\d:\d\d {name} .*?(?= \d \d\d:\d\d – |$)", text)
        assert row and f"not counted against the cap; {used} of 2 this year" in row.group()
        visit = next(p for p in run.properties("visits.geojson") if p["name"] == name)
        assert f"{visit['arrive'][11:16]} – {visit['leave'][11:16]}" in row.group()
        assert f"GCJ-02 {visit['gcj02_lon']:.6f}, {visit['gcj02_lat']:.6f}" in row.group()


def test_the_report_counts_the_rows_passes_and_plumes_of_each_plot(run: Run) -> None:
    """Flagged are those that no estimate uses: by hand, and the ends without a value."""
    text = run.report
    for words in (
        f"CH₄ a 1,206 rows · 6 passes · 6 plumes · {made.REMOVED_ROWS + 6 * 6} flagged",
        f"SO₂ a 1,206 rows · 6 passes · 5 plumes · {made.REMOVED_ROWS + 6 * 9} flagged",
        "TVOC b 201 rows · 1 passes · 1 plumes · 0 flagged",
        "rgb 4 of 4 photos · ground pixel 40 cm",
    ):
        assert words in text, words


def test_the_report_repeats_every_decision_and_refusal(run: Run) -> None:
    """Word by word, and the stages with their counts."""
    text = run.report
    for item, decision, evidence in decisions_of(run):
        assert " ".join(f"{item} {decision} {evidence}".split()) in text
    for reject in run.json("manifest.json")["rejects"]:
        assert " ".join(f"{reject['item']} {reject['where']} {reject['reason']}".split()) in text
    for stage in run.json("manifest.json")["stages"][:-1]:
        counts = f"{stage['in']} {stage['out']} {stage['flagged']} {stage['rejected']}"
        assert re.search(rf"{stage['name']} [^A-Za-z]*{counts}|{stage['name']} {counts}", text.replace(",", "")), (
            stage
        )


def test_what_is_returned_counts_what_was_written(run: Run) -> None:
    """Counts, lines for a person, and the shares of the job on the way, which only grow."""
    counts = {k: v for k, v in run.summary.items() if k not in ("lines", "out", "decisions")}
    assert counts == {
        "hotspots": 4,
        "single_sightings": 2,
        "leads": 6,
        "visits": 2,
        "routes": 1,
        "rejects": 6,
        "urgent": 0,
        "redrives": 2,
        "redrive_flights": 0,
    }
    assert run.summary["decisions"] == len(decisions_of(run))
    assert run.summary["out"] == str(run.out)
    first = run.summary["lines"][0]
    assert first == "4 hotspots, 2 of them met once or not beyond chance; 6 leads, 2 visits on 1 routes"
    lost = "not used: 1 file as a whole, 3 groups of rows or items of other files, 2 other things"
    assert run.summary["lines"][1] == lost
    assert run.summary["lines"][2].startswith(f"6 rejected, {len(decisions_of(run))} decisions")
    assert {k: v for k, v in run.json("manifest.json")["summary"].items() if k in counts} == counts
    shares = [share for _, share in run.said if share is not None]
    assert shares == sorted(shares) and shares[0] == 0.0 and shares[-1] < 1.0
    said = [what for what, _ in run.said]
    assert said[0] == "reading the mission"
    for what in (
        "following drive 1 of 2",
        "following drive 2 of 2",
        "placing 4 rgb photos",
        "weighing who explains 4 hotspots",
    ):
        assert said.count(what) == 1


def test_check_tells_what_was_found_without_working_on_it(run: Run) -> None:
    """Rows, times in UTC, species with unit and flagged rows of a trace; places of photos and sites; records."""
    told = check_mission(run.root, Options(), on_stage=lambda _what, _share: None)
    lines = {line["item"]: line["what"] for line in told["found"]}
    assert Counter(line["kind"] for line in told["found"]) == {"trace": 2, "photo": 4, "site": 8, "monitor": 1}
    assert lines["a"] == ("1206 rows, 2026-03-01 14:30:00 to 15:23:20 UTC, ch4 [ppm], so2 [ppb]; 5 rows flagged")
    assert lines["b"] == "201 rows, 2026-03-01 16:30:00 to 16:33:20 UTC, tvoc [ug m-3]; 0 rows flagged"
    lon, lat = made.lonlat(made.FLIGHT_AT[0] - 20.0, made.FLIGHT_AT[1] - 15.0)
    assert lines["images/DJI_0001.JPG"] == f"rgb, M3T, {lon:.6f} {lat:.6f}, 100 m above take-off"
    lon, lat = made.lonlat(*TANNERY.place)
    away = wgs84_from_gcj02(lon, lat)
    assert lines[TANNERY.code] == (
        f"tannery, {lon:.5f} {lat:.5f} ± 30 m, WGS 84 (declared), or {away[0]:.5f} {away[1]:.5f} ± 30 m, GCJ-02 (11%)"
    )
    assert lines[made.MN].startswith("2 hour records, 2026-03-01 01:00 to 03-01 02:00 UTC: ")
    assert len(told["rejects"]) == 5 and len(told["decisions"]) < len(decisions_of(run))
