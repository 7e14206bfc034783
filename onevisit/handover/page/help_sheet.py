"""One sheet a site that is offered help: it opens alone, fits a page, and asks nothing of any network."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from onevisit.atomic import write_text
from onevisit.handover.page.assets import asset
from onevisit.schema import Help
from onevisit.words.numbers import probability_text
from onevisit.words.strings import Words
from onevisit.words.telling import say


def write_help_sheet(path: Path, offered: Help, *, lang: str = "en") -> None:
    """Write ``sheets/help-N.html``."""
    write_text(path, render_help_sheet(offered, lang=lang))


def render_help_sheet(offered: Help, *, lang: str = "en") -> str:
    """The sheet as a string: what was seen, what to check first, what proves it mended, by when, room to answer."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"say": lambda phrase: say(phrase, lang), "probability": probability_text}
    template = environment.from_string(asset("help.html.j2"))
    return template.render(h=offered, w=Words(lang), css=Markup(asset("sheet.css")))
