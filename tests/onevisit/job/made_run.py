"""One run of the job on the mission made by hand: what came of it, and what is true of the mission."""

from __future__ import annotations

import csv
import html
import json
import math
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from onevisit.job import process_mission
from onevisit.progress import Advance
from onevisit.result import Options
from onevisit.words.telling import say
from tests.onevisit import small_mission as made
from tests.onevisit.small_mission import PAINTER, QUARRY, SMELTER, TANNERY, Works

Floats = NDArray[np.float64]

PASS_ROWS = made.ROWS
ROWS = made.PASSES * PASS_ROWS + PASS_ROWS
PASS_S = PASS_ROWS - 1 + made.PAUSE_S
SPECIES = ("ch4", "so2", "tvoc")
HOTSPOTS = (SMELTER, TANNERY, PAINTER, QUARRY)
"""One place a works, in the order of the list: with more passes it is surer; then what was met once, by species."""
each_hotspot = pytest.mark.parametrize("works", HOTSPOTS, ids=lambda works: works.name)
CELL_M = 20.0


@dataclass(frozen=True)
class Run:
    """One run of the job: the mission, what came of it, what it returned, and what it said it was doing."""

    root: Path
    out: Path
    summary: dict[str, Any]
    said: list[tuple[str, float | None]]

    def json(self, name: str) -> Any:
        """Return what a JSON file of the results holds."""
        return json.loads((self.out / name).read_text(encoding="utf-8"))

    def properties(self, name: str) -> list[dict[str, Any]]:
        """Return the properties of the features of a file."""
        return [feature["properties"] for feature in self.json(name)["features"]]

    def stage(self, name: str) -> dict[str, Any]:
        """Return what the manifest says of a stage."""
        return next(stage for stage in self.json("manifest.json")["stages"] if stage["name"] == name)

    @property
    def report(self) -> str:
        """The words of the report, one space between any two."""
        page = (self.out / "report.html").read_text(encoding="utf-8")
        page = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def saying(said: list[tuple[str, float | None]]) -> Advance:
    """Keep what is said of the work, with its share."""
    return lambda what, share: said.append((say(what), share))


def run_job(folder: Path, *, lang: str, flown: bool, with_roads: bool) -> Run:
    """Write the mission into a folder and work on it."""
    root, out, said = folder / "park", folder / "out", list[tuple[str, float | None]]()
    made.write_mission(root, flown=flown, with_roads=with_roads)
    summary = process_mission(root, out, Options(lang=lang), on_stage=saying(said))
    return Run(root, out, summary, said)


# --- what is true --------------------------------------------------------------------------------------------------


def rows_of(species: str, number: int) -> tuple[Floats, Floats]:
    """Seconds and places along the street of the rows of one pass that can be used, by the air that they hold."""
    along = made.STEP_M * np.arange(PASS_ROWS)
    x = along if number % 2 == 0 else along[::-1]
    second = np.arange(PASS_ROWS)
    keep = second <= PASS_ROWS - 1 - made.LAG_S.get(species, 0)
    if number == 0 and species != "tvoc":
        keep &= second >= made.REMOVED_ROWS
    return number * PASS_S + second[keep].astype(float), x[keep]


def start_of(species: str) -> datetime:
    """UTC of the first row of the van that measures it."""
    return made.START_B if species == "tvoc" else made.START_A


def iso(time: datetime) -> str:
    """UTC as the outputs write it."""
    return time.isoformat() + "Z"


def hotspot_of(run: Run, works: Works) -> tuple[dict[str, Any], shapely.Geometry]:
    """Properties and outline of the only hotspot of the works' species that lies where its plume met the street."""
    [found] = [
        feature
        for feature in run.json("hotspots.geojson")["features"]
        if feature["properties"]["species"] == works.species
        and math.dist(
            made.metres(feature["properties"]["lon"], feature["properties"]["lat"]), (works.crossing, works.street)
        )
        < 30.0
    ]
    return found["properties"], shapely.geometry.shape(found["geometry"])


def plume_of(run: Run, works: Works, number: int) -> dict[str, Any]:
    """Properties of the only plume of a works in a pass."""
    [found] = [
        p
        for p in run.properties("plumes.geojson")
        if p["species"] == works.species
        and p["pass_index"] == number
        and abs(made.metres(p["lon"], p["lat"])[0] - works.crossing) < 60
    ]
    return found


def route_table(run: Run) -> list[dict[str, str]]:
    """Lines of routes.csv by their headings."""
    text = (run.out / "routes.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def decisions_of(run: Run) -> list[tuple[str, str, str]]:
    """Item, decision and evidence of each in the manifest."""
    return [(d["item"], d["decision"], d["evidence"]) for d in run.json("manifest.json")["decisions"]]
