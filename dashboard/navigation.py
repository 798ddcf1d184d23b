"""The pages of the cockpit: file, url path and title of each, in the order of the menu."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageEntry:
    """One page of the menu."""

    url_path: str
    file: str
    title_key: str
    parameters: tuple[str, ...] = ()
    """Names of the page's own parameters in the address, kept by links that stay on the page."""


PAGES = (
    PageEntry("overview", "pages/overview.py", "nav.overview"),
    PageEntry("map", "pages/map.py", "nav.map", ("indicator", "view", "shown")),
    PageEntry("trends", "pages/trends.py", "nav.trends", ("indicator",)),
    PageEntry("ranking", "pages/ranking.py", "nav.ranking", ("of",)),
    PageEntry("definitions", "pages/definitions.py", "nav.definitions", ("indicator",)),
    PageEntry("data", "pages/data_status.py", "nav.data"),
)
DEFAULT_PAGE = PAGES[0].url_path
"""Its address is ``/``."""
