"""Which sites a confounder of world 2 touches: what is said of a lead at them is counted under it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from onevisit.truth.simulate.air.sources import EmissionSource
from onevisit.truth.simulate.records.monitors import MonitoredSite
from onevisit.truth.simulate.records.registers import RegisterEntry


def sites_touched(
    name: str, sources: Sequence[EmissionSource], entries: Sequence[RegisterEntry], stations: Sequence[MonitoredSite]
) -> list[str]:
    """Codes of the registered sites that a confounder touches, in the order of the register; none for other names."""
    if name == "blind_shifts":
        return [e.place.site_id for e in entries if e.shifted]
    if name == "register_points":
        return [e.place.site_id for e in entries if e.place_written != "stack"]
    touched = {s.place.site_id for s in _sources_touched(name, sources, [s.place.site_id for s in stations])}
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
