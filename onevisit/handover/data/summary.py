"""``summary.csv``: a line a district and a line a park, what was found there, what is proposed, what firms asked."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import shapely

from ingest.registers.kinds import Area
from ingest.schema import Site
from onevisit.atomic import write_bytes
from onevisit.leads.registers import is_request
from onevisit.leads.standing import Standing
from onevisit.schema import Disposition, Lead


@dataclass(frozen=True)
class AreaLine:
    """One district (``park`` empty), one park of it, or all (both empty, ``level`` ``all``).

    ``sites`` are all listed ones, ``leads`` those with a step to take, which the columns after it part; ``asked`` is
    how many matters firms and parks ask for, ``asked_by_sections`` other sections.
    """

    level: str
    district: str
    park: str
    sites: int = 0
    leads: int = 0
    urgent: int = 0
    measure_again: int = 0
    look: int = 0
    remind: int = 0
    help: int = 0
    review: int = 0
    visit: int = 0
    asked: int = 0
    asked_by_sections: int = 0
    complaints: int = 0
    rectifications: int = 0


COLUMNS = tuple(one.name for one in fields(AreaLine))
Place = tuple[str, str]


def write_summary(path: Path, lines: Sequence[AreaLine]) -> None:
    """Write ``summary.csv`` (UTF-8 with BOM, CRLF), as Excel on Windows opens it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([[getattr(line, name) for name in COLUMNS] for line in lines])
    write_bytes(path, text.getvalue().encode("utf-8-sig"))


def summarise_areas(
    sites: Sequence[Site], leads: Sequence[Lead], standings: Mapping[str, Standing], areas: Sequence[Area] = ()
) -> tuple[AreaLine, ...]:
    """Count what there is in every district and park.

    Parameters
    ----------
    sites : sequence of Site
        All listed sites, in reach of the measurements or not.
    leads : sequence of Lead
        A lead of a place without a site is counted where it lies, if ``areas`` know that.
    standings : mapping of str to Standing
        What others ask, by the id of the site.
    areas : sequence of Area
        Polygons of districts and parks.

    Returns
    -------
    tuple of AreaLine
        All first, then each district with its parks; what lies in no known district comes last.
    """
    place_of = {site.site_id: (site.district, site.park) for site in sites}
    counts: dict[Place, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for place in place_of.values():
        counts[place]["sites"] += 1
    for lead in leads:
        place = place_of.get(lead.site_id) or _place_at(lead.lon, lead.lat, areas)
        if lead.disposition is not Disposition.NONE:
            counts[place]["leads"] += 1
            counts[place][lead.disposition.value] += 1
        counts[place]["urgent"] += bool(lead.urgent)
    for site_id, standing in standings.items():
        counted = counts[place_of.get(site_id, ("", ""))]
        requests = sum(is_request(one) for one in standing.asked)
        counted["asked"] += requests
        counted["asked_by_sections"] += len(standing.asked) - requests
        counted["complaints"] += len(standing.complaints)
        counted["rectifications"] += len(standing.rectifications)
    return _lines(counts)


def _place_at(lon: float, lat: float, areas: Sequence[Area]) -> Place:
    """The smallest district and park around a point, each empty where none is known."""
    point = shapely.Point(lon, lat)
    inside = sorted((area for area in areas if area.shape.intersects(point)), key=lambda area: area.shape.area)
    district = next((area.district for area in inside if area.district), "")
    return district, next((area.park for area in inside if area.park), "")


def _lines(counts: Mapping[Place, Mapping[str, int]]) -> tuple[AreaLine, ...]:
    lines = [_line("all", "", "", list(counts.values()))]
    for district in sorted({place[0] for place in counts}, key=lambda name: (not name, name)):
        own = {place: counted for place, counted in counts.items() if place[0] == district}
        lines.append(_line("district", district, "", list(own.values())))
        parks = sorted(place[1] for place in own if place[1])
        lines += [_line("park", district, park, [own[district, park]]) for park in parks]
    return tuple(lines)


def _line(level: str, district: str, park: str, counted: Sequence[Mapping[str, int]]) -> AreaLine:
    sums = {name: sum(one.get(name, 0) for one in counted) for name in COLUMNS[3:]}
    return AreaLine(level, district, park, **sums)
