"""Emission rate of a point source from a parked run downwind of it (OTM 33A), with continuous stability."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.optimize import curve_fit

from ingest.schema import species_names
from ingest.species import molar_mass_of
from ingest.units import STANDARD_ATMOSPHERE_PA, mass_from_mole
from numerics.plane import longest_step, seconds_since_start
from tracks.lag.align import shift_values
from tracks.schema import RateEstimate
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

METHOD = "parked run: wind-sector integral of the flux, vertical spread from sigma_w"
PER_UNIT = {"ppm": 1e-6, "ppb": 1e-9, "1e-6": 1e-6, "1e-9": 1e-9}
_MIN_ROWS = 200
_KERNEL_DEG = 4.0  # width of the kernel under which the density of wind directions is read

_BOUNDS = ((0.0, -25.0, 2.0), (5.0, 25.0, 50.0))
"""Of a fit: height in units of the largest mean, centre off it and width in degrees."""
_WIDEST_LOG_SD = 1.15
"""Beyond it the 95 % interval reaches further than a factor of ten either way."""
_IN_PLUME = "background_never_seen"
"""The wind left the plume too rarely: what is taken for background is the plume's edge, and the rate too low."""
_NOT_BELIEVED = {
    "plume_centre_outside_the_winds_seen",
    "fit_ends_on_its_bound",
    "winds_rarely_at_the_plume_centre",
}


@dataclass(frozen=True)
class _Run:
    """One parked run: concentration (kg m-3 above background) and rotated wind (m s-1) at regular rows."""

    excess: Floats
    u: Floats
    v: Floats
    w: Floats
    step_s: float
    flags: list[str] = field(default_factory=list)


def vertical_density(*, sigma_z_m: float, source_height_m: float, sensor_height_m: float) -> float:
    """Density per metre, at the sensor's height, of a Gaussian plume that the ground reflects.

    Assumes a flat, fully reflecting ground and a plume that does not deposit.

    Examples
    --------
    On the ground, from a source on the ground, it is twice the normal density at 0.

    >>> round(vertical_density(sigma_z_m=1.0, source_height_m=0.0, sensor_height_m=0.0), 4)
    0.7979
    """
    below, above = sensor_height_m - source_height_m, sensor_height_m + source_height_m
    image = np.exp(-(below**2) / (2 * sigma_z_m**2)) + np.exp(-(above**2) / (2 * sigma_z_m**2))
    return float(image / (np.sqrt(2 * np.pi) * sigma_z_m))


def quantify_parked(
    trace: xr.Dataset, *, distance_m: float, source_height_m: float, settings: TrackSettings | None = None
) -> RateEstimate:
    r"""Emission rate of a point source at a known distance upwind of a parked vehicle.

    What a source emits is carried past the sensor: the flux is the mean of concentration times wind speed at each
    moment, not the product of their means, which counts too much because gusts dilute (concentration and speed are
    anticorrelated). The crosswind integral of the flux comes from the wind: as the wind swings, the plume swings over
    the sensor, and the mean flux per direction is the plume's profile. Directions are averaged over the
    travel time, because what arrives now was carried by the eddies of that time. Two readings of the integral are
    averaged, the area of a fitted Gaussian, and the mean flux over the density of directions at the plume's
    centre. The vertical spread is Taylor's for short travel times, σz = σw x / U, with σw from the sonic: stability
    is continuous, and there are no classes to step between. Then Q = integral / density(z).

    Taylor's limit holds for travel times below the Lagrangian time scale of the vertical wind; near the ground that
    is a few seconds, and a plume grows into larger eddies as it rises, which the limit stands for roughly.

    Stops being valid beyond about 200 m, in wind below 0.5 m s-1, behind obstacles, for several sources in the
    sector, and for sources that are much higher than the sensor.

    Parameters
    ----------
    trace : xarray.Dataset
        With the species ``settings.rate_species`` (mole fraction) and the sonic's ``sonic_u``, ``sonic_v``,
        ``sonic_w`` (else ``u_apparent``/``v_apparent`` or ``u``/``v``, and a fallback for σw, flagged), about 1 Hz or
        faster.
    distance_m, source_height_m : float
    settings : TrackSettings, optional
        ``lag_s`` of the inlet, ``inlet_height_m``.

    Returns
    -------
    RateEstimate

    References
    ----------
    EPA OTM 33A (2014); Taylor 1921, doi:10.1112/plms/s2-20.1.196 (σz = σw t); Brantley et al. 2014,
    doi:10.1021/es503070q (the releases); Stull 1988, doi:10.1007/978-94-009-3027-8, chapter 2 (a mean flux is the
    mean of the product, with its turbulent part).
    """
    settings = settings or TrackSettings()
    name = str(trace["trajectory"].values)
    prepared = _prepare(trace, settings)
    if isinstance(prepared, str):
        return RateEstimate(name, METHOD, np.nan, np.nan, np.nan, "none", (prepared,))
    if not distance_m > 0:
        return RateEstimate(name, METHOD, np.nan, np.nan, np.nan, "none", ("distance_not_positive",))
    rates: list[float] = []
    refused: list[str] = []
    for share in settings.rate_averaging:
        readings = _estimate(prepared, share, distance_m, source_height_m, settings)
        if isinstance(readings, str):
            refused.append(readings)
        else:
            rates += readings
    flags = [*prepared.flags, *refused]
    if not rates or _NOT_BELIEVED & set(flags):  # other averagings see the same winds, and are no better
        return RateEstimate(name, METHOD, np.nan, np.nan, np.nan, "none", tuple(dict.fromkeys(flags)))
    logs = np.log(rates)
    choices = _spread_of_choices(trace, distance_m, source_height_m, settings)
    rate = float(np.exp(logs.mean()))
    spread = float(np.sqrt(logs.std() ** 2 + settings.rate_log_sd**2 + choices**2))
    if logs.std() > 0.25:
        flags.append("readings_disagree")
    if spread > _WIDEST_LOG_SD:
        flags.append("interval_wider_than_a_factor_of_ten")
    if distance_m > 200:
        flags.append("distance_beyond_200_m")
    flags = list(dict.fromkeys(flags))
    doubts = len(flags) + (_IN_PLUME in flags)
    confidence = ("high", "medium", "low")[min(doubts, 2)]
    low, high = rate * np.exp(-1.96 * spread), rate * np.exp(1.96 * spread)
    return RateEstimate(name, METHOD, rate, float(low), float(high), confidence, tuple(flags))


def _readings(run: _Run, distance_m: float, source_height_m: float, settings: TrackSettings) -> list[float]:
    """Logarithms of all readings that can be had; empty where there is none."""
    each = [_estimate(run, share, distance_m, source_height_m, settings) for share in settings.rate_averaging]
    return [float(np.log(rate)) for readings in each if not isinstance(readings, str) for rate in readings]


def _spread_of_choices(
    trace: xr.Dataset, distance_m: float, source_height_m: float, settings: TrackSettings
) -> float:
    """Standard deviation of the logarithm of the rate over what was assumed: height, bins, sector, background.

    Each is changed alone, to another value that would have done as well; the changes of the mean are independent.
    """
    higher = source_height_m + settings.rate_source_height_sd_m
    lower = max(0.0, source_height_m - settings.rate_source_height_sd_m)
    others = [
        (higher, settings),
        (lower, settings),
        (source_height_m, replace(settings, rate_bin_deg=2 * settings.rate_bin_deg)),
        (source_height_m, replace(settings, rate_sector_deg=0.75 * settings.rate_sector_deg)),
        (source_height_m, replace(settings, rate_background_percent=2 * settings.rate_background_percent)),
    ]
    runs = [(_prepare(trace, chosen), height, chosen) for height, chosen in [(source_height_m, settings), *others]]
    means = [
        np.mean(logs) if not isinstance(run, str) and (logs := _readings(run, distance_m, height, chosen)) else np.nan
        for run, height, chosen in runs
    ]
    changes = np.nan_to_num(np.array(means[1:]) - means[0])
    return float(np.sqrt(max(changes[0] ** 2, changes[1] ** 2) + (changes[2:] ** 2).sum()))


def rate_variable(trace: xr.Dataset, settings: TrackSettings) -> str | None:
    """Name of the first variable of the species whose rate is wanted; None where there is none."""
    matching = (n for n in species_names(trace) if settings.rate_species in (n, trace[n].attrs["species"]))
    return next(matching, None)


def _prepare(trace: xr.Dataset, settings: TrackSettings) -> _Run | str:
    """Bring a run to excess concentration and rotated wind; or say what is missing."""
    name = rate_variable(trace, settings)
    if name is None:
        return f"no_{settings.rate_species}"
    species = trace[name]
    unit, mass = PER_UNIT.get(str(species.attrs["units"])), molar_mass_of(settings.rate_species)
    if unit is None or mass is None:
        return "not_a_mole_fraction_of_a_known_gas"
    winds = [pair for pair in (("sonic_u", "sonic_v"), ("u_apparent", "v_apparent"), ("u", "v")) if pair[0] in trace]
    if not winds or trace.sizes["obs"] < _MIN_ROWS:
        return "no_wind" if not winds else "too_few_rows"
    t = seconds_since_start(trace["time"].values)
    values = shift_values(t, species.values, settings.lag_s, gap_s=longest_step(t, settings.value_gap_s))
    flags = [] if settings.lag_s or not settings.estimate_lag else ["no_lag_given"]
    u, v = trace[winds[0][0]].values, trace[winds[0][1]].values
    w = trace["sonic_w"].values if "sonic_w" in trace else np.zeros(len(t))
    good = np.isfinite(values) & np.isfinite(u) & np.isfinite(v) & np.isfinite(w)
    if good.sum() < _MIN_ROWS:
        return "too_few_rows"
    values, u, v, w = values[good], u[good], v[good], w[good]
    lowest = np.sort(values)[: max(1, int(len(values) * settings.rate_background_percent / 100))]
    temperature_k = _median(trace, "temperature", 288.15, flags)
    pressure_pa = _median(trace, "pressure", STANDARD_ATMOSPHERE_PA, flags)
    density = mass_from_mole(unit, mass, temperature_k=temperature_k, pressure_pa=pressure_pa)
    u, v, w = _rotate(u, v, w)
    if "sonic_w" not in trace:
        flags.append("no_vertical_wind")
        w = np.full(len(u), np.nan)
    return _Run((values - lowest.mean()) * float(density), u, v, w, float(np.median(np.diff(t[good]))), flags)


def _median(trace: xr.Dataset, name: str, standard: float, flags: list[str]) -> float:
    """Median of a variable, or the standard with a flag."""
    if name in trace and np.isfinite(trace[name].values).any():
        return float(np.nanmedian(trace[name].values))
    flags.append(f"no_{name}")
    return standard


def _rotate(u: Floats, v: Floats, w: Floats) -> tuple[Floats, Floats, Floats]:
    """Turn the axes into the mean wind, twice (yaw and pitch), so that mean v and w are 0."""
    yaw = np.arctan2(v.mean(), u.mean())
    along, across = u * np.cos(yaw) + v * np.sin(yaw), v * np.cos(yaw) - u * np.sin(yaw)
    pitch = np.arctan2(w.mean(), along.mean())
    return along * np.cos(pitch) + w * np.sin(pitch), across, w * np.cos(pitch) - along * np.sin(pitch)


def _estimate(
    run: _Run, share: float, distance_m: float, source_height_m: float, settings: TrackSettings
) -> list[float] | str:
    """Two readings of the rate in g s-1 with directions averaged over a share of the travel time."""
    speed = np.hypot(run.u, run.v)
    if speed.mean() < settings.min_rate_wind:
        return "calm"
    rows = max(1, int(share * distance_m / speed.mean() / run.step_s))
    angle = np.arctan2(uniform_filter1d(run.v, rows), uniform_filter1d(run.u, rows))
    flux = run.excess * speed
    fitted = _fit_profile(np.degrees(angle), flux, settings)
    if isinstance(fitted, str):
        return fitted
    height, centre, width = fitted
    off = (np.degrees(angle) - centre + 180) % 360 - 180
    sector = np.abs(off) <= settings.rate_sector_deg
    if sector.sum() < _MIN_ROWS:
        return "wind_rarely_from_the_source"
    mean_speed = float(speed[sector].mean())
    sigma_w = float(run.w[sector].std()) if np.isfinite(run.w).all() else 0.1 * mean_speed
    sigma_z_m = sigma_w * distance_m / mean_speed
    density = vertical_density(
        sigma_z_m=sigma_z_m, source_height_m=source_height_m, sensor_height_m=settings.inlet_height_m
    )
    if np.mean(np.abs(off) <= 2 * _KERNEL_DEG) < settings.rate_bin_percent / 100:
        return "winds_rarely_at_the_plume_centre"
    if np.mean(np.abs(off) > 2 * width) < settings.rate_background_percent / 100:
        run.flags.append(_IN_PLUME)
    kernel = np.exp(-(off**2) / (2 * _KERNEL_DEG**2)).mean() / (_KERNEL_DEG * np.sqrt(2 * np.pi))
    integrals = (
        height * np.sqrt(2 * np.pi) * np.radians(width) * distance_m,
        flux.mean() * distance_m / np.degrees(kernel),
    )
    rates = [1000 * float(integral) / density for integral in integrals]
    return rates if min(rates) > 0 else "no_plume"


def _fit_profile(angle: Floats, flux: Floats, settings: TrackSettings) -> tuple[float, float, float] | str:
    """Fit a Gaussian to the mean flux per direction, weighted by rows: height, centre and width in degrees."""
    step = settings.rate_bin_deg
    numbers, index, counts = np.unique(np.round(angle / step).astype(int), return_inverse=True, return_counts=True)
    means = np.bincount(index, flux) / counts
    kept = counts > len(angle) * settings.rate_bin_percent / 100
    if kept.sum() < 4 or means[kept].max() <= 0:
        return "no_plume"
    numbers, counts, means = numbers[kept], counts[kept], means[kept]
    top = numbers[np.argmax(means)] * step
    off = (numbers * step - top + 180) % 360 - 180
    near = np.abs(off) <= settings.rate_sector_deg
    if near.sum() < 4:
        return "wind_rarely_from_the_source"

    def profile(x: Floats, height: float, centre: float, width: float) -> Floats:
        result: Floats = height * np.exp(-((x - centre) ** 2) / (2 * width**2))
        return result

    scale = float(means.max())
    (height, centre, width), _ = curve_fit(
        profile,
        off[near],
        means[near] / scale,
        p0=(1.0, 0.0, 12.0),
        sigma=1 / np.sqrt(counts[near]),
        bounds=_BOUNDS,
    )
    # a plume whose largest mean stands in the last bin was not seen to fall: its centre may lie beyond
    if not off[near].min() + step / 2 <= centre <= off[near].max() - step / 2:
        return "plume_centre_outside_the_winds_seen"
    if _on_bound((height, centre, width)):
        return "fit_ends_on_its_bound"
    return float(height) * scale, float(top + centre), float(width)


def _on_bound(fitted: tuple[float, float, float]) -> bool:
    """Whether a fit was stopped by a bound: what it would have been without is not known."""
    low, high = np.array(_BOUNDS)
    return bool((np.minimum(fitted - low, high - fitted) < 1e-3 * (high - low)).any())
