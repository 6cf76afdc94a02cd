"""What a message sets for one platform alone, on its way through Google."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from geopush.core.message import (
    Accepted,
    Platform,
)
from geopush.sandbox import Sandbox
from tests.push.build import ANDROID, NOW, a_message, an_android, words
from tests.push.conftest import MakeFcm
from tests.push.google import Google


async def test_a_request_says_what_google_must_know(
    google: Google, make_fcm: MakeFcm
) -> None:
    content = words(
        image="https://example.com/ice.png",
        data={"sku": "7"},
        android={"channel_id": "offers", "tag": "other"},
    )
    message = a_message(
        an_android(), content=content, expires_at=NOW + timedelta(seconds=90.5)
    )
    await make_fcm(google.url).send(message)
    (payload,) = google.payloads
    own = f'{{"message_id":"{message.message_id}"}}'
    assert payload["message"] == {
        "token": ANDROID,
        "notification": {
            "title": "Sun!",
            "body": "20% off ice cream",
            "image": "https://example.com/ice.png",
        },
        "android": {
            "priority": "high",
            "ttl": "91s",
            "notification": {"channel_id": "offers", "tag": str(message.message_id)},
        },
        "data": {"sku": "7", "geopush": own},
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ttl", "0s"),
        ("priority", "normal"),
        ("collapse_key", "ice"),
        ("direct_boot_ok", True),
        ("restricted_package_name", "com.example.demo"),
    ],
)
async def test_what_an_offer_sets_of_the_message_is_beside_the_notification(
    sandbox: Sandbox,
    google: Google,
    make_fcm: MakeFcm,
    key: str,
    value: str | bool,
) -> None:
    message = a_message(an_android(), content=words(android={key: value}))
    await make_fcm(google.url).send(message)
    android = google.payloads[0]["message"]["android"]
    assert isinstance(android, dict)
    assert android[key] == value
    assert android["notification"] == {"tag": str(message.message_id)}
    assert await make_fcm(sandbox.fcm_url).send(message) == Accepted()


async def test_an_iphone_behind_google_gets_what_apple_must_know(
    sandbox: Sandbox, google: Google, make_fcm: MakeFcm
) -> None:
    content = words(ios={"thread-id": "ice", "apns-priority": 5}, android={"x": "y"})
    message = replace(a_message(an_android(), content=content), platform=Platform.IOS)
    await make_fcm(google.url).send(message)
    (payload,) = google.payloads
    words_shown = {"title": "Sun!", "body": "20% off ice cream"}
    assert payload["message"]["notification"] == words_shown
    assert "android" not in payload["message"]
    assert payload["message"]["apns"] == {
        "headers": {
            "apns-push-type": "alert",
            "apns-priority": "5",
            "apns-expiration": str(int(message.expires_at.timestamp())),
            "apns-collapse-id": str(message.message_id),
        },
        "payload": {
            "aps": {"thread-id": "ice", "alert": words_shown, "mutable-content": 1}
        },
    }
    assert await make_fcm(sandbox.fcm_url).send(message) == Accepted()


async def test_a_push_in_the_background_shows_nothing_behind_google_too(
    google: Google, make_fcm: MakeFcm
) -> None:
    content = words(ios={"apns-push-type": "background"})
    message = replace(a_message(an_android(), content=content), platform=Platform.IOS)
    await make_fcm(google.url).send(message)
    sent = google.payloads[0]["message"]
    assert "notification" not in sent
    assert isinstance(sent["apns"], dict)
    assert sent["apns"]["payload"] == {"aps": {"content-available": 1}}


async def test_a_message_lives_four_weeks_at_most(
    google: Google, make_fcm: MakeFcm
) -> None:
    message = a_message(an_android(), expires_at=NOW + timedelta(days=90))
    await make_fcm(google.url).send(message)
    android = google.payloads[0]["message"]["android"]
    assert isinstance(android, dict)
    assert android["ttl"] == "2419200s"
