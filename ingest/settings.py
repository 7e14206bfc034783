"""How a room states its thresholds: a frozen dataclass whose every field has a unit and a source.

A room defines them next to the code that uses them, so a threshold is never hidden, and never separated from the
place where it was read. Most are parameters of a model: who varies them passes in another instance
(``dataclasses.replace``). A few name the circumstances of a bureau, and only those may stand in a profile:
``bureau=True`` marks them, and `onevisit.profile` collects them. What two rooms need is stated in the lower one;
the higher one asks for `same_as`.

Examples
--------
>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Example:
...     gap_s: float = setting(5.0, unit="s", source="EXAMPLE 1-2024")
>>> describe_settings(Example())
[SettingLine(name='gap_s', value=5.0, unit='s', source='EXAMPLE 1-2024', is_default=True, for_bureau=False)]
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any


def setting(default: Any, *, unit: str, source: str, bureau: bool = False) -> Any:
    """Declare one threshold of a settings dataclass.

    Parameters
    ----------
    default : float, int, str, bool, tuple or dict
        The value used when nothing else is said; a dict is copied for each instance.
    unit : str
        UDUNITS string; ``"1"`` for a pure number, ``""`` for a name.
    source : str
        Where the number comes from: a standard, a doi, or ``"choice: ..."`` with the reason.
    bureau : bool
        Whether a profile may set it. Without, it is a parameter of the model.
    """
    metadata = {"unit": unit, "source": source, "bureau": bureau}
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata=metadata)
    return field(default=default, metadata=metadata)


def same_as(owner: type, name: str) -> Any:
    """Declare a threshold that another settings dataclass states: its default, unit and source, not its ``bureau``.

    Raises
    ------
    KeyError
        If ``owner`` has no setting ``name``.
    """
    stated = {f.name: f for f in fields(owner)}[name]
    return setting(stated.default, unit=stated.metadata["unit"], source=stated.metadata["source"])


@dataclass(frozen=True)
class SettingLine:
    """One threshold as it is shown to a person; ``is_default`` says whether it is as built in."""

    name: str
    value: object
    unit: str
    source: str
    is_default: bool = True
    for_bureau: bool = False


def describe_settings(settings: Any) -> list[SettingLine]:
    """List the thresholds of a settings dataclass instance, in order of declaration."""
    return [_line(f, getattr(settings, f.name)) for f in fields(settings)]


def _line(stated: Field[Any], value: object) -> SettingLine:
    default = stated.default if stated.default_factory is MISSING else stated.default_factory()
    words = stated.metadata
    return SettingLine(stated.name, value, words["unit"], words["source"], value == default, words["bureau"])
