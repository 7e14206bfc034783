"""How a room states its thresholds: a frozen dataclass whose every field has a unit and a source.

A room defines its settings next to the code that uses them; `onevisit.profile` collects them, reads overrides from
TOML and prints the table. So a threshold is never hidden, and never separated from the place where it was read.

Examples
--------
>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Example:
...     gap_s: float = setting(5.0, unit="s", source="EXAMPLE 1-2024")
>>> describe_settings(Example())
[SettingLine(name='gap_s', value=5.0, unit='s', source='EXAMPLE 1-2024')]
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


def setting(default: Any, *, unit: str, source: str) -> Any:
    """Declare one threshold of a settings dataclass.

    Parameters
    ----------
    default : float, int, str, bool or tuple
        The value used when the profile says nothing.
    unit : str
        UDUNITS string; ``"1"`` for a pure number, ``""`` for a name.
    source : str
        Where the number comes from: a standard, a doi, or ``"choice: ..."`` with the reason.
    """
    return field(default=default, metadata={"unit": unit, "source": source})


@dataclass(frozen=True)
class SettingLine:
    """One threshold as it is shown to a person."""

    name: str
    value: object
    unit: str
    source: str


def describe_settings(settings: Any) -> list[SettingLine]:
    """List the thresholds of a settings dataclass instance, in order of declaration."""
    return [
        SettingLine(f.name, getattr(settings, f.name), f.metadata["unit"], f.metadata["source"])
        for f in fields(settings)
    ]
