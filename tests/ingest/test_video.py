"""Videos: frames by way over the ground, their pixels at the right moment, and what has no partner or no lens."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from imagery.photocache import forget_photos, read_cached
from ingest.photos import PhotoSettings, read_frames, read_image

_SRT = Path(__file__).parents[3] / "shared/data/uav/srt"
_METRE = 1.0 / 111_320.0  # degrees of latitude


def _video(path: Path, *, seconds: int = 12, rate: int = 10) -> Path:
    """Grey level 10 in the first second, 30 in the second, and so on."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), rate, (64, 48))
    for k in range(seconds * rate):
        writer.write(np.full((48, 64, 3), (10 + 20 * (k // rate)) % 250, np.uint8))
    writer.release()
    return path


def _subtitles(path: Path, *, speed: float = 5.0, seconds: int = 12, focal: str = "[focal_len: 240]") -> Path:
    """One subtitle a second, flying north at a speed [m/s] 40 m above take-off."""
    blocks = [
        f"{k + 1}\n00:00:{k:02d},500 --> 00:00:{k + 1:02d},400\n2024-05-01 10:00:{k:02d}.000\n{focal} "
        f"[latitude: {30.0 + speed * k * _METRE:.8f}] [longitude: 104.0] [rel_alt: 40.0 abs_alt: 540.0] "
        "[gb_yaw: 0.0 gb_pitch: -90.0 gb_roll: 0.0]\n"
        for k in range(seconds)
    ]
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def test_one_frame_for_every_spacing_of_way(tmp_path: Path) -> None:
    """5 m/s and 10 m spacing: every second subtitle, six of twelve, each with its own pose and time."""
    files = [_video(tmp_path / "DJI_1.avi"), _subtitles(tmp_path / "DJI_1.SRT")]
    outcome = read_frames(files, PhotoSettings(video_spacing_m=9.9, time_zone="UTC+8"))
    assert [f.item for f in outcome.value] == [f"DJI_1.avi@{k:04d}.50s" for k in range(0, 12, 2)]
    second = outcome.value[1]
    assert second.pose.lat == pytest.approx(30.0 + 10 * _METRE)
    assert second.pose.height_above_takeoff_m == 40.0
    assert second.time is not None
    assert second.time.isoformat() == "2024-05-01T02:00:02+00:00"
    assert any("6 frames taken" in d.decision for d in outcome.decisions)


def test_pixels_are_those_of_the_moment(tmp_path: Path) -> None:
    """At 4.5 s the picture has level 90; two frames of one video are not mixed up in memory."""
    files = [_video(tmp_path / "a.avi"), _subtitles(tmp_path / "a.srt")]
    frames = read_frames(files, PhotoSettings(video_spacing_m=9.9)).value
    assert read_image(frames[2]).mean() == pytest.approx(90.0, abs=2.0)
    assert read_image(frames[2], reduce=2).shape == (24, 32, 3)
    forget_photos()
    levels = [float(np.mean(read_cached(f, 1, 100))) for f in frames[:3]]
    assert levels == pytest.approx([10.0, 50.0, 90.0], abs=2.0)


def test_focal_length_of_the_subtitles_or_declared(tmp_path: Path) -> None:
    """24 mm on 36 mm of width are 64 · 24 / 36 px, ± 10 %; a declared one wins; without either it is refused."""
    video = _video(tmp_path / "a.avi")
    subtitles = _subtitles(tmp_path / "a.srt")
    camera = read_frames([video, subtitles], PhotoSettings()).value[0].camera
    assert camera.focal_px == pytest.approx(64 * 24 / 36)
    assert camera.focal_sd_px == pytest.approx(0.1 * camera.focal_px)
    assert read_frames([video, subtitles], PhotoSettings(focal_px=50.0)).value[0].camera.focal_px == 50.0
    bare = _subtitles(tmp_path / "a.srt", focal="")
    outcome = read_frames([video, bare], PhotoSettings())
    assert outcome.value == ()
    assert "no focal length" in outcome.rejects[0].reason


def test_what_has_no_partner_or_is_damaged_is_rejected(tmp_path: Path) -> None:
    """A video without subtitles, subtitles without video, a video that is none, subtitles without positions."""
    (tmp_path / "b.mp4").write_bytes(b"no video")
    (tmp_path / "d.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n", encoding="utf-8")
    files = [
        _video(tmp_path / "a.avi"), tmp_path / "b.mp4", _subtitles(tmp_path / "b.srt"),
        _subtitles(tmp_path / "c.srt"), _video(tmp_path / "d.avi"), tmp_path / "d.srt",
    ]  # fmt: skip
    outcome = read_frames(files, PhotoSettings())
    said = {r.item: r.reason for r in outcome.rejects}
    assert outcome.value == ()
    assert set(said) == {"a.avi", "b.mp4", "c.srt", "d.srt"}
    assert "copy them from the card" in said["a.avi"]
    assert "cannot be read as a video" in said["b.mp4"]


@pytest.mark.skipif(not _SRT.is_dir(), reason="real data is not here")
def test_real_telemetry_drives_the_choice(tmp_path: Path) -> None:
    """Subtitles of a Mavic Pro flight over a made video: frames lie at least the spacing apart."""
    video = _video(tmp_path / "mavic_pro.avi", seconds=120, rate=5)
    (tmp_path / "mavic_pro.SRT").write_bytes((_SRT / "mavic_pro.SRT").read_bytes())
    outcome = read_frames([video, tmp_path / "mavic_pro.SRT"], PhotoSettings(focal_px=60.0, video_spacing_m=20.0))
    poses = [f.pose for f in outcome.value]
    way = [
        np.hypot((b.lon - a.lon) * np.cos(np.radians(a.lat)), b.lat - a.lat) / _METRE
        for a, b in itertools.pairwise(poses)
    ]
    assert len(poses) > 2
    assert min(way) >= 20.0
