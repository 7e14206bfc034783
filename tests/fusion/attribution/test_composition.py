"""What the mixture at a hotspot says of the industries around."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.attribution.candidates import Candidates
from fusion.attribution.composition import hear_composition
from fusion.attribution.fingerprint import Companion
from fusion.attribution.mixtures import EXHAUST, MIXTURES, industry_class
from fusion.attribution.witness_settings import WitnessSettings
from ingest.species import SPECIES

SETTINGS = WitnessSettings()
PRINTER, COATER, BOILER = "2319", "3670", "4430"
LACQUER = (Companion("tvoc", True, 2.5), Companion("toluene", True, 0.5))
"""Beside xylene: a mixture of 1 : 0.4 : 0.2."""


def _sites(*industries: str, share: float = 1.0) -> Candidates:
    n = len(industries)
    ids, species = tuple(f"s{k}" for k in range(n)), ((),) * n
    places = (np.arange(n), np.zeros(n, int), np.zeros(n), np.zeros(n), np.full(n, 35.0), np.full(n, share))
    return Candidates(ids, species, *places, industries)


def _hear(sites: Candidates, companions=LACQUER, *, species: str = "xylene", near=None):
    everyone = np.arange(len(sites.ids))
    return hear_composition(species, companions, sites, everyone, everyone if near is None else near, SETTINGS)


def _density(off: float) -> float:
    """Of a log-ratio that is ``off``: normal with 0.7, one in ten three times as wide."""
    return 0.9 * np.exp(-((off / 0.7) ** 2) / 2) + 0.1 / 3 * np.exp(-((off / 2.1) ** 2) / 2)


def test_an_industry_that_gives_off_the_mixture_is_likelier() -> None:
    """Over the mean of the two around, worked out from the ratios to TVOC; the witness names what it used."""
    said = _hear(_sites(PRINTER, COATER))
    assert said is not None
    # measured xylene 0.4, toluene 0.2; a printer's are 0.02 and 0.05, a coater's 0.4 and 0.2
    printer = _density(0.0) * _density(np.log(0.4 / 0.02)) * _density(np.log(0.2 / 0.05))
    coater = _density(0.0) ** 3
    np.testing.assert_allclose(np.exp(said.sites), np.array([printer, coater]) / (0.5 * (printer + coater)))
    # of what rose traffic gives off TVOC alone; background is half traffic, half any industry
    exhaust = _density(0.0) * _density(np.log(0.4 / 0.02)) * _density(np.log(0.2 / 0.02))
    assert np.exp(said.background) == pytest.approx(0.5 + 0.5 * exhaust / (0.5 * (printer + coater)))
    assert said.unlisted == 0.0
    assert (said.kind, said.data, said.source) == ("composition", ("rose:tvoc", "rose:toluene"), "composition")


def test_an_average_source_is_as_those_around_by_their_shares() -> None:
    """Three coaters and a printer: the mean is nearer to a coater; what is not near does not count."""
    said = _hear(_sites(PRINTER, COATER, COATER, COATER), near=np.arange(4))
    alone = _hear(_sites(PRINTER, COATER, BOILER), near=np.array([1]))
    assert said is not None and alone is not None
    printer, coater = np.exp(said.sites[:2])
    assert 0.25 * printer + 0.75 * coater == pytest.approx(1.0)
    assert alone.sites[1] == pytest.approx(0.0) and alone.sites[0] < np.log(0.05)


def test_what_vehicles_give_off_speaks_for_background() -> None:
    """CO with half as much NOx and some particles: nearer to traffic than to a boiler."""
    rose = (Companion("nox", True, 0.5), Companion("pm25", False, 0.02), Companion("tvoc", True, 0.15))
    said = _hear(_sites(BOILER, COATER), rose, species="co")
    assert said is not None and said.background > max(said.sites) - np.log(2.0) + 1.0


def test_what_did_not_rise_speaks_too() -> None:
    """TVOC without xylene above the floor is a printer's or a sewage plant's, no coater's."""
    gone = (Companion("xylene", False, 0.01), Companion("toluene", True, 0.05))
    said = _hear(_sites(PRINTER, COATER), gone, species="tvoc")
    assert said is not None and np.exp(said.sites[0] - said.sites[1]) > 10


@pytest.mark.parametrize(
    ("industries", "companions", "species"),
    [
        ((PRINTER, COATER), (), "xylene"), ((PRINTER, COATER), LACQUER, "ch4"),
        ((PRINTER, COATER), (Companion("tvoc", True, 2.5, by_mass=False),), "xylene"),
        ((PRINTER, COATER), (Companion("ch4", True, 2.5),), "xylene"),
        ((PRINTER, "1512", "7722"), LACQUER, "xylene"), (("", ""), LACQUER, "xylene"), ((), LACQUER, "xylene"),
    ],
    ids=["nothing beside", "not in the table", "no masses", "companion not in the table", "few profiles", "no codes",
         "no sites"],
)  # fmt: skip
def test_where_nothing_can_be_compared_it_is_silent(industries, companions, species: str) -> None:
    """Then the permits hear what rose."""
    assert _hear(_sites(*industries), companions, species=species) is None


def test_a_site_of_an_unknown_industry_is_average() -> None:
    """One of two has a profile: the other is as likely as an unlisted source."""
    said = _hear(_sites(COATER, "1512"))
    assert said is not None and said.sites.tolist() == [pytest.approx(0.0), 0.0]


def test_profiles_name_known_species_and_classes() -> None:
    """Every species is one of the table, the largest share is 1, none is below the floor, all say whence."""
    assert all(industry_class(name.ljust(4, "0")) == name for name in MIXTURES)
    for profile in (*MIXTURES.values(), EXHAUST):
        assert profile.source
        assert set(profile.shares) <= set(SPECIES)
        assert max(profile.shares.values()) == 1.0 and min(profile.shares.values()) >= SETTINGS.profile_floor


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("3670", "36"),
        ("C36", "36"),
        (" C2641 涂料制造", "264"),
        ("26", None),
        ("36701", None),
        ("", None),
        ("4", None),
    ],
)
def test_an_industry_is_read_as_registers_write_it(text: str, name: str | None) -> None:
    """With its letter and name; the longest class that fits, and none of five digits."""
    assert industry_class(text) == name
