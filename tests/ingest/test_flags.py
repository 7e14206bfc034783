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


def test_bits_are_those_of_files_already_written() -> None:
    """A trace that was stored yesterday is read today: every flag keeps its bit and its name."""
    names = (
        "position_missing position_jump position_stuck gnss_poor gnss_warm_up position_interpolated time_repaired "
        "value_missing value_out_of_range value_stuck below_detection_limit instrument_fault calibration stationary "
        "in_depot own_exhaust vehicle_exhaust wind_implausible removed_by_hand"
    )
    attributes = flag_attributes()
    assert attributes["flag_meanings"] == names
    masks = np.asarray(attributes["flag_masks"])
    assert masks.dtype == np.uint32
    assert masks.tolist() == [2**bit for bit in range(19)]
    assert (attributes["standard_name"], attributes["long_name"]) == ("quality_flag", "quality-control flag")


def test_which_flags_reject() -> None:
    """A wrong place, a wrong or missing value, gas, exhaust, a depot, a person; all else informs."""
    place = ["POSITION_MISSING", "POSITION_JUMP", "POSITION_STUCK", "REMOVED_BY_HAND"]
    value = ["VALUE_MISSING", "VALUE_OUT_OF_RANGE", "VALUE_STUCK", "INSTRUMENT_FAULT", "CALIBRATION", "IN_DEPOT"]
    exhaust = ["OWN_EXHAUST", "VEHICLE_EXHAUST"]
    assert {flag.name for flag in Flag if flag & BAD_POSITION} == set(place)
    assert {flag.name for flag in Flag if flag & REJECTING} == {*place, *value, *exhaust}
    alone = np.array([int(flag) for flag in Flag], np.uint32)
    assert is_usable(alone).tolist() == [not flag & REJECTING for flag in Flag]
    assert is_usable(alone, Flag.STATIONARY).tolist() == [flag != Flag.STATIONARY for flag in Flag]


def test_counts_come_in_the_order_of_the_table() -> None:
    """And only those that occur."""
    flags = np.array([Flag.REMOVED_BY_HAND, Flag.REMOVED_BY_HAND, Flag.GNSS_POOR, 0], np.uint32)
    assert list(flag_counts(flags).items()) == [("gnss_poor", 1), ("removed_by_hand", 2)]
