"""The imagery job: mosaics in the right place, the right way up, and a verdict for every photo."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import xarray as xr
from dask.base import is_dask_collection

from imagery import ImagerySettings, photocache, process_frames
from imagery.orientation import tiepoints
from ingest.errors import NothingUsable, SettingError
from ingest.images.read import read_image
from ingest.schema import Frame
from onevisit.words.telling import say, tell
from tests.imagery.conftest import EAST, GRID, NORTH, Block
from tests.told import raises_told


def _difference(mosaic: xr.Dataset, block: Block) -> float:
    """Median difference of the mosaic's green band from the true texture, in levels."""
    loaded = mosaic.compute()
    x, y = np.meshgrid(loaded["x"], loaded["y"])
    maps = np.stack([(x - EAST) / block.pixel_m - 0.5, (NORTH - y) / block.pixel_m - 0.5], -1).astype(np.float32)
    truth = cv2.remap(cv2.blur(block.texture, (2, 2)), maps, None, cv2.INTER_LINEAR)[..., 1]
    seen = loaded["alpha"].values > 0
    return float(np.median(np.abs(loaded["green"].values[seen].astype(float) - truth[seen])))


def test_perfect_tags_give_the_texture_back(block: Block, settings: ImagerySettings) -> None:
    """Direct georeferencing with true poses reproduces the ground, and nobody is corrected."""
    outcome = process_frames(block.frames, settings, crs=GRID)
    assert _difference(outcome.value.mosaic, block) < 6.0
    assert outcome.value.quality.used == 12
    assert outcome.value.quality.corrected == 0


def test_mosaic_is_lazy_and_on_a_snapped_grid(block: Block, settings: ImagerySettings) -> None:
    """Nothing is rendered until it is asked for, and pixels lie on whole multiples of the resolution."""
    mosaic = process_frames(block.frames, settings, crs=GRID).value.mosaic
    assert all(is_dask_collection(mosaic[name].data) for name in mosaic.data_vars)
    assert mosaic["green"].data.numblocks > (1, 1)
    corner = mosaic.odc.geobox.transform
    assert corner.c / 0.2 == pytest.approx(round(corner.c / 0.2), abs=1e-6)


def test_chunks_do_not_show(block: Block, settings: ImagerySettings) -> None:
    """The mosaic is the same whether it is rendered in one chunk or in many."""
    many = process_frames(block.frames, settings, crs=GRID).value.mosaic.compute()
    one = process_frames(block.frames, replace(settings, chunk_px=4096), crs=GRID).value.mosaic.compute()
    off = np.abs(many["green"].values.astype(int) - one["green"].values.astype(int))
    assert np.percentile(off, 99) <= 2
    assert (many["photo_index"].values == one["photo_index"].values).mean() > 0.99


def test_photo_turned_by_a_viewer_comes_out_right(
    block: Block, settings: ImagerySettings, turned: Callable[[Frame], Frame]
) -> None:
    """Photos whose pixels were turned by 180 degrees are found by overlap and corrected, with the evidence."""
    frames = [turned(f) if k in (5, 6) else f for k, f in enumerate(block.frames)]
    outcome = process_frames(frames, settings, crs=GRID)
    told = {d.item: d for d in outcome.decisions}
    assert set(told) == {"photo_05.jpg", "photo_06.jpg"}
    assert "by 180°" in tell(told["photo_05.jpg"]).decision
    assert "Photo Viewer" in tell(told["photo_05.jpg"]).evidence
    assert _difference(outcome.value.mosaic, block) < 6.0
    assert math.degrees(outcome.value.poses[5].heading_rad) % 360 == pytest.approx(90.0, abs=4.0)


def test_gimbal_bias_of_a_whole_flight_is_found(block: Block, settings: ImagerySettings) -> None:
    """A gimbal yaw that is 53 degrees off on every photo is named, with its size, and not used."""
    frames = [
        replace(f, pose=replace(f.pose, yaw_rad=(f.pose.yaw_rad or 0) - math.radians(53))) for f in block.frames
    ]
    outcome = process_frames(frames, settings, crs=GRID)
    flight = next(d for d in outcome.decisions if d.item.startswith("flight"))
    assert "-53°" in tell(flight).evidence
    assert _difference(outcome.value.mosaic, block) < 12.0


def test_roll_of_half_a_turn_is_not_believed(block: Block, settings: ImagerySettings) -> None:
    """A gimbal roll of 180 degrees on upright photos is overruled by overlap."""
    frames = [replace(f, pose=replace(f.pose, roll_rad=math.pi)) if k == 3 else f for k, f in enumerate(block.frames)]
    outcome = process_frames(frames, settings, crs=GRID)
    assert [d.item for d in outcome.decisions] == ["photo_03.jpg"]
    assert _difference(outcome.value.mosaic, block) < 6.0


def test_flight_without_yaw_tags_is_placed_by_overlap(block: Block, settings: ImagerySettings) -> None:
    """Positions and overlap alone give the headings."""
    frames = [replace(f, pose=replace(f.pose, yaw_rad=None), flight_yaw_rad=None) for f in block.frames]
    outcome = process_frames(frames, settings, crs=GRID)
    assert outcome.value.quality.used == 12
    assert _difference(outcome.value.mosaic, block) < 12.0


def test_bad_photos_are_rejected_one_by_one(block: Block, settings: ImagerySettings, tmp_path: Path) -> None:
    """Truncated, black and far-away photos get a reason each; the rest is mosaicked."""
    frames = list(block.frames)
    frames[0].path.write_bytes(frames[0].path.read_bytes()[:3000])
    cv2.imwrite(str(frames[1].path), np.zeros((300, 400, 3), np.uint8))
    frames[2] = replace(frames[2], pose=replace(frames[2].pose, lon=100.0))
    outcome = process_frames(frames, settings, crs=GRID)
    reasons = {r.item: tell(r).reason for r in outcome.rejects}
    assert set(reasons) == {"photo_00.jpg", "photo_01.jpg", "photo_02.jpg"}
    assert "black" in reasons["photo_01.jpg"]
    assert "another flight" in reasons["photo_02.jpg"]
    assert [p.used for p in outcome.value.poses] == [False] * 3 + [True] * 9
    assert say(outcome.value.poses[1].reason) == reasons["photo_01.jpg"]


def test_no_photo_at_all_is_refused(settings: ImagerySettings) -> None:
    """An empty flight is told apart from a flight of bad photos."""
    with raises_told(NothingUsable, match="no photos"):
        process_frames([], settings, crs=GRID)


def test_one_photo_makes_a_mosaic(block: Block, settings: ImagerySettings) -> None:
    """A single photo needs no neighbours."""
    outcome = process_frames(block.frames[:1], settings, crs=GRID)
    assert _difference(outcome.value.mosaic, block) < 6.0


def test_unknown_mode_is_a_wrong_setting(block: Block, settings: ImagerySettings) -> None:
    """A mode that does not exist is named together with those that do."""
    with pytest.raises(SettingError, match="direct"):
        process_frames(block.frames, replace(settings, mode="fast"), crs=GRID)


def test_photos_that_fit_into_memory_are_decoded_once(
    block: Block, settings: ImagerySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In direct mode features are sought in what is kept for the mosaic; a larger flight is read twice."""
    decoded: list[str] = []

    def read(frame: Frame, *, reduce: int = 1) -> np.ndarray:
        decoded.append(frame.item)
        return np.asarray(read_image(frame, reduce=reduce))

    monkeypatch.setattr(photocache, "read_measured", read)
    monkeypatch.setattr(tiepoints, "read_values", read)
    counts = []
    for cache_mb in (100, 1):
        photocache.forget_photos()
        decoded.clear()
        coarse = replace(settings, coarse_px=200, gsd_m=0.1, cache_mb=cache_mb)
        mosaic = process_frames(block.frames, coarse, crs=GRID).value.mosaic
        mosaic.compute(scheduler="synchronous")
        counts.append(len(decoded))
        assert set(decoded) == {f.item for f in block.frames}
    assert counts[0] == 12
    assert counts[1] >= 24
    photocache.forget_photos()


def test_blurred_values_leave_gaps_out(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    """Means of cells are those of what a band measured; a cell without a value takes the mean of all."""
    values = np.full((8, 8, 2), 5.0, np.float32)
    values[:, :, 1] = 9.0
    values[:4, :4] = np.nan
    values[0, 4] = np.nan
    monkeypatch.setattr(photocache, "read_measured", lambda frame, reduce: values)
    photocache.forget_photos()
    blurred = photocache.read_blurred(block.frames[0], 1, 4.0, 100)
    assert blurred.shape == (2, 2, 2)
    assert blurred[..., 0] == pytest.approx(5.0)
    assert blurred[..., 1] == pytest.approx(9.0)
    photocache.forget_photos()
