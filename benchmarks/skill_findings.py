"""Score of the findings: what the mosaics of simulated flights show, against what was painted on the ground.

``python -m benchmarks.skill_findings`` flies over the parks of seeds 1000-1019 (for scoring
only), writes ``docs/skill-findings.md``, and says what is found on real flights, which have no truth. ``--tuning``
takes seeds 0-19, on which thresholds were chosen, and writes no page.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from benchmarks.real_data import data_folder
from benchmarks.sections import wilson_interval
from imagery import ImagerySettings, process_frames
from imagery.findings.seek import seek_findings
from imagery.schema import Finding, Findings
from ingest.coordinates import grid_crs, to_grid
from ingest.images.read import PhotoSettings, read_frames
from ingest.schema import Frame
from onevisit.truth.simulate import simulate_mission

PAGE = Path(__file__).resolve().parents[1] / "docs" / "skill-findings.md"
SCORING, TUNING = 1000, 0
KINDS = {"rgb": ("bare_soil", "bare_soil"), "thermal": ("hot_surface", "hot_roof")}
"""By kind of photos: the kind of finding, and the kind of feature of the truth that it should be."""
REAL = (
    ("brighton_beach", "rgb", 0.1),
    ("caliterra_construction_half", "rgb", 0.1),
    ("m2ea_thermal_river", "thermal", 0.0),
)
"""Flights, kind of their photos, and pixel size of the mosaic [m]; 0: their own."""
PHOTOS = {".jpg", ".jpeg", ".tif", ".tiff"}


@dataclass(frozen=True)
class Judged:
    """One finding: right where half of it lies on a feature of its kind, else on what most of it lies."""

    kind: str
    right: bool
    confidence: float
    lies_on: str


@dataclass(frozen=True)
class Sought:
    """One feature of which the photos cover enough: whether found, and intersection over union of what they cover."""

    kind: str
    found: bool
    overlap: float


@dataclass(frozen=True)
class Score:
    """Of one or several flights."""

    judged: tuple[Judged, ...]
    sought: tuple[Sought, ...]


def score_seed(seed: int, folder: Path) -> Score:
    """Fly over one simulated park and judge what both mosaics show."""
    simulate_mission(folder, seed=seed)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    frames = photo_frames(folder / "mission" / "images")
    crs = CRS.from_user_input(truth["crs"])
    features = [(f["kind"], _on_grid(f["geometry"], crs)) for f in truth["features"]]
    judged: list[Judged] = []
    sought: list[Sought] = []
    for photos in KINDS:
        findings = find([f for f in frames if f.kind == photos], photos, crs, ImagerySettings())
        judged += [judge(finding, KINDS[photos][1], features) for finding in findings.found]
        sought += list(seek(findings, *KINDS[photos], features))
    return Score(tuple(judged), tuple(sought))


def photo_frames(folder: Path) -> tuple[Frame, ...]:
    """Frames of every photo in a folder."""
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PHOTOS)
    return read_frames(files, PhotoSettings(time_zone="Asia/Shanghai")).value


def find(frames: Sequence[Frame], kind: str, crs: CRS, settings: ImagerySettings) -> Findings:
    """Mosaic and findings of the photos of one kind."""
    return seek_findings(process_frames(frames, settings, crs=crs).value, settings, kind=kind).value


def _on_grid(geometry: dict[str, Any], crs: CRS) -> shapely.Geometry:
    shape = shapely.geometry.shape(geometry)
    return shapely.transform(shape, lambda lonlat: np.column_stack(to_grid(lonlat[:, 0], lonlat[:, 1], crs)))


def judge(finding: Finding, wanted: str, features: Sequence[tuple[str, shapely.Geometry]]) -> Judged:
    """Hold one finding against the features."""
    shares = {kind: float(shapely.area(finding.polygon.intersection(f))) / finding.area_m2 for kind, f in features}
    right = shares.get(wanted, 0.0) >= 0.5
    most = max(shares, key=lambda kind: shares[kind], default="")
    return Judged(finding.kind, right, finding.confidence, most if shares.get(most, 0.0) >= 0.5 else "other ground")


def seek(
    findings: Findings, kind: str, wanted: str, features: Sequence[tuple[str, shapely.Geometry]]
) -> Iterator[Sought]:
    """Hold the features of one kind, of which at least half is covered, against the findings."""
    shown = shapely.union_all([f.polygon for f in findings.found if f.kind == kind])
    for name, feature in features:
        covered = feature.intersection(findings.covered)
        if name == wanted and covered.area >= 0.5 * feature.area:
            common = float(shapely.area(covered.intersection(shown)))
            yield Sought(kind, common >= 0.5 * covered.area, common / float(shapely.area(covered.union(shown))))


def pool(scores: Sequence[Score]) -> Score:
    """All flights together."""
    return Score(tuple(j for s in scores for j in s.judged), tuple(s for score in scores for s in score.sought))


def table(score: Score) -> list[str]:
    """A row a kind of finding."""
    lines = [
        "| finding | right of those found | stated confidence | found of those there "
        "| median overlap | wrong lie on |",
        "|---|---|---|---|---|---|",
    ]
    for kind, _ in KINDS.values():
        judged = [j for j in score.judged if j.kind == kind]
        sought = [s for s in score.sought if s.kind == kind]
        right, found = sum(j.right for j in judged), sum(s.found for s in sought)
        wrong = sorted({j.lies_on for j in judged if not j.right})
        stated = f"{np.mean([j.confidence for j in judged]):.2f}" if judged else "–"
        overlap = f"{np.median([s.overlap for s in sought]):.2f}" if sought else "–"
        lines.append(
            f"| `{kind}` | {right} of {len(judged)}{_share(right, len(judged))} | {stated} | {found} of {len(sought)}"
            f"{_share(found, len(sought))} | {overlap} | {', '.join(wrong) or '–'} |"
        )
    return lines


def _share(part: int, whole: int) -> str:
    """In per cent, with its 95 % interval."""
    if not whole:
        return ""
    low, high = wilson_interval(part, whole)
    return f" ({100 * part / whole:.0f} %, {100 * low:.0f} to {100 * high:.0f})"


def real_rows(data: Path) -> list[str]:
    """What is found on real flights, of those that are there."""
    lines = ["| flight | sought | covered | found | area |", "|---|---|---|---|---|"]
    for name, kind, gsd_m in REAL:
        folder = data / "uav" / name
        if not folder.is_dir():
            lines.append(f"| `{name}` | {KINDS[kind][0]} | not there | – | – |")
            continue
        frames = [f for f in photo_frames(folder) if f.kind == kind]
        crs = grid_crs([f.pose.lon for f in frames], [f.pose.lat for f in frames])
        findings = find(frames, kind, crs, ImagerySettings(gsd_m=gsd_m))
        covered, area = float(shapely.area(findings.covered)), sum(f.area_m2 for f in findings.found)
        lines.append(
            f"| `{name}` | {KINDS[kind][0]} | {covered / 1e4:.2f} ha | {len(findings.found)} "
            f"| {area:.0f} m² ({100 * area / covered:.1f} %) |"
        )
    return lines


def page(score: Score, seeds: range, real: Sequence[str]) -> str:
    """The whole page."""
    return "\n".join([
        "# Findings: skill",
        "",
        f"Written by `python -m benchmarks.skill_findings`; not by hand. Flights of the simulator, seeds {seeds[0]}-"
        f"{seeds[-1]} (thresholds were chosen on seeds 0-19, those of colour on `caliterra_construction_half` as "
        "well). A finding is right where half of it lies on a feature of its kind; a feature is found where half of "
        "what photos cover of it is; intervals are 95 %.",
        "",
        *table(score),
        "",
        "The simulated soil is of one colour, the simulated hot roof far warmer than the others: these figures say "
        "that places and outlines are right, and which traps (a green dust net, beige roofs, smoke, sunlit soil in "
        "the thermal picture) are stepped into, not how real soil and plants are told.",
        "",
        "## Real flights",
        "",
        "No truth: a park by a lake with a pink beach and paved roads, a building site of which most is bare, an "
        "orchard by a river in the sun with no plant anywhere near.",
        "",
        *real,
        "",
        "Visible smoke is not sought. By colour and missing detail in one picture, paved roads of the first flight "
        "pass for it; it would have to be seen to move between overlapping photos, and the simulated smoke stands "
        "still.",
    ]) + "\n"  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Score the simulated flights, look at the real ones, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--flights", type=int, default=20)
    parser.add_argument("--tuning", action="store_true", help="seeds from 0; prints, writes no page")
    arguments = parser.parse_args(argv)
    logging.disable(logging.WARNING)
    first = TUNING if arguments.tuning else SCORING
    seeds = range(first, first + arguments.flights)
    scores = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            scores.append(score_seed(seed, Path(folder)))
    score = pool(scores)
    if arguments.tuning:
        print("\n".join(table(score)))
        return 0
    text = page(score, seeds, real_rows(data_folder()))
    arguments.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
