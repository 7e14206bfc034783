"""Records of a small invented mission, for the end of the job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
import shapely
import xarray as xr

from fusion.schema import Attribution, Hotspot, SiteProbability
from ingest.outcome import Phrase
from ingest.schema import CrsSource, Site, new_trace
from onevisit.schema import Disposition, Explanation, Leg, Matter, Route, Stop, Visit, VisitKind
from tracks.schema import Track


def text(words: str) -> Phrase:
    """A text as it is, in any language."""
    return Phrase("as_said", {"text": words})


HOTSPOT = Hotspot(
    id="H001",
    species="ch4",
    unit="ppm",
    polygon=shapely.box(104.0, 30.0, 104.001, 30.001),
    cells=4,
    area_m2=3600.0,
    enhancement=3.2,
    enhancement_sd=0.4,
    background=2.0,
    p_value=0.002,
    q_value=0.01,
    passes_seen=3,
    passes_crossed=4,
    single_sighting=False,
    first_seen=datetime(2026, 3, 1, 1, 0, tzinfo=UTC),
    last_seen=datetime(2026, 3, 1, 2, 0, tzinfo=UTC),
    lon=104.0005,
    lat=30.0005,
    position_error_m=12.0,
    wind_from_deg=270.0,
    wind_speed=2.5,
    trajectories=("drive",),
)


@pytest.fixture
def make_site() -> Callable[..., Site]:
    """A site by its id; keywords change single fields."""

    def make(site_id: str = "S1", lon: float = 104.0, lat: float = 30.0, **changes: Any) -> Site:
        site = Site(site_id, f"Works {site_id}", lon, lat, 10.0, "EPSG:4326", CrsSource.DECLARED)
        return replace(site, **changes)

    return make


@pytest.fixture
def make_hotspot() -> Callable[..., Hotspot]:
    """A hotspot that recurs in a steady wind; keywords change single fields."""
    return lambda **changes: replace(HOTSPOT, **changes)


@pytest.fixture
def make_attribution() -> Callable[..., Attribution]:
    """An attribution from probabilities by site id; what is left is shared by unlisted (2/3) and background (1/3)."""

    def make(hotspot_id: str = "H001", bearing_deg: float | None = 270.0, **sites: float) -> Attribution:
        left = 1.0 - sum(sites.values())
        named = tuple(SiteProbability(site_id, p, 200.0, 270.0) for site_id, p in sites.items())
        return Attribution(hotspot_id, named, left * 2 / 3, left / 3, left, bearing_deg, 30.0, (), ())

    return make


@pytest.fixture
def make_visit() -> Callable[..., Visit]:
    """A visit of one matter and one hour."""

    def make(site_id: str = "S1", lon: float = 104.0, lat: float = 30.0, **changes: Any) -> Visit:
        matter = Matter(site_id, "emission", VisitKind.CASE, Disposition.VISIT, text("CH₄ above background"))
        visit = Visit(
            site_id, f"Works {site_id}", f"P-{site_id}", "", lon, lat, True, 10.0, VisitKind.CASE, False, 0, None,
            (matter,), (text("seen again"),), (), (), 0.8, 3, 3600,
        )  # fmt: skip
        return replace(visit, **changes)

    return make


@pytest.fixture
def make_route(make_visit: Callable[..., Visit]) -> Callable[..., Route]:
    """From a depot to a stop in Shanghai, one in Berlin, and back; keywords change single fields.

    The place in Shanghai is that of the published example of GCJ-02, whose answer is 121.531541859, 31.175303984.
    """

    def make(**changes: Any) -> Route:
        depot, shanghai, berlin = (121.5, 31.1), (121.5272106, 31.1774276), (13.4, 52.5)
        first = make_visit("S1", *shanghai)
        plan = Matter("S1", "plan", VisitKind.DAILY, Disposition.VISIT, text("yearly plan"))
        first = replace(
            first, matters=(*first.matters, plan), counts_against_cap=True, visits_this_year=1, cap=2, priority=4,
            reasons=(text("seen again"), text("plan")),
            explanations=(Explanation("unlawful_emission", 0.8), Explanation("unlisted_source", 0.2)),
        )  # fmt: skip
        second = make_visit("S2", *berlin, at_gate=False, kind=VisitKind.SPECIAL, address="No. 2", probability=0.7)
        nine = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
        clock = [nine + timedelta(seconds=s) for s in (1800, 5400, 9000, 12600)]
        stops = (
            Stop(first, clock[0], clock[1], Leg(12_000.4, 1800.0, (depot, shanghai))),
            Stop(second, clock[2], clock[3], Leg(30_000.0, 3600.4, (shanghai, (100.0, 40.0), berlin))),
        )
        route = Route("R1", "team 1", date(2026, 3, 2), stops, False, Leg(1000.2, 100.2, (berlin, depot)))
        return replace(route, **changes)

    return make


@pytest.fixture
def make_track() -> Callable[..., Track]:
    """A drive of ten minutes eastwards at 1 Hz with one peak of methane, processed by hand."""

    def make(trajectory: str = "drive", rows: int = 600, **changes: Any) -> Track:
        second = np.arange(rows)
        time = np.datetime64("2026-03-01T01:00:00", "ns") + second * np.timedelta64(1, "s")
        methane = 2.0 + 3.0 * np.exp(-(((second - 300) / 10.0) ** 2))
        attrs = {"units": "ppm", "long_name": "methane", "species": "ch4", "instrument": "analyser"}
        trace = new_trace(trajectory, time, 104.0 + 1e-5 * second, np.full(rows, 30.0), {"ch4": (methane, attrs)})
        passes = trace.assign(
            pass_index=("obs", np.zeros(rows, np.int32)),
            ch4_background=("obs", np.full(rows, 2.0), {"units": "ppm"}),
            ch4_enhancement=("obs", methane - 2.0, {"units": "ppm", "detection_limit": 0.02}),
            **changes,
        )
        return Track(passes, xr.Dataset({"snr": ("plume", np.empty(0))}))

    return make
