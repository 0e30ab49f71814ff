"""The pages in a real browser: wide and phone, light and dark, by keyboard, in every state."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from browser import running_browser, serving
from sample_records import Sample, make_sample

from streamstress.clock import ReplayClock, Segment
from streamstress.outputs.store import Store
from streamstress.records import Control, Onset, Pick
from streamstress.web import create_web
from streamstress.web.site import Operating

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

WIDE = {"viewport": {"width": 1280, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True,
    "has_touch": True,
}  # fmt: skip
PATHS = {
    "overview": "/",
    "map": "/map?show=shmax,a_phi",
    "region": "/region/west-basin",
    "event": "/event/wb00149",
    "station": "/station/XS.S03",
    "stations": "/stations",
    "alarm": "/alarm/west-basin-1",
    "alarms": "/alarms",
}
CHARTED = ("overview", "region")
MIN_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3."""

MIN_TARGET_PX = 24
"""WCAG 2.2, 2.5.8: links of running text are exempt."""


@cache
def sample_of(n_events: int = 150) -> Sample:
    return make_sample(n_events)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


def site_of(url: str, **more: Any) -> Any:
    """The application over a store, its clock just behind the end of the sample."""
    end_ns = sample_of().progress[0].done_until_ns
    clock = ReplayClock(time.time_ns(), 1.0, (Segment(end_ns, end_ns),))
    stations = sample_of(1).stations
    more = {"stations": stations, "clock": clock, "refresh_s": 0.3} | more
    return create_web(url, title="West basin", **more)


@pytest.fixture(scope="module")
def full_url(folder: Path) -> str:
    """A store with an alarm in it, and the traces of one event."""
    url, sample = f"sqlite:///{folder / 'full.db'}", sample_of()
    store = Store.open(url)
    store.save_many(sample.records())
    later = time.time_ns() + 3600 * 10**9
    store.save_stages([msgspec.structs.replace(one, updated_ns=later) for one in sample.stages])
    store.save_many([_trace(arrival) for arrival in sample.events[149].arrivals])
    store.close()
    return url


def _trace(arrival: Any) -> Pick:
    network, code = arrival.station.split(".")
    sign = 1.0 if arrival.polarity.up_probability > 0.5 else -1.0
    swing = np.where(np.arange(160) < 80, 0.0, sign * np.sin((np.arange(160) - 80) / 6))
    onset = Onset(sampling_rate_hz=100.0, pick_index=80.0, samples=swing.astype("<f4").tobytes())
    return Pick(
        pick_id=arrival.pick_id, network=network, station=code, location="", channel="HH",
        phase="P", time_ns=arrival.time_ns, sigma_s=0.04, probability=0.9, snr=12.0, model="m",
        sent_ns=0, onset=onset,
    )  # fmt: skip


@pytest.fixture(scope="module")
def address(full_url: str) -> Iterator[str]:
    with serving(site_of(full_url)) as started:
        yield started


@contextmanager
def opened(browser: Any, url: str, **options: Any) -> Iterator[Any]:
    """A page that noted whatever it asked for and whatever went wrong."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "console",
        lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else 0,
    )
    page.goto(url)
    yield page
    context.close()


def settled(page: Any, name: str) -> None:
    if name in CHARTED:
        page.wait_for_selector("body.drawn", timeout=60_000)
    page.wait_for_function("() => document.readyState === 'complete'")


@pytest.mark.parametrize("name", PATHS)
def test_every_page_stays_on_the_host_and_fits_its_screen(browser: Any, address: str, name: str):
    for options in (WIDE, PHONE):
        with opened(browser, address + PATHS[name], **options) as page:
            settled(page, name)
            assert page.complaints == []
            foreign = [url for url in page.asked if not url.startswith((address, "data:"))]
            assert foreign == []
            width = options["viewport"]["width"]
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if name in CHARTED:
                assert page.evaluate(INK_ON_CANVAS) > 1000
            if name == "map":
                assert page.evaluate("document.querySelector('img.paper').naturalWidth") > 300


INK_ON_CANVAS = """() => {
  const find = (node) => [...node.querySelectorAll('*')].flatMap((one) =>
    one.tagName === 'CANVAS' ? [one] : one.shadowRoot ? find(one.shadowRoot) : []);
  const canvas = find(document.getElementById('chart'))[0];
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let inked = 0;
  for (let k = 0; k < pixels.length; k += 4) {
    const spread = Math.max(pixels[k], pixels[k+1], pixels[k+2])
      - Math.min(pixels[k], pixels[k+1], pixels[k+2]);
    if (pixels[k + 3] > 200 && spread > 60) inked += 1;
  }
  return inked;
}"""
"""Coloured pixels of the first figure: bars, balls, curves and bands."""

CONTRASTS = """() => {
  const channel = (v) =>
    v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parsed = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const ground = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const colour = parsed(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return parsed(getComputedStyle(document.body).backgroundColor);
  };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
    if (!own || node.closest('svg, script, .skip') || !node.getClientRects().length) continue;
    const [one, two] = [light(parsed(getComputedStyle(node).color)), light(ground(node))];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const words = node.textContent.trim().slice(0, 40);
    found.push([contrast, `${node.tagName}.${node.className}: ${words}`]);
  }
  return found;
}"""


@pytest.mark.parametrize("name", PATHS)
def test_words_can_be_read_in_light_and_dark(browser: Any, address: str, name: str):
    with opened(browser, address + PATHS[name], **WIDE) as page:
        settled(page, name)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            contrasts = page.evaluate(CONTRASTS)
            assert len(contrasts) > 10
            assert [words for contrast, words in contrasts if contrast < MIN_CONTRAST] == [], scheme


def test_the_alarm_is_told_in_the_first_screen_of_a_phone(browser: Any, address: str):
    with opened(browser, f"{address}/alarm/west-basin-1", **PHONE) as page:
        for words in ("Alarm, confirmed", "31° clockwise", "Now:"):
            box = page.get_by_text(words, exact=False).first.bounding_box()
            assert box["y"] + box["height"] < 844, words


def test_everything_is_reached_by_keyboard(browser: Any, full_url: str):
    # No look for news, which would take the numbers away by which elements are known here.
    with (
        serving(site_of(full_url, refresh_s=60.0)) as address,
        opened(browser, f"{address}/", **WIDE) as page,
    ):
        settled(page, "overview")
        wanted = set(page.evaluate(
            "[...document.querySelectorAll('a[href], button, input, summary, [tabindex=\"0\"]')]"
            ".map((one, k) => (one.dataset.k = k, String(k)))"
        ))  # fmt: skip
        reached = []
        for _ in range(len(wanted) + 20):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.dataset.k"))
        assert wanted <= set(reached)
        assert [one for one in dict.fromkeys(reached) if one in wanted] == sorted(wanted, key=int)
        page.evaluate("document.getElementById('chart').focus()")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("+")
        page.wait_for_function("() => location.search.includes('box=')")
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid"
        west = page.evaluate("() => location.search.match(/box=([0-9.]+)/)[1]")
        page.reload()
        settled(page, "overview")
        ranges = page.evaluate(
            "() => JSON.parse(document.getElementById('chart-columns').textContent).ranges"
        )
        assert ranges["map_x"][0] == float(west)


def test_a_link_is_a_view_and_back_leads_to_it(browser: Any, address: str):
    link = "/region/west-basin?from=2026-03-05T12:00:00Z&until=2026-03-06T12:00:00Z"
    with opened(browser, address + link, **WIDE) as page:
        settled(page, "region")
        shown = page.evaluate(
            "() => JSON.parse(document.getElementById('chart-columns').textContent).ranges.time_x"
        )
        page.click("#heading .button")
        page.wait_for_selector("#alarm")
        page.go_back()
        settled(page, "region")
        assert page.url == address + link
        assert page.input_value("form.view [name=from]") == "2026-03-05T12:00:00Z"
        assert page.complaints == []
        day_ms = 86_400_000
        assert 0.9 * day_ms < shown[1] - shown[0] < 1.05 * day_ms


def test_targets_of_a_phone_are_large_enough_for_a_thumb(browser: Any, address: str):
    for name in ("overview", "alarm", "station"):
        with opened(browser, address + PATHS[name], **PHONE) as page:
            settled(page, name)
            boxes = page.evaluate(
                "[...document.querySelectorAll('nav a, .button, button, input:not([type=hidden]), "
                "summary, .region-card')].map((one) => one.getBoundingClientRect())"
                ".filter((one) => one.width).map((one) => [one.width, one.height])"
            )
            assert boxes
            assert all(min(box) >= MIN_TARGET_PX for box in boxes)


def test_open_pages_follow_the_store_in_every_tab(browser: Any, folder: Path):
    url, sample = f"sqlite:///{folder / 'followed.db'}", sample_of()
    store = Store.open(url)
    store.save_many(sample.records())
    with serving(site_of(url)) as address, opened(browser, f"{address}/", **WIDE) as page:
        settled(page, "overview")
        assert "alarm" in page.get_attribute("#verdict", "class")
        second = page.context.new_page()
        second.goto(f"{address}/alarm/west-basin-1")
        assert "The stress has turned" in second.inner_text("#alarm")
        changed = msgspec.structs.replace(sample.changes[-1], version=9, state="withdrawn")
        newer = msgspec.structs.replace(sample.events[-1], event_id="newcomer", version=1)
        store.save_many([changed, newer])
        for tab, told in ((page, "#verdict.quiet"), (second, "#alarm.quiet")):
            tab.bring_to_front()
            tab.wait_for_selector(told, timeout=20_000)
        page.bring_to_front()
        page.wait_for_function(
            "() => document.getElementById('events').innerText.includes('newcomer')"
        )
        page.wait_for_function(
            "() => [...Bokeh.documents[0]._all_models.values()].some((one) => "
            "one.type === 'ColumnDataSource' && one.data.event_id?.includes('newcomer'))"
        )
        assert page.complaints == []
    store.close()


def test_an_empty_system_says_what_it_waits_for(browser: Any, folder: Path):
    app = create_web(f"sqlite:///{folder / 'empty.db'}", title="New")
    with serving(app) as address:
        for path in ("/", "/stations", "/alarms"):
            with opened(browser, address + path, **PHONE) as page:
                assert page.complaints == []
                assert "no data yet" in page.inner_text("#pulse")
        with opened(browser, f"{address}/", **WIDE) as page:
            settled(page, "overview")
            assert "Waiting for the first earthquake" in page.inner_text("#verdict")
            assert "No event has been located yet" in page.inner_text("#events")


def test_ten_thousand_events_stay_usable(browser: Any, folder: Path):
    url, sample = f"sqlite:///{folder / 'busy.db'}", sample_of()
    store = Store.open(url)
    store.save_many(sample.records())
    rng = np.random.default_rng(2)
    end_ns = sample.events[-1].origin.time_ns
    many = [
        msgspec.structs.replace(
            sample.events[k % 150], event_id=f"b{k:05d}", arrivals=(),
            origin=msgspec.structs.replace(
                sample.events[k % 150].origin, time_ns=end_ns - int(rng.uniform(0, 5e14)),
                latitude_deg=35.42 + rng.normal(0, 0.06), longitude_deg=133.3 + rng.normal(0, 0.08),
            ),
        )
        for k in range(10_000)
    ]  # fmt: skip
    store.save_many(many)
    store.close()
    with serving(site_of(url)) as address:
        with opened(browser, f"{address}/", **WIDE) as page:
            settled(page, "overview")
            assert "2,000 of 10,150 events" in page.inner_text("#shown")
            assert page.complaints == []
        with opened(browser, f"{address}/region/west-basin", **WIDE) as page:
            settled(page, "region")
            assert page.complaints == []


def test_a_broker_that_is_down_and_a_server_that_is_gone_are_told(browser: Any, full_url: str):
    said = {"words": "Kafka does not answer at 127.0.0.1:9092. Nothing new comes in."}
    app = site_of(full_url, broker_trouble=lambda: said["words"])
    with serving(app) as address:
        context = browser.new_context(**WIDE)
        page = context.new_page()
        page.goto(f"{address}/")
        settled(page, "overview")
        assert page.inner_text("#troubles").strip() == said["words"]
        # A page whose answers come looks well only while nothing is wrong.
        assert page.get_attribute("#pulse", "class") == "old"
        said["words"] = None
        page.wait_for_function("() => document.getElementById('troubles').innerText.trim() === ''")
        page.wait_for_function("() => document.getElementById('pulse').className === ''")
    page.wait_for_selector("#pulse.lost", timeout=40_000)
    assert "no answer for" in page.inner_text("#pulse")
    context.close()


def test_a_person_acknowledges_an_alarm_by_keyboard_with_the_token(browser: Any, folder: Path):
    url, sample = f"sqlite:///{folder / 'acknowledged.db'}", sample_of()
    store = Store.open(url)
    store.save_many(sample.records())

    async def send(control: Control) -> None:
        store.save(msgspec.structs.replace(control, sent_ns=time.time_ns()))

    app = site_of(url, operating=Operating("open sesame", send))
    with serving(app) as address:
        with opened(browser, f"{address}/alarm/west-basin-1", **WIDE) as page:
            form = page.locator("form[data-operate]")
            for token, words in (
                ("wrong", "token is missing or wrong"),
                ("open sesame", "was seen"),
            ):
                form.locator("[name=author]").fill("Ada")
                form.locator("[name=token]").fill(token)
                page.keyboard.press("Enter")
                form.locator(".answer", has_text=words).wait_for(timeout=20_000)
            page.locator("body").click(position={"x": 2, "y": 2})
            page.wait_for_function(
                "() => document.getElementById('alarm').innerText.includes('seen by Ada')"
            )
        with opened(browser, f"{address}/station/XS.S03", **PHONE) as page:
            form = page.locator("form[data-operate]").first
            form.locator("[name=author]").fill("Ada")
            form.locator("[name=token]").fill("open sesame")
            form.locator("button").click()
            form.locator(".answer", has_text="is muted").wait_for(timeout=20_000)
    assert sorted(c.action for c in store.reader.system.controls()) == ["acknowledge", "mute"]
    store.close()
