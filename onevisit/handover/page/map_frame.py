"""The frame of a map: its bounds, axes, scale bar, and ids that are the same in every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import Range1d
from bokeh.models.annotations import ScaleBar
from bokeh.models.annotations.dimensional import MetricLength
from bokeh.models.tools import PanTool, WheelZoomTool
from bokeh.plotting import figure
from pyproj import CRS

from ingest.coordinates import to_grid, to_lonlat
from ingest.schema import Site
from onevisit.handover.page.contents import RegionContents
from onevisit.schema import Visit
from onevisit.words.strings import Words


def with_own_ids(item: Mapping[str, Any]) -> dict[str, Any]:
    """A bokeh item whose model ids count from 1: bokeh's own go on through the process, so bytes would not repeat."""
    names: dict[str, str] = {}

    def renamed(value: Any, key: str) -> Any:
        if isinstance(value, Mapping):
            return {k: renamed(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [renamed(v, "") for v in value]
        if key in {"id", "root_id"} and isinstance(value, str):
            return names.setdefault(value, f"m{len(names) + 1}")
        return value

    return {key: renamed(value, key) for key, value in item.items()}


def hotspot_boxes(region: RegionContents) -> dict[str, list[float]]:
    """West, south, east, north in grid metres of each hotspot, to zoom to."""
    boxes = {}
    for hotspot in region.hotspots:
        corners = np.array(hotspot.polygon.bounds)
        x, y = to_grid(corners[[0, 2]], corners[[1, 3]], region.crs)
        boxes[hotspot.id] = [round(float(v), 1) for v in (x[0], y[0], x[1], y[1])]
    return boxes


def lonlat_fit(crs: CRS, bounds: tuple[float, float, float, float]) -> list[float]:
    """A quadratic fit of grid metres on degrees over the map: the centre (lon, lat), six terms of x, six of y.

    The page's script marks the place of a reading with it; it is good to a metre over 50 km.
    """
    x, y = (
        g.ravel() for g in np.meshgrid(np.linspace(bounds[0], bounds[2], 7), np.linspace(bounds[1], bounds[3], 7))
    )
    lon, lat = to_lonlat(x, y, crs)
    lon0, lat0 = float(lon.mean()), float(lat.mean())
    u, v = lon - lon0, lat - lat0
    terms = np.column_stack([np.ones_like(u), u, v, u * u, u * v, v * v])
    fits = [np.linalg.lstsq(terms, values, rcond=None)[0] for values in (x, y)]
    return [lon0, lat0, *(float(f"{value:.10g}") for fit in fits for value in fit)]


def empty_plot(bounds: tuple[float, float, float, float], words: Words) -> Any:
    """A figure of the bounds in grid metres, with a scale bar and quiet axes, and nothing drawn yet."""
    west, south, east, north = bounds
    options: dict[str, Any] = {"tools": [], "sizing_mode": "stretch_both", "toolbar_location": None, "min_border": 0}
    colours: dict[str, Any] = {
        "outline_line_color": None,
        "background_fill_color": "#f4f2ed",
        "border_fill_color": None,
    }
    ranges: dict[str, Any] = {
        "x_range": Range1d(start=west, end=east),
        "y_range": Range1d(start=south, end=north),
    }
    plot: Any = figure(**options, **colours, **ranges)
    wheel = WheelZoomTool(modifiers="ctrl", zoom_together="all")
    plot.add_tools(PanTool(), wheel)
    plot.toolbar.active_scroll = wheel
    plot.grid.grid_line_color = "#e3dfd6"
    _style_axis(plot.xaxis[0], words("easting"))
    _style_axis(plot.yaxis[0], words("northing"))
    plot.yaxis.major_label_orientation = "vertical"
    plot.add_layout(_scale_bar(plot))
    return plot


def _style_axis(axis: Any, label: str) -> None:
    axis.axis_label, axis.axis_label_text_font_style = label, "normal"
    axis.axis_label_text_color = axis.major_label_text_color = "#5d6670"
    axis.axis_label_text_font_size = axis.major_label_text_font_size = "11px"
    axis.axis_line_color = axis.major_tick_line_color = "#b9b4a8"
    axis.minor_tick_line_color = None
    axis.formatter.use_scientific = False
    axis.ticker.desired_num_ticks = 5


def _scale_bar(plot: Any) -> ScaleBar:
    return ScaleBar(
        range=plot.x_range,
        unit="m",
        dimensional=MetricLength(),
        location="bottom_left",
        bar_length=0.18,
        background_fill_color="#fbfaf7",
        background_fill_alpha=0.85,
        border_line_color=None,
        label_text_font_size="12px",
        padding=6,
        margin=10,
    )


def map_bounds(
    region: RegionContents, sites: Sequence[Site], visits: Sequence[Visit]
) -> tuple[float, float, float, float]:
    """West, south, east, north in grid metres of what was measured and is visited, with a margin of 6 %."""
    boxes = [(p.west, p.south, p.east, p.north) for p in region.pictures]
    for track in region.tracks:
        x, y = to_grid(track.passes["lon"].values, track.passes["lat"].values, region.crs)
        good = np.isfinite(x) & np.isfinite(y)
        if good.any():
            boxes.append((x[good].min(), y[good].min(), x[good].max(), y[good].max()))
    boxes += [(b[0], b[1], b[2], b[3]) for b in hotspot_boxes(region).values()]
    box = np.array(boxes or [(0.0, 0.0, 1.0, 1.0)], np.float64)
    low, high = box[:, :2].min(axis=0), box[:, 2:].max(axis=0)
    likely = {s.site_id for a in region.attributions for s in a.sites if s.probability >= 0.1}
    near = [(s.lon, s.lat) for s in sites if s.site_id in likely] + [(v.lon, v.lat) for v in visits]
    reach = 0.5 * float((high - low).max())
    places = np.array(near, np.float64).reshape(-1, 2)
    points = np.column_stack(to_grid(places[:, 0], places[:, 1], region.crs))
    points = points[((points >= low - reach) & (points <= high + reach)).all(axis=1)]
    low, high = np.vstack([low, points]).min(axis=0), np.vstack([high, points]).max(axis=0)
    margin = 0.06 * max(float((high - low).max()), 50.0)
    return float(low[0] - margin), float(low[1] - margin), float(high[0] + margin), float(high[1] + margin)
