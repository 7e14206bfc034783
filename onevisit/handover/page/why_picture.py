"""The small picture that shows why a hotspot is explained as it is: a map, and beside it candidates and key (PNG).

Passes that saw it and passes that did not differ in colour and in shape (Okabe and Ito's colours; solid with dots,
dashed with open squares), so that it reads with any colour vision and in print. Text is Latin only: names in other
scripts belong into the caption.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from fusion.schema import Area, Rate
from onevisit.handover.page.canvas import Canvas, Label, dashes, fitted, plain, text_width
from onevisit.handover.page.why import Metres, Named, PassWay, Why
from onevisit.leads.emissions import rate_in_grams, rate_unit
from onevisit.words.numbers import p_text, probability_text, rounded, unit_text, with_error
from onevisit.words.strings import Words

Floats = NDArray[np.float64]

_SIDE, _TOP, _PANEL, _EDGE = 540, 56, 316, 10
_WIDTH, _HEIGHT = _SIDE + _PANEL + 3 * _EDGE, _SIDE + _TOP + 26
_PAPER, _GROUND, _INK, _SOFT, _RULE = "#ffffff", "#f4f2ed", "#1d2733", "#5d6670", "#b9b4a8"
_SAW, _NOTHING, _WIND, _PLACE, _HOTSPOT = "#d55e00", "#0072b2", "#e69f00", "#009e73", "#7a2c00"
_NICE = (1, 2, 5)
_SPREAD_PX, _STEP_PX = 20.0, 4.0
_LABEL, _SMALL_PX = 13, 24.0
_WORDS = Words("en")


def draw_why(why: Why) -> bytes:
    """Draw the picture of one hotspot as PNG; the same bytes for the same facts."""
    canvas = Canvas(_WIDTH, _HEIGHT, _PAPER)
    sheet = _Sheet(why)
    canvas.fill([_box(_EDGE, _TOP, _EDGE + _SIDE, _TOP + _SIDE)], _GROUND)
    _draw_ground(canvas, sheet, why)
    _draw_passes(canvas, sheet, why)
    _draw_candidates(canvas, sheet, why)
    _cut_frame(canvas)
    _draw_scale(canvas, sheet)
    _draw_title(canvas, why)
    _draw_panel(canvas, why)
    return canvas.png()


@dataclass(frozen=True, eq=False)
class _Sheet:
    """From metres to pixels of the map."""

    why: Why

    @property
    def px_per_m(self) -> float:
        return _SIDE / (2 * self.why.half_m)

    def at(self, points: Floats | Metres) -> Floats:
        """Pixels (points, 2) of metres."""
        metres = np.atleast_2d(np.asarray(points, np.float64)) - self.why.centre
        middle = np.array([_EDGE + _SIDE / 2, _TOP + _SIDE / 2])
        return np.asarray(middle + metres * [self.px_per_m, -self.px_per_m])

    def rings(self, area: Area) -> list[Floats]:
        parts = area.geoms if isinstance(area, shapely.MultiPolygon) else [area]
        return [self.at(shapely.get_coordinates(ring)[:-1]) for p in parts for ring in (p.exterior, *p.interiors)]


# --- the map --------------------------------------------------------------------------------------------------------


def _draw_ground(canvas: Canvas, sheet: _Sheet, why: Why) -> None:
    """Wind cones, the area of the source and the hotspot: surfaces, under everything else."""
    cones = [ring for p, shift in _side_by_side(why) if p.saw for ring in _cone_rings(sheet, p, shift)]
    for ring in cones:  # one on top of the other: the more agree, the denser the colour
        canvas.fill([ring], _WIND, 0.14 if len(cones) < 4 else 0.5 / len(cones))
    for area in why.areas:
        canvas.fill(sheet.rings(area), _PLACE, 0.22)
    canvas.fill(sheet.rings(why.shape), _HOTSPOT, 0.22)
    for ring in cones:
        canvas.line(ring, _WIND, 0.8, closed=True)
    for area in why.areas:
        for ring in sheet.rings(area):
            canvas.line(ring, _PLACE, 1.6, closed=True)
    for ring in [*sheet.rings(why.shape), *_pointer(sheet, why)]:
        canvas.line(ring, _HOTSPOT, 1.6, closed=True)


def _pointer(sheet: _Sheet, why: Why) -> list[Floats]:
    """A circle around a hotspot that is too small to be seen under its markers."""
    west, south, east, north = why.shape.bounds
    if max(east - west, north - south) * sheet.px_per_m > _SMALL_PX:
        return []
    angle = np.radians(np.arange(0, 360, 10))
    return [
        sheet.at(((west + east) / 2, (south + north) / 2))
        + _SMALL_PX * np.column_stack([np.cos(angle), np.sin(angle)])
    ]


def _draw_passes(canvas: Canvas, sheet: _Sheet, why: Why) -> None:
    placed = _side_by_side(why)
    for way, shift in placed:
        for part in _parts(sheet, way.way, shift):
            _draw_way(canvas, part, saw=way.saw)
    for way, shift in placed:
        if way.place:
            x, y = (sheet.at(way.place)[0] + shift).tolist()
            _draw_sighting(canvas, x, y, saw=way.saw)


def _draw_way(canvas: Canvas, line: Floats, *, saw: bool) -> None:
    if saw:
        canvas.line(line, _SAW, 2.2)
        return
    for dash in dashes(line, 7.0, 5.0):
        canvas.line(dash, _NOTHING, 1.5)


def _draw_sighting(canvas: Canvas, x: float, y: float, *, saw: bool) -> None:
    if saw:
        canvas.disc(x, y, 5.5, "#ffffff")
        canvas.disc(x, y, 4.5, _SAW)
    else:
        canvas.square(x, y, 8.0, fill="#ffffff", edge=_NOTHING, width=1.6)


def _side_by_side(why: Why) -> list[tuple[PassWay, Floats]]:
    """Every pass with a shift, px, across the street, so that passes of one lane do not hide each other."""
    across = _across(why)
    step = min(_STEP_PX, _SPREAD_PX / max(len(why.passes) - 1, 1))
    middle = (len(why.passes) - 1) / 2
    return [(way, across * (k - middle) * step) for k, way in enumerate(why.passes)]


def _across(why: Why) -> Floats:
    """Unit vector, px, across the main direction of the passes near the hotspot."""
    points = [way.way[np.hypot(*way.way.T) < 100.0] for way in why.passes]
    near = np.concatenate(points) if points else np.empty((0, 2))
    if len(near) < 2:
        return np.array([0.0, 1.0])
    values, vectors = np.linalg.eigh(np.cov(near.T))
    x, y = vectors[:, int(np.argmin(values))]
    if (y, x) < (0.0, 0.0):
        x, y = -x, -y  # an eigenvector has no sign of its own
    return np.array([x, -y])


def _parts(sheet: _Sheet, way: Floats, shift: Floats) -> list[Floats]:
    """The stretches of a way that the map shows, px."""
    known = np.flatnonzero(~np.isnan(way).any(axis=1))
    runs = [run for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1) if len(run) > 1]
    half = 1.1 * sheet.why.half_m
    (west, south), (east, north) = np.subtract(sheet.why.centre, half), np.add(sheet.why.centre, half)
    lines = shapely.clip_by_rect([shapely.LineString(way[run]) for run in runs], west, south, east, north)
    thin = shapely.get_parts(shapely.simplify(lines, 0.7 / sheet.px_per_m))
    return [sheet.at(shapely.get_coordinates(line)) + shift for line in thin]


def _cone_rings(sheet: _Sheet, way: PassWay, shift: Floats) -> list[Floats]:
    """What the map shows of the sector upwind of a sighting, px; its far edges lie outside of the frame."""
    if way.cone is None or way.place is None:
        return []
    apex = sheet.at(way.place)[0] + shift
    half = max(way.cone.half_deg, 0.5)  # a sector of no width is a line, which has no inside
    bearing = np.radians(np.linspace(way.cone.from_deg - half, way.cone.from_deg + half, 2 + int(half / 2)))
    arc = apex + 4 * _SIDE * np.column_stack([np.sin(bearing), -np.cos(bearing)])
    sector = shapely.Polygon(np.vstack([apex, arc]))
    shown = shapely.clip_by_rect(sector, _EDGE - 5, _TOP - 5, _EDGE + _SIDE + 5, _TOP + _SIDE + 5)
    return [shapely.get_coordinates(part)[:-1] for part in shapely.get_parts(shown)]


def _draw_candidates(canvas: Canvas, sheet: _Sheet, why: Why) -> None:
    for x, y in sheet.at(why.others).tolist() if len(why.others) else ():
        canvas.square(x, y, 5.0, fill="#ffffff", edge=_SOFT, width=0.8)
    taken = [_around(x, y, 6.0) for x, y in (sheet.at(p.place)[0].tolist() for p in why.passes if p.place)]
    spots = [(c, *sheet.at(c.place)[0].tolist()) for c in why.named]
    taken += [_around(x, y, _marker_px(c.probability) / 2 + 1) for c, x, y in spots]
    for c, x, y in reversed(spots):  # the likeliest on top
        canvas.square(x, y, _marker_px(c.probability), fill="#ffffff", edge=_INK, width=2.0)
    if why.source:
        x, y = sheet.at(why.source)[0].tolist()
        _draw_cross(canvas, x, y)
        taken.append(_around(x, y, 8.0))
    for c, x, y in spots:
        taken.append(_draw_tag(canvas, c, x, y, taken))


def _draw_cross(canvas: Canvas, x: float, y: float) -> None:
    for colour, width in (("#ffffff", 5.0), (_PLACE, 2.6)):
        for slope in (1, -1):
            canvas.line(np.array([(x - 6, y - 6 * slope), (x + 6, y + 6 * slope)]), colour, width)


def _marker_px(probability: float) -> float:
    """Side of a site's square: its area grows with the probability."""
    return 7.0 + 15.0 * math.sqrt(probability)


def _draw_tag(canvas: Canvas, named: Named, x: float, y: float, taken: Sequence[Floats]) -> Floats:
    """Letter and probability beside a marker, where they cover least; returns the box that they take."""
    text = f"{named.letter} {probability_text(named.probability)}"
    width, height, gap = text_width(text, _LABEL) + 6, _LABEL + 4.0, _marker_px(named.probability) / 2 + 4
    boxes = [
        _box(left, top, left + width, top + height)
        for reach in (gap, gap + 14, gap + 30)
        for left, top in (
            (x + reach, y - height / 2), (x - reach - width, y - height / 2), (x - width / 2, y - reach - height),
            (x - width / 2, y + reach), (x + reach, y - reach - height / 2), (x + reach, y + reach - height / 2),
            (x - reach - width, y - reach - height / 2), (x - reach - width, y + reach - height / 2),
        )
    ]  # fmt: skip
    frame = _box(_EDGE + 2, _TOP + 2, _EDGE + _SIDE - 2, _TOP + _SIDE - 2)
    covered = [_area(box) - _common(box, frame) + sum(_common(box, other) for other in taken) for box in boxes]
    best = boxes[int(np.argmin(np.round(covered, 3)))]
    canvas.fill([best], "#ffffff", 0.8)
    canvas.write(Label(float(best[0, 0]) + 3, float(best[:, 1].mean()), text, _LABEL))
    return best


def _cut_frame(canvas: Canvas) -> None:
    """Take off what runs out of the map, and frame it."""
    right, bottom = _EDGE + _SIDE, _TOP + _SIDE
    for box in (
        (0, 0, _WIDTH, _TOP),
        (0, 0, _EDGE, _HEIGHT),
        (right, 0, _WIDTH, _HEIGHT),
        (0, bottom, _WIDTH, _HEIGHT),
    ):
        canvas.blot(*box, _PAPER)
    canvas.line(_box(_EDGE, _TOP, right, bottom), _RULE, 1.0, closed=True)


def _draw_scale(canvas: Canvas, sheet: _Sheet) -> None:
    """A scale bar of a round length under the map, and north above its corner: they hide nothing."""
    longest = 0.3 * _SIDE / sheet.px_per_m
    size = 10 ** math.floor(math.log10(longest))
    metres = max(n * size for n in _NICE if n * size <= longest)
    left, y = _EDGE + 1.0, _TOP + _SIDE + 16.0
    right = left + metres * sheet.px_per_m
    canvas.line(np.array([(left, y - 5), (left, y), (right, y), (right, y - 5)]), _INK, 1.6)
    canvas.write(Label(right + 8, y - 2, f"{metres:g} m", 12))
    x, top = _EDGE + _SIDE - 10.0, 8.0
    canvas.fill([np.array([(x, top), (x + 8, top + 24), (x, top + 18), (x - 8, top + 24)])], _INK)
    canvas.write(Label(x, top + 35, "N", 13, anchor="m"))


# --- words beside it ------------------------------------------------------------------------------------------------


def _draw_title(canvas: Canvas, why: Why) -> None:
    h = why.hotspot
    value = f"{with_error(h.enhancement, h.enhancement_sd)} {unit_text(h.unit)}"
    title = f"{h.id}   {_WORDS.species(h.species)} {value} above background"
    canvas.write(Label(_EDGE, 18, fitted(title, 18, _SIDE - 40.0), 18))
    wind = (
        "no wind"
        if h.wind_speed is None
        else "calm"
        if h.wind_from_deg is None
        else f"wind from {h.wind_from_deg:.0f}°"
    )
    line = f"seen in {h.passes_seen} of {h.passes_crossed} passes, p {p_text(h.p_value)}, {wind}"
    line += _WORDS.others(h.others)
    canvas.write(Label(_EDGE, 41, fitted(line, 12, _SIDE - 40.0), 12, _SOFT))


class _Panel:
    """The column beside the map, written from the top down."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.left, self.right, self.y = _EDGE * 2.0 + _SIDE, _WIDTH - float(_EDGE), _TOP + 8.0

    def heading(self, text: str) -> None:
        self.canvas.write(Label(self.left, self.y, text, 13))
        self.canvas.line(np.array([(self.left, self.y + 11), (self.right, self.y + 11)]), _RULE, 1.0)
        self.y += 26

    def line(self, text: str, value: str = "", *, indent: float = 30.0, colour: str = _INK, step: float = 17) -> None:
        room = self.right - self.left - indent - (text_width(value, 12) + 8 if value else 0)
        self.canvas.write(Label(self.left + indent, self.y, fitted(text, 12, room), 12, colour))
        if value:
            self.canvas.write(Label(self.right, self.y, value, 12, _INK, anchor="r"))
        self.y += step


def _draw_panel(canvas: Canvas, why: Why) -> None:
    panel = _Panel(canvas)
    panel.heading("What could explain it")
    _list_candidates(panel, why)
    panel.y += 8
    panel.heading("The source, by the passes alone")
    _list_source(panel, why)
    panel.y += 8
    panel.heading("Key")
    _list_key(panel, why)


def _list_candidates(panel: _Panel, why: Why) -> None:
    a = why.attribution
    if a is None:
        panel.line("sites were not weighed", indent=0)
        return
    for c in why.named:
        side = _marker_px(c.probability)
        panel.canvas.square(panel.left + 11, panel.y + 7, side, fill="#ffffff", edge=_INK, width=2.0)
        panel.line(f"{c.letter}  {plain(c.site_id)}", probability_text(c.probability), step=15)
        panel.line(f"{c.distance_m:.0f} m, {c.bearing_deg:.0f}°", colour=_SOFT, step=20)
    if len(why.others):
        count = len(why.others)
        panel.line(
            f"{count} {'other ' if why.named else ''}listed site{'s' if count > 1 else ''}",
            probability_text(why.others_probability),
        )
    panel.line("a source on no list", probability_text(a.unlisted))
    panel.line("background or traffic", probability_text(a.background))


def _list_source(panel: _Panel, why: Why) -> None:
    a, h = why.attribution, why.hotspot
    if a is None or (a.source is None and a.bearing_deg is None):
        panel.line("no direction", indent=0)
        return
    if a.bearing_deg is not None:
        panel.line(f"bearing {a.bearing_deg:.0f}° ± {a.half_width_deg:.0f}°", indent=0)
    if a.source is None:
        panel.line("the passes fix no place", indent=0)
        return
    panel.line(f"{a.source.lon:.5f}, {a.source.lat:.5f} ± {a.source.position_sd_m:.0f} m", indent=0)
    grams = rate_in_grams(a.source.rate, h.unit, h.species)
    unit = "g s-1" if grams else rate_unit(h.unit)
    panel.line(_rate_text(grams or a.source.rate, unit), indent=0)


def _rate_text(rate: Rate, unit: str) -> str:
    return f"{rounded(rate.median, 2)} {unit} (90 %: {rounded(rate.low, 2)} to {rounded(rate.high, 2)})"


def _list_key(panel: _Panel, why: Why) -> None:
    """What stands for what; only what the picture has."""
    c, x = panel.canvas, panel.left + 2
    saw, placed = sum(p.saw for p in why.passes), why.attribution is not None

    def way(y: float, *, saw: bool) -> None:
        _draw_way(c, np.array([(x, y), (x + 22, y)]), saw=saw)
        if placed:
            _draw_sighting(c, x + 11, y, saw=saw)

    def patch(y: float, colour: str, alpha: float) -> None:
        box = _box(x, y - 6, x + 22, y + 6)
        c.fill([box], colour, alpha)
        c.line(box, colour, 1.4, closed=True)

    entries: list[tuple[bool, str, Callable[[float], None]]] = [
        (saw > 0, f"{_passes(saw)} met a plume{', dot at its peak' if placed else ''}", lambda y: way(y, saw=True)),
        (saw < len(why.passes), f"{_passes(len(why.passes) - saw)} met none", lambda y: way(y, saw=False)),
        (any(p.saw and p.cone for p in why.passes), "upwind, ± 2 sd of the wind", lambda y: patch(y, _WIND, 0.25)),
        (True, "hotspot", lambda y: patch(y, _HOTSPOT, 0.22)),
        (bool(why.areas), _area_words(why), lambda y: patch(y, _PLACE, 0.22)),
        (why.source is not None, "mean place of the source", lambda y: _draw_cross(c, x + 11, y)),
        (
            len(why.others) > 0,
            "other listed site",
            lambda y: c.square(x + 11, y, 5, fill="#ffffff", edge=_SOFT, width=0.8),
        ),
    ]
    for shown, words, draw in entries:
        if shown:
            draw(panel.y)
            panel.line(words, indent=34.0, step=19)
    if len(why.passes) > 1:
        panel.line("passes are drawn side by side", indent=34.0, colour=_SOFT)


def _area_words(why: Why) -> str:
    areas = why.attribution.areas if why.attribution else ()
    return (
        f"source, {probability_text(areas[0].probability)} area, {rounded(areas[0].area_m2, 2)} m2" if areas else ""
    )


def _passes(count: int) -> str:
    return "1 pass" if count == 1 else f"{count} passes"


# --- boxes ----------------------------------------------------------------------------------------------------------


def _box(left: float, top: float, right: float, bottom: float) -> Floats:
    """Corners (4, 2) of an upright rectangle, the first at left and top."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


def _around(x: float, y: float, half: float) -> Floats:
    return _box(x - half, y - half, x + half, y + half)


def _area(box: Floats) -> float:
    width, height = box[2] - box[0]
    return float(width * height)


def _common(one: Floats, other: Floats) -> float:
    """Area that two boxes share."""
    width, height = np.minimum(one[2], other[2]) - np.maximum(one[0], other[0])
    return float(max(width, 0.0) * max(height, 0.0))
