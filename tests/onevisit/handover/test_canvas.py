"""The small canvas: where ink lies and how much of it."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from onevisit.handover.page.canvas import Canvas, Label, dashes, fitted, plain, text_width


def ink(canvas: Canvas) -> np.ndarray:
    """Share of black in every pixel; the palette is good to a shade."""
    share = 1 - np.asarray(Image.open(BytesIO(canvas.png())).convert("L"), float) / 255
    return np.where(share < 0.01, 0.0, share)


def middle(pixels: np.ndarray) -> tuple[float, float]:
    """Column and row of the middle of the ink."""
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    return float((columns * pixels).sum() / pixels.sum()), float((rows * pixels).sum() / pixels.sum())


SQUARE = np.array([(10.0, 20.0), (30.0, 20.0), (30.0, 50.0), (10.0, 50.0)])


def test_a_canvas_is_wide_by_high_on_its_paper() -> None:
    """A palette of up to 96 colours, of which one is used."""
    picture = Image.open(BytesIO(Canvas(40, 30, "#0a141e").png()))
    assert picture.format == "PNG" and picture.mode == "P" and picture.size == (40, 30)
    assert np.abs(np.asarray(picture.convert("RGB"), int) - [10, 20, 30]).max() <= 4


def test_colours_are_red_green_and_blue() -> None:
    """In this order, of shapes, of tints and of text's paper."""
    canvas = Canvas(40, 60, "#ffffff")
    canvas.fill([SQUARE], "#c80000")
    canvas.fill([SQUARE + np.array([0.0, 10.0])], "#0000ff", 0.5)
    pixels = np.asarray(Image.open(BytesIO(canvas.png())).convert("RGB"), int)
    assert np.abs(pixels[25, 20] - [200, 0, 0]).max() <= 8
    assert np.abs(pixels[45, 20] - [100, 0, 128]).max() <= 8
    assert np.abs(pixels[55, 20] - [128, 128, 255]).max() <= 8


def covers(pixels: np.ndarray, west: float, north: float, east: float, south: float, share: float) -> None:
    """A box has this share of ink, all else has none; OpenCV's soft edge takes a pixel to either side."""
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]] + 0.5
    inside = (columns > west + 1) & (columns < east - 1) & (rows > north + 1) & (rows < south - 1)
    near = (columns > west - 1.5) & (columns < east + 1.5) & (rows > north - 1.5) & (rows < south + 1.5)
    assert pixels[inside] == pytest.approx(share, abs=0.03)
    assert pixels[~near].max() == 0.0


@pytest.mark.parametrize("alpha", [1.0, 0.5])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (-20.0, 0.0), (40.0, 0.0), (0.0, -35.0), (0.0, 45.0)])
def test_a_polygon_covers_its_place(alpha: float, shift: tuple[float, float]) -> None:
    """Also where it runs out of the canvas on one of its four sides, all or half of the ink."""
    canvas = Canvas(60, 80, "#ffffff")
    canvas.fill([SQUARE + shift], "#000000", alpha)
    covers(ink(canvas), 10 + shift[0], 20 + shift[1], 30 + shift[0], 50 + shift[1], alpha)


@pytest.mark.parametrize("shift", [(0.3, 0.2), (-20.0, 0.0), (40.0, 0.0), (0.0, -35.0), (0.0, 45.0)])
def test_a_tint_is_a_fill_with_less_ink_to_its_soft_edge(shift: tuple[float, float]) -> None:
    """A slanted triangle, and the same with a hole, half as dark in every pixel."""
    triangle = np.array([(10.0, 20.0), (31.3, 25.7), (17.1, 51.9)]) + shift
    hole = (triangle - triangle.mean(axis=0)) * 0.5 + triangle.mean(axis=0)
    for rings in ([triangle], [triangle, hole]):
        pixels = []
        for alpha in (1.0, 0.5):
            canvas = Canvas(60, 80, "#ffffff")
            canvas.fill(rings, "#000000", alpha)
            pixels.append(ink(canvas))
        assert np.abs(pixels[1] - 0.5 * pixels[0]).max() < 0.06


def test_what_has_no_inside_is_not_filled() -> None:
    """Two points, no ring, or a ring far outside."""
    canvas = Canvas(60, 80, "#ffffff")
    for alpha in (1.0, 0.5):
        canvas.fill([SQUARE[:2]], "#000000", alpha)
        canvas.fill([], "#000000", alpha)
        canvas.fill([SQUARE + 1e12], "#000000", alpha)
        canvas.fill([SQUARE - 1e12], "#000000", alpha)
    assert ink(canvas).max() == 0.0


def test_three_points_have_an_inside() -> None:
    """A triangle is half of its square."""
    canvas = Canvas(60, 80, "#ffffff")
    canvas.fill([SQUARE[:3]], "#000000")
    pixels = ink(canvas)
    assert pixels[22, 20:29].min() == 1.0 and pixels[45, 10:20].max() == 0.0


@pytest.mark.parametrize(("width", "expected"), [(1.0, 1.7), (2.2, 2.7), (4.0, 4.7), (0.1, 0.7)])
def test_a_line_is_as_wide_as_asked(width: float, expected: float) -> None:
    """In halves of a pixel, never nothing; OpenCV's soft edge adds a third of one to either side."""
    canvas = Canvas(60, 80, "#ffffff")
    canvas.line(np.array([(10.0, 40.0), (50.0, 40.0)]), "#000000", width)
    assert ink(canvas)[:, 20:40].sum() / 20 == pytest.approx(expected, abs=0.1)
    assert middle(ink(canvas)) == pytest.approx((29.8, 39.8), abs=0.4)


def test_a_closed_line_comes_back() -> None:
    """The west side of the square is drawn only then; a single point is no line."""
    for closed in (False, True):
        canvas = Canvas(60, 80, "#ffffff")
        canvas.line(SQUARE, "#000000", 2.0, closed=closed)
        canvas.line(SQUARE[:1] + 20, "#000000", 2.0)
        pixels = ink(canvas)
        assert (pixels[30:40, 8:13].max() > 0.5) == closed
        assert pixels[35, 28:33].max() > 0.5 and pixels[40, 20] < 0.01


def test_a_line_from_very_far_crosses_the_canvas() -> None:
    """Numbers that overflow would turn it."""
    canvas = Canvas(60, 80, "#ffffff")
    canvas.line(np.array([(-1e9, 40.0), (1e9, 40.0)]), "#000000", 2.0)
    pixels = ink(canvas)
    assert pixels[40].min() > 0.3 and pixels[:35].max() == 0.0 and pixels[45:].max() == 0.0


def test_a_disc_and_a_square_are_as_large_as_asked() -> None:
    """A disc of 10 px radius; a square of 20 px with an edge of 4."""
    canvas = Canvas(60, 80, "#ffffff")
    canvas.disc(30.25, 40.0, 10.0, "#000000")
    pixels = ink(canvas)
    assert pixels.sum() == pytest.approx(math.pi * 10.5**2, rel=0.04)
    assert middle(pixels) == pytest.approx((30.0, 39.8), abs=0.4)
    canvas = Canvas(60, 80, "#ffffff")
    canvas.square(30.0, 40.0, 20.0, fill="#ffffff", edge="#000000", width=4.0)
    pixels = ink(canvas)
    assert pixels[34:46, 24:36].max() == 0.0
    assert pixels.sum() == pytest.approx(24.7**2 - 15.3**2, rel=0.04)
    assert middle(pixels) == pytest.approx((29.8, 39.8), abs=0.4)
    canvas.square(30.0, 40.0, 20.0, fill="#000000", edge="#000000", width=4.0)
    assert ink(canvas)[34:46, 24:36].min() == 1.0


def test_a_blot_is_its_rectangle_exactly() -> None:
    """Left, top, right, bottom in whole pixels."""
    canvas = Canvas(60, 80, "#000000")
    canvas.blot(10, 20, 40, 70, "#ffffff")
    expected = np.ones((80, 60))
    expected[20:70, 10:40] = 0.0
    assert np.abs(ink(canvas) - expected).max() < 0.02


@pytest.mark.parametrize(("anchor", "left"), [("l", 60.0), ("m", None), ("r", None)])
def test_text_begins_is_centred_or_ends_at_its_place(anchor: str, left: float | None) -> None:
    """And lies around its height, on top of what is drawn later."""
    canvas = Canvas(120, 40, "#ffffff")
    canvas.write(Label(60.0, 20.0, "HHHH", 14, "#000000", anchor))
    canvas.blot(0, 0, 120, 40, "#ffffff")
    pixels = ink(canvas)
    columns, rows = np.flatnonzero(pixels.max(axis=0) > 0.3), np.flatnonzero(pixels.max(axis=1) > 0.3)
    wide = text_width("HHHH", 14)
    start = left if left is not None else 60.0 - wide / (2 if anchor == "m" else 1)
    assert columns[0] == pytest.approx(start, abs=2.5) and columns[-1] == pytest.approx(start + wide, abs=2.5)
    assert (rows[0] + rows[-1]) / 2 == pytest.approx(20.0, abs=2.0)


def test_a_label_is_small_dark_and_begins_at_its_place() -> None:
    """Unless said otherwise."""
    assert Label(1.0, 2.0, "a") == Label(1.0, 2.0, "a", 12, "#1d2733", "l")


def test_text_grows_with_its_size() -> None:
    """Twice the size is twice as wide; what the font lacks has no width."""
    assert text_width("HHHH", 24) == pytest.approx(2 * text_width("HHHH", 12), rel=0.1)
    assert text_width("成都", 12) == 0.0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("−–—⁻", "----"),
        ("µμ", "uu"),
        ("2 × 3", "2 x 3"),
        ("a…", "a..."),
        ("a·b", "a-b"),
        ("10⁻³", "10-3"),
        ("５～", "5~"),
        ("\t a\n", "a"),
        ("271° ± 3", "271° ± 3"),
        ("é", ""),
        ("~ !", "~ !"),
    ],
)
def test_text_is_brought_to_the_characters_of_the_font(text: str, shown: str) -> None:
    """Dashes, micro, times, dots, raised digits and wide letters; the rest is left out."""
    assert plain(text) == shown


def test_text_that_just_fits_is_not_cut() -> None:
    """At its very width; a hair less takes a letter and more for the dots; nothing fits in nothing."""
    width = text_width("abcdef", 12)
    assert fitted("abcdef", 12, width) == "abcdef"
    cut = fitted("abcdef", 12, width - 0.01)
    assert cut.endswith("...") and cut[:-3] == "abcdef"[: len(cut) - 3] and text_width(cut, 12) <= width - 0.01
    assert text_width("abcdef"[: len(cut) - 2] + "...", 12) > width - 0.01
    assert fitted("abcdef", 12, 0.0) == "..."


def test_dashes_turn_with_the_way() -> None:
    """6 on, 4 off: a corner in a gap, then one that a dash goes round; the last dash is cut."""
    found = dashes(np.array([(0.0, 0.0), (8.0, 0.0), (8.0, 9.0)]), 6.0, 4.0)
    assert [d.tolist() for d in found] == [[[0.0, 0.0], [6.0, 0.0]], [[8.0, 2.0], [8.0, 8.0]]]
    found = dashes(np.array([(0.0, 0.0), (4.0, 0.0), (4.0, 9.0)]), 6.0, 4.0)
    assert [d.tolist() for d in found] == [[[0.0, 0.0], [4.0, 0.0], [4.0, 2.0]], [[4.0, 6.0], [4.0, 9.0]]]
    assert dashes(np.array([(0.0, 0.0)]), 6.0, 4.0) == []
