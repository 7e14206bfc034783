"""What each witness brings, and none of these as a detector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onevisit.truth.score.doses import Match
from onevisit.truth.score.measures import detector, pool
from onevisit.truth.score.results import Feature, Results
from onevisit.truth.score.witnesses import score_none, score_witnesses


def _match(
    name: str, source: str | None, site: str | None, none: float, **sites: tuple[float, dict[str, float]]
) -> Match:
    """A hotspot with its sites: probability, and the ratio of each kind of witness."""
    told = [
        {
            "site_id": s,
            "probability": p,
            "witnesses": [{"kind": k, "id": f"{name}/{k}", "ratio": r} for k, r in w.items()],
        }
        for s, (p, w) in sites.items()
    ]
    shown = None if source is None else {"id": source, "site_id": site}
    return Match(Feature(None, {"id": name, "none_of_these": none, "sites": told}), shown, {})


def test_a_witness_brings_what_is_right_with_it_alone() -> None:
    """It turns two hotspots right and another wrong, and leaves one; what passes say could not be left out."""
    matches = [
        _match("H1", "S1", "A", 0.3, A=(0.6, {"permit": 6.0, "crossings": 9.0}), B=(0.1, {"permit": 0.2})),
        _match("H2", "S2", None, 0.3, A=(0.6, {"permit": 6.0, "activity": 1.1}), B=(0.1, {"permit": 0.2})),
        _match("H3", "S3", "A", 0.1, A=(0.9, {"permit": 1.2})),
        _match("H4", "S4", "A", 0.45, A=(0.55, {"permit": 4.0})),
        _match("H5", None, None, 0.1, A=(0.9, {"permit": 99.0})),
    ]
    # H1 without: the odds of A 0.25, of B 0.56, so 0.2 and 0.36, and 0.44 for none: A is right with it only
    # H2 the same where none is right; H4 without: odds 0.31, none
    found = {m.key: m for m in score_witnesses(matches)}
    assert set(found) == {"witness.permit", "witness.activity"}
    assert found["witness.permit"].items == (100.0, -100.0, 0.0, 100.0)
    assert found["witness.permit"].value == pytest.approx(25.0)
    assert found["witness.activity"].value == 0.0


def test_none_of_these_is_a_detector_of_sources() -> None:
    """Once a source, by the mean of its hotspots; a visit counts where it rests on a plume of an unlisted source."""
    matches = [
        _match("H1", "S1", "A", 0.2), _match("H2", "S1", "A", 0.4), _match("H3", "S2", None, 0.9),
        _match("H4", "S3", None, 0.1), _match("H5", "S4", "B", 0.05), _match("H6", None, None, 0.7),
    ]  # fmt: skip
    leads = [
        Feature(None, {"site_id": "A", "disposition": disposition, "hotspots": hotspots})
        for disposition, hotspots in (("visit", ["H1", "H4"]), ("measure_again", ["H3"]))
    ]
    found = {m.key: m for m in score_none(Results(Path(), None, leads, None, None, None), matches)}
    assert found["none.auc"].value == pytest.approx(3 / 4)  # 0.9 over both, 0.1 over 0.05, not over 0.3
    assert found["none.brier"].value == pytest.approx((0.3**2 + 0.1**2 + 0.9**2 + 0.05**2) / 4)
    assert found["none.flagged"].value == pytest.approx(50.0)  # both unlisted needed: from 0.1 on, S1 is flagged
    assert found["none.next_door"].value == pytest.approx(50.0)


def test_a_curve_is_one_of_all_missions() -> None:
    """Pooled over missions that have one kind each; equal values count half, a single kind has no curve."""
    one, two = ([detector("k", "", "auc", [v], [t])] for v, t in ((0.5, True), (0.5, False)))
    assert one[0].value is None and two[0].value is None
    assert pool([one, two])[0].value == pytest.approx(0.5)
    stated = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.15, 0.35])
    flagged = detector("k", "", "flagged", stated.tolist(), [True] * 5 + [False] * 2)
    assert flagged.value == pytest.approx(50.0)  # four of five are reached from 0.2 on, and one of two false ones


@pytest.mark.parametrize("kind", ["auc", "flagged"])
def test_nothing_to_tell_apart_has_no_curve(kind: str) -> None:
    """No thing at all, or false ones only."""
    values: list[Any] = [detector("k", "", kind, s, t).value for s, t in (([], []), ([0.3], [False]))]
    assert values == [None, None]
