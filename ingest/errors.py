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

from collections.abc import Mapping, Sequence

from ingest.outcome import Phrase, Reject, Value


class OnevisitError(Exception):
    """Base of all errors raised on purpose.

    Parameters
    ----------
    message : str or Phrase
        A sentence, or a phrase of which `onevisit.words` makes one in the reader's language.
    """

    def __init__(self, message: str | Phrase = "") -> None:
        self.phrase = message if isinstance(message, Phrase) else Phrase("as_said", {"text": message})
        super().__init__(str(message))


class ContractError(OnevisitError, ValueError):
    """A dataset or record breaks the contract between the rooms (`ingest.schema`)."""


class SettingError(OnevisitError, ValueError):
    """A profile, a ``mission.toml`` or an option asks for something impossible."""


class NothingUsable(OnevisitError):
    """A mission, or a stage's whole input, holds nothing that can be processed.

    Parameters
    ----------
    message : str or Phrase
        What was looked for and what was found.
    rejects : sequence of Reject, optional
        What was refused on the way, one by one, so that nothing is lost.
    """

    def __init__(self, message: str | Phrase, *, rejects: Sequence[Reject] = ()) -> None:
        super().__init__(message)
        self.rejects = tuple(rejects)


class FileError(OnevisitError):
    """One input file, or one place in it, cannot be read or believed.

    Parameters
    ----------
    item : str
        The file, as the user would name it (relative to the mission folder where possible).
    code : str
        What came, what was expected, and what to try: the code of a sentence in `onevisit.words`.
    values : mapping, optional
        What stands in the sentence.
    where : str, optional
        The place in the file: ``"line 12"``, ``'column 7 "WS"'``, ``"sheet 采样"``.

    Examples
    --------
    >>> str(FileError("met.csv", "unit_not_convertible", {"unit": "km/h"}, where='column 7 "WS"'))
    'met.csv, column 7 "WS": unit_not_convertible (unit km/h)'
    """

    def __init__(self, item: str, code: str, values: Mapping[str, Value] | None = None, *, where: str = "") -> None:
        super().__init__(Phrase(code, values or {}))
        self.item = item
        self.where = where

    def __str__(self) -> str:
        """File, place, code and values, for a programmer."""
        return f"{self.item}, {self.where}: {self.phrase}" if self.where else f"{self.item}: {self.phrase}"

    def __reduce__(self) -> tuple[type[FileError], tuple[str, str, dict[str, Value]], dict[str, str]]:
        """Rebuild it whole when it comes back from another process."""
        return type(self), (self.item, self.phrase.code, dict(self.phrase.values)), {"where": self.where}

    @property
    def reject(self) -> Reject:
        """The reject that the error becomes where the rest goes on."""
        return Reject(self.item, self.where, self.phrase.code, self.phrase.values)


class UnknownFormat(FileError):
    """No reader recognises the file."""


class NoPosition(FileError):
    """A record that cannot be placed on the earth."""


class NoTimeZone(FileError):
    """Local times whose zone is neither declared nor settled by evidence."""
