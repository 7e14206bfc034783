"""Corrections of particle instruments: published numbers, the ends of their range, and that they are asked for."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from ingest.schema import new_trace
from onevisit.words.telling import tell
from tracks import TrackSettings, process_trace
from tracks.corrections import correct_filter_loading, correct_humidity, correct_instruments


def _trace(**columns: tuple[float, str, str]) -> xr.Dataset:
    """Three rows of constant columns: value, unit, species (none: an auxiliary column)."""
    made = {
        name: (
            np.full(3, value),
            {"units": unit, "long_name": name, **({"species": slug, "instrument": "i"} if slug else {})},
        )
        for name, (value, unit, slug) in columns.items()
    }
    time = np.datetime64("2026-05-01T01:00:00", "ns") + np.arange(3) * np.timedelta64(1, "s")
    return new_trace("walk", time, np.full(3, 104.0), np.full(3, 30.0), made)


@pytest.mark.parametrize(
    ("humidity", "divisor"),
    [(0.5, 1.0), (0.6, 1.0), (0.61, 1 + 0.25 * 0.61**2 / 0.39), (0.8, 1.8), (0.95, 5.5125),
     (0.96, 5.5125), (1.0, 5.5125), (1.2, 5.5125), (np.nan, 1.0)],
)  # fmt: skip
def test_humidity_is_taken_off_between_its_limits(humidity: float, divisor: float) -> None:
    """Nothing up to 60 %, the published form above, its value at 95 % beyond; nothing where humidity is missing."""
    assert correct_humidity(np.array([10.0]), np.array([humidity]))[0] == pytest.approx(10.0 / divisor, rel=1e-12)


def test_loading_is_taken_off_where_attenuation_is_known() -> None:
    """ATN 0 changes nothing, an infinite one divides by 0.12, a missing one leaves the value."""
    loaded = correct_filter_loading(np.full(3, 0.12), np.array([0.0, 1e6, np.nan]))
    np.testing.assert_allclose(loaded, [0.12, 1.0, 0.12], rtol=1e-12)


def test_nothing_is_corrected_unless_it_is_asked_for() -> None:
    """The same dataset, and not a word."""
    trace = _trace(bc=(2.0, "ug m-3", "bc"), attenuation=(50.0, "1", ""))
    outcome = correct_instruments(trace, TrackSettings())
    assert outcome.value is trace and outcome.decisions == ()


def test_what_is_corrected_is_said_with_its_factor() -> None:
    """Black carbon by attenuation, particle mass by humidity, other species not; attributes stay."""
    trace = _trace(
        bc=(2.0, "ug m-3", "bc"), pm25=(18.0, "ug m-3", "pm25"), o3=(40.0, "ppb", "o3"), attenuation=(1e6, "1", ""),
        relative_humidity=(0.8, "1", ""),
    )  # fmt: skip
    outcome = correct_instruments(trace, TrackSettings(correct_bc_loading=True, correct_pm_humidity=True))
    values = [float(outcome.value[name][0]) for name in ("bc", "pm25", "o3")]
    assert values == pytest.approx([2.0 / 0.12, 10.0, 40.0], rel=1e-12)
    assert outcome.value["pm25"].attrs == trace["pm25"].attrs
    assert [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions] == [
        ("walk", "bc corrected for filter loading", "3 of 3 rows, by a median factor of 8.33"),
        ("walk", "pm25 corrected for humidity", "3 of 3 rows, by a median factor of 0.556"),
    ]


def test_what_cannot_be_corrected_is_said() -> None:
    """Asked for, and the trace lacks what it needs: the values stay."""
    trace = _trace(pm25=(18.0, "ug m-3", "pm25"))
    outcome = process_trace(trace, TrackSettings(correct_bc_loading=True, correct_pm_humidity=True))
    said = [d for d in outcome.decisions if "corrected" in tell(d).decision]
    assert [(tell(d).decision, tell(d).evidence) for d in said] == [
        ("pm25 not corrected for humidity", "the trace has no relative_humidity")
    ]
    assert outcome.value.passes["pm25"].values == pytest.approx([18.0] * 3)
