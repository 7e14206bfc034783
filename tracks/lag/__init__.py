"""Inlet lag and response time."""
