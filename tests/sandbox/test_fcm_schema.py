"""The shape of an FCM message: what is taken, and what is wrong with the rest."""

import pytest

from geopush.sandbox.fcm_schema import violations


def fields(**message: object) -> list[str]:
    body = {"message": {"token": "t", **message}}
    return [violation.field for violation in violations(body)]


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"data": {"a": "b"}},
        {"data": None},
        {"android": {"ttl": "0s", "priority": "HIGH", "collapse_key": "k"}},
        {"android": {"ttl": "2419200s", "directBootOk": True}},
        {"android": {"ttl": "3.5s", "collapseKey": "k"}},
        {"android": {"notification": {"tag": "t", "notification_count": 3}}},
        {"android": {"notification": {"vibrateTimings": ["1s", "0.5s"]}}},
        {"android": {"notification": {"image": "https://example.com/ice.png"}}},
        {"android": {"notification": {"light_settings": {"color": {"red": 1}}}}},
        {"apns": {"headers": {"apns-priority": "5"}, "payload": {"aps": {"x": 1}}}},
        {"webpush": {"notification": {"any": ["thing"]}}},
        {"fcmOptions": {"analyticsLabel": "x"}},
        {"data": {"a": "x" * 4087}},
    ],
)
def test_what_the_schema_has_is_taken(message: dict[str, object]) -> None:
    assert fields(**message) == []


@pytest.mark.parametrize(
    ("message", "where"),
    [
        ({"colour": "red"}, "message.colour"),
        ({"notification": {"sub": "x"}}, "message.notification.sub"),
        ({"notification": "Sun!"}, "message.notification"),
        ({"notification": {"title": 1}}, "message.notification.title"),
        ({"data": {"a": 1}}, "message.data[a]"),
        ({"data": {"a": {"b": "c"}}}, "message.data[a]"),
        ({"data": ["a"]}, "message.data"),
        ({"data": {"from": "me"}}, "message.data[from]"),
        ({"data": {"google.x": "y"}}, "message.data[google.x]"),
        ({"android": {"ttl": "60"}}, "message.android.ttl"),
        ({"android": {"ttl": 60}}, "message.android.ttl"),
        ({"android": {"ttl": "-1s"}}, "message.android.ttl"),
        ({"android": {"ttl": "2419201s"}}, "message.android.ttl"),
        ({"android": {"priority": "urgent"}}, "message.android.priority"),
        ({"android": {"direct_boot_ok": "yes"}}, "message.android.direct_boot_ok"),
        (
            {"android": {"notification": {"notification_count": True}}},
            "message.android.notification.notification_count",
        ),
        (
            {"android": {"notification": {"vibrate_timings": ["1s", 2]}}},
            "message.android.notification.vibrate_timings[1]",
        ),
        ({"apns": {"headers": {"apns-priority": 5}}}, "message.apns.headers"),
        ({"apns": {"payload": "text"}}, "message.apns.payload"),
        ({"topic": "news"}, "message"),
        ({"token": ""}, "message"),
        ({"fid": "f"}, "message"),
        ({"data": {"a": "x" * 4088}}, "message"),
        ({"token": None, "topic": "news", "data": {"a": "x" * 2040}}, "message"),
    ],
)
def test_what_it_has_not_is_named(message: dict[str, object], where: str) -> None:
    (field,) = fields(**message)
    assert field.startswith(where)


def test_all_that_is_wrong_is_named_at_once() -> None:
    assert len(fields(colour="red", data={"a": 1, "b": 2}, android={"ttl": 1})) == 4


@pytest.mark.parametrize("body", [None, 7, [], {}, {"validate_only": True}])
def test_a_body_without_a_message_is_refused(body: object) -> None:
    assert len(violations(body)) == 1


def test_a_name_beside_the_message_is_refused() -> None:
    body = {"message": {"token": "t"}, "priority": "high"}
    assert [violation.field for violation in violations(body)] == ["priority"]
