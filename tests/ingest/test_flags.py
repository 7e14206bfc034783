"""The flag table: bits, meanings, attributes and the documentation agree."""

from __future__ import annotations

import numpy as np

from ingest.flags import BAD_POSITION, MEANINGS, REJECTING, Flag, flag_attributes, flag_counts, is_usable


def test_every_flag_has_a_meaning_and_a_bit_of_its_own() -> None:
    """No flag without explanation, no two flags on one bit."""
    assert set(MEANINGS) == set(Flag)
    assert all(flag.value.bit_count() == 1 for flag in Flag)


def test_attributes_follow_cf() -> None:
    """As many masks as meanings, no blank inside a meaning (CF-1.11, section 3.5)."""
    attributes = flag_attributes()
    assert len(str(attributes["flag_meanings"]).split()) == len(np.asarray(attributes["flag_masks"])) == len(Flag)


def test_informing_flags_do_not_reject() -> None:
    """A stationary row may be used, one without position may not."""
    flags = np.array([0, Flag.STATIONARY, Flag.POSITION_MISSING, Flag.STATIONARY | Flag.CALIBRATION], np.uint32)
    assert is_usable(flags).tolist() == [True, True, False, False]


def test_rows_with_a_bad_value_still_say_where_the_platform_was() -> None:
    """Only flags of place and of a person's hand make a position useless."""
    assert not BAD_POSITION & Flag.CALIBRATION
    assert BAD_POSITION & REJECTING == BAD_POSITION


def test_counts_count_rows_per_flag() -> None:
    """A row with two flags counts for both."""
    flags = np.array([Flag.CALIBRATION | Flag.IN_DEPOT, Flag.IN_DEPOT], np.uint32)
    assert flag_counts(flags) == {"calibration": 1, "in_depot": 2}
