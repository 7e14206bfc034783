"""Which sites a confounder of world 2 touches: what is said of a lead at them is counted under it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from onevisit.truth.simulate.air.sources import EmissionSource
from onevisit.truth.simulate.records.outlet import SiteRecord
from onevisit.truth.simulate.records.registers import RegisterEntry
from onevisit.truth.simulate.records.upsets import UPSETS


def sites_touched(
    name: str, sources: Sequence[EmissionSource], entries: Sequence[RegisterEntry], recorded: Collection[str]
) -> list[str]:
    """Codes of the registered sites that a confounder touches, in the order of the register; none for other names."""
    if name == "blind_shifts":
        return [e.place.site_id for e in entries if e.shifted]
    if name == "register_points":
        return [e.place.site_id for e in entries if e.place_written != "stack"]
    touched = {s.place.site_id for s in _sources_touched(name, sources, recorded)}
    return [e.place.site_id for e in entries if e.place.site_id in touched]


def _sources_touched(
    name: str, sources: Sequence[EmissionSource], recorded: Collection[str]
) -> Sequence[EmissionSource]:
    if name == "lawful_sources":
        return [s for s in sources if s.lawful]
    if name == "stopping_sources":
        return [s for s in sources if s.active is not None]
    if name == "scattered_profiles":
        return [s for s in sources if s.profile != s.place.industry.profile]
    if name == "following_records":
        return [s for s in sources if s.place.site_id in recorded]
    if name == "shared_plume":
        partners = {s.beside for s in sources if s.beside}
        return [s for s in sources if s.beside or s.id in partners]
    return []


def beyond_permit(sources: Sequence[EmissionSource]) -> list[str]:
    """Codes of the registered sites that emit more than they may."""
    return [s.place.site_id for s in sources if s.place.listed and not s.lawful]


def sites_of_records(name: str, weeks: Sequence[SiteRecord]) -> list[str] | None:
    """Codes of the sites whose long records a confounder touches; None for one that touches no records."""
    upsets = {u.name for u in UPSETS if u.confounder == name}
    if upsets:
        return [r.plant.site_id for r in weeks if any(a.name in upsets for a in r.anomalies)]
    has: Mapping[str, Callable[[SiteRecord], bool]] = {
        "long_records": lambda r: r.hours > 0,
        "slow_analysers": lambda r: any(r.plant.cycle_h(q) > 1 for q in r.plant.quantities),
        "daily_checks": lambda r: bool(r.check.any()),
        "legitimate_zeros": lambda r: r.plant.monitored and r.plant.zeros,
        "range_switches": lambda r: r.plant.monitored and bool(r.plant.coarse_above),
        "feed_changes": lambda r: r.plant.monitored and r.plant.feeds,
        "wrong_clocks": lambda r: r.plant.clock_h != 0,
    }
    return [r.plant.site_id for r in weeks if has[name](r)] if name in has else None
