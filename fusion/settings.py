"""Every threshold of the fusion room, with its unit and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.errors import SettingError
from ingest.settings import setting

__all__ = ["FusionSettings"]

_POSITIVE = (
    "cell_m",
    "neighbourhood_m",
    "alpha",
    "surrogates",
    "minimum_cells",
    "calm_m_s",
    "reach_m",
    "radius_calm_m",
    "window_m",
    "bin_m",
    "site_extent_m",
    "rate_decades",
    "roughness_m",
    "mixing_height_m",
)


@dataclass(frozen=True)
class FusionSettings:
    """Thresholds of cube, hotspots, dispersion and attribution."""

    cell_m: float = setting(
        20.0, unit="m", source="choice: finer than the 30 m segments of Apte 2017, coarser than GNSS"
    )
    chunk_cells: int = setting(1024, unit="1", source="choice: 8 MB of float64 a chunk and layer")

    neighbourhood_m: float = setting(
        50.0, unit="m", source="choice: plumes are 30-150 m wide at 200-500 m from a source"
    )
    alpha: float = setting(
        0.05, unit="1", source="convention: share of maps without a source that may show a hotspot"
    )
    fdr: str = setting("bh", unit="", source="Benjamini and Hochberg 1995; 'by' is Benjamini and Yekutieli 2001")
    surrogates: int = setting(499, unit="1", source="choice: smallest p 0.002, a tenth of alpha / 2")
    work_limit: float = setting(
        2e9, unit="1", source="choice: cells x neighbours x surrogates in about 20 s; beyond, fewer"
    )
    score_cap: float = setting(6.0, unit="1", source="choice: no single drive pass may carry a recurrence alone")
    seen_share: float = setting(
        0.05, unit="1", source="choice: a pass sees a hotspot in its own highest 5 % of cells"
    )
    minimum_cells: int = setting(2, unit="1", source="choice: one cell is one GNSS error away from another place")
    minimum_visited: int = setting(20, unit="1", source="choice: fewer cells have no background to stand out from")
    area_share: float = setting(
        0.6, unit="1", source="choice: windows this full are an area (flight), else a line (drive)"
    )
    seed: int = setting(20240601, unit="1", source="choice: fixed, so that the same data give the same hotspots")

    gnss_sd_m: float = setting(
        3.0, unit="m", source="GPS SPS performance standard 2020: 95 % within 8 m, sd per axis"
    )
    position_lag_s: float = setting(
        1.0, unit="s", source="choice: what remains of the inlet lag after its correction"
    )

    calm_m_s: float = setting(1.0, unit="m s-1", source="GB/T 28591-2012: Beaufort 0 is below 0.3, 1 below 1.6 m/s")
    direction_floor_deg: float = setting(
        5.0, unit="degree", source="Prairie Grass: plume against on-site wind, 95 % in 5-7"
    )
    direction_met_deg: float = setting(
        15.0, unit="degree", source="choice: wind seen from a moving vehicle in streets"
    )
    wind_window_s: float = setting(
        120.0, unit="s", source="choice: the wind that carried the plume over 300 m at 3 m/s"
    )
    nominal_wind_m_s: float = setting(0.7, unit="m s-1", source="choice: transport speed assumed in calm")

    gate_sigma: float = setting(3.0, unit="1", source="choice: sites beyond this many bearing sd get no likelihood")
    reach_m: float = setting(
        2500.0, unit="m", source="choice: farther, a ground-level plume is below city background"
    )
    radius_calm_m: float = setting(600.0, unit="m", source="choice: drift of 10 min at the calm speed")
    window_m: float = setting(250.0, unit="m", source="choice: stretch around a hotspot that must be explained")
    bin_m: float = setting(25.0, unit="m", source="choice: samples nearer than this share their error")
    site_extent_m: float = setting(60.0, unit="m", source="choice: emission point about a site's reference point, sd")

    listed_share: float = setting(0.7, unit="1", source="choice: share of emitters that stand in a register")
    unlisted_per_km2: float = setting(
        0.3, unit="km-2", source="choice: unlisted emitters where no site is registered"
    )
    background_odds: float = setting(
        0.3, unit="1", source="choice: prior odds of traffic or background against emitters"
    )
    traffic_share: float = setting(
        0.3, unit="1", source="choice: a pass meets a truck plume in one window this often"
    )
    off_share: float = setting(
        0.2, unit="1", source="choice: a real source is off, lofted or mis-modelled this often"
    )
    shape_error: float = setting(0.35, unit="1", source="choice: a snapshot is not the mean plume; part of its peak")
    rate_ln_sd: float = setting(0.7, unit="1", source="OTM 33A: rates of one source scatter by a factor of 2 a pass")
    rate_decades: float = setting(
        4.0, unit="1", source="choice: width of the flat prior of the logarithm of the rate"
    )
    credible: float = setting(0.9, unit="1", source="convention: share of probability in the credible area")

    source_height_m: float = setting(5.0, unit="m", source="choice: doors, tanks and vents; stacks say their own")
    inlet_height_m: float = setting(2.5, unit="m", source="choice: roof of a van")
    roughness_m: float = setting(0.3, unit="m", source="choice: industrial park, WMO-No. 8 roughness class 6-7")
    mixing_height_m: float = setting(
        800.0, unit="m", source="choice: day; used only for the turbulence of convection"
    )
    snapshot_widths: tuple[float, ...] = setting(
        (0.4, 0.7, 1.1), unit="1", source="choice: width of a crossing in seconds against that of the mean plume"
    )

    def __post_init__(self) -> None:
        """Refuse thresholds that cannot be meant."""
        for name in _POSITIVE:
            if not float(getattr(self, name)) > 0:
                raise SettingError(f"fusion.{name} is {getattr(self, name)}, expected a positive number")
        for name in ("alpha", "listed_share", "off_share", "traffic_share", "credible", "area_share"):
            if not 0 < getattr(self, name) < 1:
                raise SettingError(f"fusion.{name} is {getattr(self, name)}, expected a share between 0 and 1")
        if self.fdr not in ("bh", "by"):
            raise SettingError(f"fusion.fdr is {self.fdr!r}, expected 'bh' or 'by'")
