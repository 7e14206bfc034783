"""Passes and mosaics on one grid."""
