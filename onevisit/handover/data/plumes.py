"""Plumes that the drives crossed, each on its own: what a crew saw, before anything is asked to be seen twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.species import substance_of
from onevisit.handover.data.geojson import write_points
from onevisit.leads.plumes import Apart, PlumeLine


@dataclass(frozen=True)
class ApartLine:
    """A crossing of plumes that is part of no place: its strongest plume, and the other species that rose with it."""

    plume: PlumeLine
    others: tuple[str, ...]


def strongest_apart(plumes: Sequence[PlumeLine], *, most: int = 8) -> list[ApartLine]:
    """The crossings that are part of no place, strongest over their noise first; one per source and outing."""
    found: dict[tuple[str, str, int], ApartLine] = {}
    for together in _apart(plumes):
        lead = together[0]
        key = (lead.trajectory, lead.species, lead.source)
        if key not in found:
            others = dict.fromkeys(line.species for line in together if substance_of(line.species) != _slug(lead))
            found[key] = ApartLine(lead, tuple(others))
    return list(found.values())[:most]


def count_apart(plumes: Sequence[PlumeLine]) -> dict[Apart, int]:
    """How many crossings are part of no place, by the reason, the most frequent first."""
    counts = Counter(together[0].apart for together in _apart(plumes))
    return {apart: number for apart, number in counts.most_common() if apart is not None}


def write_plumes(path: Path, plumes: Sequence[PlumeLine]) -> None:
    """Write ``plumes.geojson``: a point per plume at its maximum, with the fields of `PlumeLine`.

    ``place`` is the id of the hotspot that the plume is part of. Where it is null, ``apart`` is ``exhaust`` (tracers
    of exhaust lead, as a passing vehicle's), ``standing`` (the same, met by a vehicle that hardly moved: its own),
    ``water`` (vapour is no pollutant), ``no_position``, or ``weak`` (passes do not agree on it, and it is not clear
    enough by itself).
    """
    write_points(path, [((line.lon, line.lat), _properties(line)) for line in plumes])


def _properties(line: PlumeLine) -> dict[str, object]:
    return {name: value for name, value in vars(line).items() if name != "crossing"}


def _apart(plumes: Sequence[PlumeLine]) -> list[list[PlumeLine]]:
    """Plumes in no place, those of one crossing together, the strongest first in each and among all."""
    crossings: dict[object, list[PlumeLine]] = {}
    for k, line in enumerate(sorted(plumes, key=lambda line: -line.snr)):
        if line.place is None:
            alone = (line.trajectory, k)
            crossings.setdefault(alone if line.crossing is None else line.crossing, []).append(line)
    return list(crossings.values())


def _slug(line: PlumeLine) -> str:
    return substance_of(line.species)
