"""How the vane of a mast stood: the turn, mirror or mast that the plumes follow, with what real vanes do as prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.attribution.joint.case import COARSE_M, JointCase, Vane
from fusion.attribution.joint.footprint import ANGLE_RAD, ANGLES, Model
from fusion.attribution.joint.readings import Mast, new_mast
from fusion.attribution.joint.settings import JointSettings
from fusion.attribution.joint.turns import log_turn_density, log_turn_prior

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AS_SAID = Vane(0)
_SMALL_RAD = np.radians(30.0)  # within what `posterior` turns on its own
_SCAN_STEP = 6
_SCAN_BLOCKS = 20
_AGREE_RAD = np.radians(25.0)  # masts of one site stand this near in direction: twice the usual turn of a vane


def turn_prior(vane: Vane, turns: Ints, settings: JointSettings, believed: Vane = AS_SAID) -> Floats:
    """Log-prior (turns,): Student's t with ν = 4 about what is believed of the vane, and about each gross error.

    Gross errors are the other quarters of a circle, and all four with a component of the wrong sign.

    Examples
    --------
    >>> as_said, turned = turn_prior(Vane(0), np.array([0, 90]), JointSettings())
    >>> round(float(np.exp(turned - as_said)), 4)
    0.0108
    """
    return log_turn_prior(
        np.asarray((vane.turn + turns - believed.turn) * ANGLE_RAD, np.float64),
        mirrored=vane.mirrored != believed.mirrored,
        scale_deg=settings.turn_sd_deg,
        gross_share=settings.gross_share,
    )


@dataclass(frozen=True, eq=False)
class VaneOdds:
    """Log-likelihood ratios (2, turns) of a vane as it is and mirrored, turned all round by ``turns``."""

    turns: Ints
    logs: Floats

    def best(self, settings: JointSettings, believed: Vane = AS_SAID) -> tuple[Vane, float, float]:
        """The vane that fits best, its log-odds with the prior, and by how much it beats the vane as it says."""
        odds = self.logs + [turn_prior(Vane(0, bool(m)), self.turns, settings, believed) for m in (0, 1)]
        mirrored, turn = np.unravel_index(int(np.argmax(odds)), odds.shape)
        near = np.abs(np.angle(np.exp(1j * self.turns * ANGLE_RAD))) < np.pi / 4
        best = float(odds.max())
        found = Vane(int(self.turns[turn]), bool(mirrored))
        off = abs(np.angle(np.exp(1j * (found.turn - believed.turn) * ANGLE_RAD)))
        if found.mirrored == believed.mirrored and off < _SMALL_RAD:
            found = believed  # the search for places tells small turns better than coarse cells do
        return found, best, best - float(odds[0, near].max())


def scan_vane(case: JointCase, x: Floats, y: Floats, model: Model) -> VaneOdds:
    """Turn the vane all round, and mirrored, for sources at places, on the blocks in which most was met."""
    strong = case.rows(case.strongest(_SCAN_BLOCKS))
    s = case.settings
    strong = replace(strong, settings=replace(s, shared=s.shared * s.scan_shared))
    table = strong.table(model)
    turns = np.arange(0, ANGLES, _SCAN_STEP)
    logs = [
        logsumexp(strong.weigh(x, y, table, Vane(0, mirrored), turns, COARSE_M), axis=(0, 2))
        for mirrored in (False, True)
    ]
    return VaneOdds(turns, np.stack(logs) - np.log(x.size * case.rates.size))


def common_vane(days: Sequence[VaneOdds], settings: JointSettings) -> Vane:
    """The vane of a platform over several days, each of which may have turned a little about it."""
    step = np.degrees(_SCAN_STEP * ANGLE_RAD)
    off = (np.arange(ANGLES // _SCAN_STEP) * step + 180) % 360 - 180
    kernel = np.exp(log_turn_density(np.radians(off), settings.turn_sd_deg))
    kernel = np.stack([np.roll(kernel, k) for k in range(kernel.size)]) / kernel.sum()
    total = sum(
        (logsumexp(day.logs[:, None, :] + np.log(kernel), axis=2) for day in days), np.zeros_like(days[0].logs)
    )
    return VaneOdds(days[0].turns, total).best(settings)[0]


def merged_masts(masts: Sequence[Mast]) -> list[Mast]:
    """Masts that agree in direction, as one; those that do not, each for itself, the longest record first."""
    known = [m for m in sorted(masts, key=lambda m: -m.time.size) if m.time.size]
    groups: list[list[Mast]] = []
    for mast in known:
        for group in groups:
            if _agree(group[0], mast):
                group.append(mast)
                break
        else:
            groups.append([mast])
    return [_mean_mast(group) for group in groups]


def _agree(one: Mast, other: Mast) -> bool:
    """Whether the median difference of direction over common times is small; so where there is no common time."""
    low, high = max(one.time[0], other.time[0]), min(one.time[-1], other.time[-1])
    at = one.time[(one.time >= low) & (one.time <= high)]
    if not at.size:
        return True
    a = np.interp(at, one.time, one.u) + 1j * np.interp(at, one.time, one.v)
    b = np.interp(at, other.time, other.u) + 1j * np.interp(at, other.time, other.v)
    return bool(np.median(np.abs(np.angle(a * np.conj(b)))) <= _AGREE_RAD)


def _mean_mast(group: Sequence[Mast]) -> Mast:
    """Mean of masts over the longest of their intervals."""
    if len(group) == 1:
        return group[0]
    step = max(m.interval_s for m in group if np.isfinite(m.interval_s)) if len(group) > 1 else 1.0
    slot = np.concatenate([np.round(m.time / step) for m in group])
    times, row = np.unique(slot, return_inverse=True)

    def mean(name: str) -> Floats:
        values = np.concatenate([getattr(m, name) for m in group])
        good = np.isfinite(values)
        count = np.bincount(row[good], minlength=times.size)
        total = np.bincount(row[good], values[good], minlength=times.size)
        return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))

    heights = [m.height_m for m in group if np.isfinite(m.height_m)]
    turbulence = (
        "w", "friction_m_s", "inverse_obukhov_per_m", "lateral_sd_m_s", "vertical_sd_m_s", "roughness_m",
    )  # fmt: skip
    return new_mast(
        "+".join(m.name for m in group), times * step, mean("u"), mean("v"),
        height_m=float(np.mean(heights)) if heights else float("nan"), **{n: mean(n) for n in turbulence},
    )  # fmt: skip
