"""What a sender needs to talk to the stand-ins: tokens, headers, payloads."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from geopush.sandbox import Sandbox
from geopush.sandbox.clock import SteppedClock

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
TOPIC = "com.example.demo"
APPS = {"demo": TOPIC, "club": "com.example.club"}
PHONE = "ab" * 32
MESSAGE_ID = "0f9b2f1e-3f4b-5c6d-8e7f-001122334455"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"


class Stage:
    """A sandbox with its two clocks in the hand, and a client for it."""

    def __init__(
        self, sandbox: Sandbox, clock: SteppedClock, token_clock: SteppedClock
    ) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.token_clock = token_clock
        self.token = self.provider_token()

    def provider_token(
        self,
        *,
        age: timedelta = timedelta(0),
        team_id: str | None = None,
        key_id: str | None = None,
        p8_file: Path | None = None,
        **claims: object,
    ) -> str:
        """Sign a provider token as a sender does."""
        sandbox = self.sandbox
        issued_at = int((self.token_clock() - age).timestamp())
        return jwt.encode(
            {"iss": team_id or sandbox.team_id, "iat": issued_at} | claims,
            (p8_file or sandbox.p8_file).read_bytes(),
            "ES256",
            {"kid": key_id or sandbox.key_id},
        )

    def headers(self, **changes: str | None) -> dict[str, str]:
        """Return good headers for a push, but for the changes; None leaves one out."""
        headers = {
            "authorization": f"bearer {self.token}",
            "apns-topic": TOPIC,
            "apns-push-type": "alert",
            "apns-id": MESSAGE_ID,
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }
        return {name: value for name, value in headers.items() if value is not None}

    def assertion(self, *, key_id: str | None = None, **changes: object) -> str:
        """Sign for an access token as Google's libraries do."""
        account = json.loads(self.sandbox.service_account_file.read_bytes())
        now = int(self.token_clock().timestamp())
        claims = {
            "iss": account["client_email"],
            "aud": account["token_uri"],
            "scope": SCOPE,
            "iat": now,
            "exp": now + 3600,
            **changes,
        }
        kid = key_id or account["private_key_id"]
        key = load_pem_private_key(
            account["private_key"].encode(),
            password=None,
            unsafe_skip_rsa_key_validation=True,  # checking takes 30 ms, in each test
        )
        assert isinstance(key, RSAPrivateKey)
        return jwt.encode(claims, key, "RS256", {"kid": kid})

    async def access_token(self, client: httpx.AsyncClient) -> str:
        """Ask for an access token and return it."""
        response = await ask_for_token(self.sandbox, client, self.assertion())
        token: str = response.json()["access_token"]
        return token


async def ask_for_token(
    sandbox: Sandbox,
    client: httpx.AsyncClient,
    assertion: str,
    grant_type: str = "urn:ietf:params:oauth:grant-type:jwt-bearer",
) -> httpx.Response:
    """Ask for an access token."""
    form = {"grant_type": grant_type, "assertion": assertion}
    return await client.post(f"{sandbox.fcm_url}/token", data=form)


def payload(message_id: str = MESSAGE_ID, title: str = "Sun!") -> dict[str, object]:
    """Return an APNs payload as geopush sends it."""
    buttons = [{"id": "like", "text": "Like"}]
    extras = {"message_id": message_id, "url": "app://ice", "buttons": buttons}
    alert = {"title": title, "body": "Ice cream"}
    return {"aps": {"alert": alert, "mutable-content": 1}, "geopush": extras}
