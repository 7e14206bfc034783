"""Trace → drive passes with background, enhancement and plumes."""
