"""The painted ground: each thing in its place, with its width, colour (blue, green, red) and temperature."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import CRS

from onevisit.truth.simulate.flights import scene as painting
from onevisit.truth.simulate.flights.scene import Scene, paint_scene
from onevisit.truth.simulate.names import INDUSTRIES
from onevisit.truth.simulate.world import SIZES, ParkSite, Street, World, build_world
from tests.onevisit.truth.dice import Dice

Canvas = painting._Canvas
PIXEL_M = 0.1


def _canvas(dice: Any = None, side_m: float = 60.0, grey: int = 200) -> Canvas:
    """A grey square of ground whose middle is (0, 0)."""
    canvas = Canvas(-side_m / 2, side_m / 2, side_m, side_m, PIXEL_M, dice or Dice(0.5))
    canvas.bgr[:] = grey
    return canvas


def _at(canvas: Canvas, x: float, y: float) -> list[int]:
    column, row = int((x - canvas.left) / PIXEL_M), int((canvas.top - y) / PIXEL_M)
    return [int(v) for v in canvas.bgr[row, column]]


def _kelvin(canvas: Canvas, x: float, y: float) -> float:
    return float(canvas.kelvin[int((canvas.top - y) / PIXEL_M), int((x - canvas.left) / PIXEL_M)])


def _width(canvas: Canvas, x: float, y: float, is_it: Callable[[list[int]], bool], *, across: bool = False) -> float:
    """Metres north and south of a point (east and west where ``across``) in which a colour is what is asked."""
    low, high = canvas.left + PIXEL_M, canvas.left + canvas.shape[1] * PIXEL_M - PIXEL_M
    steps = np.arange(-25.0, 25.0, PIXEL_M)
    hits = [is_it(_at(canvas, x + s, y) if across else _at(canvas, x, y + s))
            for s in steps if low < (x + s if across else y + s) < high]  # fmt: skip
    return PIXEL_M * sum(hits)


def _place(parcel: shapely.Polygon, *halls: shapely.Polygon, name: str = "P") -> ParkSite:
    return ParkSite(name, name, name, INDUSTRIES[0], parcel, parcel.centroid, parcel.centroid, halls)


def test_a_canvas_puts_metres_where_they_belong() -> None:
    """A filled square, a stroke of 2 m and a disc of 3 m; temperature only where one is given."""
    canvas = _canvas()
    canvas.fill(shapely.box(-20, 10, -10, 15), (10, 20, 30), 310.0)
    assert [_at(canvas, *p) for p in ((-19.9, 10.1), (-10.1, 14.9), (-20.2, 12.0), (-15.0, 15.2))] == [
        [10, 20, 30], [10, 20, 30], [200] * 3, [200] * 3,
    ]  # fmt: skip
    assert (_kelvin(canvas, -15, 12), _kelvin(canvas, -15, 16)) == (310.0, 293.0)
    canvas.fill(shapely.box(0, 0, 1, 1), (1, 1, 1))
    assert _kelvin(canvas, 0.5, 0.5) == 293.0
    canvas.stroke(np.array([[5.0, -20.0], [25.0, -20.0]]), (0, 0, 255), 2.0)
    assert _width(canvas, 15.0, -20.0, lambda c: c == [0, 0, 255]) == pytest.approx(2.0, abs=0.25)
    canvas.disc(-15.0, -15.0, 3.0, (7, 7, 7))
    assert _width(canvas, -15.0, -15.0, lambda c: c == [7, 7, 7]) == pytest.approx(6.0, abs=0.3)
    assert canvas.shape == (600, 600) and canvas.kelvin.dtype == np.float32


def test_shade_darkens_what_lies_under_it() -> None:
    """By its factor, parts of several polygons too, nothing outside of the canvas."""
    canvas = _canvas()
    canvas.shade(shapely.MultiPolygon([shapely.box(-20, -5, -10, 5), shapely.box(10, -5, 20, 5)]), 0.5)
    assert [_at(canvas, x, 0)[0] for x in (-15.0, 0.0, 15.0)] == [100, 200, 100]
    canvas.shade(shapely.box(-5, -5, 5, 5), 2.0)
    assert _at(canvas, 0, 0) == [255] * 3
    before = canvas.bgr.copy()
    canvas.shade(shapely.box(100, 100, 110, 110), 0.5)
    canvas.shade(shapely.Polygon(), 0.5)
    assert (canvas.bgr == before).all()


def test_texture_adds_noise_inside_of_a_polygon_or_everywhere() -> None:
    """One standard deviation of the dice is the strength."""
    canvas = _canvas(Dice(0.5, z=1.0))
    canvas.texture(shapely.box(-10, -10, 10, 10), 5.0, 3.0)
    assert (_at(canvas, 0, 0), _at(canvas, 20, 0)) == ([205] * 3, [200] * 3)
    canvas.texture(None, 4.0, PIXEL_M)
    assert (_at(canvas, 0, 0), _at(canvas, 20, 0)) == ([209] * 3, [204] * 3)
    noise = painting._noise((50, 400), 10, np.random.default_rng(1))
    assert noise.shape == (50, 400) and noise.std() == pytest.approx(1.0, abs=0.3)
    assert abs(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]) > 0.9


@pytest.mark.parametrize(("main", "width"), [(True, 15.0), (False, 13.0)])
def test_a_street_is_asphalt_between_pavements(main: bool, width: float) -> None:
    """15 or 13 m of it in 22 m; lane marks of 0.3 m, four metres in every nine, 14 m from the ends."""
    canvas = _canvas(Dice(0.999), grey=0)
    line = shapely.LineString([(-30.0, 0.0), (30.0, 0.0)])
    painting._paint_streets(canvas, [Street("s", 0, 1, line, main)])
    asphalt, pavement, mark = [104, 100, 98], [168, 176, 178], [224, 228, 230]
    x = -30.0 + 19.5
    assert _width(canvas, x, 0.0, lambda c: c == asphalt) == pytest.approx(width, abs=0.3)
    assert _width(canvas, x, 0.0, lambda c: c in (asphalt, pavement)) == pytest.approx(22.0, abs=0.3)
    assert _width(canvas, -14.0, 0.0, lambda c: c == mark) == pytest.approx(0.4, abs=0.15)
    starts = [x for x in np.arange(-18.0, 10.0, PIXEL_M) if _at(canvas, x, 0.0) == mark]
    assert (starts[0], starts[-1] - starts[0]) == (pytest.approx(-16.0, abs=0.3), pytest.approx(22.0, abs=0.6))
    assert len(starts) * PIXEL_M == pytest.approx(3 * (4.0 + 0.4), abs=0.5)  # strokes have round ends


def test_zebra_crossings_stand_eleven_metres_from_either_end() -> None:
    """Ten stripes of 3.5 by 0.55 m, 1.2 m apart."""
    canvas = _canvas(grey=0)
    painting._mark_lanes(canvas, np.array([[-30.0, 0.0], [30.0, 0.0]]))
    white = [226, 230, 232]
    for x in (-30 + 11.0 + 1.75, -30 + 60 - 14.5 + 1.75):
        column = [_at(canvas, x, y) == white for y in np.arange(-8.0, 8.0, PIXEL_M)]
        assert sum(b and not a for a, b in itertools.pairwise(column)) == 10
        assert sum(column) * PIXEL_M == pytest.approx(7.0, abs=0.9)
        rows = np.flatnonzero(column)
        assert (rows[-1] - rows[0]) * PIXEL_M == pytest.approx(10.8 + 0.6, abs=0.3)
        along = [_at(canvas, x + s, -5.4 + 1.2) == white for s in np.arange(-4.0, 4.0, PIXEL_M)]
        assert sum(along) * PIXEL_M == pytest.approx(3.5 + 0.6, abs=0.3)


@pytest.mark.parametrize(("share", "trees"), [(0.0, True), (0.77, True), (0.78, False)])
def test_trees_stand_nine_metres_from_the_axis(share: float, trees: bool) -> None:
    """Every eight metres, 22 m from the ends, on both sides; about four in five of them."""
    canvas = _canvas(Dice(share))
    painting._plant_trees(canvas, shapely.LineString([(-30.0, 0.0), (30.0, 0.0)]))
    for x in (-8.0, 0.0):
        for y in (-9.0, 9.0):
            assert (_at(canvas, x, y) != [200] * 3) is trees
    assert _at(canvas, -16.0, 9.0) == _at(canvas, 0.0, 0.0) == _at(canvas, 8.0, 9.0) == [200] * 3


@pytest.mark.parametrize("z", [0.0, 1.0])
def test_a_tree_has_a_crown_with_lights_and_a_shadow(z: float) -> None:
    """The shadow falls 1.3 radii to the north-west; five lighter tufts within the crown."""
    canvas = _canvas(Dice(0.5, z=z))
    painting._plant(canvas, 0.0, 0.0, 2.0)
    base, tone = 62 + round(0.5 * 29), round(0.5 * 33)
    crown, tuft = [base - 28, base + 4, base - 20], [base - 24 + tone // 2, base + 12 + tone, base - 14 + tone // 2]
    assert _at(canvas, 0.84 * z, 0.84 * z) == tuft
    assert _at(canvas, 1.2, -1.0) == crown and _at(canvas, 0.0, -2.2) == [200] * 3
    assert _width(canvas, 0.84 * z, 0.84 * z, lambda c: c == tuft) == pytest.approx(1.44, abs=0.25)
    shadow = (-0.55 * 2.6 - 1.2, 0.62 * 2.6 + 1.2)
    assert _at(canvas, *shadow) == [124] * 3 and _at(canvas, -0.55 * 2.6 - 1.7, 0.62 * 2.6 + 1.7) == [200] * 3


@pytest.mark.parametrize(
    ("share", "lane", "length", "width", "tone"),
    [
        (0.0, -4.6, 4.5, 1.8, 40),
        (0.69, 1.8, 4.5, 1.8, 40 + round(0.69 * 199)),
        (0.71, 1.8, 9.0, 2.5, 40 + round(0.71 * 199)),
    ],
)
def test_vehicles_stand_in_a_lane(share: float, lane: float, length: float, width: float, tone: int) -> None:
    """Seven in ten are cars of 4.5 by 1.8 m, the others vans of 9 by 2.5; grey or coloured; a windscreen ahead."""
    canvas = _canvas(Dice(share), side_m=120.0)
    painting._park_vehicles(canvas, shapely.LineString([(-50.0, 0.0), (50.0, 0.0)]))
    x = -50.0 + 16.0 + share * 68.0
    assert _at(canvas, x - 0.3 * length, lane) == [tone] * 3
    glass = _at(canvas, x + 0.18 * length, lane)
    assert glass == [52, 46, 42]
    wide = _width(canvas, x - 0.3 * length, lane, lambda c: c == [tone] * 3)
    assert wide == pytest.approx(width, abs=0.25)
    long = _width(canvas, x, lane, lambda c: c in ([tone] * 3, glass), across=True)
    assert long == pytest.approx(length, abs=0.45)
    assert _width(canvas, x, lane, lambda c: c == glass, across=True) == pytest.approx(0.16 * length, abs=0.25)
    shadow = 200 * 0.6 ** (1 + round(share * 4))
    assert _at(canvas, x - 0.3 * length - 0.77, lane + width / 2 + 0.4) == pytest.approx([shadow] * 3, abs=3)


def test_a_site_is_paved_and_its_halls_throw_shadows() -> None:
    """Warmer than the verge, a kerb around it, trees away from the halls; roofs are warmer still."""
    canvas = _canvas(Dice(0.5))
    parcel, hall = shapely.box(-25, -25, 25, 25), shapely.box(-10, -10, 10, 10)
    painting._paint_site(canvas, parcel, (hall,))
    paving = 150 + round(0.5 * 37)
    assert _at(canvas, 20.0, -20.0) == [paving - 4, paving + 2, paving + 4]
    assert (_kelvin(canvas, 20, -20), _kelvin(canvas, 0, 0), _kelvin(canvas, 28, 0)) == (296.0, 300.0, 293.0)
    kerb = _width(canvas, 20.0, 25.0, lambda c: c == [120, 124, 128])
    assert kerb == pytest.approx(0.5, abs=0.25)
    height = 10.5
    dx, dy = -0.55 * height, 0.62 * height
    shaded = [int(v * np.float32(0.58)) for v in (paving - 4, paving + 2, paving + 4)]
    assert _at(canvas, -10.0 + dx + 0.6, 0.0 + dy) == pytest.approx(shaded, abs=1)
    assert _at(canvas, -10.0 + dx - 0.6, 0.0 + dy) == [paving - 4, paving + 2, paving + 4]


def test_a_roof_has_two_sides_sheets_a_ridge_and_a_rim() -> None:
    """The side of its first edge is lit by a tenth; fans of 0.8 m stand on the ridge."""
    canvas = _canvas(Dice(0.5))
    painting._roof(canvas, shapely.Polygon([(-15, -10), (15, -10), (15, 10), (-15, 10)]))
    base = np.array(painting._ROOFS[round(0.5 * 5)]) + 0
    lit = [int(v) for v in np.clip(base * np.float32(1.1), 0, 255)]
    seen = {tuple(_at(canvas, x, -5.0)) for x in np.arange(-14.0, 14.0, PIXEL_M)}
    assert tuple(lit) in seen
    dark = {tuple(_at(canvas, x, 5.0)) for x in np.arange(-14.0, 14.0, PIXEL_M)}
    assert tuple(int(v) for v in base) in dark and tuple(int(v * 0.9) for v in base) in dark
    assert _at(canvas, 10.0, 0.0) == [230, 230, 228]
    assert _width(canvas, 10.0, 0.0, lambda c: c == [230, 230, 228]) == pytest.approx(0.5, abs=0.25)
    assert _at(canvas, 15.05, 3.0) == [int(v * 0.75) for v in base]
    assert _at(canvas, 0.0, 0.0) == [190] * 3 and _at(canvas, 0.6, 0.0) == [90, 92, 96]
    assert _width(canvas, 0.0, 0.0, lambda c: c in ([190] * 3, [90, 92, 96])) == pytest.approx(1.3, abs=0.3)
    sheets = [_at(canvas, x, 5.0) == [int(v * 0.9) for v in base] for x in np.arange(-14.9, 14.9, PIXEL_M)]
    assert sum(b and not a for a, b in itertools.pairwise(sheets)) == pytest.approx(10, abs=1)


def test_points_in_a_parcel_are_in_it() -> None:
    """A throw outside of it is thrown again, at last the middle is taken."""
    triangle = shapely.Polygon([(0, 0), (10, 0), (10, 10)])
    assert painting._point_in(triangle, Dice([0.1, 0.9, 0.75, 0.25])) == (7.5, 2.5)  # type: ignore[arg-type]
    assert painting._point_in(triangle, Dice([0.1, 0.9] * 41)) == pytest.approx((20 / 3, 10 / 3))  # type: ignore[arg-type]


def test_building_sites_are_the_two_parcels_most_inside_the_frame() -> None:
    """By the area within the frame less 22 % of its side; of equal ones the first by name."""
    boxes = {"C": (40, 40, 60, 60), "A": (40, 70, 60, 90), "B": (40, 65, 60, 85), "D": (0, 0, 20, 20)}
    places = tuple(_place(shapely.box(*b), name=n) for n, b in boxes.items())
    world = World(SIZES["demo"], CRS.from_epsg(4544), 0.0, 0.0, np.zeros((1, 1, 2)), (), places, ())
    found = painting._building_sites(world, shapely.box(0, 0, 100, 100))
    assert [p.site_id for p in found] == ["C", "B"]
    even = painting._building_sites(world, shapely.box(1000, 1000, 1100, 1100))
    assert [p.site_id for p in even] == ["A", "B"]


def test_soil_is_brown_and_warm_and_covered_soil_green() -> None:
    """Five metres inside of their parcels; 303 and 297 K; wheel tracks on the one, seams every 6 m on the other."""
    canvas = _canvas(Dice(0.5), side_m=120.0)
    bare, covered = shapely.box(-50, -20, -10, 20), shapely.box(10, -20, 50, 20)
    features = painting._paint_soil(canvas, [_place(bare), _place(covered)])
    assert [f.kind for f in features] == ["bare_soil", "covered_soil"]
    for feature, parcel in zip(features, (bare, covered), strict=True):
        assert feature.polygon.symmetric_difference(parcel.buffer(-5.0, join_style="mitre")).area < 1e-6
    assert _at(canvas, -42.0, 12.0) == [96, 134, 172] and _kelvin(canvas, -42.0, 12.0) == 303.0
    assert _kelvin(canvas, 30.0, 0.0) == 297.0
    assert _at(canvas, -48.0, 0.0) == _at(canvas, 12.0, 0.0) == [200] * 3
    net = [_at(canvas, x, 0.0) for x in np.arange(15.5, 44.5, PIXEL_M)]
    assert [82, 128, 62] in net and [58, 96, 44] in net
    seams = [c == [58, 96, 44] for c in net]
    starts = [k * PIXEL_M for k, (a, b) in enumerate(itertools.pairwise(seams)) if b and not a]
    assert np.diff(starts) == pytest.approx(np.full(len(starts) - 1, 6.0), abs=0.15) and len(starts) >= 4
    track = [_at(canvas, x, 0.0) for x in np.arange(-45.0, -15.0, PIXEL_M)]
    assert any(abs(np.array(c) - [78, 112, 150]).max() < 30 and c != [96, 134, 172] for c in track)


def test_a_canal_runs_along_the_middle_street_dark_below_the_outfall() -> None:
    """Nineteen metres north of it and 12 m wide between banks; 290 K above, 2.5 K more below, 301 K at the pipe."""
    nodes = np.array([[[x, y] for x in (-100.0, 100.0)] for y in (-50.0, -20.0)])
    world = World(SIZES["demo"], CRS.from_epsg(4544), 0.0, 0.0, nodes, (), (), ())
    canvas = _canvas(Dice(0.5), side_m=100.0)
    features = {f.kind: f.polygon for f in painting._paint_water(canvas, world, shapely.box(-50, -50, 50, 50))}
    assert set(features) == {"water_clear", "water_dark", "outfall"}

    def middle(x: float) -> float:
        return -1.0 + 1.5 * math.sin(9 * (x + 50.0) / 100.0)

    clear, dark, bank = [96, 92, 58], [38, 50, 52], [150, 160, 166]
    assert _at(canvas, -40.0, middle(-40.0)) == clear and _kelvin(canvas, -40.0, middle(-40.0)) == 290.0
    assert _at(canvas, 45.0, middle(45.0)) == dark and _kelvin(canvas, 45.0, middle(45.0)) == 292.5
    tall = _width(canvas, -40.0, middle(-40.0), lambda c: c == clear)
    assert tall == pytest.approx(12.0, abs=0.7)
    assert _width(canvas, -40.0, middle(-40.0), lambda c: c in (clear, bank)) == pytest.approx(17.0, abs=0.9)
    pipe = features["outfall"].centroid
    assert (pipe.x, pipe.y) == pytest.approx((0.0, middle(0.0) + 7.0), abs=0.1)
    assert _at(canvas, pipe.x, pipe.y) == [70, 70, 74]
    assert features["outfall"].area == pytest.approx(math.pi * 1.6**2, rel=0.02)
    assert _kelvin(canvas, 3.0, middle(0.0) + 6.0 - 4.0) == 301.0
    assert features["water_dark"].bounds[0] == pytest.approx(0.0, abs=0.01)
    assert features["water_clear"].bounds[2] == pytest.approx(-0.1, abs=0.02)
    assert features["water_dark"].bounds[2] == features["water_clear"].bounds[0] * -1 == 50.0
    halfway = _at(canvas, 20.0, middle(20.0))
    share = 6 / 11
    assert halfway == pytest.approx([round(c + (d - c) * share) for c, d in zip(clear, dark, strict=True)], abs=1)


@pytest.mark.parametrize(("share", "x"), [(0.0, -10.0), (1.0, 10.0)])
def test_the_outfall_lies_in_the_middle_fifth(share: float, x: float) -> None:
    """From 40 to 60 % of the frame."""
    nodes = np.array([[[x, -20.0] for x in (-100.0, 100.0)]] * 2)
    world = World(SIZES["demo"], CRS.from_epsg(4544), 0.0, 0.0, nodes, (), (), ())
    canvas = _canvas(Dice(share), side_m=100.0)
    features = {f.kind: f.polygon for f in painting._paint_water(canvas, world, shapely.box(-50, -50, 50, 50))}
    assert features["outfall"].centroid.x == pytest.approx(x, abs=1e-6)


def test_one_roof_well_inside_the_frame_is_eighteen_kelvin_warmer() -> None:
    """Sixty metres inside of it; where there is none, the hall nearest to the middle."""
    halls = shapely.box(-5, -5, 5, 5), shapely.box(20, 20, 29, 29)
    places = [_place(shapely.box(-30, -30, 30, 30), *halls)]
    canvas = _canvas(Dice(0.0))
    [feature] = painting._heat_a_roof(canvas, places, shapely.box(-70, -70, 70, 70))
    assert feature.kind == "hot_roof" and feature.polygon == halls[0]
    assert (_kelvin(canvas, 0, 0), _kelvin(canvas, 25, 25)) == (318.0, 293.0)
    [lone] = painting._heat_a_roof(_canvas(Dice(0.9)), places, shapely.box(-40, -40, 40, 40))
    assert lone.polygon == halls[0]
    assert painting._heat_a_roof(canvas, [], shapely.box(-70, -70, 70, 70)) == []
    edge = painting._halls_within(places, shapely.box(-60, -60, 60, 60))
    assert edge == list(halls)


def test_smoke_blows_sixty_metres_from_one_hall() -> None:
    """Grey, nine tenths opaque at most at its foot and thin at its end; three metres wide there, 22 at its end."""
    places = [_place(shapely.box(-5, -5, 5, 5), shapely.box(-2, -2, 2, 2))]
    canvas = _canvas(Dice(0.0), side_m=180.0, grey=0)
    [feature] = painting._blow_smoke(canvas, places, shapely.box(-200, -200, 200, 200))
    assert feature.kind == "smoke"
    west, south, east, north = feature.polygon.bounds
    assert (west, east) == pytest.approx((0.0, 60.0), abs=1e-6)
    assert north - south < 2 * (1.5 + 0.16 * 60.0 + 1.8) and feature.polygon.area == pytest.approx(
        60.0 * 2 * (1.5 + 0.16 * 30.0), rel=0.02
    )
    foot, end = _at(canvas, 2.0, 0.4), _at(canvas, 58.0, 1.8 * math.sin(58 / 9))
    assert 110 < foot[0] < 160 and 30 < end[0] < 70
    assert foot == sorted(foot, reverse=True) and foot[0] - foot[2] <= 4
    assert _at(canvas, -10.0, 0.0) == _at(canvas, 30.0, 20.0) == [0, 0, 0]
    assert painting._blow_smoke(canvas, [], shapely.box(0, 0, 1, 1)) == []


def test_a_painted_scene_is_red_green_blue_and_lies_where_it_says() -> None:
    """The verge is green where nothing stands; corner and pixels as asked for; temperature in kelvin."""
    world = World(SIZES["demo"], CRS.from_epsg(4544), 0.0, 0.0, np.array([[[-9.0, 0.0], [9.0, 0.0]]] * 2), (), (), ())
    scene = paint_scene(world, (100.0, 50.0), 80.0, 60.0, Dice(0.5), pixel_m=0.2)  # type: ignore[arg-type]
    assert scene.rgb.shape == (300, 400, 3) and scene.kelvin.shape == (300, 400)
    assert (scene.left, scene.top, scene.pixel_m) == (60.0, 80.0, 0.2)
    assert scene.rgb[5, 200].tolist() == [112, 132, 92] and scene.kelvin[5, 200] == 293.0
    assert {f.kind for f in scene.features} == {"water_clear", "water_dark", "outfall"}
    warm = paint_scene(world, (100.0, 50.0), 80.0, 60.0, Dice(0.5, z=1.0), pixel_m=0.2)  # type: ignore[arg-type]
    assert warm.kelvin[5, 200] == pytest.approx(293.25)
    added = 9 + 7 + 4 + 2
    assert warm.rgb[5, 200] == pytest.approx([112 + added, 132 + added, 92 + added], abs=2)


def test_pixels_of_a_scene_count_from_their_middles() -> None:
    """The first pixel's middle is column 0, row 0."""
    scene = Scene(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32), 10.0, 20.0, 0.5, ())
    columns, rows = scene.columns_rows(np.array([10.25, 11.75]), np.array([19.75, 18.25]))
    assert columns.tolist() == [0.0, 3.0] and rows.tolist() == [0.0, 3.0]


def test_a_painted_park_shows_its_sites_and_streets() -> None:
    """Halls are warm, streets grey, and every feature lies in the frame."""
    world = build_world(SIZES["demo"], np.random.default_rng(4))
    scene = paint_scene(world, (0.0, 0.0), 260.0, 260.0, np.random.default_rng(4), pixel_m=0.4)
    frame = shapely.box(-130, -130, 130, 130)
    assert all(frame.buffer(0.1).covers(f.polygon) or f.kind in ("smoke", "bare_soil", "covered_soil", "hot_roof")
               for f in scene.features)  # fmt: skip
    kinds = {f.kind: f.polygon for f in scene.features}
    x, y = (float(v) for v in kinds["hot_roof"].centroid.coords[0])
    column, row = (int(v) for v in scene.columns_rows(np.array(x), np.array(y)))
    assert scene.kelvin[row, column] == pytest.approx(318.0, abs=1.5)
    dug = [p for p in world.places if p.parcel.contains(kinds["bare_soil"].centroid)]
    [site] = dug
    hall = site.buildings[0].centroid
    column, row = (int(v) for v in scene.columns_rows(np.array(hall.x), np.array(hall.y)))
    assert scene.kelvin[row, column] == pytest.approx(303.0, abs=1.5)
    paved = [p for p in world.places if frame.contains(p.parcel) and p is not site and len(p.buildings)][:4]
    for place in paved:
        west, south, east, north = place.parcel.bounds
        x, y = (a.ravel() for a in np.meshgrid(np.linspace(west, east, 60), np.linspace(south, north, 60)))
        halls = shapely.union_all(place.buildings).buffer(3.0)
        yard = shapely.contains_xy(place.parcel.buffer(-1.0), x, y) & ~shapely.contains_xy(halls, x, y)
        columns, rows = (np.round(v[yard]).astype(int) for v in scene.columns_rows(x, y))
        red, green, _ = np.median(scene.rgb[rows, columns].astype(int), axis=0)
        if not place.parcel.intersects(kinds["covered_soil"]):
            assert abs(green - red) < 10


def test_a_tree_stands_on_its_shadow_and_is_green() -> None:
    """The shadow lies away from the sun; the crown has the radius asked for and is more green than red or blue."""
    canvas = _canvas(Dice(0.5), grey=200)
    painting._plant(canvas, 0.0, 0.0, 2.0)
    blue, green, red = _at(canvas, 0.0, 0.0)
    assert green > blue
    assert green > red
    assert _width(canvas, 0.0, 0.0, lambda c: c[1] > c[0] and c[1] > c[2]) == pytest.approx(4.0, abs=0.45)
    x, y = painting._SUN * 2.0 * 1.3
    edge = (x + 1.7 * x / np.hypot(x, y), y + 1.7 * y / np.hypot(x, y))
    assert _at(canvas, *edge) == [124] * 3
    assert _at(canvas, -edge[0], -edge[1]) == [200] * 3
