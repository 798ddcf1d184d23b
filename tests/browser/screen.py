"""How browser tests read a page: wait until it is drawn, take its words, find English that strayed in."""

from __future__ import annotations

import re
from pathlib import Path

BUILD = Path(__file__).resolve().parent.parent.parent / "build" / "screenshots"
ALLOWED = {"EN", "GIS", "KTV", "CATI", "XLSX", "CSV", "ID", "P10", "P50", "P90", "p50", "p90", "GeoJSON", "AI", "Byar"}
"""Latin words that belong on a Chinese screen."""


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
