"""The map of a region, layer by layer: places in grid metres, words, colours and sizes by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from bokeh.core.property.vectorization import Field, Value
from bokeh.models.tools import HoverTool, PanTool, WheelZoomTool
from pyproj import CRS

from fusion.schema import CredibleArea, SiteProbability
from imagery.schema import Finding, Findings
from ingest.coordinates import to_grid, to_lonlat
from ingest.flags import Flag
from ingest.roads.read import Road, Roads
from onevisit.handover.page import maps
from onevisit.handover.page.contents import Picture, RegionContents
from onevisit.handover.page.map_frame import empty_plot, hotspot_boxes, lonlat_fit, map_bounds, with_own_ids
from onevisit.handover.page.maps import RAMP, TEAM_COLOURS, RegionMap, SpeciesScale, draw_map, map_colour_scales
from onevisit.segments import map_region
from onevisit.words.strings import Words
from tests.onevisit import two_streets
from tracks.settings import TrackSettings

Make = Callable[..., Any]
ZONE = ZoneInfo("Asia/Shanghai")
GRID = CRS.from_epsg(4544)
X0, Y0 = (float(v) for v in to_grid(105.0, 30.0, GRID))  # on the central meridian grid north is true north


def at(east: float, north: float) -> tuple[float, float]:
    """Degrees of a place so many metres from 105, 30 on the grid."""
    lon, lat = to_lonlat(X0 + east, Y0 + north, GRID)
    return float(lon), float(lat)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A rectangle of grid metres in degrees."""
    return shapely.Polygon([at(west, south), at(east, south), at(east, north), at(west, north)])


def glyph(renderer: Any) -> dict[str, Any]:
    """What was set of a glyph: values as they are, fields with an @."""

    def plain(value: Any) -> Any:
        if isinstance(value, Field):
            return f"@{value.field}"
        return value.value if isinstance(value, Value) else value

    given = renderer.glyph.properties_with_values(include_defaults=False)
    return {name: plain(value) for name, value in given.items()}


def metres(values: Any, zero: float) -> list[Any]:
    """Grid metres of nested lists as offsets from 105, 30 in tenths."""
    if isinstance(values, (list, np.ndarray)):
        return [metres(v, zero) for v in values]
    return round(float(values) - zero, 1)  # type: ignore[return-value]


@pytest.fixture
def plot_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Draw a region; the map, and what bokeh was told to draw, by the name of the renderer, with the tooltips."""

    def draw(region: RegionContents, **options: Any) -> tuple[RegionMap, dict[str, list[Any]], dict[str, Any]]:
        plots: list[Any] = []
        monkeypatch.setattr(
            maps, "json_item", lambda plot, target: plots.append((plot, target)) or {"target": target}
        )
        base: dict[str, Any] = {"sites": [], "visits": [], "routes": [], "roads": None, "words": Words("en")}
        drawn = draw_map(region, "map-3", zone=ZONE, **(base | options))
        ((plot, target),) = plots
        assert drawn.item == {"target": "map-3"} and target == "map-3"
        renderers: dict[str, list[Any]] = {}
        for renderer in plot.renderers:
            renderers.setdefault(renderer.name, []).append(renderer)
        tips = {tool.renderers[0].name: tool for tool in plot.toolbar.tools if isinstance(tool, HoverTool)}
        return drawn, renderers, tips

    return draw


# --- the layers ----------------------------------------------------------------------------------------------------


def test_an_empty_region_has_a_pointer_alone(plot_of: Make) -> None:
    """Nothing to switch; the ring that the page moves is there."""
    drawn, renderers, tips = plot_of(RegionContents(GRID))
    assert (drawn.layers, drawn.scales, tips) == ((), (), {})
    (pointer,) = renderers["pointer"]
    assert list(renderers) == ["pointer"] and dict(pointer.data_source.data) == {"x": [], "y": []}


def test_the_ring_of_the_pointer(plot_of: Make) -> None:
    """Large, hollow and dark."""
    _, renderers, _ = plot_of(RegionContents(GRID))
    shown = glyph(renderers["pointer"][0])
    assert {k: shown[k] for k in ("x", "y", "size", "fill_alpha", "line_color", "line_width")} == {
        "x": "@x", "y": "@y", "size": 18, "fill_alpha": 0.0, "line_color": "#111111", "line_width": 2.5,
    }  # fmt: skip


def test_mosaics_are_placeholders_in_their_place(plot_of: Make) -> None:
    """Anchored at their north-west corner, as wide and as high as they are, numbered in their map."""
    pixels = np.zeros((1, 1, 4), np.uint8)
    pictures = (
        Picture("rgb", pixels, X0, Y0, X0 + 60, Y0 + 40),
        Picture("t", pixels, X0 + 5, Y0 + 6, X0 + 9, Y0 + 8),
    )
    drawn, renderers, _ = plot_of(RegionContents(GRID, pictures=pictures))
    assert drawn.layers == ("mosaic",)
    first, second = renderers["layer:mosaic"]
    assert first.data_source.data["url"] == ["picture:map-3:0"]
    assert second.data_source.data["url"] == ["picture:map-3:1"]
    assert glyph(first) == {"url": "@url", "x": X0, "y": Y0 + 40, "w": 60.0, "h": 40.0, "global_alpha": 0.92}
    assert {k: glyph(second)[k] for k in "xywh"} == {"x": X0 + 5, "y": Y0 + 8, "w": 4.0, "h": 2.0}
    assert first.glyph.anchor == "top_left"


def test_streets_are_lines_in_tenths_of_a_metre(plot_of: Make) -> None:
    """Under everything that was measured; a network without lines is no layer."""
    lines = (Road(np.array([at(0, 0), at(100, 50)])), Road(np.array([at(7, 8), at(9, 10), at(11, 12)])))
    drawn, renderers, _ = plot_of(RegionContents(GRID), roads=Roads(lines))
    (streets,) = renderers["layer:roads"]
    assert drawn.layers == ("roads",)
    assert metres(streets.data_source.data["xs"], X0) == [[0.0, 100.0], [7.0, 9.0, 11.0]]
    assert metres(streets.data_source.data["ys"], Y0) == [[0.0, 50.0], [8.0, 10.0, 12.0]]
    assert glyph(streets) == {"xs": "@xs", "ys": "@ys", "line_color": "#c9c3b6", "line_width": 1.4}
    assert plot_of(RegionContents(GRID), roads=Roads(()))[0].layers == ()


def test_road_segments_have_the_colours_of_the_tracks(plot_of: Make) -> None:
    """Hidden at first, in tenths of a metre, with what each is worth and its passes."""
    segments = map_region([two_streets.drive()], [0], "", two_streets.streets(), TrackSettings()).value
    grid = CRS.from_epsg(4543)
    drawn, renderers, tips = plot_of(RegionContents(grid, (two_streets.drive(),), segments=segments))
    assert drawn.layers == ("track", "segments")
    (lines,) = renderers["layer:segments:0"]
    data = lines.data_source.data
    assert not lines.visible
    assert data["value_0"].tolist() == pytest.approx(two_streets.MEDIANS)
    assert data["passes_0"].tolist() == list(two_streets.PASSES)
    x, y = to_grid(*two_streets.PLANE.inverse(np.array([90.0, 90.0]), np.array([30.0, 60.0])), grid)
    assert (data["xs"][4], data["ys"][4]) == (np.round(x, 1).tolist(), np.round(y, 1).tolist())
    shown = glyph(lines)
    assert {k: shown[k] for k in ("xs", "ys", "line_width", "line_cap")} == {
        "xs": "@xs", "ys": "@ys", "line_width": 6, "line_cap": "round",
    }  # fmt: skip
    (scale,) = drawn.scales
    assert lines.glyph.line_color.field == "value_0"
    mapper = lines.glyph.line_color.transform
    assert (mapper.low, mapper.high, mapper.palette[0], mapper.palette[-1]) == (0.0, scale.top, RAMP[0], RAMP[-1])
    assert tips["layer:segments:0"].tooltips == [
        ("SO₂ above background", "@value_0{0.[000]} ppb"), ("passes", "@passes_0"),
    ]  # fmt: skip


def test_species_of_road_segments_share_their_lines(plot_of: Make) -> None:
    """Numbered as on the tracks; only segments with a value are drawn, and a species that none has is no layer."""
    track = two_streets.drive()
    part = two_streets.drive((2.0,) * 9 + (np.nan,) * 6).passes

    def named(passes: Any, name: str) -> Any:
        return replace(track, passes=passes.rename({n: n.replace("so2", name) for n in passes if "so2" in n}))

    both = [track, named(part, "co")]
    segments = map_region(both, [0, 1], "", two_streets.streets(), TrackSettings()).value
    region = RegionContents(CRS.from_epsg(4543), (track, named(part, "no2"), both[1]), segments=segments)
    drawn, renderers, _ = plot_of(region)
    assert [scale.species for scale in drawn.scales] == ["so2", "no2", "co"]
    assert "layer:segments:1" not in renderers
    (all_of_them,), (main,) = renderers["layer:segments:0"], renderers["layer:segments:2"]
    assert all_of_them.data_source is main.data_source
    assert (all_of_them.view.filter.indices, main.view.filter.indices) == ([0, 1, 2, 3, 4], [0, 1, 2])


def test_findings_are_dotted_outlines_with_their_kind_and_size(plot_of: Make) -> None:
    """Exterior and hole without the point that closes them."""
    ring = [(X0, Y0), (X0 + 20, Y0), (X0 + 20, Y0 + 10)]
    hole = [(X0 + 12, Y0 + 2), (X0 + 15, Y0 + 2), (X0 + 15, Y0 + 3)]
    soil = Finding("b1", "bare_soil", shapely.Polygon(ring, [hole]), 98.5, 0.2, "1", 0.8, 1.0, "o.tif", "p.JPG")
    drawn, renderers, tips = plot_of(RegionContents(GRID, findings=(Findings(), Findings((soil,)))))
    assert drawn.layers == ("findings",)
    (patches,) = renderers["layer:findings"]
    data = patches.data_source.data
    assert metres(data["xs"], X0) == [[[[0.0, 20.0, 20.0], [12.0, 15.0, 15.0]]]]
    assert metres(data["ys"], Y0) == [[[[0.0, 0.0, 10.0], [2.0, 2.0, 3.0]]]]
    assert (data["id"], data["what"]) == (["b1"], ["Bare soil 98 m²"])
    shown = glyph(patches)
    assert {k: shown[k] for k in ("fill_color", "fill_alpha", "line_color", "line_width", "line_dash")} == {
        "fill_color": "#7a5c00", "fill_alpha": 0.15, "line_color": "#7a5c00", "line_width": 1.6,
        "line_dash": "dotted",
    }  # fmt: skip
    assert tips["layer:findings"].tooltips == [("", "@id"), ("", "@what")]


def test_hotspots_are_outlines_with_what_is_known_of_them(
    plot_of: Make, make_hotspot: Make, make_attribution: Make, make_site: Make
) -> None:
    """Seen once dashed; two likeliest sites by name and none of these; what was not weighed says so."""
    hole = shapely.Polygon(box(0, 0, 40, 30).exterior.coords, [box(10, 10, 20, 15).exterior.coords])
    lon, lat = at(20.0, 15.0)
    hotspots = (
        make_hotspot(polygon=hole, lon=lon, lat=lat),
        make_hotspot(
            id="H002", polygon=shapely.MultiPolygon([box(100, 0, 110, 5), box(120, 0, 130, 5)]), single_sighting=True,
            lon=at(100, 2)[0], lat=at(100, 2)[1], species="no2", unit="ug m-3", p_value=0.0001, passes_seen=1,
        ),
        make_hotspot(id="H003", polygon=box(0, 0, 40, 30), lon=lon, lat=lat),
    )  # fmt: skip
    attribution = make_attribution(S2=0.1, S1=0.6, S9=0.2)
    area = CredibleArea(0.9, box(-50, -60, 70, 80), 1.0)
    region = RegionContents(GRID, hotspots=hotspots, attributions=(replace(attribution, areas=(area,)),))
    drawn, renderers, tips = plot_of(region, sites=[make_site("S1"), make_site("S2")])
    assert drawn.layers == ("areas", "hotspots", "sites")
    patches, text = renderers["layer:hotspots"]
    data = patches.data_source.data
    assert metres(data["xs"], X0)[:2] == [
        [[[0.0, 40.0, 40.0, 0.0], [10.0, 20.0, 20.0, 10.0]]],
        [[[100.0, 110.0, 110.0, 100.0]], [[120.0, 130.0, 130.0, 120.0]]],
    ]
    assert metres(data["ys"], Y0)[0] == [[[0.0, 0.0, 30.0, 30.0], [10.0, 10.0, 15.0, 15.0]]]
    assert data["id"] == ["H001", "H002", "H003"]
    assert data["what"] == ["CH₄ 3.20 ± 0.40 ppm", "NO₂ 3.20 ± 0.40 µg m⁻³", "CH₄ 3.20 ± 0.40 ppm"]
    assert data["seen"] == ["in 3 of 4 passes", "in 1 of 4 passes", "in 3 of 4 passes"]
    assert data["p"] == ["0.002", "< 0.001", "0.002"]
    unweighed = "Sites were not weighed for this hotspot."
    assert data["who"] == ["Works S1 60 %; S9 20 %; None of these 10 %", unweighed, unweighed]
    assert data["dash"] == [[], [6, 4], []]
    shown = glyph(patches)
    assert {k: shown[k] for k in ("xs", "fill_color", "fill_alpha", "line_color", "line_width", "line_dash")} == {
        "xs": "@xs", "fill_color": "#d55e00", "fill_alpha": 0.16, "line_color": "#a33b00", "line_width": 2,
        "line_dash": "@dash",
    }  # fmt: skip
    assert tips["layer:hotspots"].tooltips == [
        ("", "@id"), ("Enhancement", "@what"), ("Seen", "@seen"), ("p", "@p"), ("What could explain it", "@who"),
    ]  # fmt: skip
    assert text.data_source.data["text"] == ["H001 H003", "H002"]
    assert metres(text.data_source.data["x"], X0) == [20.0, 100.0]
    assert metres(text.data_source.data["y"], Y0) == [15.0, 2.0]
    assert glyph(text) == {
        "x": "@x", "y": "@y", "text": "@text", "x_offset": 10, "y_offset": -9, "padding": 1, "text_color": "#7a2c00",
        "text_font_size": "11px", "text_font_style": "bold", "background_fill_color": "#fffdf8",
        "background_fill_alpha": 0.8,
    }  # fmt: skip
    (areas,) = renderers["layer:areas"]
    assert not areas.visible and metres(areas.data_source.data["xs"], X0) == [[[[-50.0, 70.0, 70.0, -50.0]]]]
    assert metres(areas.data_source.data["ys"], Y0) == [[[[-60.0, -60.0, 80.0, 80.0]]]]
    shown = glyph(areas)
    assert (shown["fill_color"], shown["fill_alpha"], shown["line_color"]) == ("#0b6e75", 0.1, "#0b6e75")
    assert (areas.glyph.line_width, shown["line_dash"]) == (1, "dashed")


def test_labels_of_one_place_are_one(plot_of: Make, make_hotspot: Make) -> None:
    """Places are compared on squares of 60 m."""
    x, y = 60 * round(X0 / 60) - X0, 60 * round(Y0 / 60) - Y0
    places = [(0, 0), (28, 0), (32, 0), (0, -28), (0, -32)]
    hotspots = tuple(
        make_hotspot(id=f"H{k}", lon=at(x + e, y + n)[0], lat=at(x + e, y + n)[1]) for k, (e, n) in enumerate(places)
    )
    _, renderers, _ = plot_of(RegionContents(GRID, hotspots=hotspots))
    assert renderers["layer:hotspots"][1].data_source.data["text"] == ["H0 H1 H3", "H2", "H4"]


def test_sites_are_squares_that_grow_with_what_they_explain(
    plot_of: Make, make_site: Make, make_visit: Make, make_attribution: Make
) -> None:
    """Visited ones are filled, unlikely ones pale; the likelier half of them bear their names."""
    sites = [
        make_site(f"S{k}", *at(10 * k, 20 * k), position_sd_m=12.3, industry_code="C26" if k else "")
        for k in range(4)
    ]
    attributions = (
        make_attribution("H1", S0=0.5, S1=0.05, S2=0.0499, S3=0.0099),
        make_attribution("H2", S0=0.01, S1=0.2),
    )
    region = RegionContents(GRID, attributions=attributions)
    drawn, renderers, tips = plot_of(region, sites=sites, visits=[make_visit("S1", *at(0, 0))])
    squares, text = renderers["layer:sites"]
    data = squares.data_source.data
    assert drawn.layers == ("sites",)
    assert metres(data["x"], X0) == [0.0, 10.0, 20.0, 30.0] and metres(data["y"], Y0) == [0.0, 20.0, 40.0, 60.0]
    assert data["name"] == [f"Works S{k}" for k in range(4)] and data["id"] == [f"S{k}" for k in range(4)]
    assert data["industry"] == ["–", "C26", "C26", "C26"] and data["sd"] == ["12"] * 4
    assert data["who"] == ["H1 50 %; H2 1 %", "H1 5 %; H2 20 %", "H1 5 %", "–"]
    assert data["size"] == pytest.approx([7 + 11 * p for p in (0.5, 0.2, 0.0499, 0.0)])
    assert data["fill"] == ["#ffffff", "#0b6e75", "#ffffff", "#ffffff"]
    assert data["line"] == ["#0b4f54", "#0b4f54", "#8f9aa3", "#8f9aa3"]
    shown = glyph(squares)
    assert {k: shown[k] for k in ("x", "y", "size", "fill_color", "line_color", "line_width", "fill_alpha")} == {
        "x": "@x", "y": "@y", "size": "@size", "fill_color": "@fill", "line_color": "@line", "line_width": 1.6,
        "fill_alpha": 0.9,
    }  # fmt: skip
    assert shown["marker"] == "square"
    assert tips["layer:sites"].tooltips == [
        ("", "@name"), ("", "@id"), ("±", "@sd m"), ("What could explain it", "@who"),
    ]  # fmt: skip
    assert text.data_source.data["text"] == ["Works S0", "Works S1"]
    assert metres(text.data_source.data["x"], X0) == [0.0, 10.0]
    assert glyph(text)["text_color"] == "#0b4f54" and text.glyph.text_font_style == "normal"


def test_a_site_at_a_twentieth_is_drawn_dark(plot_of: Make, make_site: Make, make_attribution: Make) -> None:
    """0.05 itself belongs to what is likely."""
    region = RegionContents(GRID, attributions=(make_attribution("H1", S1=0.05),))
    _, renderers, _ = plot_of(region, sites=[make_site("S1")])
    assert renderers["layer:sites"][0].data_source.data["line"] == ["#0b4f54"]


def test_eight_names_at_most_the_likeliest_first(plot_of: Make, make_site: Make, make_attribution: Make) -> None:
    """Of ten sites above a fifth."""
    sites = [make_site(f"S{k}") for k in range(10)]
    likely = SiteProbability("S0", 0.3, 1.0, 1.0)
    named = tuple(replace(likely, site_id=f"S{k}", probability=0.3 + 0.01 * k) for k in range(10))
    region = RegionContents(GRID, attributions=(replace(make_attribution(), sites=named),))
    _, renderers, _ = plot_of(region, sites=sites)
    assert renderers["layer:sites"][1].data_source.data["text"] == [f"Works S{k}" for k in range(9, 1, -1)]


def test_routes_are_lines_and_numbered_stops(plot_of: Make, make_route: Make) -> None:
    """A colour a team, the seventh that of the first; solid where streets were followed; back to the depot."""
    routes = [make_route(), make_route(on_roads=True, back=None, name="R2"), *[make_route(name="R3")] * 5]
    drawn, renderers, tips = plot_of(RegionContents(GRID), routes=routes)
    assert drawn.layers == ("routes",)
    line, stops, numbers, line_2, stops_2, _ = renderers["layer:routes"][:6]
    depot, shanghai, berlin = (121.5, 31.1), (121.5272106, 31.1774276), (13.4, 52.5)
    way = [depot, shanghai, shanghai, (100.0, 40.0), berlin, berlin, depot]
    for shown, points in ((line, way), (line_2, way[:5])):
        x, y = to_grid([p[0] for p in points], [p[1] for p in points], GRID)
        np.testing.assert_allclose(shown.data_source.data["x"], x)
        np.testing.assert_allclose(shown.data_source.data["y"], y)
    assert {k: glyph(line)[k] for k in ("line_color", "line_width", "line_alpha")} == {
        "line_color": TEAM_COLOURS[0], "line_width": 2.6, "line_alpha": 0.85,
    }  # fmt: skip
    assert (line.glyph.line_dash, line_2.glyph.line_dash) == ([6], [])
    data = stops.data_source.data
    x, y = to_grid([shanghai[0], berlin[0]], [shanghai[1], berlin[1]], GRID)
    np.testing.assert_allclose(data["x"], x)
    np.testing.assert_allclose(data["y"], y)
    assert data["label"] == ["1", "2"] and data["name"] == ["Works S1", "Works S2"]
    assert data["time"] == ["09:30–10:30", "11:30–12:30"]
    assert data["route"] == ["R1, Stop 1", "R1, Stop 2"] and stops_2.data_source.data["route"][0] == "R2, Stop 1"
    shown = glyph(stops)
    assert {k: shown[k] for k in ("x", "y", "size", "fill_color", "line_color", "line_width")} == {
        "x": "@x", "y": "@y", "size": 21, "fill_color": TEAM_COLOURS[0], "line_color": "#ffffff", "line_width": 2,
    }  # fmt: skip
    assert numbers.data_source is stops.data_source
    assert glyph(numbers) == {
        "x": "@x", "y": "@y", "text": "@label", "text_font_size": "12px", "text_font_style": "bold",
        "text_color": "#ffffff", "text_align": "center", "text_baseline": "middle",
    }  # fmt: skip
    assert tips["layer:routes"].tooltips == [("", "@route"), ("", "@name"), ("", "@time")]
    colours = [glyph(r)["line_color"] for r in renderers["layer:routes"][::3]]
    assert colours == [*TEAM_COLOURS, TEAM_COLOURS[0]]


def test_tooltips_stand_beside_their_points(plot_of: Make, make_site: Make) -> None:
    """At the data, not at the pointer."""
    _, _, tips = plot_of(RegionContents(GRID), sites=[make_site()])
    assert (tips["layer:sites"].point_policy, tips["layer:sites"].attachment) == ("snap_to_data", "horizontal")


# --- tracks --------------------------------------------------------------------------------------------------------


def test_a_track_is_a_thin_line_and_coloured_points(plot_of: Make, make_track: Make) -> None:
    """Every row with its enhancement, the highest last and largest; the clock is that of the zone."""
    track = make_track(rows=5)
    track.passes["ch4_enhancement"][:] = [1.0, np.nan, 4.0, 2.0, 3.0]
    drawn, renderers, tips = plot_of(RegionContents(GRID, (track,)))
    assert drawn.layers == ("track",)
    (line,) = renderers["layer:track"]
    assert glyph(line) == {"x": "@x", "y": "@y", "line_color": "#8d8a83", "line_width": 1.2, "line_alpha": 0.9}
    (points,) = renderers["layer:track:0"]
    data = points.data_source.data
    x, y = to_grid(104.0 + 1e-5 * np.array([0, 3, 4, 2]), [30.0] * 4, GRID)
    np.testing.assert_allclose(data["x"], x, atol=0.051)
    np.testing.assert_allclose(data["y"], y, atol=0.051)
    assert np.array_equal(data["x"], np.round(data["x"], 1)) and np.array_equal(data["y"], np.round(data["y"], 1))
    assert data["value"].tolist() == [1.0, 2.0, 3.0, 4.0] and data["value"].dtype == np.float32
    top = drawn.scales[0].top
    assert top == pytest.approx(3.985)  # 0.995 · 3 places above the first of 1, 2, 3, 4
    assert data["size"].tolist() == pytest.approx([5 + 6 * v / top for v in (1, 2, 3)] + [11.0])
    assert data["time"] == [f"03-01 09:00:0{s}" for s in (0, 3, 4, 2)]
    mapper = points.glyph.fill_color.transform
    assert (mapper.low, mapper.high, len(mapper.palette)) == (0.0, top, 64)
    assert (mapper.palette[0], mapper.palette[9], mapper.palette[63]) == (RAMP[0], RAMP[1], RAMP[7])
    shown = glyph(points)
    assert (shown["size"], shown["line_color"], shown["fill_color"]) == ("@size", None, "@value")
    assert points.visible
    assert tips["layer:track:0"].tooltips == [("CH₄ above background", "@value{0.[000]} ppm"), ("", "@time")]


def test_colours_between_two_steps_of_the_ramp_are_mixed(plot_of: Make, make_track: Make) -> None:
    """64 shades over 7 steps of the ramp: shade 1 is a ninth of the way from the first colour to the second."""
    _, renderers, _ = plot_of(RegionContents(GRID, (make_track(rows=5),)))
    palette = renderers["layer:track:0"][0].glyph.fill_color.transform.palette
    for k in (1, 31, 62):
        step, share = divmod(k, 9)
        low, high = ([int(RAMP[step + d][i : i + 2], 16) for i in (1, 3, 5)] for d in (0, 1))
        mixed = [a + (b - a) * share / 9 for a, b in zip(low, high, strict=True)]
        assert [int(palette[k][i : i + 2], 16) for i in (1, 3, 5)] == pytest.approx(mixed, abs=0.51)


def test_only_the_first_species_is_visible_at_first(plot_of: Make, make_track: Make) -> None:
    """Each unit has points of its own; a track that lacks the species or has another unit has none there."""
    ppb = make_track("second", rows=4)
    ppb.passes["ch4"].attrs["units"] = "ppb"
    drawn, renderers, _ = plot_of(RegionContents(GRID, (make_track(rows=3), ppb)))
    assert [s.unit for s in drawn.scales] == ["ppm", "ppb"]
    first, second = renderers["layer:track:0"][0], renderers["layer:track:1"][0]
    assert first.visible and not second.visible
    assert (len(first.data_source.data["x"]), len(second.data_source.data["x"])) == (3, 4)


@pytest.mark.parametrize(("tracks", "each"), [(1, 4000), (2, 2000), (21, 200)])
def test_tracks_share_four_thousand_points(plot_of: Make, make_track: Make, tracks: int, each: int) -> None:
    """Never fewer than 200 each."""
    many = tuple(make_track(f"t{k}", rows=4100) for k in range(tracks))
    _, renderers, _ = plot_of(RegionContents(GRID, many))
    assert len(renderers["layer:track:0"][0].data_source.data["x"]) == tracks * each


def test_a_way_is_broken_where_it_is_not_known(plot_of: Make, make_track: Make) -> None:
    """At rows without a place and jumps of more than 500 m; a point alone is no line; 2 m of detail go."""
    track = make_track(rows=9)
    east = [0.0, 10.0, 20.0, np.nan, 501.0, 1000.0, 1500.1, 5000.0, 5001.0]
    north = [0.0, 1.9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0]
    places = np.array([at(e, n) if np.isfinite(e) else (np.nan, np.nan) for e, n in zip(east, north, strict=True)])
    passes = track.passes.assign_coords(lon=("obs", places[:, 0]), lat=("obs", places[:, 1]))
    _, renderers, _ = plot_of(RegionContents(GRID, (replace(track, passes=passes),)))
    data = renderers["layer:track"][0].data_source.data
    x, y = np.round(np.array(data["x"]) - X0, 1), np.round(np.array(data["y"]) - Y0, 1)
    gap = np.nan
    assert np.allclose(x, [0.0, 20.0, gap, 501.0, 1000.0, gap, 5000.0, 5001.0, gap], atol=0.11, equal_nan=True)
    assert np.allclose(y, [0.0, 0.0, gap, 0.0, 0.0, gap, 0.0, 9.0, gap], atol=0.11, equal_nan=True)


@pytest.mark.parametrize(("bend_m", "points"), [(1.9, 2), (2.1, 3)])
def test_bends_of_two_metres_are_kept(plot_of: Make, make_track: Make, bend_m: float, points: int) -> None:
    """A way of 20 m with a bend in its middle."""
    track = make_track(rows=3)
    lon, lat = np.array([at(0.0, 0.0), at(10.0, bend_m), at(20.0, 0.0)]).T
    passes = track.passes.assign_coords(lon=("obs", lon), lat=("obs", lat))
    _, renderers, _ = plot_of(RegionContents(GRID, (replace(track, passes=passes),)))
    assert np.isfinite(renderers["layer:track"][0].data_source.data["x"]).sum() == points


def test_a_track_that_stands_on_no_two_places_draws_nothing(plot_of: Make, make_track: Make) -> None:
    """One position is no way."""
    _, renderers, _ = plot_of(RegionContents(GRID, (make_track(rows=1),)))
    assert len(renderers["layer:track"][0].data_source.data["x"]) == 0


def test_scales_reach_to_the_995th_thousandth_of_what_is_usable(make_track: Make) -> None:
    """Rows with a bad flag, of their own or of the species, and rows without a place do not count; all drives do."""
    first, second = make_track("a", rows=201), make_track("b", rows=4)
    first.passes["ch4_enhancement"][:] = np.arange(201.0)
    second.passes["ch4_enhancement"][:] = 1e6
    second.passes["qc_flag"][:] = np.uint32(Flag.OWN_EXHAUST)
    second.passes["qc_flag"][1:] = 0
    passes = second.passes.assign(ch4_qc=("obs", np.array([0, int(Flag.VALUE_STUCK), 0, 0], np.uint32)))
    passes = passes.assign_coords(lon=("obs", [104.0, 104.0, np.nan, 104.0]), lat=("obs", [30.0, 30.0, 30.0, np.nan]))
    scales = map_colour_scales([first, replace(second, passes=passes)])
    assert scales == (SpeciesScale("ch4", "ppm", 199.0),)


def test_a_species_without_enhancement_has_no_scale(make_track: Make) -> None:
    """Nothing to colour by; air without any enhancement has the smallest scale."""
    bare = make_track(rows=5)
    assert map_colour_scales([replace(bare, passes=bare.passes.drop_vars("ch4_enhancement"))]) == ()
    bare.passes["ch4_enhancement"][:] = 0.0
    assert map_colour_scales([bare]) == (SpeciesScale("ch4", "ppm", 1e-12),)
    bare.passes["ch4"].attrs.pop("units")
    assert map_colour_scales([bare])[0].unit == ""


# --- the frame -----------------------------------------------------------------------------------------------------


def test_bounds_hold_what_was_measured_with_six_per_cent(make_track: Make, make_hotspot: Make) -> None:
    """A picture, a drive and a hotspot, each the farthest on one side; 6 % of the longer side are left around."""
    pixels = np.zeros((1, 1, 4), np.uint8)
    track = make_track(rows=2)
    lon, lat = np.array([at(0, 0), at(300, 900)]).T
    passes = track.passes.assign_coords(lon=("obs", lon), lat=("obs", lat))
    lost = track.passes.assign_coords(lon=("obs", [np.nan, 50.0]), lat=("obs", [10.0, np.nan]))
    picture = Picture("rgb", pixels, X0 + 10, Y0 - 100, X0 + 500, Y0 + 5)
    hotspot = make_hotspot(polygon=box(-200, 0, 0, 20))
    tracks = (replace(track, passes=passes), replace(track, passes=lost))
    bounds = map_bounds(RegionContents(GRID, tracks, (picture,), (hotspot,)), [], [])
    assert np.array(bounds) - [X0, Y0, X0, Y0] == pytest.approx([-260.0, -160.0, 560.0, 960.0], abs=0.2)


def test_likely_sites_and_visits_widen_the_map_if_they_are_near(
    make_hotspot: Make, make_attribution: Make, make_site: Make, make_visit: Make
) -> None:
    """Within half the extent beyond it: sites from a tenth on and all visits; farther or unlikely ones do not."""
    region = RegionContents(
        GRID,
        hotspots=(make_hotspot(polygon=box(0, 0, 1000, 400)),),
        attributions=(make_attribution(S1=0.1, S2=0.0999),),
    )
    sites = [make_site("S1", *at(-490, 100)), make_site("S2", *at(0, 890)), make_site("S3", *at(0, 890))]
    visits = [make_visit("V1", *at(500, -490)), make_visit("V2", *at(500, -510)), make_visit("V3", *at(1490, 890))]
    west, south, east, north = np.array(map_bounds(region, sites, visits)) - [X0, Y0, X0, Y0]
    margin = 0.06 * 1980
    assert (west, south) == pytest.approx((-490 - margin, -490 - margin), abs=0.3)
    assert (east, north) == pytest.approx((1490 + margin, 890 + margin), abs=0.3)
    for place in ((-510, 0), (1510, 0), (0, 910), (0, -510)):
        alone = map_bounds(region, [make_site("S1", *at(*place))], [])
        assert np.array(alone) - [X0, Y0, X0, Y0] == pytest.approx([-60, -60, 1060, 460], abs=0.3)


def test_a_small_map_has_a_margin_of_three_metres(make_hotspot: Make) -> None:
    """6 % of 50 m; a region of nothing is a square metre at the origin with the same margin."""
    region = RegionContents(GRID, hotspots=(make_hotspot(polygon=box(0, 0, 10, 10)),))
    assert np.array(map_bounds(region, [], [])) - [X0, Y0, X0, Y0] == pytest.approx([-3, -3, 13, 13], abs=0.1)
    assert map_bounds(RegionContents(GRID), [], []) == pytest.approx((-3.0, -3.0, 4.0, 4.0))


def test_boxes_of_hotspots_are_grid_metres_in_tenths(make_hotspot: Make) -> None:
    """West, south, east, north by id."""
    region = RegionContents(GRID, hotspots=(make_hotspot(polygon=box(1, 2, 30, 40)), make_hotspot(id="H2")))
    boxes = hotspot_boxes(region)
    assert list(boxes) == ["H001", "H2"]
    assert np.array(boxes["H001"]) - [X0, Y0, X0, Y0] == pytest.approx([1, 2, 30, 40], abs=0.06)
    assert boxes["H001"] == [round(v, 1) for v in boxes["H001"]]


def test_width_over_height() -> None:
    """Of what the map shows."""
    assert RegionMap({}, (), (), (10.0, 20.0, 40.0, 80.0)).aspect == 0.5


def test_the_frame_of_a_map() -> None:
    """Ranges are the bounds; quiet axes in metres; drag to move and Ctrl and wheel to zoom; a scale bar."""
    plot = empty_plot((1.0, 2.0, 30.0, 40.0), Words("en"))
    assert (plot.x_range.start, plot.x_range.end, plot.y_range.start, plot.y_range.end) == (1.0, 30.0, 2.0, 40.0)
    assert (plot.sizing_mode, plot.toolbar_location, plot.min_border) == ("stretch_both", None, 0)
    assert plot.outline_line_color is None and plot.border_fill_color is None
    assert plot.background_fill_color == "#f4f2ed"
    pan, wheel = plot.toolbar.tools
    assert isinstance(pan, PanTool) and isinstance(wheel, WheelZoomTool) and plot.toolbar.active_scroll is wheel
    assert wheel.modifiers == {"ctrl": True} and wheel.zoom_together == "all"
    assert [grid.grid_line_color for grid in plot.grid] == ["#e3dfd6"] * 2
    for axis, label in ((plot.xaxis[0], "easting, m"), (plot.yaxis[0], "northing, m")):
        assert (axis.axis_label, axis.axis_label_text_font_style) == (label, "normal")
        assert axis.axis_label_text_color == axis.major_label_text_color == "#5d6670"
        assert axis.axis_label_text_font_size == axis.major_label_text_font_size == "11px"
        assert axis.axis_line_color == axis.major_tick_line_color == "#b9b4a8"
        assert axis.minor_tick_line_color is None and axis.ticker.desired_num_ticks == 5
        assert axis.formatter.use_scientific is False
    assert plot.yaxis[0].major_label_orientation == "vertical"
    bar = next(part for part in plot.center if type(part).__name__ == "ScaleBar")
    assert (bar.range, bar.unit, bar.location, bar.bar_length) == (plot.x_range, "m", "bottom_left", 0.18)
    assert (bar.background_fill_color, bar.background_fill_alpha, bar.border_line_color) == ("#fbfaf7", 0.85, None)
    assert (bar.label_text_font_size, bar.padding, bar.margin) == ("12px", 6, 10)
    assert type(bar.dimensional).__name__ == "MetricLength"


def test_the_fit_begins_with_the_centre_and_goes_through_it() -> None:
    """The first terms are the middle of the map in degrees and in metres, the slopes those of a degree there."""
    bounds = (X0 - 1000, Y0 - 500, X0 + 1000, Y0 + 500)
    lon, lat, *terms = lonlat_fit(GRID, bounds)
    assert (lon, lat) == pytest.approx((105.0, 30.0), abs=1e-6)
    assert len(terms) == 12
    assert (terms[0], terms[6]) == pytest.approx((X0, Y0), abs=0.1)
    (x, _), (_, y) = to_grid(105.001, 30.0, GRID), to_grid(105.0, 30.001, GRID)
    assert (terms[1], terms[8]) == pytest.approx((1000 * (x - X0), 1000 * (y - Y0)), rel=1e-4)
    assert all(term == float(f"{term:.10g}") for term in terms)


def test_only_ids_are_renamed() -> None:
    """An id that is no text, and a text under another key, stay; the same id has the same new name everywhere."""
    item = {"root_id": "b", "id": 7, "name": "b", "list": ["b", {"id": "a"}, {"id": "b"}]}
    assert with_own_ids(item) == {"root_id": "m1", "id": 7, "name": "b", "list": ["b", {"id": "m2"}, {"id": "m1"}]}
