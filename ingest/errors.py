"""Every error this program raises on purpose.

::

    OnevisitError
    ├── ContractError      a room was called with something that breaks what the rooms agreed on
    ├── SettingError       a profile, a mission.toml or an option says something impossible
    ├── FileError          one input file cannot be read or believed; becomes a Reject, the rest goes on
    │   ├── UnknownFormat  no reader recognises the file
    │   ├── NoPosition     a trace without positions, a photo without GPS, a site without a place
    │   └── NoTimeZone     local times whose zone cannot be settled
    └── NothingUsable      a mission in which nothing can be processed
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.outcome import Reject


class OnevisitError(Exception):
    """Base of all errors raised on purpose."""


class ContractError(OnevisitError, ValueError):
    """A dataset or record breaks the contract between the rooms (`ingest.schema`)."""


class SettingError(OnevisitError, ValueError):
    """A profile, a ``mission.toml`` or an option asks for something impossible."""


class NothingUsable(OnevisitError):
    """A mission, or a stage's whole input, holds nothing that can be processed.

    Parameters
    ----------
    message : str
        What was looked for and what was found.
    rejects : sequence of Reject, optional
        What was refused on the way, one by one, so that nothing is lost.
    """

    def __init__(self, message: str, *, rejects: Sequence[Reject] = ()) -> None:
        self.rejects = tuple(rejects)
        super().__init__(message)


class FileError(OnevisitError):
    """One input file, or one place in it, cannot be read or believed.

    Parameters
    ----------
    item : str
        The file, as the user would name it (relative to the mission folder where possible).
    reason : str
        What came, what was expected, and what to try.
    where : str, optional
        The place in the file: ``"line 12"``, ``'column 7 "WS"'``, ``"sheet 采样"``.

    Examples
    --------
    >>> str(FileError("met.csv", 'unit "km/h" is not convertible', where='column 7 "WS"'))
    'met.csv, column 7 "WS": unit "km/h" is not convertible'
    """

    def __init__(self, item: str, reason: str, *, where: str = "") -> None:
        self.item = item
        self.reason = reason
        self.where = where
        super().__init__(f"{item}, {where}: {reason}" if where else f"{item}: {reason}")


class UnknownFormat(FileError):
    """No reader recognises the file."""


class NoPosition(FileError):
    """A record that cannot be placed on the earth."""


class NoTimeZone(FileError):
    """Local times whose zone is neither declared nor settled by evidence."""
