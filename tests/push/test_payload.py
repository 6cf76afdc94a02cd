"""What a push carries."""

import msgspec
import pytest
from msgspec.structs import replace

from geopush.core.message import Button, Content
from geopush.push.payload import data_for_google, for_apple
from tests.push.build import a_message, words

ID = a_message(None).message_id
BARE = {"message_id": str(ID)}


def apple(content: Content, **more: str) -> dict[str, object]:
    message = replace(a_message(None, content=content), **more)
    return msgspec.json.decode(for_apple(message), type=dict[str, object])


def google(content: Content) -> dict[str, str]:
    return data_for_google(a_message(None, content=content))


def test_an_iphone_gets_the_words_and_may_change_them() -> None:
    assert apple(words()) == {
        "aps": {
            "alert": {"title": "Sun!", "body": "20% off ice cream"},
            "mutable-content": 1,
        },
        "geopush": BARE,
    }


def test_the_sdk_gets_url_and_buttons_on_both_platforms() -> None:
    content = words(url="app://ice", buttons=(Button("like", "Like"),))
    own = {
        "message_id": str(ID),
        "url": "app://ice",
        "buttons": [{"id": "like", "text": "Like"}],
    }
    assert apple(content)["geopush"] == own
    assert msgspec.json.decode(google(content)["geopush"]) == own


def test_an_iphone_fetches_the_picture_itself() -> None:
    content = words(image="https://example.com/ice.png")
    assert apple(content)["geopush"] == BARE | {"image": "https://example.com/ice.png"}
    assert msgspec.json.decode(google(content)["geopush"]) == BARE


def test_what_an_offer_sets_for_ios_is_in_aps() -> None:
    content = words(ios={"sound": "bell.caf", "interruption-level": "passive"})
    aps = apple(content)["aps"]
    assert isinstance(aps, dict)
    assert (aps["sound"], aps["interruption-level"]) == ("bell.caf", "passive")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("interruption-level", "time-sensitive"),
        ("relevance-score", 0.7),
        ("thread-id", "ice"),
        ("badge", 3),
        ("category", "MY_OWN"),
    ],
)
def test_each_wish_for_ios_is_in_aps_as_it_is(key: str, value: str | float) -> None:
    aps = apple(words(ios={key: value}, buttons=(Button("like", "Like"),)))["aps"]
    assert isinstance(aps, dict)
    assert aps[key] == value


def test_buttons_name_the_category_that_shows_them() -> None:
    buttons = (Button("like", "Like"), Button("mute_zone", "Not here"))
    aps = apple(words(buttons=buttons))["aps"]
    assert isinstance(aps, dict)
    assert aps["category"] == "geopush.like.mute_zone"


def test_a_push_in_the_background_keeps_its_words_for_the_app() -> None:
    content = words(ios={"apns-push-type": "background", "apns-priority": 5})
    assert apple(content) == {
        "aps": {"content-available": 1},
        "geopush": BARE | {"title": "Sun!", "body": "20% off ice cream"},
    }


@pytest.mark.parametrize("key", ["alert", "mutable-content"])
def test_what_an_offer_sets_for_ios_never_hides_the_words(key: str) -> None:
    assert apple(words(ios={key: "other"})) == apple(words())


def test_data_of_the_offer_is_beside_ours_and_never_replaces_it() -> None:
    content = words(data={"sku": "7", "aps": "x", "geopush": "x"})
    assert apple(content) == apple(words()) | {"sku": "7"}
    assert google(words(data={"geopush": "x"})) == google(words())


def test_letters_beyond_ascii_are_not_escaped() -> None:
    assert "café ☀".encode() in for_apple(a_message(None, content=words(body="café ☀")))


def test_the_token_for_receipts_goes_with_the_message() -> None:
    assert apple(words(), receipt_token="gp_rt_x")["geopush"] == BARE | {
        "receipt_token": "gp_rt_x"
    }
