"""XMP packets by hand: prefixes, elements, lists, structures, and packets that are no XML."""

from __future__ import annotations

import pytest

from ingest.images.xmp import parse_xmp

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'


def _packet(inside: str) -> bytes:
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="core"><rdf:RDF {RDF}>{inside}</rdf:RDF></x:xmpmeta>'.encode()
    )


@pytest.mark.parametrize(
    ("namespace", "prefix"),
    [
        ("http://www.dji.com/drone-dji/1.0/", "drone-dji"),
        ("http://www.parrot.com/drone-parrot/1.0/", "drone-parrot"),
        ("http://www.parrot.com/drone-parrot/1.0", "drone-parrot"), ("http://pix4d.com/camera/1.0/", "Camera"),
        ("http://pix4d.com/camera/1.0", "Camera"), ("http://ns.sensefly.com/Camera/1.0/", "Camera"),
        ("http://ns.autelrobotics.com/drone/1.0/", "drone"), ("http://www.phaseone.com/aerialgps/", "aerialgps"),
        ("http://www.phaseone.com/camera/", "Camera"), ("http://ns.adobe.com/tiff/1.0/", "tiff"),
        ("http://ns.adobe.com/xap/1.0/", "xmp"), ("http://somebody.org/MicaSense/1.0/", "MicaSense"),
        ("http://somebody.org/", "somebody.org"), ("1.0", ""),
    ],
)  # fmt: skip
def test_prefix_is_the_vendors_whatever_the_writer_chose(namespace: str, prefix: str) -> None:
    """By the namespace; of one nobody knows the last part that is no version."""
    packet = _packet(
        f'<rdf:Description xmlns:q="{namespace}" rdf:about="" q:Yaw=" +1.5 "><q:Pitch> 2 </q:Pitch></rdf:Description>'
    )
    assert parse_xmp(packet) == {f"{prefix}:Yaw": "+1.5", f"{prefix}:Pitch": "2"}


def test_lists_and_structures() -> None:
    """A sequence, a bag or an alternative joined by commas; parts of a structure as name/part, nested ones too."""
    inside = (
        '<rdf:Description xmlns:c="http://pix4d.com/camera/1.0/">'
        "<c:Powers><rdf:Seq><rdf:li>1</rdf:li><rdf:li>2</rdf:li><rdf:li/></rdf:Seq></c:Powers>"
        "<c:Bag><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag></c:Bag><c:Alt><rdf:Alt><rdf:li>b</rdf:li></rdf:Alt></c:Alt>"
        '<c:Place rdf:parseType="Resource"><c:X>1</c:X><c:Inner c:Z="3"><c:Y>2</c:Y></c:Inner></c:Place>'
        "<c:Empty/><c:Twice>first</c:Twice><c:Twice>second</c:Twice></rdf:Description>"
    )
    assert parse_xmp(_packet(inside)) == {
        "Camera:Powers": "1,2,", "Camera:Bag": "a", "Camera:Alt": "b", "Camera:Place/X": "1",
        "Camera:Place/Inner/Z": "3", "Camera:Place/Inner/Y": "2", "Camera:Twice": "first",
    }  # fmt: skip


def test_what_surrounds_the_packet_is_left_out() -> None:
    """Processing instructions, zeros and blanks; a packet without its envelope is read as it is."""
    packet = _packet('<rdf:Description xmlns:d="http://www.dji.com/drone-dji/1.0/" d:A="1"/>')
    assert parse_xmp(b"<?xpacket begin?>\n" + packet + b"\n<?xpacket end?>\0\0") == {"drone-dji:A": "1"}
    bare = b'<e xmlns:d="http://www.dji.com/drone-dji/1.0/" d:A="1"/>'
    assert parse_xmp(b"\0 \r\n" + bare + b"\n \r\0") == {"drone-dji:A": "1"}
    for nothing in (b"", b"\0\0", b" \n"):
        assert parse_xmp(nothing) == {}


def test_damaged_packets_give_their_plain_attributes() -> None:
    """Attributes and simple elements by the writer's own prefixes, the first of each; declarations are none."""
    damaged = b'<a xmlns:d="http://x/" d:Yaw = "+1 " d:Yaw="2"><c:Pitch> -90 </c:Pitch><c:Open>x<b></a>'
    assert parse_xmp(damaged) == {"d:Yaw": "+1", "c:Pitch": "-90"}
    assert parse_xmp(b"no packet at all") == {}
