"""Witnesses: what each says of a site, and that a datum is heard once."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.attribution.witnesses import Witness, refuse_twice, say_of_sites


def _witness(kind: str, sites: list[float], unlisted: float = 1.0, *, data: str = "d") -> Witness:
    return Witness(kind, (data,), np.log(sites), float(np.log(unlisted)), 0.0, kind)


def test_a_ratio_is_over_the_mean_of_all_other_explanations() -> None:
    """Weighed by their odds without the witness: what it multiplies the odds of the site by."""
    permit, ran = _witness("permit", [4.0, 1.0], 0.5), _witness("activity", [0.5, 2.0])
    alone = np.log([1.0, 2.0, 3.0, 4.0])
    said = say_of_sites("H7", alone + permit.ratios + ran.ratios, (permit, ran))
    # without the permit the odds are 0.5, 4, 3, 4; without the records 4, 2, 1.5, 4
    assert [[t.ratio for t in site] for site in said] == [
        [pytest.approx(4.0 * 11 / (4 * 1.0 + 3 * 0.5 + 4)), pytest.approx(0.5 * 7.5 / (2 * 2.0 + 1.5 + 4))],
        [pytest.approx(1.0 * 7.5 / (0.5 * 4.0 + 3 * 0.5 + 4)), pytest.approx(2.0 * 9.5 / (4 * 0.5 + 1.5 + 4))],
    ]
    assert [(t.kind, t.id) for t in said[1]] == [("permit", "H7/permit"), ("activity", "H7/activity")]


def test_the_ratio_of_a_sure_site_is_that_of_the_others_it_leaves() -> None:
    """Odds of e^60 against small ones: what is left beside it does not round away; no site, no testimony."""
    ran = _witness("activity", [2.0, 0.5], 3.0)
    odds = np.array([60.0, 0.0, 1.0, 2.0])
    said = say_of_sites("H1", odds, (ran,))
    mean = np.exp(odds[1:]).sum() / np.exp((odds - ran.ratios)[1:]).sum()
    assert said[0][0].ratio == pytest.approx(2.0 / mean)
    assert said[1][0].ratio == pytest.approx(0.5 / 2.0, rel=1e-9)
    assert say_of_sites("H1", np.zeros(2), (_witness("activity", []),)) == ()


def test_two_witnesses_of_a_kind_have_their_own_names() -> None:
    """The second of the stations is told from the first."""
    two = [_witness("station", [2.0], data=d) for d in ("S1", "S2")]
    (site,) = say_of_sites("H1", np.zeros(3), two)
    assert [t.id for t in site] == ["H1/station", "H1/station2"]
    assert (site[0].kind, site[0].ratio) == ("station", pytest.approx(2.0))


def test_witnesses_may_share_no_datum() -> None:
    """Two of one datum are refused, by name; one that names a datum twice is not two."""
    first = Witness("permit", ("a", "b", "a"), np.zeros(0), 0.0, 0.0, "")
    refuse_twice([first, _witness("drone", [])])
    with pytest.raises(ValueError, match="b stands behind permit and station: a datum enters a verdict once"):
        refuse_twice([first, _witness("drone", []), _witness("station", [], data="b")])
