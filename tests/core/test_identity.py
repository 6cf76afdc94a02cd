"""Whom a phone may claim to be."""

import hashlib
import hmac

import pytest

from geopush.core.device import Registration
from geopush.core.identity import Doubt, Identity, doubt
from tests.core.people import NOON

OLD, NEW = b"old secret", b"new secret"
IDENTITY = Identity({"demo": (NEW, OLD)})
LATER, EARLIER = "2026-07-04T13:00:00Z", "2026-07-04T11:00:00+00:00"


def signed(text: str, secret: bytes = NEW) -> str:
    """A signature as a backend makes it."""
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def claim(signature: str | None, ends: str | None = None) -> Registration:
    """A phone that claims to be Ann's."""
    return Registration(
        customer_id="ann",
        customer_signature=signature,
        customer_signature_expires_at=ends,
    )


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (claim(signed("ann")), None),
        (claim(signed("ann").upper()), None),
        (claim(signed("ann", OLD)), None),
        (claim(signed("ann", b"other")), Doubt.SIGNATURE_WRONG),
        (claim(signed("bob")), Doubt.SIGNATURE_WRONG),
        (claim("é"), Doubt.SIGNATURE_WRONG),
        (claim(None), Doubt.SIGNATURE_MISSING),
        (claim(""), Doubt.SIGNATURE_MISSING),
        (Registration(customer_id="ann"), Doubt.SIGNATURE_MISSING),
        (claim(signed(f"ann.{LATER}"), LATER), None),
        (claim(signed(f"ann.{EARLIER}"), EARLIER), Doubt.SIGNATURE_EXPIRED),
        (claim(signed("ann"), LATER), Doubt.SIGNATURE_WRONG),
        (claim(signed("ann.soon"), "soon"), Doubt.SIGNATURE_EXPIRED),
        (
            claim(signed("ann.2026-07-04T13:00:00"), "2026-07-04T13:00:00"),
            Doubt.SIGNATURE_EXPIRED,
        ),
    ],
)
def test_a_customer_is_believed_only_with_a_signature_of_the_app(
    said: Registration, answer: Doubt | None
) -> None:
    assert doubt(said, "demo", IDENTITY, NOON) is answer


def test_another_apps_secret_signs_nothing_here() -> None:
    said = claim(signed("ann"))
    assert doubt(said, "other", IDENTITY, NOON) is Doubt.SIGNATURE_WRONG


def test_an_operator_may_insist_that_signatures_end() -> None:
    strict = Identity(IDENTITY.secrets, expiry_required=True)
    assert doubt(claim(signed("ann")), "demo", strict, NOON) is Doubt.EXPIRY_MISSING
    ending = claim(signed(f"ann.{LATER}"), LATER)
    assert doubt(ending, "demo", strict, NOON) is None
