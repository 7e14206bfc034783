"""The contract of a trace: what `check_trace` lets pass and what it stops."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from ingest.errors import ContractError
from ingest.schema import Decision, Outcome, Reject, check_cube, check_trace, merge_outcomes, new_trace, species_names

SECONDS = np.datetime64("2026-05-01T01:00:00", "ns") + np.arange(3) * np.timedelta64(1, "s")
PLACE = np.array([104.0, 104.1, 104.2])
CH4 = {"units": "ppm", "species": "ch4", "instrument": "g2301", "long_name": "methane"}


def _trace(time: np.ndarray = SECONDS) -> xr.Dataset:
    return new_trace("drive", time, PLACE, PLACE - 74.0, {"ch4": (np.array([2.0, 3.0, 4.0]), CH4)})


def test_rows_are_sorted_by_time_with_everything_they_carry() -> None:
    """A backward file gives the same trace as its forward copy."""
    backward = new_trace(
        "drive", SECONDS[::-1], PLACE[::-1], PLACE[::-1] - 74.0, {"ch4": (np.array([4.0, 3.0, 2.0]), CH4)}
    )
    xr.testing.assert_identical(backward, _trace())


def test_species_are_found_by_attribute_not_by_name() -> None:
    """A met variable is not a species, whatever it is called."""
    trace = _trace().assign(ch4_like=("obs", np.zeros(3), {"units": "K"}))
    assert species_names(trace) == ("ch4",)


def test_repeated_times_are_refused() -> None:
    """Two rows at one instant have no order."""
    with pytest.raises(ContractError, match="strictly increasing"):
        _trace(SECONDS[[0, 0, 1]])


def test_values_of_another_length_are_refused() -> None:
    """The message names the variable and both lengths."""
    with pytest.raises(ContractError, match="ch4 has 2 values for 3 times"):
        new_trace("drive", SECONDS, PLACE, PLACE - 74.0, {"ch4": (np.zeros(2), CH4)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lat": ("obs", np.array([0.0, 91.0, 0.0]))}, "lat beyond"),
        ({"speed": ("obs", np.zeros(3))}, "'speed' has no units"),
        ({"qc_flag": ("obs", np.zeros(3, np.int64))}, "expected uint32"),
    ],
)
def test_a_broken_contract_is_named(change: dict[str, object], message: str) -> None:
    """Latitude beyond the pole, a variable without units, flags of another type."""
    with pytest.raises(ContractError, match=message):
        check_trace(_trace().assign(change))


def test_a_trace_without_positions_is_not_a_trace() -> None:
    """The message lists what is missing."""
    with pytest.raises(ContractError, match="needs 'lon'"):
        check_trace(_trace().drop_vars("lon"))


def test_a_cube_needs_its_grid_mapping() -> None:
    """Without `spatial_ref` nobody knows where the cells are."""
    cube = xr.Dataset({"sum": (("pass", "y", "x"), np.zeros((1, 2, 2)), {"units": "ppm"})})
    with pytest.raises(ContractError, match="spatial_ref"):
        check_cube(cube)


def test_outcomes_merge_in_order_and_lose_nothing() -> None:
    """Values, decisions and rejects of all parts are there, in order."""
    first = Outcome(1, (Decision("a", "b", "c"),))
    second = Outcome(2, (), (Reject("d", "e", "f"),))
    assert merge_outcomes([first, second]) == Outcome((1, 2), first.decisions, second.rejects)
