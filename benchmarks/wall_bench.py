"""A shortened soak of the wall: browser and server memory while its pictures change, for WALL_SECONDS (default 90)."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from playwright.sync_api import CDPSession, sync_playwright

from benchmarks.instruments.processes import MEGABYTE, resident_mb
from data_access.demo import load_demonstration
from data_access.home import Home
from data_access.publishing import publish
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.servers import running_app_process

LONGEST_SECONDS = 1800


def main() -> None:
    seconds = min(int(os.environ.get("WALL_SECONDS", "90")), LONGEST_SECONDS)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Home(Path(folder))
        load_demonstration(home)
        publish(home)
        with running_app_process(home) as (address, process):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
            page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
            page.goto(f"{address}/wall?screen=hall")
            page.wait_for_selector("header.title")
            session = page.context.new_cdp_session(page)
            pictures = page.locator("[data-position]").count()
            for _ in range(pictures):  # every picture once: after that nothing new should be kept
                _next(page)
            print(f"{'':>8} {'pictures':>9} {'browser heap MB':>16} {'DOM nodes':>10} {'server RSS MB':>14}")
            started, shown = time.monotonic(), 0
            marks = [seconds * part / 4 for part in range(5)]
            while marks:
                if time.monotonic() - started >= marks[0]:
                    heap, nodes = _browser_memory(session)
                    print(
                        f"{marks.pop(0):7.0f}s {shown:9d} {heap:16.1f} {nodes:10.0f} {resident_mb(process.pid):14.1f}"
                    )
                    continue
                _next(page)
                shown += 1
            browser.close()


def _next(page) -> None:
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
