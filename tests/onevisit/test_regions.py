"""What a mission's place decides."""

from __future__ import annotations

from pyproj import CRS

from onevisit.regions import Region, with_local_zone
from onevisit.settings import RouteSettings


def test_times_are_shown_in_the_zone_of_the_place(make_track):
    """At 104 E, 30 N without a declaration: Shanghai, with the place as evidence."""
    region = Region("", CRS.from_epsg(4544), (make_track(),), ())
    settled = with_local_zone(RouteSettings(), [region])
    assert settled.value.time_zone == "Asia/Shanghai"
    assert "104.0" in settled.decisions[0].evidence


def test_a_declared_zone_is_kept(make_track):
    """The declaration wins, and there is nothing to report."""
    region = Region("", CRS.from_epsg(4544), (make_track(),), ())
    settled = with_local_zone(RouteSettings(time_zone="Europe/Berlin"), [region])
    assert settled.value.time_zone == "Europe/Berlin"
    assert settled.decisions == ()


def test_an_open_sea_or_nothing_has_no_surprise():
    """Without a region nothing is decided."""
    assert with_local_zone(RouteSettings(), []).value.time_zone == ""
