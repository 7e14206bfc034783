"""Every threshold of the fusion room, with its unit and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.errors import SettingError
from ingest.settings import same_as, setting
from tracks.settings import COMBUSTION_SPECIES, TrackSettings

_POSITIVE = (
    "cell_m",
    "neighbourhood_m",
    "agreement_m",
    "alpha",
    "surrogates",
    "minimum_cells",
    "calm_m_s",
    "unknown_wind_m_s",
    "reach_m",
    "radius_calm_m",
    "bin_m",
    "site_extent_m",
    "rate_decades",
    "emitter_share",
    "roughness_m",
    "mixing_height_m",
)


_SHARES = (
    "puff_share",
    "other_share",
    "alpha",
    "recurrence_share",
    "sighting_share",
    "persistent_share",
    "listed_share",
    "off_share",
    "credible",
    "elsewhere_share",
    "area_share",
)


@dataclass(frozen=True)
class FusionSettings:
    """Thresholds of cube, hotspots, dispersion and attribution."""

    cell_m: float = setting(
        20.0, unit="m", source="choice: finer than the 30 m segments of Apte 2017, coarser than GNSS", bureau=True
    )
    chunk_cells: int = setting(1024, unit="1", source="choice: 8 MB of float64 a chunk and layer")

    neighbourhood_m: float = setting(
        50.0, unit="m", source="choice: plumes are 30-150 m wide at 200-500 m from a source"
    )
    alpha: float = setting(
        0.05, unit="1", source="convention: share of maps without a source that may show a hotspot"
    )
    recurrence_share: float = setting(
        0.5, unit="1", source="choice: part of alpha that recurrent hotspots may use up"
    )
    sighting_share: float = setting(
        0.04, unit="1", source="choice: part of alpha for single sightings; real drives are burstier than surrogates"
    )
    agreement_m: float = setting(
        30.0, unit="m", source="choice: 5 degrees of wind move a plume's axis so far at 350 m from its source"
    )
    combustion_species: tuple[str, ...] = setting(
        (*COMBUSTION_SPECIES, "pm25", "pm10"),
        unit="",
        source="choice: tracers of exhaust, as in tracks, and its particles",
    )
    step_downs: int = setting(
        5, unit="1", source="choice: times that what remains is tested again without what was found"
    )
    persistent_share: float = setting(
        0.9, unit="1", source="convention: persistent in 90 % of time steps, as in emerging hot spot analysis"
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
    seen_sigma: float = setting(
        4.0, unit="1", source="choice: and above four robust standard deviations of its cells, as a crossing"
    )
    minimum_cells: int = setting(2, unit="1", source="choice: one cell is one GNSS error away from another place")
    minimum_visited: int = setting(20, unit="1", source="choice: fewer cells have no background to stand out from")
    area_share: float = setting(
        0.6, unit="1", source="choice: windows this full are an area (flight), else a line (drive)"
    )
    seed: int = setting(20240601, unit="1", source="choice: fixed, so that the same data give the same hotspots")

    gnss_sd_m: float = same_as(TrackSettings, "gnss_sd_m")
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
    unknown_wind_m_s: float = setting(
        2.0, unit="m s-1", source="choice: where no wind was measured; GB/T 28591-2012: Beaufort 2 begins at 1.6 m/s"
    )

    gate_sigma: float = setting(3.0, unit="1", source="choice: sites beyond this many bearing sd get no likelihood")
    reach_m: float = setting(
        1500.0, unit="m", source="choice: farther, a ground-level plume is below city background"
    )
    radius_calm_m: float = setting(600.0, unit="m", source="choice: drift of 10 min at the calm speed")
    bin_m: float = setting(25.0, unit="m", source="choice: samples nearer than this share their error")
    site_extent_m: float = setting(
        35.0, unit="m", source="choice: 1.5 ha parcel; emission point about a site's reference point, sd"
    )

    listed_share: float = setting(0.7, unit="1", source="choice: share of emitters that stand in a register")
    neighbours_m: float = setting(
        400.0, unit="m", source="choice: registered sites this near tell how many unlisted ones there may be"
    )
    parcel_m: float = setting(
        45.0, unit="m", source="choice: ground about a registered site that is its own, as a radius; 0.6 ha or so"
    )
    unlisted_per_km2: float = setting(
        0.3, unit="km-2", source="choice: unlisted emitters where no site is registered"
    )
    species_unlisted: float = setting(
        0.15, unit="1", source="choice: weight of a site whose permit lists species, but not this one"
    )
    species_unknown: float = setting(0.5, unit="1", source="choice: weight of a site whose species are not listed")
    emitter_share: float = setting(
        0.07, unit="1", source="choice: share of registered sites that emit a species enough to be seen from the road"
    )
    wind_smooth_s: float = setting(15.0, unit="s", source="choice: gusts that a plume as wide as a street averages")
    wind_error_share: float = setting(
        0.25, unit="1", source="choice: errors of wind readings average over headings and minutes, sixteen free ones"
    )
    companion_correlation: float = setting(
        0.6, unit="1", source="choice: correlation over bins above which two species rise together"
    )
    companion_ratio: float = setting(
        0.03, unit="1", source="choice: below this share of the hotspot's species a companion is absent"
    )
    companion_listed: float = setting(
        0.8, unit="1", source="choice: chance that a species on the permit rises with the others"
    )
    companion_unlisted: float = setting(
        0.12, unit="1", source="choice: chance that a species not on the permit does: another source, traffic"
    )
    puff_share: float = setting(
        1e-4,
        unit="1",
        source="tuning seeds 0-59: a plume at a hotspot as a puff of traffic or background",
    )
    other_share: float = setting(
        0.1, unit="1", source="tuning seeds 0-59: likelihood of a plume elsewhere as one of another source"
    )
    shape_error: float = setting(
        0.25, unit="1", source="choice: model error of a crossing's shape, as a share of its peak"
    )
    misfit_tail: float = setting(4.0, unit="1", source="choice: power of the heavy tail of a crossing's misfit")
    shared_bins: float = setting(2.0, unit="1", source="choice: neighbouring bins that share their error")
    shoulder_m: float = setting(50.0, unit="m", source="choice: quiet road beside a plume that belongs to its shape")
    plume_m: float = setting(700.0, unit="m", source="choice: a rise over more road than this is not one plume")
    stretch_m: float = setting(250.0, unit="m", source="choice: quiet road with one error of the wind, a block")
    place_sd_m: float = setting(12.0, unit="m", source="choice: GNSS, rest of the lag and response, half a bin")
    height_ln_sd: float = setting(
        0.7, unit="1", source="choice: a crossing in seconds against the mean plume, a factor of 2"
    )
    rate_decades: float = setting(
        6.0, unit="1", source="choice: width of the flat prior of the logarithm of the rate"
    )
    detection_sigma: float = setting(
        4.0, unit="1", source="choice: a crossing stands this far above the noise of bins"
    )
    near_m: float = setting(75.0, unit="m", source="choice: a crossing nearer than this to a hotspot belongs to it")
    context_m: float = setting(600.0, unit="m", source="choice: silence within this distance tells about a source")
    elsewhere_share: float = setting(
        0.9, unit="1", source="choice: belief that a site which explains a hotspot elsewhere also emits here"
    )
    located_m: float = setting(
        150.0, unit="m", source="choice: a source less well placed than a block has a bearing, not a position"
    )
    off_share: float = setting(
        0.2, unit="1", source="choice: a real source is off, lofted or mis-modelled this often"
    )
    credible: float = setting(0.9, unit="1", source="convention: share of probability in the credible area")

    source_height_m: float = setting(5.0, unit="m", source="choice: doors, tanks and vents; stacks say their own")
    inlet_height_m: float = same_as(TrackSettings, "inlet_height_m")
    snapshot_width: float = setting(
        0.6, unit="1", source="choice: width of a crossing in seconds against the mean plume"
    )
    roughness_m: float = setting(0.3, unit="m", source="choice: industrial park, WMO-No. 8 roughness class 6-7")
    mixing_height_m: float = setting(
        800.0, unit="m", source="choice: day; used only for the turbulence of convection"
    )

    def __post_init__(self) -> None:
        """Refuse thresholds that cannot be meant."""
        for name in _POSITIVE:
            if not float(getattr(self, name)) > 0:
                raise SettingError(f"fusion.{name} is {getattr(self, name)}, expected a positive number")
        for name in _SHARES:
            if not 0 < getattr(self, name) < 1:
                raise SettingError(f"fusion.{name} is {getattr(self, name)}, expected a share between 0 and 1")
        if self.fdr not in ("bh", "by"):
            raise SettingError(f"fusion.fdr is {self.fdr!r}, expected 'bh' or 'by'")
