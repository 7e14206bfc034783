"""Rows of registers → groups that are one site each: every rule at its limits, with its confidence."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.registers import joins
from ingest.registers.joins import Group, join_listings, name_key, name_likeness
from ingest.registers.listings import Listing
from ingest.registers.places import OtherReading
from onevisit.words.telling import ToldDecision, tell
from tests.ingest.immutable import mutable_values
from tests.ingest.registers.register_rows import CODE, OTHER, PERMIT, listing, place

M = 111_320.0  # metres of a degree of latitude
A, B = "鼎盛家具制造", "鼎盛家俱制造"  # five pairs each, three in common


def north(metres: float) -> dict[str, object]:
    """A place so many metres north of 30.7° N."""
    return {"place": place(104.1, 30.7 + metres / M)}


def join(*listings: Listing, **changes: float) -> tuple[list[list[int]], list[ToldDecision]]:
    """Line numbers of each group, and the decisions in words."""
    options = {"same_place_m": 1500.0, "near_m": 150.0, "likeness": 0.6} | changes
    outcome = join_listings(listings, **options)  # type: ignore[arg-type]
    groups = [[int(r.row.where.split()[1]) for r in group.listings] for group in outcome.value]
    return groups, [tell(d) for d in outcome.decisions]


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word",
    ["股份有限公司", "有限责任公司", "有限公司", "分公司", "公司", "工厂", "厂区", "四川省", "四川", "成都市", "成都",
     "company", "Limited", "Inc.", "Inc", "Co., Ltd.", "Co.,Ltd", "CO LTD", " ", "（）", "()", "[]", "【】", "·", ",",
     "，", ".", "。", "-", "—", "_", "'", '"'],
)  # fmt: skip
def test_words_that_say_nothing_about_a_company(word: str) -> None:
    """In front, in the middle and behind, in either case."""
    assert {name_key(name) for name in (f"{word}蓉阳部件", f"蓉阳{word}部件", f"蓉阳部件{word}")} == {"蓉阳部件"}


@pytest.mark.parametrize(
    ("name", "key"), [("蓉阳厂", "蓉阳"), ("厂房", "厂房"), ("成都公司", "成都公司"), ("A b", "ab"), ("", "")]
)
def test_keys_of_names(name: str, key: str) -> None:
    """厂 only at the end; a name of such words alone is kept."""
    assert name_key(name) == key


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        ("night", "nacht", 0.25), ("abcd", "abcd", 1.0), ("abcd", "bcda", 2 / 3), ("abab", "ab", 2 / 3),
        ("a", "a", 1.0), ("a", "b", 0.0), ("a", "ab", 0.0), ("", "a", 0.0), ("a", "", 0.0), ("", "", 0.0),
        (A, B, 0.6),
    ],
)  # fmt: skip
def test_likeness_of_names(a: str, b: str, alike: float) -> None:
    """Twice the common pairs over all pairs (Dice 1945), a pair counted once, a single character for itself."""
    assert name_likeness(a, b) == pytest.approx(alike)
    assert name_likeness(b, a) == pytest.approx(alike)


# --- groups --------------------------------------------------------------------------------------------------------


def test_first_values_of_a_group() -> None:
    """The first text that is not empty, and the first position."""
    group = Group([listing(), listing(name="甲", uscc=CODE), listing(name="乙", **north(0.0)), listing(**north(9.0))])
    assert (group.first("name"), group.first("uscc"), group.first("permit_code")) == ("甲", CODE, "")
    assert group.place == place(104.1, 30.7)
    assert (Group().place, Group().first("name")) == (None, "")
    assert Group() is not Group()


@pytest.mark.parametrize(("share", "joined"), [(0.29, False), (0.31, True), (0.45, True)])
def test_a_row_in_doubt_joins_where_it_may_well_stand(share: float, joined: bool) -> None:
    """A similar name 350 m off, and at the same spot in another system: one site if that is about as likely."""
    here = place(104.1, 30.7)
    away = replace(here, lat=30.7 + 350 / 111_320, others=(OtherReading("GCJ-02", 104.1, 30.7, share),))
    rows = [listing("a", 1, name="鼎盛家具制造", place=here), listing("b", 1, name="鼎盛家俱制造", place=away)]
    for ordered in (rows, rows[::-1]):
        found, _ = join(*ordered)
        assert (len(found) == 1) == joined


# --- codes ---------------------------------------------------------------------------------------------------------


def test_one_permit_code_is_one_site_however_far() -> None:
    """Groups in the order in which their codes come; the joins are counted by register."""
    found, decisions = join(
        listing("a", 1, permit_code=PERMIT, **north(0.0)),
        listing("a", 2, permit_code=CODE + "002P", **north(0.0)),
        listing("b", 3, permit_code=PERMIT, **north(50_000.0)),
        listing("b", 4, permit_code=PERMIT),
        listing("c", 5, permit_code=CODE + "002P", name="x"),
    )
    assert found == [[1, 3, 4], [2, 5]]
    assert decisions == [
        ToldDecision("b", "2 rows joined by permit code, confidence 1", "same code in several rows"),
        ToldDecision("c", "1 rows joined by permit code, confidence 1", "same code in several rows"),
    ]


@pytest.mark.parametrize(("metres", "joined"), [(1499.0, True), (-1499.0, True), (1501.0, False), (-1501.0, False)])
def test_a_credit_code_is_a_site_up_to_its_length(metres: float, joined: bool) -> None:
    """A row of the company within the length of a plant is of its site, further away it is another."""
    found, decisions = join(
        listing("a", 1, permit_code=PERMIT, uscc=CODE, **north(0.0)), listing("b", 2, uscc=CODE, **north(metres))
    )
    assert found == ([[1, 2]] if joined else [[1], [2]])
    text = ToldDecision("b", "1 rows joined by credit code, confidence 0.95", "same code in several rows")
    assert decisions == ([text] if joined else [])


def test_the_length_of_a_plant_belongs_to_it() -> None:
    """A distance of just the limit is within it, east and west as much as north."""
    for here, there in (((104.1, 30.7), (104.1, 30.701)), ((104.1, 30.7), (104.101, 30.7))):
        apart = math.hypot((there[0] - here[0]) * math.cos(math.radians(30.7)), there[1] - here[1]) * M
        for limit, count in ((apart, 1), (math.nextafter(apart, 0.0), 2)):
            rows = [listing("a", k, uscc=CODE, place=place(*p)) for k, p in enumerate((here, there), 1)]
            assert len(join(*rows, same_place_m=limit)[0]) == count


def test_a_credit_code_is_known_from_the_permit_code() -> None:
    """A site whose rows state no credit code is found by the one in its permit code; other codes are not mixed up."""
    found, _ = join(listing("a", 1, permit_code=PERMIT), listing("b", 2, uscc=CODE), listing("b", 3, uscc=OTHER))
    assert found == [[1, 2], [3]]


def test_the_nearest_site_of_a_company_is_chosen() -> None:
    """Of two within the limit the nearer one, whatever their order."""
    sites = [listing("a", 1, permit_code=PERMIT, uscc=CODE, **north(0.0)),
             listing("a", 2, permit_code=CODE + "002P", uscc=CODE, **north(1000.0))]  # fmt: skip
    for metres, expected in ((400.0, [[1, 3], [2]]), (600.0, [[1], [2, 3]])):
        for order in (sites, sites[::-1]):
            found, decisions = join(*order, listing("b", 3, uscc=CODE, **north(metres)))
            assert sorted(found) == expected
            assert len(decisions) == 1


def test_a_row_of_the_company_is_of_all_its_sites() -> None:
    """A row without a place goes to each, and is a decision."""
    found, decisions = join(
        listing("a", 1, permit_code=PERMIT, uscc=CODE, **north(0.0)),
        listing("a", 2, permit_code=CODE + "002P", uscc=CODE, **north(9000.0)),
        listing("b", 3, uscc=CODE),
    )
    assert found == [[1, 3], [2, 3]]
    note = "no place of its own, and the credit code has 2 sites"
    assert ToldDecision("b, line 3", "row of the company given to all of its sites", note) in decisions
    assert len(decisions) == 2


def test_rows_with_a_place_make_the_sites() -> None:
    """A row without one that comes first in the file is joined to them, and only then starts a site of its own."""
    assert join(listing("a", 1, uscc=CODE), listing("a", 2, uscc=CODE, **north(0.0)))[0] == [[2, 1]]
    assert join(listing("a", 1, name="甲"), listing("a", 2, name="甲", **north(0.0)))[0] == [[2, 1]]
    found, decisions = join(listing("a", 1, uscc=CODE), listing("a", 2, uscc=CODE))
    assert found == [[1, 2]]
    assert [d.decision for d in decisions] == ["1 rows joined by credit code, confidence 0.95"]


def test_a_site_without_a_place_takes_a_row_that_has_one() -> None:
    """If it is the company's only site; not beside one that lies elsewhere, nor as one of two."""
    unplaced, other = (
        listing("a", 1, permit_code=PERMIT, uscc=CODE),
        listing("a", 2, permit_code=CODE + "002P", uscc=CODE),
    )
    far = listing("a", 3, permit_code=CODE + "003P", uscc=CODE, **north(9000.0))
    one = listing("b", 4, uscc=CODE, **north(0.0))
    assert join(unplaced, one)[0] == [[1, 4]]
    assert join(unplaced, other, one)[0] == [[1], [2], [4]]
    assert join(unplaced, far, one)[0] == [[1], [3], [4]]


# --- names and places ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("metres", "joined"), [(1499.0, True), (1501.0, False)])
def test_one_name_is_a_site_up_to_its_length(metres: float, joined: bool) -> None:
    """The same name within the length of a plant; the decision has both names, the distance and its confidence."""
    found, decisions = join(
        listing("a", 1, name="成都蓉阳部件公司", **north(0.0)), listing("b", 2, name="蓉阳部件厂", **north(metres))
    )
    assert found == ([[1, 2]] if joined else [[1], [2]])
    note = ToldDecision(
        "b, line 2", "taken as the site of a, line 1, by name and place, confidence 0.9",
        "names '蓉阳部件厂' and '成都蓉阳部件公司', 1499 m apart",
    )  # fmt: skip
    assert decisions == ([note] if joined else [])


def test_one_name_without_a_place() -> None:
    """Joined to the only site of the name with less confidence and no distance, from either side."""
    for one, other in ((north(0.0), {}), ({}, {})):
        found, decisions = join(listing("a", 1, name="甲工", **one), listing("b", 2, name="甲工", **other))
        assert found == [[1, 2]]
        assert decisions == [
            ToldDecision(
                "b, line 2",
                "taken as the site of a, line 1, by name alone, confidence 0.8",
                "names '甲工' and '甲工'",
            )
        ]
    two = [listing("a", 1, name="甲工", **north(0.0)), listing("a", 2, name="甲工", **north(9000.0))]
    assert join(*two, listing("b", 3, name="甲工")) == ([[1], [2], [3]], [])


def test_rows_with_codes_are_found_by_their_names() -> None:
    """Any name of a site's rows will do, once for each of its names; a row without a name is joined to nobody."""
    site = [
        listing("a", 1, permit_code=PERMIT, name="甲工", **north(0.0)),
        listing("a", 2, permit_code=PERMIT, name="甲工公司"),
        listing("a", 3, permit_code=PERMIT, name="乙工"),
    ]
    for name in ("甲工", "乙工"):
        assert join(*site, listing("b", 4, name=name))[0] == [[1, 2, 3, 4]]
    values = {"site_id": "7"}
    assert join(*site, listing("b", 4, values=values), listing("b", 5, values=values))[0] == [[1, 2, 3], [4], [5]]
    nameless = listing("a", 1, permit_code=PERMIT, **north(0.0))
    assert join(nameless, listing("b", 2, values=values, **north(0.0)))[0] == [[1], [2]]


@pytest.mark.parametrize(("metres", "joined"), [(149.9, True), (-149.9, True), (150.1, False), (-150.1, False)])
def test_similar_names_are_a_site_where_they_are_near(metres: float, joined: bool) -> None:
    """Half a block, and the decision says by what."""
    found, decisions = join(listing("a", 1, name=A, **north(0.0)), listing("b", 2, name=B, **north(metres)))
    assert found == ([[1, 2]] if joined else [[1], [2]])
    text = "taken as the site of a, line 1, by place and similar name, confidence 0.7"
    note = ToldDecision("b, line 2", text, f"names {B!r} and {A!r}, 150 m apart")
    assert decisions == ([note] if joined else [])


def test_nearness_and_likeness_at_their_limits() -> None:
    """Just the distance and just the likeness will do."""
    rows = listing("a", 1, name=A, place=place(104.1, 30.7)), listing("b", 2, name=B, place=place(104.1, 30.701))
    apart = (30.701 - 30.7) * M
    for changes, count in (
        ({"near_m": apart}, 1),
        ({"near_m": math.nextafter(apart, 0.0)}, 2),
        ({"near_m": 200.0, "likeness": name_likeness(A, B)}, 1),
        ({"near_m": 200.0, "likeness": math.nextafter(name_likeness(A, B), 1.0)}, 2),
    ):
        assert len(join(*rows, **changes)[0]) == count


def test_a_row_without_a_place_or_name_has_no_similar_one() -> None:
    """Similar names alone are nothing, nor is a place alone."""
    assert join(listing("a", 1, name=A, **north(0.0)), listing("b", 2, name=B))[0] == [[1], [2]]
    assert join(listing("a", 1, name=A), listing("b", 2, name=B, **north(0.0)))[0] == [[2], [1]]
    assert join(listing("a", 1, name=A, **north(0.0)), listing("b", 2, values={"site_id": "1"}, **north(0.0)))[0] == [
        [1], [2],
    ]  # fmt: skip


def test_the_most_similar_name_nearby_is_chosen() -> None:
    """By the best of a site's names, whatever the order of the sites."""
    near = [listing("a", 1, name="abcdxy", **north(10.0)), listing("a", 2, name="qbcdef", **north(100.0))]
    for order in (near, near[::-1]):  # 0.6 and 0.8 like the row's, 0.4 like each other
        found, _ = join(*order, listing("b", 4, name="abcdef", **north(20.0)), likeness=0.5)
        assert sorted(found) == [[1], [2, 4]]
    site = [
        listing("a", 1, permit_code=PERMIT, name="无关", **north(0.0)),
        listing("a", 2, permit_code=PERMIT, name=A),
    ]
    assert join(*site, listing("b", 3, name=B, **north(20.0)))[0] == [[1, 2, 3]]


def test_rows_started_by_name_are_found_by_the_next() -> None:
    """A site that a row without codes has started takes the same name and a similar one."""
    rows = [
        listing("a", 1, name=A, **north(0.0)),
        listing("a", 2, name=A, **north(900.0)),
        listing("a", 3, name=B, **north(0.0)),
    ]
    assert join(*rows)[0] == [[1, 2, 3]]


def test_an_equal_name_far_away_does_not_hide_a_similar_one_nearby() -> None:
    """The name's own site is 9 km off; the similar one beside the row is taken."""
    found, _ = join(
        listing("a", 1, name=B, **north(9000.0)), listing("a", 2, name=A, **north(0.0)),
        listing("b", 3, name=B, **north(10.0)),
    )  # fmt: skip
    assert found == [[1], [2, 3]]


@given(
    st.floats(-179.0, 179.0),
    st.floats(-85.0, 85.0),
    st.floats(0.0, 2 * math.pi),
    st.floats(0.0, 1.5),
    st.floats(20.0, 900.0),
)
@example(104.1, 30.49995, math.pi / 2, 0.5, 150.0)
@example(104.1, -30.50005, math.pi / 2, 0.5, 150.0)
@example(104.1, 30.49, 0.0, 0.999, 150.0)
@example(0.0, 0.0, 4.0, 0.9, 150.0)
def test_near_sites_are_found_all_over_the_world(
    lon: float, lat: float, angle: float, part: float, near_m: float
) -> None:
    """Two similar names are one site if and only if they are near, in any direction, at any latitude."""
    other_lat = lat + part * near_m * math.sin(angle) / M
    other_lon = lon + part * near_m * math.cos(angle) / M / math.cos(math.radians(other_lat))
    east = (other_lon - lon) * math.cos(math.radians(other_lat))
    expected = 1 if math.hypot(east, other_lat - lat) * M <= near_m else 2
    rows = listing("a", 1, name=A, place=place(lon, lat)), listing("b", 2, name=B, place=place(other_lon, other_lat))
    assert len(join(*rows, near_m=near_m)[0]) == expected


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed, but for the group that is being filled."""
    assert mutable_values(joins) == ["Group"]


def test_of_several_sites_of_a_company_within_the_limit_the_nearest_is_meant() -> None:
    """In whatever order they were found."""
    groups = [Group([listing("a", k, uscc=CODE, **north(metres))]) for k, metres in enumerate((300.0, 100.0, 200.0))]
    for order in itertools.permutations(groups):
        chosen = joins._choose_owned(listing("b", 9, uscc=CODE, **north(90.0)), order, 500.0)
        assert [int(group.listings[0].row.where.split()[1]) for group in chosen] == [1]
    same = [Group([listing("a", k, uscc=CODE, **north(100.0))]) for k in (5, 6)]
    assert joins._choose_owned(listing("b", 9, uscc=CODE, **north(90.0)), same, 500.0) == same[:1]
