"""The page of the architecture: rooms, the tree of folders, who may import whom, and one way through ten files."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onevisit
from onevisit.names import ROOMS

__all__ = ["ROOT", "TABLE", "WALK", "Room", "Step", "folders", "render_architecture"]

ROOT = Path(onevisit.__file__).resolve().parents[1]


@dataclass(frozen=True)
class Room:
    """One row of the table of the rooms, and its line of the picture, with a remark (none where it is in no flow)."""

    name: str
    flows_in: str
    flows_out: str
    read_first: str
    line: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Step:
    """One file on the way of a datum: its top function, and what that does."""

    path: str
    function: str
    does: str


TABLE = (
    Room("numerics", "arrays", "arrays", "numerics/rolling.py"),
    Room(
        "ingest",
        "the files of a mission folder",
        "`Trace` (a dataset), `Frame`, `Site`, monitor series, `Roads`; each in an `Outcome`",
        "ingest/traces/read.py",
        "mission folder ──ingest──▶ Trace · Frame · Site · monitor series · Roads",
        "the only room that opens input files",
    ),
    Room(
        "tracks",
        "a trace",
        "`Track`: passes with background and enhancement, plumes; emission rates; road segments",
        "tracks/process.py",
        "        Trace  ──tracks──▶ passes, plumes",
        "enhancement over background, per pass",
    ),
    Room(
        "imagery",
        "frames, an elevation model",
        "`Ortho`: the mosaic and a row a photo; `Findings`",
        "imagery/process.py",
        "        Frame  ──imagery─▶ Ortho, Findings",
        "a georeferenced mosaic, what it shows",
    ),
    Room(
        "monitors",
        "monitor series",
        "anomalies with their causes, activity of sites, fixed stations",
        "monitors/schema.py",
        "monitor series ──monitors▶ anomalies, activity, stations",
        "what records say; when a site ran",
    ),
    Room(
        "fusion",
        "tracks, findings, sites",
        "the (pass, y, x) cube, `Hotspot`, `Attribution`",
        "fusion/hotspots/find.py",
        " all of these  ──fusion──▶ cube ──▶ Hotspots ──▶ Attributions",
        "who explains each, and none of them",
    ),
    Room(
        "onevisit",
        "a mission folder; what the rooms give",
        "leads, visits, routes, and every file of OUT",
        "onevisit/job.py",
        "       + Site  ──onevisit▶ Leads ──▶ Visits ──▶ Routes ──▶ hand-over",
        "one entry per site",
    ),
)

WALK = (
    Step(
        "ingest/traces/read.py", "read_traces", "finds the reader that recognises each file, and does the steps below"
    ),
    Step(
        "ingest/traces/assemble.py",
        "read_delimited",
        "makes a `Record` of a table: times, positions, values with units",
    ),
    Step(
        "ingest/traces/clocks.py",
        "settle_zone",
        "brings the clock of the record to UTC, with the evidence for its zone",
    ),
    Step(
        "tracks/process.py",
        "process_trace",
        "aligns the value with the place where its air came in, and splits passes",
    ),
    Step("tracks/background.py", "add_enhancements", "takes off the background: what is left is enhancement"),
    Step("fusion/cube/touched.py", "touch_cells", "adds it to the partial sums of one cell in one drive pass"),
    Step(
        "fusion/hotspots/find.py",
        "find_hotspots",
        "joins the crossings that one source could have made, and asks whether passes agree there beyond chance",
    ),
    Step("fusion/attribution/attribute.py", "attribute_hotspots", "gives each site, and none of them, a probability"),
    Step("onevisit/leads/weigh.py", "weigh_leads", "lays that beside all else known of the site: a disposition"),
    Step("onevisit/visits/routes.py", "plan_routes", "puts the site's one visit into a team's day"),
)

_BESIDE = {
    "tests": "Mirrors the folders above; `conftest.py` finds the real data.",
    "benchmarks": "Speed and skill, written to `docs/`; `mutate` asks whether the tests see a wrong value.",
    "docs": "These pages, and the writers of those made from the code; `design/`: decisions with alternatives.",
}

_HEAD = """# Architecture

Written by `make docs` from the code; do not edit. Why it is so: [the tree](design/0006-the-tree.md).

A folder of a day's files goes in; a map of hotspots, the sites that could explain them and one visit per site come
out.
"""

_IMPORTS = """
## Who may import whom

Contracts in `pyproject.toml`, held by `make check`. Imports point left only: in `a ◀ b, c` both b and c may import a,
a imports neither, and b and c do not know each other. What two rooms need goes into a room to the left of both; what
a room further right decides reaches one on its left as plain values.
"""

_WALK_HEAD = """
## One datum from file to route

[The job](../onevisit/job.py) calls the rooms in this order, [the hand-over](../onevisit/handover/outputs.py) writes
what came of it. Read these ten, and the rest is detail.
"""


def render_architecture() -> str:
    """Return the page as Markdown."""
    rooms = [room for room in TABLE if room.name in ROOMS]
    return "\n".join(
        [
            _HEAD,
            _block(f"{room.line:<74}{room.remark}" for room in rooms if room.line),
            "\n## The rooms\n\n| room | flows in | flows out | read first |\n|---|---|---|---|",
            *(_row(room) for room in rooms),
            "\n## The folders\n\nA line each, from the packages' own docstrings.\n",
            _block(_tree_lines()),
            _IMPORTS,
            *(f"- {name}" for name in _contracts()),
            _WALK_HEAD,
            *(f"{n}. [{s.path}](../{s.path}), `{s.function}`: {s.does}." for n, s in enumerate(WALK, start=1)),
            "",
        ]
    )


def _block(lines: Iterator[str]) -> str:
    return "```\n" + "\n".join(line.rstrip() for line in lines) + "\n```"


def _row(room: Room) -> str:
    first = f"[{room.read_first}](../{room.read_first})"
    return f"| [`{room.name}/`](../{room.name}) | {room.flows_in} | {room.flows_out} | {first} |"


def folders(room: str) -> list[Path]:
    """Return the packages of a room, itself first, as they stand in its tree."""
    return sorted(path.parent for path in (ROOT / room).rglob("__init__.py"))


def _tree_lines() -> Iterator[str]:
    named = [(path.relative_to(ROOT).parts, _first_line(path / "__init__.py")) for r in ROOMS for path in folders(r)]
    for parts, line in named + [((name,), line) for name, line in _BESIDE.items()]:
        yield f"{'  ' * (len(parts) - 1)}{parts[-1]}/".ljust(20) + line


def _first_line(module: Path) -> str:
    return (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def _contracts() -> Iterator[str]:
    """Each contract in its own words, and below them its layers, where they say more."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in project["tool"]["importlinter"]["contracts"]:
        words, room = contract["name"].replace("<-", "◀"), contract["name"].partition(":")[0].removeprefix("in ")
        layers = [layer.replace(f"{room}.", "").split(" | ") for layer in reversed(contract.get("layers", ()))]
        exact = " ◀ ".join(", ".join(layer) for layer in layers)
        yield words if words.endswith(exact) else f"{words}; to the letter:\n  {exact}"
