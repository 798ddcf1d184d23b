"""The wall in a real browser: three sizes without clipped text, a touch, a way down and back, lost and found again."""

from __future__ import annotations

import shutil
import signal
from datetime import datetime
from pathlib import Path

import pytest

from data_access.home import Home
from data_access.publishing import publish
from tests.browser.screen import BUILD, stray_english, wait_for_other_text, watched_page
from tests.browser.wall_page import OVERFLOWS, SMALLEST_LETTER, open_wall, title_of
from tests.conftest import OWN_HOSTS
from tests.servers import running_app, running_app_process
from tests.stores import keep_few_records

SIZES = [(1920, 1080, "hall"), (3840, 2160, "hall_4k"), (3840, 1080, "hall_wide"), (1920, 1080, "hall_en")]


@pytest.mark.parametrize(("width", "height", "screen"), SIZES)
def test_every_step_fits_the_screen_and_can_be_read(browser, demonstration_app, width, height, screen):
    with watched_page(browser, OWN_HOSTS) as page:
        page.set_viewport_size({"width": width, "height": height})
        open_wall(page, demonstration_app, screen)
        for position in range(3 if screen == "hall_wide" else 4):
            before = title_of(page)
            if position:
                page.locator(f"[data-position='{position}']").click()
                wait_for_other_text(page, "header.title h1 small", before)
            BUILD.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=BUILD / f"wall-{screen}-{position}.png")
            assert page.evaluate(OVERFLOWS) == []
            least, which = page.evaluate(SMALLEST_LETTER)
            assert least >= 16, which
            assert screen == "hall_en" or not stray_english(page.locator("#frame").inner_text())


def test_touch_pauses_and_the_pointer_goes_down_and_back(page, demonstration_app):
    open_wall(page, demonstration_app)
    here = page.locator("header.title .path [aria-current=location]")
    city = here.inner_text()
    names = [city]
    for _ in range(2):
        page.locator(".map .region").first.dispatch_event("pointerdown")
        page.locator(".map .region").first.dispatch_event("click")
        wait_for_other_text(page, ".path [aria-current=location]", names[-1])
        names.append(here.inner_text())
    assert page.locator("#paused").is_visible()
    assert page.evaluate(OVERFLOWS) == []
    page.keyboard.press("Escape")
    page.wait_for_function(
        "name => document.querySelector('.path [aria-current=location]')?.innerText === name", arg=names[1]
    )


def test_short_address_leads_to_the_screen(page, demonstration_app):
    page.goto(f"{demonstration_app}/?screen=duty")
    page.wait_for_selector("header.title")
    assert "/wall?screen=duty" in page.url


def test_last_picture_stays_with_a_banner_while_the_server_is_away_and_recovers_alone(browser, demonstration_home):
    with running_app_process(demonstration_home) as (address, process):
        with watched_page(browser, OWN_HOSTS) as page:
            open_wall(page, address)
            shown = title_of(page)
            process.send_signal(signal.SIGSTOP)
            try:
                page.evaluate("window.dispatchEvent(new Event('offline'))")
                page.wait_for_selector("#banner:not([hidden])")
                assert "起显示最近一屏" in page.locator("#banner").inner_text()
                assert title_of(page) == shown
            finally:
                process.send_signal(signal.SIGCONT)
            page.wait_for_selector("#banner", state="hidden", timeout=60_000)


def test_server_that_dies_is_noticed_without_being_told(browser, demonstration_home):
    with watched_page(browser, OWN_HOSTS) as page:
        with running_app_process(demonstration_home) as (address, process):
            page.clock.install()
            open_wall(page, address)
            shown = page.locator("#frame .map").inner_html()
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            page.clock.run_for(40_000)
            page.wait_for_selector("#banner:not([hidden])")
            assert page.locator("#frame .map").inner_html() == shown


def test_network_that_goes_leaves_the_last_picture_and_comes_back_alone(browser, demonstration_app):
    with watched_page(browser, OWN_HOSTS) as page:
        page.clock.install()
        open_wall(page, demonstration_app)
        shown = page.locator("#frame .map").inner_html()
        page.context.set_offline(True)
        page.clock.run_for(40_000)
        page.wait_for_selector("#banner:not([hidden])")
        assert page.locator("#frame .map").inner_html() == shown
        page.context.set_offline(False)
        page.clock.run_for(10_000)
        page.wait_for_selector("#banner", state="hidden")


def test_a_screen_that_slept_wakes_up_with_the_snapshot_of_meanwhile(browser, demonstration_home, tmp_path):
    copy = Home(Path(shutil.copytree(demonstration_home.path, tmp_path / "home")))
    keep_few_records(copy)
    with running_app(copy) as address, watched_page(browser, OWN_HOSTS) as page:
        page.clock.install()
        open_wall(page, address, "duty")
        fresh = publish(copy)
        page.clock.fast_forward(8 * 3600 * 1000)  # as a closed lid does: what was due runs once
        page.wait_for_function(
            "fresh => document.querySelector('.stamp small')?.innerText.includes(fresh)", arg=str(fresh)
        )
        assert not page.locator("#banner").is_visible()


def test_nothing_moves_while_the_data_stay_the_same(browser, demonstration_app):
    with watched_page(browser, OWN_HOSTS) as page:
        page.clock.install()
        open_wall(page, demonstration_app, "duty")
        page.evaluate(
            """() => {
                window.moved = [];
                const isClock = change => (change.target.closest ?? (() => null)).call(change.target, '#clock');
                new MutationObserver(changes => window.moved.push(...changes.filter(change => !isClock(change)).map(
                    change => change.target.nodeName))).observe(document.querySelector('#frame'), {childList: true, subtree: true});
            }"""
        )
        for _ in range(4):
            with page.expect_response(lambda answer: answer.url.endswith("/wall/state")):
                page.clock.run_for(21_000)
        assert page.evaluate("window.moved") == []


def test_touch_holds_the_playlist_for_two_minutes(browser, demonstration_app):
    with watched_page(browser, OWN_HOSTS) as page:
        page.clock.install()
        open_wall(page, demonstration_app)
        first = title_of(page)
        page.locator("header.title").click()
        assert page.locator("#paused").is_visible()
        page.clock.run_for(115_000)
        assert title_of(page) == first
        page.clock.run_for(10_000)
        wait_for_other_text(page, "header.title h1 small", first)
        assert not page.locator("#paused").is_visible()


def test_screen_loads_afresh_at_night(browser, demonstration_app):
    with watched_page(browser, OWN_HOSTS) as page:
        page.clock.install(time=datetime(2026, 1, 5, 3, 29))
        open_wall(page, demonstration_app, "duty")
        page.evaluate("window.sameLoad = true")
        with page.expect_event("load"):
            page.clock.run_for(90_000)
        page.wait_for_selector("header.title")
        assert page.evaluate("window.sameLoad") is None


def test_new_snapshot_appears_by_itself(browser, demonstration_home, tmp_path):
    copy = Home(Path(shutil.copytree(demonstration_home.path, tmp_path / "home")))
    keep_few_records(copy)
    with running_app(copy) as address, watched_page(browser, OWN_HOSTS) as page:
        page.clock.install()
        open_wall(page, address, "duty")
        before = page.locator(".stamp small").inner_text()
        fresh = publish(copy)
        page.clock.run_for(25_000)
        wait_for_other_text(page, ".stamp small", before)
        assert str(fresh) in page.locator(".stamp small").inner_text()
