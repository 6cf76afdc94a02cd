"""The papers: made once, kept close, renewed in time."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from geopush.sandbox import Sandbox
from geopush.sandbox.certificates import VALID, make_papers
from tests.sandbox.build import Stage, payload


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_papers_are_made_once(tmp_path: Path) -> None:
    make_papers(tmp_path)
    before = contents(tmp_path)
    make_papers(tmp_path)
    assert contents(tmp_path) == before


def test_papers_are_made_anew_before_they_end(tmp_path: Path) -> None:
    papers = make_papers(tmp_path)
    before = papers.ca_file.read_bytes()
    make_papers(tmp_path, datetime.now(UTC) + VALID - timedelta(hours=1))
    assert papers.ca_file.read_bytes() != before


def test_all_papers_are_made_anew_when_one_is_missing(tmp_path: Path) -> None:
    papers = make_papers(tmp_path)
    before = contents(tmp_path)
    papers.p8_file.unlink()
    make_papers(tmp_path)
    after = contents(tmp_path)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())


def test_papers_half_made_are_made_anew(tmp_path: Path) -> None:
    papers = make_papers(tmp_path)
    papers.ca_file.unlink()
    obstacle = tmp_path / "server.new"
    obstacle.mkdir()
    with pytest.raises(OSError, match=r"server\.new"):
        make_papers(tmp_path)
    obstacle.rmdir()
    make_papers(tmp_path)
    ca, server = (
        x509.load_pem_x509_certificate(file.read_bytes())
        for file in (papers.ca_file, papers.server_file)
    )
    server.verify_directly_issued_by(ca)


def test_whatever_holds_a_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        make_papers(tmp_path)
    finally:
        os.umask(previous)
    secret = {p for p in tmp_path.iterdir() if b"PRIVATE KEY" in p.read_bytes()}
    assert {p.name for p in secret} == {
        "AuthKey_SANDBOXKEY.p8",
        "apns-certificate.pem",
        "server.key",
        "service-account.json",
    }
    assert {p.stat().st_mode & 0o777 for p in secret} == {0o600}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_strict_client_trusts_the_certificate(
    stage: Stage, client: httpx.AsyncClient, host: str
) -> None:
    url = stage.sandbox.apns_url.replace("127.0.0.1", host)
    response = await client.post(
        f"{url}/3/device/{'ab' * 32}", headers=stage.headers(), json=payload()
    )
    assert (response.status_code, response.http_version) == (200, "HTTP/2")


async def test_the_service_account_names_the_token_endpoint(sandbox: Sandbox) -> None:
    account = json.loads(sandbox.service_account_file.read_bytes())
    assert account["token_uri"] == f"{sandbox.fcm_url}/token"
    assert account["project_id"] == sandbox.project_id


async def test_a_stopped_sandbox_can_be_started_again_in_its_directory(
    tmp_path: Path,
) -> None:
    first = await Sandbox.start(tmp_path, apps={})
    before = first.p8_file.read_bytes()
    await first.stop()
    second = await Sandbox.start(tmp_path, apps={})
    await second.stop()
    assert second.p8_file.read_bytes() == before


async def test_a_stopped_sandbox_answers_nobody(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    await stage.sandbox.stop()
    for url in (stage.sandbox.inbox_url, stage.sandbox.fcm_url, stage.sandbox.apns_url):
        with pytest.raises(httpx.ConnectError):
            await client.get(url)
