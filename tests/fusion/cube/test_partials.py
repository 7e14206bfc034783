"""What a pass leaves in the cells it crosses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fusion.cube.grid import region_geobox
from fusion.cube.partials import (
    LAYERS,
    enhanced_species,
    mean_wind,
    track_record,
    usable_rows,
)
from ingest.errors import ContractError
from ingest.flags import Flag

CRS = "EPSG:4544"


def _box(t):
    return region_geobox(t.passes["lon"].values, t.passes["lat"].values, crs=CRS, resolution_m=20)


def test_a_record_is_a_pass_with_its_time_wind_and_sums(track) -> None:
    """Two passes of one track, rows between them left out: every field by hand."""
    x = np.array([5.0, 6.0, 25.0, 26.0, 45.0, 5.0])
    index = np.array([3, 3, 3, -1, 8, 8])
    t = track(x, np.full(6, 5.0), np.array([1.0, 3.0, 10.0, 99.0, 2.0, 4.0]), pass_index=index, background=7.0,
              step_s=2.0)  # fmt: skip
    t.passes["u"].values[:] = [1.0, 2.0, 3.0, 50.0, 0.0, 0.0]
    t.passes["v"].values[:] = [0.0, 0.0, 3.0, 50.0, -4.0, -2.0]
    record = track_record(t, _box(t))
    assert record.labels == ("drive#3", "drive#8")
    start = np.datetime64("2024-05-01T02:00:00", "ns")
    spans = [((when - start) / np.timedelta64(1, "s")).tolist() for when in (record.start, record.end)]
    assert spans == [[0.0, 8.0], [4.0, 10.0]]
    assert (record.u.tolist(), record.v.tolist()) == ([2.0, 0.0], [1.0, -3.0])
    assert record.direction_sd_rad[1] == pytest.approx(0.0, abs=1e-7)
    touched = record.species["ch4"]
    assert touched.places.tolist() == [0, 1, 3, 5]  # the grid has three cells
    assert dict(zip(LAYERS, touched.sums.T.tolist(), strict=True)) == {
        "count": [2.0, 1.0, 1.0, 1.0], "sum": [4.0, 10.0, 4.0, 2.0], "sum_squares": [10.0, 100.0, 16.0, 4.0],
        "max": [3.0, 10.0, 4.0, 2.0], "background_sum": [14.0, 7.0, 7.0, 7.0], "visited_at": [0.0, 4.0, 2.0, 0.0],
    }  # fmt: skip


def test_a_species_without_a_background_has_none_and_others_are_their_own(track) -> None:
    """A second species with gaps: its own rows and sums; the first stays as it was."""
    t = track(np.array([5.0, 6.0, 7.0]), np.full(3, 5.0), np.array([1.0, 2.0, 3.0]))
    t.passes["no2"] = t.passes["ch4"].assign_attrs(species="NO2")
    t.passes["no2_enhancement"] = ("obs", np.array([np.nan, -5.0, np.inf]))
    record = track_record(t, _box(t))
    no2 = dict(zip(LAYERS, record.species["no2"].sums.T.tolist(), strict=True))
    assert (no2["count"], no2["sum"], no2["background_sum"]) == ([1.0], [-5.0], [0.0])
    assert (no2["max"], no2["visited_at"]) == ([-5.0], [1.0])
    assert record.species["ch4"].sums[:, [1, 4]].tolist() == [[6.0, 6.0]]
    assert enhanced_species(t.passes) == ("ch4", "no2")
    assert enhanced_species(t.passes.drop_vars("ch4_enhancement")) == ("no2",)


def test_rows_may_be_used_where_nothing_speaks_against_them(track) -> None:
    """A rejecting flag of the row or of the value, no pass, no value: each alone leaves a row out; pass 0 is one."""
    t = track(np.arange(8.0), np.zeros(8), np.ones(8), pass_index=np.array([0, 0, 0, -1, 0, 0, 2, 0]))
    passes = t.passes
    passes["qc_flag"][1] = np.uint32(Flag.OWN_EXHAUST)
    passes["qc_flag"][2] = np.uint32(Flag.GNSS_POOR)
    passes["ch4_enhancement"][4] = np.nan
    assert usable_rows(passes, "ch4").tolist() == [True, False, True, False, False, True, True, True]
    passes["ch4_qc"] = ("obs", np.where(np.arange(8) == 7, Flag.VALUE_STUCK, 0).astype(np.uint32))
    assert usable_rows(passes, "ch4").tolist() == [True, False, True, False, False, True, True, False]


def test_a_track_without_passes_is_refused(track) -> None:
    """The trajectory is named, and what to run."""
    t = track(np.arange(3.0), np.zeros(3), np.ones(3), name="morning")
    bare = replace(t, passes=t.passes.drop_vars("pass_index"))
    with pytest.raises(ContractError, match=r"morning.*process_trace"):
        track_record(bare, _box(t))


@pytest.mark.parametrize("angles", [[10.0, 10.0], [0.0, 90.0], [350.0, 10.0, 30.0], [0.0, 120.0, 240.0]])
def test_the_spread_of_the_wind_is_that_of_yamartino(track, angles: list[float]) -> None:
    """σθ = asin ε (1 + 0.1547 ε³), ε² = 1 − (mean sin)² − (mean cos)²; of all round it is 1.1547 π/2."""
    t = track(np.arange(float(len(angles))), np.zeros(len(angles)), np.ones(len(angles)))
    turn = np.radians(angles)
    t.passes["u"].values[:], t.passes["v"].values[:] = 4.0 * np.cos(turn), 4.0 * np.sin(turn)
    u, v, spread = mean_wind(t.passes["u"].values, t.passes["v"].values)
    epsilon = np.sqrt(max(1 - np.mean(np.sin(turn)) ** 2 - np.mean(np.cos(turn)) ** 2, 0.0))
    assert spread == pytest.approx(np.arcsin(epsilon) * (1 + 0.1547 * epsilon**3), abs=1e-4)
    assert (u, v) == pytest.approx((4 * np.mean(np.cos(turn)), 4 * np.mean(np.sin(turn))))


def test_wind_is_of_the_rows_that_have_both_components(track) -> None:
    """Half a vector is none; no vector at all, or no variable, is NaN three times."""
    t = track(np.arange(4.0), np.zeros(4), np.ones(4))
    t.passes["u"].values[:] = [1.0, np.nan, 5.0, 3.0]
    t.passes["v"].values[:] = [2.0, 7.0, np.nan, 4.0]
    u, v = t.passes["u"].values, t.passes["v"].values
    assert mean_wind(u, v)[:2] == (2.0, 3.0)
    assert mean_wind(u[3:], v[3:])[:2] == (3.0, 4.0)
    assert np.isnan(mean_wind(u[1:3], v[1:3])).all()
    for name in ("u", "v"):
        record = track_record(replace(t, passes=t.passes.drop_vars(name)), _box(t))
        assert np.isnan([record.u, record.v, record.direction_sd_rad]).all()


def test_cells_off_the_grid_leave_no_trace(track) -> None:
    """Rows beyond the grid on either side are in a pass but in no cell; they do not fall into the next row."""
    t = track(np.array([-30.0, 5.0, 65.0, 5.0, 5.0]), np.array([5.0, 5.0, 5.0, 65.0, -15.0]), np.ones(5))
    box = _box(track(np.array([5.0, 45.0]), np.array([5.0, 45.0]), np.ones(2)))
    touched = track_record(t, box).species["ch4"]
    assert box.shape == (3, 3) and touched.places.tolist() == [6] and touched.sums[0, 0] == 1.0
    away = track(np.full(2, 900.0), np.full(2, 5.0), np.ones(2))
    assert track_record(away, box).species["ch4"].sums.shape == (0, 6) and track_record(away, box).labels == (
        "drive#0",
    )
