"""How long the next county takes from the key to the painted screen, in the browser."""

from __future__ import annotations

import statistics
import tempfile
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
    """Print the milliseconds of turning through a meeting of 12 counties."""
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
            page.wait_for_timeout(2000)
            turns = []
            for _ in range(12):
                turns.append(page.evaluate(TURN))
                page.wait_for_timeout(400)
            browser.close()
        middle, worst = statistics.median(turns), max(turns)
        verdict = "within" if middle <= LIMIT else "BEYOND"
        print(f"  next county painted: {middle:.0f} ms at the median, {worst:.0f} ms at most ({verdict} {LIMIT:g} ms)")


if __name__ == "__main__":
    main()
