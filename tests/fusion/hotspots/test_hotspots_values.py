"""What a hotspot says, against the samples themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely

from fusion.cube.grid import unproject
from fusion.hotspots import agreement
from tests.fusion.hotspots.hotspot_cubes import BOX, CRS, QUICK, _find, cells_of, drive_of, known_drives


def test_every_field_of_a_recurrent_hotspot_is_that_of_its_samples(track) -> None:
    """Means, background, times, passes, wind and place from the samples in its cells, one by one."""
    tracks = known_drives(track)
    (h,) = _find(tracks).value
    x, y = (np.arange(2.5, 2000.0, 5.0) + 405_000.0, np.full(400, 3_396_010.0))
    lon, lat = unproject(x, y, CRS)
    inside = shapely.contains_xy(h.polygon, lon, lat)
    assert h.cells == inside.sum() / 4 and h.area_m2 == h.cells * 400.0
    cell = (np.arange(400) // 4)[inside]
    seen = tracks[:3]
    means, counts = [], []
    for t in seen:
        value = t.passes["ch4_enhancement"].values[inside]
        means += [value[cell == c].mean() for c in np.unique(cell)]
        counts += [4] * np.unique(cell).size
    assert h.enhancement == pytest.approx(np.average(means, weights=counts))
    assert h.enhancement_sd == pytest.approx(np.std(means, ddof=1))
    assert h.background == pytest.approx((2.0 + 3.0 + 7.0) / 3)
    assert (h.id, h.species, h.unit) == ("H001", "ch4", "ppm")
    assert (h.passes_seen, h.passes_crossed, h.single_sighting) == (3, 4, False)
    assert h.seen_by == ("d0#0", "d1#0", "d2#0") and h.trajectories == ("d0", "d1", "d2")
    first = int(np.flatnonzero(inside)[0])  # a second a sample
    assert h.first_seen == datetime(2023, 1, 15, 3, 30, tzinfo=UTC) + timedelta(seconds=first)
    assert h.last_seen == datetime(2024, 5, 1, 2, tzinfo=UTC) + timedelta(seconds=first)
    assert h.wind_speed == pytest.approx(np.hypot(2.0, -1.0))
    assert h.wind_from_deg == pytest.approx(np.degrees(np.arctan2(-2.0, 1.0)) % 360)
    assert h.p_value == pytest.approx(1 / 200)
    peak_lon, peak_lat = unproject(x, y, CRS)
    nearest = int(np.argmin(np.hypot(peak_lon - h.lon, peak_lat - h.lat)))
    assert h.lat == pytest.approx(peak_lat[nearest], abs=1e-6) and abs(nearest * 5.0 + 2.5 - 1000.0) < 40
    peaks = []
    for t in seen:
        value = t.passes["ch4_enhancement"].values
        peaks.append(20.0 * np.argmax([value[4 * c : 4 * c + 4].mean() for c in range(100)]))
    variance = 2.5**2 + 400.0 / 12 + np.var(peaks, ddof=1) / 2 / 3
    assert np.var(peaks) > 0 and h.position_error_m == pytest.approx(np.sqrt(variance))


def test_a_pass_of_another_species_or_without_wind_has_no_wind(track) -> None:
    """Without wind on any pass that saw it there is neither direction nor speed; one with wind speaks for all."""
    tracks = [
        drive_of(track, k, start=f"2024-05-0{k + 1}T02:00:00", wind=wind, background=2.0, peak=4.0)
        for k, wind in enumerate([None, None, None])
    ]
    (h,) = _find(tracks).value
    assert (h.wind_from_deg, h.wind_speed) == (None, None)
    tracks[1] = drive_of(track, 1, start="2024-05-02T02:00:00", wind=(0.0, 2.0), background=2.0, peak=4.0)
    (h,) = _find(tracks).value
    assert (h.wind_from_deg, h.wind_speed) == pytest.approx((180.0, 2.0))


@pytest.mark.parametrize(
    ("u", "v", "expected"),
    [
        (0.0, -1.0, (0.0, 1.0)), (-2.0, 0.0, (90.0, 2.0)), (0.0, 1.5, (180.0, 1.5)), (3.0, 4.0, (216.8699, 5.0)),
        (0.6, 0.8, (216.8699, 1.0)), (0.6, 0.79, (None, 0.99202)), (0.0, 0.0, (None, 0.0)),
        (np.nan, 1.0, (None, None)), (1.0, np.nan, (None, None)),
    ],
)  # fmt: skip
def test_wind_comes_from_where_it_does_not_blow_to(u: float, v: float, expected: tuple[float | None, ...]) -> None:
    """North, east, south and between; at the calm speed it has a direction, below none; without wind nothing."""
    found = agreement.wind_from(u, v, 1.0)
    for value, wanted in zip(found, expected, strict=True):
        assert value is None if wanted is None else value == pytest.approx(wanted, abs=1e-3)


def test_time_at_a_place_is_that_of_the_first_sample_there() -> None:
    """Of several cells the earliest, to the nanosecond of the cube; of none of them the start of the pass."""
    n = np.zeros(3)
    visited = agreement._PassCells(np.array([4, 7, 9]), n, n, n, n, np.array([30.0, 12.25, 80.0]))
    start = np.datetime64("2024-05-01T02:00:00", "ns")
    at = [agreement._time_at(np.array(cells), visited, start) - start for cells in ([4, 7], [9], [4, 9, 11], [5])]
    assert (np.array(at) / np.timedelta64(1, "ms")).tolist() == [12_250.0, 80_000.0, 30_000.0, 0.0]


@pytest.mark.parametrize("text", ["2024-05-01T02:00:00", "1999-12-31T23:59:59.250000", "2031-01-01T00:00:00.000001"])
def test_a_time_of_the_cube_is_that_time_in_utc(text: str) -> None:
    """Year, second and microsecond stay."""
    assert agreement._utc(np.datetime64(text, "ns")) == datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_values_at_cells_are_weighed_by_their_samples() -> None:
    """Each cell of each pass once, with its number of samples; of none, NaN."""
    one = cells_of([3, 4, 8], [1.0, 2.0, 9.0], [2, 6, 1], [10.0, 20.0, 99.0])
    two = cells_of([4, 5], [5.0, 7.0], [2, 30], [40.0, 99.0])
    means, weights, background = agreement._values_at(np.array([3, 4]), [one, two])
    assert (means.tolist(), weights.tolist()) == ([1.0, 2.0, 5.0], [2.0, 6.0, 2.0])
    assert background == pytest.approx((2 * 10 + 6 * 20 + 2 * 40) / 10)
    means, weights, background = agreement._values_at(np.array([77]), [one, two])
    assert np.isnan(means).all() and weights.tolist() == [1.0] and np.isnan(background)


@pytest.mark.parametrize(
    ("peaks", "spread"),
    [([105], 0.0), ([105, 107], 800.0 / 2 / 2), ([105, 155, 207], (1600.0 / 3 + 400.0) / 2 / 3), ([105, None], 0.0)],
)
def test_position_error_is_of_receiver_cell_and_peaks(peaks: list[int | None], spread: float) -> None:
    """3² + 20²/12 + the mean variance of the peaks per axis over their number; a pass beside the cells has none."""
    visited = [cells_of([p or 900, 300, 110], [2.0, 50.0, 1.0]) for p in peaks]
    cells = np.array([105, 107, 110, 155, 207])
    used = [cells_of([0], [0.0]), *visited]
    if None in peaks:
        used[-1] = cells_of([900], [1.0])
    found = agreement._position_error(cells, used, range(1, len(used)), BOX, QUICK)
    assert found == pytest.approx(np.sqrt(2.5**2 + 400.0 / 12 + spread))
