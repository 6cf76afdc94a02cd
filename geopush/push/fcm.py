"""Google: pyfcm writes the payload, aiohttp has the wire, answers become outcomes.

The only module that knows pyfcm. Its own sending would block the event loop.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec
from pyfcm import FCMNotification

from geopush.clock import Clock, utc_now
from geopush.core.message import (
    AddressKind,
    AuthFailed,
    Message,
    Objection,
    Outcome,
    Platform,
    Rejected,
    State,
    Transient,
)
from geopush.push.fcm_overrides import android_config, apns_config
from geopush.push.fcm_problem import read_outcome
from geopush.push.fcm_token import AccessTokens, FcmAccount, Reply
from geopush.push.fcm_wire import MOST_CONNECTIONS, Progress, Wire
from geopush.push.gateway import USUAL, Deadlines, LastLook, unopposed
from geopush.push.payload import MOST_BYTES, data_for_google, is_background

GOOGLE_URL = "https://fcm.googleapis.com"

TARGETS = {AddressKind.FCM_TOKEN: "token", AddressKind.FID: "fid"}


Payload = dict[str, dict[str, object]]


class FcmGateway:
    """The way to Android phones; make it where an event loop runs.

    ``clock`` is the service's, which tells what has expired; ``token_clock`` is the
    world's, by which Google judges our token.
    """

    def __init__(
        self,
        account: FcmAccount,
        *,
        url: str = GOOGLE_URL,
        ca_file: Path | None = None,
        clock: Clock = utc_now,
        token_clock: Clock = utc_now,
        deadlines: Deadlines = USUAL,
    ) -> None:
        self._tokens = AccessTokens(account, self._ask_for_token, token_clock)
        self._library = FCMNotification(
            project_id=account.project_id, credentials=self._tokens.credentials
        )
        self._library.json_dumps = _as_it_is  # it is encoded once, when all is there
        path = f"/v1/projects/{account.project_id}/messages:send"
        self._wire = Wire(url + path, ca_file, deadlines.connect, clock)
        self._clock = clock
        self._deadline = deadlines.send.total_seconds()
        # Who has no connection yet waits before the last look, not after it.
        self._room = asyncio.Semaphore(MOST_CONNECTIONS)

    async def send(self, message: Message, last_look: LastLook = unopposed) -> Outcome:
        """Hand a message to Google once and say what came of it."""
        address = message.address
        if address is None or address.kind not in TARGETS:
            return Rejected("no_fcm_address")
        if message.expires_at <= self._clock():
            return Objection(State.EXPIRED, "expired")
        payload = self._payload(message)
        if len(msgspec.json.encode(payload["message"])) > MOST_BYTES:
            return Rejected("payload_too_large")
        # Beside what pyfcm writes: it knows no installations.
        payload["message"][TARGETS[address.kind]] = address.value
        return await self._deliver(msgspec.json.encode(payload), last_look)

    async def close(self) -> None:
        """Close all connections."""
        await self._tokens.close()
        await self._wire.close()

    def _payload(self, message: Message) -> Payload:
        content = message.content
        left = (message.expires_at - self._clock()).total_seconds()
        iphone = message.platform is Platform.IOS
        is_seen = not (iphone and is_background(content))
        payload: Payload = self._library.parse_payload(
            notification_title=content.title if is_seen else None,
            notification_body=content.body if is_seen else None,
            notification_image=content.image if is_seen else None,
            data_payload=data_for_google(message),
            android_config=None if iphone else android_config(message, left),
            apns_config=apns_config(message) if iphone else None,
        )
        return payload

    async def _deliver(self, body: bytes, last_look: LastLook) -> Outcome:
        progress = Progress()
        try:
            async with asyncio.timeout(self._deadline):
                async with self._room:
                    return await self._exchange(body, last_look, progress)
        except TimeoutError:
            return Transient("no_answer", ambiguous=progress.is_sent)

    async def _exchange(
        self, body: bytes, last_look: LastLook, progress: Progress
    ) -> Outcome:
        authorization = await self._tokens.header()
        if not isinstance(authorization, str):
            return authorization
        against = await last_look()
        if against is not None:
            return against
        outcome = await self._send_once(body, authorization, progress)
        if outcome != AuthFailed("unauthenticated"):
            return outcome
        renewed = await self._tokens.header(refused=authorization)
        if not isinstance(renewed, str):
            return renewed
        return await self._send_once(body, renewed, progress)

    async def _send_once(
        self, body: bytes, authorization: str, progress: Progress
    ) -> Outcome:
        reply = await self._wire.post(body, authorization, progress)
        return reply if isinstance(reply, Transient) else read_outcome(reply)

    async def _ask_for_token(
        self, url: str, form: Mapping[str, str]
    ) -> Reply | Transient:
        try:
            async with asyncio.timeout(self._deadline):
                return await self._wire.ask(url, form)
        except TimeoutError:
            return Transient("no_answer", ambiguous=False)


def _as_it_is(payload: Payload) -> Payload:
    return payload
