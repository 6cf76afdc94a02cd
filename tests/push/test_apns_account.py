"""Who we are to Apple: a key or a certificate, one for all apps of a team."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from geopush.core.message import (
    Accepted,
    AuthFailed,
    Outcome,
    Rejected,
)
from geopush.errors import SettingsError
from geopush.push.apns import ApnsAccount, ApnsGateway
from geopush.push.apns_certificate import ClientCertificate
from geopush.push.apns_token import SigningKey
from geopush.sandbox import Sandbox
from tests.push.build import NOW, a_message, an_iphone
from tests.push.conftest import APPS, MakeApns
from tests.push.peer import Peer


async def test_a_key_apple_does_not_know_is_nobodys_message_at_fault(
    sandbox: Sandbox, make_apns: MakeApns, key: SigningKey
) -> None:
    stranger = ApnsAccount(APPS, replace(key, team_id="OTHERTEAM1"))
    gateway = make_apns(sandbox.apns_url, account=stranger)
    outcome = await gateway.send(a_message(an_iphone()))
    assert outcome == AuthFailed("invalid_provider_token")


@pytest.mark.parametrize(
    ("minutes", "outcome"),
    [(25, Accepted()), (15, AuthFailed("expired_provider_token"))],
)
async def test_an_expired_token_is_renewed_if_apple_allows_a_new_one(
    directory: Path, make_apns: MakeApns, minutes: int, outcome: Outcome
) -> None:
    ours = [NOW]
    theirs = NOW + timedelta(minutes=61)
    sandbox = await Sandbox.start(directory, apps=APPS, token_clock=lambda: theirs)
    gateway = make_apns(sandbox.apns_url, token_clock=lambda: ours[0])
    ours[0] += timedelta(minutes=minutes)
    assert await gateway.send(a_message(an_iphone())) == outcome
    await sandbox.stop()


@pytest.mark.parametrize(
    "credential",
    [SigningKey("nonsense", "KEY", "TEAM"), ClientCertificate("nonsense")],
)
def test_an_unusable_credential_stops_the_start(
    credential: SigningKey | ClientCertificate,
) -> None:
    with pytest.raises(SettingsError):
        ApnsGateway(ApnsAccount(APPS, credential))


async def test_all_apps_of_a_team_share_one_token_and_one_connection(
    peer: Peer, make_apns: MakeApns, key: SigningKey
) -> None:
    topics = {"demo": "com.example.demo", "club": "com.example.club"}
    gateway = make_apns(peer.url, account=ApnsAccount(topics, key))
    for app in topics:
        message = replace(a_message(an_iphone()), app=app)
        assert await gateway.send(message) == Accepted()
    assert [one["apns-topic"] for one in peer.requests] == list(topics.values())
    assert len({one["authorization"] for one in peer.requests}) == 1
    assert len(peer.lines) == 1


async def test_an_app_without_a_topic_sends_nothing(make_apns: MakeApns) -> None:
    message = replace(a_message(an_iphone()), app="other")
    outcome = await make_apns("https://localhost:1").send(message)
    assert outcome == Rejected("no_apns_topic")


async def test_a_certificate_does_without_a_token(
    sandbox: Sandbox, make_apns: MakeApns
) -> None:
    certificate = ClientCertificate(sandbox.client_file.read_text())
    account = ApnsAccount(APPS, certificate)
    gateway = make_apns(sandbox.apns_url, account=account)
    assert await gateway.send(a_message(an_iphone())) == Accepted()
    assert len(sandbox.inbox.received()) == 1


async def test_a_certificate_is_shown_and_no_header(
    peer: Peer, sandbox: Sandbox, make_apns: MakeApns
) -> None:
    certificate = ClientCertificate(sandbox.client_file.read_text())
    gateway = make_apns(peer.url, account=ApnsAccount(APPS, certificate))
    assert await gateway.send(a_message(an_iphone())) == Accepted()
    assert "authorization" not in peer.requests[0]


def test_a_certificate_is_not_shown_to_people() -> None:
    assert "PRIVATE" not in repr(ClientCertificate("PRIVATE KEY"))
