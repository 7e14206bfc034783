"""Every threshold of the room, with its unit and its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.errors import SettingError
from ingest.settings import same_as, setting
from ingest.traces.record import TraceSettings

COMBUSTION_SPECIES = ("co2", "co", "no", "no2", "nox", "pnc", "bc", "co2_dry")
BACKGROUND_MODELS = ("percentile", "phase_shift", "spline", "two_state")


@dataclass(frozen=True)
class TrackSettings:
    """Thresholds of `tracks`; those of the vehicle and its instruments may stand in a profile.

    Raises
    ------
    SettingError
        If a value cannot work (an unknown model, a percentile outside 0–100, a length or time below zero).
    """

    # lag
    lag_s: float = setting(
        0.0,
        unit="s",
        source="choice: 0 is not given; where opposite passes agree on a lag, that is applied",
        bureau=True,
    )
    lag_of: tuple[tuple[str, float], ...] = setting(
        (),
        unit="s",
        source="choice: a lag of its own per instrument or species, (name, seconds); wins over lag_s, 0 too",
        bureau=True,
    )
    estimate_lag: bool = setting(
        True, unit="1", source="choice: where no lag is given and opposite passes agree on one, it is applied"
    )
    lag_search_s: float = setting(45.0, unit="s", source="choice: the longest published lag is 40 s (PLUME van)")
    lag_prior_median_s: float = setting(
        5.7,
        unit="s",
        source="published lags: Urban-Survey 28 s, AMLD 4, CalMAPLab 1.5, 2, 3, 3, 4, 4, 4, 6, 9.5, 9.5,"
        " PLUME van 5, 40, little-RAVEN 11",
    )
    lag_prior_log_sd: float = setting(0.9, unit="1", source="the same lags: scatter of their logarithms")
    lag_none_share: float = setting(
        0.2, unit="1", source="choice: one trace in five has no lag left or no inlet line"
    )
    lag_chance: float = setting(0.01, unit="1", source="choice: one lag in a hundred is an accident at any score")
    lag_max_sd_s: float = setting(3.5, unit="s", source="choice: a lag known worse than 3.5 s is called unknown")
    lag_given_sd_s: float = setting(
        1.0, unit="s", source="choice: a puff of gas timed by hand to 0.5 s, and what is left of the response"
    )
    response_of: tuple[tuple[str, float], ...] = setting(
        (),
        unit="s",
        source="choice: no response time is corrected unless (species or instrument, seconds) is given",
        bureau=True,
    )
    frozen_s: float = setting(
        30.0, unit="s", source="choice: noise changes the last digit of a 1 Hz analyser within seconds"
    )
    value_gap_s: float = setting(3.0, unit="s", source="choice: values further apart are not interpolated over")
    # vehicle
    inlet_height_m: float = setting(
        2.5, unit="m", source="choice: roof of a van; EPA OTM 33A's mast is 2.69 m", bureau=True
    )
    # positions
    gnss_sd_m: float = setting(
        2.5, unit="m", source="choice: code receivers state 2-3 m CEP under open sky; 3 m / 1.18 an axis"
    )
    acceleration_density: float = setting(
        1.0, unit="m2 s-3", source="choice: white-noise acceleration of urban driving, about 1 m s-2 over 1 s"
    )
    jump_gate_sd: float = setting(6.0, unit="1", source="choice: innovations beyond 6 standard deviations are jumps")
    jump_reset_s: float = setting(5.0, unit="s", source="choice: where jumps agree for longer, the vehicle is there")
    residual_sd: float = setting(
        2.0, unit="1", source="choice: fixes 5 m off a track that fits their neighbours contradict it (2 x 2.5 m)"
    )
    position_gap_s: float = same_as(TraceSettings, "position_gap_s")
    hold_s: float = setting(2.0, unit="s", source="choice: shorter repeats are a slow receiver held by the logger")
    stuck_position_s: float = same_as(TraceSettings, "stuck_position_s")
    stuck_jump_m: float = setting(25.0, unit="m", source="choice: further than a car starting from rest moves in 3 s")
    min_satellites: float = setting(4.0, unit="1", source="uataq/data-pipeline QAQC flag −22")
    max_hdop: float = setting(8.0, unit="1", source="choice: above 8 horizontal errors reach 20 m")
    outage_s: float = setting(300.0, unit="s", source="uataq/data-pipeline QAQC flag −24: outage of 5 min")
    warm_up_s: float = setting(60.0, unit="s", source="uataq/data-pipeline QAQC flag −24: 1 min of warm-up")
    depots: tuple[tuple[tuple[float, float], ...], ...] = setting(
        (),
        unit="degree",
        source="choice: polygons (longitude, latitude) of yards that are no survey; uataq flag 20",
        bureau=True,
    )
    stop_speed: float = setting(0.5, unit="m s-1", source="choice: slower is a stop")
    max_speed: float = setting(60.0, unit="m s-1", source="choice: no survey platform is faster")
    # drive passes
    pass_cell_m: float = setting(30.0, unit="m", source="Apte 2017, doi:10.1021/acs.est.7b00891: 30 m segments")
    pass_revisit_s: float = setting(60.0, unit="s", source="choice: coming back sooner is waiting or turning")
    pass_gap_s: float = setting(300.0, unit="s", source="choice: the air of a place changes within minutes")
    # road segments
    segment_m: float = setting(30.0, unit="m", source="Apte 2017, doi:10.1021/acs.est.7b00891: 30 m segments")
    match_distance_m: float = setting(15.0, unit="m", source="CalMAPLab/calmaplab_processing: matched up to 15 m")
    match_angle_deg: float = setting(60.0, unit="degree", source="CalMAPLab/calmaplab_processing: up to 60°")
    match_speed: float = setting(0.9, unit="m s-1", source="CalMAPLab/calmaplab_processing: from 2 mph on")
    match_angle_sd_deg: float = setting(
        20.0, unit="degree", source="choice: changing lanes, and streets drawn with corners"
    )
    road_sd_m: float = setting(4.0, unit="m", source="choice: lanes beside the line that stands for a street")
    segment_min_passes: int = setting(
        3, unit="1", source="choice: the interval of a median of fewer passes is no more than their range"
    )
    # instruments
    correct_bc_loading: bool = setting(
        False,
        unit="",
        source="choice: only where it is asked for; Kirchstetter & Novakov 2007 for a microAeth's filter",
        bureau=True,
    )
    correct_pm_humidity: bool = setting(
        False, unit="", source="choice: only where asked for; Chakrabarti et al. 2004, photometers", bureau=True
    )
    # wind
    max_wind: float = setting(40.0, unit="m s-1", source="choice: stronger true wind on a road is a sensor fault")
    wind_sensor_sd: float = setting(0.3, unit="m s-1", source="choice: a sonic on a mast, after calibration")
    flow_factor: float = setting(1.0, unit="1", source="choice: no flow distortion known")
    flow_distortion_sd: float = setting(
        0.07,
        unit="1",
        source="choice, after Hanlon & Risk 2020, doi:10.5194/amt-13-191-2020: grows with the apparent wind",
    )
    flow_yaw_gain: float = setting(
        1.0, unit="1", source="choice, after Hanlon & Risk 2020: twice as uncertain in a tail wind as in a head wind"
    )
    # background
    background_model: str = setting("percentile", unit="", source="Brantley et al. 2014: methods differ little")
    background_window_s: float = setting(300.0, unit="s", source="Tettenborn 2025, amt-18-3569: 5 min, centred")
    background_percentile: float = setting(10.0, unit="%", source="Tettenborn 2025, amt-18-3569: 10th percentile")
    phase_window_s: float = setting(3600.0, unit="s", source="doi:10.1016/j.atmosenv.2023.119995: 1 h")
    phase_percentile: float = setting(1.0, unit="%", source="doi:10.1016/j.atmosenv.2023.119995: 1 %")
    spline_block_s: float = setting(600.0, unit="s", source="Brantley et al. 2014: minima of 10 min blocks")
    background_step_s: float = setting(
        1.0, unit="s", source="choice: faster rows are averaged over 1 s before the background is taken"
    )
    # plumes
    detection_sd: float = setting(3.0, unit="1", source="IUPAC: 3 standard deviations of the blank")
    plume_snr: float = setting(5.0, unit="1", source="choice: maximum over standard deviation of noise")
    plume_fraction: float = setting(0.1, unit="1", source="choice: a plume ends below a tenth of its maximum")
    plume_gap_s: float = setting(5.0, unit="s", source="Weller et al. 2019 code: a new peak after 5 s")
    plume_samples: int = setting(2, unit="1", source="choice: a single value is a spike of the sensor")
    source_distance_m: float = setting(
        60.0, unit="m", source="Weller 2019 code: buffers of 30 m that touch; Urban-Survey: clusters cut at 60 m"
    )
    crossing_distance_m: float = setting(30.0, unit="m", source="choice: a pass this close would have seen the plume")
    # fingerprints
    fingerprint_p: float = setting(
        0.001, unit="1", source="choice: a place gets a second source when one of a thousand pairs would look so"
    )
    fingerprint_sd: float = setting(
        0.1, unit="1", source="choice: instruments follow a plume of seconds differently by a tenth of the ratio"
    )
    # exhaust
    combustion_species: tuple[str, ...] = setting(COMBUSTION_SPECIES, unit="", source="choice: tracers of exhaust")
    exhaust_snr: float = setting(5.0, unit="1", source="choice: a spike exceeds 5 standard deviations of noise")
    exhaust_spike_s: float = setting(15.0, unit="s", source="choice: an overtaking vehicle's exhaust lasts seconds")
    exhaust_together_s: float = setting(3.0, unit="s", source="choice: instruments of one van agree within 3 s")
    exhaust_probability: float = setting(0.5, unit="1", source="choice: flagged when more likely than not")
    exhaust_window_s: float = setting(60.0, unit="s", source="choice: spikes are taken over the minute around them")

    # emission rates
    parked_radius_m: float = setting(30.0, unit="m", source="choice: a parked run's positions stay within this")
    rate_species: str = setting("ch4", unit="", source="EPA OTM 33A: methane releases")
    rate_background_percent: float = setting(5.0, unit="%", source="EPA OTM 33A: mean of the lowest 5 %")
    rate_bin_deg: float = setting(5.0, unit="degree", source="choice: half of EPA OTM 33A's 10°")
    rate_bin_percent: float = setting(1.0, unit="%", source="EPA OTM 33A, R code: bins with fewer rows are left out")
    rate_sector_deg: float = setting(60.0, unit="degree", source="EPA OTM 33A: directions within ± 60° of the plume")
    rate_averaging: tuple[float, ...] = setting(
        (0.5, 0.75, 1.0), unit="1", source="choice: wind direction averaged over these shares of the travel time"
    )
    rate_source_height_sd_m: float = setting(
        0.5, unit="m", source="choice: a vent's height above the ground as a crew judges it by eye"
    )
    rate_log_sd: float = setting(
        0.30, unit="1", source="choice: 0.17 of one run (Environments 9(4) 47) and 0.25 of the vertical spread"
    )
    transect_log_sd: float = setting(
        1.0, unit="1", source="choice: single crossings scatter by a factor of about 3 (Ravikumar 2019: 10)"
    )
    transect_common_log_sd: float = setting(0.5, unit="1", source="choice: one day's conditions, a factor of 1.6")
    transects_for_medium: int = setting(
        10, unit="1", source="Caulton 2018, doi:10.5194/acp-18-15145-2018: about 10 transects are needed"
    )
    min_rate_wind: float = setting(0.5, unit="m s-1", source="choice: below it there is no travel time")

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if self.background_model not in BACKGROUND_MODELS:
            raise SettingError(
                f"background_model is {self.background_model!r}, expected one of {', '.join(BACKGROUND_MODELS)}"
            )
        for name in ("background_percentile", "phase_percentile"):
            if not 0 <= getattr(self, name) <= 100:
                raise SettingError(f"{name} is {getattr(self, name)}, expected 0 to 100 %")
        for number, polygon in enumerate(self.depots, start=1):
            if len(polygon) < 3 or not all(_is_place(point) for point in polygon):
                raise SettingError(
                    f"depots, polygon {number}: expected at least three points [longitude, latitude] in degrees"
                )
        positive = ("gnss_sd_m", "acceleration_density", "pass_cell_m", "background_window_s", "background_step_s")
        for name in (*positive, "segment_m", "match_distance_m"):
            if not getattr(self, name) > 0:
                raise SettingError(f"{name} is {getattr(self, name)}, expected more than 0")


def _is_place(point: Sequence[float]) -> bool:
    """True for a longitude and a latitude in degrees."""
    if not isinstance(point, Sequence) or len(point) != 2:
        return False
    return all(isinstance(number, int | float) for number in point) and abs(point[0]) <= 180 and abs(point[1]) <= 90
