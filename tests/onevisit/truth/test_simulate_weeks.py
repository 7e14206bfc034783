"""Weeks of records: plants as they run, series as ingest reads their files, and a truth that knows all there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.registers.kinds import read_kinds
from ingest.schema import check_monitor
from onevisit.truth.score.records import Real, real_anomalies
from onevisit.truth.simulate import mission as missions
from onevisit.truth.simulate.confounders import CONFOUNDERS
from onevisit.truth.simulate.labels import sites_of_records
from onevisit.truth.simulate.names import permit_code, uscc
from onevisit.truth.simulate.records.alone import DrawnRecords, draw_records
from onevisit.truth.simulate.records.outlet import SiteRecord, WrittenOrder, draw_outlet
from onevisit.truth.simulate.records.packets import hour_packet
from onevisit.truth.simulate.records.plants import TRADES, Floats, draw_plant, trade_of_industry
from onevisit.truth.simulate.records.rhythms import draw_running
from onevisit.truth.simulate.records.series import series_of
from onevisit.truth.simulate.records.tables import write_weeks
from onevisit.truth.simulate.records.upsets import UPSETS, lay_upset
from onevisit.truth.simulate.records.weeks import draw_weeks, truth_of_activity
from tests.onevisit.truth.record_rows import park_site
from tests.onevisit.truth.steady_weeks import HOURS, START, steady_plant, steady_record

ON = {c.name: True for c in CONFOUNDERS}


@pytest.fixture(scope="module")
def drawn() -> DrawnRecords:
    """Four weeks of forty sites."""
    return draw_records(7, sites=40, weeks=4)


def _marks(series: xr.Dataset, code: str) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    words = str(series[f"{code}_mark"].attrs["flag_meanings"]).split()
    table = dict(zip(series[f"{code}_mark"].attrs["flag_values"].tolist(), words, strict=True))
    return np.array([table[v] for v in series[f"{code}_mark"].values.tolist()])


def test_records_are_monitor_series_and_the_same_for_the_same_seed(drawn: DrawnRecords) -> None:
    """By the contract of ingest; another seed is another park."""
    for series in drawn.series:
        check_monitor(series)
    again = draw_records(7, sites=40, weeks=4)
    assert all(a.identical(b) for a, b in zip(drawn.series, again.series, strict=True))
    assert again.truth == drawn.truth and again.sites == drawn.sites and again.orders == drawn.orders
    assert draw_records(8, sites=4, weeks=4).sites[0] != drawn.sites[0]


def _allowed(real: list[Real], series: xr.Dataset, kinds: set[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Hours of which the truth says one of these kinds."""
    time, found = series["time"].values, np.zeros(series.sizes["obs"], bool)
    for one in real:
        if one.site_id == series.attrs["permit_code"] and kinds & {one.kind, *one.also}:
            found |= (time >= one.start) & (time < one.end)
    return found


def test_the_truth_knows_every_exceedance(drawn: DrawnRecords) -> None:
    """No hour is above its limit, or negative, of which the truth says nothing; checks and stops are marked."""
    real, above = real_anomalies(drawn.truth), 0
    for series in (s for s in drawn.series if any("limit" in v.attrs for v in s.data_vars.values())):
        known = _allowed(real, series, {"exceedance", "marked_exceedance", "near_limit", "drift", "spike"})
        known |= _allowed(real, series, {"calibration_in_work_hours", "treatment_off", "idle_treatment", "negative"})
        for code in (str(n) for n, v in series.data_vars.items() if "limit" in v.attrs):
            if code.endswith("_corrected"):
                continue
            compared = series[f"{code}_corrected" if f"{code}_corrected" in series else code].values
            over = (compared > series[code].attrs["limit"]) & (_marks(series, code) == "normal")
            assert not (over & ~known).any(), (series.attrs, code)
            above += int(over.sum())
            assert not ((series[code].values < 0) & ~known).any()
    assert above > 30


def test_what_is_silent_is_in_the_truth(drawn: DrawnRecords) -> None:
    """An hour that an outlet lacks lies in an anomaly that allows missing."""
    real = real_anomalies(drawn.truth)
    for series in (s for s in drawn.series if s.attrs["interval"] == "hour" and s.attrs["point"]):
        hours = np.arange(series["time"].values[0], series["time"].values[-1], np.timedelta64(1, "h"))
        gone = hours[~np.isin(hours, series["time"].values)]
        empty = xr.Dataset(coords={"time": ("obs", gone)}, attrs=series.attrs)
        assert _allowed(real, empty, {"missing"}).all()


def test_power_follows_activity(drawn: DrawnRecords) -> None:
    """In the median hour that runs throughout, production takes ten times what it takes in one that stands."""
    ratios = []
    for told in drawn.truth["activity"]:
        on = np.zeros(told["minutes"])
        for first, last in told["on"]:
            on[first:last] = 1.0
        share = on.reshape(-1, 60).mean(axis=1)
        own = [s for s in drawn.series if s.attrs["permit_code"] == told["site_id"] and "MF0001_power" in s]
        if own and (share == 1).any() and (share == 0).any():
            kw = own[0]["MF0001_power"].values
            ratios.append(float(np.nanmedian(kw[share == 0]) / np.nanmedian(kw[share == 1])))
    assert len(ratios) > 10 and np.median(ratios) < 0.1


def test_a_clean_mixture_has_no_anomaly_that_must_be_found() -> None:
    """Nothing happens to a share of none of the sites, but orders that are not obeyed."""
    truth = draw_records(5, sites=12, weeks=4, upset_share=0.0).truth
    assert {a["name"] for a in truth["anomalies"] if a["required"]} <= {"order"}


# --- plants --------------------------------------------------------------------------------------------------------


def test_a_day_shift_keeps_its_hours_and_sundays() -> None:
    """From eight for twelve hours, give or take an hour; nobody works on the two Sundays of a fortnight."""
    plant = steady_plant("organics", rhythm="day", opens_h=8.0, works_h=12.0)
    share = draw_running(plant, START, 336, np.random.default_rng(1)).reshape(-1, 60).mean(axis=1)
    by_hour = share.reshape(14, 24)
    assert by_hour[[6, 13]].sum() == 0.0 and by_hour[:, :7].sum() == 0.0 and by_hour[:, 22:].sum() == 0.0
    assert np.median(by_hour[[0, 1, 2, 3, 7, 8]].sum(axis=1)) == pytest.approx(12.0, abs=1.0)


def test_an_obeyed_order_stops_or_halves_a_plant() -> None:
    """In its days, both included: no minute on and no power but standby; half of the load; other days as they are."""
    plant = steady_plant("organics", rhythm="always", standby=0.1)
    days = datetime(2026, 3, 4), datetime(2026, 3, 5)

    def drawn_under(measure: str | None) -> SiteRecord:
        order = None if measure is None else (WrittenOrder(*days, "C", measure), True)  # type: ignore[arg-type]
        return draw_outlet(plant, START, 168, np.random.default_rng(1), order=order)

    free, stopped, halved = drawn_under(None), drawn_under("停产"), drawn_under("限产")
    window = slice(48, 96)
    assert not stopped.on[60 * 48 : 60 * 96].any() and stopped.on.sum() == 60 * 120
    assert stopped.device("production").kw[window].max() < 0.12 * plant.kw
    assert halved.load[window] == pytest.approx(0.5 * free.load[window])
    assert halved.load[96:].tolist() == free.load[96:].tolist()


def test_habits_of_plants_go_with_their_confounders() -> None:
    """Without them no analyser is slow, checked, coarse or off its time."""
    for name, has in (
        ("slow_analysers", lambda p: p.slow),
        ("daily_checks", lambda p: p.check_hour is not None),
        ("range_switches", lambda p: bool(p.coarse_above)),
        ("legitimate_zeros", lambda p: p.zeros),
        ("wrong_clocks", lambda p: p.clock_h != 0),
        ("feed_changes", lambda p: p.feeds),
    ):
        for on in (True, False):
            rng = np.random.default_rng(4)
            plants = [
                draw_plant("S", "厂", "U", TRADES["sewage"], {**ON, name: on}, rng, monitored=True) for _ in range(80)
            ]
            assert any(map(has, plants)) is on, name


def test_a_feed_changes_levels_and_nothing_else() -> None:
    """Between two changes the ratio to the record without them is constant, of every quantity with a limit alone."""
    with_, without = (
        draw_outlet(steady_plant("power", feeds=feeds), START, 2000, np.random.default_rng(1))
        for feeds in (True, False)
    )
    ratio = with_.air["a21026"] / without.air["a21026"]
    calm = np.abs(np.diff(ratio)) < 1e-9
    assert calm.mean() > 0.99 and 1 <= (~calm).sum() <= 12 and 0.5 < ratio.min() < ratio.max() < 2.0
    assert (with_.air["a00000"] == without.air["a00000"]).all() and (with_.on == without.on).all()


def test_trades_by_industry() -> None:
    """By class; metal works give off dust, all that is not known hydrocarbons."""
    told = {code: trade_of_industry(code).name for code in ("4620", "4430", "3311", "3021", "2641")}
    assert told == {"4620": "sewage", "4430": "boiler", "3311": "dust", "3021": "dust", "2641": "organics"}


def test_the_truth_of_activity_is_in_minutes_from_a_moment_in_utc() -> None:
    """First and last of each stretch."""
    record = steady_record()
    on = record.on.copy()
    on[:30], on[100:160] = False, False
    told = truth_of_activity(replace(record, on=on))
    assert (told["begins"], told["minutes"]) == ("2026-03-01T16:00:00Z", 28_800)
    assert told["on"] == [[30, 100], [160, 28_800]]


# --- files ---------------------------------------------------------------------------------------------------------


def _drawn_weeks() -> tuple[SiteRecord, ...]:
    rng = np.random.default_rng(3)
    names = ["organics", "power", "sewage", "boiler", "dust", "power", "sewage", "organics"]
    codes = [uscc(rng) for _ in names]
    plants = [
        draw_plant(permit_code(code, 1, rng), f"厂{k}", code, TRADES[n], ON, rng, monitored=k < 6)
        for k, (n, code) in enumerate(zip(names, codes, strict=True))
    ]
    plants = [replace(p, packets=k % 2 == 0) for k, p in enumerate(plants)]
    return draw_weeks(plants, datetime(2026, 3, 2), 336, ON, rng, upset_share=1.0)


def test_series_are_what_ingest_reads_from_the_files(tmp_path: Path) -> None:
    """Value by value, mark by mark, attribute by attribute, of packets, exports, meters and marks over time."""
    records = _drawn_weeks()
    write_weeks(tmp_path, records, datetime(2026, 3, 16), np.random.default_rng(2))
    rng = np.random.default_rng(2)
    made = [s for r in records for s in series_of(r, rng)]
    outcome = read_monitors(
        sorted((tmp_path / "monitors").iterdir()), MonitorSettings(), root=tmp_path / "monitors",
        today=date(2026, 3, 20),
    )  # fmt: skip
    assert not outcome.rejects
    read = {(s.attrs["permit_code"], s.attrs["interval"], s.attrs["point"]): s for s in outcome.value}
    assert {s.attrs["source"] for s in outcome.value if s.attrs["mn"]} == {"hj212_20260316.txt"}
    for mine in made:
        theirs = read.pop((mine.attrs["permit_code"], mine.attrs["interval"], mine.attrs["point"]))
        assert {**theirs.attrs, "source": ""} == {**mine.attrs, "source": ""}
        assert theirs["time"].values.tolist() == mine["time"].values.tolist()
        assert set(theirs.data_vars) == set(mine.data_vars)
        for name, variable in mine.data_vars.items():
            found = theirs[name]
            assert found.values == pytest.approx(variable.values, abs=1e-6, nan_ok=True), name
            assert (
                found.attrs["flag_meanings" if str(name).endswith("mark") else "units"]
                == (variable.attrs["flag_meanings" if str(name).endswith("mark") else "units"])
            )
            assert found.attrs.get("limit") == variable.attrs.get("limit")
            assert [found.attrs.get(k) for k in ("role", "linked_to", "code")] == [
                variable.attrs.get(k) for k in ("role", "linked_to", "code")
            ]
    assert not read


def test_orders_are_written_as_a_register(tmp_path: Path) -> None:
    """Site, days, grade and measure, as ingest reads them."""
    order = WrittenOrder(datetime(2026, 3, 4), datetime(2026, 3, 6), "C", "停产")
    record = replace(steady_record(), orders=(order,))
    (tmp_path / "registers").mkdir()
    write_weeks(tmp_path, [record], datetime(2026, 3, 16), np.random.default_rng(2))
    [read] = read_kinds([tmp_path / "registers" / "停限产令.csv"], MonitorSettings()).value.orders
    assert (read.enterprise.permit_code, read.start, read.end, read.grade, read.measure) == (
        record.plant.site_id, date(2026, 3, 4), date(2026, 3, 6), "C", "停产",
    )  # fmt: skip


def test_a_packet_says_converted_values_and_when_it_was_sent() -> None:
    """QN is its time of sending; an hour's own time stays."""
    text = hour_packet(
        "MN1", "31", datetime(2026, 3, 5, 9), {"a21026": (1.0, 2.0, 3.0)}, {}, converted={"a21026": 2.5}, digits=3,
        late_h=30,
    )  # fmt: skip
    assert "QN=20260306150000085" in text and "DataTime=20260305090000" in text
    assert "a21026-Min=1.000,a21026-Avg=2.000,a21026-Max=3.000,a21026-ZsAvg=2.500,a21026-Flag=N" in text


# --- missions ------------------------------------------------------------------------------------------------------


def _weeks_of(clean: bool, running: Mapping[str, Floats]) -> tuple[SiteRecord, ...]:
    """One week of twenty furniture makers with a monitor, which all emit more than they may."""
    places = [park_site(f"S{k}") for k in range(20)]
    sources = [SimpleNamespace(place=place, lawful=False) for place in places]
    on = {**ON, "clean_records": clean, "wrong_clocks": False}
    return missions._draw_weeks(places, datetime(2026, 3, 12, 10), 1, 4, on, running, sources)  # type: ignore[arg-type]


def test_half_of_the_emitting_sites_look_clean() -> None:
    """The others exceed on the last day, from eight to four where nobody knows more; all do without the switch."""
    for clean, least, most in ((True, 5, 15), (False, 20, 20)):
        weeks = _weeks_of(clean, {})
        shown = [a for record in weeks for a in record.anomalies if a.name == "shown"]
        assert least <= len(shown) <= most
        assert {(a.kind, a.start, a.end) for a in shown} == {
            ("exceedance", datetime(2026, 3, 12, 8), datetime(2026, 3, 12, 16))
        }
        odd = {a.site_id for record in weeks for a in record.anomalies if a.required}
        assert (len({r.plant.site_id for r in weeks} - odd) > 0) is clean


def test_records_run_as_the_emission_is_known_to() -> None:
    """All of ten o'clock, half of eleven, none of noon: minutes on the last day, power, and the hours that exceed."""
    running = np.full(24, np.nan)
    running[10:13] = 1.0, 0.5, 0.0
    for record in _weeks_of(False, {f"S{k}": running for k in range(20)}):
        last = record.on[-24 * 60 :].reshape(24, 60).sum(axis=1)
        assert last[10:13].tolist() == [60, 30, 0] and record.start == datetime(2026, 3, 6)
        kw = record.device("production").kw[-24:]
        assert kw[12] <= 0.15 * kw[10] and 0.3 < kw[11] / kw[10] < 0.9
        [shown] = [a for a in record.anomalies if a.name == "shown"]
        assert (shown.start, shown.end) == (datetime(2026, 3, 12, 10), datetime(2026, 3, 12, 12))


def test_confounders_of_records_name_the_sites_that_they_touch() -> None:
    """By what happened there, or by the habit of the plant; other names are none of records."""
    quiet, odd = steady_record(slow=False, zeros=False), steady_record(clock_h=8, coarse_above={"a21026": 30.0})
    upset = lay_upset(odd, next(u for u in UPSETS if u.name == "jump"), np.random.default_rng(1))
    assert upset is not None
    odd = replace(upset, plant=replace(odd.plant, site_id="odd", check_hour=2), check=np.ones(HOURS, bool))
    water = replace(quiet, plant=steady_plant("sewage", site_id="water"))
    told = {c.name: sites_of_records(c.name, [quiet, odd, water]) for c in CONFOUNDERS}
    everyone = [quiet.plant.site_id, "odd", "water"]
    assert told["long_records"] == everyone and told["faults_like_exceedance"] == ["odd"]
    assert [told[n] for n in ("wrong_clocks", "range_switches", "daily_checks")] == [["odd"]] * 3
    assert told["slow_analysers"] == ["water"] and told["legitimate_zeros"] == ["odd", "water"]
    assert told["feed_changes"] == everyone
    assert told["false_marks"] == [] and told["trucks"] is None
