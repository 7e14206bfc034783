"""HJ 212-2017 packets: the frame, its length and its sum.

The sum is not Modbus: the register is shifted right by eight before a byte goes in (HJ 212-2017 annex A). Written
from the standard, apart from the reader in `ingest`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

_START, _POLYNOMIAL = 0xFFFF, 0xA001


def _eight_shifts(register: int) -> int:
    for _ in range(8):
        register = (register >> 1) ^ _POLYNOMIAL if register & 1 else register >> 1
    return register


# The register has eight bits after a byte went in, so that its eight shifts are a table of 256.
_AFTER_EIGHT_SHIFTS = tuple(_eight_shifts(register) for register in range(256))


def sum_of(segment: bytes) -> int:
    """The sum of HJ 212-2017 annex A.

    Examples
    --------
    >>> f"{sum_of(b'123456789'):04X}"
    '2F80'
    """
    register = _START
    for byte in segment:
        register = _AFTER_EIGHT_SHIFTS[(register >> 8) ^ byte]
    return register


def packet(segment: str) -> str:
    """Frame a data segment: ``##``, its length in four digits, itself, its sum, CR LF.

    Examples
    --------
    >>> head = "QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5"
    >>> packet(head + ";CP=&&RtdInterval=30&&").strip()[-4:]
    '1C80'
    """
    return f"##{len(segment.encode()):04d}{segment}{sum_of(segment.encode()):04X}\r\n"


def hour_packet(
    station: str,
    kind: str,
    hour: datetime,
    factors: Mapping[str, Sequence[float]],
    flags: Mapping[str, str],
    *,
    converted: Mapping[str, float] | None = None,
    digits: int = 2,
    late_h: int = 0,
) -> str:
    """An hourly packet (CN=2061) of local time.

    ``DataTime`` is the beginning of the hour (HJ 212-2017, 6.6.3).

    Parameters
    ----------
    factors : mapping
        Minimum, mean and maximum by code.
    flags : mapping
        Letters by code; N where none is given.
    converted : mapping, optional
        Means at reference oxygen by code.
    late_h : int
        Hours after its time at which it is sent.
    """
    parts = []
    for code, (low, mean, high) in factors.items():
        values = [f"{code}-Min={low:.{digits}f}", f"{code}-Avg={mean:.{digits}f}", f"{code}-Max={high:.{digits}f}"]
        if converted is not None and code in converted:
            values.append(f"{code}-ZsAvg={converted[code]:.{digits}f}")
        parts.append(",".join([*values, f"{code}-Flag={flags.get(code, 'N')}"]))
    area = ";".join([f"DataTime={hour:%Y%m%d%H0000}", *parts])
    sent = hour.replace(minute=0, second=0) + timedelta(hours=late_h)
    return packet(f"QN={sent:%Y%m%d%H%M%S}085;ST={kind};CN=2061;PW=123456;MN={station};Flag=4;CP=&&{area}&&")
