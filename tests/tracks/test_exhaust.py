"""Exhaust: a passing car is flagged, a plant is not."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ingest.flags import Flag
from ingest.schema import new_trace
from tracks import TrackSettings, process_trace

NONE = TrackSettings(estimate_lag=False)


def drive(spikes: dict[str, list[int]], *, width_s: float = 2.0, loops: int = 4, **wind: float) -> xr.Dataset:
    """Loops of 2 × 200 s along a street with CO2, CO, NOx and SO2; ``spikes`` give their rows per species."""
    rng = np.random.default_rng(5)
    x = np.tile(np.concatenate([10.0 * np.arange(200), 10.0 * np.arange(200)[::-1]]), loops)
    n = len(x)
    time = np.datetime64("2024-05-01T02:00:00", "ns") + np.arange(n) * np.timedelta64(1, "s")
    variables = {}
    for name in ("co2", "co", "nox", "so2"):
        values = 10 + rng.normal(0, 0.1, n)
        for row in spikes.get(name, []):
            values += 10 * np.exp(-(((np.arange(n) - row) / width_s) ** 2))
        variables[name] = (values, {"units": "ppb", "species": name, "instrument": name})
    for name, speed in wind.items():
        variables[name] = (np.full(n, speed), {"units": "m s-1"})
    return new_trace("street", time, 104 + x / 96486.3, np.full(n, 30.0), variables)


def flagged(trace: xr.Dataset, flag: Flag) -> np.ndarray:
    """Rows with the flag."""
    return np.flatnonzero(process_trace(trace, NONE).value.passes["qc_flag"].values & np.uint32(flag))


def test_a_short_joint_spike_is_a_vehicle() -> None:
    """CO2, CO and NOx that spike together once for seconds are flagged, and are no plume."""
    trace = drive({name: [300] for name in ("co2", "co", "nox")})
    assert 300 in flagged(trace, Flag.VEHICLE_EXHAUST)
    assert process_trace(trace, NONE).value.plumes.sizes["plume"] == 0


def test_a_place_that_spikes_on_every_pass_is_no_vehicle() -> None:
    """The same spike at the same place on all passes stays a plume."""
    rows = [100 + 400 * k for k in range(4)] + [299 + 400 * k for k in range(4)]
    trace = drive(dict.fromkeys(("co2", "co", "nox"), rows))
    assert not len(flagged(trace, Flag.VEHICLE_EXHAUST))
    assert process_trace(trace, NONE).value.plumes.sizes["plume"] == 24


def test_a_spike_with_sulfur_is_a_plant() -> None:
    """SO2 in the spike speaks for a stack: not flagged."""
    assert not len(flagged(drive({name: [300] for name in ("co2", "co", "nox", "so2")}), Flag.VEHICLE_EXHAUST))


def test_a_spike_of_one_tracer_is_not_judged() -> None:
    """NOx alone is never flagged as exhaust."""
    assert not len(flagged(drive({"nox": [300]}), Flag.VEHICLE_EXHAUST))


def test_a_long_rise_is_no_passing_vehicle() -> None:
    """Tracers that are high together for a minute are not a passing car."""
    assert not len(flagged(drive({n: [300] for n in ("co2", "co", "nox")}, width_s=40), Flag.VEHICLE_EXHAUST))


def waiting(u: float | None) -> xr.Dataset:
    """A drive east that waits for two minutes in CO2, CO and NOx; ``u`` is the wind towards east."""
    rng = np.random.default_rng(5)
    x = np.concatenate([10.0 * np.arange(300), np.full(120, 2990.0), 3000 + 10.0 * np.arange(300)])
    n = len(x)
    time = np.datetime64("2024-05-01T02:00:00", "ns") + np.arange(n) * np.timedelta64(1, "s")
    variables = {}
    for name in ("co2", "co", "nox"):
        values = 10 + rng.normal(0, 0.1, n)
        values[310:410] += 10
        variables[name] = (values, {"units": "ppb", "species": name, "instrument": name})
    if u is not None:
        variables |= {"u": (np.full(n, u), {"units": "m s-1"}), "v": (np.zeros(n), {"units": "m s-1"})}
    return new_trace("wait", time, 104 + x / 96486.3, np.full(n, 30.0), variables)


def test_waiting_with_the_wind_from_behind_is_the_own_exhaust() -> None:
    """Standing in a lasting rise of all tracers is the own exhaust when the wind comes from behind, and only then."""
    assert len(flagged(waiting(3.0), Flag.OWN_EXHAUST)) >= 95
    assert not len(flagged(waiting(-3.0), Flag.OWN_EXHAUST))
    assert not len(flagged(waiting(None), Flag.OWN_EXHAUST))


def test_vehicles_in_a_row_are_vehicles() -> None:
    """Five cars, seven seconds apart, make one long run of tracers; it is cut at its valleys and flagged."""
    rows = [300, 307, 314, 321, 328]
    trace = drive(dict.fromkeys(("co2", "co", "nox"), rows), width_s=1.5)
    assert set(rows) <= set(flagged(trace, Flag.VEHICLE_EXHAUST))


def test_a_gas_beside_the_spike_does_not_make_it_a_plant() -> None:
    """SO2 that peaks 8 s later is another source; SO2 at the same time is not."""
    tracers = {name: [300] for name in ("co2", "co", "nox")}
    assert 300 in flagged(drive({**tracers, "so2": [308]}), Flag.VEHICLE_EXHAUST)
    assert 300 not in flagged(drive({**tracers, "so2": [301]}), Flag.VEHICLE_EXHAUST)


def test_one_meeting_on_many_passes_is_an_accident() -> None:
    """Spikes at one place on two of eight passes are vehicles that met by accident; on six they are a source."""
    place = [100 + 400 * k for k in range(4)] + [299 + 400 * k for k in range(4)]
    few, many = (dict.fromkeys(("co2", "co", "nox"), sorted(place)[:k]) for k in (2, 6))
    assert set(sorted(place)[:2]) <= set(flagged(drive(few), Flag.VEHICLE_EXHAUST))
    assert not len(flagged(drive(many), Flag.VEHICLE_EXHAUST))


def spiked(heights: dict[int, dict[str, float]], *, width_s: float = 2.0, loops: int = 2) -> xr.Dataset:
    """`drive` with a spike of its own height per species at each of the rows."""
    trace = drive({}, loops=loops)
    rows = np.arange(trace.sizes["obs"])
    for row, species in heights.items():
        for name, height in species.items():
            trace[name] = trace[name] + height * np.exp(-(((rows - row) / width_s) ** 2))
    return trace


def test_two_vehicles_at_one_place_differ_in_composition() -> None:
    """Spikes at one place on both passes are a source when their composition is the same, vehicles when it is not."""
    diesel, petrol = {"co2": 4.0, "co": 2.0, "nox": 30.0}, {"co2": 20.0, "co": 30.0, "nox": 2.0}
    same, other = {100: diesel, 299: diesel}, {100: diesel, 299: petrol}
    assert not len(flagged(spiked(same, loops=1), Flag.VEHICLE_EXHAUST))
    assert {100, 299} <= set(flagged(spiked(other, loops=1), Flag.VEHICLE_EXHAUST))


def test_a_strong_spike_is_flagged_to_its_flanks() -> None:
    """A truck of 5 000 standard deviations is above detection for long; no plume is left beside the flagged rows."""
    trace = spiked({300: dict.fromkeys(("co2", "co", "nox"), 500.0)}, width_s=4.5)
    rows = flagged(trace, Flag.VEHICLE_EXHAUST)
    assert rows.min() <= 288
    assert rows.max() >= 312
    assert process_trace(trace, NONE).value.plumes.sizes["plume"] == 0


def test_a_gas_that_vehicles_hardly_emit_stays_a_plume_in_exhaust() -> None:
    """SO2 that a vehicle's spike covers in part is still found, CO and NOx there are not."""
    trace = spiked({300: dict.fromkeys(("co2", "co", "nox"), 20.0), 304: {"so2": 10.0}})
    track = process_trace(trace, NONE).value
    assert 300 in np.flatnonzero(track.passes["qc_flag"].values & np.uint32(Flag.VEHICLE_EXHAUST))
    assert track.plumes["species"].values.tolist() == ["so2"]
    assert track.plumes["peak_row"].values.tolist() == [304]
