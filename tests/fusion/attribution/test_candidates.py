"""Where registered sites may stand, and what they are known to emit."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from fusion import FusionSettings
from fusion.attribution.candidates import (
    _listed,
    candidates_of,
    lists_family,
    lists_species,
    species_weight,
)
from fusion.cube.grid import project
from ingest.schema import Site, SitePlace
from ingest.species import family_of, substance_of

CRS = "EPSG:4544"
SETTINGS = FusionSettings()


def _site(
    name: str, lon: float = 104.05, lat: float = 30.65, *, crs: str = "GCJ-02", sd_m: float = 10.0, **known
) -> Site:
    return Site(
        site_id=name, name=name, lon=lon, lat=lat, position_sd_m=sd_m, crs=crs, crs_source="declared", **known
    )


def test_a_site_of_a_known_system_has_one_place() -> None:
    """Where its record says, with certainty; ids and species as given."""
    sites = [_site("a", species=("甲烷", "SO2")), _site("b", lon=104.06)]
    found = candidates_of(sites, CRS, SETTINGS)
    x, y = project(np.array([104.05, 104.06]), np.array([30.65, 30.65]), CRS)
    assert (found.ids, found.species) == (("a", "b"), (("甲烷", "SO2"), ()))
    np.testing.assert_allclose([found.x, found.y], [x, y])
    assert found.site.tolist() == [0, 1] and found.share.tolist() == [1.0, 1.0]
    assert found.sd.tolist() == [35.0, 35.0]


def test_a_site_in_doubt_has_its_places_each_with_its_own_width() -> None:
    """As the register leaves them: probabilities, deviations and numbers of the places; others keep their one."""
    doubt = (SitePlace(104.06, 30.66, 60.0, 0.25, "GCJ-02"), SitePlace(104.07, 30.67, 5.0, 0.05, "BD-09"))
    found = candidates_of([_site("it", sd_m=50.0, elsewhere=doubt), _site("sure", 104.0, 30.6)], CRS, SETTINGS)
    x, y = project(np.array([104.05, 104.06, 104.07, 104.0]), np.array([30.65, 30.66, 30.67, 30.6]), CRS)
    np.testing.assert_allclose([found.x, found.y], [x, y])
    assert (found.site.tolist(), found.place.tolist()) == ([0, 0, 0, 1], [0, 1, 2, 0])
    assert found.share == pytest.approx([0.7, 0.25, 0.05, 1.0])
    assert found.sd.tolist() == [50.0, 60.0, 35.0, 35.0]


@pytest.mark.parametrize(
    ("size", "sd_m", "expected"), [((0.002, 0.001), 1.0, None), ((0.002, 0.001), 90.0, None), ((0.0, 0.0), 1.0, 35.0)]
)
def test_an_emission_point_is_anywhere_in_the_parcel(
    size: tuple[float, float], sd_m: float, expected: float | None
) -> None:
    """The side of a square of its area over √12, whatever the error of the record's point; else the usual one."""
    parcel = shapely.box(104.05, 30.65, 104.05 + size[0], 30.65 + size[1]) if size[0] else shapely.Polygon()
    (found,) = candidates_of([_site("a", sd_m=sd_m, parcel=parcel)], CRS, SETTINGS).sd
    side = np.sqrt(0.002 * 0.001 * 111_320.0**2 * np.cos(np.radians(30.65)))
    assert found == pytest.approx(side / np.sqrt(12) if expected is None else expected)


def test_a_gate_gives_way_to_the_middle_of_the_parcel() -> None:
    """Within its error of the parcel a point is taken to its middle; farther off it stays, with its own error."""
    parcel = shapely.box(104.0501, 30.6501, 104.0521, 30.6511)
    far = (SitePlace(104.07, 30.67, 90.0, 0.25, "BD-09"),)
    found = candidates_of([_site("a", sd_m=30.0, parcel=parcel, elsewhere=far)], CRS, SETTINGS)
    x, y = project(np.array([104.0511, 104.07]), np.array([30.6506, 30.67]), CRS)
    np.testing.assert_allclose([found.x, found.y], [x, y], atol=1e-3)
    assert (found.sd[0] < 45, found.sd[1]) == (True, 90.0)


def test_no_sites_have_no_places() -> None:
    """An empty register."""
    found = candidates_of([], CRS, SETTINGS)
    assert found.ids == () and found.x.size == found.site.size == found.share.size == found.sd.size == 0


@pytest.mark.parametrize(
    ("listed", "species", "weight"),
    [
        ((), "ch4", 0.5), (("甲苯",), "toluene", 1.0), (("甲苯",), "toluene_2", 1.0), (("苯",), "toluene", 0.5),
        (("挥发性有机物",), "benzene", 1.0), (("非甲烷总烃",), "xylene", 1.0), (("非甲烷总烃",), "so2", 0.15),
        (("颗粒物",), "pm25", 1.0), (("烟尘",), "pm10", 1.0), (("粉尘",), "bc", 1.0), (("恶臭",), "h2s", 1.0),
        (("恶臭",), "no2", 0.15), (("PM10",), "pm25", 0.5), (("氮氧化物",), "no2", 0.5), (("NO2",), "no2", 1.0),
        (("氮氧化物", "甲苯"), "toluene", 1.0), (("SO2",), "h2s", 0.5), (("SO2",), "ch4", 0.15),
        (("unheard of",), "ch4", 0.15), (("甲烷",), "ch4", 1.0), (("可吸入颗粒物",), "pm25", 0.5),
        (("氯苯",), "toluene", 0.5), (("二硫化碳",), "h2s", 0.5), (("氯化氢",), "hcl", 1.0),
        (("甲烷",), "ch4_dry", 1.0),
    ],
)  # fmt: skip
def test_what_a_permit_lists_weighs_for_the_species(listed: tuple[str, ...], species: str, weight: float) -> None:
    """The species itself or its whole family 1, a relative or no list one half, others only 0.15."""
    assert species_weight(listed, species, SETTINGS) == weight


@pytest.mark.parametrize(
    ("family", "members"),
    [
        ("voc", "tvoc nmhc benzene toluene ethylbenzene xylene styrene hcho"),
        ("particles", "pm1 pm25 pm4 pm10 pm_coarse pm_total pnc bc"),
        ("nox", "no no2 nox"), ("sulfur", "so2 h2s"), ("ch4", "ch4 ch4_2"), ("o3", "o3"),
    ],
)  # fmt: skip
def test_families_of_species(family: str, members: str) -> None:
    """Each member by name, and as measured by a second instrument."""
    for name in members.split():
        assert family_of(name) == family
        assert family_of(f"{name}_2") in (family, name.split("_")[0])


@pytest.mark.parametrize(
    ("species", "base"),
    [("tvoc_2", "tvoc"), ("pm_coarse", "pm_coarse"), ("ch4", "ch4"), ("co2_dry", "co2"), ("pm25_3", "pm25")],
)
def test_a_species_of_a_second_instrument_is_the_same(species: str, base: str) -> None:
    """What follows an underscore numbers it, but for names that hold one."""
    assert substance_of(species) == base


@pytest.mark.parametrize(
    ("listed", "species", "itself", "family"),
    [
        (("甲苯", "SO2"), "toluene", True, True), (("甲苯",), "toluene_2", True, True),
        (("甲苯",), "benzene", False, True),
        (("颗粒物",), "pm10", False, True), (("SO2",), "toluene", False, False), ((), "toluene", False, False),
        (("CO",), "co", True, True),
    ],
)  # fmt: skip
def test_a_list_names_a_species_or_its_family(listed, species: str, itself: bool, family: bool) -> None:
    """By its own name, and by that of a relative."""
    assert (lists_species(listed, species), lists_family(listed, species)) == (itself, family)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("颗粒物", "pm_total"),
        ("烟尘", "pm_total"),
        ("粉尘", "pm_total"),
        ("非甲烷总烃", "nmhc"),
        ("恶臭", "odour"),
        ("挥发性有机物", "tvoc"),
    ],
)
def test_words_of_permits_name_a_whole_family(text: str, slug: str) -> None:
    """Also within a longer text."""
    one = _listed(text)
    assert one == _listed(f"有组织{text}（烟囱）")
    assert (one.slug, one.is_sum, one.family) == (slug, True, family_of(slug))


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("可吸入颗粒物", "pm10"), ("二甲苯", "xylene"), ("ＳＯ２", "so2"), ("甲苯(mg/m3)", "toluene"),
        ("三甲苯", "三甲苯"), ("氯化氢", "hcl"), ("Cerex-Benzene", "benzene"),
    ],
)  # fmt: skip
def test_a_word_of_a_permit_is_one_species(text: str, slug: str) -> None:
    """The whole word counts before its parts: 可吸入颗粒物 is PM10, 三甲苯 is no 甲苯."""
    one = _listed(text)
    assert (one.slug, one.is_sum) == (slug, False)
