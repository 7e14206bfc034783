"""What the permits say: of sites, of unlisted sources like them, and of what else may have made a plume."""

from __future__ import annotations

import numpy as np
import pytest

from fusion import FusionSettings
from fusion.attribution.candidates import Candidates
from fusion.attribution.fingerprint import Companion
from fusion.attribution.permit import hear_permits, unlisted_density

SETTINGS = FusionSettings()


def _sites(*species: tuple[str, ...], site=None, share=None) -> Candidates:
    """Sites with what their permits list, and their places."""
    site = np.arange(len(species)) if site is None else np.asarray(site)
    n = site.size
    share = np.ones(n) if share is None else np.asarray(share)
    ids = tuple(f"s{k}" for k in range(len(species)))
    return Candidates(ids, species, site, np.zeros(n, int), np.zeros(n), np.zeros(n), np.full(n, 35.0), share)


def test_a_site_fits_by_its_permit_and_its_companions() -> None:
    """Species times companions, of the sites that are asked for; the witness names both species."""
    sites = _sites(("甲烷",), ("SO2",), (), ("甲烷",))
    said = hear_permits("ch4", (Companion("so2", True, 0.2),), sites, np.array([0, 2, 1]), np.array([3]), SETTINGS)
    np.testing.assert_allclose(np.exp(said.sites), [1.0 * 0.12, 0.5 * 0.46, 0.15 * 0.8])
    assert (said.kind, said.data, said.source) == ("permit", ("rose:ch4", "rose:so2"), "permit")


def test_unlisted_emitters_are_as_many_as_the_register_leaves_room_for() -> None:
    """Three tenths for every seven registered."""
    sites = _sites((), (), site=[0] * 10 + [1] * 10, share=[1.0] * 10 + [0.5] * 10)
    assert unlisted_density(sites, np.arange(20), SETTINGS) == pytest.approx(3 / 7 * 0.07 * 15.0 / (np.pi * 400.0**2))
    assert unlisted_density(sites, np.empty(0, int), SETTINGS) == 0.3e-6


def test_an_unlisted_source_is_like_those_around() -> None:
    """The mean fit of those around by their shares, for it and for anything else that made it."""
    sites = _sites(("甲烷",), ("SO2",), site=[0] * 10 + [1] * 10, share=[1.0] * 10 + [0.5] * 10)
    said = hear_permits("ch4", (), sites, np.array([0]), np.arange(20), SETTINGS)
    mean = (10 * 1.0 + 5 * 0.15) / 15
    np.testing.assert_allclose(np.exp([said.unlisted, said.background]), mean)


@pytest.mark.parametrize(("rose", "fit"), [((), 1.0), ((Companion("co", True, 0.2),), 0.46)])
def test_where_no_site_is_registered_nothing_is_known_of_a_permit(rose: tuple[Companion, ...], fit: float) -> None:
    """Half of what a listed species weighs, and as likely as not with what rose with it."""
    said = hear_permits("ch4", rose, _sites(), np.empty(0, int), np.empty(0, int), SETTINGS)
    np.testing.assert_allclose(np.exp([said.unlisted, said.background]), 0.5 * fit)
    assert said.sites.shape == (0,)


def test_few_sites_that_do_not_fit_leave_the_floor() -> None:
    """One improbable site that emits something else: what an unknown permit would say of the floor stands."""
    sites = _sites(("SO2",), share=[0.01])
    said = hear_permits("ch4", (), sites, np.array([0]), np.array([0]), SETTINGS)
    as_around = 3 / 7 * 0.07 * 0.01 / (np.pi * 400.0**2)
    assert np.exp(said.unlisted) == pytest.approx(0.3e-6 * 0.5 / max(0.3e-6, as_around))
    assert np.exp(said.background) == pytest.approx(0.15)
