"""A shortened soak of the wall: browser and server memory while its pictures change, for WALL_SECONDS (default 90).

WALL_PACE=fast (default) turns the pictures one after the other, so that an hour shows as many as a day on the wall;
WALL_PACE=real touches nothing and waits, as the room does.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.instruments.processes import MEGABYTE, resident_mb
from data_access.demo import load_demonstration
from data_access.home import Home
from data_access.publishing import publish
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.servers import running_app_process

LONGEST_SECONDS = 3 * 3600
READINGS = 9
COUNT_PICTURES = """() => {
    window.picturesShown = 0;
    new MutationObserver(() => window.picturesShown += 1).observe(document.querySelector('#frame'), {childList: true});
}"""


def main() -> None:
    """Print browser heap, DOM nodes and server memory at even distances of time."""
    seconds = min(int(os.environ.get("WALL_SECONDS", "90")), LONGEST_SECONDS)
    real_pace = os.environ.get("WALL_PACE", "fast") == "real"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Home(Path(folder))
        load_demonstration(home)
        publish(home)
        with running_app_process(home) as (address, process):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
            page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
            page.goto(f"{address}/wall?screen=hall")
            page.wait_for_selector("header.title")
            pictures = page.locator("[data-position]").count()
            for _ in range(pictures):  # every picture once: after that nothing new should be kept
                _next(page)
            page.reload()  # a touched wall waits for minutes before it goes on
            page.wait_for_selector("header.title")
            page.evaluate(COUNT_PICTURES)
            _soak(page, process.pid, seconds, real_pace)
            browser.close()


def _soak(page: Page, server: int, seconds: int, real_pace: bool) -> None:
    session = page.context.new_cdp_session(page)
    print(
        f"{'':>8} {'pictures':>9} {'browser heap MB':>16} {'DOM nodes':>10} {'server RSS MB':>14} {'load':>6}",
        flush=True,
    )
    started = time.monotonic()
    marks = [seconds * part / (READINGS - 1) for part in range(READINGS)]
    while marks:
        if time.monotonic() - started < marks[0]:
            if real_pace:
                page.wait_for_timeout(1000)
            else:
                _next(page)
            continue
        heap, nodes = _browser_memory(session)
        print(
            f"{marks.pop(0):7.0f}s {page.evaluate('window.picturesShown'):9d} {heap:16.1f} {nodes:10.0f} "
            f"{resident_mb(server):14.1f} {os.getloadavg()[0]:6.1f}",
            flush=True,
        )


def _next(page: Page) -> None:
    """Go to the next picture and wait until its dot is the current one."""
    before = page.locator(".dots [aria-current]").get_attribute("data-position")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.dots [aria-current]').dataset.position !== before", arg=before
    )


def _browser_memory(session: CDPSession) -> tuple[float, float]:
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return metrics["JSHeapUsedSize"] / MEGABYTE, metrics["Nodes"]


if __name__ == "__main__":
    main()
