"""The check sum of HJ 212 as the standard prints it: the slow, obvious version that `crcs_hj212` is compared with."""

from __future__ import annotations

__all__ = ["crc_hj212"]


def crc_hj212(data: bytes) -> int:
    """CRC of one data segment, byte by byte (HJ 212-2017, annex A).

    Examples
    --------
    >>> f"{crc_hj212(b'123456789'):04X}"
    '2F80'
    """
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            register = (register >> 1) ^ (0xA001 if register & 1 else 0)
    return register
