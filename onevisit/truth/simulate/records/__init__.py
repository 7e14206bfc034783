"""Registers and monitor records."""
