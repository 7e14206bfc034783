"""Monitor series → anomalies: what the records of a site say, and what else could explain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from monitors.rules import seek_anomalies
    from monitors.schema import Anomaly

__all__ = ["Anomaly", "seek_anomalies"]

# a name's module is imported when the name is first used (PEP 562)
__getattr__, _, _ = lazy_loader.attach(__name__, submod_attrs={"rules": ["seek_anomalies"], "schema": ["Anomaly"]})
