"""Credit codes and permit codes: check characters, shapes, and how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.registers.codes import is_permit_code, is_uscc, normalise_code, uscc_of_permit

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015, table 2
# The weights as the standard prints them (table 3).
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
CODE = "91130200699229617X"  # HJ 608-2017, the standard's example


@given(st.text(ALPHABET, min_size=17, max_size=17))
def test_one_check_character_fits(body: str) -> None:
    """Weights and formula of GB 32100-2015, 4.5: C18 = 31 - Σ CW mod 31, with 31 written as 0."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, WEIGHTS, strict=True))
    right = next(c for k, c in enumerate(ALPHABET) if (total + k) % 31 == 0)
    assert [c for c in ALPHABET if is_uscc(body + c)] == [right]


def test_a_remainder_of_nothing_is_written_as_0() -> None:
    """Seventeen zeros weigh nothing; the check character is 0."""
    assert is_uscc("0" * 18)


@pytest.mark.parametrize("code", ["", CODE[:17], CODE + "0", *("0" * 17 + c for c in "IOSVZ"), "I" + CODE[1:]])
def test_codes_of_another_shape(code: str) -> None:
    """17 and 19 characters, and the letters that the alphabet leaves out."""
    assert not is_uscc(code)


@pytest.mark.parametrize(
    ("code", "right"),
    [
        (CODE + "001P", True),
        (CODE + "0019", True),
        ("H95101990000000001" + "999Z", True),
        ("I" * 18 + "001P", True),
        (CODE + "001", False),
        (CODE + "001PX", False),
        (CODE + "0A1P", False),
        (CODE + "001p", False),
        (CODE.lower() + "001P", False),
        (CODE + "٠٠١P", False),
        (CODE[:17] + "-001P", False),
        ("", False),
    ],
)
def test_shape_of_permit_codes(code: str, right: bool) -> None:
    """18 capitals or digits, three digits, one more (HJ 608-2017); digits of another script are none."""
    assert is_permit_code(code) == right


@pytest.mark.parametrize(
    ("permit", "uscc"),
    [(CODE + "001P", CODE), (CODE[:17] + "A001P", ""), (CODE, ""), (CODE + "00AP", ""), ("", "")],
)
def test_credit_code_within_a_permit_code(permit: str, uscc: str) -> None:
    """Only from a whole permit code, and only if its check character is right."""
    assert uscc_of_permit(permit) == uscc


def test_full_width_characters_become_half_width() -> None:
    """All 94 of them."""
    wide = "".join(chr(0xFF01 + k) for k in range(94))
    kept = "".join(chr(0x21 + k) for k in range(94) if chr(0x21 + k) not in "'\"`-")
    assert normalise_code(wide) == kept.upper()


@pytest.mark.parametrize("mark", [" ", "\t", "\n", "'", "`", '"', "-", "\u200b", "\u3000"])
def test_marks_in_codes_are_left_out(mark: str) -> None:
    """Blanks, quotes and hyphens, anywhere."""
    assert normalise_code(f"{mark}9a{mark}1{mark}") == "9A1"
