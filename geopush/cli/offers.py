"""geopush offers validate | apply."""

import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import click

from geopush.cli.output import sentence, show
from geopush.cli.remote import ask
from geopush.cli.zones import URL
from geopush.core.offer import Offer
from geopush.flows.simulated import Source, WrittenOffer, read_documents, read_offers
from zones import Problem


@click.group()
def offers() -> None:
    """Check offers, and put them into a service.

    A file holds a list of offers, {"offers": [...]}, or one on its own, which needs no
    "offer_id": it goes by the name of the file.
    """


@offers.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def validate(file: Path, as_json: bool) -> None:
    """Check the offers of a file without a service.

    \b
    Example:
      geopush offers validate ice-cream.json
    """
    good, problems = _read(file)
    if as_json:
        show({"offers": [one.offer_id for one in good], "problems": problems})
    else:
        for one in good:
            click.echo(f"{one.offer_id}: as it should be")
        _complain(problems)
    sys.exit(1 if problems else 0)


@offers.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@URL
@click.option("--key", envvar="GP_KEY", required=True, help="A marketer's key.")
def apply(file: Path, as_json: bool, url: str, key: str) -> None:
    """Put the offers of a file into a service, if all of them are as they should be.

    \b
    Example:
      geopush offers apply ice-cream.json --key gp_sk_...
    """
    _, problems = _read(file)
    if problems:
        _complain(problems)
        sys.exit(1)
    written = _documents(file)
    for one in written:
        address = f"{url}/v1/offers/{quote(one.offer_id, safe='')}"
        ask("PUT", address, key, bytes(one.document))
        if not as_json:
            click.echo(f"{one.offer_id}: in force")
    if as_json:
        show({"offers": [one.offer_id for one in written]})


def _read(file: Path) -> tuple[Sequence[Offer], list[Problem]]:
    problems: list[Problem] = []
    good = read_offers(Source(file.name, file.read_bytes()), problems)
    return good, problems


def _documents(file: Path) -> Sequence[WrittenOffer]:
    return read_documents(Source(file.name, file.read_bytes()), [])


def _complain(problems: Sequence[Problem]) -> None:
    for problem in problems:
        click.echo(sentence(problem), err=True)
    if problems:
        click.echo(f"{len(problems)} to mend", err=True)
