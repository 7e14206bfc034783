"""The interactive map of one region, as a bokeh document: grid metres, north up, no tiles, nothing from a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import numpy as np
import shapely
from bokeh.core.types import ID
from bokeh.embed import json_item
from bokeh.models import CDSView, ColumnDataSource, IndexFilter
from bokeh.models.mappers import LinearColorMapper
from bokeh.models.tools import HoverTool
from numpy.typing import NDArray
from pyproj import CRS

from fusion.schema import Attribution
from imagery.schema import Finding
from ingest.coordinates import to_grid
from ingest.flags import is_usable
from ingest.roads.read import Roads
from ingest.schema import Site, species_names
from onevisit.handover.page.contents import RegionContents
from onevisit.handover.page.envelope import highest_rows
from onevisit.handover.page.map_frame import empty_plot, map_bounds, with_own_ids
from onevisit.schema import Route, Visit
from onevisit.words.numbers import p_text, probability_text, rounded, unit_text, with_error
from onevisit.words.strings import Words
from tracks.schema import Track
from tracks.segments.medians import SegmentMap

Floats = NDArray[np.float64]

RAMP = ("#e4e1dc", "#f3d9a4", "#f0b36b", "#e0805a", "#c0506a", "#8b2f75", "#4f1d66", "#220c3a")
"""Colours of enhancement, from paper to ink: lightness falls all the way, so that it reads without colour vision."""

TEAM_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito 2008: told apart with any colour vision."""

_MOST_POINTS = 4000
_SHADES = 64


@dataclass(frozen=True)
class SpeciesScale:
    """One species on the map: the enhancement that gets the darkest colour, in ``unit``."""

    species: str
    unit: str
    top: float


@dataclass(frozen=True, eq=False)
class RegionMap:
    """A bokeh item for the page, its layers, its species with their scales, and the bounds of what it shows."""

    item: Mapping[str, Any]
    layers: tuple[str, ...]
    scales: tuple[SpeciesScale, ...]
    bounds: tuple[float, float, float, float]

    @property
    def aspect(self) -> float:
        """Width over height of what the map shows."""
        west, south, east, north = self.bounds
        return (east - west) / (north - south)


def map_colour_scales(tracks: Sequence[Track]) -> tuple[SpeciesScale, ...]:
    """A colour scale per species and unit: from 0 to the 99.5th percentile of its enhancement in all tracks.

    The percentile keeps one spike from washing out the rest; what is above it has the darkest colour.
    """
    values: dict[tuple[str, str], list[Floats]] = {}
    for track in tracks:
        for species in species_names(track.passes):
            unit = str(track.passes[species].attrs.get("units", ""))
            enhancement = _enhancement(track, species)
            values.setdefault((species, unit), []).append(enhancement[np.isfinite(enhancement)])
    scales = []
    for (species, unit), parts in values.items():
        joined = np.concatenate(parts)
        if joined.size:
            scales.append(SpeciesScale(species, unit, max(float(np.percentile(joined, 99.5)), 1e-12)))
    return tuple(scales)


def draw_map(
    region: RegionContents,
    target: str,
    *,
    sites: Sequence[Site],
    visits: Sequence[Visit],
    routes: Sequence[Route],
    roads: Roads | None,
    words: Words,
    zone: tzinfo,
) -> RegionMap:
    """Draw one region: mosaics, streets, findings, tracks and road segments coloured by enhancement, hotspots, ...

    Renderers are named ``layer:<layer>``, ``layer:track:<species>`` or ``layer:segments:<species>``, by which the
    page switches them. The picture of a mosaic is the placeholder ``picture:<target>:<n>``, which the page replaces,
    so that it is in the file once.
    """
    bounds = map_bounds(region, sites, visits)
    plot = empty_plot(bounds, words)
    layers = []
    for number, picture in enumerate(region.pictures):
        width, height = picture.east - picture.west, picture.north - picture.south
        plot.image_url(
            url=[f"picture:{target}:{number}"], x=picture.west, y=picture.north, w=width, h=height, anchor="top_left",
            alpha=0.92, name="layer:mosaic",
        )  # fmt: skip
    layers += ["mosaic"] if region.pictures else []
    if roads is not None and roads.lines:
        _add_roads(plot, roads, region.crs)
        layers.append("roads")
    if findings := [finding for flight in region.findings for finding in flight.found]:
        _add_findings(plot, findings, words)
        layers.append("findings")
    scales = map_colour_scales(region.tracks)
    if region.tracks:
        _add_tracks(plot, region, scales, words, zone)
        layers.append("track")
    if region.segments is not None and scales:
        _add_segments(plot, region.segments, region.crs, scales, words)
        layers.append("segments")
    if region.hotspots:
        if _add_areas(plot, region):
            layers.append("areas")
        _add_hotspots(plot, region, sites, words)
        layers.append("hotspots")
    if sites:
        _add_sites(plot, region, sites, visits, words)
        layers.append("sites")
    if routes:
        _add_routes(plot, region.crs, routes, words)
        layers.append("routes")
    pointer = ColumnDataSource({"x": [], "y": []})
    plot.scatter(
        "x", "y", source=pointer, size=18, fill_alpha=0.0, line_color="#111111", line_width=2.5, name="pointer"
    )
    return RegionMap(with_own_ids(json_item(plot, ID(target))), tuple(layers), scales, bounds)


def _add_roads(plot: Any, roads: Roads, crs: CRS) -> None:
    lines = [to_grid(line.vertices[:, 0], line.vertices[:, 1], crs) for line in roads.lines]
    plot.multi_line(
        [np.round(x, 1).tolist() for x, _ in lines], [np.round(y, 1).tolist() for _, y in lines],
        line_color="#c9c3b6", line_width=1.4, name="layer:roads",
    )  # fmt: skip


def _add_findings(plot: Any, findings: Sequence[Finding], words: Words) -> None:
    rings = [
        [shapely.get_coordinates(ring)[:-1].round(1) for ring in (f.polygon.exterior, *f.polygon.interiors)]
        for f in findings
    ]
    source = ColumnDataSource(
        {
            "xs": [[[ring[:, 0].tolist() for ring in polygon]] for polygon in rings],
            "ys": [[[ring[:, 1].tolist() for ring in polygon]] for polygon in rings],
            "id": [f.id for f in findings],
            "what": [f"{words(f'finding_{f.kind}')} {rounded(f.area_m2, 2)} m²" for f in findings],
        }
    )
    renderer = plot.multi_polygons(
        "xs", "ys", source=source, fill_color="#7a5c00", fill_alpha=0.15, line_color="#7a5c00", line_width=1.6,
        line_dash="dotted", name="layer:findings",
    )  # fmt: skip
    plot.add_tools(_hover(renderer, [("", "@id"), ("", "@what")]))


def _add_tracks(
    plot: Any, region: RegionContents, scales: Sequence[SpeciesScale], words: Words, zone: tzinfo
) -> None:
    lines = [_thin_line(track, region.crs) for track in region.tracks]
    x, y = (np.concatenate(parts) for parts in zip(*lines, strict=True))
    plot.line(x, y, line_color="#8d8a83", line_width=1.2, line_alpha=0.9, name="layer:track")
    share = max(200, _MOST_POINTS // max(len(region.tracks), 1))
    for number, scale in enumerate(scales):
        columns = _track_points(region, scale, share, zone)
        mapper = LinearColorMapper(palette=_palette(), low=0.0, high=scale.top)
        renderer = plot.scatter(
            "x", "y", source=ColumnDataSource(columns), size="size", line_color=None,
            fill_color={"field": "value", "transform": mapper}, name=f"layer:track:{number}",
            visible=number == 0,
        )  # fmt: skip
        label = f"{words.species(scale.species)} {words('above_background')}"
        plot.add_tools(_hover(renderer, [(label, f"@value{{0.[000]}} {unit_text(scale.unit)}"), ("", "@time")]))


def _add_segments(plot: Any, segments: SegmentMap, crs: CRS, scales: Sequence[SpeciesScale], words: Words) -> None:
    """Medians on road segments, with the colours of the tracks; hidden until the reader asks for them."""
    medians = segments.medians
    points, which = shapely.get_coordinates(segments.network.geometries(medians["segment"].values), return_index=True)
    x, y = (np.round(v, 1) for v in to_grid(points[:, 0], points[:, 1], crs))
    ends = np.flatnonzero(np.diff(which)) + 1
    xs, ys = ([part.tolist() for part in np.split(v, ends)] for v in (x, y))
    # One source for all species, so that the lines are in the page once.
    source = ColumnDataSource({"xs": xs, "ys": ys})
    for number, scale in enumerate(scales):
        row = np.flatnonzero((medians["species"].values == scale.species) & (medians["units"].values == scale.unit))
        if not len(row):
            continue
        value, passes = (medians[name].values[row[0]] for name in ("enhancement", "passes"))
        source.data[f"value_{number}"], source.data[f"passes_{number}"] = value.astype(np.float32), passes
        mapper = LinearColorMapper(palette=_palette(), low=0.0, high=scale.top)
        renderer = plot.multi_line(
            "xs", "ys", source=source, view=CDSView(filter=IndexFilter(indices=np.flatnonzero(passes).tolist())),
            line_color={"field": f"value_{number}", "transform": mapper}, line_width=6, line_cap="round",
            name=f"layer:segments:{number}", visible=False,
        )  # fmt: skip
        label = f"{words.species(scale.species)} {words('above_background')}"
        told = f"@value_{number}{{0.[000]}} {unit_text(scale.unit)}"
        plot.add_tools(_hover(renderer, [(label, told), (words("passes"), f"@passes_{number}")]))


def _track_points(region: RegionContents, scale: SpeciesScale, share: int, zone: tzinfo) -> dict[str, Any]:
    """The highest row of each stretch, the highest drawn last (on top) and largest."""
    xs, ys, values, times = [], [], [], []
    for track in region.tracks:
        if scale.species not in track.passes or track.passes[scale.species].attrs.get("units", "") != scale.unit:
            continue
        enhancement = _enhancement(track, scale.species)
        rows = highest_rows(enhancement, share)
        x, y = to_grid(track.passes["lon"].values[rows], track.passes["lat"].values[rows], region.crs)
        xs.append(x)
        ys.append(y)
        values.append(enhancement[rows])
        times.append(track.passes["time"].values[rows])
    value = np.concatenate(values)
    order = np.argsort(value, kind="stable")
    size = 5.0 + 6.0 * np.clip(value / scale.top, 0, 1)
    local = [_clock(time, zone) for time in np.concatenate(times)[order]]
    return {
        "x": np.round(np.concatenate(xs), 1)[order].astype(np.float64),
        "y": np.round(np.concatenate(ys), 1)[order].astype(np.float64),
        "value": value[order].astype(np.float32),
        "size": size[order].astype(np.float32),
        "time": local,
    }


def _enhancement(track: Track, species: str) -> Floats:
    """Enhancement where the row is usable and has a position, NaN elsewhere."""
    passes = track.passes
    name = f"{species}_enhancement"
    if name not in passes:
        return np.full(passes.sizes["obs"], np.nan)
    flags = passes["qc_flag"].values
    if f"{species}_qc" in passes:
        flags = flags | passes[f"{species}_qc"].values
    good = is_usable(flags) & np.isfinite(passes["lon"].values) & np.isfinite(passes["lat"].values)
    return np.where(good, passes[name].values, np.nan)


def _thin_line(track: Track, crs: CRS) -> tuple[Floats, Floats]:
    """The way of a track, broken where it has no position, simplified to 2 m."""
    passes = track.passes
    x, y = to_grid(passes["lon"].values, passes["lat"].values, crs)
    rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    xs: list[Floats] = []
    ys: list[Floats] = []
    breaks = np.flatnonzero((np.diff(rows) > 1) | (np.hypot(np.diff(x[rows]), np.diff(y[rows])) > 500.0)) + 1
    for part in np.split(rows, breaks):
        if len(part) < 2:
            continue
        thin = shapely.get_coordinates(shapely.simplify(shapely.LineString(np.column_stack([x[part], y[part]])), 2.0))
        xs += [np.round(thin[:, 0], 1), np.array([np.nan])]
        ys += [np.round(thin[:, 1], 1), np.array([np.nan])]
    return (np.concatenate(xs), np.concatenate(ys)) if xs else (np.empty(0), np.empty(0))


def _add_areas(plot: Any, region: RegionContents) -> bool:
    areas = [area for a in region.attributions for area in a.areas]
    if not areas:
        return False
    xs, ys = _patches([area.polygon for area in areas], region.crs)
    plot.multi_polygons(
        xs, ys, fill_color="#0b6e75", fill_alpha=0.10, line_color="#0b6e75", line_width=1, line_dash="dashed",
        name="layer:areas", visible=False,
    )  # fmt: skip
    return True


def _add_hotspots(plot: Any, region: RegionContents, sites: Sequence[Site], words: Words) -> None:
    names = {site.site_id: site.name for site in sites}
    explained = {a.hotspot_id: a for a in region.attributions}
    xs, ys = _patches([h.polygon for h in region.hotspots], region.crs)
    source = ColumnDataSource(
        {
            "xs": xs,
            "ys": ys,
            "id": [h.id for h in region.hotspots],
            "what": [
                f"{words.species(h.species)} {with_error(h.enhancement, h.enhancement_sd)} {unit_text(h.unit)}"
                f"{words.others(h.others)}"
                for h in region.hotspots
            ],
            "seen": [words("seen_of", seen=h.passes_seen, crossed=h.passes_crossed) for h in region.hotspots],
            "p": [p_text(h.p_value) for h in region.hotspots],
            "who": [_best_words(explained.get(h.id), names, words) for h in region.hotspots],
            "dash": [[6, 4] if h.single_sighting else [] for h in region.hotspots],
        }
    )
    renderer = plot.multi_polygons(
        "xs", "ys", source=source, fill_color="#d55e00", fill_alpha=0.16, line_color="#a33b00", line_width=2,
        line_dash="dash", name="layer:hotspots",
    )  # fmt: skip
    rows = [("", "@id"), (words("enhancement"), "@what"), (words("seen"), "@seen"), ("p", "@p")]
    plot.add_tools(_hover(renderer, [*rows, (words("explained_by"), "@who")]))
    _add_labels(plot, region)


def _add_labels(plot: Any, region: RegionContents) -> None:
    """The ids; those of one place in one label."""
    x, y = to_grid([h.lon for h in region.hotspots], [h.lat for h in region.hotspots], region.crs)
    places: dict[tuple[int, int], list[int]] = {}
    for k in range(len(x)):
        places.setdefault((round(x[k] / 60), round(y[k] / 60)), []).append(k)
    first = [members[0] for members in places.values()]
    label = [" ".join(region.hotspots[k].id for k in members) for members in places.values()]
    _add_text(plot, x[first], y[first], label, colour="#7a2c00", layer="hotspots", style="bold")


def _add_text(
    plot: Any, x: Floats, y: Floats, text: list[str], *, colour: str, layer: str, style: str = "normal"
) -> None:
    """Labels on a pale ground, beside their points."""
    style_of: dict[str, Any] = {"text_font_size": "11px", "text_font_style": style, "text_color": colour}
    ground: dict[str, Any] = {"background_fill_color": "#fffdf8", "background_fill_alpha": 0.8, "padding": 1}
    plot.text(x=x, y=y, text=text, x_offset=10, y_offset=-9, name=f"layer:{layer}", **style_of, **ground)


def _best_words(attribution: Attribution | None, names: Mapping[str, str], words: Words) -> str:
    if attribution is None:
        return words("not_weighed")
    best = sorted(attribution.sites, key=lambda s: -s.probability)[:2]
    parts = [f"{names.get(s.site_id, s.site_id)} {probability_text(s.probability)}" for s in best]
    return "; ".join([*parts, f"{words('none_of_these')} {probability_text(attribution.none_of_these)}"])


def _add_sites(
    plot: Any, region: RegionContents, sites: Sequence[Site], visits: Sequence[Visit], words: Words
) -> None:
    by_site = _probabilities(region)
    visited = {visit.site_id for visit in visits}
    x, y = to_grid([s.lon for s in sites], [s.lat for s in sites], region.crs)
    best = np.array([max((p for _, p in by_site.get(s.site_id, [])), default=0.0) for s in sites])
    source = ColumnDataSource(
        {
            "x": np.round(x, 1),
            "y": np.round(y, 1),
            "name": [s.name for s in sites],
            "id": [s.site_id for s in sites],
            "industry": [s.industry_code or "–" for s in sites],
            "sd": [rounded(s.position_sd_m, 2) for s in sites],
            "who": [
                "; ".join(f"{h} {probability_text(p)}" for h, p in by_site.get(s.site_id, [])) or "–" for s in sites
            ],
            "size": 7.0 + 11.0 * best,
            "fill": ["#0b6e75" if s.site_id in visited else "#ffffff" for s in sites],
            "line": ["#0b4f54" if b >= 0.05 else "#8f9aa3" for b in best],
        }
    )
    renderer = plot.scatter(
        "x", "y", source=source, marker="square", size="size", fill_color="fill", line_color="line",
        line_width=1.6, fill_alpha=0.9, name="layer:sites",
    )  # fmt: skip
    rows = [("", "@name"), ("", "@id"), ("±", "@sd m"), (words("explained_by"), "@who")]
    plot.add_tools(_hover(renderer, rows))
    likely = [k for k in np.argsort(-best, kind="stable")[:8] if best[k] >= 0.2]
    _add_text(plot, x[likely], y[likely], [sites[k].name for k in likely], colour="#0b4f54", layer="sites")


def _probabilities(region: RegionContents) -> dict[str, list[tuple[str, float]]]:
    by_site: dict[str, list[tuple[str, float]]] = {}
    for attribution in region.attributions:
        for candidate in attribution.sites:
            if candidate.probability >= 0.01:
                by_site.setdefault(candidate.site_id, []).append((attribution.hotspot_id, candidate.probability))
    return by_site


def _add_routes(plot: Any, crs: CRS, routes: Sequence[Route], words: Words) -> None:
    for number, route in enumerate(routes):
        colour = TEAM_COLOURS[number % len(TEAM_COLOURS)]
        legs = [*(stop.leg for stop in route.stops), *([route.back] if route.back else [])]
        points = np.array([point for leg in legs for point in leg.line])
        x, y = to_grid(points[:, 0], points[:, 1], crs)
        dash = "solid" if route.on_roads else "dashed"
        plot.line(x, y, line_color=colour, line_width=2.6, line_alpha=0.85, line_dash=dash, name="layer:routes")
        x, y = to_grid([s.visit.lon for s in route.stops], [s.visit.lat for s in route.stops], crs)
        source = ColumnDataSource(
            {
                "x": x,
                "y": y,
                "label": [str(k) for k in range(1, len(route.stops) + 1)],
                "name": [stop.visit.name for stop in route.stops],
                "time": [f"{stop.arrive:%H:%M}–{stop.leave:%H:%M}" for stop in route.stops],
                "route": [f"{route.name}, {words('stop')} {k}" for k in range(1, len(route.stops) + 1)],
            }
        )
        renderer = plot.scatter(
            "x", "y", source=source, size=21, fill_color=colour, line_color="#ffffff", line_width=2,
            name="layer:routes",
        )  # fmt: skip
        plot.text(
            "x", "y", "label", source=source, text_font_size="12px", text_font_style="bold", text_color="#ffffff",
            text_align="center", text_baseline="middle", name="layer:routes",
        )  # fmt: skip
        plot.add_tools(_hover(renderer, [("", "@route"), ("", "@name"), ("", "@time")]))


def _hover(renderer: Any, rows: Sequence[tuple[str, str]]) -> HoverTool:
    return HoverTool(renderers=[renderer], tooltips=list(rows), point_policy="snap_to_data", attachment="horizontal")


def _patches(areas: Iterable[shapely.Polygon | shapely.MultiPolygon], crs: CRS) -> tuple[list[Any], list[Any]]:
    """Polygons as bokeh's nested lists: area, part, ring."""
    xs: list[Any] = []
    ys: list[Any] = []
    for area in areas:
        parts = area.geoms if isinstance(area, shapely.MultiPolygon) else [area]
        rings = [[_ring(ring, crs) for ring in (part.exterior, *part.interiors)] for part in parts]
        xs.append([[x for x, _ in part] for part in rings])
        ys.append([[y for _, y in part] for part in rings])
    return xs, ys


def _ring(ring: shapely.LinearRing, crs: CRS) -> tuple[list[float], list[float]]:
    points = shapely.get_coordinates(ring)[:-1]
    x, y = to_grid(points[:, 0], points[:, 1], crs)
    return np.round(x, 1).tolist(), np.round(y, 1).tolist()


def _palette() -> list[str]:
    """The ramp in `_SHADES` steps."""
    stops = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in RAMP], np.float64)
    at = np.linspace(0, len(RAMP) - 1, _SHADES)
    colour = np.column_stack([np.interp(at, np.arange(len(RAMP)), stops[:, k]) for k in range(3)])
    return ["#" + "".join(f"{round(v):02x}" for v in row) for row in colour]


def _clock(time: np.datetime64, zone: tzinfo) -> str:
    moment = datetime.fromisoformat(str(time.astype("datetime64[s]")) + "+00:00").astimezone(zone)
    return f"{moment:%m-%d %H:%M:%S}"
