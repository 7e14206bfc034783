"""Arguments and options that several verbs share."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ANY = click.Path(exists=True, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _known_zone(_context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse a zone that is none, before anything is read."""
    if value:
        from ingest.coordinates import zone_of
        from ingest.errors import SettingError

        try:
            zone_of(value)
        except SettingError as error:
            raise click.BadParameter(str(error), param=parameter) from error
    return value


files_argument = click.argument("files", nargs=-1, required=True, type=FILE)
zone_option = click.option(
    "--time-zone",
    default="",
    metavar="ZONE",
    callback=_known_zone,
    help="Of times without one, e.g. Asia/Shanghai or +08:00.",
)
recipe_option = click.option(
    "--recipe", type=FILE, default=None, help="A mission.toml kept elsewhere, as 'onevisit init' writes it."
)
profile_option = click.option("--profile", default=None, help="'default' or a TOML file of settings.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
json_in_any_case = click.option(
    "--json", is_flag=True, expose_value=False, help="Print as JSON; this verb prints an object a line in any case."
)
quiet_option = click.option("--quiet", is_flag=True, help="Nothing on standard error but errors.")
