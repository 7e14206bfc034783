"""Plots of traces, wind roses, numbers, envelopes, maps."""

from __future__ import annotations

import html
import json
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from ingest.coordinates import to_grid, to_lonlat
from ingest.flags import Flag
from onevisit.handover.page.charts import Series, draw_series, draw_wind, series_of
from onevisit.handover.page.contents import RegionContents
from onevisit.handover.page.envelope import bin_index, envelope, highest_rows
from onevisit.handover.page.map_frame import hotspot_boxes, lonlat_fit, with_own_ids
from onevisit.handover.page.maps import RAMP, TEAM_COLOURS, draw_map, map_colour_scales
from onevisit.words.numbers import rounded, with_error
from onevisit.words.strings import Words

ZONE = ZoneInfo("Asia/Shanghai")
numbers = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(np.nan)), min_size=1, max_size=80)


@given(values=numbers, bins=st.integers(1, 20))
def test_envelope_is_the_slow_obvious_one(values, bins):
    """Lowest and highest of each slice, found by a loop."""
    time, series = np.arange(len(values), dtype=float), np.array(values)
    result, index = envelope(time, series, bins), bin_index(time, bins)
    for k in range(bins):
        inside = [v for v, i in zip(values, index, strict=True) if i == k and np.isfinite(v)]
        assert result.low[k] == min(inside) if inside else np.isnan(result.low[k])
        assert result.high[k] == max(inside) if inside else np.isnan(result.high[k])


@given(values=numbers, most=st.integers(1, 20))
def test_highest_row_is_never_thinned_away(values, most):
    """However few rows are kept, the maximum is among them, and no more than asked for."""
    series = np.array(values)
    rows = highest_rows(series, most)
    assert len(rows) <= max(most, 0) or len(rows) == np.isfinite(series).sum() <= most
    if np.isfinite(series).any():
        assert np.nanmax(series) in series[rows]


def test_peak_of_one_row_survives_the_plot(make_track):
    """One row of 20 000 at 99 ppm is the top of its slice."""
    track = make_track(rows=20_000)
    track.passes["ch4"][12_345] = 99.0
    assert np.nanmax(series_of(track, "ch4").high) == 99.0


def test_rejected_rows_are_striped_not_drawn(make_track):
    """A calibration mark of 500 ppm would dwarf the air: it is left out of the band and shown below."""
    track = make_track(rows=2000)
    track.passes["ch4"][100:200] = 500.0
    track.passes["qc_flag"][100:200] = np.uint32(Flag.CALIBRATION)
    series = series_of(track, "ch4")
    assert np.nanmax(series.high) < 6.0
    assert set(series.flagged) == {"mark"} and series.unused == 100


def test_reading_under_the_pointer_is_local_time(make_track):
    """The plot starts at 09:00 in Shanghai, 01:00 UTC."""
    drawing = str(draw_series(series_of(make_track(), "ch4"), ZONE, label="a", reading="b"))
    data = json.loads(html.unescape(re.search(r"data-series='(.*?)'>", drawing).group(1)))
    assert timedelta(seconds=data["start"]) % timedelta(days=1) == timedelta(hours=9)
    assert data["unit"] == "ppm" and max(v for v in data["high"] if v is not None) == pytest.approx(5.0)
    assert ">09:04<" in drawing


def test_label_of_a_plot_is_escaped(make_track):
    """A trajectory is a file name, and may hold anything."""
    drawing = str(draw_series(series_of(make_track(), "ch4"), ZONE, label="<b>'\"", reading="x"))
    assert "<b>" not in drawing


def test_flat_series_can_be_drawn(make_track):
    """A constant is a line, not a division by zero."""
    track = make_track()
    track.passes["ch4"][:] = 2.0
    assert "NaN" not in str(draw_series(series_of(track, "ch4"), ZONE, label="a", reading="b")).replace("nan", "NaN")


def test_arrow_points_where_the_wind_goes():
    """Wind from the west: the tip of the arrow is in the east, and its sector in the west."""
    rose = str(draw_wind(270.0, 270.0, 20.0))
    tip = re.search(r'class="head" d="M(-?[0-9.]+) (-?[0-9.]+)', rose)
    assert float(tip.group(1)) == pytest.approx(28.0) and abs(float(tip.group(2))) < 0.1
    assert "sector" in rose and "sector" not in str(draw_wind(None, None, 180.0))


def test_numbers_are_rounded_by_their_error():
    """Two digits of the error decide; integers stay whole; nothing becomes -0."""
    assert with_error(12.3456, 0.034) == "12.346 ± 0.034"
    assert with_error(1234.5, 67.8) == "1234 ± 68"
    assert rounded(-0.0) == "0" and rounded(float("nan")) == "–" and rounded(999.96, 4) == "1000"


def test_ramp_darkens_all_the_way():
    """Read without colour vision: relative luminance falls from step to step; every colour is one."""
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in (*RAMP, *TEAM_COLOURS))
    channels = [[int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)] for c in RAMP]
    luminance = [0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2 for r, g, b in channels]
    assert luminance == sorted(luminance, reverse=True)


def test_map_has_a_layer_for_everything_it_shows(make_track, make_site, make_hotspot, make_attribution):
    """Without pictures, streets and routes there are no switches for them; a box per hotspot to zoom to."""
    crs = CRS.from_epsg(4544)
    region = RegionContents(crs, (make_track(),), (), (make_hotspot(),), (make_attribution(S1=0.8),))
    drawn = draw_map(
        region, "map-0", sites=[make_site()], visits=[], routes=[], roads=None, words=Words("en"), zone=ZONE
    )
    assert drawn.layers == ("track", "hotspots", "sites")
    assert drawn.scales[0].species == "ch4" and 2.5 < drawn.scales[0].top <= 3.0
    west, south, east, north = hotspot_boxes(region)["H001"]
    assert (east - west, north - south) == pytest.approx((96.5, 110.9), abs=2.0)
    assert drawn.bounds[0] < west and east < drawn.bounds[2]


def test_pointer_lands_within_a_metre():
    """The quadratic fit agrees with PROJ everywhere on a map of 40 km."""
    crs = CRS.from_epsg(4544)
    x0, y0 = (float(v) for v in to_grid(104.06, 30.66, crs))
    bounds = (x0 - 2e4, y0 - 2e4, x0 + 2e4, y0 + 2e4)
    lon0, lat0, *c = lonlat_fit(crs, bounds)
    x, y = np.random.default_rng(0).uniform(-2e4, 2e4, (2, 200))
    lon, lat = to_lonlat(x0 + x, y0 + y, crs)
    u, v = lon - lon0, lat - lat0
    terms = np.column_stack([np.ones_like(u), u, v, u * u, u * v, v * v])
    assert np.abs(terms @ c[:6] - x0 - x).max() < 1.0
    assert np.abs(terms @ c[6:] - y0 - y).max() < 1.0


def test_scales_keep_units_apart(make_track):
    """ppm and ppb of one species have a scale each."""
    other = make_track("second")
    other.passes["ch4"].attrs["units"] = "ppb"
    assert [(s.species, s.unit) for s in map_colour_scales([make_track(), other])] == [("ch4", "ppm"), ("ch4", "ppb")]


def test_ids_of_a_map_do_not_depend_on_what_was_drawn_before():
    """Model ids count from 1 in order of appearance, and references follow; other values stay."""
    item = {"target_id": "map-0", "root_id": "p1008", "doc": {"roots": [{"id": "p1008", "x": {"id": "p1009"}}]}}
    later = {"target_id": "map-0", "root_id": "p2008", "doc": {"roots": [{"id": "p2008", "x": {"id": "p2009"}}]}}
    assert with_own_ids(item) == with_own_ids(later)
    assert with_own_ids(item) == {
        "target_id": "map-0", "root_id": "m1", "doc": {"roots": [{"id": "m1", "x": {"id": "m2"}}]}
    }  # fmt: skip


# --- a plot, element by element ------------------------------------------------------------------------------------

Make = Callable[..., Any]
BINS = 720
NAN = np.full(BINS, np.nan)
DAYS = (31, 30, 30, 29, 29, 28, 27, 27, 26, 26, 25, 24)
"""Every thirtieth day from 31 March 2026."""
X0, WIDTH, Y0, HEIGHT = 58.0, 894.0, 12.0, 154.0
"""The frame of a plot: 960 wide less 58 and 8, 190 high less 12 and 24."""


def sliced(**values: float) -> np.ndarray:
    """A series by slices, empty but for some: ``s3=1.0`` is 1 in the fourth."""
    out = NAN.copy()
    for name, value in values.items():
        out[int(name[1:])] = value
    return out


def series(**changes: Any) -> Series:
    """An hour from 09:05 in Shanghai between 0 and 10 ppm."""
    base = Series(
        trajectory="drive", species="ch4", unit="ug m-3", seconds=3600.0,
        start=datetime(2026, 3, 1, 1, 5, tzinfo=UTC),
        low=sliced(s0=0.0, s719=2.0), high=sliced(s0=4.0, s719=10.0), background=NAN, lon=NAN, lat=NAN, flagged={},
        plumes=np.empty(0), sparse=None, rows=2000, unused=0, passes=1, detection_limit=None,
    )  # fmt: skip
    return replace(base, **changes)


def drawn(one: Series, **options: Any) -> list[tuple[str, dict[str, str], str]]:
    """Tag, attributes and text of every element of a plot."""
    svg = str(draw_series(one, options.get("zone", ZONE), label="a <b>", reading="bg"))
    return [(e.tag, dict(e.attrib), e.text or "") for e in ElementTree.fromstring(svg).iter()]


def paths(one: Series, name: str) -> list[str]:
    """What the paths of a class draw."""
    return [attrs["d"] for _, attrs, _ in drawn(one) if attrs.get("class") == name]


def y_of(value: float, bottom: float = 0.0, top: float = 10.4) -> float:
    """Height of a value in the frame."""
    return Y0 + HEIGHT * (top - value) / (top - bottom)


def test_frame_ticks_and_clock_of_a_plot() -> None:
    """0, 5 and 10 on the left, ten minutes of local time below, unit above; the range ends 4 % above the highest."""
    elements = drawn(series())
    tag, attrs, _ = elements[0]
    assert tag == "svg"
    assert attrs.pop("data-series")
    assert attrs == {"class": "series", "viewBox": "0 0 960 190", "role": "img", "aria-label": "a <b>"}
    rules = [("path", {"class": "rule", "d": f"M58 {y_of(v):.1f}H952"}, "") for v in (0, 5, 10)]
    values = [
        ("text", {"class": "tick", "x": "51", "y": f"{y_of(v) + 4:.1f}", "text-anchor": "end"}, f"{v}")
        for v in (0, 5, 10)
    ]
    assert elements[1:7] == [e for pair in zip(rules, values, strict=True) for e in pair]
    assert elements[7] == ("text", {"class": "unit", "x": "51", "y": "9", "text-anchor": "end"}, "µg m⁻³")
    assert elements[8] == ("path", {"class": "axis", "d": "M58 166H952"}, "")
    clock: list[tuple[str, dict[str, str], str]] = []
    for k, label in enumerate(("09:10", "09:20", "09:30", "09:40", "09:50", "10:00")):
        x = X0 + WIDTH * (300 + 600 * k) / 3600
        clock.append(("path", {"class": "axis", "d": f"M{x:.1f} 166v4"}, ""))
        clock.append(("text", {"class": "tick", "x": f"{x:.1f}", "y": "183", "text-anchor": "middle"}, label))
    assert elements[9:21] == clock
    assert [attrs["class"] for _, attrs, _ in elements[21:]] == ["band", "background", "cursor"]
    assert elements[-1][1]["d"] == ""


def test_what_the_pointer_reads() -> None:
    """Local seconds, unit, words, the frame as shares of the width, rounded values and places, null where empty."""
    one = series(
        seconds=3599.96, low=sliced(s0=1.234567), high=sliced(s0=9.87654), background=sliced(s1=0.5),
        lon=sliced(s0=104.1234567), lat=sliced(s0=30.7654321),
    )  # fmt: skip
    data = json.loads(drawn(one)[0][1]["data-series"])
    assert data["start"] == datetime(2026, 3, 1, 9, 5, tzinfo=UTC).timestamp()
    assert (data["seconds"], data["unit"], data["words"]) == (3600.0, "µg m⁻³", "bg")
    assert (data["left"], data["right"]) == pytest.approx((58 / 960, 952 / 960))
    firsts = {k: data[k][:2] for k in ("low", "high", "background", "lon", "lat")}
    assert firsts == {
        "low": [1.235, None], "high": [9.877, None], "background": [None, 0.5], "lon": [104.12346, None],
        "lat": [30.76543, None],
    }  # fmt: skip
    assert all(len(data[k]) == BINS for k in firsts)


@pytest.mark.parametrize(
    ("seconds", "zone", "labels"),
    [
        (8 * 60.0, "UTC", [f"01:{m:02d}" for m in range(5, 14)]),
        (8 * 60.0 + 1, "UTC", ["01:06", "01:08", "01:10", "01:12"]),
        (8 * 3600.0, "UTC", [f"{h:02d}:00" for h in range(2, 10)]),
        (47 * 3600.0, "UTC", ["06:00", "12:00", "18:00", "00:00", "06:00", "12:00", "18:00", "00:00"]),
        (3 * 86400.0, "UTC", ["12:00", "00:00"] * 3),
        (5 * 86400.0, "UTC", [f"03-0{d}" for d in range(2, 7)]),
        (
            400 * 86400.0,
            "UTC",
            [f"{m:02d}-{d}" for m, d in zip([*range(3, 13), 1, 2], DAYS, strict=True)],
        ),
    ],
)  # fmt: skip
def test_the_clock_has_eight_steps_at_most(seconds: float, zone: str, labels: list[str]) -> None:
    """Whole minutes, hours, days or weeks from local midnight; days where a step is one; never more than twelve."""
    elements = drawn(series(seconds=seconds), zone=ZoneInfo(zone))
    assert [text for _, attrs, text in elements if attrs.get("text-anchor") == "middle"] == labels


@pytest.mark.parametrize(
    ("low", "high", "background", "bottom", "top"),
    [
        (0.0, 10.0, None, 0.0, 10.4),
        (2.49, 10.0, None, 0.0, 10.0 + 0.04 * 7.51),
        (2.5, 10.0, None, 2.5 - 0.04 * 7.5, 10.3),
        (-1.0, 10.0, None, -1.44, 10.44),
        (5.0, 10.0, 1.0, 0.0, 10.36),
        (5.0, 10.0, 20.0, 4.4, 20.6),
        (100.0, 100.0, None, 99.996, 100.004),
        (0.0, 0.0, None, -4e-14, 4e-14),
        (math.nan, math.nan, None, 0.0, 1.0),
    ],
)
def test_the_range_begins_at_nought_where_it_is_near(
    low: float, high: float, background: float | None, bottom: float, top: float
) -> None:
    """Within a quarter of the highest value; else 4 % is left on both sides; flat air has a range too."""
    level = NAN if background is None else sliced(s5=background)
    one = series(low=sliced(s0=low, s3=low), high=sliced(s0=high, s3=high), background=level)
    (band,) = paths(one, "band")
    if math.isnan(low):
        assert band == "" and [t for _, a, t in drawn(one) if a.get("text-anchor") == "end"][-2:] == ["1", "µg m⁻³"]
        return
    bar = re.match(r"M[0-9.]+ (-?[0-9.]+)h1.39v(-?[0-9.]+)h-1.39z", band)
    assert bar is not None
    assert float(bar[1]) == pytest.approx(y_of(high, bottom, top) - 0.6, abs=0.06)
    assert float(bar[2]) == pytest.approx(y_of(low, bottom, top) - y_of(high, bottom, top) + 1.2, abs=0.06)


@pytest.mark.parametrize(
    ("high", "labels"),
    [
        (1.0, ["0", "0.5", "1"]),
        (1.9, ["0", "0.5", "1", "1.5"]),
        (3.8, ["0", "1", "2", "3"]),
        (4.0, ["0", "2", "4"]),
        (7.7, ["0", "2", "4", "6", "8"]),
        (7.72, ["0", "2.5", "5", "7.5"]),
        (9.6, ["0", "2.5", "5", "7.5"]),
        (9.7, ["0", "5", "10"]),
        (19.0, ["0", "5", "10", "15"]),
        (1234.0, ["0", "500", "1000"]),
        (0.00123, ["0", "0.0005", "0.001"]),
    ],
)
def test_ticks_are_round_and_four_or_so(high: float, labels: list[str]) -> None:
    """Steps of 1, 2, 2.5 or 5 times a power of ten, no smaller than a quarter of the range but for a thousandth."""
    one = series(low=sliced(s0=0.0), high=sliced(s0=high))
    ticks = [t for _, a, t in drawn(one) if a.get("class") == "tick" and a["text-anchor"] == "end"]
    assert ticks == labels


def bars(one: Series) -> list[tuple[float, float, float]]:
    """Centre, highest and lowest height of every bar of the band."""
    (band,) = paths(one, "band")
    found = [tuple(map(float, m)) for m in re.findall(r"M([0-9.]+) ([0-9.]+)h1.39v([0-9.]+)h-1.39z", band)]
    return [(x + (WIDTH / BINS + 0.15) / 2, y + 0.6, y + h - 0.6) for x, y, h in found]


def test_bars_stand_in_their_slices_and_reach_to_the_middle_between_neighbours() -> None:
    """Ranges 0-2, 6-8, 1-3 and, after a gap, 5-10: the first three meet at 4 and 4.5, the last stands alone."""
    one = series(low=sliced(s10=0.0, s11=6.0, s12=1.0, s14=5.0), high=sliced(s10=2.0, s11=8.0, s12=3.0, s14=10.0))
    expected = [(10, 4.0, 0.0), (11, 8.0, 4.0), (12, 4.5, 1.0), (14, 10.0, 5.0)]
    for bar, (index, high, low) in zip(bars(one), expected, strict=True):
        centre = X0 + WIDTH * (index + 0.5) / BINS
        assert bar == pytest.approx((centre, y_of(high), y_of(low)), abs=0.12)


def test_a_falling_series_is_joined_like_a_rising_one() -> None:
    """8-10 before 2-4 before 0-1 meet at 6 and at 1.5."""
    one = series(low=sliced(s0=8.0, s1=2.0, s2=0.0), high=sliced(s0=10.0, s1=4.0, s2=1.0))
    heights = [(high, low) for _, high, low in bars(one)]
    expected = [(10.0, 6.0), (6.0, 1.5), (1.5, 0.0)]
    for bar, (high, low) in zip(heights, expected, strict=True):
        assert bar == pytest.approx((y_of(high), y_of(low)), abs=0.12)


def test_few_rows_are_joined_one_by_one() -> None:
    """A line from row to row; a gap of five steps is bridged, one of six is not."""
    seconds = np.array([0.0, 10.0, 20.0, 70.0, 130.0, 140.0, 150.0])
    values = np.array([0.0, 5.0, 10.0, np.nan, 1.0, 2.0, 3.0])
    one = series(seconds=200.0, sparse=(seconds, values))

    def point(second: float, value: float) -> str:
        return f"{X0 + WIDTH * second / 200:.1f} {y_of(value):.1f}"

    assert paths(one, "band") == []
    assert paths(one, "rows") == [
        f"M{point(0, 0)}L{point(10, 5)}L{point(20, 10)}M{point(130, 1)}L{point(140, 2)}L{point(150, 3)}"
    ]
    near = series(
        seconds=200.0, sparse=(np.array([0.0, 10.0, 20.0, 30.0, 80.0]), np.array([0.0, 1.0, 2.0, 3.0, 4.0]))
    )
    assert paths(near, "rows")[0].count("M") == 1
    lone = series(seconds=0.0, sparse=(np.array([0.0]), np.array([5.0])))
    assert paths(lone, "rows") == [f"M58.0 {y_of(5.0):.1f}"]


def test_the_background_bridges_twenty_four_slices() -> None:
    """Not twenty-five."""
    (line,) = paths(series(background=sliced(s0=1.0, s24=2.0, s49=3.0)), "background")
    x = [X0 + WIDTH * (k + 0.5) / BINS for k in (0, 24, 49)]
    y = [y_of(v) for v in (1.0, 2.0, 3.0)]
    assert line == f"M{x[0]:.1f} {y[0]:.1f}L{x[1]:.1f} {y[1]:.1f}M{x[2]:.1f} {y[2]:.1f}"


def test_flags_are_stripes_in_lanes_of_their_own() -> None:
    """Runs of slices at the start, in the middle and at the end; a plot with two lanes is 14 higher."""
    first, second = np.zeros(BINS), np.zeros(BINS)
    first[:2], first[5], second[718:] = 0.5, 1.0, 0.01
    one = series(flagged={"exhaust": first, "mark": second})
    assert drawn(one)[0][1]["viewBox"] == "0 0 960 204"
    step = WIDTH / BINS

    def stripe(start: int, after: int, y: int) -> str:
        return f"M{X0 + start * step:.1f} {y}h{(after - start) * step:.1f}v5h-{(after - start) * step:.1f}z"

    assert paths(one, "flag flag-exhaust") == [stripe(0, 2, 190) + stripe(5, 6, 190)]
    assert paths(one, "flag flag-mark") == [stripe(718, 720, 197)]


def test_plumes_are_marked_above_the_frame() -> None:
    """A triangle at a quarter of the hour."""
    assert paths(series(plumes=np.array([900.0])), "plume") == [f"M{X0 + WIDTH / 4:.1f} 10l-4 -7h8z"]


# --- what a plot is made of ----------------------------------------------------------------------------------------


def test_every_field_of_a_series(make_track: Make) -> None:
    """A drive of 1441 rows, a row every second: two rows a slice but for the first."""
    track = make_track("late", rows=1441)
    passes = track.passes
    passes["ch4"][:] = 2.0
    passes["ch4"][701] = 7.0
    passes["ch4"][300:302] = 50.0
    passes["qc_flag"][300] = np.uint32(Flag.OWN_EXHAUST)
    passes = passes.assign(
        ch4_qc=("obs", np.where(np.arange(1441) == 301, np.uint32(Flag.VALUE_STUCK), np.uint32(0))),
        pass_index=("obs", np.where(np.arange(1441) < 9, -1, 4).astype(np.int32)),
    )
    passes["ch4_background"][100:200] = np.nan
    passes["ch4_background"][2] = 5.0
    times = passes["time"].values
    plumes = xr.Dataset({
        "species": ("plume", np.array(["ch4", "co", "ch4"])), "peak_time": ("plume", times[[701, 5, 900]]),
    })  # fmt: skip
    made = series_of(replace(track, passes=passes, plumes=plumes), "ch4")
    assert (made.trajectory, made.species, made.unit) == ("late", "ch4", "ppm")
    assert made.start == datetime(2026, 3, 1, 1, tzinfo=UTC) and made.seconds == 1440.0
    assert (made.rows, made.unused, made.passes, made.detection_limit) == (1441, 2, 5, 0.02)
    assert made.sparse is None and made.plumes.tolist() == [701.0, 900.0]
    assert (np.nanargmax(made.high), np.nanmax(made.high), made.low[350]) == (350, 7.0, 2.0)
    assert np.isnan(made.high[150]) and np.isnan(made.lon[150])
    assert (made.lon[350], made.lat[350]) == pytest.approx((104.0 + 701e-5, 30.0))
    assert set(made.flagged) == {"value", "exhaust"}
    assert made.flagged["exhaust"][150] == made.flagged["value"][150] == 0.5
    assert made.flagged["exhaust"].sum() == made.flagged["value"].sum() == 0.5
    assert made.background[1] == 3.5 and np.isnan(made.background[50:100]).all() and made.background[100] == 2.0
    assert all(len(a) == BINS for a in (made.low, made.high, made.background, made.lon, made.lat))


def test_a_series_of_1440_rows_is_drawn_row_by_row(make_track: Make) -> None:
    """Two a slice; rejected rows are not a number; without background, limit or passes there are none."""
    track = make_track(rows=1440)
    track.passes["qc_flag"][0] = np.uint32(Flag.CALIBRATION)
    bare = track.passes.drop_vars(["ch4_background", "ch4_enhancement", "pass_index"])
    made = series_of(replace(track, passes=bare), "ch4")
    assert made.sparse is not None
    seconds, values = made.sparse
    assert seconds.tolist() == list(range(1440)) and np.isnan(values[0]) and values[300] == track.passes["ch4"][300]
    assert np.isnan(made.background).all()
    assert (made.passes, made.detection_limit, made.plumes.tolist()) == (0, None, [])


def test_the_place_of_a_slice_is_that_of_its_highest_row_with_a_place(make_track: Make) -> None:
    """The highest has no position: the next one's is taken; the later of two equal ones."""
    track = make_track(rows=1440)
    passes = track.passes.assign_coords(
        lon=("obs", np.where(np.arange(1440) == 10, np.nan, 104.0 + 1e-5 * np.arange(1440)))
    )
    passes["ch4"][:] = 2.0
    passes["ch4"][10] = 9.0
    made = series_of(replace(track, passes=passes), "ch4")
    assert made.lon[5] == pytest.approx(104.0 + 11e-5)
    assert made.lon[6] == pytest.approx(104.0 + 13e-5)


@pytest.mark.parametrize(
    ("flag", "group"),
    [
        (Flag.POSITION_MISSING, "position"),
        (Flag.POSITION_JUMP, "position"),
        (Flag.POSITION_STUCK, "position"),
        (Flag.VALUE_MISSING, "value"),
        (Flag.VALUE_OUT_OF_RANGE, "value"),
        (Flag.VALUE_STUCK, "value"),
        (Flag.INSTRUMENT_FAULT, "value"),
        (Flag.OWN_EXHAUST, "exhaust"),
        (Flag.VEHICLE_EXHAUST, "exhaust"),
        (Flag.IN_DEPOT, "exhaust"),
        (Flag.CALIBRATION, "mark"),
        (Flag.REMOVED_BY_HAND, "mark"),
    ],
)
def test_flags_are_told_by_their_group(make_track: Make, flag: Flag, group: str) -> None:
    """In the order of the legend, each row of the last slice; the row is left out of the band if it is rejected."""
    track = make_track(rows=1440)
    track.passes["qc_flag"][1438:] = np.uint32(flag)
    made = series_of(track, "ch4")
    assert {name: share[719] for name, share in made.flagged.items()} == {group: 1.0}


# --- wind ----------------------------------------------------------------------------------------------------------


def rose(*wind: Any) -> dict[str, list[str]]:
    """What the paths of a rose draw, by class."""
    found: dict[str, list[str]] = {}
    for element in ElementTree.fromstring(str(draw_wind(*wind))).iter():
        found.setdefault(element.get("class") or element.tag, []).append(element.get("d") or "")
    return found


def polar(radius: float, degrees: float) -> str:
    """A place on the dial, north up, clockwise."""
    angle = math.radians(degrees)
    return f"{radius * math.sin(angle):.1f} {-radius * math.cos(angle):.1f}"


def test_every_stroke_of_a_rose() -> None:
    """Twelve marks, the quarters longer; the arrow from the wind's side across; the sector to the source."""
    found = rose(30.0, 300.0, 20.0)
    assert found["dial"] == [f"M{polar(36 if d % 90 == 0 else 39, d)}L{polar(42, d)}" for d in range(0, 360, 30)]
    assert found["arrow"] == [f"M{polar(34, 30)}L{polar(20, 210)}"]
    assert found["head"] == [f"M{polar(28, 210)}L{polar(17, 188)}L{polar(17, 232)}Z"]
    assert found["sector"] == [f"M0 0L{polar(42, 280)}A42 42 0 0 1 {polar(42, 320)}Z"]
    assert "calm" not in found and len(found["circle"]) == 1
    svg = ElementTree.fromstring(str(draw_wind(30.0, 300.0, 20.0)))
    assert (svg.get("viewBox"), svg.get("aria-hidden")) == ("-50 -50 100 100", "true")
    assert svg.find("circle").get("r") == "42"
    letter = svg.find("text")
    assert (letter.text, letter.get("y"), letter.get("text-anchor")) == ("N", "-23", "middle")


@pytest.mark.parametrize(("half", "large"), [(90.0, 0), (90.5, 1), (179.5, 1), (180.0, None), (200.0, None)])
def test_a_wide_sector_is_the_large_arc_and_a_whole_circle_none(half: float, large: int | None) -> None:
    """Beyond a quarter to either side; no direction at all is no sector."""
    sectors = rose(0.0, 0.0, half).get("sector", [])
    assert [f"A42 42 0 {large} 1 " in d for d in sectors] == ([] if large is None else [True])


def test_calm_is_a_ring() -> None:
    """No arrow; a bearing may still be known."""
    found = rose(None, 90.0, 10.0)
    assert "arrow" not in found and "head" not in found and len(found["calm"]) == 1 and len(found["sector"]) == 1
    svg = ElementTree.fromstring(str(draw_wind(None, None, 180.0)))
    assert [e.get("r") for e in svg.iter("circle")] == ["42", "7"]
    assert [e.text for e in svg.iter("text")] == ["N"]


def test_unknown_wind_is_a_question() -> None:
    """No ring, which means calm."""
    svg = ElementTree.fromstring(str(draw_wind(None, None, 180.0, known=False)))
    assert [e.get("r") for e in svg.iter("circle")] == ["42"]
    assert [e.text for e in svg.iter("text")] == ["N", "?"]
