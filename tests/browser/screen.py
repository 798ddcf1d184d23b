"""How browser tests read a page: wait until it is drawn, take its words, find English that strayed in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

BUILD = Path(__file__).resolve().parent.parent.parent / "build" / "screenshots"
ALLOWED = {"EN", "GIS", "KTV", "CATI", "XLSX", "CSV", "ID", "P10", "P50", "P90", "p50", "p90", "GeoJSON", "AI", "Byar"}
"""Latin words that belong on a Chinese screen."""
REFUSED = "Content Security Policy"
"""In the console's words when the browser kept a request back because the app forbids it."""


@contextmanager
def watched_page(browser, own_hosts: Sequence[str]) -> Iterator:
    """Open a fresh page; on closing, fail when it asked another host or its scripts broke.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    own_hosts : sequence of str
        The only hosts that may be asked.
    """
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN", service_workers="block")
    outside: list[str] = []
    broken: list[str] = []

    def is_own(url: str) -> bool:
        parts = urlparse(url)
        return parts.scheme in ("data", "blob") or parts.hostname in own_hosts

    def guard(route) -> None:
        if is_own(route.request.url):
            route.continue_()
        else:
            route.abort()

    def record(url: str) -> None:
        if not is_own(url):
            outside.append(url)

    context.route("**/*", guard)
    context.on("request", lambda request: record(request.url))
    opened = context.new_page()
    opened.on("websocket", lambda socket: record(socket.url))
    opened.on("console", lambda message: REFUSED in message.text and outside.append(message.text))
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.set_default_timeout(30_000)
    try:
        yield opened
    finally:
        context.close()
    assert not outside, f"the page asked other hosts: {outside}"
    assert not broken, f"a script of the page broke: {broken}"


def open_page(page, address: str, path: str = "/", **parameters: str) -> None:
    """Open a page of the app and wait until its frame and content are drawn."""
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    page.goto(f"{address}{path}" + (f"?{query}" if query else ""))
    settle(page)


def settle(page) -> None:
    """Wait until Streamlit has run and the footer stands."""
    page.wait_for_selector("footer.page-foot")
    page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget]')")
    page.wait_for_timeout(600)


def visible_text(page) -> str:
    """Return what a viewer reads, icons' ligatures left out."""
    return page.evaluate(
        """() => {
            const copy = document.body.cloneNode(true);
            copy.querySelectorAll('[data-testid=stIconMaterial], script, style, svg title').forEach(e => e.remove());
            document.body.appendChild(copy); const text = copy.innerText; copy.remove(); return text;
        }"""
    )


def stray_english(text: str) -> set[str]:
    """Return Latin words of two or more letters that a Chinese screen should not have."""
    words = set(re.findall(r"[A-Za-z][A-Za-z]+", re.sub(r"\d{4}Q\d-\d+", "", text)))
    return words - ALLOWED


def screenshot(page, name: str) -> None:
    """Keep a picture for people to look at."""
    BUILD.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=BUILD / f"{name}.png")
