"""With what kind of instrument a sum of VOC was measured: a PID, an SPI-MS and a PTR-MS answer to different things.

The kind stands in the heading, the name of the instrument or of the file. It is an attribute, and part of the name of
the variable, so that sums of two kinds are never one species of a map.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ingest.outcome import Decision, Outcome
from ingest.species import SPECIES
from ingest.traces.record import Channel

KINDS: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(words, re.IGNORECASE)
    for kind, words in (
        ("pid", r"(?<![a-z])pid(?![a-z])|光离子|光电离|photo-?ioni[sz]ation detector"),
        ("spi_ms", r"(?<![a-z])spi(?:[-_ ]?(?:ms|tof(?:[-_ ]?ms)?|q?ms))?(?![a-z])|单光子|single[- ]photon"),
        (
            "ptr_ms",
            r"(?<![a-z])ptr(?:[-_ ]?(?:ms|tof(?:[-_ ]?ms)?|qms))?(?:\d+)?(?![a-z])|质子转移|proton[- ]transfer",
        ),
        ("fid", r"(?<![a-z])fid(?![a-z])|氢火焰|火焰离子|flame ioni[sz]ation"),
    )
}
UNKNOWN = "unknown"
_SUMS = ("tvoc", "nmhc", "thc")


def kind_of(*texts: str) -> str:
    """The kind that the first of some texts names, `UNKNOWN` where none does.

    Examples
    --------
    >>> kind_of("TVOC_PID(ppb)"), kind_of("TVOC(ug/m3)", "", "SPI-MS_20241008.csv"), kind_of("TVOC", "rapid.csv")
    ('pid', 'spi_ms', 'unknown')
    """
    for text in texts:
        found = next((kind for kind, words in KINDS.items() if words.search(text)), "")
        if found:
            return found
    return UNKNOWN


def with_voc_kind(channel: Channel, heading: str, instrument: str, item: str) -> Outcome[Channel]:
    """Name the kind of instrument in a channel that is a sum of VOC; say where nothing names it.

    Parameters
    ----------
    channel : Channel
    heading, instrument, item : str
        Column, instrument of the file, and file, looked at in this order.
    """
    species = channel.attrs.get("species", "")
    if species not in _SUMS:
        return Outcome(channel)
    kind = kind_of(heading, channel.attrs.get("instrument", ""), instrument, item)
    attrs = {**channel.attrs, "voc_kind": kind}
    if kind == UNKNOWN:
        said = (Decision(item, "voc_kind_unknown", {"heading": heading}),) if species == "tvoc" else ()
        return Outcome(replace(channel, attrs=attrs), said)
    name = f"{species}_{kind}" if species in SPECIES and channel.name == species else channel.name
    return Outcome(replace(channel, name=name, attrs=attrs))
