"""Kalman filter and Rauch–Tung–Striebel smoother of positions, with the gate that finds jumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics.compiled import compiled

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

State = tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats]  # x, y, vx, vy, P00, P01, P11; arrays of their
# own, so that the memory of each can be given back

_SPEED_VARIANCE = 900.0  # of a platform of which nothing is known yet, m2 s-2


@dataclass(frozen=True, eq=False)
class Smoothed:
    """Positions x, y (m), velocities vx, vy (m s-1), variance per axis of the position (m2), and which fixes jump.

    NaN where there is no position; velocities also where one fix stands alone, which says nothing of them.
    """

    x: Floats
    y: Floats
    vx: Floats
    vy: Floats
    variance: Floats
    jump: Bools


@compiled
def _erase(state: State, row: int) -> None:
    """Leave a row without position."""
    for column in state:
        column[row] = np.nan


@compiled
def _filter(
    t: Floats, x: Floats, y: Floats, r: Floats, limits: Floats, jump: Bools, start: NDArray[np.int32], out: State
) -> int:
    """Run the filter forward; ``r`` is the variance of a fix, 0 where there is none.

    ``limits`` are (q, gate, reset_s, gap_s). ``start[i]`` becomes the row where the segment of row i starts, −1 for
    none; ``out`` the filtered x, y, vx, vy, P00, P01, P11. Returns the number of segments.
    """
    q, gate2, reset_s, gap_s = limits[0], limits[1] * limits[1], limits[2], limits[3]
    n = len(t)
    segments = 0
    first = -1
    accepted = -1
    doubted = -1
    i = 0
    sx = sy = vx = vy = p00 = p01 = p11 = 0.0
    while i < n:
        restart = r[i] > 0 and (first < 0 or (t[i] - t[accepted] > gap_s and doubted < 0))
        if not restart and first >= 0:
            dt = t[i] - t[i - 1]
            sx += vx * dt
            sy += vy * dt
            p00 += dt * (2 * p01 + dt * p11) + q * dt * dt * dt / 3
            p01 += dt * p11 + q * dt * dt / 2
            p11 += q * dt
            if r[i] > 0:
                s = p00 + r[i]
                ex, ey = x[i] - sx, y[i] - sy
                if ex * ex + ey * ey > gate2 * s:
                    jump[i] = True
                    if doubted < 0:
                        doubted = i
                    if t[i] - t[doubted] >= reset_s:
                        if t[accepted] - t[first] < reset_s:
                            for k in range(first, accepted + 1):
                                jump[k] = r[k] > 0
                                start[k] = -1
                        for k in range(doubted, i + 1):
                            jump[k] = False
                        i = doubted
                        restart = True
                else:
                    k0, k1 = p00 / s, p01 / s
                    sx += k0 * ex
                    sy += k0 * ey
                    vx += k1 * ex
                    vy += k1 * ey
                    p11 -= k1 * p01
                    p01 -= k0 * p01
                    p00 -= k0 * p00
                    accepted = i
                    doubted = -1
        if restart:
            first = accepted = i
            doubted = -1
            segments += 1
            sx, sy, vx, vy = x[i], y[i], 0.0, 0.0
            p00, p01, p11 = r[i], 0.0, _SPEED_VARIANCE
        start[i] = first
        out[0][i], out[1][i], out[2][i], out[3][i] = sx, sy, vx, vy
        out[4][i], out[5][i], out[6][i] = p00, p01, p11
        i += 1
    return segments


@compiled
def _smooth(
    t: Floats, r: Floats, jump: Bools, start: NDArray[np.int32], q: float, hold_s: float, state: State
) -> None:
    """Run the smoother backward over the filtered ``state`` in place; rows without position become NaN."""
    n = len(t)
    i = n - 1
    while i >= 0:
        first = start[i]
        if first < 0:
            _erase(state, i)
            i -= 1
            continue
        last = i
        while last > first and (r[last] <= 0 or jump[last]):
            last -= 1
        broken = i + 1 < n and t[i + 1] - t[last] <= 2 * hold_s
        for k in range(last + 1, i + 1):
            if broken or jump[k] or t[k] - t[last] > hold_s:
                broken = broken or jump[k]
                _erase(state, k)
        for k in range(last - 1, first - 1, -1):
            dt = t[k + 1] - t[k]
            p00, p01, p11 = state[4][k], state[5][k], state[6][k]
            m00 = p00 + dt * (2 * p01 + dt * p11) + q * dt * dt * dt / 3
            m01 = p01 + dt * p11 + q * dt * dt / 2
            m11 = p11 + q * dt
            det = m00 * m11 - m01 * m01
            a0, a1 = p00 + p01 * dt, p01 + p11 * dt
            c00, c01 = (a0 * m11 - p01 * m01) / det, (p01 * m00 - a0 * m01) / det
            c10, c11 = (a1 * m11 - p11 * m01) / det, (p11 * m00 - a1 * m01) / det
            dx = state[0][k + 1] - state[0][k] - dt * state[2][k]
            dy = state[1][k + 1] - state[1][k] - dt * state[3][k]
            du, dv = state[2][k + 1] - state[2][k], state[3][k + 1] - state[3][k]
            state[0][k] += c00 * dx + c01 * du
            state[1][k] += c00 * dy + c01 * dv
            state[2][k] += c10 * dx + c11 * du
            state[3][k] += c10 * dy + c11 * dv
            d00, d01, d11 = state[4][k + 1] - m00, state[5][k + 1] - m01, state[6][k + 1] - m11
            state[4][k] = p00 + c00 * c00 * d00 + 2 * c00 * c01 * d01 + c01 * c01 * d11
            state[5][k] = p01 + c00 * c10 * d00 + (c00 * c11 + c01 * c10) * d01 + c01 * c11 * d11
            state[6][k] = p11 + c10 * c10 * d00 + 2 * c10 * c11 * d01 + c11 * c11 * d11
        i = first - 1


def smooth_positions(
    t: Floats,
    x: Floats,
    y: Floats,
    variance: Floats,
    *,
    acceleration_density: float,
    jump_gate_sd: float,
    jump_reset_s: float,
    gap_s: float,
    hold_s: float,
) -> Smoothed:
    """Smooth fixes of a moving platform and tell jumps from motion.

    Assumes white-noise acceleration, the same on both axes, and independent errors of the fixes; between fixes the
    platform keeps its velocity. Where fixes are further than ``gap_s`` apart nothing is bridged. The standard
    deviations are honest as long as ``variance`` is: reflections in street canyons are correlated for minutes.

    Parameters
    ----------
    t : array, shape (n,)
        Seconds, increasing.
    x, y : arrays, shape (n,)
        Metres; not read where ``variance`` is 0.
    variance : array, shape (n,)
        Variance per axis of the fix, m2; 0 where the row has none.
    acceleration_density : float
        Spectral density of the acceleration, m2 s-3.
    jump_gate_sd, jump_reset_s : float
        A fix further than so many standard deviations from the prediction is a jump, unless fixes stay away for
        ``jump_reset_s``: then the platform is there, and a new segment starts at the first of them.
    gap_s, hold_s : float
        Longest gap that is bridged; longest time for which the last velocity is kept after the last fix.

    Returns
    -------
    Smoothed

    References
    ----------
    Rauch, Tung and Striebel 1965, doi:10.2514/3.3166; Bar-Shalom, Li and Kirubarajan 2001, section 6.2.2 (the
    process noise of the white-noise acceleration model).

    Examples
    --------
    >>> t = np.arange(5.0)
    >>> smooth = smooth_positions(t, 10 * t, 0 * t, np.ones(5), acceleration_density=1.0, jump_gate_sd=6.0,
    ...                           jump_reset_s=5.0, gap_s=5.0, hold_s=2.0)
    >>> bool(abs(smooth.x[2] - 20) < 0.5), bool(smooth.jump.any())
    (True, False)
    """
    n = len(t)
    x_, y_, vx, vy, p00, p01, p11 = (np.empty(n) for _ in range(7))
    state = (x_, y_, vx, vy, p00, p01, p11)
    jump = np.zeros(n, np.bool_)
    start = np.full(n, -1, np.int32)
    limits = np.array([acceleration_density, jump_gate_sd, jump_reset_s, gap_s])
    _filter(t, x, y, variance, limits, jump, start, state)
    _smooth(t, variance, jump, start, acceleration_density, hold_s, state)
    alone = p11 >= _SPEED_VARIANCE
    vx[alone] = vy[alone] = np.nan
    return Smoothed(x_, y_, vx, vy, p00, jump)
