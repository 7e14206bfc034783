"""Bars of witnesses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fusion import SiteProbability, schema
from fusion.attribution.witnesses import KINDS
from onevisit.handover.page.witnessed import witnessed_sites
from onevisit.words.strings import STRINGS, Words

Make = Callable[..., Any]


def _site(name: str, probability: float, **ratios: float) -> SiteProbability:
    said = tuple(schema.Testimony(kind, f"H001/{kind}", ratio) for kind, ratio in ratios.items())
    return SiteProbability(name, probability, 200.0, 270.0, witnesses=said)


def test_a_bar_is_as_long_as_the_logarithm_of_its_ratio(make_attribution: Make, make_site: Make) -> None:
    """Half for tenfold, full for a hundredfold and beyond, to the left below one; nothing within a twentieth."""
    site = _site("S1", 0.6, crossings=10.0, silence=0.01, permit=1.04, composition=250.0, activity=0.25, drone=0.0)
    attribution = replace(make_attribution(), sites=(site,))
    (shown,) = witnessed_sites(attribution, {"S1": make_site("S1")}, Words("en"))
    assert (shown.label, shown.probability) == ("Works S1", "60 %")
    assert [(b.label, b.side, pytest.approx(b.width), b.beyond, b.value) for b in shown.bars] == [
        ("Plumes met here", "for", 50.0, False, "× 10"), ("Passes beside it", "against", 100.0, False, "÷ 100"),
        ("Permit", "none", 0.0, False, "neutral"), ("Mixture and industry", "for", 100.0, True, "× > 100"),
        ("Records of that hour", "against", pytest.approx(30.103, abs=1e-3), False, "÷ 4.0"),
        ("Seen by the drone", "against", 100.0, True, "÷ > 100"),
    ]  # fmt: skip


def test_the_three_likeliest_sites_are_shown(make_attribution: Make) -> None:
    """By probability, those of a hundredth or more that a witness spoke of; a site on no list by its id."""
    sites = (_site("a", 0.1, permit=2.0), _site("b", 0.5, permit=2.0), _site("c", 0.3), _site("d", 0.009, permit=9.0),
             _site("e", 0.01, permit=1.0), _site("f", 0.02, permit=1.0))  # fmt: skip
    attribution = replace(make_attribution(), sites=sites)
    assert [s.label for s in witnessed_sites(attribution, {}, Words("zh"))] == ["b", "a"]
    assert [s.label for s in witnessed_sites(replace(attribution, sites=sites[3:]), {}, Words("zh"))] == ["f", "e"]


def test_every_kind_of_witness_has_words() -> None:
    """Its name and what is asked, and no word is of a kind that there is not."""
    named = {key.removeprefix("witness_about_") for key in STRINGS if key.startswith("witness_about_")}
    assert named == {*KINDS, "crossings", "silence"}
    assert {key for key in STRINGS if re.match("witness_(?!about_)", key)} == {f"witness_{kind}" for kind in named}
