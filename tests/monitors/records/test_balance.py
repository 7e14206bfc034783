"""What cannot be together, by hand: nitrogen, oxygen, zeros and negatives, with and without records of power."""

from __future__ import annotations

import numpy as np

from monitors.records.balance import seek_imbalances
from monitors.schema import Anomaly
from tests.monitors.outlets import noisy, outlet, site_of


def kinds(found: object) -> list[tuple[str, str, float]]:
    """Kind, code and number of slots."""
    return [(one.kind, one.code, float(one.values["intervals"])) for one in found if isinstance(one, Anomaly)]  # type: ignore[attr-defined]


def test_ammonia_above_total_nitrogen() -> None:
    """Three hours of 12 in 10 are told; 10.4 in 10, which two checked analysers can give, and one hour are not."""
    ammonia = [5.0, 12.0, 11.0, 13.0, 5.0, 10.4, 10.4, 5.0, 15.0]
    (found,) = seek_imbalances(site_of(outlet({"w21003": ammonia, "w21001": [10.0] * 9})))
    assert (found.code, found.start.hour, found.end.hour, found.strength) == ("w21003", 17, 20, 1.3 / 1.05)


def test_marked_values_are_not_judged() -> None:
    """Ammonia in a calibration says nothing of the water."""
    series = outlet({"w21003": [12.0] * 3, "w21001": [10.0] * 3}, marks={"w21003": list("CCC")})
    assert list(seek_imbalances(site_of(series))) == []


def burning(rows: int = 60) -> dict[str, np.ndarray]:
    """Flue gas at 9 % of oxygen."""
    return {
        "a21026": noisy(rows),
        "a19001": 9.0 + 0.1 * noisy(rows, 1.0, seed=5),
        "a00000": noisy(rows, 30.0, seed=6),
    }


def test_oxygen_that_dilutes() -> None:
    """From 9 to 17 % in a plant that burns: (21 - 9.1) / (21 - 17) is about 3, and the values fall in proportion."""
    values = burning()
    values["a19001"][30:36] = 17.0
    values["a21026"][30:36] /= 3.0
    for running in (None, [1.0] * 60):
        (found,) = seek_imbalances(site_of(outlet(values), running=running))
        assert (found.kind, found.values["intervals"]) == ("oxygen_dilution", 6.0)
        assert 1.4 < found.strength < 1.6
    assert kinds(seek_imbalances(site_of(outlet(values), running=[0.0] * 60))) == []


def test_a_flow_of_zero_with_a_concentration() -> None:
    """Six hours without flow while SO2 is as always; in a plant that stood, nothing is told."""
    values = burning()
    values["a00000"][30:36] = 0.0
    assert kinds(seek_imbalances(site_of(outlet(values)))) == [("flow_zero", "a00000", 6.0)]
    assert kinds(seek_imbalances(site_of(outlet(values), running=[0.0] * 60))) == []


def test_zero_of_a_plant_that_runs() -> None:
    """SO2 at zero for six hours while oxygen and flow say that it burns; a habit of zeros is below detection."""
    values = burning()
    values["a21026"][30:36] = 0.0
    assert kinds(seek_imbalances(site_of(outlet(values)))) == [("zero", "a21026", 6.0)]
    for first in range(0, 60, 10):
        values["a21026"][first : first + 3] = 0.0
    assert kinds(seek_imbalances(site_of(outlet(values)))) == []


def test_negative_values_beyond_the_drift_of_zero() -> None:
    """5 % of the usual 20 is 1: -3 is told, -0.5 is the noise of an honest analyser, -20 degrees may be."""
    values = {"a21026": noisy(60), "a01012": np.full(60, -20.0)}
    values["a21026"][10], values["a21026"][40] = -3.0, -0.5
    (found,) = seek_imbalances(site_of(outlet(values)))
    assert (found.kind, found.code, found.values["lowest"]) == ("negative", "a21026", -3.0)
    assert 2.8 < found.strength < 3.2
