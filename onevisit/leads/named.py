"""Which listed sites a record or a register's row names: by permit code, else credit code, else name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ingest.schema import Site
from monitors.schema import Activity, Anomaly

Named = Mapping[tuple[str, str], Sequence[Site]]
_FIELDS = ("permit_code", "uscc", "name")


def index_sites(sites: Sequence[Site]) -> Named:
    """Sites by what can name them; a company may own several, and several may have one name."""
    named: dict[tuple[str, str], list[Site]] = {}
    for site in sites:
        for field in _FIELDS:
            if text := getattr(site, field):
                named.setdefault((field, text), []).append(site)
    return named


def sites_named(named: Named, permit_code: str, uscc: str, name: str) -> Sequence[Site]:
    """All sites that the first of the three names that is known anywhere means; none where nobody knows it.

    One that means a single site is heard before one that means several: a permit code is a site's, a credit code a
    company's.
    """
    found = [named.get(key, ()) for key in zip(_FIELDS, (permit_code, uscc, name), strict=True)]
    known = [same for same in found if same]
    return next((same for same in known if len(same) == 1), known[0] if known else ())


def sites_of(said: Iterable[Anomaly | Activity], sites: Sequence[Site]) -> list[Site | None]:
    """The one site that each record speaks of, None where it names none or several."""
    named = index_sites(sites)
    meant = [sites_named(named, one.permit_code, one.uscc, one.site_name) for one in said]
    return [same[0] if len(same) == 1 else None for same in meant]
