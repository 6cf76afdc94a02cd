"""geopush bench."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from geopush.bench.contest import Tell
from geopush.bench.matching import have_kernel
from geopush.bench.own import BATCHES, FINER, ROUNDS, Report, Wish, measure, plot_of
from geopush.cli.output import refuse, show
from geopush.errors import GeopushError
from geopush.settings import read_environment
from zones import Limits, Zone, parse_zones

# Only to measure: whatever can be read is taken, however large.
LIMITS = Limits(
    vertices_per_polygon=10**9,
    vertices_per_upload=10**9,
    bytes_per_upload=2**40,
    area_km2=1e9,
)
PICTURES = (".png", ".svg", ".pdf")


@click.command()
@click.option(
    "--zones",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Zones as GeoJSON.",
)
@click.option(
    "--pings",
    type=click.IntRange(min=100, max=10_000_000),
    default=65_536,
    show_default=True,
    help="How many different pings to draw.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, max=86_400),
    default=20.0,
    show_default=True,
    help="How long to measure, once all is built.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw a picture: png, svg or pdf.",
)
@click.option("--without-kernel", is_flag=True, help="Do not compile anything.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def bench(
    file: Path,
    pings: int,
    seconds: float,
    plot: Path | None,
    without_kernel: bool,
    as_json: bool,
) -> None:
    """Measure how fast pings are matched with your zones, on this machine.

    Half of the pings are drawn in zones and half anywhere among them. Our index is
    built and asked with the compiled kernel and without it, in turn, on one core.

    \b
    Examples:
      geopush bench --zones stores.geojson
      geopush bench --zones stores.geojson --seconds 60 --plot rates.png
      geopush bench --zones stores.geojson --json > rates.json
    """
    _check_picture(plot)
    with Console(stderr=True).status("reading zones") as status:
        zones = _read(file)
        directory = None if without_kernel else _kernel_directory(status.update)
        batches = BATCHES if plot is None else FINER
        wish = Wish(pings, seconds, batches, directory)
        report = measure(zones, wish, status.update)
    if plot is not None:
        import_module("geopush.bench.picture").draw(plot_of(report), plot)
    if as_json:
        show(report)
        return
    _print(report, file.name)
    if plot is not None:
        click.echo(f"The picture is in {plot}")


def _check_picture(plot: Path | None) -> None:
    """Refuse early what could not be drawn after minutes of measuring."""
    if plot is None:
        return
    if plot.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"{plot.name} should end with {', '.join(PICTURES)}")
    if not plot.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no directory {plot.parent}")
    if find_spec("matplotlib") is None:
        raise GeopushError("a picture needs matplotlib: pip install 'geopush[map]'")


def _read(file: Path) -> list[Zone]:
    parsed = parse_zones(file.read_bytes(), limits=LIMITS)
    if parsed.problems:
        refuse(parsed.problems, file.name)
    if not parsed.zones:
        raise GeopushError(f"there are no zones in {file.name}")
    return list(parsed.zones)


def _kernel_directory(tell: Tell) -> str | None:
    directory = read_environment().kernels
    tell("compiling the kernel, the first time for about half a minute")
    if have_kernel(directory):
        return str(directory)
    text = "measuring without the compiled kernel: pip install 'geopush[fast]'"
    click.echo(text, err=True)
    return None


def _print(report: Report, name: str) -> None:
    click.echo(
        f"{name}: {report.zones:,} zones with {report.vertices:,} vertices; "
        f"a ping is in {report.zones_per_ping:.2f} of them, in the mean"
    )
    shown = Table("", *(one.index for one in report.indexes))
    for head, cells in _rows(report):
        shown.add_row(head, *cells)
    Console().print(shown)
    click.echo(
        "Pings matched in a second of CPU on one core, by how many a call brings:\n"
        f"the median of {ROUNDS} rounds (and the spread)."
    )


def _rows(report: Report) -> Iterator[tuple[str, list[str]]]:
    """Yield what the table says line by line, a cell for each index."""
    indexes = report.indexes
    yield "seconds to build", [f"{one.build_seconds:.3f}" for one in indexes]
    yield "MB of memory", [f"{one.megabytes:.0f}" for one in indexes]
    differ = f"of {report.compared:,} pings, unlike shapely"
    yield differ, [f"{one.wrong}" for one in indexes]
    for size in report.indexes[0].pings_per_second:
        rates = [f"{one.pings_per_second[size]}" for one in indexes]
        yield f"pings/s, {int(size):,} a call", rates
