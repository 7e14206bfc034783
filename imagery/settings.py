"""Every threshold of the imagery room, with unit and source."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.settings import setting


@dataclass(frozen=True)
class ImagerySettings:
    """Thresholds of `imagery.process_frames`; ``mode`` is ``"refined"`` or ``"direct"``, ``gsd_m`` 0 is its own."""

    # --- what is made
    mode: str = setting(
        "refined", unit="", source="choice: refined wherever photos overlap; direct needs no overlap", bureau=True
    )
    gsd_m: float = setting(0.0, unit="m", source="choice: 0 takes the median ground sampling distance of the photos")
    chunk_px: int = setting(1024, unit="px", source="choice: 12 MB a chunk and layer stack, a few photos each")
    max_pixels: int = setting(4_000_000_000, unit="px", source="choice: 100 times the largest flight tested")
    cache_mb: int = setting(384, unit="MB", source="choice: decoded photos kept between neighbouring chunks")

    # --- which photos are believed
    black_level: float = setting(4.0, unit="1", source="choice: mean of 255 below which nothing is told from noise")
    flat_sd: float = setting(
        1.0, unit="1", source="choice: standard deviation of 255 of a lens cap, fog or saturation"
    )
    blur_ratio: float = setting(
        0.04, unit="1", source="choice: variance of second differences over the flight's median"
    )
    max_distance_m: float = setting(
        20_000.0, unit="m", source="choice: further from the flight's median is another flight"
    )
    yaw_tolerance_rad: float = setting(
        0.35, unit="rad", source="compass error up to 10 degrees (OpenAthena), doubled"
    )
    yaw_bias_rad: float = setting(0.17, unit="rad", source="OpenAthena: compass error up to 10 degrees")
    min_baseline_ratio: float = setting(
        0.05, unit="1", source="choice: GPS noise over a shorter baseline hides its bearing"
    )
    scale_tolerance: float = setting(
        0.25, unit="1", source="choice: height and focal length are told apart from GPS noise"
    )
    max_off_nadir_rad: float = setting(
        1.10, unit="rad", source="choice: 63 degrees, where a metre of height is two on the ground"
    )

    # --- standard deviations
    gps_relative_sd_m: float = setting(
        0.8, unit="m", source="Brighton: EXIF against ODM positions, rms 0.24 E, 0.45 N"
    )
    height_relative_sd_m: float = setting(
        0.3, unit="m", source="within a flight; Brighton: EXIF against ODM, rms 0.09 m"
    )
    takeoff_sd_m: float = setting(
        1.0, unit="m", source="docs/coordinates.md: barometer within 1 m, common to the flight"
    )
    tilt_sd_rad: float = setting(0.026, unit="rad", source="Brighton: 0.7-2.2 degrees between XMP and ODM tilt")
    untagged_tilt_sd_rad: float = setting(
        0.15, unit="rad", source="choice: a camera fixed to a small fixed-wing aircraft"
    )
    yaw_sd_rad: float = setting(
        0.052, unit="rad", source="choice: 3 degrees after the cross-check with image overlap"
    )
    single_yaw_sd_rad: float = setting(
        0.087, unit="rad", source="OpenAthena: compass error up to 10 degrees, taken as 2 sd; one photo alone"
    )
    boresight_sd_rad: float = setting(0.035, unit="rad", source="H20T: -2.5 degrees found by dji-thermal-cli")
    focal_sd_ratio: float = setting(
        0.01, unit="1", source="choice: lens tags have 2 to 3 digits; the reader may state more doubt"
    )
    distortion_sd: float = setting(0.05, unit="1", source="droneModels.json: spread of k1 over 106 cameras")
    rig_captures: int = setting(
        5, unit="1", source="choice: captures tried for the registration of bands; one suffices"
    )
    min_band_likeness: float = setting(
        0.3, unit="1", source="choice: correlation of gradients below which bands share nothing to register on"
    )
    laser_sd_m: float = setting(0.3, unit="m", source="DJI Zenmuse H20T specification: 0.2 m + 0.15 % of the range")
    flying_height_m: float = setting(
        0.0, unit="m", source="declared in mission.toml, for cameras that tag none; 0: from the tags", bureau=True
    )
    geoid_height_m: float = setting(
        -9999.0,
        unit="m",
        source="declared in mission.toml: DEM's zero above the ellipsoid; -9999: from PROJ",
        bureau=True,
    )
    dem: str = setting(
        "", unit="", source="declared in mission.toml: elevation model, relative to the mission folder", bureau=True
    )
    ground_sd_m: float = setting(
        2.0, unit="m", source="choice: ground against the take-off plane where nothing measured it"
    )

    # --- tie points
    feature_px: int = setting(1000, unit="px", source="choice: long side of the photo in which features are sought")
    features: int = setting(2500, unit="1", source="choice: 70 ms a photo; several hundred ties a neighbour")
    coarse_px: int = setting(
        500, unit="px", source="choice: long side in direct mode, where only yaw and scale are wanted"
    )
    coarse_features: int = setting(800, unit="1", source="choice: 25 ms a photo")
    batch_photos: int = setting(64, unit="1", source="choice: photos described before their pairs are matched, 20 MB")
    neighbours: int = setting(6, unit="1", source="choice: strip and both side neighbours; never all pairs")
    match_ratio: float = setting(0.8, unit="1", source="Lowe 2004, doi:10.1023/B:VISI.0000029664.99615.94, fig. 11")
    match_px: float = setting(6.0, unit="px", source="choice: homography inlier distance, leaves room for relief")
    min_matches: int = setting(15, unit="1", source="choice: 4 needed, more by chance on repeated texture")
    tie_sd_px: float = setting(0.5, unit="px", source="choice: SIFT localisation at the feature scale")
    ties_per_cell: int = setting(
        8, unit="1", source="choice: 64 cells a photo; a few hundred tie points, evenly spread"
    )
    huber: float = setting(2.0, unit="1", source="Huber 1981: residuals beyond 2 sd are weighted down")
    iterations: int = setting(12, unit="1", source="choice: Gauss-Newton on a nadir block converges in 5-8")
    relief_sd_ratio: float = setting(
        0.02, unit="1", source="choice: height error over flying height of a point used as ground"
    )
    covariance_stations: int = setting(
        510, unit="1", source="choice: one by one up to here; of larger blocks a third of this, nearest taken"
    )
    control_sd_m: float = setting(0.03, unit="m", source="a rover on RTK, 2-3 cm: doi:10.3390/rs9020172")
    control_gross_m: float = setting(
        100.0, unit="m", source="choice: GPS, compass and tilt at 120 m together stay below; a wrong CRS does not"
    )
    control_outlier_m: float = setting(
        1.0, unit="m", source="choice: a point typed or marked wrongly is off by more than its neighbours by this"
    )
    surface_cell_m: float = setting(2.0, unit="m", source="choice: ground relief from tie points, several in a cell")

    # --- blending
    feather_m: float = setting(0.6, unit="m", source="choice: wider than the mismatch, narrower than a car")
    feather_low: float = setting(6.0, unit="1", source="Burt & Adelson 1983: low frequencies over a wider seam")
    gain_limit: float = setting(
        0.35, unit="1", source="choice: exposure steps beyond half a stop are not the camera's"
    )

    # --- findings
    finding_cell_m: float = setting(0.5, unit="m", source="choice: a tenth of the smallest patch that matters")
    finding_cells: int = setting(
        25_000_000, unit="1", source="choice: 700 MB of layers; larger flights get larger cells"
    )
    finding_gap_m: float = setting(
        2.0, unit="m", source="choice: wheel tracks, heaps and roof fans do not part a patch"
    )
    soil_area_m2: float = setting(100.0, unit="m2", source="choice: less bare soil raises no dust seen from the road")
    soil_saturation: float = setting(
        0.10, unit="1", source="(R-B)/(R+B), Mathieu 1998, doi:10.1016/S0034-4257(98)00030-3; soil of Caliterra 0.11"
    )
    soil_coloration: float = setting(
        0.025, unit="1", source="(R-G)/(R+G), Mathieu 1998; soil of Caliterra 0.03-0.07, grass below 0.01"
    )
    soil_hue: float = setting(
        4.0, unit="1", source="(2R-G-B)/(G-B), Mathieu 1998; soil of Caliterra 2.4-3.3, brick 6 and more"
    )
    soil_greenness: float = setting(
        0.04, unit="1", source="excess green of shares, Woebbecke 1995, doi:10.13031/2013.27838; grass 0.07 and more"
    )
    hot_area_m2: float = setting(10.0, unit="m2", source="choice: smaller is a vehicle's bonnet or a vent")
    hot_sigma: float = setting(
        3.0, unit="1", source="tuning seeds 0-19: spreads of the flight's warm side above its median"
    )
    hot_floor_k: float = setting(
        8.0, unit="K", source="choice: sunlit soil and roofs differ by 5-8 K; only where values are degrees"
    )
    soil_confidence: float = setting(
        0.78, unit="1", source="tuning seeds 0-19: 20 of 25 findings right, (20 + 1) / (25 + 2)"
    )
    hot_confidence: float = setting(
        0.95, unit="1", source="tuning seeds 0-19: 19 of 19 findings right, (19 + 1) / (19 + 2)"
    )
