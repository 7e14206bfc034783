"""Decoded photos in memory: read once, told apart by what was asked, forgotten in order, never forgotten wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from imagery import photocache
from imagery.photocache import forget_photos, read_blurred, read_cached
from ingest.errors import FileError
from ingest.schema import Camera, Frame, Pose


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    forget_photos()
    yield
    forget_photos()


def _photo(folder: Path, name: str = "a.tif", size: tuple[int, int] = (300, 400)) -> Frame:
    """A TIFF of three bands with a level of its own in every pixel."""
    rows, columns = size
    pixels = (np.arange(rows * columns * 3) % 251).astype(np.uint8).reshape(rows, columns, 3)
    cv2.imwrite(str(folder / name), pixels)
    return Frame(name, folder / name, Camera(columns, rows, 400.0, 199.5, 149.5), Pose(104.0, 30.0))


def _decoded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Names and reductions of what is decoded from here on."""
    calls: list[tuple[str, int]] = []
    read = photocache.read_measured

    def counted(frame: Frame, *, reduce: int = 1) -> np.ndarray:
        calls.append((frame.item, reduce))
        return np.asarray(read(frame, reduce=reduce))

    monkeypatch.setattr(photocache, "read_measured", counted)
    return calls


def test_a_photo_is_decoded_once_for_each_reduction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked twice at full and twice at half size: two decodings of the right sizes, the same array again."""
    frame, calls = _photo(tmp_path), _decoded(monkeypatch)
    full = read_cached(frame, 1, 100)
    assert read_cached(frame, 1, 100) is full
    assert full.shape == (300, 400, 3) and full.dtype == np.uint8
    assert read_cached(frame, 2, 100).shape == (150, 200, 3)
    read_cached(frame, 2, 100)
    assert calls == [("a.tif", 1), ("a.tif", 2)]
    forget_photos()
    read_cached(frame, 1, 100)
    assert len(calls) == 3


def test_the_photo_unused_for_longest_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for two of 0.36 MB in 1 MB: the third drives out the second, because the first was used again."""
    frames, calls = [_photo(tmp_path, f"{k}.tif") for k in range(3)], _decoded(monkeypatch)
    for k in (0, 1, 0, 2):
        read_cached(frames[k], 1, 1)
    read_cached(frames[0], 1, 1)
    read_cached(frames[2], 1, 1)
    assert [name for name, _ in calls] == ["0.tif", "1.tif", "2.tif"]
    read_cached(frames[1], 1, 1)
    assert len(calls) == 4


def test_the_newest_photo_is_kept_even_where_it_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no room at all the photo in hand stays until the next one comes."""
    one, two, calls = _photo(tmp_path, "1.tif"), _photo(tmp_path, "2.tif"), _decoded(monkeypatch)
    for frame in (one, one, two, two, one):
        read_cached(frame, 1, 0)
    assert [name for name, _ in calls] == ["1.tif", "2.tif", "1.tif"]


def test_exactly_as_much_as_fits_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two photos of 500 000 bytes fill a megabyte of 1 000 000 and stay."""
    frames = [_photo(tmp_path, f"{k}.tif", (500, 1000)) for k in range(2)]
    for frame in frames:
        cv2.imwrite(str(frame.path), np.zeros((500, 1000), np.uint8))
    calls = _decoded(monkeypatch)
    for k in (0, 1, 0, 1):
        read_cached(frames[k], 1, 1)
    assert len(calls) == 2


def test_a_photo_that_failed_is_tried_again(tmp_path: Path) -> None:
    """An error is not remembered: once the file is there, it is read."""
    frame = _photo(tmp_path)
    data = frame.path.read_bytes()
    frame.path.unlink()
    for _ in range(2):
        with pytest.raises(FileError):
            read_cached(frame, 1, 100)
    frame.path.write_bytes(data)
    assert read_cached(frame, 1, 100).shape == (300, 400, 3)


def test_means_of_cells_of_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells of 100 px are 50 px of the halved photo; kept apart from the photo and from other cells; 8 bit stays."""
    frame, calls = _photo(tmp_path), _decoded(monkeypatch)
    means = read_blurred(frame, 2, 100.0, 100)
    assert (means.shape, means.dtype) == ((3, 4, 3), np.uint8)
    halved = read_cached(frame, 2, 100).astype(float)
    expected = halved.reshape(3, 50, 4, 50, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(means, expected, atol=1.0)
    assert read_blurred(frame, 2, 100.0, 100) is means
    assert read_blurred(frame, 2, 0.1, 100).shape == (150, 200, 3)  # no cell is less than a pixel
    assert read_blurred(frame, 2, 1000.0, 100).shape == (1, 1, 3)  # none is more than the photo
    assert read_blurred(frame, 2, 202.0, 100).shape == (1, 1, 3)  # 101 px: 150 and 200 hold one each
    assert calls == [("a.tif", 2)]


def test_means_of_one_band_keep_a_band(tmp_path: Path) -> None:
    """Grey pictures come out with a last axis of one."""
    frame = _photo(tmp_path)
    cv2.imwrite(str(frame.path), np.full((300, 400), 7, np.uint8))
    means = read_blurred(frame, 1, 100.0, 100)
    assert means.shape == (3, 4, 1) and (means == 7).all()


def test_means_of_values_leave_gaps_out(tmp_path: Path) -> None:
    """A cell with a fifth of its pixels known has their mean; one with none takes the mean of all that is known."""
    values = np.full((20, 30), 8.0, np.float32)
    values[:10, :10] = np.nan
    values[0, :10] = values[1, :10] = 3.0
    values[10:, 20:] = np.nan
    frame = Frame("v.tif", tmp_path / "v.tif", Camera(30, 20, 30.0, 14.5, 9.5), Pose(104.0, 30.0))
    cv2.imwrite(str(frame.path), values)
    means = read_blurred(frame, 1, 10.0, 100)
    assert means.dtype == np.float32
    overall = (20 * 3.0 + 400 * 8.0) / 420
    np.testing.assert_allclose(means[..., 0], [[3.0, 8.0, 8.0], [8.0, 8.0, overall]], rtol=1e-5)
    values[values == 8.0] = np.nan
    forget_photos()
    cv2.imwrite(str(frame.path), values)
    np.testing.assert_allclose(read_blurred(frame, 1, 10.0, 100)[..., 0], 3.0, rtol=1e-5)  # two rows of ten pixels
