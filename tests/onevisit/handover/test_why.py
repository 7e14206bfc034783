"""The picture of why: what it holds, in metres worked out by hand, and what of it can be seen."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import shapely
from PIL import Image
from pyproj import CRS

from fusion.schema import CredibleArea, Rate, Sighting, SiteProbability, SourceEstimate
from ingest.coordinates import to_grid, to_lonlat
from onevisit.handover.page import why_picture
from onevisit.handover.page.canvas import Canvas, Label, dashes, fitted, plain, text_width
from onevisit.handover.page.why import MOST_NAMED, explain, pass_ways
from onevisit.handover.page.why_picture import draw_why

GRID = CRS.from_epsg(4544)
GROUND, SAW, NOTHING, WIND = (244, 242, 237), (213, 94, 0), (0, 114, 178), (230, 159, 0)


def away(east: float, north: float) -> tuple[float, float]:
    """Longitude and latitude so many metres from the strongest cell of the hotspot."""
    x, y = to_grid(104.0005, 30.0005, GRID)
    lon, lat = to_lonlat(x + east, y + north, GRID)
    return float(lon), float(lat)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A rectangle of metres in degrees."""
    return shapely.Polygon([away(west, south), away(east, south), away(east, north), away(west, north)])


def sighting(label: str = "drive#0", *, peak: float | None = 3.0, wind: float | None = 270.0, sd: float = 10.0):
    """What a pass met 20 m north of the strongest cell."""
    return Sighting(label, *away(0.0, 20.0), peak, wind, sd)


def site(name: str, probability: float, distance_m: float = 100.0, bearing_deg: float = 270.0) -> SiteProbability:
    """A candidate with a rate."""
    return SiteProbability(name, probability, distance_m, bearing_deg, Rate(2.0, 1.0, 4.0))


WAY = {"drive#0": np.array(to_grid(104.0005, 30.0005, GRID)) + np.array([[0.0, -300.0], [0.0, 0.0], [0.0, 300.0]])}


@pytest.fixture
def hotspot(make_hotspot):
    """A hotspot of 30 m around its strongest cell."""
    return make_hotspot(polygon=box(-15, -15, 15, 15), seen_by=("drive#0",))


@pytest.fixture
def attribution(make_attribution):
    """One site, one sighting in a west wind, no place."""
    return replace(make_attribution(), sites=(site("S1", 0.8),), sightings=(sighting(),))


def colours(png: bytes) -> np.ndarray:
    """The map of a picture as (rows, columns, 3), without title and panel."""
    pixels = np.asarray(Image.open(BytesIO(png)).convert("RGB"), np.int64)
    return pixels[60:590, 14:545]


def count(png: bytes, colour: tuple[int, int, int]) -> int:
    """Pixels of the map within a shade of a colour; the palette has a hundred."""
    return int((np.abs(colours(png) - colour).max(axis=2) <= 12).sum())


@pytest.fixture
def written(monkeypatch):
    """Every line of text that is drawn while a test runs."""
    labels: list[Label] = []

    class Recording(Canvas):
        def write(self, label: Label) -> None:
            labels.append(label)
            super().write(label)

    monkeypatch.setattr(why_picture, "Canvas", Recording)
    return labels


# --- what it holds -------------------------------------------------------------------------------------------------


def test_places_are_metres_from_the_strongest_cell(hotspot, attribution):
    """A site 100 m to the west, a peak 20 m north, a source 30 m east and 40 m south, an area of 60 m."""
    source = SourceEstimate(*away(30.0, -40.0), 20.0, Rate(2.0, 1.0, 4.0))
    area = CredibleArea(0.9, box(-30, -30, 30, 30), 3600.0)
    why = explain(hotspot, replace(attribution, source=source, areas=(area,)), WAY, GRID)
    assert why.named[0].place == pytest.approx((-100.0, 0.0), abs=1e-9)
    assert why.passes[0].place == pytest.approx((0.0, 20.0), abs=1e-3)
    assert why.source == pytest.approx((30.0, -40.0), abs=1e-3)
    assert why.areas[0].bounds == pytest.approx((-30, -30, 30, 30), abs=1e-3)
    assert why.passes[0].way[:, 1] == pytest.approx([-300.0, 0.0, 300.0])


def test_everything_that_is_told_lies_in_the_square(hotspot, attribution):
    """Far candidates, a far source and the area widen the map; a dot without a letter does not."""
    sites = (site("S1", 0.5, 900.0, 45.0), site("S2", 0.2, 700.0, 200.0), site("S3", 0.001, 3000.0, 90.0))
    source = SourceEstimate(*away(-800.0, 0.0), 20.0, Rate(2.0, 1.0, 4.0))
    why = explain(hotspot, replace(attribution, sites=sites, source=source), WAY, GRID)
    points = np.array([c.place for c in why.named] + [why.source, (15.0, -15.0)])
    assert (np.abs(points - why.centre) < why.half_m).all()
    assert why.half_m < 1000.0


def test_letters_go_by_probability_and_the_rest_is_one_line(hotspot, attribution):
    """Five likeliest of eight get letters; ties go by name; what is below 1 % gets none."""
    sites = tuple(site(f"S{k}", p) for k, p in enumerate((0.02, 0.3, 0.1, 0.1, 0.2, 0.005, 0.05, 0.04)))
    why = explain(hotspot, replace(attribution, sites=sites), WAY, GRID)
    assert [(c.letter, c.site_id) for c in why.named] == [
        ("A", "S1"), ("B", "S4"), ("C", "S2"), ("D", "S3"), ("E", "S6"),
    ]  # fmt: skip
    assert len(why.others) == 3 and why.others_probability == pytest.approx(0.065)
    faint = explain(hotspot, replace(attribution, sites=(site("S1", 0.009),)), WAY, GRID)
    assert faint.named == () and len(faint.others) == 1


@pytest.mark.parametrize(("wind", "sd", "half"), [(270.0, 10.0, 20.0), (None, 180.0, None), (90.0, 95.0, None)])
def test_cone_is_two_standard_deviations_wide(hotspot, attribution, wind, sd, half):
    """No cone without a wind, nor where it would be the whole circle."""
    one = replace(attribution, sightings=(sighting(wind=wind, sd=sd),))
    (way,) = explain(hotspot, one, WAY, GRID).passes
    assert (way.cone.half_deg if way.cone else None) == half


def test_ways_bear_the_labels_of_passes(make_track):
    """One way a pass, in the order driven, without rows that have no place, broken at a jump of more than 500 m."""
    track = make_track(rows=6)
    passes = track.passes.assign(pass_index=("obs", np.array([0, 0, 1, 1, 1, -1], np.int32)))
    lon = passes["lon"].values.copy()
    lon[1], lon[4] = np.nan, 104.1
    ways = pass_ways([replace(track, passes=passes.assign_coords(lon=("obs", lon)))], GRID)
    assert sorted(ways) == ["drive#0", "drive#1"]
    assert ways["drive#0"].shape == (1, 2)
    assert np.isnan(ways["drive#1"]).any(axis=1).tolist() == [False, False, True, False]


def test_a_hotspot_that_was_not_weighed_has_the_passes_that_saw_it(hotspot):
    """No sightings are known: those passes that the hotspot names, no wind, no candidates."""
    why = explain(hotspot, None, WAY, GRID)
    assert [(p.label, p.saw, p.place, p.cone) for p in why.passes] == [("drive#0", True, None, None)]
    assert why.named == () and why.source is None and why.areas == ()


def test_every_field_of_a_pass_and_a_site(hotspot, attribution):
    """What met nothing comes first; a pass of an unknown way has none; bearings are clockwise from north."""
    sightings = (
        sighting("a", sd=89.0, wind=33.0),
        sighting("b", peak=None, wind=10.0, sd=90.0),
        sighting("c", sd=math.nan),
    )
    sites = (site("S1", 0.8, 200.0, 30.0), site("S2", 0.01, 100.0, 180.0))
    why = explain(hotspot, replace(attribution, sightings=sightings, sites=sites), WAY, GRID)
    assert why.hotspot is hotspot and why.attribution.sites == sites
    silent, first, second = why.passes
    assert [(p.label, p.saw) for p in why.passes] == [("b", False), ("a", True), ("c", True)]
    assert silent.cone is None and second.cone is None and silent.way.shape == (0, 2)
    assert (first.cone.from_deg, first.cone.half_deg) == (33.0, 178.0)
    one, two = why.named
    assert (one.letter, one.site_id, one.probability, one.distance_m, one.bearing_deg) == (
        "A",
        "S1",
        0.8,
        200.0,
        30.0,
    )
    assert one.place == pytest.approx((100.0, 200.0 * math.cos(math.radians(30.0))))
    assert two.letter == "B" and two.place == pytest.approx((0.0, -100.0), abs=1e-9)
    assert why.others.shape == (0, 2) and why.others_probability == 0.0


def test_places_of_sites_without_a_letter_are_kept(hotspot, attribution):
    """After the fifth, with their places in the same order."""
    sites = tuple(site(f"S{k}", 0.2 - 0.01 * k, 100.0 * (k + 1), 90.0) for k in range(7))
    why = explain(hotspot, replace(attribution, sites=sites), WAY, GRID)
    assert why.others == pytest.approx(np.array([[600.0, 0.0], [700.0, 0.0]]), abs=1e-9)
    assert why.others_probability == pytest.approx(0.15 + 0.14)


@pytest.mark.parametrize(
    ("sites", "source", "centre", "half_m"),
    [
        ((), None, (0.0, 2.5), 120.0),
        ((("S1", 0.8, 300.0, 90.0),), None, (142.5, 2.5), 1.12 * 315 / 2),
        ((("S1", 0.8, 300.0, 0.0),), None, (0.0, 142.5), 1.12 * 315 / 2),
        ((("S1", 0.0099, 300.0, 90.0),), None, (0.0, 2.5), 120.0),
        ((("S1", 0.8, 300.0, 90.0),), (-400.0, 30.0), (-50.0, 7.5), 1.12 * 700 / 2),
    ],
)
def test_the_map_is_as_small_as_what_is_told(hotspot, attribution, sites, source, centre, half_m):
    """The hotspot (30 m), the peak 20 m north, sites with a letter and the source, 12 % more, never below 240 m."""
    estimate = SourceEstimate(*away(*source), 20.0, Rate(2.0, 1.0, 4.0)) if source else None
    why = explain(hotspot, replace(attribution, sites=tuple(site(*s) for s in sites), source=estimate), WAY, GRID)
    assert why.centre == pytest.approx(centre, abs=0.15) and why.half_m == pytest.approx(half_m, abs=0.2)


def test_an_area_widens_the_map_and_a_pass_that_met_nothing_does_not(hotspot, attribution):
    """500 m to each side; the place of a silent pass is that of the hotspot anyway."""
    area = CredibleArea(0.9, box(-500, -100, 500, 100), 1.0)
    far = Sighting("drive#0", *away(0.0, 900.0), None, None, 10.0)
    why = explain(hotspot, replace(attribution, sites=(), areas=(area,), sightings=(far,)), WAY, GRID)
    assert why.centre == pytest.approx((0.0, 0.0), abs=5.0) and why.half_m == pytest.approx(1.12 * 500, rel=0.01)
    seen = replace(attribution, sites=(), sightings=(replace(far, peak=1.0),))
    assert explain(hotspot, seen, WAY, GRID).half_m == pytest.approx(1.12 * 915 / 2, rel=1e-3)


def test_a_way_is_that_of_its_pass_in_the_order_driven(make_track):
    """Rows of a pass may lie apart; those outside of any pass are left out; 500 m are a step, 501 a gap."""
    x, y = (float(v) for v in to_grid(104.0, 30.0, GRID))
    east = np.array([0.0, 5.0, 500.0, 10.0, 1001.5, 20.0])
    lon, lat = to_lonlat(x + east, np.full(6, y), GRID)
    track = make_track(rows=6)
    passes = track.passes.assign(pass_index=("obs", np.array([0, 1, 0, 1, 0, -1], np.int32)))
    passes = passes.assign_coords(lon=("obs", lon), lat=("obs", lat))
    ways = pass_ways([replace(track, passes=passes)], GRID)
    assert list(ways) == ["drive#0", "drive#1"]
    assert ways["drive#0"][:, 0] - x == pytest.approx([0.0, 500.0, math.nan, 1001.5], abs=1e-3, nan_ok=True)
    assert ways["drive#1"][:, 0] - x == pytest.approx([5.0, 10.0], abs=1e-3)
    assert ways["drive#1"][:, 1] == pytest.approx([y, y], abs=1e-3)
    other = make_track("walk", rows=6)
    assert list(pass_ways([other, replace(track, passes=passes)], GRID)) == ["walk#0", "drive#0", "drive#1"]


def test_a_track_without_passes_has_no_way(make_track):
    """Not split yet, or no row in any pass."""
    track = make_track(rows=6)
    assert pass_ways([replace(track, passes=track.passes.drop_vars("pass_index"))], GRID) == {}
    outside = track.passes.assign(pass_index=("obs", np.full(6, -1, np.int32)))
    assert pass_ways([replace(track, passes=outside)], GRID) == {}


# --- what can be seen ----------------------------------------------------------------------------------------------


def test_same_facts_same_bytes(hotspot, attribution):
    """Also when the sites come in another order."""
    sites = tuple(site(f"S{k}", 0.1, 60.0 + 20 * k, 40.0 * k) for k in range(8))
    first = draw_why(explain(hotspot, replace(attribution, sites=sites), WAY, GRID))
    second = draw_why(explain(hotspot, replace(attribution, sites=sites[::-1]), dict(WAY), GRID))
    assert first == second


def test_passes_that_saw_it_differ_from_those_that_did_not(hotspot, attribution):
    """Vermilion and unbroken against blue and dashed: along the way, one covers it all and the other leaves gaps."""
    calm = sighting(wind=None, sd=180.0)
    saw = draw_why(explain(hotspot, replace(attribution, sightings=(calm,)), WAY, GRID))
    silent = draw_why(explain(hotspot, replace(attribution, sightings=(replace(calm, peak=None),)), WAY, GRID))
    assert count(saw, SAW) > 500 and count(saw, NOTHING) == 0
    assert count(silent, NOTHING) > 300 and count(silent, SAW) == 0

    def covered(png: bytes) -> float:
        return float((np.abs(colours(png) - GROUND).max(axis=2) > 40)[60:220, :480].any(axis=1).mean())

    assert covered(saw) == 1.0
    assert 0.4 < covered(silent) < 0.85


def test_passes_of_one_street_do_not_hide_each_other(hotspot, attribution):
    """Four passes on one line are four lines: four times the ink of one, and not one."""
    ways = {f"drive#{k}": WAY["drive#0"] for k in range(4)}
    one, four = (
        draw_why(
            explain(hotspot, replace(attribution, sightings=tuple(sighting(k, wind=None) for k in names)), ways, GRID)
        )
        for names in (["drive#0"], list(ways))
    )
    assert count(four, SAW) > 3 * count(one, SAW)


@pytest.mark.parametrize(("far_m", "circled"), [(100.0, False), (1500.0, True)])
def test_a_hotspot_too_small_to_be_seen_is_circled(hotspot, attribution, far_m, circled):
    """On a map of kilometres, 30 m lie under the markers: a ring stands off from them."""
    one = replace(attribution, sites=(site("S1", 0.8, far_m),), sightings=())
    why = explain(hotspot, one, {}, GRID)
    picture = colours(draw_why(why))
    metres = 540 / (2 * why.half_m)
    row, column = 266 + why.centre[1] * metres, 266 - why.centre[0] * metres
    ring = [(row + 24 * np.sin(a), column + 24 * np.cos(a)) for a in np.radians(np.arange(0, 360, 10))]
    near = [picture[int(r) - 2 : int(r) + 3, int(c) - 2 : int(c) + 3].min(axis=(0, 1)) for r, c in ring]
    assert (sum(np.abs(pixel - GROUND).max() > 60 for pixel in near) > 30) == circled


@pytest.mark.parametrize("wind", [0.0, 90.0, 180.0, 270.0])
def test_cone_opens_upwind(hotspot, attribution, wind):
    """Halfway to the edge, the ground is tinted on the side the wind comes from, and bare on the other."""
    one = replace(attribution, sites=(), sightings=(sighting(wind=wind),))
    picture = colours(draw_why(explain(hotspot, one, {}, GRID)))
    rows, columns = picture.shape[:2]
    step = np.array([-np.cos(np.radians(wind)) * rows, np.sin(np.radians(wind)) * columns]) / 3
    middle = np.array([rows / 2, columns / 2]) - [0.07 * rows, 0]  # the sighting is 20 m north

    def tinted(at: np.ndarray) -> bool:
        row, column = np.round(at).astype(int)
        return bool(np.abs(picture[row, column] - GROUND).max() > 6)

    assert tinted(middle + step) and not tinted(middle - step)


@pytest.mark.parametrize(
    ("sd", "low", "high"), [(0.0, 0.0, 0.04), (22.5, 0.2, 0.3), (45.0, 0.45, 0.6), (89.0, 0.95, 1.0)]
)
def test_cone_takes_its_share_of_the_map(hotspot, attribution, sd, low, high):
    """Half-widths of 0, 45, 90 and 178 degrees tint nothing but hotspot and marker, a quarter, half, all."""
    one = replace(attribution, sites=(), sightings=(sighting(wind=270.0, sd=sd),))
    picture = colours(draw_why(explain(hotspot, one, {}, GRID)))
    tinted = (np.abs(picture - GROUND).max(axis=2) > 6).mean()
    assert low <= tinted <= high


def test_without_wind_there_is_no_cone(hotspot, attribution, written):
    """Neither on the map nor in the key."""
    calm = replace(attribution, sightings=(sighting(wind=None, sd=180.0),), bearing_deg=None)
    png = draw_why(explain(hotspot, calm, {}, GRID))
    assert count(png, WIND) == 0
    words = [label.text for label in written]
    assert not any("upwind" in text for text in words) and "no direction" in words


def test_without_sites_what_is_left_is_told(hotspot, attribution, written):
    """No register: unlisted and background stand alone."""
    draw_why(explain(hotspot, replace(attribution, sites=(), unlisted=0.7, background=0.3), WAY, GRID))
    words = [label.text for label in written]
    assert words.count("70 %") == 1 and words.count("30 %") == 1
    assert not any("listed site" in text for text in words)


def test_the_words_say_place_rate_and_area_where_there_is_one(hotspot, attribution, written):
    """ppm of methane become g s-1: 2000 · 1e-6 · 16.043 / 24.4654e-3 = 1.31."""
    source = SourceEstimate(104.00021, 30.0004, 24.2, Rate(2000.0, 1000.0, 4000.0))
    area = CredibleArea(0.9, box(-30, -30, 30, 30), 3600.0)
    draw_why(explain(hotspot, replace(attribution, source=source, areas=(area,)), WAY, GRID))
    words = [label.text for label in written]
    assert "104.00021, 30.00040 ± 24 m" in words
    assert "1.3 g s-1 (90 %: 0.66 to 2.6)" in words
    assert "source, 90 % area, 3600 m2" in words
    assert "1 pass met a plume, dot at its peak" in words


def test_the_words_say_where_there_is_no_place(hotspot, attribution, written):
    """A bearing, and that the passes fix no more; nothing weighed is said too."""
    draw_why(explain(hotspot, attribution, WAY, GRID))
    draw_why(explain(hotspot, None, WAY, GRID))
    words = [label.text for label in written]
    assert "bearing 270° ± 30°" in words and "the passes fix no place" in words
    assert "sites were not weighed" in words and "no direction" in words
    assert "1 pass met a plume, dot at its peak" in words and "1 pass met a plume" in words


def test_a_rate_without_mass_keeps_its_unit(hotspot, attribution, written):
    """Particle numbers have no grams."""
    source = SourceEstimate(104.0, 30.0, 24.0, Rate(2000.0, 1000.0, 4000.0))
    counted = replace(hotspot, species="pnc", unit="cm-3")
    draw_why(explain(counted, replace(attribution, source=source), WAY, GRID))
    assert "2000 (cm-3) m3 s-1 (90 %: 1000 to 4000)" in [label.text for label in written]


def test_two_hundred_sites_stay_readable_and_small(hotspot, attribution, written):
    """Below 60 kB, five letters, and the others in one line."""
    sites = tuple(site(f"S{k:03d}", 0.9 / 200 + 1e-6 * k, 20.0 + 3 * k, 137.5 * k % 360) for k in range(195))
    sites += tuple(site(f"T{k}", 0.02, 100.0 + 30 * k, 250.0 + 8 * k) for k in range(5))
    sightings = tuple(sighting(f"drive#{k}", peak=3.0 if k % 2 else None) for k in range(30))
    ways = {s.label: WAY["drive#0"] for s in sightings}
    png = draw_why(explain(hotspot, replace(attribution, sites=sites, sightings=sightings), ways, GRID))
    assert len(png) < 60_000
    words = [label.text for label in written]
    assert "195 other listed sites" in words
    assert len([text for text in words if re.fullmatch(r"[A-E] \d+ %", text)]) == MOST_NAMED


def test_tags_of_near_sites_do_not_overlap(hotspot, attribution, written):
    """Five sites on one point, and five within 12 m."""
    for sites in ([site(f"S{k}", 0.18) for k in range(5)], [site(f"S{k}", 0.18, 95.0 + 3 * k) for k in range(5)]):
        written.clear()
        draw_why(explain(hotspot, replace(attribution, sites=tuple(sites)), WAY, GRID))
        tags = [label for label in written if re.fullmatch(r"[A-E] 18 %", label.text)]
        boxes = [shapely.box(t.x, t.y - 8, t.x + text_width(t.text, t.size), t.y + 8) for t in tags]
        assert len(boxes) == 5
        assert all(one.intersection(other).area == 0 for k, one in enumerate(boxes) for other in boxes[:k])


def test_no_text_runs_out_of_the_picture_or_into_other_text(hotspot, attribution, written):
    """The longest id, name and numbers are cut, not run over."""
    long = tuple(site("91510100MA6CXXXXXX001P" * 3 + str(k), 0.15) for k in range(5))
    source = SourceEstimate(-104.00021, -30.0004, 99999.0, Rate(1.2e-9, 1e-9, 1e9))
    area = CredibleArea(0.9, box(-30, -30, 30, 30), 3.6e7)
    wordy = replace(hotspot, id="H999-12", species="pnc", unit="cm-3")
    full = replace(attribution, sites=(*long, site("Z", 0.001)), source=source, areas=(area,), sightings=(
        sighting(), sighting("drive#1", peak=None)))  # fmt: skip
    png = draw_why(explain(wordy, full, WAY, GRID))
    width, height = Image.open(BytesIO(png)).size
    boxes = []
    for label in written:
        wide = text_width(label.text, label.size)
        left = label.x - {"l": 0.0, "m": wide / 2, "r": wide}[label.anchor]
        boxes.append(shapely.box(left, label.y - label.size / 2, left + wide, label.y + label.size / 2))
    assert all(shapely.box(0, 0, width, height).contains(b) for b in boxes)
    assert all(one.intersection(other).area < 1 for k, one in enumerate(boxes) for other in boxes[:k])


def test_names_in_other_scripts_leave_letter_and_place(hotspot, attribution, written):
    """The font has no Chinese: the letter stays, the caption has the name."""
    draw_why(explain(hotspot, replace(attribution, sites=(site("成都甲厂", 0.8),)), WAY, GRID))
    words = [plain(label.text) for label in written]
    assert "A" in words and "A 80 %" in words


# --- the canvas ----------------------------------------------------------------------------------------------------


def test_dashes_cover_their_share_of_the_way():
    """7 on, 3 off, round a corner of 50 and 50: 70 of 100."""
    found = dashes(np.array([(0.0, 0.0), (50.0, 0.0), (50.0, 50.0)]), 7.0, 3.0)
    assert sum(float(np.hypot(*np.diff(d, axis=0).T).sum()) for d in found) == pytest.approx(70.0)
    assert len(found) == 10


def test_more_layers_are_denser():
    """Two layers of half black over white leave a quarter of the light."""
    canvas = Canvas(20, 20, "#ffffff")
    square = np.array([(-50.0, -50.0), (50.0, -50.0), (50.0, 50.0), (-50.0, 50.0)])
    canvas.fill([square], "#000000", 0.5)
    canvas.fill([square], "#000000", 0.5)
    pixels = np.asarray(Image.open(BytesIO(canvas.png())).convert("L"))
    assert pixels.min() == pixels.max() == pytest.approx(64, abs=1)


def test_holes_stay_open_and_what_is_outside_draws_nothing():
    """The rings of a polygon: the inner one is not filled."""
    canvas = Canvas(30, 30, "#ffffff")
    outer, inner = (np.array([(a, a), (30 - a, a), (30 - a, 30 - a), (a, 30 - a)], float) for a in (5, 10))
    canvas.fill([outer, inner], "#000000")
    canvas.fill([outer + 1000.0], "#000000")
    pixels = np.asarray(Image.open(BytesIO(canvas.png())).convert("L"))
    assert pixels[7, 15] < 5 and pixels[15, 15] > 250 and pixels[2, 2] > 250


def test_text_is_cut_to_its_width():
    """Short text as it is; long text with dots, as long as fits."""
    assert fitted("abc", 12, 100.0) == "abc"
    cut = fitted("a" * 100, 12, 100.0)
    assert cut.endswith("...") and 90.0 < text_width(cut, 12) <= 100.0
