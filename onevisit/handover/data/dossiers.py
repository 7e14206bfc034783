"""``sites/ID.json``: all that is known of one site, its doubts, and the register or file of each fact."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ingest.registers.kinds import Case
from ingest.schema import Site, SitePlace
from monitors.schema import Anomaly
from onevisit.atomic import write_text
from onevisit.leads.grades import credit_of, grade_letter
from onevisit.leads.law import references_for
from onevisit.leads.rivals import explain_record
from onevisit.leads.standing import Standing
from onevisit.leads.tables import BUILT_IN
from onevisit.schema import Lead
from onevisit.visits.plan import visits_in_year
from onevisit.words.telling import say

_SAFE = re.compile(r"[^\w@,.#+-]")


@dataclass(frozen=True)
class DossierSources:
    """What dossiers are made of, by the id of the site; ``day`` is that of the visits, ``cap`` the yearly cap."""

    day: date
    cap: int | None = None
    leads: Mapping[str, Lead] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    anomalies: Mapping[str, Sequence[tuple[str, Anomaly]]] = field(default_factory=dict)
    hotspots: Mapping[str, Sequence[tuple[str, float]]] = field(default_factory=dict)


def dossier_name(site_id: str) -> str:
    """The name of the file of a site: its id, made fit for any file system.

    Examples
    --------
    >>> dossier_name("91510199MANP9JXA3J001Z"), dossier_name("a/b")
    ('sites/91510199MANP9JXA3J001Z.json', 'sites/a_b-c14cddc0.json')
    """
    safe = _SAFE.sub("_", site_id)
    told = "" if safe == site_id else f"-{hashlib.sha256(site_id.encode()).hexdigest()[:8]}"
    return f"sites/{safe}{told}.json"


def write_dossier(path: Path, dossier: Mapping[str, Any]) -> None:
    """Write the dossier of one site (`dossier_of`)."""
    text = json.dumps(dossier, ensure_ascii=False, indent=1, allow_nan=False)
    write_text(path, text + "\n")


def dossier_of(site: Site, sources: DossierSources) -> dict[str, Any]:
    """All that is known of a site, as plain values; what is not known is null or empty, never left out."""
    standing = sources.standings.get(site.site_id, Standing())
    lead = sources.leads.get(site.site_id)
    return {
        "site_id": site.site_id,
        "name": site.name,
        "permit_code": site.permit_code,
        "uscc": site.uscc,
        "address": site.address,
        "district": site.district,
        "park": site.park,
        "industry_code": site.industry_code,
        "position": {
            **_place(site.places[0]),
            "crs_source": site.crs_source.value,
            "others": [_place(place) for place in site.places[1:]],
        },
        "permit": _permit(site),
        "credit": {"label": site.credit, "level": _level(site)},
        "grade": {"label": site.grade, "letter": grade_letter(site.grade)},
        "disclosure": site.disclosure,
        "visits": _visits(site, standing, sources),
        "orders": [
            {"measure": o.measure, "grade": o.grade, "from": _iso(o.start), "to": _iso(o.end),
             "in_force": o.is_in_force(sources.day), "source": o.source}
            for o in standing.orders
        ],
        "complaints": [_case(one) for one in standing.complaints],
        "rectifications": [_case(one) for one in standing.rectifications],
        "exemptions": [_case(one) for one in standing.exemptions],
        "asked": [
            {"by": a.asked_by, "section": a.section, "matter": a.matter, "basis": a.basis, "due": _iso(a.due),
             "entry": a.entry, "source": a.source}
            for a in standing.asked
        ],
        "power_accounts": list(standing.accounts),
        "records": [_anomaly(number, one) for number, one in sources.anomalies.get(site.site_id, ())],
        "hotspots": [
            {"id": number, "probability": _digits(share)} for number, share in sources.hotspots.get(site.site_id, ())
        ],
        "lead": _lead(lead) if lead else None,
        "legal": _legal(lead, sources.day),
        "sources": {"registers": list(site.sources), "facts": dict(site.origins)},
    }  # fmt: skip


def _place(place: SitePlace) -> dict[str, Any]:
    gate = place.gate
    return {
        "lon": round(place.lon, 7),
        "lat": round(place.lat, 7),
        "sd_m": _digits(place.sd_m),
        "probability": _digits(place.probability),
        "crs": place.crs,
        "gate": None if gate is None else [round(gate.x, 7), round(gate.y, 7)],
    }


def _permit(site: Site) -> dict[str, Any]:
    return {
        "class": site.management_class,
        "valid_to": _iso(site.permit_valid_to),
        "species": list(site.species),
        "permitted": [{"species": p.species, "kg_h": p.kg_h, "t_a": p.t_a} for p in site.permitted],
    }


def _level(site: Site) -> int | None:
    credit = credit_of(site.credit)
    return None if credit is None else int(credit)


def _visits(site: Site, standing: Standing, sources: DossierSources) -> dict[str, Any]:
    known = [visit for visit in site.visited if visit.day <= sources.day]
    return {
        "daily_this_year": visits_in_year(site, sources.day),
        "cap": sources.cap,
        "past": [{"day": _iso(v.day), "kind": v.kind, "result": v.result} for v in reversed(known)],
        "checks_of_others": [
            {"day": _iso(c.day), "body": c.body, "kind": c.kind, "result": c.result, "source": c.source}
            for c in reversed(standing.checks)
        ],
    }


def _case(case: Case) -> dict[str, Any]:
    return {"from": _iso(case.start), "to": _iso(case.end), "state": case.state, "source": case.source}


def _anomaly(number: str, one: Anomaly) -> dict[str, Any]:
    return {
        "id": number,
        "kind": one.kind,
        "point": one.point,
        "quantity": one.code,
        "start": _utc(one.start),
        "end": _utc(one.end),
        "source": one.source,
        "explanations": _explanations(explain_record(one, BUILT_IN)),
    }


def _lead(lead: Lead) -> dict[str, Any]:
    return {
        "disposition": lead.disposition.value,
        "urgent": bool(lead.urgent),
        "reason_en": say(lead.why),
        "reason_zh": say(lead.why, "zh"),
        "explanations": _explanations(lead.explanations),
        "evidence": [
            {"kind": e.kind, "id": e.id, "time": _utc(e.time) if e.time else None, "text": say(e.text),
             "text_zh": say(e.text, "zh")}
            for e in lead.evidence
        ],
    }  # fmt: skip


def _explanations(told: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"name": one.name, "probability": _digits(one.probability)} for one in told]


def _legal(lead: Lead | None, day: date) -> list[dict[str, Any]]:
    """Rules that may bear on the matters of a lead; none was checked, and each says so."""
    codes = dict.fromkeys(matter.code for matter in lead.matters) if lead else {}
    found = dict.fromkeys(one for code in codes for one in references_for(code, day))
    return [
        {"title_en": r.title_en, "title_zh": r.title_zh, "valid_from": _iso(r.valid_from),
         "valid_to": _iso(r.valid_to), "checked": r.is_checked}
        for r in found
    ]  # fmt: skip


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _utc(time: datetime) -> str:
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
