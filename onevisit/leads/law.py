"""Rules that a matter may rest on, as dated data: none is quoted as law, each says from when to when it holds.

Nobody has checked them against the official texts: they are hints for the legal section, never a ground by
themselves. A code of a matter (`onevisit.schema.Matter.code`) finds those that hold on a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

_RECORDS = (
    "exceedance", "marked_exceedance", "near_limit", "frozen_pair", "periodicity", "oxygen_dilution",
    "converted_differs", "stop_marked_but_running", "mark_contradicted", "repeated_fault",
)  # fmt: skip
_MARKS = ("marked_exceedance", "mark_contradicted", "marks_over_limit", "marks_outside_industry")
_TREATMENT = ("treatment_off", "idle_treatment", "emission", "exceedance")
_CODE_FROM = date(2026, 8, 15)
_BEFORE_CODE = date(2026, 8, 14)


@dataclass(frozen=True)
class LegalReference:
    """One rule: its title, from when to when it holds (None: without an end), what it may bear on, and whether
    anybody has checked it against the official text."""

    title_zh: str
    title_en: str
    valid_from: date
    valid_to: date | None
    codes: tuple[str, ...]
    is_checked: bool = False

    def holds_on(self, day: date) -> bool:
        """Whether it was in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


REFERENCES = (
    LegalReference(
        "排污许可管理条例（国务院令第736号）",
        "Regulation on pollutant discharge permits (State Council Order 736)",
        date(2021, 3, 1),
        None,
        ("permit", "registration", "emission"),
    ),
    LegalReference(
        "企业环境信息依法披露管理办法（部令第24号）",
        "Measures on disclosure of environmental information (Ministry Order 24)",
        date(2022, 2, 8),
        None,
        ("disclosure",),
    ),
    LegalReference(
        "生态环境监测条例（国务院令第820号）",
        "Regulation on ecological and environmental monitoring (State Council Order 820)",
        date(2026, 1, 1),
        None,
        _RECORDS,
    ),
    LegalReference(
        "污染物排放自动监测设备标记规则（公告2022年第21号）",
        "Rules for marks of automatic monitors of emissions (Announcement 2022 no. 21)",
        date(2023, 1, 1),
        None,
        _MARKS,
    ),
    LegalReference(
        "大气污染防治法",
        "Law on the prevention of air pollution",
        date(2016, 1, 1),
        _BEFORE_CODE,
        (*_TREATMENT, "order", "production_in_stop"),
    ),
    LegalReference(
        "水污染防治法", "Law on the prevention of water pollution", date(2008, 6, 1), _BEFORE_CODE, ("exceedance",)
    ),
    LegalReference(
        "生态环境法典",
        "Code of ecology and environment",
        _CODE_FROM,
        None,
        (*_TREATMENT, "order", "production_in_stop", "permit", "disclosure"),
    ),
    LegalReference(
        "信访工作条例", "Regulation on letters and visits", date(2022, 5, 1), None, ("complaint",)
    ),
)  # fmt: skip
"""From second-hand sources (see the notes on the domain); titles and days are to be checked by the legal section."""


def references_for(code: str, day: date) -> tuple[LegalReference, ...]:
    """The rules that may bear on a matter on a day.

    Examples
    --------
    >>> [r.title_en for r in references_for("treatment_off", date(2026, 9, 1))]
    ['Code of ecology and environment']
    """
    return tuple(one for one in REFERENCES if code in one.codes and one.holds_on(day))
