"""What speaks of the lawfulness of an emission: rate, records, orders, permits, complaints; each datum once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import xarray as xr

from fusion.schema import Rate, SiteProbability
from ingest.registers.kinds import Case, Enterprise, Order
from ingest.schema import Permitted
from monitors.schema import Anomaly, Cause
from onevisit.leads.emissions import rate_in_grams
from onevisit.leads.lawful import (
    Known,
    SiteAnomalies,
    covered_by_site,
    hear_lawfulness,
    permitted_g_s,
    recorded_by_site,
)
from onevisit.leads.standing import Standing
from onevisit.leads.tables import BUILT_IN, RivalTables
from onevisit.schema import Disposition
from onevisit.words.telling import say
from tests.onevisit.leads.weighing import DAY, told, weigh

Make = Callable[..., Any]
CANDIDATE = SiteProbability("S1", 0.9, 200.0, 270.0, Rate(2e6, 1e6, 4e6))
"""2e6 (ug m-3) m3 s-1 are 2 g s-1: 7.2 kg/h."""
EXCEEDS = Anomaly(
    "exceedance", "S1", "", "", "DA001", "a.csv", "a24088", datetime(2026, 3, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 1, 3, tzinfo=UTC), 1.0, causes={Cause.EMISSION: 0.9, Cause.FAULT: 0.1},
)  # fmt: skip
PLAIN = RivalTables(records={})


def heard(site: Any, hotspot: Any, **known: Any) -> dict[str, float]:
    """Ratios by the id of the datum."""
    told_of = hear_lawfulness(site, CANDIDATE, hotspot, Known(DAY, **known), PLAIN)
    ids = [one.id for one in told_of]
    assert len(ids) == len(set(ids))
    return {one.id: one.ratio for one in told_of}


@pytest.fixture
def dust(make_hotspot: Make) -> Any:
    """A hotspot in a unit with a mass."""
    return make_hotspot(species="pm10", unit="ug m-3")


@pytest.mark.parametrize(
    ("permitted", "allowed"),
    [
        ((), None),
        ((Permitted("颗粒物", 7.2),), 2.0),
        ((Permitted("颗粒物", None, 14.4),), 2.0),
        ((Permitted("颗粒物", 7.2, 1.0),), 2.0),
        ((Permitted("氮氧化物", 7.2),), None),
        ((Permitted("", 3.6),), 1.0),
    ],
)
def test_what_a_permit_allows(make_site: Make, permitted: tuple[Permitted, ...], allowed: float | None) -> None:
    """7.2 kg/h are 2 g/s; so are 14.4 t over 2000 h; an hour speaks before a year; another pollutant does not."""
    site = make_site(species=("颗粒物",), permitted=permitted)
    assert permitted_g_s(site, "pm10", BUILT_IN) == pytest.approx(allowed)


def test_a_rate_is_held_against_the_permit(make_site: Make, dust: Any) -> None:
    """Ten times the permitted speaks against, a tenth for; without a limit or a mass nothing is said."""
    site = make_site(species=("颗粒物",))
    assert heard(site, dust) == {}
    much = heard(replace(site, permitted=(Permitted("颗粒物", 0.72),)), dust)
    little = heard(replace(site, permitted=(Permitted("颗粒物", 72.0),)), dust)
    assert much["rate@H001"] > 5.0 and little["rate@H001"] < 0.5
    grams = rate_in_grams(CANDIDATE.rate, "ug m-3", "pm10")
    assert grams is not None and grams.median == pytest.approx(2.0)
    (one,) = hear_lawfulness(
        replace(site, permitted=(Permitted("颗粒物", 0.72),)), CANDIDATE, dust, Known(DAY), PLAIN
    )  # fmt: skip
    assert say(one.text) == "emitting 7.20 kg/h (90 %: 3.60 to 14.4), where 0.720 kg/h are permitted"


def test_records_of_that_time_speak(make_site: Make, dust: Any) -> None:
    """A true exceedance within two hours, else a clean record that covers it; one of another day says nothing."""
    site = make_site()
    shown = {"S1": SiteAnomalies((("A001", EXCEEDS),))}
    assert heard(site, dust, records=shown) == {"A001": PLAIN.exceeds}
    faulty = replace(EXCEEDS, causes={Cause.FAULT: 0.9, Cause.EMISSION: 0.1})
    whole = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    assert heard(site, dust, records={"S1": SiteAnomalies((("A001", faulty),), whole)}) == {
        "records@H001": PLAIN.clean
    }
    late = replace(EXCEEDS, start=EXCEEDS.start + timedelta(days=2), end=EXCEEDS.end + timedelta(days=2))
    assert heard(site, dust, records={"S1": SiteAnomalies((("A001", late),), (whole[0], whole[0]))}) == {}


def test_registers_speak(make_site: Make, dust: Any) -> None:
    """A stop order in force, an expired permit and an open complaint; a limit or an order that ended does not."""
    stop = Order(Enterprise("S1"), "", date(2026, 3, 1), None, "D", "停产", "orders.csv")
    site = make_site(permit_valid_to=date(2026, 2, 1))
    standing = Standing(orders=(stop,), complaints=(Case(Enterprise("S1"), None, None, "", "c.csv"),))
    assert heard(site, dust, standings={"S1": standing}) == {
        "order@orders.csv": PLAIN.stop_order, "permit_valid_to": PLAIN.expired, "complaints": PLAIN.complained,
    }  # fmt: skip
    others = (replace(stop, measure="限产30%"), replace(stop, end=date(2026, 2, 27), start=None))
    assert heard(make_site(), dust, standings={"S1": Standing(orders=others)}) == {}


def test_who_emits_is_not_who_offends(make_site: Make, dust: Any, make_attribution: Make) -> None:
    """A clear plume of a licensed site sends nobody; its own exceedance does; a clean record leaves it alone."""
    seen = ([make_site()], [dust], [make_attribution(S1=0.95)])
    (unknown,) = weigh(*seen, tables=PLAIN).value
    assert unknown.disposition is Disposition.MEASURE_AGAIN
    assert "lawfulness unknown" in told(unknown)[0] and "是否合法未知" in told(unknown, "zh")[0]
    shown = Known(DAY, records={"S1": SiteAnomalies((("A001", EXCEEDS),))})
    (entered,) = weigh(*seen, tables=PLAIN, known=shown).value
    assert entered.disposition is Disposition.VISIT and "(Above the limit, A001)" in told(entered)[0]
    whole = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    (left,) = weigh(*seen, tables=PLAIN, known=Known(DAY, records={"S1": SiteAnomalies((), whole)})).value
    assert left.disposition is Disposition.NONE and "more likely within the permit" in told(left)[0]


def test_a_datum_that_is_removed_takes_its_weight_with_it_once(
    make_site: Make, dust: Any, make_attribution: Make
) -> None:
    """The odds of an unlawful emission fall by just the ratio of the exceedance."""
    seen = ([make_site()], [dust], [make_attribution(S1=0.95)])

    def odds(known: Known) -> float:
        (lead,) = weigh(*seen, tables=PLAIN, known=known).value
        named = {e.name: e.probability for e in lead.explanations}
        return named["unlawful_emission"] / named["permitted_emission"]

    with_it = odds(Known(DAY, records={"S1": SiteAnomalies((("A001", EXCEEDS),))}))
    assert with_it / odds(Known(DAY)) == pytest.approx(PLAIN.exceeds)


def test_spans_and_anomalies_go_to_their_sites(make_site: Make) -> None:
    """Only outlets with a limit cover anything; anomalies keep the ids of the file."""
    sites = [make_site("S1", permit_code="S1"), make_site("S2", permit_code="S2")]
    time = np.array(["2026-03-01T00", "2026-03-01T05"], "datetime64[ns]")

    def series(permit: str, **attrs: Any) -> xr.Dataset:
        named = {"permit_code": permit, "uscc": "", "site_name": ""}
        return xr.Dataset({"v": ("obs", [1.0, 2.0], attrs)}, {"time": ("obs", time)}, named)

    covered = covered_by_site([series("S1", limit=60.0), series("S2"), series("S9", limit=1.0)], sites)
    span = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 5, tzinfo=UTC))
    assert covered == {"S1": span}
    strange, second = replace(EXCEEDS, permit_code="S9"), replace(EXCEEDS, permit_code="S2")
    assert recorded_by_site([EXCEEDS, strange, second], covered, sites) == {
        "S1": SiteAnomalies((("A001", EXCEEDS),), span), "S2": SiteAnomalies((("A003", second),)),
    }  # fmt: skip
