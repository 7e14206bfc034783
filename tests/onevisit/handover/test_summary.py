"""What the report says first: counts worked out by hand, and every doubt for its own reason."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from pyproj import CRS

from ingest.outcome import Phrase, Reject
from onevisit.handover.page.contents import Picture, RegionContents, ReportContents
from onevisit.handover.page.summary import Doubt, Summary, summarise
from onevisit.schema import Disposition, Lead

Make = Callable[..., Any]
GRID = CRS.from_epsg(4544)
DEGREE_M = 6378137.0 * math.pi / 180
"""A degree of longitude on the equator of WGS 84."""


def lead(disposition: Disposition) -> Lead:
    """A lead that asks for this."""
    return Lead("S", "", "", 0.0, 0.0, (), (), 0.0, disposition, Phrase("a"), ())


def picture(used: int | None) -> Picture:
    """A mosaic of so many photos."""
    return Picture("rgb", np.zeros((1, 1, 4), np.uint8), 0.0, 0.0, 1.0, 1.0, used=used)


def mission(make_hotspot: Make, make_track: Make, **changes: Any) -> ReportContents:
    """Two regions, two drives, two hotspots, one of them seen once."""
    one = RegionContents(GRID, (make_track(rows=11),), (picture(3), picture(None)), (make_hotspot(),))
    late = make_track("late", rows=21)
    late.passes["time"] = late.passes["time"] + np.timedelta64(2, "h")
    two = RegionContents(GRID, (late,), (picture(4),), (make_hotspot(id="H002", single_sighting=True),))
    return replace(ReportContents("m", (one, two)), **changes)


def doubts(contents: ReportContents) -> list[Doubt]:
    """Doubts but for the missing wind."""
    return [doubt for doubt in summarise(contents).doubts if doubt.key != "doubt_wind_none"]


def test_every_count(make_hotspot: Make, make_track: Make, make_visit: Make) -> None:
    """Two outings of 11 and 21 rows: 10 + 20 s, from the first row of the one to the last of the other."""
    leads = [lead(d) for d in Disposition for _ in range(1 + list(Disposition).index(d))]
    visits = tuple(make_visit(f"S{k}", cap=2) for k in range(3))
    summary = summarise(mission(make_hotspot, make_track, leads=tuple(leads), visits=visits))
    assert replace(summary, km=0.0) == Summary(
        outings=2, rows=32, km=0.0, seconds=30.0, start=datetime(2026, 3, 1, 1, tzinfo=UTC),
        end=datetime(2026, 3, 1, 3, 0, 20, tzinfo=UTC), photos_used=7, hotspots=2, recurring=1, visits=3,
        measure_again=2, off_site=4 + 5, doubts=(Doubt("doubt_wind_none", 1), Doubt("doubt_single", 1, "H002")),
    )  # fmt: skip


def test_places_of_exhaust_and_a_table_without_levels_are_doubts(make_hotspot: Make) -> None:
    """A single one is told as single alone; that nothing can be urgent is said first."""
    hotspots = (
        make_hotspot(exhaust=True), make_hotspot(id="H2", exhaust=True, single_sighting=True), make_hotspot(id="H3")
    )  # fmt: skip
    contents = ReportContents("m", (RegionContents(GRID, hotspots=hotspots),), has_acute=False)
    assert doubts(contents) == [
        Doubt("doubt_acute", 1), Doubt("doubt_single", 1, "H2"), Doubt("doubt_exhaust", 1, "H001"),
    ]  # fmt: skip
    assert summarise(contents).recurring == 2


def test_nothing_measured_is_nothing_counted() -> None:
    """No times, no way, no doubt about a wind that nobody asked for."""
    assert summarise(ReportContents("m", ())) == Summary(0, 0, 0.0, 0.0, None, None, 0, 0, 0, 0, 0, 0, ())


@pytest.mark.parametrize(
    ("lon", "metres"),
    [
        ([0.0, 0.004, 0.0044], 0.0044 * DEGREE_M),
        ([0.0, 0.005, 0.0054], 0.0004 * DEGREE_M),
        ([0.0, 500.0 / DEGREE_M - 1e-9], 500.0),
        ([0.0, 500.1 / DEGREE_M], 0.0),
        ([0.0, math.nan, 0.002], 0.002 * DEGREE_M),
        ([0.0, math.nan, math.nan], 0.0),
        ([math.nan, math.nan], 0.0),
    ],
)
def test_the_way_is_the_sum_of_its_steps_but_for_jumps(make_track: Make, lon: list[float], metres: float) -> None:
    """On the equator; a step of more than 500 m is a gap, a row without a place is passed over."""
    track = make_track(rows=len(lon))
    passes = track.passes.assign_coords(lon=("obs", lon), lat=("obs", np.zeros(len(lon))))
    region = RegionContents(GRID, (replace(track, passes=passes),))
    assert summarise(ReportContents("m", (region,))).km == pytest.approx(metres / 1000, abs=1e-6)


def test_a_wind_that_was_measured_is_told_where_it_was_calm(
    make_hotspot: Make, make_track: Make, make_attribution: Make
) -> None:
    """Calm is told of each hotspot, unknown wind of those without a bearing; of a mission without wind once."""
    contents = mission(make_hotspot, make_track)
    first, second = contents.regions
    calm = make_hotspot(id="H003", wind_from_deg=None)
    quiet = replace(contents, regions=(first, replace(second, hotspots=(calm,))))
    assert summarise(quiet).doubts == (Doubt("doubt_wind_none", 1), Doubt("doubt_calm", 1, "H003"))
    track = make_track(u=("obs", np.zeros(600), {"units": "m s-1"}))
    windy = replace(quiet, regions=(first, replace(second, hotspots=(calm,), tracks=(track,))))
    assert summarise(windy).doubts == (Doubt("doubt_calm", 1, "H003"),)
    unknown = replace(second, hotspots=(replace(calm, wind_speed=None),))
    told = summarise(replace(windy, regions=(first, replace(unknown, tracks=(track,))))).doubts
    assert told == (Doubt("doubt_wind_unknown", 1, "H003"),)
    assert summarise(replace(quiet, regions=(first, unknown))).doubts == (Doubt("doubt_wind_none", 1),)
    borrowed = replace(unknown, tracks=(track,), attributions=(make_attribution("H003", S1=0.9),))
    assert summarise(replace(windy, regions=(first, borrowed))).doubts == ()


@pytest.mark.parametrize(("none", "is_told"), [(0.39, False), (0.4, True), (0.5, True)])
def test_a_hotspot_that_no_site_explains_better_than_none_is_told(
    make_hotspot: Make, make_track: Make, make_attribution: Make, none: float, is_told: bool
) -> None:
    """As likely as the likeliest site is already a doubt; what was not weighed is none."""
    contents = mission(make_hotspot, make_track)
    first, second = contents.regions
    attribution = replace(make_attribution(S1=0.2, S2=0.4), none_of_these=none)
    regions = (replace(first, attributions=(attribution,)), replace(second, hotspots=()))
    assert doubts(replace(contents, regions=regions)) == ([Doubt("doubt_none", 1, "H001")] if is_told else [])
    alone = replace(make_attribution(), none_of_these=0.0)
    regions = (replace(first, attributions=(alone,)), replace(second, hotspots=()))
    assert doubts(replace(contents, regions=regions)) == [Doubt("doubt_none", 1, "H001")]


def test_gates_caps_and_rejects_are_counted(make_hotspot: Make, make_track: Make, make_visit: Make) -> None:
    """Two visits without a gate, one without a cap, three rejects."""
    visits = tuple(
        make_visit(f"S{k}", at_gate=gate, cap=cap)
        for k, (gate, cap) in enumerate(((False, 2), (True, None), (False, 0)))
    )
    contents = mission(make_hotspot, make_track, visits=visits, rejects=(Reject("a", "b", "c"),) * 3)
    assert doubts(contents) == [
        Doubt("doubt_single", 1, "H002"),
        Doubt("doubt_gate", 2, "Works S0, Works S2"),
        Doubt("doubt_cap", 1),
        Doubt("doubt_rejects", 3),
    ]


@pytest.mark.parametrize(("count", "ending"), [(6, "H5"), (7, "H5, …")])
def test_six_are_named_and_more_are_dots(make_hotspot: Make, make_track: Make, count: int, ending: str) -> None:
    """All are counted."""
    hotspots = tuple(make_hotspot(id=f"H{k}", single_sighting=True) for k in range(count))
    contents = ReportContents("m", (RegionContents(GRID, (make_track(),), hotspots=hotspots),))
    assert doubts(contents) == [Doubt("doubt_single", count, f"H0, H1, H2, H3, H4, {ending}")]
