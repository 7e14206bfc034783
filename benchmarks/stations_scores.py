"""Which of five sites made what eight sensors met, over releases drawn by seed, beside three peers; a section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.drawn_stations import draw_release
from benchmarks.peers_stations import PEERS
from benchmarks.real_air_scores import share_of
from fusion.attribution.joint.posterior import weigh_sites

__all__ = ["HEADING", "SEEDS", "StationsScore", "score_seeds", "stations_section"]

HEADING = "## Which of five sites, from eight fixed sensors"
SEEDS = range(1000, 1032)


@dataclass(frozen=True)
class StationsScore:
    """One release: probability of the true site and whether it is the likeliest, none of these, the same unlisted.

    ``unlisted`` is the probability of none of these where the true site is not on the list; ``peers`` say who of
    `PEERS` named the true site.
    """

    seed: int
    right: bool
    probability: float
    none: float
    unlisted: float
    peers: tuple[bool, ...]


def score_seeds(seeds: Sequence[int]) -> list[StationsScore]:
    """Draw releases and weigh their sites, with the true one on the list and without."""
    found = []
    for seed in seeds:
        drawn = draw_release(seed)
        sites = drawn.x + 1j * drawn.y
        odds = weigh_sites(drawn.readings, drawn.x, drawn.y).value
        others = np.arange(sites.size) != drawn.truth
        without = weigh_sites(drawn.readings, drawn.x[others], drawn.y[others]).value.none
        p = odds.probability
        peers = tuple(int(np.argmax(peer(drawn.readings, sites))) == drawn.truth for peer in PEERS.values())
        right = int(np.argmax([*p, odds.none])) == drawn.truth
        found.append(StationsScore(seed, right, float(p[drawn.truth]), odds.none, without, peers))
    return found


def stations_section(scores: Sequence[StationsScore]) -> str:
    """The section of the page."""
    p = np.array([s.probability for s in scores])
    rows = [f"| this program | {share_of([s.right for s in scores])} | {p.mean():.2f} |"]
    rows += [f"| {name} | {share_of([s.peers[k] for s in scores])} | – |" for k, name in enumerate(PEERS)]
    return "\n".join(
        [
            HEADING,
            "",
            "Written by `python -m benchmarks.skill_fusion --only-air`. Releases of two to four and a half hours,",
            f"drawn by `benchmarks.drawn_stations` (seeds {scores[0].seed} to {scores[-1].seed}; nothing was chosen",
            "on them): puffs of the simulator in its own wind or a real one, sites 20 m apart or more within 80 m by",
            "60 m, a vane some degrees off, drifting sensors. The list of sites is taken for closed: none of these",
            "has a prior of 10 %. Intervals: exact, 95 %.",
            "",
            "| who | right | mean probability of the true site |",
            "|---|---|---|",
            *rows,
            "",
            f"Of probabilities: the mean of the true site is {p.mean():.2f} where the likeliest is right in "
            f"{np.mean([s.right for s in scores]):.2f}; it is below 0.5 in {int((p < 0.5).sum())} of {p.size}.",
            f"With the true site off the list, none of these has {np.mean([s.unlisted for s in scores]):.2f} in the",
            f"mean, and {np.mean([s.none for s in scores]):.2f} with it on the list.",
            "",
            "Target on a set kept elsewhere (16 releases): 16 of 16, mean probability ≥ 0.9.",
            "",
        ]
    )
