"""Which series are of one site: permit code, credit code, name, and registers that disagree."""

from __future__ import annotations

from ingest.schema import CrsSource, Site
from monitors.grouping import group_sites
from tests.monitors.outlets import outlet


def named(permit: str = "", uscc: str = "", name: str = "") -> object:
    """A series that names its site so."""
    return outlet({"a21026": [1.0]}, permit_code=permit, uscc=uscc, site_name=name)


def site(permit: str, uscc: str, name: str) -> Site:
    """A site of a register."""
    return Site(permit, name, 104.0, 30.6, 10.0, "WGS84", CrsSource.DECLARED, permit_code=permit, uscc=uscc)


def groups(*series: object) -> list[int]:
    """How many series each site has."""
    return [len(one.series) for one in group_sites(series).value]  # type: ignore[arg-type]


def test_a_permit_code_decides() -> None:
    """Two sites of one firm are two, whatever the name."""
    assert groups(named("P1", "U1", "厂"), named("P2", "U1", "厂"), named("P1")) == [2, 1]


def test_a_credit_code_or_a_name_that_means_one_site_joins_it() -> None:
    """A meter that knows the firm only, and one that knows the name only, belong to its one site."""
    assert groups(named("P1", "U1", "厂"), named("", "U1"), named("", "", "厂")) == [3]


def test_a_credit_code_of_two_sites_stays_by_itself() -> None:
    """Nobody can tell to which of two sites the meter of a firm belongs."""
    assert groups(named("P1", "U1"), named("P2", "U1"), named("", "U1")) == [1, 1, 1]


def test_series_without_any_name_are_each_their_own() -> None:
    """Two that name nothing are not one site."""
    assert groups(named(), named()) == [1, 1]


def test_the_register_is_found_by_permit_code_and_by_name() -> None:
    """And a name of two sites finds neither."""
    sites = [site("P1", "U1", "甲"), site("P2", "U2", "乙"), site("P3", "U3", "乙")]
    found = group_sites([named("P1"), named("", "U2"), named("", "", "乙")], sites).value  # type: ignore[list-item]
    assert [one.site.permit_code if one.site else None for one in found] == ["P1", "P2", None]


def test_registers_that_disagree_are_stated() -> None:
    """Another credit code for the same permit: stated once, and the site stays."""
    outcome = group_sites([named("P1", "U1")], [site("P1", "U9", "甲")])  # type: ignore[list-item]
    assert [(one.code, one.values["codes"]) for one in outcome.decisions] == [
        ("record_site_codes_differ", ("U1", "U9"))
    ]
    assert outcome.value[0].site is not None
