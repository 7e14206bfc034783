"""Writes the page of witnesses: what each says, and the tables of its numbers, from the code."""

from __future__ import annotations

from collections.abc import Sequence

from fusion.attribution.evidence_settings import EvidenceSettings
from fusion.attribution.mixtures import EXHAUST, MIXTURES
from fusion.attribution.witness_settings import WitnessSettings
from fusion.settings import FusionSettings
from ingest.settings import describe_settings
from ingest.species import SPECIES
from onevisit.words.witnesses import WITNESS_WORDS

__all__ = ["render_witnesses"]

_HEAD = """Each witness of a hotspot gives every explanation (the sites, a source on no list, background or traffic) a
likelihood ratio over an indifferent one. A datum stands behind one witness only. In `hotspots.geojson`,
`sites[].witnesses[]` has `kind`, `id` and `ratio`: the likelihood if the site is the source over its mean if anything
else is, by the probabilities that all other witnesses leave to the others; the odds of the site without the witness
are its odds divided by the ratio. Why it is so: [design](design/0011-witnesses.md).
"""

_PERMIT = ("species_unlisted", "species_unknown", "companion_listed", "companion_unlisted", "companion_correlation",
           "companion_ratio")  # fmt: skip
_COMPOSITION = ("profile_sd", "profile_tail", "profile_floor", "profile_known")


def render_witnesses() -> str:
    """A section a table; `Witness.source` names it."""
    kinds = [key.removeprefix("witness_about_") for key in WITNESS_WORDS if key.startswith("witness_about_")]
    told = [(kind, WITNESS_WORDS[f"witness_{kind}"], WITNESS_WORDS[f"witness_about_{kind}"]) for kind in kinds]
    rows = [f"| `{kind}` | {name[0]} | {about[0]} |" for kind, name, about in told]
    listed = "| kind | in the report | what is asked |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    fusion, own = FusionSettings(), WitnessSettings()
    parts = [
        "# Witnesses of a hotspot\n", "Written by `make docs` from the code; do not edit.\n", _HEAD, listed,
        "## permit\n", _lines(fusion, _PERMIT),
        "## composition\n", _lines(own, _COMPOSITION), _profiles(),
        "## activity\n", _lines(own, ("ran", "stood")),
        "## drone\n", _lines(EvidenceSettings(), ()),
        "## elsewhere\n", _lines(fusion, ("emitter_share", "elsewhere_share", "near_m")),
        "## history\n", "The job hears none yet: there is no ledger to ask.\n", _lines(own, ("still_emits",)),
    ]  # fmt: skip
    return "\n".join(parts)


def _lines(settings: object, names: Sequence[str]) -> str:
    """Numbers with their source; all of the settings where none is named."""
    rows = [
        f"| `{line.name}` | {_value(line.value)} | {line.source} |"
        for line in describe_settings(settings)
        if line.name in names or not names
    ]
    return "| number | value | source |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _profiles() -> str:
    species = list(dict.fromkeys(name for profile in MIXTURES.values() for name in profile.shares))
    head = f"| GB/T 4754 | {' | '.join(SPECIES[name].printed_en for name in species)} | source |\n"
    rows = [
        f"| {name} | {' | '.join(f'{p.shares[s]:g}' if s in p.shares else '–' for s in species)} | {p.source} |"
        for name, p in (*MIXTURES.items(), ("traffic", EXHAUST))
    ]
    return (
        "Masses over that of which most is given off, by the first digits of the class; – is below the floor.\n\n"
        + head + "|---|" + "---|" * (len(species) + 1) + "\n" + "\n".join(rows) + "\n"
    )  # fmt: skip
