"""Whether sites ran at the hotspots, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from fusion import Ran
from fusion.schema import Met
from ingest.schema import SitePlace
from monitors.schema import Activity
from onevisit.leads.ran import ran_at_hotspots

Make = Callable[..., Any]
DAY = datetime(2026, 3, 1, tzinfo=UTC)


def _activity(permit_code: str, *running: float) -> Activity:
    """By the hour from midnight of the day, told every five minutes."""
    time = np.datetime64("2026-03-01", "ns") + np.arange(12 * len(running)) * np.timedelta64(5, "m")
    return Activity(permit_code, "", "", time, np.full(time.size, 300.0), np.repeat(running, 12))


def _met(hour: float, minutes: float) -> Met:
    start = DAY + timedelta(hours=hour)
    return Met("d#0", start, start + timedelta(minutes=minutes), 104.0, 30.0)


def test_the_mean_over_the_crossings_speaks(make_hotspot: Make, make_site: Make) -> None:
    """Of the middle of each, where a record tells; sites without any, and records of no site, are left out."""
    sites = [make_site("S1", permit_code="P1"), make_site("S2", permit_code="P2"), make_site("S3")]
    hotspots = [
        make_hotspot(id="H1", met=(_met(0.5, 2.0), _met(1.95, 6.1), _met(3.2, 2.0))),
        make_hotspot(id="H2", first_seen=DAY + timedelta(hours=1), last_seen=DAY + timedelta(hours=1.5), met=()),
        make_hotspot(id="H3", met=(_met(9.0, 2.0),)),
    ]
    activities = [_activity("P1", 0.9, 0.9, 0.1, np.nan), _activity("P9", 0.5, 0.5), _activity("P2", np.nan, 0.7)]
    found = ran_at_hotspots(hotspots, activities, sites, reach_m=1500.0)
    expected = [("H1", "S1", (0.9 + 0.1) / 2), ("H2", "S1", 0.9), ("H2", "S2", 0.7)]
    assert [(one.hotspot_id, one.site_id) for one in found] == [pair[:2] for pair in expected]
    assert [one.chance for one in found] == pytest.approx([chance for *_, chance in expected])
    assert all(isinstance(one, Ran) for one in found)
    assert ran_at_hotspots([], activities, sites, reach_m=1500.0) == ()
    assert ran_at_hotspots(hotspots, [], sites, reach_m=1500.0) == ()


def test_sites_out_of_reach_are_not_asked(make_hotspot: Make, make_site: Make) -> None:
    """Beyond the reach and half a kilometre; a site that may stand near is near."""
    degree = 96_391.0  # of longitude, m, at the latitude of the hotspot
    far = make_site("S1", lon=104.0005 + 1990.0 / degree, lat=30.0005, permit_code="P1")
    farther = make_site("S2", lon=104.0005 + 2010.0 / degree, lat=30.0005, permit_code="P2")
    doubt = replace(farther, site_id="S3", permit_code="P3", elsewhere=(SitePlace(104.0, 30.0, 50.0, 0.1, "GCJ-02"),))
    hotspot = make_hotspot(id="H1", met=(_met(0.5, 2.0),))
    found = ran_at_hotspots(
        [hotspot], [_activity(p, 0.9) for p in ("P1", "P2", "P3")], [far, farther, doubt], reach_m=1500.0
    )
    assert [one.site_id for one in found] == ["S1", "S3"]
