"""Emission rates, parked and driven."""
