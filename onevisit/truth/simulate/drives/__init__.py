"""Vehicles on streets and the files that they write."""
