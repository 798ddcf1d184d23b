"""How long a meeting takes in the browser: the next county from the key to the painted screen, and closing."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from data_access.demo import load_demonstration
from data_access.home import Home
from data_access.publishing import publish
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.servers import running_app

LIMIT = 300.0
TURN = """() => new Promise(painted => {
    const before = document.querySelector('.meeting-head').dataset.at;
    const start = performance.now();
    const look = () => {
        const now = document.querySelector('.meeting-head');
        const page = document.querySelector('.meeting-region, .meeting-recorded');
        if (now && page && now.dataset.at !== before) {
            requestAnimationFrame(() => requestAnimationFrame(() => painted(performance.now() - start)));
        } else requestAnimationFrame(look);
    };
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
    look();
})"""


def main() -> None:
    """Print the milliseconds of turning through a meeting of 12 counties that has begun, and the seconds of closing it."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        print("  no Chromium on this machine: not measured")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Home(Path(folder))
        load_demonstration(home)
        publish(home)
        with running_app(home) as address:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
            page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
            page.goto(f"{address}/meeting?period=2024Q4")
            page.wait_for_selector(".meeting-head[data-at=opening]", timeout=120_000)
            page.get_by_role("button", name="开始会议").click()
            page.wait_for_selector(".meeting-head[data-state=open]")
            page.wait_for_timeout(2000)
            turns = []
            for _ in range(12):
                turns.append(page.evaluate(TURN))
                page.wait_for_timeout(400)
            page.evaluate(TURN)
            started = time.perf_counter()
            page.get_by_role("button", name="闭会").click()
            page.wait_for_selector(".meeting-head[data-state=closed]", timeout=120_000)
            closing = time.perf_counter() - started
            browser.close()
        middle, worst = statistics.median(turns), max(turns)
        verdict = "within" if middle <= LIMIT else "BEYOND"
        print(f"  next county painted: {middle:.0f} ms at the median, {worst:.0f} ms at most ({verdict} {LIMIT:g} ms)")
        print(f"  closing, with what every seat sees kept in both languages: {closing:.1f} s")
        print(f"  load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
