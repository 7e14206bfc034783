"""The ``[instrument]`` table of ``mission.toml``: what is known of the instrument, and what leads say of it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from ingest.errors import SettingError
from ingest.outcome import Outcome, Phrase, Value
from onevisit.schema import Lead


@dataclass(frozen=True)
class Instrument:
    """Who made it, its serial number, when it was last calibrated, what zero and span gas read then, its response.

    ``zero`` and ``span`` are texts such as ``"0.3 ppb"``: what the instrument showed, with the unit.
    ``response_time_s`` is the time to 90 % of a step.
    """

    maker: str = ""
    serial: str = ""
    last_calibration: date | None = None
    zero: str = ""
    span: str = ""
    response_time_s: float | None = None

    @property
    def name(self) -> str:
        """Maker and serial number; empty where neither is known."""
        return " ".join(part for part in (self.maker, self.serial) if part)


def read_instrument(table: object, origin: str) -> Instrument:
    """Read the table ``[instrument]``.

    Raises
    ------
    SettingError
        If a name is not known, or a value is not of its kind; ``origin`` names the file.

    Examples
    --------
    >>> read_instrument({"maker": "Picarro", "last_calibration": "2024-04-28"}, "mission.toml").last_calibration
    datetime.date(2024, 4, 28)
    """
    if not isinstance(table, Mapping):
        raise SettingError(f"{origin}: [instrument] must be a table of names and values, not {table!r}")
    known = [f.name for f in fields(Instrument)]
    for name in table:
        if name not in known:
            nearest = difflib.get_close_matches(str(name), known, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"known are {', '.join(known)}"
            raise SettingError(f"{origin}, [instrument]: unknown name {name!r}; {hint}")
    of = f"{origin}, [instrument]"
    return Instrument(
        maker=_text(table.get("maker", ""), f"{of} maker"),
        serial=_text(table.get("serial", ""), f"{of} serial"),
        last_calibration=_day(table["last_calibration"], of) if "last_calibration" in table else None,
        zero=_text(table.get("zero", ""), f"{of} zero"),
        span=_text(table.get("span", ""), f"{of} span"),
        response_time_s=_seconds(table["response_time_s"], of) if "response_time_s" in table else None,
    )


def _day(value: object, where: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise SettingError(f"{where} last_calibration: {value!r} is not a day such as 2024-04-28") from error


def _seconds(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise SettingError(f"{where} response_time_s: {value!r} is not a number of seconds, 0 or more")
    return float(value)


def _text(value: object, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SettingError(f'{where}: {value!r} is not a text such as "0.3 ppb"')
    return str(value)


def calibration_of(instrument: Instrument | None, day: date) -> Phrase:
    """What a lead of measurements of ``day`` says of the calibration."""
    if instrument is None or instrument.last_calibration is None:
        return Phrase("calibration_unknown")
    values: dict[str, Value] = {
        "day": instrument.last_calibration.isoformat(),
        "days": (day - instrument.last_calibration).days,
        "instrument": instrument.name or Phrase("instrument_unnamed"),
    }
    return Phrase("calibrated_after" if instrument.last_calibration > day else "calibrated_on", values)


def with_calibration(leads: Sequence[Lead], instrument: Instrument | None, *, day: date) -> Outcome[tuple[Lead, ...]]:
    """Leads that say what is known of the calibration of the instrument."""
    phrase = calibration_of(instrument, day)
    return Outcome(tuple(replace(lead, calibration=phrase) for lead in leads))
