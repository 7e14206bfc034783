"""What a map could look like without a source: surrogates that keep the autocorrelation of a pass.

Two kinds. *Rotation* turns the series of scores of a whole pass against its places, as if the vehicle had started
elsewhere: values, bursts and autocorrelation stay, the tie to places goes. Passes rotated apart cannot agree on a
place except by chance. *Fields* are Gaussian with the autocovariance of the scores and random phase (Theiler et al.
1992, Physica D 58, 77-94): they say how high a single pass can pile up without a source. Independent values, the
usual null, would call every smooth field a hotspot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def rotation_surrogates(scores: Floats, order: Ints, number: int, rng: np.random.Generator) -> Floats:
    """Scores (cells,) rotated along the order of visiting, by ``number`` random offsets: (cells, number)."""
    n = scores.size
    series = scores[order]
    offset = rng.integers(0, n, number)
    rotated = np.empty((n, number))
    rotated[order] = series[(np.arange(n)[:, None] + offset[None, :]) % n]
    return rotated


def phase_surrogates(scores: Floats, order: Ints, number: int, rng: np.random.Generator) -> Floats:
    """Gaussian series with the power spectrum of the scores along the drive and random phase: (cells, number).

    The ranks are made normal again, so that every surrogate has exactly the values of the data.
    """
    n = scores.size
    length = n + n // 4
    lags = min(n - 1, max(8, n // 4))
    covariance = _autocovariance(scores[order], lags)
    spectrum = _spectrum_1d(covariance, fft.next_fast_len(length + lags))
    noise = _complex_noise((spectrum.size, (number + 1) // 2), rng)
    series = fft.ifft(np.sqrt(spectrum)[:, None] * noise, axis=0)[:n]
    surrogate = np.empty((n, number))
    surrogate[order] = np.concatenate([series.real, series.imag], axis=1)[:, :number]
    return _same_values(surrogate, scores)


def field_surrogates(scores: Floats, row: Ints, column: Ints, number: int, rng: np.random.Generator) -> Floats:
    """Gaussian fields with the two-dimensional autocovariance of scores on a patch of cells: (cells, number).

    The autocovariance is that of the visited pairs, tapered to zero at half of the patch; negative powers that the
    gaps cause are cut.
    """
    row, column = row - row.min(), column - column.min()
    height, width = int(row.max()) + 1, int(column.max()) + 1
    reach = max(2, height // 2), max(2, width // 2)
    shape = fft.next_fast_len(height + reach[0]), fft.next_fast_len(width + reach[1])
    spectrum = _spectrum_2d(scores - scores.mean(), row, column, shape, reach)
    amplitude = np.sqrt(spectrum)
    surrogate = np.empty((scores.size, number + number % 2))
    for k in range(0, number, 2):
        field = fft.ifft2(amplitude * _complex_noise(shape, rng))[row, column]
        surrogate[:, k], surrogate[:, k + 1] = field.real, field.imag
    return _same_values(surrogate[:, :number], scores)


def _complex_noise(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.complex128]:
    """Two independent standard normal fields in one: a linear transform of them gives two surrogates."""
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def _autocovariance(series: Floats, lags: int) -> Floats:
    centred = series - series.mean()
    n = centred.size
    size = fft.next_fast_len(2 * n)
    power = np.abs(fft.rfft(centred, size)) ** 2
    return np.asarray(fft.irfft(power, size)[: lags + 1] / n)


def _spectrum_1d(covariance: Floats, length: int) -> Floats:
    lags = covariance.size - 1
    ring = np.zeros(length)
    tapered = covariance * _taper(np.arange(lags + 1) / (lags + 1))
    ring[: lags + 1] = tapered
    ring[length - lags :] = tapered[1:][::-1]
    return np.maximum(fft.fft(ring).real, 0.0)


def _spectrum_2d(centred: Floats, row: Ints, column: Ints, shape: tuple[int, int], reach: tuple[int, int]) -> Floats:
    """Power spectrum on the periodic ``shape`` from the mean product of visited pairs at each lag."""
    big = fft.next_fast_len(2 * shape[0]), fft.next_fast_len(2 * shape[1])
    values, mask = np.zeros(big), np.zeros(big)
    values[row, column], mask[row, column] = centred, 1.0
    products = fft.irfft2(np.abs(fft.rfft2(values)) ** 2, big)
    pairs = np.rint(fft.irfft2(np.abs(fft.rfft2(mask)) ** 2, big))
    up, left = _signed(shape[0]), _signed(shape[1])
    covariance = np.where(pairs > 0.5, products / np.maximum(pairs, 1.0), 0.0)[np.ix_(up, left)]
    distance = np.hypot(up[:, None] / (reach[0] + 1), left[None, :] / (reach[1] + 1))
    covariance = covariance * _taper(np.minimum(distance, 1.0))
    return np.maximum(fft.fft2(covariance).real, 0.0)


def _signed(length: int) -> Ints:
    """Lags of a periodic axis: 0, 1, ..., -2, -1."""
    return np.asarray(np.rint(fft.fftfreq(length) * length), np.int64)


def _taper(distance: Floats) -> Floats:
    """Flat to one half, then a cosine to zero at one (Tukey)."""
    return np.where(distance < 0.5, 1.0, 0.5 * (1 + np.cos(np.pi * np.clip(2 * distance - 1, 0, 1))))


def _same_values(surrogate: Floats, scores: Floats) -> Floats:
    """Give every surrogate exactly the values of the data, in the order of the surrogate."""
    result = np.empty_like(surrogate)
    values = np.broadcast_to(np.sort(scores)[:, None], surrogate.shape)
    np.put_along_axis(result, np.argsort(surrogate, axis=0), values, axis=0)
    return result
