"""geopush simulate."""

import sys
from pathlib import Path

import click

from geopush.cli.output import sentence, show
from geopush.core.customer import Purpose
from geopush.flows.simulate import Assumed, Files
from geopush.flows.simulate import simulate as decide_over
from geopush.flows.simulated import Source
from geopush.flows.simulation_report import document, report
from geopush.flows.tracks import TrackFormat

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--zones", type=FILE, required=True, help="Zones as GeoJSON.")
@click.option("--offers", type=FILE, required=True, help="One offer, or several.")
@click.option("--track", type=FILE, required=True, help="GPX, GeoJSON, CSV, NDJSON.")
@click.option("--weather", type=FILE, help="Observations, as for POST /v1/weather.")
@click.option(
    "--format",
    "track_format",
    type=click.Choice([one.value for one in TrackFormat]),
    help="What the track is written in; else its name tells.",
)
@click.option("--timezone", default="UTC", show_default=True, help="The customer's.")
@click.option("--language", default="en", show_default=True, help="The customer's.")
@click.option(
    "--topic", "topics", multiple=True, help="A topic they chose; else all of them."
)
@click.option(
    "--without",
    "refused",
    multiple=True,
    type=click.Choice([one.value for one in Purpose]),
    help="A consent they did not give; else all are given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def simulate(  # noqa: PLR0913  one argument for each option
    zones: Path,
    offers: Path,
    track: Path,
    weather: Path | None,
    track_format: str | None,
    timezone: str,
    language: str,
    topics: tuple[str, ...],
    refused: tuple[str, ...],
    as_json: bool,
) -> None:
    """Decide over a recorded track, with no server.

    Prints who came and went, what would have been sent, and why the rest was not.

    \b
    Examples:
      geopush simulate --zones stores.geojson --offers ice.json --track walk.gpx
      geopush simulate --zones z.json --offers o.json --track t.csv --weather w.json
    """
    files = Files(
        zones=_source(zones),
        offers=_source(offers),
        track=_source(track),
        weather=None if weather is None else _source(weather),
        track_format=None if track_format is None else TrackFormat(track_format),
    )
    assumed = Assumed(
        timezone=timezone,
        language=language,
        consents=frozenset(Purpose) - {Purpose(one) for one in refused},
        topics=frozenset(topics) if topics else None,
    )
    answer = decide_over(files, assumed)
    if isinstance(answer, list):
        for problem in answer:
            click.echo(sentence(problem), err=True)
        sys.exit(1)
    if as_json:
        show(document(answer))
        return
    for line in report(answer):
        click.echo(line)


def _source(path: Path) -> Source:
    return Source(path.name, path.read_bytes())
