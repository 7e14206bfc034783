"""Cells that qualify others: east or west, a fix or none; degrees, minutes and seconds in three cells."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

_AXES = ("lon", "lat")


@lru_cache(maxsize=1)
def _words() -> Mapping[str, str]:
    """Kinds by word; a word of two kinds has both: N is north, and no fix."""
    text = (files("ingest.text") / "cell_words.csv").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for row in csv.DictReader(text.splitlines()):
        found[row["word"]] = f"{found.get(row['word'], '')} {row['kind']}".strip()
    return found


def _kinds(text: str) -> list[str]:
    plain = re.sub(r"[\s_\"']+", "", unicodedata.normalize("NFKC", text).lower())
    return _words().get(plain, "").split()


@lru_cache(maxsize=4096)
def side_of(text: str) -> int | None:
    """1 for east and north, -1 for west and south, None for what is neither.

    Examples
    --------
    >>> side_of("W"), side_of("东经"), side_of("+"), side_of("SPS")
    (-1, 1, 1, None)
    """
    kinds = _kinds(text)
    return 1 if "positive" in kinds else -1 if "negative" in kinds else None


@lru_cache(maxsize=4096)
def is_fix(text: str, heading: str = "") -> bool | None:
    """Whether a receiver calls its position a fix, None for what says neither.

    Numbers are those of NMEA 0183: 0 is no fix everywhere, of a quality (GGA) also 6 to 8 (estimated, manual,
    simulated), of a mode (GSA) also 1.

    Examples
    --------
    >>> is_fix("A"), is_fix("V"), is_fix("SPS"), is_fix("0"), is_fix("1", "Fix Mode"), is_fix("span")
    (True, False, True, False, False, None)
    """
    text = re.sub(r"[()\[\]]|\.0$", "", text.strip())
    if re.fullmatch(r"-?\d{1,2}", text):
        number, name = int(text), heading.lower()
        none = {"quality": (6, 7, 8), "质量": (6, 7, 8), "mode": (1,), "模式": (1,)}
        return number > 0 and not any(word in name and number in values for word, values in none.items())
    kinds = _kinds(text)
    return True if "fix" in kinds else False if "no_fix" in kinds else None


def fixes_of(texts: Iterable[str], heading: str) -> Mapping[str, bool] | None:
    """What each text of a column of fixes means; None where the column is none: most of its texts mean nothing."""
    found = {text: is_fix(text, heading) for text in texts}
    known = {text: meaning for text, meaning in found.items() if meaning is not None}
    modes = {text.strip().removesuffix(".0") for text in known}
    if modes <= {"0", "1"} and "mode" in heading.lower():  # a mode of 0 and 1 is a switch, not that of GSA
        known = {text: text.strip().removesuffix(".0") == "1" for text in known}
    stated = [text for text in found if text.strip()]
    if not stated or len([text for text in stated if text in known]) < len(stated) / 2:
        return None
    return {text: known.get(text, not text.strip()) for text in found}


def settled_angles(values: dict[str, str]) -> dict[str, str]:
    """Longitude and latitude of a row, of what its other cells say: minutes and seconds, the side of zero.

    Examples
    --------
    >>> settled_angles({"lon": "112.5", "lon_side": "W", "lat_deg": "30", "lat_min": "39", "lat_sec": "39.96"})
    {'lon': '-112.5', 'lat': '30°39′39.96″'}
    """
    if not any(key.startswith(("lon_", "lat_")) for key in values):
        return values
    found = {key: text for key, text in values.items() if not _is_part(key)}
    for axis in _AXES:
        angle = found.get(axis, "")
        if not angle and f"{axis}_deg" in values:
            parts = [values.get(f"{axis}_{part}", "0") for part in ("deg", "min", "sec")]
            angle = "{}°{}′{}″".format(*(part.rstrip("°′″度分秒'\"") for part in parts))
        other = f"{axis}_{'west' if axis == 'lon' else 'south'}"
        side = side_of(values.get(f"{axis}_side", ""))
        if not angle and other in values:
            angle, side = values[other], -1
        if side == -1 and angle and not angle.lstrip().startswith("-"):
            angle = f"-{angle.strip()}"
        if angle:
            found[axis] = angle
    return found


def _is_part(key: str) -> bool:
    return key.startswith(("lon_", "lat_")) and key[4:] in ("deg", "min", "sec", "side", "west", "south")
