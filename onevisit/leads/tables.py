"""The numbers of the model of rival explanations, in the format of a profile: what no bureau may set, and why so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.errors import SettingError
from ingest.settings import setting

_RECORDS: Mapping[str, Mapping[str, float]] = {
    "ammonia_above_total_nitrogen": {"wrong_mark": 0.21},
    "calibration_in_work_hours": {"wrong_mark": 0.2},
    "check_failed": {"maintenance": 0.035},
    "constant": {"wrong_mark": 0.18},
    "converted_differs": {"analyser_fault": 0.18},
    "drift": {"permitted_emission": 6},
    "exceedance": {"unlawful_emission": 0.55, "permitted_emission": 0.6, "maintenance": 0.018},
    "flow_zero": {"permitted_emission": 3.6, "wrong_mark": 0.21},
    "frozen_pair": {"analyser_fault": 0.21},
    "idle_treatment": {"permitted_emission": 0.029, "analyser_fault": 0.029},
    "mark_contradicted": {"analyser_fault": 0.072, "maintenance": 0.074},
    "marked_exceedance": {
        "unlawful_emission": 0.11,
        "permitted_emission": 4.6,
        "analyser_fault": 9.4,
        "maintenance": 19,
    },
    "marks_outside_industry": {"permitted_emission": 11},
    "marks_over_limit": {"permitted_emission": 59},
    "near_limit": {"unlawful_emission": 0.076, "permitted_emission": 0.076, "analyser_fault": 0.076},
    "negative": {"maintenance": 0.23},
    "noise_collapse": {"wrong_mark": 0.49},
    "oxygen_dilution": {"permitted_emission": 0.12},
    "periodicity": {"permitted_emission": 0.16, "analyser_fault": 0.16},
    "production_in_stop": {"permitted_emission": 0.093},
    "spike": {"unlawful_emission": 0.039, "permitted_emission": 11, "maintenance": 0.072},
    "step": {"unlawful_emission": 3.1, "permitted_emission": 2.7, "maintenance": 0.16, "wrong_mark": 16},
    "stop_marked_but_running": {"permitted_emission": 0.061, "analyser_fault": 0.061},
    "treatment_off": {"analyser_fault": 0.058},
    "zero": {"permitted_emission": 6.7, "wrong_mark": 1.9},
}
"""By kind of anomaly: how much more often than the rules expect a rival was true, over the one that they expect most.
What lies between 0.75 and 1.33 is left at 1."""


@dataclass(frozen=True)
class RivalTables:
    """Shares, likelihood ratios and factors of `onevisit.leads.rivals`.

    Raises
    ------
    SettingError
        If a share is no probability, or a ratio, a factor or a spread is not positive.
    """

    beyond_permit: float = setting(
        1 / 3, unit="1", source="world 2, seeds 0-29: share of listed sources in plumes that emit more than they may"
    )
    exceeds: float = setting(
        30.0,
        unit="1",
        source="choice: a true exceedance at the site's own outlet at that time; world 2 shows no lawful one",
    )
    clean: float = setting(
        0.5, unit="1", source="world 2: the records of every second source beyond its permit look clean"
    )
    stop_order: float = setting(
        20.0, unit="1", source="choice: what emits while an order stops it is rarely exempt from the order"
    )
    complained: float = setting(
        1.5, unit="1", source="choice: an open complaint of the site; most complaints are of smells that are lawful"
    )
    expired: float = setting(
        2.0, unit="1", source="choice: a permit that has expired; most are being renewed while the plant runs"
    )
    within: tuple[float, float] = setting(
        (-0.38, 0.27),
        unit="1",
        source="world 2: mean and deviation of ln(rate / permitted) of sources within their permit (0.4 to 1 times)",
    )
    beyond: tuple[float, float] = setting(
        (0.80, 0.40), unit="1", source="world 2: the same of sources beyond it (1.2 times and more)"
    )
    rate_sd: float = setting(
        0.8, unit="1", source="docs/skill.md, source.rate: the median error of ln(rate) is 0.52 in world 2"
    )
    rate_most: float = setting(
        20.0,
        unit="1",
        source="choice: no rate speaks more strongly than this, either way: the plume model may be off",
    )
    yearly_h: float = setting(
        2000.0, unit="h", source="choice: the fewest hours a year over which a plant gives off its yearly amount"
    )
    misplaced: Mapping[str, float] = setting(
        {"settled": 0.02, "doubtful": 0.05},
        unit="1",
        source="world 2, seeds 0-29: leads of a hotspot of another source at a site whose register point is wrong",
    )
    records: Mapping[str, Mapping[str, float]] = setting(
        dict(_RECORDS),
        unit="1",
        source="world 2: drawn records of seeds 0-29, missions of seeds 0-19 counted eightfold, and ten anomalies of "
        "each kind as the rules weigh them",
    )

    def __post_init__(self) -> None:
        """Refuse numbers that no odds can be made of."""
        for name, share in {"beyond_permit": self.beyond_permit, **self.misplaced}.items():
            if not 0.0 < share < 1.0:
                raise SettingError(f"[rivals] {name}: {share} is not a probability between 0 and 1")
        ratios = {name: getattr(self, name) for name in ("exceeds", "clean", "stop_order", "complained", "expired")}
        ratios |= {f"records.{kind}.{rival}": f for kind, row in self.records.items() for rival, f in row.items()}
        ratios |= {"within": self.within[1], "beyond": self.beyond[1], "rate_sd": self.rate_sd}
        for name, ratio in ratios.items():
            if not ratio > 0.0:
                raise SettingError(f"[rivals] {name}: {ratio} is not above 0")


BUILT_IN = RivalTables()
"""As they are where nobody varies them."""
