"""The inbox page in a real browser: ``python -m tests.sandbox.browser [PICTURES]``.

Needs a Chromium on the PATH and says so if there is none. What it shows of buttons
goes through a whole geopush. With a folder it keeps pictures of the page there.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from msgspec import Struct

from geopush.sandbox import Sandbox
from geopush.sandbox.inbox import Extras, Push
from tests.faults.service import Service
from tests.sandbox.chromium import LONGEST, Tab, find_chromium, open_tab
from tests.sandbox.customer import Customer, open_customer

DESKTOP, PHONE = (1280, 800), (360, 740)
BUTTONS = [
    {"id": "like", "text": "I like it"},
    {"id": "mute_zone", "text": "Not here"},
    {"id": "snooze", "text": "Not today"},
]
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamter" * 4
ARABIC = "طقس مثالي للآيس كريم"
CONTRAST = """(() => {
  const light = (text) => {
    const parts = text.match(/[\\d.]+/g).slice(0, 3).map((each) => each / 255);
    const even = (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = parts.map(even);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    const own = getComputedStyle(one).backgroundColor;
    return own === "rgba(0, 0, 0, 0)" ? ground(one.parentElement) : own;
  };
  const texts = document.querySelectorAll("h1,h2,h3,code,p,button,summary,time");
  return Math.min(...Array.from(texts, (one) => {
    const two = [light(getComputedStyle(one).color), light(ground(one))];
    return (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
  }));
})()"""


class Scene(Struct):
    """The page in a browser, the stand-ins behind it, and somebody with a phone."""

    tab: Tab
    street: Sandbox
    customer: Customer
    pictures: Path | None
    numbers: Iterator[int]

    async def look(self) -> None:
        """Open the page anew, and mark it so that a reload would show."""
        await self.tab.open(self.street.inbox_url)
        await self.tab.say("window.isTheSame = true")

    def push(self, phone: str = "phone-1", **more: object) -> Push:
        """Let a push of nobody in particular arrive."""
        number = next(self.numbers)
        given = {
            "address": phone,
            "platform": "android",
            "app": "demo",
            "title": f"Push {number}",
            "body": "20% off every ice cream",
            "extras": Extras(f"m-{number}"),
        }
        made = Push(**(given | more))  # type: ignore[arg-type]
        self.street.inbox.record(made)
        return made

    async def shows(self, text: object, where: str = "main") -> None:
        """Wait until the page says something."""
        script = f"document.querySelector('{where}').textContent.includes({text!r})"
        await self.tab.until(script)

    async def titles(self) -> object:
        """Read the titles of what is shown."""
        return await self.tab.say(
            "Array.from(document.querySelectorAll('h3'), one => one.textContent)"
        )

    async def picture(self, name: str) -> None:
        """Keep how it looks, if anybody wants to see it."""
        if self.pictures is not None:
            seen = await self.tab.picture()
            await asyncio.to_thread((self.pictures / f"{name}.png").write_bytes, seen)


async def an_empty_inbox_says_so(scene: Scene) -> None:
    """Nothing is there at first."""
    await scene.look()
    await scene.shows("Nothing has arrived yet.")
    await scene.picture("empty")


async def a_push_appears_without_a_reload(scene: Scene) -> None:
    """The page follows by itself."""
    await scene.look()
    await scene.shows(scene.push().title)
    await scene.shows(scene.push("phone-2").title)
    assert await scene.tab.say("window.isTheSame") is True
    assert await scene.tab.say("document.querySelectorAll('.phone').length") == 2


async def the_last_of_a_collapse_id_is_shown_on_each_phone(scene: Scene) -> None:
    """A tray for each phone; what was replaced is only listed."""
    old, new = (scene.push("phone-1", collapse_id="ice") for _ in range(2))
    other = scene.push("phone-2", collapse_id="ice")
    await scene.look()
    assert await scene.titles() == [other.title, new.title]
    await scene.shows(f"{old.title} (replaced)")


async def what_is_open_or_focused_stays_so(scene: Scene) -> None:
    """An arrival takes nothing out of anybody's hands."""
    scene.push()
    await scene.look()
    await scene.tab.say("document.querySelector('summary').click()")
    await scene.tab.say("document.querySelector('summary').focus()")
    for phone in ("phone-1", "phone-2"):
        await scene.shows(scene.push(phone).title)
    assert await scene.tab.say("document.activeElement.tagName") == "SUMMARY"
    assert await scene.tab.say("document.activeElement.parentElement.open") is True


async def each_button_is_one_tap(scene: Scene) -> None:
    """Like, mute and snooze become what the customer prefers, by mouse."""
    await scene.customer.be_sent(BUTTONS)
    await scene.look()
    await scene.shows("Ice cream weather")
    await scene.picture("buttons")
    for button in BUTTONS:
        await scene.tab.say(f"document.querySelector('[value={button['id']}]').click()")
        pressed = f"[value={button['id']}][aria-pressed=true]"
        await scene.tab.until(f"document.querySelector('{pressed}')")
    wishes = await scene.customer.preferences()
    assert wishes["topics"] == {"ice-cream": True}, wishes
    assert wishes["muted_zones"] == ["corner-cafe"], wishes
    assert wishes["paused_until"] is not None, wishes
    assert await scene.tab.say("window.isTheSame") is True
    await scene.picture("tapped")


async def a_button_is_reached_and_pressed_by_key(scene: Scene) -> None:
    """Tab and Enter are enough, and the focus stays where it was."""
    await scene.customer.be_sent(BUTTONS)
    await scene.look()
    await scene.shows("Ice cream weather")
    await scene.tab.press("Tab")
    assert await scene.tab.say("document.activeElement.value") == "like"
    await scene.tab.press("Enter")
    await scene.tab.until("document.querySelector('[aria-pressed=true]')")
    assert await scene.tab.say("document.activeElement.value") == "like"


async def a_tap_that_nobody_takes_is_told(scene: Scene) -> None:
    """A push of somebody else's has buttons too, and no geopush behind them."""
    scene.push(extras=Extras("m-x", buttons=BUTTONS))
    await scene.look()
    await scene.tab.say("document.querySelector('button').click()")
    await scene.shows("no geopush waits", "#notice")
    scene.tab.complaints.clear()  # the browser writes down every refusal


async def long_and_foreign_texts_fit(scene: Scene) -> None:
    """Nothing sticks out, and Arabic begins at the right."""
    scene.push(f"{7:064x}", platform="ios", title=LONG, body=LONG * 3)
    scene.push("p" * 163, title=ARABIC, body=ARABIC, extras=Extras("m-y", LONG))
    for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        await scene.tab.resize(*size)
        await scene.look()
        root = "document.documentElement"
        assert await scene.tab.say(f"{root}.scrollWidth - {root}.clientWidth") == 0
        right = "getComputedStyle(document.querySelector('h3')).direction"
        assert await scene.tab.say(right) == "rtl"
        await scene.picture(f"texts-{name}")


async def it_can_be_read_in_the_dark(scene: Scene) -> None:
    """Contrast is at least 4.5 to 1, as WCAG AA wants, light and dark."""
    await scene.customer.be_sent(BUTTONS)
    await scene.look()
    await scene.shows("Ice cream weather")
    await scene.tab.say("document.querySelector('button').click()")
    await scene.tab.until("document.querySelector('[aria-pressed=true]')")
    for dark in (False, True):
        await scene.tab.darken(dark)
        contrast = await scene.tab.say(CONTRAST)
        assert isinstance(contrast, float)
        assert contrast >= 4.5, f"{contrast:.1f} to 1, dark: {dark}"
    await scene.picture("dark")


async def two_hundred_phones_are_not_too_many(scene: Scene) -> None:
    """The latest hundred are shown, and the next push is on top."""
    for number in range(200):
        scene.push(f"phone-{number}")
    await scene.look()
    await scene.shows("200 phones", "#summary")
    assert await scene.tab.say("document.querySelectorAll('.phone').length") == 100
    title = scene.push("phone-3").title
    await scene.shows(title, ".phone")
    await scene.picture("many")


CHECKS: tuple[Callable[[Scene], Awaitable[None]], ...] = (
    an_empty_inbox_says_so,
    a_push_appears_without_a_reload,
    the_last_of_a_collapse_id_is_shown_on_each_phone,
    what_is_open_or_focused_stays_so,
    each_button_is_one_tap,
    a_button_is_reached_and_pressed_by_key,
    a_tap_that_nobody_takes_is_told,
    long_and_foreign_texts_fit,
    it_can_be_read_in_the_dark,
    two_hundred_phones_are_not_too_many,
)


async def check(scene: Scene) -> int:
    """Make all checks, print what came of each, and return how many failed."""
    failed = 0
    for one in CHECKS:
        scene.street.inbox.clear()
        await scene.tab.resize(*DESKTOP)
        await scene.tab.darken(False)
        try:
            await one(scene)
            _assert_quiet(scene)
        except (AssertionError, TimeoutError) as error:
            failed += 1
            _print(f"FAILED  {_words(one)}: {str(error) or 'nothing came of it'}")
        else:
            _print(f"ok      {_words(one)}")
    return failed


def _assert_quiet(scene: Scene) -> None:
    complaints, scene.tab.complaints = scene.tab.complaints, []
    assert not complaints, complaints
    own = urlsplit(scene.street.inbox_url).netloc
    assert scene.tab.hosts <= {own}, scene.tab.hosts


def _words(one: Callable[[Scene], Awaitable[None]]) -> str:
    return one.__name__.replace("_", " ")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main(program: str, pictures: Path | None) -> int:
    """Set the scene and make the checks; 0 if all is well."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        street = await Sandbox.start(place / "street", apps={"demo": "com.demo"})
        service = Service(place, street)
        try:
            async with asyncio.timeout(2 * LONGEST):
                await service.start()
            street.reporter.base_url = service.url
            async with (
                open_customer(service, street) as customer,
                open_tab(program, place) as tab,
            ):
                return await check(Scene(tab, street, customer, pictures, count(1)))
        finally:
            await service.stop()
            await street.stop()


if __name__ == "__main__":
    found = find_chromium()
    if found is None:
        sys.exit("no Chromium on the PATH: on Debian it is `apt install chromium`")
    wanted = Path(sys.argv[1]) if sys.argv[1:] else None
    if wanted is not None:
        wanted.mkdir(parents=True, exist_ok=True)
    sys.exit(min(asyncio.run(main(found, wanted)), 1))
