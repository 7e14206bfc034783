"""XMP packets of drone cameras, as a flat mapping of ``prefix:name`` to text.

The prefix is the one that the vendors write (``drone-dji``, ``drone-parrot``, ``Camera``), found from the namespace
where the writer chose another one. A list (``rdf:Seq``) is joined by commas, a part of a structure is
``prefix:name/part``.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_META = "{adobe:ns:meta/}"
_LISTS = (_RDF + "Seq", _RDF + "Bag", _RDF + "Alt")
_PREFIXES = {
    "http://www.dji.com/drone-dji/1.0/": "drone-dji",
    "http://www.parrot.com/drone-parrot/1.0/": "drone-parrot",
    "http://www.parrot.com/drone-parrot/1.0": "drone-parrot",
    "http://pix4d.com/camera/1.0/": "Camera",
    "http://pix4d.com/camera/1.0": "Camera",
    "http://ns.sensefly.com/Camera/1.0/": "Camera",
    "http://ns.autelrobotics.com/drone/1.0/": "drone",
    "http://www.phaseone.com/aerialgps/": "aerialgps",
    "http://www.phaseone.com/camera/": "Camera",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/xap/1.0/": "xmp",
}
# Attributes and simple elements, for packets that are not well-formed XML.
_LOOSE = re.compile(r'([A-Za-z][\w-]*:\w+)\s*=\s*"([^"]{0,4096})"|<([A-Za-z][\w-]*:\w+)>([^<]{0,4096})</')


def parse_xmp(packet: bytes) -> dict[str, str]:
    """Read an XMP packet; a damaged or hostile one gives what its plain attributes say, at worst nothing.

    Examples
    --------
    >>> parse_xmp(b'<x xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" drone-dji:GimbalYawDegree="+45.0"/>')
    {'drone-dji:GimbalYawDegree': '+45.0'}
    """
    start, end = packet.find(b"<x:xmpmeta"), packet.rfind(b"</x:xmpmeta>")
    body = packet[start : end + len(b"</x:xmpmeta>")] if 0 <= start < end else packet.strip(b"\x00 \r\n")
    if not body:
        return {}
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return _parse_loosely(body.decode("utf-8", "replace"))
    found: dict[str, str] = {}
    _collect(root, "", found)
    return found


def _collect(element: Element, owner: str, found: dict[str, str]) -> None:
    """Add the attributes of an element and of all within it; of a structure as ``prefix:name/part``."""
    is_container = element.tag.startswith((_RDF, _META)) or not element.tag.startswith("{")
    name = owner if is_container else (f"{owner}/{_local(element.tag)}" if owner else _short(element.tag))
    for key, value in element.attrib.items():
        if not key.startswith((_RDF, _META)):
            found.setdefault(f"{name}/{_local(key)}" if name else _short(key), value.strip())
    children = list(element)
    if children and children[0].tag in _LISTS:
        found.setdefault(name, ",".join(li.text or "" for li in children[0]).strip())
        return
    if name and not children and (element.text or "").strip():
        found.setdefault(name, (element.text or "").strip())
    for child in children:
        _collect(child, name, found)


def _local(key: str) -> str:
    return key.rpartition("}")[2]


def _short(key: str) -> str:
    """``{namespace}name`` → ``prefix:name``."""
    if not key.startswith("{"):
        return key
    namespace, name = key[1:].split("}", 1)
    parts = [part for part in namespace.split("/") if part and not part.replace(".", "").isdigit()]
    return f"{_PREFIXES.get(namespace) or (parts[-1] if parts else '')}:{name}"


def _parse_loosely(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for attribute, value, element, content in _LOOSE.findall(text):
        if not attribute.startswith("xmlns:"):
            found.setdefault(attribute or element, (value or content).strip())
    return found
