"""The numbers of the joint posterior, with where they come from; no bureau sets them."""

from __future__ import annotations

from dataclasses import dataclass

from fusion.attribution.joint.turns import GROSS_SHARE, TURN_SD_DEG
from ingest.errors import SettingError


@dataclass(frozen=True)
class JointSettings:
    """Parameters of the joint posterior; angles in degrees, lengths in metres, times in seconds.

    ``block_s``: readings are averaged over so long, one block has one wind. ``step_s``: the wind of a block is
    followed in steps. ``calm_m_s``: blocks below have no direction. ``model_error`` and ``surprise`` are shares of
    the modelled and half of the measured value, ``tail`` the degrees of freedom of the errors, ``shared`` the
    witnesses of a block that count as one. ``turn_sd_deg`` is the scale of a vane's turn, ``gross_share`` the chance
    of each grossly wrong one, ``block_turn_deg`` the turn of a block about it. ``off_share``, ``scatter`` are of the
    rate of a block; ``widths`` factors on the spread, ``depths`` on the mean height of a plume and
    ``source_heights_m``, equally likely; ``rate_error`` is the standard deviation of the logarithm of a rate by mass.
    ``listed_share`` is the prior of a list of sites that is meant to be closed, ``nothing_share`` of that
    nothing emitted. ``pattern_shared`` values count as one where patterns are compared; a source emits all the
    time with ``whole_share``, else in one spell of ``shortest_share`` of it or more. ``reach_spans`` is how far
    beyond the sensors sources are sought, in their span.
    """

    block_s: float = 300.0
    step_s: float = 30.0
    calm_m_s: float = 0.5
    model_error: float = 0.3
    surprise: float = 0.15
    tail: float = 4.0
    shared: float = 2.0
    turn_sd_deg: float = TURN_SD_DEG
    gross_share: float = GROSS_SHARE
    block_turn_deg: float = 6.0
    off_share: float = 0.15
    scatter: float = 0.6
    widths: tuple[float, ...] = (0.7, 1.1, 1.8)
    depths: tuple[float, ...] = (0.8, 1.2, 1.8)
    source_heights_m: tuple[float, ...] = (0.5, 2.5)
    source_radius_m: float = 1.0
    rate_error: float = 0.6
    roughness_m: float = 0.03
    mixing_height_m: float = 800.0
    listed_share: float = 0.9
    nothing_share: float = 0.02
    another_odds: float = 4.5
    site_radius_m: float = 4.0
    place_error: float = 0.03
    pattern_shared: float = 5.0
    values_power: float = 0.3
    whole_share: float = 0.5
    shortest_share: float = 0.25
    scan_shared: float = 3.0
    reach_spans: float = 0.75
    finest_m: float = 2.0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        for name in ("block_s", "step_s", "calm_m_s", "model_error", "tail", "shared", "turn_sd_deg", "finest_m"):
            if not float(getattr(self, name)) > 0:
                raise SettingError(f"joint.{name} is {getattr(self, name)}, expected a positive number")
        if not 0 < self.off_share < 1:
            raise SettingError(f"joint.off_share is {self.off_share}, expected a share between 0 and 1")
