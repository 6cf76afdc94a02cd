"""The storms: how gateways misbehave, for how long, and what must come of it."""

from datetime import timedelta

from msgspec import Struct

from geopush.sandbox.rules import Gateway, Rule

MINUTE = timedelta(minutes=1)


class Storm(Struct, frozen=True):
    """What a gateway does while it lasts, in simulated time.

    ``pauses``: whether the breaker must open, None if both may be. ``certain``: nothing
    is in doubt afterwards. ``waits``: so long nothing may be tried again.
    """

    name: str
    rules: tuple[Rule, ...]
    lasts: timedelta = 5 * MINUTE
    pauses: bool | None = None
    certain: bool = False
    waits: timedelta = timedelta(0)
    deadline: float = 30.0
    certificate_expires: bool = False


# Longer than we would wait unasked, and shorter than messages hold good.
TOO_MUCH_FOR_A_PHONE = Rule(gateway=Gateway.APNS, status=429, retry_after=150)
TOO_MUCH_OF_ALL = Rule(
    gateway=Gateway.FCM, status=429, reason="RESOURCE_EXHAUSTED", retry_after=150
)


def _both(**misbehaviour: float) -> tuple[Rule, ...]:
    return tuple(Rule(gateway=one, **misbehaviour) for one in Gateway)


STORMS = (
    Storm("calm", (), pauses=False, certain=True),
    Storm("30 % 5xx", _both(status=503, share=0.3), 10 * MINUTE, certain=True),
    Storm("100 % 5xx", _both(status=503), pauses=True, certain=True),
    Storm(
        "429, Retry-After",
        (TOO_MUCH_FOR_A_PHONE, TOO_MUCH_OF_ALL),
        pauses=True,
        certain=True,
        waits=timedelta(seconds=150),
    ),
    Storm("hang", _both(hang_share=0.3), 2 * MINUTE, deadline=0.5),
    Storm("reset", _both(reset_share=0.3)),
    Storm("accept, then drop", _both(drop_share=0.3)),
    Storm(
        "GOAWAY",
        (Rule(gateway=Gateway.APNS, goaway_every=20),),
        pauses=False,
        certain=True,
    ),
    Storm("certificate over", (), pauses=True, certain=True, certificate_expires=True),
)
