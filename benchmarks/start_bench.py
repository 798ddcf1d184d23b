"""From `make run` to the first screen: seconds until the browser gets its first HTML, until the overview's figures can be read,
and until the overview itself stands in Chromium; for starts with and without a still of the overview."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.instruments.processes import cpu_seconds
from dashboard.front.shell import THEMES
from dashboard.i18n import LANGUAGES
from data_access.demo import load_demonstration
from data_access.home import Home
from data_access.publishing import publish
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.servers import LOOPBACK, REPOSITORY, answers, free_port, wait_until

TARGET_SECONDS = 3.0
RUNS = 5
STANDS = "#root footer.page-foot"


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
        report("starts without a still (the first of a new program)", [started(home, browser) for _ in range(RUNS)])
        with served(home):
            wait_until(lambda: len(list(home.stills.glob("*.html"))) == len(LANGUAGES) * len(THEMES))
        report("all other starts", [started(home, browser) for _ in range(RUNS)])
        browser.close()
    print(f"  load of the machine {os.getloadavg()[0]:.1f}")


def report(name: str, starts: list[tuple[float, float, float, float]]) -> None:
    """Print the medians of some starts."""
    answered, readable, stands, used = (statistics.median(column) for column in zip(*starts, strict=True))
    verdict = "within" if readable <= TARGET_SECONDS else "OVER"
    print(
        f"  {name}: the first HTML is answered after {answered:.1f} s, the figures can be read after {readable:.1f} s "
        f"({verdict} 3 s), the overview itself stands after {stands:.1f} s; CPU of the server until then {used:.1f} s"
    )


def started(home: Home, browser: Browser) -> tuple[float, float, float, float]:
    """Return the seconds to the first answer, to readable figures and to the overview, and the CPU that the server used."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    page = context.new_page()
    start = time.perf_counter()
    with served(home) as (address, process):
        while not answers(address):
            time.sleep(0.02)
        answered = time.perf_counter() - start
        page.goto(address, wait_until="commit")
        page.wait_for_selector(f"#still footer.page-foot, {STANDS}")
        readable = time.perf_counter() - start
        page.wait_for_selector(STANDS)
        stands, used = time.perf_counter() - start, cpu_seconds(process.pid)
    context.close()
    return answered, readable, stands, used


@contextmanager
def served(home: Home) -> Iterator[tuple[str, subprocess.Popen]]:
    """Start the cockpit as its users do; yield its address and its process."""
    port = free_port()
    process = subprocess.Popen(
        [shutil.which("make") or "make", "run"],
        cwd=REPOSITORY,
        env={**os.environ, "PINGAN_HOME": str(home.path), "PORT": str(port), "DATABASE_URL": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield f"http://{LOOPBACK}:{port}", process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


if __name__ == "__main__":
    main()
