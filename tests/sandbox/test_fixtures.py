"""The stand-ins as fixtures of others: in a thread, for tests that await nothing."""

import json
import ssl

import httpx
import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from geopush.sandbox.reporter import Rates
from geopush.sandbox.rules import Gateway, Rule
from geopush.sandbox.thread import SandboxThread
from tests.sandbox.build import PHONE, payload

TOPIC = "com.example.demo"


def push(sandbox: SandboxThread) -> int:
    """Send one push to Apple, as anybody would, with the certificate."""
    trust = ssl.create_default_context(cafile=sandbox.ca_file)
    trust.load_cert_chain(sandbox.client_file)
    headers = {"apns-topic": TOPIC, "apns-push-type": "alert"}
    with httpx.Client(http2=True, verify=trust) as client:
        url = f"{sandbox.apns_url}/3/device/{PHONE}"
        response = client.post(url, headers=headers, json=payload())
        return response.status_code


def test_whoever_sends_can_ask_what_arrived(geopush_sandbox: SandboxThread) -> None:
    assert push(geopush_sandbox) == 200
    (phone,) = geopush_sandbox.phones()
    assert [item.title for item in phone.tray] == ["Sun!"]
    assert len(geopush_sandbox.received()) == 1


def test_faults_come_and_go(geopush_sandbox: SandboxThread) -> None:
    geopush_sandbox.misbehave(Rule(Gateway.APNS, reason="Unregistered"))
    assert push(geopush_sandbox) == 410
    geopush_sandbox.behave()
    assert push(geopush_sandbox) == 200


def test_what_phones_report_is_waited_for(geopush_sandbox: SandboxThread) -> None:
    geopush_sandbox.report("http://127.0.0.1:1", Rates(delivered=1.0))
    assert push(geopush_sandbox) == 200
    assert geopush_sandbox.reported() == 0


def test_the_papers_are_those_of_the_stand_ins(geopush_sandbox: SandboxThread) -> None:
    account = json.loads(geopush_sandbox.service_account_file.read_bytes())
    assert account["token_uri"] == f"{geopush_sandbox.fcm_url}/token"
    assert load_pem_private_key(geopush_sandbox.p8_file.read_bytes(), None)
    claims = {"iss": geopush_sandbox.team_id, "iat": 0}
    headers = {"kid": geopush_sandbox.key_id}
    assert jwt.encode(claims, geopush_sandbox.p8_file.read_bytes(), "ES256", headers)
