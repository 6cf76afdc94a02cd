"""The sandbox's own door: inbox, rules, clock and weather over HTTP."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from geopush.sandbox.clock import Clock, ClockRunsForward, SteppedClock
from geopush.sandbox.inbox import Inbox
from geopush.sandbox.page import POLICY, page
from geopush.sandbox.problems import Refused, decode
from geopush.sandbox.reporter import Rates, Reporter
from geopush.sandbox.rules import Rule, Rules, objection
from geopush.sandbox.weather import Observation, Weather

INBOX = "/inbox"
RULES = "/inbox/rules"
RECEIPTS = "/inbox/receipts"
TAPS = "/inbox/taps"
HTML = "text/html"
CLOCK = "/clock"
WEATHER = "/weather"
LARGEST_BODY = 8 * 1024 * 1024


class ClockMove(Struct, forbid_unknown_fields=True):
    """Where to move the clock: to a moment, or on by so much."""

    now: Annotated[datetime, Meta(tz=True)] | None = None
    step_seconds: Annotated[float, Meta(ge=0, le=315_360_000)] | None = None


class Reporting(Struct, forbid_unknown_fields=True):
    """At which rates phones report, and where geopush is if that is to change."""

    rates: Rates
    base_url: Annotated[str, Meta(pattern=r"^https?://[^/]+\Z")] | None = None


class Observations(Struct, forbid_unknown_fields=True):
    """Observations as geopush takes them."""

    observations: list[Observation]


class Control:
    """The routes of the sandbox's own door."""

    def __init__(
        self,
        inbox: Inbox,
        rules: Rules,
        weather: Weather,
        clock: Clock,
        reporter: Reporter,
    ) -> None:
        self._inbox = inbox
        self._rules = rules
        self._weather = weather
        self._clock = clock
        self._reporter = reporter

    def app(self) -> web.Application:
        """Return the routes as something to serve."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_get(INBOX, self.show_inbox)
        app.router.add_delete(INBOX, self.empty_inbox)
        app.router.add_get(RULES, self.show_rules)
        app.router.add_post(RULES, self.add_rules)
        app.router.add_delete(RULES, self.clear_rules)
        app.router.add_get(RECEIPTS, self.show_receipts)
        app.router.add_put(RECEIPTS, self.set_receipts)
        app.router.add_post(TAPS, self.tap)
        app.router.add_get(CLOCK, self.show_clock)
        app.router.add_post(CLOCK, self.move_clock)
        app.router.add_get(WEATHER, self.show_weather)
        app.router.add_put(WEATHER, self.set_weather)
        app.router.add_post(WEATHER, self.set_weather)
        return app

    async def show_inbox(self, request: web.Request) -> web.Response:
        """Show every phone, what it shows and what it got: a page to browsers."""
        if "text/html" in request.headers.get("Accept", ""):
            text = page(self._inbox.phones(), self._inbox.taps)
            safe = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
            return web.Response(text=text, content_type=HTML, headers=safe)
        return _json({"phones": self._inbox.phones()})

    async def tap(self, request: web.Request) -> web.Response:
        """Tap a button of a push, as its owner would; geopush is told at once."""
        form = await request.post()
        message_id, button = (str(form.get(k, "")) for k in ("message_id", "button"))
        push = self._inbox.find(message_id)
        if push is None or button not in {one.get("id") for one in push.extras.buttons}:
            raise Refused(404, "not_found", "no push here has this button")
        if not self._reporter.can_report(push):
            raise Refused(409, "nobody_to_tell", "no geopush waits for a receipt of it")
        if not await self._reporter.tap(push, button):
            raise Refused(502, "not_taken", "geopush did not take the receipt")
        self._inbox.note_tap(message_id, button)
        return web.Response(status=303, headers={"Location": INBOX})

    async def empty_inbox(self, _: web.Request) -> web.Response:
        """Forget all that arrived."""
        self._inbox.clear()
        return web.Response(status=204)

    async def show_rules(self, _: web.Request) -> web.Response:
        """List the rules in force."""
        return _json({"items": self._rules.in_force()})

    async def add_rules(self, request: web.Request) -> web.Response:
        """Put one rule in force, or a list of them; all or none."""
        body = await request.read()
        many = body.lstrip().startswith(b"[")
        rules = decode(body, list[Rule]) if many else [decode(body, Rule)]
        for index, rule in enumerate(rules):
            text = objection(rule)
            if text is not None:
                path = f"$[{index}]" if many else "$"
                raise Refused(400, "invalid", text, path)
        self._rules.add(rules)
        return _json({"items": self._rules.in_force()})

    async def clear_rules(self, _: web.Request) -> web.Response:
        """Behave again."""
        self._rules.clear()
        return web.Response(status=204)

    async def show_receipts(self, _: web.Request) -> web.Response:
        """Show at which rates phones report by themselves, and what came of it."""
        return _json(self._receipts())

    async def set_receipts(self, request: web.Request) -> web.Response:
        """Let phones report by themselves, at these rates and to this geopush."""
        wanted = decode(await request.read(), Reporting)
        self._reporter.rates = wanted.rates
        if wanted.base_url is not None:
            self._reporter.base_url = wanted.base_url
        return _json(self._receipts())

    def _receipts(self) -> dict[str, object]:
        reporter = self._reporter
        return {
            "rates": reporter.rates,
            "base_url": reporter.base_url,
            **msgspec.structs.asdict(reporter.count),
        }

    async def show_clock(self, _: web.Request) -> web.Response:
        """Tell the time."""
        return _json(self._time())

    async def move_clock(self, request: web.Request) -> web.Response:
        """Let time pass; it never goes back."""
        move = decode(await request.read(), ClockMove)
        if not isinstance(self._clock, SteppedClock):
            raise Refused(409, "clock_not_stepped", "this clock runs by itself")
        if (move.now is None) == (move.step_seconds is None):
            raise Refused(400, "invalid", "name either now or step_seconds")
        try:
            if move.now is not None:
                self._clock.move_to(move.now)
            elif move.step_seconds is not None:
                self._clock.step(timedelta(seconds=move.step_seconds))
        except (ClockRunsForward, OverflowError) as error:
            raise Refused(409, "clock_runs_forward", str(error)) from error
        return _json(self._time())

    async def show_weather(self, request: web.Request) -> web.Response:
        """Show the observation nearest to a place."""
        place = {name: _number(request, name) for name in ("longitude", "latitude")}
        found = self._weather.at(
            longitude=place["longitude"], latitude=place["latitude"]
        )
        if found is None:
            raise Refused(404, "no_observation", "no weather was set")
        return _json({"observations": [found]})

    async def set_weather(self, request: web.Request) -> web.Response:
        """Set the weather: PUT all there is, POST some more."""
        body = await request.read()
        if body.lstrip().startswith(b"["):
            observations = decode(body, list[Observation])
        else:
            observations = decode(body, Observations).observations
        if request.method == "PUT":
            self._weather.replace(observations)
        else:
            self._weather.add(observations)
        return _json({"accepted": len(observations)})

    def _time(self) -> dict[str, object]:
        stepped = isinstance(self._clock, SteppedClock)
        return {"now": self._clock(), "stepped": stepped}


def _json(value: object) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), content_type="application/json"
    )


def _number(request: web.Request, name: str) -> float:
    try:
        return msgspec.convert(request.query.get(name), float, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(400, "invalid", f"{name} must be a number", name) from error
