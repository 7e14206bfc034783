"""Which series are of one site: by permit code, else by credit code, else by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import xarray as xr

from ingest.outcome import Notes, Outcome
from ingest.schema import Site
from monitors.schema import SiteRecords

Names = tuple[str, str, str]
"""Permit code, credit code and name of a site, as a record has them."""


def names_of(series: xr.Dataset) -> Names:
    """What names the site of a series."""
    permit, uscc, name = (str(series.attrs.get(key, "")) for key in ("permit_code", "uscc", "site_name"))
    return permit, uscc, name


def keys_of(names: Iterable[Names]) -> dict[Names, str]:
    """Return a key of the site that each naming means.

    A credit code or a name that goes with exactly one permit code means that site; one that goes with several means
    a site of its own, because a firm may own several.

    Examples
    --------
    >>> keys_of([("P1", "U1", "厂"), ("", "U1", ""), ("", "", "厂"), ("", "", "")])[("", "U1", "")]
    'P1'
    """
    listed = list(dict.fromkeys(names))
    by_uscc = _only((uscc, permit) for permit, uscc, _ in listed if permit and uscc)
    by_name = _only(
        (name, permit or by_uscc.get(uscc, uscc)) for permit, uscc, name in listed if name and (permit or uscc)
    )
    found = {}
    for permit, uscc, name in listed:
        found[permit, uscc, name] = permit or by_uscc.get(uscc, uscc) or by_name.get(name, name)
    return found


def _only(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Names that go with one value only."""
    values: dict[str, set[str]] = defaultdict(set)
    for name, value in pairs:
        values[name].add(value)
    return {name: next(iter(one)) for name, one in values.items() if len(one) == 1}


def group_sites(series: Sequence[xr.Dataset], sites: Sequence[Site] = ()) -> Outcome[tuple[SiteRecords, ...]]:
    """Gather the series of each site, with what the register says of it, in order of their first series.

    A series that names no site at all is one of its own. Registers that give another credit code or name to a
    permit code than the records do are stated; the permit code decides.

    Parameters
    ----------
    series : sequence of xarray.Dataset
        Monitor series (`ingest.schema`).
    sites : sequence of Site
        Sites of the registers.
    """
    named = [names_of(one) for one in series]
    keys = keys_of(named)
    groups: dict[str, list[xr.Dataset]] = defaultdict(list)
    for place, (one, names) in enumerate(zip(series, named, strict=True)):
        groups[keys[names] or f"#{place}"].append(one)
    register = _Register(sites)
    notes = Notes()
    found = tuple(_site_records(tuple(own), register, notes) for own in groups.values())
    return notes.outcome(found)


class _Register:
    """Sites by permit code, by credit code and by name, where these mean one site only."""

    def __init__(self, sites: Sequence[Site]) -> None:
        self.permits = {site.permit_code: site for site in sites if site.permit_code}
        self.usccs = self._unique((site.uscc, site) for site in sites)
        self.names = self._unique((site.name, site) for site in sites)

    @staticmethod
    def _unique(pairs: Iterable[tuple[str, Site]]) -> Mapping[str, Site]:
        found: dict[str, list[Site]] = defaultdict(list)
        for name, site in pairs:
            if name:
                found[name].append(site)
        return {name: sites[0] for name, sites in found.items() if len(sites) == 1}

    def find(self, names: Names) -> Site | None:
        permit, uscc, name = names
        if permit:
            return self.permits.get(permit)
        return self.usccs.get(uscc) or self.names.get(name)


def _site_records(own: tuple[xr.Dataset, ...], register: _Register, notes: Notes) -> SiteRecords:
    named = [names_of(one) for one in own]
    permit, uscc, name = (next((n[at] for n in named if n[at]), "") for at in range(3))
    site = register.find((permit, uscc, name))
    others = {n[1] for n in named if n[1]} | ({site.uscc} if site is not None and site.uscc else set())
    if permit and len(others) > 1:
        values = {"permit_code": permit, "codes": tuple(sorted(others))}
        notes.decide(str(own[0].attrs.get("source", "")), "record_site_codes_differ", values)
    return SiteRecords(permit, uscc, name, own, site)
