"""What `vulture` would take for dead, a line each: until which verb calls it, or who reads it unseen.

`make check` reads this file; nobody runs it. A name that is called at last, or deleted, leaves it: a test says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fusion.attribution.joint.posterior import locate_sources, vane_of, weigh_sites
from fusion.attribution.position import locate_source
from fusion.campaign.persistence import follow_hotspots
from fusion.campaign.store import add_mission, open_campaign
from fusion.hotspots.areas import find_area
from imagery.orientation.targets import ellipse_holds
from imagery.photocache import forget_photos
from ingest.monitors.stored import write_sites
from onevisit.result import IN_NO_KEY
from onevisit.truth.score.score import pool_scores, render_pooled
from onevisit.truth.simulate.again import drive_again, street_corners
from onevisit.truth.simulate.records.alone import draw_records
from tracks.sources.detection import detection_curve
from tracks.sources.encounters import tell_sources_apart
from tracks.sources.lines import list_crossings

__all__ = ["NOT_YET", "OUTSIDE", "not_yet", "of_registers", "set_for_others", "unseen"]

NOT_YET = (
    add_mission,  # until `onevisit campaign` adds the cubes of a month
    open_campaign,  # until `onevisit campaign` draws the map of a month
    follow_hotspots,  # until `onevisit campaign` says which hotspots stay
    find_area,  # until `onevisit campaign` outlines candidate areas (`fusion.hotspots.scan` under it)
    locate_source,  # until `onevisit process` places a source that no listed site explains
    locate_sources,  # until `onevisit process` places a source that no listed site explains
    tell_sources_apart,  # until `onevisit process` tells sources of one place apart (with `fingerprints`)
    list_crossings,  # until `onevisit process` lists every pass that came by a source
    detection_curve,  # until `onevisit process` says how often to measure again
)

OUTSIDE = (
    drive_again,  # stays: benchmarks.skill_redrive writes docs/skill-redrive.md with it
    draw_records,  # stays: benchmarks.skill_records writes docs/skill-monitors.md with it
    ellipse_holds,  # stays: benchmarks.skill_targets writes docs/skill-targets.md with it
    forget_photos,  # stays: benchmarks.speed_imagery and benchmarks.skill_imagery begin without photos
    vane_of,  # stays: benchmarks.skill_fusion writes docs/skill-fusion.md with it
    weigh_sites,  # stays: benchmarks.skill_fusion writes docs/skill-fusion.md with it
    pool_scores,  # stays: benchmarks.skill writes docs/skill.md with it
    render_pooled,  # stays: benchmarks.skill writes docs/skill.md with it
    street_corners,  # stays: benchmarks.skill_redrive writes docs/skill-redrive.md with it
    write_sites,  # stays: benchmarks.speed_rules stores a city's year with it
    IN_NO_KEY,  # stays: a test holds the options against it
)


def not_yet(it: Any) -> Iterator[Any]:
    """Fields of what waits above; they leave with it."""
    yield it.score_inside  # fusion.hotspots.areas: until `onevisit campaign`
    yield it.score_outside  # fusion.hotspots.areas: until `onevisit campaign`
    yield it.rate_50  # fusion.attribution.position: until `onevisit process` places such a source
    yield it.rate_90  # fusion.attribution.position: until `onevisit process` places such a source
    yield it.peak_row  # tracks.sources.encounters: until `onevisit process` tells sources apart
    yield it.intercept_sd  # tracks.sources.fingerprints: until `onevisit process` tells sources apart


def of_registers(it: Any) -> Iterator[Any]:
    """Fields of registers that are read and counted; they leave as leads and visits ask for them."""
    yield it.stacks  # ingest.schema: until the attribution knows the outlets of a site
    yield it.response_time_s  # onevisit.cards.instrument: until lags are corrected by it


def unseen(it: Any) -> Iterator[Any]:
    """Fields that are read by name or written all at once; each stays as long as its reader."""
    yield it.bare_soil_particles  # fusion.attribution.evidence_settings: by name of the pair
    yield it.hot_surface_voc  # fusion.attribution.evidence_settings: by name of the pair
    yield it.hot_surface_nox  # fusion.attribution.evidence_settings: by name of the pair
    yield it.hot_surface_co  # fusion.attribution.evidence_settings: by name of the pair
    yield it.hot_surface_sulfur  # fusion.attribution.evidence_settings: by name of the pair
    yield it.tie_points  # imagery.schema: ortho.json, all at once
    yield it.mismatch_p90_m  # imagery.schema: ortho.json, all at once
    yield it.length_ok  # ingest.monitors.hj212: `onevisit hj212`, by name
    yield it.unused  # onevisit.handover.page.charts: report.html.j2, by name
    yield it.to_clear  # onevisit.handover.page.redrive: report.html.j2, by name
    yield it.drawings  # onevisit.handover.page.recorded: report.html.j2, by name
    yield it.satellites  # ingest.traces.formats.nmea: by name of the column
    yield it.hdop  # ingest.traces.formats.nmea: by name of the column
    yield it.altitude  # ingest.traces.formats.nmea: by name of the column
    yield it.method  # tracks.schema: `onevisit quantify --json`, all at once
    yield it.low_g_s  # tracks.schema: `onevisit quantify --json`, all at once
    yield it.high_g_s  # tracks.schema: `onevisit quantify --json`, all at once
    yield it.peak_mb  # onevisit.manifest: manifest.json, all at once
    yield it.median_low  # onevisit.handover.data.segments: segments.geojson, all at once
    yield it.median_high  # onevisit.handover.data.segments: segments.geojson, all at once
    yield it.enhancement_low  # onevisit.handover.data.segments: segments.geojson, all at once
    yield it.enhancement_high  # onevisit.handover.data.segments: segments.geojson, all at once
    yield it.usual_length_m  # tracks.segments.medians: report.html.j2
    yield it.hectares  # onevisit.handover.data.findings: report.html.j2
    yield it.aspect  # onevisit.handover.page.maps: report.html.j2
    yield it.km  # onevisit.handover.page.summary: report.html.j2
    yield it.photos_used  # onevisit.handover.page.summary: report.html.j2
    yield it.measure_again  # onevisit.handover.page.summary: report.html.j2
    yield it.off_site  # onevisit.handover.page.summary: report.html.j2
    yield it.visits_this_year  # onevisit.schema: report.html.j2
    yield it.look  # onevisit.handover.data.summary: summary.csv, all at once
    yield it.remind  # onevisit.handover.data.summary: summary.csv, all at once
    yield it.review  # onevisit.handover.data.summary: summary.csv, all at once
    yield it.asked_by_sections  # onevisit.handover.data.summary: summary.csv, all at once


def set_for_others(it: Any) -> Iterator[Any]:
    """Attributes of objects of other libraries, which read them; each stays as long as it is set."""
    yield it.StartElementHandler  # xml.parsers.expat
    yield it.EndElementHandler  # xml.parsers.expat
    yield it.StartDoctypeDeclHandler  # xml.parsers.expat
    yield it.handle_starttag  # html.parser
    yield it.handle_endtag  # html.parser
    yield it.handle_data  # html.parser
    yield it.colorinterp  # rasterio
    yield it.active_scroll  # bokeh
    yield it.grid_line_color  # bokeh
    yield it.major_label_orientation  # bokeh
    yield it.axis_label  # bokeh
    yield it.axis_label_text_font_style  # bokeh
    yield it.axis_label_text_color  # bokeh
    yield it.major_label_text_color  # bokeh
    yield it.axis_label_text_font_size  # bokeh
    yield it.major_label_text_font_size  # bokeh
    yield it.axis_line_color  # bokeh
    yield it.major_tick_line_color  # bokeh
    yield it.minor_tick_line_color  # bokeh
    yield it.use_scientific  # bokeh
    yield it.desired_num_ticks  # bokeh
    yield it.filters  # jinja2
    yield it.globals  # jinja2
    yield it.font  # openpyxl
    yield it.alignment  # openpyxl
    yield it.hyperlink  # openpyxl
    yield it.freeze_panes  # openpyxl
    yield it.fitToHeight  # openpyxl
    yield it.fitToPage  # openpyxl
    yield it.created  # openpyxl
    yield it.creator  # openpyxl
    yield it.modified  # openpyxl
