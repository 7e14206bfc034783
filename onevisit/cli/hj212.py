"""`onevisit hj212`: the HJ 212 messages of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from ingest.errors import FileError
from ingest.outcome import Phrase
from onevisit.cli.options import (
    FILE,
    json_in_any_case,
    lang_option,
    quiet_option,
)


@click.command()
@click.argument("file", type=FILE)
@click.option("--tolerate", multiple=True, metavar="MN:WHAT", help='As "*:modbus"; modbus, length, long, order.')
@lang_option
@json_in_any_case
@quiet_option
def hj212(*, file: Path, tolerate: tuple[str, ...], lang: str, quiet: bool) -> None:
    """Read the HJ 212 messages in FILE; one JSON object a message, bad ones with their errors.

    \b
    Example:
      onevisit hj212 station.log
    """
    from ingest.monitors.hj212 import Hj212Settings, check_tolerated, parse_stream
    from ingest.monitors.parts import join_packets
    from onevisit.progress import quieten
    from onevisit.words.telling import say

    quieten(quiet)
    check_tolerated(tolerate)
    settings = Hj212Settings(tolerated=tolerate)
    lines = 0
    names = ("mn", "st", "cn", "qn", "data_time", "crc", "length_ok", "items", "flags")
    for message in join_packets(parse_stream(_chunks(file), settings=settings)):
        if [error.code for error in message.errors] == ["text_between_packets"]:
            lines += int(str(message.errors[0].values["count"]))
            continue
        told = {name: getattr(message, name) for name in names} | {"errors": [say(e, lang) for e in message.errors]}
        if message.notes:
            told["notes"] = [say(note, lang) for note in message.notes]
        click.echo(json.dumps(told, ensure_ascii=False, default=dict))
    if lines and not quiet:
        click.echo(say(Phrase("lines_between_packets", {"count": lines}), lang), err=True)


def _chunks(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                yield chunk
    except OSError as error:
        raise FileError(file.name, "packets_unreadable", {"error": error.strerror}) from error
