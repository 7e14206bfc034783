"""What records, and earlier days, say of a site."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from fusion import Activities, Earlier, FusionSettings, History, Ran
from fusion.attribution.candidates import Candidates
from fusion.attribution.witness_settings import WitnessSettings
from ingest.errors import SettingError

SITES = Candidates(("a", "b", "c"), ((),) * 3, *[np.arange(3)] * 2, *[np.zeros(3)] * 4)


def _weighed(name: str, *chosen: int):
    return SimpleNamespace(hotspot=SimpleNamespace(id=name), chosen=np.array(chosen, int))


def test_a_site_that_stood_is_less_likely() -> None:
    """1.15 for one that ran, 0.2 for one that stood, mixed by the doubt; 1 without records; silent where none has."""
    heard = Activities((Ran("H1", "a", 1.0), Ran("H1", "b", 0.25), Ran("H2", "c", 0.0), Ran("H1", "z", 0.0)))
    first, second, third = heard.hear([_weighed("H1", 2, 1, 0), _weighed("H2", 2), _weighed("H3", 0, 1)], SITES)
    assert first is not None and second is not None and third is None
    np.testing.assert_allclose(np.exp(first.sites), [1.0, 0.25 * 1.15 + 0.75 * 0.2, 1.15])
    assert (first.data, first.unlisted, first.background) == (("ran:b", "ran:a"), 0.0, 0.0)
    np.testing.assert_allclose(np.exp(second.sites), [0.2])


def test_a_source_of_an_earlier_day_is_likelier() -> None:
    """Prior odds 0.07 become 0.07 + 0.93 × 0.5 p, p the largest of each; a day that names no candidate is silent."""
    day = date(2026, 5, 4)
    earlier = [
        Earlier("2026-04-01/H2", "b", date(2026, 4, 1), 0.4), Earlier("2026-05-03/H1", "b", date(2026, 5, 3), 0.8),
        Earlier("2026-05-03/H9", "c", date(2026, 5, 3), 0.1),
    ]  # fmt: skip
    first, second = History(earlier, day).hear([_weighed("H1", 0, 1), _weighed("H2", 0)], SITES)
    assert first is not None and second is None
    np.testing.assert_allclose(np.exp(first.sites), [1.0, (0.07 + 0.93 * 0.5 * 0.8) / 0.07])
    assert (first.kind, first.data) == ("history", ("2026-05-03/H1",))
    assert FusionSettings().emitter_share == 0.07


def test_what_was_not_known_on_the_day_is_refused() -> None:
    """The mission's own day is not before it."""
    same = Earlier("2026-05-04/H1", "b", date(2026, 5, 4), 0.8)
    with pytest.raises(
        ValueError, match="2026-05-04/H1 was measured on 2026-05-04, expected a day before 2026-05-04"
    ):
        History([same], date(2026, 5, 4))


@pytest.mark.parametrize(
    ("name", "value"), [("ran", 0.0), ("stood", -1.0), ("profile_tail", 1.0), ("still_emits", 0)]
)
def test_numbers_that_cannot_be_meant_are_refused(name: str, value: float) -> None:
    """By their names."""
    with pytest.raises(SettingError, match=f"witnesses.{name} is {value}"):
        replace(WitnessSettings(), **{name: value})
