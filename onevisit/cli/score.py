"""`onevisit score`: results held against the truth."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ingest.outcome import Phrase
from onevisit.cli.options import (
    FILE,
    FOLDER,
    json_option,
    lang_option,
    quiet_option,
)


@click.command()
@click.argument("out", type=FOLDER)
@click.argument("truth", type=FILE)
@lang_option
@json_option
@quiet_option
def score(*, out: Path, truth: Path, lang: str, as_json: bool, quiet: bool) -> None:
    """Score the results in OUT against TRUTH; also writes OUT/score.json.

    \b
    Example:
      onevisit score demo/out demo/truth.json
    """
    from onevisit.progress import quieten, showing_progress
    from onevisit.truth.score.score import (
        render_scores,
        score_output,
        scores_dict,
        scores_in_chinese,
        write_scores,
    )

    quieten(quiet)
    with showing_progress(quiet, lang) as advance:
        advance(Phrase("doing_score"), None)
        scores = score_output(out, truth)
    write_scores(scores, out / "score.json")
    told = scores if lang == "en" else scores_in_chinese(scores)
    click.echo(json.dumps(scores_dict(told), ensure_ascii=False, indent=2) if as_json else render_scores(told, lang))
