"""geopush zones validate | import | export."""

from pathlib import Path
from urllib.parse import urlencode

import click
import msgspec

from geopush.cli.output import refuse, sentence, show
from geopush.cli.remote import ask
from zones import Problem, parse_zones

GEOJSON = "application/geo+json"
URL = click.option(
    "--url", default="http://127.0.0.1:8000", show_default=True, help="The service."
)
KEY = click.option("--key", envvar="GP_KEY", required=True, help="A manager's key.")


@click.group()
def zones() -> None:
    """Check zones, and put them into a service or get them out."""


@zones.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def validate(file: Path, as_json: bool) -> None:
    """Check a GeoJSON file without a service.

    \b
    Example:
      geopush zones validate stores.geojson
    """
    parsed = parse_zones(file.read_bytes())
    if as_json:
        show(
            {
                "zones": len(parsed.zones),
                "problems": parsed.problems,
                "warnings": parsed.warnings,
            }
        )
        raise SystemExit(1 if parsed.problems else 0)
    for warning in parsed.warnings:
        click.echo(f"{file.name}: {sentence(warning)}")
    if parsed.problems:
        refuse(parsed.problems, file.name)
    click.echo(f"{len(parsed.zones)} zones, all as they should be")


@zones.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mode", type=click.Choice(["merge", "replace"]), default="merge")
@click.option("--group", help="The group the zones are for; needed to replace.")
@click.option("--map", "mapping", help="Where ids and names are: zone_id:STORE_NO.")
@click.option("--partial", is_flag=True, help="Take the good ones, name the others.")
@click.option(
    "--allow-removed",
    type=click.IntRange(min=0),
    default=0,
    help="How many zones may go where more than half of the group would.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@URL
@KEY
def import_(  # noqa: PLR0913  one argument for each option
    file: Path,
    mode: str,
    group: str | None,
    mapping: str | None,
    partial: bool,
    allow_removed: int,
    dry_run: bool,
    as_json: bool,
    url: str,
    key: str,
) -> None:
    """Put the zones of a GeoJSON file into a service.

    \b
    Examples:
      geopush zones import stores.geojson --key gp_sk_... --map zone_id:STORE_NO
      geopush zones import north.geojson --key gp_sk_... --mode replace --group north
    """
    asked = {
        "mode": mode,
        "group": group,
        "map": mapping,
        "partial": str(partial).lower(),
        "allow_removed": str(allow_removed),
        "dry_run": str(dry_run).lower(),
    }
    asked = {name: text for name, text in asked.items() if text is not None}
    address = f"{url}/v1/zones/import?{urlencode(asked)}"
    answer = ask("POST", address, key, file.read_bytes(), GEOJSON)
    if as_json:
        show(msgspec.json.decode(answer))
        return
    done = msgspec.json.decode(answer, type=Done)
    for one in (*done.problems, *done.warnings):
        click.echo(f"{file.name}: {sentence(one)}")
    would = "would be " if dry_run else ""
    click.echo(
        f"{done.created} zones {would}created, {done.updated} updated, "
        f"{done.removed} removed; {done.unchanged} unchanged"
        + (f", {done.rejected} rejected" if done.rejected else "")
    )


@zones.command()
@click.option("--group", help="Only the zones of this group.")
@URL
@KEY
def export(group: str | None, url: str, key: str) -> None:
    """Print the zones of a service as GeoJSON.

    \b
    Example:
      geopush zones export --key gp_sk_... > stores.geojson
    """
    features: list[object] = []
    asked = {"limit": "1000"} | ({} if group is None else {"group": group})
    while True:
        page = msgspec.json.decode(
            ask("GET", f"{url}/v1/zones?{urlencode(asked)}", key), type=Page
        )
        features += page.features
        if page.next_cursor is None:
            break
        asked["cursor"] = page.next_cursor
    show({"type": "FeatureCollection", "features": features})


class Done(msgspec.Struct):
    """What the service says an import did."""

    created: int
    updated: int
    unchanged: int
    removed: int
    rejected: int
    problems: list[Problem]
    warnings: list[Problem]


class Page(msgspec.Struct):
    """One page of zones as the service lists them."""

    features: list[object]
    next_cursor: str | None = None
