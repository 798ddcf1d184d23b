"""From `make run` to the first screen: seconds until the browser gets its first HTML and until the overview stands in Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.instruments.processes import cpu_seconds
from data_access.demo import load_demonstration
from data_access.home import Home
from data_access.publishing import publish
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.servers import LOOPBACK, REPOSITORY, answers, free_port

TARGET_SECONDS = 3.0
RUNS = 5


def main() -> None:
    """Print the medians of some starts of the demonstration city, which is already built."""
    if not Path(CHROMIUM).exists():
        print("  no Chromium on this machine: not measured")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Home(Path(folder), database_url=None)
        load_demonstration(home)
        publish(home)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        starts = []
        for _ in range(RUNS):
            context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
            starts.append(started(home, context.new_page()))
            context.close()
        browser.close()
    answered, painted, used = (statistics.median(column) for column in zip(*starts, strict=True))
    verdict = "within" if painted <= TARGET_SECONDS else "OVER"
    print(
        f"  the first HTML is answered after {answered:.1f} s, the overview stands after {painted:.1f} s ({verdict} 3 s)"
    )
    print(f"  CPU of the server until then {used:.1f} s; load of the machine {os.getloadavg()[0]:.1f}")


def started(home: Home, page: Page) -> tuple[float, float, float]:
    """Return the seconds to the first answer and to the whole first page, and the CPU that the server used."""
    port = free_port()
    address = f"http://{LOOPBACK}:{port}"
    start = time.perf_counter()
    process = subprocess.Popen(
        [shutil.which("make") or "make", "run"],
        cwd=REPOSITORY,
        env={**os.environ, "PINGAN_HOME": str(home.path), "PORT": str(port), "DATABASE_URL": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not answers(address):
            time.sleep(0.02)
        answered = time.perf_counter() - start
        page.goto(address, wait_until="commit")
        page.wait_for_selector("footer.page-foot")
        return answered, time.perf_counter() - start, cpu_seconds(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


if __name__ == "__main__":
    main()
