"""Names that the command line and the job share, so that help needs no more than these."""

from __future__ import annotations

ROOMS = ("numerics", "ingest", "tracks", "imagery", "monitors", "fusion", "onevisit")
"""The packages of the program."""

STAGES = ("ingest", "tracks", "imagery", "monitors", "fusion", "visits", "routes", "handover")
"""In the order in which they are done, as ``--from`` names them."""
