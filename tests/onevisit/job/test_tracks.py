"""The whole job on a mission made by hand: road segments and plumes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onevisit.job import process_mission
from onevisit.result import Options
from tests.onevisit import small_mission as made
from tests.onevisit.job.made_run import SPECIES, Run, decisions_of, iso, plume_of, rows_of, start_of
from tests.onevisit.small_mission import LEAK, PAINTER, QUARRY, SOURCES, TANNERY, Works

# --- road segments -------------------------------------------------------------------------------------------------


def _segments(run: Run, species: str) -> list[tuple[float, float, dict[str, Any]]]:
    """Where each segment begins and ends along the street, and its properties."""
    found = []
    for feature in run.json("segments.geojson")["features"]:
        if feature["properties"]["species"] == species:
            x = [made.metres(*point)[0] for point in feature["geometry"]["coordinates"]]
            found.append((min(x), max(x), feature["properties"]))
    return found


@pytest.mark.parametrize("species", ["ch4", "so2", "tvoc"])
def test_road_segments_have_the_median_of_the_means_of_their_passes(run: Run, species: str) -> None:
    """On every 30 m of both streets: what was in five and in four of six passes is there, what was in one is not."""
    segments = _segments(run, species)
    passes = 1 if species == "tvoc" else made.PASSES
    assert len(segments) == pytest.approx(2400 / 30, abs=2)
    rows = [rows_of(species, number)[1] for number in range(passes)]
    for west, east, told in segments:
        means = [
            np.mean(made.air(species, number, on))
            for number, x in enumerate(rows)
            if len(on := x[(x >= west) & (x <= east)])
        ]
        noise = made.NOISE[species]
        # A row at a border may be the neighbour's: a tenth of the plume's height, and the noise of a mean of rows.
        close = 0.1 * max(np.max(made.air(species, number, np.array([west, east]))) for number in range(passes))
        assert told["enhancement"] == pytest.approx(np.median(means), abs=2 * close + 3 * noise), (west, east)
        assert told["median"] - told["enhancement"] == pytest.approx(made.BACKGROUND[species], abs=3 * noise)
        assert (told["unit"], told["street"]) == (made.UNIT[species], "")
        assert len(means) - 1 <= told["passes"] <= len(means)
        assert told["length_m"] == pytest.approx(30.0, abs=8.0)
        assert (told["median_low"] is None) == (told["passes"] < 3)


def test_road_segments_know_when_they_were_driven(run: Run) -> None:
    """The segment in the middle of the street: from the first pass to the last."""
    west, _, told = next(s for s in _segments(run, "so2") if s[0] <= 1209 <= s[1])
    first, last = made.second_of(0, west), made.second_of(5, west)
    for name, second in (("first", first), ("last", last)):
        time = datetime.fromisoformat(told[name]).replace(tzinfo=None)
        assert abs((time - made.START_A - timedelta(seconds=second)).total_seconds()) <= 4, name


def test_a_decision_says_where_road_segments_come_from(run: Run, driven: Run) -> None:
    """Without a network, and with one that is not below the drives."""
    [own], [ring] = (
        [(decision, why) for item, decision, why in decisions_of(this) if item == "segments"]
        for this in (run, driven)
    )
    assert own[0] == ring[0] and own[0].endswith("road segments of about 30 m made from the tracks")
    assert own[1] == "no street network was given"
    assert ring[1].endswith("moving rows are on a street within 15 m")


def test_a_street_driven_once_has_no_road_segments(tmp_path: Path) -> None:
    """No file, no layer, and a decision that says why."""
    root = tmp_path / "park"
    made.write_mission(root, flown=False)
    (root / "traces" / "a.csv").unlink()
    process_mission(root, tmp_path / "out", Options(), on_stage=lambda _what, _share: None)
    once = Run(root, tmp_path / "out", {}, [])
    assert not (once.out / "segments.geojson").exists()
    assert 'data-layer="segments"' not in (once.out / "report.html").read_text(encoding="utf-8")
    [(decision, why)] = [(d, e) for item, d, e in decisions_of(once) if item == "segments"]
    assert decision == "medians of road segments are not mapped"
    assert re.fullmatch(r"no street network was given; 0 of \d+ segments of the tracks were passed .*", why)


# --- plumes --------------------------------------------------------------------------------------------------------


def _true_plumes() -> list[tuple[Works, int]]:
    return [(w, k) for s in SPECIES for k in range(6) for w in SOURCES if w.species == s and k in w.on]


def test_there_is_a_plume_for_each_time_that_one_was_crossed_and_no_other(run: Run) -> None:
    """Twelve plumes in order of outing, species and time."""
    told = [(p["species"], p["pass_index"]) for p in run.properties("plumes.geojson")]
    assert told == [(w.species, k) for w, k in _true_plumes()]


@pytest.mark.parametrize(("works", "number"), [(w, k) for w, k in _true_plumes() if w is not LEAK])
def test_a_plume_is_as_high_wide_and_timed_as_it_was_made(run: Run, works: Works, number: int) -> None:
    """It begins and ends with the last row above a tenth of its maximum; area is the trapezoidal sum over them."""
    plume = plume_of(run, works, number)
    second, x = rows_of(works.species, number)
    air = made.air(works.species, number, x)
    noise = made.NOISE[works.species]
    near = np.flatnonzero((np.abs(x - works.crossing) < 200) & (air >= 0.1 * works.height))
    peak = int(np.argmin(np.abs(x - works.crossing)))
    first = start_of(works.species)
    assert plume["trajectory"] == ("b" if works is QUARRY else "a")
    assert plume["start"] == iso(first + timedelta(seconds=second[near[0]]))
    assert plume["peak"] == iso(first + timedelta(seconds=second[peak]))
    assert plume["end"] == iso(first + timedelta(seconds=second[near[-1]]))
    assert plume["width_m"] == pytest.approx(abs(x[near[-1]] - x[near[0]]), abs=0.1)
    assert plume["maximum"] == pytest.approx(works.height, abs=3.5 * noise)
    assert plume["background"] == pytest.approx(made.BACKGROUND[works.species], abs=0.5 * noise)
    assert plume["area"] == pytest.approx(np.trapezoid(air[near], np.abs(x[near] - x[near[0]])), rel=0.02)
    assert plume["noise_sd"] == pytest.approx(noise, rel=0.15)
    assert plume["snr"] == pytest.approx(plume["maximum"] / plume["noise_sd"], rel=1e-4)
    assert plume["unit"] == made.UNIT[works.species]
    assert made.metres(plume["lon"], plume["lat"]) == pytest.approx((works.crossing, works.street), abs=0.1)
    assert plume["position_sd_m"] == pytest.approx(1.2, abs=0.4)
    crossed = 1 if works is QUARRY else 6
    assert (plume["passes_seen"], plume["passes_crossed"]) == (len(works.on), crossed)


def test_plumes_of_one_works_share_a_source_and_of_two_do_not(run: Run) -> None:
    """Within a species of one outing."""
    sources = {(w.code, k): plume_of(run, w, k)["source"] for w, k in _true_plumes()}
    assert len({sources[TANNERY.code, k] for k in TANNERY.on}) == 1
    assert len({sources[TANNERY.code, 0], sources[PAINTER.code, 2], sources[LEAK.code, 4]}) == 3
