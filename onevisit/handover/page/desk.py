"""Sections of the report for the desk: help that is offered, districts and parks, a dossier a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from onevisit.handover.data.summary import COLUMNS, AreaLine
from onevisit.handover.page.assets import asset
from onevisit.handover.page.contents import ReportContents
from onevisit.words.numbers import probability_text, rounded
from onevisit.words.strings import STRINGS, Words

MOST_DOSSIERS = 60
"""Dossiers on the page; all are in ``sites/``."""
_MOST_LINES = 8
Rows = list[tuple[str, list[str]]]


@dataclass(frozen=True)
class DossierCard:
    """A dossier on the page: rows of a label's key and its lines."""

    site_id: str
    name: str
    disposition: str
    why: str
    rows: Rows


@dataclass(frozen=True)
class AreaRow:
    """A district or a park on the page."""

    level: str
    title: str
    values: tuple[int, ...]


def render_desk(contents: ReportContents, words: Words, environment: Environment) -> Markup:
    """The sections as they stand in the report."""
    cards = [dossier_card(one, words) for one in contents.dossiers[:MOST_DOSSIERS]]
    columns = [name for name in COLUMNS[3:] if name == "sites" or any(getattr(a, name) for a in contents.areas)]
    text = environment.from_string(asset("desk.html.j2")).render(
        w=words,
        gap="" if words.lang == "zh" else " ",
        offered=contents.offered,
        columns=columns,
        named=any(line.district for line in contents.areas),
        areas=[_area_row(line, columns, words) for line in contents.areas],
        cards=cards,
        unshown=max(len(contents.dossiers) - MOST_DOSSIERS, 0),
    )
    return Markup(text)


def _area_row(line: AreaLine, columns: Sequence[str], words: Words) -> AreaRow:
    title = words("area_all") if line.level == "all" else line.park or line.district or words("area_unknown")
    return AreaRow(line.level, title, tuple(getattr(line, name) for name in columns))


def dossier_card(dossier: Mapping[str, Any], words: Words) -> DossierCard:
    """A dossier in words."""
    lead = dossier["lead"]
    rows: Rows = [
        ("d_site", _named(dossier)),
        ("d_place", _places(dossier["position"], words)),
        ("d_permit", _permit(dossier["permit"], words)),
        ("d_permitted", _permitted(dossier["permit"], words)),
        ("d_grades", _grades(dossier)),
        ("d_visits", _visits(dossier["visits"], words)),
        ("d_orders", [_joined(o["measure"], o["grade"], _span(o)) for o in dossier["orders"]]),
        ("d_cases", [_joined(_span(c), c["state"]) for c in (*dossier["complaints"], *dossier["rectifications"])]),
        ("d_asked", [_joined(a["section"] or a["by"], a["matter"], a["due"]) for a in dossier["asked"]]),
        ("d_records", [_record(r, words) for r in dossier["records"]]),
        ("d_hotspots", [_joined(h["id"], probability_text(h["probability"])) for h in dossier["hotspots"]]),
        ("d_legal", [_rule(r, words) for r in dossier["legal"]]),
        ("d_sources", list(dossier["sources"]["registers"])),
    ]  # fmt: skip
    shown = [(label, lines[:_MOST_LINES] + (["…"] if len(lines) > _MOST_LINES else [])) for label, lines in rows]
    why = lead[f"reason_{words.lang}"] if lead else ""
    return DossierCard(dossier["site_id"], dossier["name"], lead["disposition"] if lead else "", why, shown)


def _grades(dossier: Mapping[str, Any]) -> list[str]:
    return [text for text in (dossier["credit"]["label"], dossier["grade"]["label"], dossier["disclosure"]) if text]


def _named(dossier: Mapping[str, Any]) -> list[str]:
    place = _joined(dossier["district"], dossier["park"], dossier["address"])
    return [text for text in (_joined(dossier["permit_code"], dossier["uscc"]), place) if text]


def _places(position: Mapping[str, Any], words: Words) -> list[str]:
    return [
        words(
            "d_place_line", lon=f"{place['lon']:.5f}", lat=f"{place['lat']:.5f}", sd=rounded(place["sd_m"], 2),
            crs=place["crs"], source=words(position["crs_source"]), p=probability_text(place["probability"]),
        )
        for place in (position, *position["others"])
    ]  # fmt: skip


def _permit(permit: Mapping[str, Any], words: Words) -> list[str]:
    if not (permit["class"] or permit["valid_to"] or permit["species"]):
        return []
    species = words("comma").join(permit["species"]) or "–"
    return [words("d_permit_line", cls=permit["class"] or "–", until=permit["valid_to"] or "–", species=species)]


def _permitted(permit: Mapping[str, Any], words: Words) -> list[str]:
    told = [
        words("d_permitted_line", species=p["species"], kg_h=rounded(p["kg_h"]), t_a=rounded(p["t_a"])).strip()
        for p in permit["permitted"]
    ]
    return told or [words("d_unlimited")]


def _visits(visits: Mapping[str, Any], words: Words) -> list[str]:
    cap = "–" if visits["cap"] is None else visits["cap"]
    first = words("d_visits_line", used=visits["daily_this_year"], cap=cap)
    kinds = {v["kind"]: words(v["kind"]) if v["kind"] in STRINGS else v["kind"] for v in visits["past"]}
    past = [_joined(v["day"], kinds[v["kind"]], v["result"]) for v in visits["past"]]
    return [first, *past, *(_joined(c["day"], c["body"], c["kind"], c["result"]) for c in visits["checks_of_others"])]


def _record(record: Mapping[str, Any], words: Words) -> str:
    told = record["explanations"]
    likeliest = f"{words(told[0]['name'])} {probability_text(told[0]['probability'])}" if told else ""
    moment = str(record["start"])[:10]
    return _joined(record["id"], moment, words(f"record_{record['kind']}"), record["point"], likeliest)


def _rule(rule: Mapping[str, Any], words: Words) -> str:
    span = f"{rule['valid_from']} – {rule['valid_to'] or '…'}"
    doubt = "" if rule["checked"] else words("d_unchecked")
    return _joined(rule[f"title_{words.lang}"], span, doubt)


def _span(case: Mapping[str, Any]) -> str:
    return f"{case['from'] or '–'} – {case['to'] or '–'}"


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
