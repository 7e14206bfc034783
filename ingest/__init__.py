"""Files → typed records. Nothing downstream opens an input file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from ingest.images.read import read_frames
    from ingest.monitors.read import read_monitors
    from ingest.registers.read import read_sites
    from ingest.roads.read import read_roads
    from ingest.traces.read import read_traces
    from ingest.traces.record import TraceSettings

__all__ = ["TraceSettings", "read_frames", "read_monitors", "read_roads", "read_sites", "read_traces"]

# a name's module is imported when the name is first used (PEP 562)
__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "images.read": ["read_frames"],
        "monitors.read": ["read_monitors"],
        "registers.read": ["read_sites"],
        "roads.read": ["read_roads"],
        "traces.read": ["read_traces"],
        "traces.record": ["TraceSettings"],
    },
)
