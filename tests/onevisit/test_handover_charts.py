"""Plots of traces, wind roses, numbers, envelopes, maps."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from ingest.coordinates import to_grid, to_lonlat
from ingest.flags import Flag
from onevisit.handover.charts import draw_series, draw_wind, series_of
from onevisit.handover.contents import RegionContents
from onevisit.handover.envelope import bin_index, envelope, highest_rows
from onevisit.handover.map_frame import hotspot_boxes, lonlat_fit, with_own_ids
from onevisit.handover.maps import RAMP, draw_map, map_colour_scales
from onevisit.handover.numbers import rounded, with_error
from onevisit.handover.strings import Words

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
    """Read without colour vision: relative luminance falls from step to step."""
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
