"""The picture of why, stroke by stroke: places in pixels, colours, widths and words worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import CRS

from fusion.schema import Attribution, CredibleArea, Rate, Sighting, SiteProbability, SourceEstimate
from ingest.coordinates import to_grid, to_lonlat
from onevisit.handover.page import why_picture
from onevisit.handover.page.canvas import Canvas, Label, text_width
from onevisit.handover.page.why import Named, Why, explain
from onevisit.handover.page.why_picture import draw_why

Make = Callable[..., Any]
GRID = CRS.from_epsg(4544)
ORIGIN = np.array([float(v) for v in to_grid(104.0005, 30.0005, GRID)])
INK, SOFT, RULE, WHITE = "#1d2733", "#5d6670", "#b9b4a8", "#ffffff"
SAW, NOTHING, WIND, PLACE, HOT = "#d55e00", "#0072b2", "#e69f00", "#009e73", "#7a2c00"


def away(east: float, north: float) -> tuple[float, float]:
    """Longitude and latitude so many metres from the strongest cell."""
    lon, lat = to_lonlat(*(ORIGIN + np.array([east, north])), GRID)
    return float(lon), float(lat)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A rectangle of metres in degrees."""
    return shapely.Polygon([away(west, south), away(east, south), away(east, north), away(west, north)])


def sighting(label: str, *, north: float = 20.0, peak: float | None = 3.0, wind: float | None = 270.0) -> Sighting:
    """What a pass met so many metres north of the strongest cell, in a wind known to 10 degrees."""
    return Sighting(label, *away(0.0, north), peak, wind, 10.0)


NORTHWARDS = np.array([[0.0, -300.0], [0.0, -50.0], [0.0, 0.0], [0.0, 50.0], [0.0, 300.0]])


def plain(value: Any) -> Any:
    """Arrays as nested lists of hundredths of a pixel."""
    if isinstance(value, np.ndarray):
        return (np.round(value.astype(float), 2) + 0.0).tolist()
    if isinstance(value, list):
        return [plain(v) for v in value]
    return round(value, 2) if isinstance(value, float) else value


@pytest.fixture
def strokes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Every stroke that is drawn while a test runs, in its order: what, where, how."""
    drawn: list[tuple[Any, ...]] = []

    class Recording(Canvas):
        def __init__(self, width: int, height: int, paper: str) -> None:
            super().__init__(width, height, paper)
            drawn.clear()
            drawn.append(("canvas", width, height, paper))

        def fill(self, rings: Any, colour: str, alpha: float = 1.0) -> None:
            rings = list(rings)
            drawn.append(("fill", plain(rings), colour, round(alpha, 4)))
            super().fill(rings, colour, alpha)

        def line(self, points: Any, colour: str, width: float, *, closed: bool = False) -> None:
            drawn.append(("line", plain(points), colour, width, closed))
            super().line(points, colour, width, closed=closed)

        def disc(self, x: float, y: float, radius: float, colour: str) -> None:
            drawn.append(("disc", round(x, 2), round(y, 2), radius, colour))
            super().disc(x, y, radius, colour)

        def square(self, x: float, y: float, side: float, *, fill: str, edge: str, width: float) -> None:
            drawn.append(("square", round(x, 2), round(y, 2), round(side, 2), fill, edge, width))

        def write(self, label: Label) -> None:
            drawn.append(("text", *(plain(v) for v in vars(label).values())))

        def blot(self, left: int, top: int, right: int, bottom: int, paper: str) -> None:
            drawn.append(("blot", left, top, right, bottom, paper))

    monkeypatch.setattr(why_picture, "Canvas", Recording)
    return drawn


@pytest.fixture
def facts(make_hotspot: Make, make_attribution: Make) -> Callable[..., Why]:
    """A hotspot of 30 m, a site 100 m to the west, one sighting 20 m to the north in a west wind; or as changed."""

    def make(*, ways: dict[str, np.ndarray] | None = None, weighed: bool = True, **changes: Any) -> Why:
        of_hotspot = {
            k: changes.pop(k) for k in ("polygon", "wind_speed", "wind_from_deg", "p_value") if k in changes
        }
        hotspot = make_hotspot(**({"polygon": box(-15, -15, 15, 15), "seen_by": ("drive#0",)} | of_hotspot))
        sites = (SiteProbability("S1", 0.8, 100.0, 270.0),)
        base: Attribution = replace(make_attribution(), sites=sites, sightings=(sighting("drive#0"),))
        shown = {"drive#0": NORTHWARDS} if ways is None else ways
        placed = {label: way + ORIGIN for label, way in shown.items()}
        return explain(hotspot, replace(base, **changes) if weighed else None, placed, GRID)

    return make


def ring(west: float, north: float, east: float, south: float) -> list[list[float]]:
    """A box in pixels from its north-west corner, clockwise."""
    return [[west, north], [east, north], [east, south], [west, south]]


def words(strokes: list[tuple[Any, ...]]) -> list[str]:
    """All text."""
    return [stroke[3] for stroke in strokes if stroke[0] == "text"]


def test_every_stroke_of_a_plain_picture(strokes: list[tuple[Any, ...]], facts: Make) -> None:
    """A square of 240 m around (−42.5, 2.5), 540 px wide: 2.25 px a metre, its middle at (280, 326)."""
    why = facts()
    draw_why(why)
    assert why.centre == pytest.approx((-42.5, 2.5), abs=0.01) and why.half_m == pytest.approx(120.0)
    x0, y0 = 280 + 42.5 * 2.25, 326 + 2.5 * 2.25  # the strongest cell
    peak_y, site_x, side = y0 - 20 * 2.25, x0 - 100 * 2.25, 7 + 15 * math.sqrt(0.8)
    tag_left, tag_wide = site_x + side / 2 + 4, text_width("A 80 %", 13) + 6
    cone = strokes[2][1][0]
    steps: list[tuple[Any, ...]] = [
        ("canvas", 886, 622, WHITE),
        ("fill", [ring(10, 56, 550, 596)], "#f4f2ed", 1.0),
        ("fill", [cone], WIND, 0.14),
        ("fill", [hot := strokes[3][1][0]], HOT, 0.22),
        ("line", cone, WIND, 0.8, True),
        ("line", hot, HOT, 1.6, True),
        ("line", [[x0, 623.0], [x0, 29.0]], SAW, 2.2, False),
        ("disc", x0, peak_y, 5.5, WHITE),
        ("disc", x0, peak_y, 4.5, SAW),
        ("square", site_x, y0, side, WHITE, INK, 2.0),
        ("fill", [ring(tag_left, y0 - 8.5, tag_left + tag_wide, y0 + 8.5)], WHITE, 0.8),
        ("text", tag_left + 3, y0, "A 80 %", 13, INK, "l"),
        ("blot", 0, 0, 886, 56, WHITE),
        ("blot", 0, 0, 10, 622, WHITE),
        ("blot", 550, 0, 886, 622, WHITE),
        ("blot", 0, 596, 886, 622, WHITE),
        ("line", ring(10, 56, 550, 596), RULE, 1.0, True),
        ("line", [[11.0, 607.0], [11.0, 612.0], [123.5, 612.0], [123.5, 607.0]], INK, 1.6, False),
        ("text", 131.5, 610.0, "50 m", 12, INK, "l"),
        ("fill", [[[540.0, 8.0], [548.0, 32.0], [540.0, 26.0], [532.0, 32.0]]], INK, 1.0),
        ("text", 540.0, 43.0, "N", 13, INK, "m"),
        ("text", 10, 18, "H001   CH4 3.20 ± 0.40 ppm above background", 18, INK, "l"),
        ("text", 10, 41, "seen in 3 of 4 passes, p 0.002, wind from 270°", 12, SOFT, "l"),
        ("text", 560.0, 64.0, "What could explain it", 13, INK, "l"),
        ("line", [[560.0, 75.0], [876.0, 75.0]], RULE, 1.0, False),
        ("square", 571.0, 97.0, side, WHITE, INK, 2.0),
        ("text", 590.0, 90.0, "A  S1", 12, INK, "l"),
        ("text", 876.0, 90.0, "80 %", 12, INK, "r"),
        ("text", 590.0, 105.0, "100 m, 270°", 12, SOFT, "l"),
        ("text", 590.0, 125.0, "a source on no list", 12, INK, "l"),
        ("text", 876.0, 125.0, "67 %", 12, INK, "r"),
        ("text", 590.0, 142.0, "background or traffic", 12, INK, "l"),
        ("text", 876.0, 142.0, "33 %", 12, INK, "r"),
        ("text", 560.0, 167.0, "The source, by the passes alone", 13, INK, "l"),
        ("line", [[560.0, 178.0], [876.0, 178.0]], RULE, 1.0, False),
        ("text", 560.0, 193.0, "bearing 270° ± 30°", 12, INK, "l"),
        ("text", 560.0, 210.0, "the passes fix no place", 12, INK, "l"),
        ("text", 560.0, 235.0, "Key", 13, INK, "l"),
        ("line", [[560.0, 246.0], [876.0, 246.0]], RULE, 1.0, False),
        ("line", [[562.0, 261.0], [584.0, 261.0]], SAW, 2.2, False),
        ("disc", 573.0, 261.0, 5.5, WHITE),
        ("disc", 573.0, 261.0, 4.5, SAW),
        ("text", 594.0, 261.0, "1 pass met a plume, dot at its peak", 12, INK, "l"),
        ("fill", [ring(562, 274, 584, 286)], WIND, 0.25),
        ("line", ring(562, 274, 584, 286), WIND, 1.4, True),
        ("text", 594.0, 280.0, "upwind, ± 2 sd of the wind", 12, INK, "l"),
        ("fill", [ring(562, 293, 584, 305)], HOT, 0.22),
        ("line", ring(562, 293, 584, 305), HOT, 1.4, True),
        ("text", 594.0, 299.0, "hotspot", 12, INK, "l"),
    ]
    assert len(strokes) == len(steps)
    for stroke, expected in zip(strokes, steps, strict=True):
        flat, wanted = flatten(stroke), flatten(expected)
        assert [v for v in flat if isinstance(v, str)] == [v for v in wanted if isinstance(v, str)]
        assert [v for v in flat if not isinstance(v, str)] == pytest.approx(
            [v for v in wanted if not isinstance(v, str)], abs=0.06
        )
    corners = shapely.Polygon(hot)
    assert corners.equals_exact(shapely.Polygon(corners.exterior), 0.1)
    assert corners.bounds == pytest.approx((x0 - 33.75, y0 - 33.75, x0 + 33.75, y0 + 33.75), abs=0.1)
    sector = shapely.Polygon(cone)
    assert sector.bounds == pytest.approx((5.0, peak_y - (x0 - 5) * math.tan(math.radians(20)), x0,
                                           peak_y + (x0 - 5) * math.tan(math.radians(20))), abs=0.2)  # fmt: skip


def flatten(value: Any) -> list[Any]:
    """All numbers and words of nested lists, in order."""
    if isinstance(value, (list, tuple)):
        return [v for one in value for v in flatten(one)]
    return [value]


@pytest.fixture
def full(facts: Make) -> Why:
    """Two passes of one street, one of which met nothing, an area and a place, three sites below 1 %."""
    sites = (
        SiteProbability("S1", 0.8, 100.0, 270.0),
        *(SiteProbability(f"T{k}", 0.006, 50.0, 90.0) for k in range(3)),
    )
    return facts(
        sites=sites,
        sightings=(sighting("drive#0"), sighting("drive#1", north=10.0, peak=None)),
        ways={"drive#0": NORTHWARDS, "drive#1": NORTHWARDS},
        areas=(CredibleArea(0.9, box(-30, -30, 30, 30), 3612.0),),
        source=SourceEstimate(*away(30.0, -40.0), 24.2, Rate(2000.0, 1000.0, 4000.0)),
    )


def test_passes_stand_apart_and_those_that_met_nothing_lie_below(strokes: list[tuple[Any, ...]], full: Why) -> None:
    """Two lanes 4 px apart, the silent one first and west, dashed 7 on 5 off; squares where it met nothing."""
    draw_why(full)
    k = 540 / (2 * full.half_m)
    x0, y0 = 280 - full.centre[0] * k, 326 + full.centre[1] * k
    silent = [s for s in strokes if s[0] == "line" and s[2] == NOTHING]
    assert all(s[3:] == (1.5, False) for s in silent)
    assert [point[0] for s in silent[:-2] for point in s[1]] == pytest.approx(
        [x0 - 2] * 2 * len(silent[:-2]), abs=0.06
    )
    lengths = [abs(s[1][0][1] - s[1][-1][1]) for s in silent[:-2]]
    assert lengths[:5] == pytest.approx([7.0] * 5, abs=0.02)
    starts = [s[1][0][1] for s in silent[:5]]
    assert np.abs(np.diff(starts)) == pytest.approx([12.0] * 4, abs=0.02)
    seen = next(s for s in strokes if s[0] == "line" and s[2] == SAW)
    assert seen[1][0][0] == pytest.approx(x0 + 2, abs=0.06)
    assert strokes.index(silent[0]) < strokes.index(seen)
    met = [s for s in strokes if s[0] == "square" and s[5] == NOTHING]
    assert met[0][1:] == (
        pytest.approx(x0 - 2, abs=0.06),
        pytest.approx(y0 - 10 * k, abs=0.06),
        8.0,
        WHITE,
        NOTHING,
        1.6,
    )
    dots = [s for s in strokes if s[0] == "disc"]
    assert dots[0][1:3] == pytest.approx((x0 + 2, y0 - 20 * k), abs=0.06)


def test_area_place_and_other_sites_are_drawn(strokes: list[tuple[Any, ...]], full: Why) -> None:
    """The area tinted and outlined, a cross on white at the place, small pale squares for sites without a letter."""
    draw_why(full)
    k = 540 / (2 * full.half_m)
    x0, y0 = 280 - full.centre[0] * k, 326 + full.centre[1] * k
    tint = next(s for s in strokes if s[0] == "fill" and s[2] == PLACE)
    outline = next(s for s in strokes if s[0] == "line" and s[2] == PLACE)
    assert tint[3] == 0.22 and outline[3:] == (1.6, True) and tint[1] == [outline[1]]
    assert shapely.Polygon(outline[1]).bounds == pytest.approx(
        (x0 - 30 * k, y0 - 30 * k, x0 + 30 * k, y0 + 30 * k), abs=0.1
    )
    x, y = x0 + 30 * k, y0 + 40 * k
    cross = [s for s in strokes if s[0] == "line" and len(s[1]) == 2 and s[3] in (5.0, 2.6)][:4]
    for stroke, (slope, colour, width) in zip(
        cross, ((1, WHITE, 5.0), (-1, WHITE, 5.0), (1, PLACE, 2.6), (-1, PLACE, 2.6)), strict=True
    ):
        assert stroke[2:] == (colour, width, False)
        assert flatten(stroke[1]) == pytest.approx([x - 6, y - 6 * slope, x + 6, y + 6 * slope], abs=0.06)
    others = [s for s in strokes if s[0] == "square" and s[5] == SOFT]
    assert [s[1:] for s in others[:3]] == [
        (pytest.approx(x0 + 50 * k, abs=0.06), pytest.approx(y0, abs=0.06), 5.0, WHITE, SOFT, 0.8)
    ] * 3


def test_the_panel_of_a_full_picture(strokes: list[tuple[Any, ...]], full: Why) -> None:
    """Line by line with its height: candidates, the source with its rate in grams, and a key to all that is shown."""
    draw_why(full)
    told = [(s[1], s[2], s[3]) for s in strokes if s[0] == "text" and s[1] >= 560.0]
    lon, lat = away(30.0, -40.0)
    assert told == [
        (560.0, 64.0, "What could explain it"),
        (590.0, 90.0, "A  S1"),
        (876.0, 90.0, "80 %"),
        (590.0, 105.0, "100 m, 270°"),
        (590.0, 125.0, "3 other listed sites"),
        (876.0, 125.0, "2 %"),
        (590.0, 142.0, "a source on no list"),
        (876.0, 142.0, "67 %"),
        (590.0, 159.0, "background or traffic"),
        (876.0, 159.0, "33 %"),
        (560.0, 184.0, "The source, by the passes alone"),
        (560.0, 210.0, "bearing 270° ± 30°"),
        (560.0, 227.0, f"{lon:.5f}, {lat:.5f} ± 24 m"),
        (560.0, 244.0, "1.3 g s-1 (90 %: 0.66 to 2.6)"),
        (560.0, 269.0, "Key"),
        (594.0, 295.0, "1 pass met a plume, dot at its peak"),
        (594.0, 314.0, "1 pass met none"),
        (594.0, 333.0, "upwind, ± 2 sd of the wind"),
        (594.0, 352.0, "hotspot"),
        (594.0, 371.0, "source, 90 % area, 3600 m2"),
        (594.0, 390.0, "mean place of the source"),
        (594.0, 409.0, "other listed site"),
        (594.0, 428.0, "passes are drawn side by side"),
    ]
    assert next(s for s in strokes if s[0] == "text" and s[3].startswith("passes are"))[5] == SOFT
    key = [s for s in strokes if s[0] == "square"][-1]
    assert key == ("square", 573.0, 409.0, 5, WHITE, SOFT, 0.8)
    silent = [s for s in strokes if s[0] == "line" and s[2] == NOTHING][-2:]
    assert [s[1] for s in silent] == [[[562.0, 314.0], [569.0, 314.0]], [[574.0, 314.0], [581.0, 314.0]]]
    assert ("square", 573.0, 314.0, 8.0, WHITE, NOTHING, 1.6) in strokes
    patch = [s for s in strokes if s[0] == "fill" and s[2] == PLACE][-1]
    assert patch == ("fill", [ring(562, 365, 584, 377)], PLACE, 0.22)
    cross = [s for s in strokes if s[0] == "line" and s[2] == PLACE and len(s[1]) == 2][-2:]
    assert [s[1] for s in cross] == [[[567.0, 384.0], [579.0, 396.0]], [[567.0, 396.0], [579.0, 384.0]]]


@pytest.mark.parametrize(
    ("count", "named", "line"), [(1, 0, "1 listed site"), (2, 0, "2 listed sites"), (1, 1, "1 other listed site")]
)
def test_sites_without_a_letter_are_counted(
    strokes: list[tuple[Any, ...]], facts: Make, count: int, named: int, line: str
) -> None:
    """Others only where there are named ones; one is no plural."""
    sites = [SiteProbability(f"S{k}", 0.5, 50.0, 0.0) for k in range(named)]
    sites += [SiteProbability(f"T{k}", 0.0099, 50.0, 0.0) for k in range(count)]
    draw_why(facts(sites=tuple(sites)))
    assert line in words(strokes)


def test_what_was_not_weighed_has_ways_alone(strokes: list[tuple[Any, ...]], facts: Make) -> None:
    """No dots on the ways of the map or the key, no candidates, no direction."""
    draw_why(facts(weighed=False))
    assert not [s for s in strokes if s[0] in ("disc", "square")]
    told = [(s[1], s[2], s[3]) for s in strokes if s[0] == "text" and s[1] >= 560.0]
    assert told == [
        (560.0, 64.0, "What could explain it"),
        (560.0, 90.0, "sites were not weighed"),
        (560.0, 115.0, "The source, by the passes alone"),
        (560.0, 141.0, "no direction"),
        (560.0, 166.0, "Key"),
        (594.0, 192.0, "1 pass met a plume"),
        (594.0, 211.0, "hotspot"),
    ]


def test_a_place_without_a_bearing_is_told(strokes: list[tuple[Any, ...]], facts: Make) -> None:
    """And no bearing invented."""
    source = SourceEstimate(104.0, 30.0, 24.2, Rate(2000.0, 1000.0, 4000.0))
    draw_why(facts(bearing_deg=None, source=source))
    assert "104.00000, 30.00000 ± 24 m" in words(strokes)
    assert not [text for text in words(strokes) if "bearing" in text or text == "no direction"]


@pytest.mark.parametrize(
    ("changes", "wind"),
    [
        ({"wind_speed": None, "wind_from_deg": None}, "no wind"),
        ({"wind_speed": 0.4, "wind_from_deg": None}, "calm"),
        ({"wind_speed": 2.5, "wind_from_deg": 44.6}, "wind from 45°"),
    ],
)
def test_the_second_line_tells_the_wind(
    strokes: list[tuple[Any, ...]], facts: Make, changes: dict[str, Any], wind: str
) -> None:
    """None, calm or from where."""
    draw_why(facts(p_value=0.0001, **changes))
    assert words(strokes)[4] == f"seen in 3 of 4 passes, p < 0.001, {wind}"


@pytest.mark.parametrize(
    ("far_m", "half_m", "scale"),
    [(100.0, 120.0, "50 m"), (1785.0, 1008.0, "500 m"), (885.0, 504.0, "200 m"), (345.0, 201.6, "100 m")],
)
def test_the_scale_is_round_and_below_a_third_of_the_map(
    strokes: list[tuple[Any, ...]], facts: Make, far_m: float, half_m: float, scale: str
) -> None:
    """1, 2 or 5 times a power of ten, at most 0.3 of the side: 72, 605, 302 and 121 m."""
    why = facts(sites=(SiteProbability("S1", 0.8, far_m, 270.0),))
    draw_why(why)
    assert why.half_m == pytest.approx(half_m, rel=1e-4)
    label = next(s for s in strokes if s[0] == "text" and s[3] == scale)
    assert label[1] == pytest.approx(11 + float(scale.split()[0]) * 270 / why.half_m + 8, abs=0.02)


def test_a_small_hotspot_has_a_ring_of_24_pixels(strokes: list[tuple[Any, ...]], facts: Make) -> None:
    """Around its own middle, beside its outline; one of 24 px or less is small."""
    why = facts(polygon=box(5, 5, 15, 15), sites=(SiteProbability("S1", 0.8, 385.0, 270.0),))
    draw_why(why)
    k = 540 / (2 * why.half_m)
    outlines = [s for s in strokes if s[0] == "line" and s[2] == HOT and s[3] == 1.6]
    assert [len(s[1]) for s in outlines] == [4, 36]
    circle = np.array(outlines[1][1]) - [280 + (10 - why.centre[0]) * k, 326 - (10 - why.centre[1]) * k]
    assert np.hypot(*circle.T) == pytest.approx([24.0] * 36, abs=0.05)
    assert np.degrees(np.arctan2(circle[:, 1], circle[:, 0])) % 360 == pytest.approx(np.arange(0, 360, 10), abs=0.2)


@pytest.mark.parametrize(("side_m", "ringed"), [(10.6, True), (10.8, False)])
def test_a_hotspot_of_24_pixels_is_large_enough(
    strokes: list[tuple[Any, ...]], facts: Make, side_m: float, ringed: bool
) -> None:
    """2.25 px a metre: 10.67 m are 24 px, in either direction."""
    for polygon in (box(0, 0, side_m, 1), box(0, 0, 1, side_m)):
        draw_why(facts(polygon=polygon))
        assert any(s[0] == "line" and s[2] == HOT and len(s[1]) == 36 for s in strokes) == ringed


@pytest.mark.parametrize(("count", "alpha"), [(1, 0.14), (3, 0.14), (4, 0.125), (10, 0.05)])
def test_many_cones_are_paler(strokes: list[tuple[Any, ...]], facts: Make, count: int, alpha: float) -> None:
    """From four on they share half of the colour."""
    names = [f"drive#{k}" for k in range(count)]
    draw_why(facts(sightings=tuple(sighting(n) for n in names), ways={}))
    tints = [s[3] for s in strokes if s[0] == "fill" and s[2] == WIND]
    assert tints == [alpha] * count + [0.25]


@pytest.mark.parametrize(("count", "step"), [(2, 4.0), (6, 4.0), (11, 2.0), (41, 0.5)])
def test_lanes_are_four_pixels_apart_and_twenty_in_all(
    strokes: list[tuple[Any, ...]], facts: Make, count: int, step: float
) -> None:
    """Around the street, from west to east for a street to the north."""
    names = [f"drive#{k:02d}" for k in range(count)]
    why = facts(sightings=tuple(sighting(n, wind=None) for n in names), ways=dict.fromkeys(names, NORTHWARDS))
    draw_why(why)
    x0 = 280 - why.centre[0] * 540 / (2 * why.half_m)
    lanes = [s[1][0][0] for s in strokes if s[0] == "line" and s[2] == SAW][:-1]
    assert lanes == pytest.approx([x0 + step * (k - (count - 1) / 2) for k in range(count)], abs=0.06)


@pytest.mark.parametrize(
    ("way", "across"),
    [
        ([(-90.0, -30.0), (90.0, -30.0)], (0.0, -1.0)),
        ([(-60.0, -60.0), (60.0, 60.0)], (-math.sqrt(0.5), -math.sqrt(0.5))),
        ([(60.0, -60.0), (-60.0, 60.0)], (math.sqrt(0.5), -math.sqrt(0.5))),
        ([(-101.0, 0.0), (0.0, 101.0), (99.9, 0.0)], (0.0, 1.0)),
    ],
)
def test_lanes_stand_apart_across_the_street(
    strokes: list[tuple[Any, ...]], facts: Make, way: list[tuple[float, float]], across: tuple[float, float]
) -> None:
    """Eastwards, north-east and north-west; where fewer than two points lie within 100 m, downwards."""
    labels = ["drive#0", "drive#1"] if len(way) == 2 else ["drive#0"]
    ways = dict.fromkeys(labels, np.array(way))
    why = facts(sightings=tuple(sighting(n, wind=None) for n in ("drive#0", "drive#1")), ways=ways)
    draw_why(why)
    first, second = [np.array(s[1:3]) for s in strokes if s[0] == "disc"][0:4:2]
    assert second - first == pytest.approx(4 * np.array(across), abs=0.06)


def test_ways_are_shown_a_tenth_beyond_the_map_and_broken_at_gaps(
    strokes: list[tuple[Any, ...]], facts: Make
) -> None:
    """A way with a gap is two lines, a single point none, and what curves less than 0.7 px is straight."""
    way = np.array([[0.0, -300.0], [0.2, -100.0], [0.0, -50.0], [np.nan, np.nan], [0.0, 0.0], [np.nan, np.nan],
                    [0.0, 50.0], [30.0, 300.0]])  # fmt: skip
    why = facts(ways={"drive#0": way})
    draw_why(why)
    lines = [np.array(s[1]) for s in strokes if s[0] == "line" and s[2] == SAW and s[3] == 2.2][:-1]
    x0, y0 = 280 - why.centre[0] * 2.25, 326 + why.centre[1] * 2.25
    reach = 1.1 * 120
    top = why.centre[1] + reach
    assert [len(line) for line in lines] == [2, 2]
    assert lines[0][:, 1] == pytest.approx([326 + reach * 2.25, y0 + 50 * 2.25], abs=0.1)
    assert lines[1] == pytest.approx(
        np.array([[x0, y0 - 50 * 2.25], [x0 + 30 * (top - 50) / 250 * 2.25, 326 - reach * 2.25]]), abs=0.1
    )


def test_a_rate_without_grams_keeps_its_digits(strokes: list[tuple[Any, ...]], facts: Make) -> None:
    """Two of them, for the median and both bounds."""
    why = facts(source=SourceEstimate(104.0, 30.0, 24.2, Rate(1234.0, 567.0, 8910.0)))
    draw_why(replace(why, hotspot=replace(why.hotspot, species="pnc", unit="cm-3")))
    assert "1200 (cm-3) m3 s-1 (90 %: 570 to 8900)" in words(strokes)


def test_tags_go_where_they_cover_least(strokes: list[tuple[Any, ...]], facts: Make) -> None:
    """East of the marker where there is room, west of it at the eastern edge of the map."""
    east = (SiteProbability("S1", 0.5, 2000.0, 90.0), SiteProbability("S2", 0.3, 2000.0, 270.0))
    why = facts(sites=east)
    draw_why(why)
    tags = {s[3][0]: s[1] for s in strokes if s[0] == "text" and s[3].endswith(" %") and s[1] < 550}
    markers = [s for s in strokes if s[0] == "square" and s[5] == INK and s[1] < 550]
    by_side = {round(s[3], 2): s[1] for s in markers}
    first, second = (7 + 15 * math.sqrt(p) for p in (0.5, 0.3))
    assert tags["B"] == pytest.approx(by_side[round(second, 2)] + second / 2 + 4 + 3, abs=0.02)
    assert tags["A"] == pytest.approx(
        by_side[round(first, 2)] - first / 2 - 4 - (text_width("A 50 %", 13) + 6) + 3, abs=0.02
    )
    assert [s[3] for s in markers] == pytest.approx([second, first], abs=0.01)  # the likeliest on top


def test_words_are_cut_where_they_would_run_into_others(strokes: list[tuple[Any, ...]], facts: Make) -> None:
    """The title before the arrow of north, 500 px; a site's id 8 px before its probability."""
    why = facts(sites=(SiteProbability("i" * 200, 0.8, 100.0, 270.0),))
    draw_why(replace(why, hotspot=replace(why.hotspot, species="i" * 200)))
    dot = text_width("i", 18)
    title = next(s for s in strokes if s[0] == "text" and s[4] == 18)
    assert title[3].endswith("...") and 500 - 2 * dot < text_width(title[3], 18) <= 500
    name = next(s for s in strokes if s[0] == "text" and s[3].startswith("A  i"))
    room = 316 - 30 - text_width("80 %", 12) - 8
    assert name[3].endswith("...") and room - 2 * text_width("i", 12) < text_width(name[3], 12) <= room
    lone = next(s for s in strokes if s[0] == "text" and s[3].startswith("1 pass met"))
    assert lone[3].endswith("peak")


@pytest.mark.parametrize(("bend_m", "points"), [(0.25, 2), (0.4, 3)])
def test_bends_below_seven_tenths_of_a_pixel_are_straight(
    strokes: list[tuple[Any, ...]], facts: Make, bend_m: float, points: int
) -> None:
    """0.31 m at 2.25 px a metre."""
    draw_why(facts(ways={"drive#0": np.array([[0.0, -100.0], [bend_m, 0.0], [0.0, 100.0]])}))
    assert len(next(s for s in strokes if s[0] == "line" and s[2] == SAW)[1]) == points


def test_a_tag_has_eight_places_at_three_distances() -> None:
    """Beside, above, below and at the corners, 15, 29 and 45 px off: each is taken if it alone is free."""
    x, y, high = 280.0, 326.0, 17.0
    wide = text_width("A > 99 %", 13) + 6
    corners = [
        (left, top)
        for far in (15.0, 29.0, 45.0)
        for left, top in (
            (x + far, y - high / 2), (x - far - wide, y - high / 2), (x - wide / 2, y - far - high),
            (x - wide / 2, y + far), (x + far, y - far - high / 2), (x + far, y + far - high / 2),
            (x - far - wide, y - far - high / 2), (x - far - wide, y + far - high / 2),
        )
    ]  # fmt: skip
    boxes = [shapely.box(left, top, left + wide, top + high) for left, top in corners]
    named = Named("A", "S1", 1.0, 1.0, 1.0, (0.0, 0.0))
    for k, free in enumerate(boxes):
        dots = []
        for other in boxes[:k] + boxes[k + 1 :]:
            inside = [(a + da, b + db) for a, da in ((other.bounds[0], 1), (other.bounds[2], -1))
                      for b, db in ((other.bounds[1], 1), (other.bounds[3], -1))]  # fmt: skip
            dots.append(next(p for p in inside if not free.buffer(0.8).contains(shapely.Point(p))))
        taken = [np.array(ring(a - 0.5, b - 0.5, a + 0.5, b + 0.5)) for a, b in dots]
        best = why_picture._draw_tag(Canvas(20, 20, WHITE), named, x, y, taken)
        assert (best[0].tolist(), best[2].tolist()) == (
            pytest.approx(list(free.bounds[:2])), pytest.approx(list(free.bounds[2:])),
        )  # fmt: skip
