"""Stamps, dates, zones and GPS time, as people and loggers write them."""
