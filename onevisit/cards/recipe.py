"""A recipe: everything that was believed of a folder, as a ``mission.toml`` for the next one of the same van."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import xarray as xr

from ingest.outcome import Decision, Notes, Phrase
from ingest.text.headings import split_heading, understand
from onevisit.profile import Profile
from onevisit.result import Records
from onevisit.words.telling import say, tell

_FELT, _OVER_GROUND = "wind_taken_on_vehicle", "wind_taken_over_ground"
_INSTRUMENT = (
    ("maker", '"Picarro"'),
    ("serial", '"CFADS2274"'),
    ("last_calibration", "2024-04-28"),
    ("zero", '"0.3 ppb"'),
    ("span", '"2012 ppb of 2000 ppb"'),
    ("response_time_s", "5.0"),
)


def write_recipe(root: Path, records: Records, notes: Notes, profile: Profile, *, lang: str) -> str:
    """Everything that was believed of a folder, as commented TOML.

    A line that is no comment was believed here, and is declared by the recipe from now on; what is only a comment was
    not needed, and shows how it would be said.

    Parameters
    ----------
    root : Path
        The folder, for the first line.
    records : Records
    notes : Notes
        What was decided while reading.
    profile : Profile
    lang : {"en", "zh"}
        Of the comments.

    Returns
    -------
    str
        What ``--recipe`` reads.
    """
    traces = records.traces.value
    lines = [
        *_comment(Phrase("recipe_head", {"name": root.resolve().name or str(root)}), lang),
        "",
        *_zone(notes.decisions, profile, lang),
        "",
        *_grid(profile, lang),
        "",
        *_columns(notes.decisions, traces, lang),
        "",
        *_wind(notes.decisions, profile, lang),
        "",
        *_vehicle(profile, lang),
        "",
        *_instrument(traces, profile, lang),
        "",
        *_registers(records, profile, lang),
        "",
        *_comment(Phrase("recipe_all", {"count": len(notes.decisions)}), lang),
        *(f"#   {' '.join(line.split())}" for line in _told(notes.decisions, lang)),
    ]
    return "\n".join(lines) + "\n"


def _comment(phrase: Phrase, lang: str) -> list[str]:
    return [f"# {line}" for line in say(phrase, lang).splitlines()]


def _text(value: str) -> str:
    """A text as TOML writes it; JSON's escapes are the same."""
    return json.dumps(value, ensure_ascii=False)


def _zone(decisions: Sequence[Decision], profile: Profile, lang: str) -> list[str]:
    taken = Counter(str(d.values["zone"]) for d in decisions if d.code == "zone_taken")
    zone = profile.traces.time_zone or next((name for name, _ in taken.most_common(1)), "")
    mark = "" if zone and len(taken) < 2 else "# "
    return [*_comment(Phrase("recipe_zone"), lang), f"{mark}time_zone = {_text(zone or 'Asia/Shanghai')}"]


def _grid(profile: Profile, lang: str) -> list[str]:
    line = f"crs = {_text(profile.crs.to_string())}" if profile.crs else '# crs = "EPSG:4544"'
    return [*_comment(Phrase("recipe_grid"), lang), line]


def _columns(decisions: Sequence[Decision], traces: Sequence[xr.Dataset], lang: str) -> list[str]:
    """Units that were believed are declared; those that headings or formats state stand as comments."""
    believed = {}
    for decision in decisions:
        heading, unit = decision.values.get("heading"), decision.values.get("unit")
        if isinstance(heading, str) and isinstance(unit, str) and (meaning := understand(heading)) is not None:
            believed[split_heading(heading).name] = f"{meaning.quantity.slug} {unit}"
    measured = {str(v.attrs["species"]): str(v.attrs["units"]) for t in traces for v in t.data_vars.values()
                if "species" in v.attrs}  # fmt: skip
    return [
        *_comment(Phrase("recipe_columns"), lang),
        "[columns]",
        *(f"{_text(heading)} = {_text(meaning)}" for heading, meaning in believed.items()),
        *(f"# {_text(species)} = {_text(f'{species} {unit}')}" for species, unit in measured.items()),
    ]


def _wind(decisions: Sequence[Decision], profile: Profile, lang: str) -> list[str]:
    found = {d.code for d in decisions} & {_FELT, _OVER_GROUND}
    frame = profile.traces.wind_frame or ("vehicle" if _FELT in found else "ground")
    mark = "" if profile.traces.wind_frame or len(found) == 1 else "# "
    return [*_comment(Phrase("recipe_wind"), lang), "[traces]", f"{mark}wind_frame = {_text(frame)}"]


def _vehicle(profile: Profile, lang: str) -> list[str]:
    tracks = profile.tracks
    mark = "# " if not tracks.lag_s else ""
    return [
        *_comment(Phrase("recipe_vehicle"), lang),
        "[vehicle]",
        f"{mark}lag_s = {tracks.lag_s}",
        f"# inlet_height_m = {tracks.inlet_height_m}",
    ]


def _instrument(traces: Sequence[xr.Dataset], profile: Profile, lang: str) -> list[str]:
    seen = ", ".join(dict.fromkeys(str(t.attrs["instrument"]) for t in traces if t.attrs.get("instrument")))
    lines = [*_comment(Phrase("recipe_instrument", {"seen": seen or None}), lang), "[instrument]"]
    for name, example in _INSTRUMENT:
        value = getattr(profile.instrument, name, None) if profile.instrument else None
        known = _text(value) if isinstance(value, str) else str(value)
        lines.append(f"{name} = {known}" if value not in (None, "") else f"# {name} = {example}")
    return lines


def _registers(records: Records, profile: Profile, lang: str) -> list[str]:
    systems = Counter(site.crs for site in records.sites.value)
    system = next((name for name, _ in systems.most_common(1)), "GCJ-02")
    line = f"crs = {_text(profile.sites.crs)}" if profile.sites.crs else f"# crs = {_text(system)}"
    return [*_comment(Phrase("recipe_registers"), lang), "[registers]", line]


def _told(decisions: Sequence[Decision], lang: str) -> Iterator[str]:
    for decision in decisions:
        told = tell(decision, lang)
        yield f"{told.item}: {told.decision} ({told.evidence})"
