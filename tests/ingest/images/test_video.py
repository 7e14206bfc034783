"""Videos: frames by way over the ground, their pixels at the right moment, and what has no partner or no lens."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from imagery.photocache import forget_photos, read_cached
from ingest.errors import FileError
from ingest.images.read import PhotoSettings, read_frames, read_image
from ingest.images.video import pair_videos, read_video_frames, read_video_image
from ingest.schema import Camera, Frame, Pose
from onevisit.words.telling import tell
from tests.told import raises_told

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
    assert any("6 frames taken" in tell(d).decision for d in outcome.decisions)


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
    assert "no focal length" in tell(outcome.rejects[0]).reason


def test_what_has_no_partner_or_is_damaged_is_rejected(tmp_path: Path) -> None:
    """A video without subtitles, subtitles without video, a video that is none, subtitles without positions."""
    (tmp_path / "b.mp4").write_bytes(b"no video")
    (tmp_path / "d.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n", encoding="utf-8")
    files = [
        _video(tmp_path / "a.avi"), tmp_path / "b.mp4", _subtitles(tmp_path / "b.srt"),
        _subtitles(tmp_path / "c.srt"), _video(tmp_path / "d.avi"), tmp_path / "d.srt",
    ]  # fmt: skip
    outcome = read_frames(files, PhotoSettings())
    said = {r.item: tell(r).reason for r in outcome.rejects}
    assert outcome.value == ()
    assert set(said) == {"a.avi", "b.mp4", "c.srt", "d.srt"}
    assert "copy them from the card" in said["a.avi"]
    assert "cannot be read as a video" in said["b.mp4"]


def test_every_field_of_a_frame(tmp_path: Path) -> None:
    """Item, camera, pose, tags and what was decided, of a video flown north at 5 m/s."""
    video, subtitles = _video(tmp_path / "a.avi"), _subtitles(tmp_path / "a.srt")
    outcome = read_video_frames(
        video, "v/a.avi", subtitles, "v/a.srt", spacing_m=9.9, time_zone="UTC+8", focal_px=0.0, focal_sd=0.2
    )
    frame = outcome.value[1]
    assert (frame.item, frame.path, frame.kind) == ("v/a.avi@0002.50s", video, "rgb")
    assert dict(frame.tags) == {"VideoSeconds": "2.5", "Model": "video"}
    focal = 64 * 24 / 36
    assert frame.camera == Camera(
        64, 48, pytest.approx(focal), 31.5, 23.5, model="video",
        source="35 mm equivalent of 24 mm in the subtitles, for the width of the picture",
        focal_sd_px=pytest.approx(0.2 * focal),
    )  # fmt: skip
    assert (frame.pose.yaw_rad, frame.pose.pitch_rad, frame.pose.horizontal_sd_m) == (0.0, -np.pi / 2, 5.0)
    assert frame.time == datetime(2024, 5, 1, 2, 0, 2, tzinfo=UTC)
    assert [(d.item, tell(d).decision) for d in outcome.decisions] == [
        ("v/a.avi", "6 frames taken, one every 9.9 m of way"), ("v/a.avi", "focal length 43 px ± 9 px"),
    ]  # fmt: skip
    assert [tell(d).evidence for d in outcome.decisions] == [
        "12 subtitles with positions, 12 s of 64 × 48 px",
        "35 mm equivalent of 24 mm in the subtitles, for the width of the picture",
    ]


def test_declared_focal_length_and_no_gimbal(tmp_path: Path) -> None:
    """± half a percent; a camera whose angles nobody states is told to look down, and the zone of the place too."""
    bare = _subtitles(tmp_path / "a.srt")
    bare.write_text(bare.read_text().replace("[gb_yaw: 0.0 gb_pitch: -90.0 gb_roll: 0.0]", ""), encoding="utf-8")
    outcome = read_video_frames(
        _video(tmp_path / "a.avi"), "a", bare, "s", spacing_m=0.0, time_zone="", focal_px=50.0, focal_sd=0.1
    )
    camera = outcome.value[0].camera
    assert (camera.focal_px, camera.focal_sd_px, camera.source) == (50.0, 0.25, "declared")
    assert len(outcome.value) == 12
    said = [tell(d).decision for d in outcome.decisions]
    assert said[0].startswith("clock read as") and said[-1] == "camera taken to look straight down"


@pytest.mark.parametrize(("spacing", "count"), [(9.99, 6), (10.01, 4), (1000.0, 1)])
def test_spacing_at_the_limit(tmp_path: Path, spacing: float, count: int) -> None:
    """Two seconds of way are ten metres: taken at ten, not at a centimetre more, where three seconds are needed."""
    outcome = read_video_frames(
        _video(tmp_path / "a.avi"), "a", _subtitles(tmp_path / "a.srt"), "s", spacing_m=spacing, time_zone="UTC",
        focal_px=50.0, focal_sd=0.1,
    )  # fmt: skip
    assert len(outcome.value) == count


def test_way_to_the_east_is_measured_on_the_parallel(tmp_path: Path) -> None:
    """At 60° north a degree of longitude is half as long: 10 m of latitude are 5 m."""
    lines = [
        f"{k + 1}\n00:00:{k:02d},500 --> 00:00:{k + 1:02d},400\n[focal_len: 240] [latitude: 60.0] "
        f"[longitude: {104 + 10 * k * _METRE:.9f}] [rel_alt: 40.0]\n"
        for k in range(12)
    ]
    (tmp_path / "a.srt").write_text("\n".join(lines), encoding="utf-8")
    for spacing, count in ((4.99, 12), (5.01, 6)):
        outcome = read_video_frames(
            _video(tmp_path / "a.avi"), "a", tmp_path / "a.srt", "s", spacing_m=spacing, time_zone="UTC",
            focal_px=50.0, focal_sd=0.1,
        )  # fmt: skip
        assert len(outcome.value) == count


def test_subtitles_beyond_the_video_are_left_out(tmp_path: Path) -> None:
    """A video of three seconds: its last frame is at 2.9 s, so the subtitle of 3.5 s has no picture."""
    video, subtitles = _video(tmp_path / "a.avi", seconds=3), _subtitles(tmp_path / "a.srt")
    arguments = {"spacing_m": 0.0, "time_zone": "UTC", "focal_px": 50.0, "focal_sd": 0.1}
    outcome = read_video_frames(video, "a", subtitles, "s", **arguments)
    assert [f.tags["VideoSeconds"] for f in outcome.value] == ["0.5", "1.5", "2.5"]
    short = _video(tmp_path / "b.avi", seconds=1, rate=2)
    with raises_told(FileError, match=r"is 0\.5 s long, before its telemetry begins"):
        late = subtitles.read_text().replace("00:00:00,500", "00:00:00,600").split("\n\n")[0]
        subtitles.write_text(late)
        read_video_frames(short, "b", subtitles, "s", **arguments)


def test_picture_of_a_moment_in_its_colours(tmp_path: Path) -> None:
    """Red first, at the second asked for, smaller by means and rounded up; a photo is no video."""
    writer = cv2.VideoWriter(str(tmp_path / "c.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (66, 50))
    for k in range(20):
        writer.write(
            np.broadcast_to(np.array([20, 120, 220] if k < 10 else [220, 120, 20], np.uint8), (50, 66, 3)).copy()
        )
    writer.release()
    camera = Camera(66, 50, 50.0, 32.5, 24.5)
    frame = Frame("c@1", tmp_path / "c.avi", camera, Pose(104.0, 30.0), tags={"VideoSeconds": "0.5"})
    pixels = read_video_image(frame)
    assert pixels is not None and pixels.shape == (50, 66, 3) and pixels.dtype == np.uint8
    assert pixels.mean(axis=(0, 1)) == pytest.approx([220, 120, 20], abs=6)
    later = read_video_image(replace(frame, tags={"VideoSeconds": "1.5"}), reduce=4)
    assert later is not None and later.shape == (13, 17, 3)
    assert later.mean(axis=(0, 1)) == pytest.approx([20, 120, 220], abs=6)
    assert read_video_image(replace(frame, tags={})) is None
    with raises_told(FileError, match="cannot be decoded"):
        read_video_image(replace(frame, path=tmp_path / "gone.avi"))


def test_partners_are_told_by_name_and_folder() -> None:
    """Names in any case, every type of video; the same name in another folder is no partner."""
    files = [
        (Path(n), n) for n in ("a/X.MP4", "a/x.SRT", "a/y.mov", "b/y.srt", "a/z.MKV", "a/z.srt", "a/w.avi", "a/w.srt")
    ]
    outcome = pair_videos(files)
    assert [(p[1], p[3]) for p in outcome.value] == [
        ("a/w.avi", "a/w.srt"),
        ("a/X.MP4", "a/x.SRT"),
        ("a/z.MKV", "a/z.srt"),
    ]
    assert [(r.item, r.where) for r in outcome.rejects] == [("a/y.mov", "telemetry"), ("b/y.srt", "video")]


def test_real_telemetry_drives_the_choice(tmp_path: Path, shared_data: Path) -> None:
    """Subtitles of a Mavic Pro flight over a made video: frames lie at least the spacing apart."""
    video = _video(tmp_path / "mavic_pro.avi", seconds=120, rate=5)
    (tmp_path / "mavic_pro.SRT").write_bytes((shared_data / "uav" / "srt" / "mavic_pro.SRT").read_bytes())
    outcome = read_frames([video, tmp_path / "mavic_pro.SRT"], PhotoSettings(focal_px=60.0, video_spacing_m=20.0))
    poses = [f.pose for f in outcome.value]
    way = [
        np.hypot((b.lon - a.lon) * np.cos(np.radians(a.lat)), b.lat - a.lat) / _METRE
        for a, b in itertools.pairwise(poses)
    ]
    assert len(poses) > 2
    assert min(way) >= 20.0
