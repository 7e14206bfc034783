"""What a heading says of the zone of its times, for traces and monitor records alike."""

from __future__ import annotations

import re
import unicodedata


def claimed_offset_s(heading: str) -> float | None:
    """Return the offset from UTC (s) that a heading states, None where it states none.

    Examples
    --------
    >>> [claimed_offset_s(text) for text in ("时间(UTC+8)", "Timestamp_UTC", "北京时间", "time")]
    [28800.0, 0.0, 28800.0, None]
    """
    text = unicodedata.normalize("NFKC", heading).upper()
    stated = re.search(r"(?<![A-Z])(?:UTC|GMT)\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?", text)
    if stated:
        seconds = int(stated[2]) * 3600.0 + int(stated[3] or 0) * 60.0
        return seconds if stated[1] == "+" else -seconds
    text = text.replace("STAMPUTC", "STAMP UTC")
    if re.search(r"(?<![A-Z])(?:UTC|GMT)(?![A-Z])|\b(?:UTC|GMT)(?=DATE|TIME)|(?<=TIME)(?:UTC|GMT)\b|世界时", text):
        return 0.0
    return 28800.0 if "北京时间" in text or "BEIJING TIME" in text else None
