"""geopush offers validate | apply."""

import sys
from pathlib import Path

import click
import msgspec

from geopush.cli.output import sentence
from geopush.cli.remote import ask
from geopush.cli.zones import URL
from geopush.core.offer import Refusal, parse_offer


@click.group()
def offers() -> None:
    """Check offers, and put them into a service."""


class File(msgspec.Struct):
    """Several offers in one file."""

    offers: list[msgspec.Raw]


class Named(msgspec.Struct):
    """The id that an offer gives itself."""

    offer_id: str


def read_offers(file: Path) -> dict[str, bytes]:
    """The offers of a file by id: one alone goes by the file's name."""
    body = file.read_bytes()
    try:
        many = msgspec.json.decode(body, type=File).offers
        return {
            msgspec.json.decode(one, type=Named).offer_id: bytes(one) for one in many
        }
    except msgspec.ValidationError:
        return {file.stem: body}
    except msgspec.DecodeError as error:
        raise click.ClickException(f"{file.name} is not JSON: {error}") from error


@offers.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def validate(file: Path) -> None:
    """Check the offers of a file without a service.

    \b
    Example:
      geopush offers validate ice-cream.json
    """
    wrong = 0
    for offer_id, body in read_offers(file).items():
        read = parse_offer(offer_id, body)
        if isinstance(read, Refusal):
            wrong += 1
            for problem in read.problems:
                click.echo(f"{offer_id}: {sentence(problem)}", err=True)
        else:
            click.echo(f"{offer_id}: as it should be")
    sys.exit(1 if wrong else 0)


@offers.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@URL
@click.option("--key", envvar="GP_KEY", required=True, help="A marketer's key.")
def apply(file: Path, url: str, key: str) -> None:
    """Put the offers of a file into a service.

    \b
    Example:
      geopush offers apply ice-cream.json --key gp_sk_...
    """
    for offer_id, body in read_offers(file).items():
        ask("PUT", f"{url}/v1/offers/{offer_id}", key, body)
        click.echo(f"{offer_id}: in force")
