"""Plumes of one place over several passes."""
