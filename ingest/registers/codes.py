"""Codes that name a legal person and its sites: the unified social credit code and the permit code."""

from __future__ import annotations

import re

# GB 32100-2015, table 2: digits and capitals without I, O, S, V, Z; the check character is the last of 18.
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_WEIGHTS = tuple(pow(3, k, 31) for k in range(17))
_PERMIT = re.compile(r"[0-9A-Z]{18}[0-9]{3}[0-9A-Z]")
_FULL_WIDTH = {0xFF01 + k: 0x21 + k for k in range(94)}


def normalise_code(text: str) -> str:
    """Upper case, half width, without spaces, hyphens and the quotes by which Excel is told "this is text".

    Examples
    --------
    >>> normalise_code(" ９１130200-699229617x ")
    '91130200699229617X'
    """
    return re.sub(r"[\s'`\"\u200b-]", "", text.translate(_FULL_WIDTH)).upper()


def is_uscc(code: str) -> bool:
    """Return whether a code has 18 characters of the alphabet and the right check character (GB 32100-2015, 4.5).

    Examples
    --------
    >>> is_uscc("91130200699229617X"), is_uscc("91130200699229617A")
    (True, False)
    """
    if len(code) != 18 or any(character not in _VALUES for character in code):
        return False
    total = sum(weight * _VALUES[character] for weight, character in zip(_WEIGHTS, code[:17], strict=True))
    return _VALUES[code[17]] == (31 - total % 31) % 31


def is_permit_code(code: str) -> bool:
    """Return whether a code has the shape of a permit code: 18 characters, place number, one more (HJ 608-2017).

    The last character follows no published rule and is not checked, nor are the first 18: sites without a credit
    code have a code of their own there (``H9...``).
    """
    return _PERMIT.fullmatch(code) is not None


def uscc_of_permit(permit_code: str) -> str:
    """Return the credit code in a permit code, or an empty text where there is none."""
    head = permit_code[:18]
    return head if is_permit_code(permit_code) and is_uscc(head) else ""
