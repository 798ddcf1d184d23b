"""How browser tests read a page: wait until it is drawn, take its words, find English that strayed in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlparse

from dashboard.navigation import DEFAULT_PAGE, PAGES

PATHS = ["/" if entry.url_path == DEFAULT_PAGE else f"/{entry.url_path}" for entry in PAGES if not entry.permission]
"""Of every page of the menu."""

WALL_TOKEN = secrets.token_hex(12)
PROVIDER_ASKS = ("cdn.jsdelivr.net",)
"""The test provider's own page wants a stylesheet from there."""

BUILD = Path(__file__).resolve().parent.parent.parent / "build" / "screenshots"
ALLOWED = {"EN", "GIS", "KTV", "CATI", "XLSX", "CSV", "ID", "P10", "P50", "P90", "p50", "p90", "GeoJSON", "AI"}
ALLOWED |= {"Byar", "Wilson", "Dobson", "Newcombe", "Fisher", "Poisson", "GeoPackage", "Shapefile"}
ALLOWED |= {"Laney", "Benjamini", "Hochberg", "Farrington", "Noufaily"}
ALLOWED |= {"JQ"}  # ids of the indicators that campaigns are measured by
ALLOWED |= {"Map"}  # the drawing library names its canvas so
"""Latin words that belong on a Chinese screen."""
DRAWN = """() => !document.querySelector('[data-testid=stSkeleton]')
    && [...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(
        chart => chart.querySelector('.main-svg') || !chart.checkVisibility())"""
STILL = """() => new Promise(done => {
    const end = () => { watch.disconnect(); done(); };
    let quiet = setTimeout(end, 250);
    const watch = new MutationObserver(() => { clearTimeout(quiet); quiet = setTimeout(end, 250); });
    watch.observe(document.body, {subtree: true, childList: true});
    setTimeout(end, 5000);
})"""
REFUSED = "Content Security Policy"
"""In the console's words when the browser kept a request back because the app forbids it."""


def new_tab(browser):
    """Open a tab of 1920×1080 in zh-CN, with cookies and storage of its own."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN", service_workers="block")
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    return tab


@contextmanager
def watched_page(browser, own_hosts: Sequence[str], not_ours: Sequence[str] = ()) -> Iterator:
    """Open a fresh page; on closing, fail when it asked another host or its scripts broke.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    own_hosts : sequence of str
        The only hosts that may be asked. The browser looks up no other (``CHROMIUM_FLAGS``), so that none is reached.
    not_ours : sequence of str
        Hosts that a program beside the cockpit asks for (a sign-in page); no failure.
    """
    tab = new_tab(browser)
    try:
        with watched(tab, own_hosts, not_ours):
            yield tab
    finally:
        tab.context.close()


@contextmanager
def watched(tab, own_hosts: Sequence[str], not_ours: Sequence[str] = ()) -> Iterator:
    """Let a tab be used; afterwards leave it empty, and fail when it asked another host or its scripts broke."""
    outside: list[str] = []
    broken: list[str] = []

    def record(url: str) -> None:
        parts = urlparse(url)
        if parts.scheme not in ("data", "blob") and parts.hostname not in (*own_hosts, *not_ours):
            outside.append(url)

    def ask(request) -> None:
        record(request.url)

    listeners = {
        "websocket": lambda socket: record(socket.url),
        "console": lambda message: REFUSED in message.text and outside.append(message.text),
        "pageerror": lambda error: broken.append(str(error)),
    }
    tab.context.on("request", ask)
    for event, listener in listeners.items():
        tab.on(event, listener)
    try:
        yield tab
    finally:
        _leave(tab)
        tab.context.remove_listener("request", ask)
        for event, listener in listeners.items():
            tab.remove_listener(event, listener)
    assert not outside, f"the page asked other hosts: {outside}"
    assert not broken, f"a script of the page broke: {broken}"


def _leave(tab) -> None:
    """Take everything out of a tab that the next test could find in it."""
    for other in tab.context.pages:
        if other != tab:
            other.close()
    if urlparse(tab.url).scheme.startswith("http"):
        tab.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    tab.goto("about:blank")
    tab.context.clear_cookies()


@contextmanager
def counted_bytes(page) -> Iterator[list[int]]:
    """Count the bytes of a page's data: what comes through its socket, and shapes; not the program's own files."""
    counts: list[int] = []

    def count_socket(socket) -> None:
        socket.on("framereceived", lambda payload: counts.append(len(payload)))

    def count_answer(answer) -> None:
        if not urlparse(answer.url).path.startswith(("/static/", "/assets/")):
            counts.append(int(answer.headers.get("content-length", 0)))

    page.on("websocket", count_socket)
    page.on("response", count_answer)
    try:
        yield counts
    finally:
        page.remove_listener("websocket", count_socket)
        page.remove_listener("response", count_answer)


def open_page(page, address: str, path: str = "/", **parameters: str) -> None:
    """Open a page of the app and wait until its frame and content are drawn."""
    page.goto(f"{address}{path}" + (f"?{urlencode(parameters)}" if parameters else ""))
    settle(page)


def settle(page) -> None:
    """Wait until Streamlit has run, the footer stands, every chart is drawn and nothing more is put on the page."""
    page.wait_for_selector("footer.page-foot")
    rest(page)
    page.wait_for_function(DRAWN)
    be_still(page)


def be_still(page) -> None:
    """Wait until nothing more is put on the page."""
    page.evaluate(STILL)


def rest(page) -> None:
    """Wait until Streamlit runs nothing: what is typed while a page is drawn anew goes to the page before."""
    page.wait_for_selector(
        "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
    )


def visible_text(page, opened_menus: bool = False) -> str:
    """Return what a viewer reads, icons' ligatures and code left out; with ``opened_menus`` also what a click unfolds."""
    return page.evaluate(
        """opened => {
            const copy = document.body.cloneNode(true);
            copy.querySelectorAll('[data-testid=stIconMaterial], code, script, style, svg title').forEach(e => e.remove());
            if (opened) copy.querySelectorAll('details').forEach(e => { e.open = true; });
            document.body.appendChild(copy); const text = copy.innerText; copy.remove(); return text;
        }""",
        opened_menus,
    )


def spoken_text(page) -> str:
    """Return what a screen reader or a tooltip says of what is on screen: labels, titles, placeholders."""
    return page.evaluate(
        """() => [...document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')]
            .filter(e => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().width > 0)
            .flatMap(e => ['aria-label', 'title', 'placeholder', 'alt'].map(name => e.getAttribute(name)))
            .filter(Boolean).join('\\n')"""
    )


def address_of(page) -> dict[str, str]:
    """Return the parameters of the page's address."""
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def region_in_breadcrumb(page) -> str:
    """Return the name of the region that the page is about."""
    return page.locator("nav.breadcrumb [aria-current=location]").inner_text()


def wait_for_other_text(page, selector: str, before: str) -> None:
    """Wait until the first element of ``selector`` says something else than ``before``."""
    page.wait_for_function(
        """([selector, before]) => {
            const found = document.querySelector(selector);
            return found && found.innerText !== before;
        }""",
        arg=[selector, before],
    )


def wait_for_theme(page, theme: str) -> None:
    """Wait until the page is drawn in ``theme``; it is loaded anew on the way, and has no root for a moment."""
    page.wait_for_function("theme => document.documentElement?.dataset.theme === theme", arg=theme)
    settle(page)


def wait_for_region(page, name: str) -> None:
    """Wait until the page is about the region ``name``."""
    page.wait_for_function(
        "name => document.querySelector('nav.breadcrumb [aria-current=location]')?.innerText === name", arg=name
    )
    settle(page)


def click_menu(page, path: str) -> None:
    """Open the page at ``path`` by the menu, unfolding its group first where it stands in one."""
    link = page.locator(f"nav a[href^='.{path}?']").first
    group = page.locator("nav details.group-menu", has=page.locator(f"a[href^='.{path}?']"))
    if not link.is_visible():
        group.locator("summary").click()
    link.click()


def open_by_menu(page, address: str, path: str, title: str, period: str) -> None:
    """Open the cockpit, go to the page at ``path`` by the menu and wait for its part ``title``."""
    open_page(page, address, period=period)
    click_menu(page, path)
    page.wait_for_selector(f"h3:has-text('{title}')")
    settle(page)


def card_text(page, title: str) -> str:
    """Return what the card says whose title begins so (a regular expression)."""
    return page.locator("article.card", has=page.locator("h3", has_text=re.compile(f"^{title}"))).first.inner_text()


def send_form(page, fields: Mapping[str, str], state: str = "") -> str:
    """Fill in the page's form by its labels, press its button; return what the page answers."""
    if state:
        page.get_by_role("combobox").and_(page.get_by_label("状态")).click()
        page.get_by_role("option", name=state).click()
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)
    send(page, page.get_by_role("button", name="提交"))
    settle(page)
    return page.locator(".entry-outcome").inner_text()


def send(page, button) -> None:
    """Press a form's ``button`` and wait for what is answered to it; until then the page may show the answer before."""
    answer = "() => document.querySelector('.entry-outcome[data-answer]')?.dataset.answer ?? ''"
    before = page.evaluate(answer)
    button.click()
    page.wait_for_function(f"before => ![before, ''].includes(({answer})())", arg=before)
    rest(page)
    be_still(page)


def click_first_region(page) -> str:
    """Click the first region of the list that goes down; return its name."""
    link = page.locator("table tbody a:visible").first
    name = link.inner_text()
    link.click()
    wait_for_region(page, name)
    return name


def click_map_centre(page) -> str:
    """Click the middle of the map until the region changes; return its name."""
    before = region_in_breadcrumb(page)
    canvas = page.locator("svg.regions, .js-plotly-plot canvas").first
    canvas.wait_for()
    for _ in range(6):  # drawing in software may miss a click while the map is still settling
        page.wait_for_timeout(1500)
        if region_in_breadcrumb(page) != before:
            break
        box = canvas.bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    assert region_in_breadcrumb(page) != before, "clicks on the map changed nothing"
    settle(page)
    return region_in_breadcrumb(page)


def stray_english(text: str) -> set[str]:
    """Return Latin words of two or more letters that a Chinese screen should not have."""
    words = set(re.findall(r"[A-Za-z][A-Za-z]+", re.sub(r"\d{4}Q\d-\d+", "", text)))
    return words - ALLOWED


def screenshot(page, name: str) -> None:
    """Keep a picture for people to look at."""
    BUILD.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=BUILD / f"{name}.png")


def sign_in(page, address: str, subject: str, path: str = "/") -> None:
    """Sign in as ``subject`` and open a page."""
    page.goto(f"{address}/")
    page.get_by_role("button", name="登录").click()
    page.locator("input[name=sub]").fill(subject)
    page.locator("button[type=submit], input[type=submit]").first.click()
    page.wait_for_url(f"{address}/**")
    page.wait_for_selector("footer.page-foot, .gate")
    if path != "/":
        page.goto(f"{address}{path}")
        settle(page)
