"""Certificates that are refused: ours by Apple, Apple's by us; whose it was is told."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from geopush.core.message import AuthFailed, Objection, State, Transient
from geopush.errors import SettingsError
from geopush.push.apns import ApnsAccount
from geopush.push.apns_certificate import ClientCertificate, load_certificate
from geopush.push.apns_refusal import read_refusal
from geopush.push.throttle import STEADY, Throttle
from geopush.sandbox.apns import server_tls
from geopush.sandbox.certificates import VALID, Papers, make_papers
from tests.push.build import a_message, an_iphone
from tests.push.conftest import APPS, MakeApns
from tests.push.flight import send_many

OVER = datetime.now(UTC) - VALID - timedelta(days=1)


@asynccontextmanager
async def listening(
    tls: ssl.SSLContext, visits: list[object] | None = None
) -> AsyncIterator[str]:
    """Shake hands with whom ``tls`` takes, and tell the others why not.

    A server of asyncio only hangs up on those, in whichever words OpenSSL put it.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        taking = asyncio.create_task(
            take(server, tls, [] if visits is None else visits)
        )
        yield f"https://localhost:{server.getsockname()[1]}"
        taking.cancel()
        await asyncio.wait([taking])


async def take(
    server: socket.socket, tls: ssl.SSLContext, visits: list[object]
) -> None:
    loop = asyncio.get_running_loop()
    while True:
        line, who = await loop.sock_accept(server)
        visits.append(who)
        line.settimeout(10)
        await asyncio.to_thread(shake_hands, line, tls)


def shake_hands(line: socket.socket, tls: ssl.SSLContext) -> None:
    """Say why not, if so, and listen until the other side has hung up."""
    with (
        tls.wrap_socket(line, server_side=True, do_handshake_on_connect=False) as hands,
        suppress(OSError),
    ):
        with suppress(ssl.SSLError):
            hands.do_handshake()
        hands.shutdown(socket.SHUT_WR)
        while hands.recv(1024):
            pass


def shown(file: Path) -> ApnsAccount:
    return ApnsAccount(APPS, ClientCertificate(file.read_text()))


@pytest.fixture(scope="session")
def expired(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(tmp_path_factory.mktemp("expired"), OVER)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_certificate_of_ours_that_is_over_pauses_us_and_is_named(
    papers: Papers, expired: Papers, make_apns: MakeApns, version: ssl.TLSVersion
) -> None:
    tls = server_tls(replace(papers, ca_file=expired.ca_file))
    tls.minimum_version = tls.maximum_version = version
    async with listening(tls) as url:
        gateway = make_apns(url, account=shown(expired.client_file))
        outcome = await gateway.send(a_message(an_iphone()))
    assert isinstance(outcome, AuthFailed)
    assert outcome.reason == "certificate_expired"
    assert "CN=geopush sandbox pushes" in outcome.detail
    assert f"valid until {OVER + VALID:%Y-%m-%d}" in outcome.detail
    assert gateway.open_connections() == []


async def test_a_certificate_that_nobody_there_has_signed_burns_no_message(
    papers: Papers, make_apns: MakeApns, tmp_path: Path
) -> None:
    async def last_look() -> Objection:
        return Objection(State.WITHDRAWN, "asked_too_early")

    other = make_papers(tmp_path / "other")
    async with listening(server_tls(papers)) as url:
        gateway = make_apns(url, account=shown(other.client_file))
        outcome = await gateway.send(a_message(an_iphone()), last_look)
    throttle = Throttle(STEADY)
    throttle.begin()
    throttle.end(outcome, 0)
    trouble = throttle.trouble(0)
    assert trouble is not None
    assert trouble.startswith("paused: certificate_of_unknown_authority (CN=geopush")
    assert throttle.room(0) == 0


async def test_who_hangs_up_without_a_word_is_not_there(
    papers: Papers, make_apns: MakeApns
) -> None:
    async with listening(server_tls(papers)) as url:
        outcome = await make_apns(url).send(a_message(an_iphone()))
    assert outcome == Transient("unreachable", ambiguous=False)


async def test_a_certificate_of_apples_that_is_over_puts_nothing_in_doubt(
    papers: Papers, expired: Papers, make_apns: MakeApns, tmp_path: Path
) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(papers.ca_file.read_bytes() + expired.ca_file.read_bytes())
    async with listening(server_tls(expired)) as url:
        gateway = make_apns(url, ca_file=both)
        outcome = await gateway.send(a_message(an_iphone()))
    assert isinstance(outcome, Transient)
    assert outcome.reason == "gateway_certificate_expired"
    assert not outcome.ambiguous
    assert "CN=localhost" in outcome.detail
    assert f"valid until {OVER + VALID:%Y-%m-%d}" in outcome.detail


async def test_a_certificate_of_apples_from_somebody_else_is_named(
    papers: Papers, make_apns: MakeApns, tmp_path: Path
) -> None:
    other = make_papers(tmp_path / "other")
    async with listening(server_tls(other)) as url:
        outcome = await make_apns(url).send(a_message(an_iphone()))
    assert isinstance(outcome, Transient)
    assert outcome.reason == "gateway_certificate_not_trusted"
    assert "issued by CN=geopush sandbox authority" in outcome.detail


def alert(reason: str) -> ssl.SSLError:
    return ssl.SSLError(1, f"[SSL: {reason}] {reason.lower().replace('_', ' ')}")


async def test_all_who_wait_are_told_by_one_try_and_one_look(
    papers: Papers, make_apns: MakeApns, tmp_path: Path
) -> None:
    visits: list[object] = []
    async with listening(server_tls(make_papers(tmp_path / "other")), visits) as url:
        outcomes = await send_many(make_apns(url), 5)
    assert {type(one) for one in outcomes} == {Transient}
    assert len({one.detail for one in outcomes if isinstance(one, Transient)}) == 1
    assert len(visits) == 2


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", AuthFailed("certificate_expired")),
        ("SSLV3_ALERT_CERTIFICATE_REVOKED", AuthFailed("certificate_revoked")),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", AuthFailed("certificate_unknown")),
        ("SSLV3_ALERT_BAD_CERTIFICATE", AuthFailed("certificate_bad")),
        ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", AuthFailed("certificate_unsupported")),
        ("TLSV1_ALERT_UNKNOWN_CA", AuthFailed("certificate_of_unknown_authority")),
        ("TLSV1_ALERT_ACCESS_DENIED", AuthFailed("certificate_denied")),
        ("TLSV1_ALERT_DECRYPT_ERROR", AuthFailed("certificate_bad")),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", AuthFailed("certificate_required")),
        ("TLSV1_ALERT_INTERNAL_ERROR", Transient("unreachable", ambiguous=False)),
        ("WRONG_VERSION_NUMBER", Transient("unreachable", ambiguous=False)),
    ],
)
def test_what_tls_says_of_our_certificate_is_no_trouble_of_the_line(
    reason: str, outcome: AuthFailed | Transient
) -> None:
    assert read_refusal(alert(reason)) == outcome


def test_an_alert_without_a_name_is_read_by_its_words() -> None:
    error = ssl.SSLError(1, "[SSL] ssl/tls alert certificate revoked (_ssl.c:2580)")
    assert read_refusal(error) == AuthFailed("certificate_revoked")


def test_a_key_without_its_certificate_stops_the_start(papers: Papers) -> None:
    alone = ClientCertificate(papers.server_key_file.read_text())
    with pytest.raises(SettingsError):
        load_certificate(alone, ssl.create_default_context())
