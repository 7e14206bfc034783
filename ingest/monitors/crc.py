"""Check sums of HJ 212 packets, for many packets at once.

The standard's CRC (HJ 212-2017, annex A; unchanged in 2025) is not CRC-16/MODBUS: the high byte of the register is
moved down before a byte is mixed in, so that only eight bits of state pass from byte to byte. That makes it linear in
each byte and its distance from the end, and a table of both turns the sum over a packet into a look-up and an XOR.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_START = 0xFFFF
_POLYNOMIAL = 0xA001


def _shift_eight(register: int) -> int:
    for _ in range(8):
        register = (register >> 1) ^ (_POLYNOMIAL if register & 1 else 0)
    return register


_STEP = np.array([_shift_eight(value) for value in range(256)], np.uint16)


def crc_modbus(data: bytes) -> int:
    """Return CRC-16/MODBUS, which some devices send instead (some with the bytes swapped).

    Examples
    --------
    >>> f"{crc_modbus(b'123456789'):04X}"
    '4B37'
    """
    register = _START
    for byte in data:
        register = _shift_eight(register ^ byte)
    return register


def crcs_hj212(buffer: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Return the CRC of every segment of a buffer.

    Parameters
    ----------
    buffer : bytes
    starts, lengths : arrays of int64, shape (segment,)
        Segments within the buffer (below 2 GB), in any order.

    Returns
    -------
    array of uint16, shape (segment,)
    """
    if not len(starts):
        return np.zeros(0, np.uint16)
    table, starting = _distance_table(int(lengths.max()))
    ends = np.cumsum(lengths)
    begins = ends - lengths
    offset = np.arange(int(ends[-1]), dtype=np.int32)
    data = np.frombuffer(buffer, np.uint8).take(np.repeat((starts - begins).astype(np.int32), lengths) + offset)
    distance = np.repeat((ends - 1).astype(np.int32), lengths) - offset
    parts = table.ravel().take(distance << 8 | data)
    sums = np.zeros(len(starts), np.uint16)
    filled = lengths > 0
    sums[filled] = np.bitwise_xor.reduceat(parts, begins[filled]) if filled.any() else sums[filled]
    found: NDArray[np.uint16] = sums ^ starting[lengths]
    return found


@lru_cache(maxsize=4)
def _distance_table_of(longest: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """What a byte adds to the CRC by its distance from the end, and what the start value adds by the length."""
    table = np.empty((longest, 256), np.uint16)
    table[0] = _STEP
    for distance in range(1, longest):
        table[distance] = _STEP[table[distance - 1] >> 8]
    starting = np.empty(longest + 1, np.uint16)
    register = _START
    for length in range(longest + 1):
        starting[length] = register
        register = int(_STEP[register >> 8])
    return table, starting


def _distance_table(longest: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    return _distance_table_of(-(-max(longest, 1) // 1024) * 1024)  # rounded up, so that few tables are made
