"""A video over known ground becomes a mosaic like photos do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from imagery import ImagerySettings, process_frames
from ingest.coordinates import to_lonlat
from ingest.images.read import PhotoSettings, read_frames
from tests.imagery.conftest import CAMERA, GRID, Block


def test_video_becomes_a_mosaic(block: Block, settings: ImagerySettings, tmp_path: Path) -> None:
    """Twelve stations filmed for a second each, telemetry without gimbal angles but yaw: all frames are used."""
    writer = cv2.VideoWriter(str(tmp_path / "flight.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 5, (400, 300))
    blocks = []
    for k, (frame, centre) in enumerate(zip(block.frames, block.centres, strict=True)):
        image = cv2.imread(str(frame.path))
        for _ in range(5):
            writer.write(image)
        lon, lat = to_lonlat(centre[0], centre[1], GRID)
        yaw = np.degrees(frame.pose.yaw_rad or 0.0)
        blocks.append(
            f"{k + 1}\n00:00:{k:02d},400 --> 00:00:{k:02d},900\n[latitude: {float(lat):.8f}] "
            f"[longitude: {float(lon):.8f}] [rel_alt: 40.0 abs_alt: 540.0] "
            f"[gb_yaw: {yaw:.2f} gb_pitch: -90.0 gb_roll: 0.0]\n"
        )
    writer.release()
    (tmp_path / "flight.srt").write_text("\n".join(blocks), encoding="utf-8")
    read = read_frames(
        sorted(tmp_path.glob("flight.*")), PhotoSettings(focal_px=CAMERA.focal_px, video_spacing_m=8.0)
    )
    assert len(read.value) == 12
    outcome = process_frames(read.value, replace(settings, mode="refined"), crs=GRID)
    assert outcome.value.quality.used == 12
    placed = np.array([[p.easting_m, p.northing_m] for p in outcome.value.poses])
    assert np.hypot(*(placed - block.centres[:, :2]).T).max() < 2.0
    seen = outcome.value.mosaic[["alpha", "green"]].compute()
    assert seen["green"].values[seen["alpha"].values > 0].std() > 10.0
