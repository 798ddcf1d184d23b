"""The HTML that the browser loads first: Streamlit's own, with language, theme, styles and small behaviours set."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path

from dashboard.front.files import STREAMLIT_FILES
from dashboard.front.styles import stylesheet_version
from dashboard.i18n import DEFAULT_LANGUAGE, HTML_LANGUAGE, LANGUAGES, load_texts, t
from dashboard.palette import load_palette

THEMES = {"light": "Light", "dark": "Dark"}
EARLY_PARTS = ("Html", "BidiComponent", "PlotlyChart")
"""Parts of Streamlit's front end that pages need and that it would ask for only when they are to be drawn."""
CHART_PART = "PlotlyChart"
"""Takes a second to load; the overview has no chart, and has it loaded for the next page once it stands itself."""
SCRIPT = Path(__file__).resolve().parent.parent.parent / "assets" / "styles" / "shell.js"


def page_shell(page: str, parameters: Mapping[str, str], still: str = "") -> str:
    """Return the first HTML of ``page`` (empty for the overview) for the ``lang`` and ``theme`` of its address.

    Streamlit keeps the viewer's theme in the browser's storage; the shell sets it from the address before Streamlit
    starts, so that a copied address looks the same everywhere and nothing flashes. A ``still`` stands in front meanwhile.
    """
    shell = _shell(*asked_look(parameters), CHART_PART if page == "" else "")
    return shell.replace("</body>", f"{still}</body>", 1) if still else shell


def asked_look(parameters: Mapping[str, str]) -> tuple[str, str]:
    """Return the language and the theme that an address asks for."""
    language = _one_of(parameters.get("lang"), LANGUAGES, DEFAULT_LANGUAGE)
    return language, _one_of(parameters.get("theme"), tuple(THEMES), "light")


def not_found_page(parameters: Mapping[str, str]) -> str:
    """Return the page for an address that leads nowhere; repeats nothing of the address."""
    language, theme = asked_look(parameters)
    return (
        f'<!DOCTYPE html><html lang="{HTML_LANGUAGE[language]}" data-theme="{theme}"><head><meta charset="utf-8">'
        f"<title>{escape(t('error.not_found_title', language))}</title>{_stylesheet()}</head>"
        f'<body class="standalone"><main><h1>{escape(t("error.not_found_title", language))}</h1>'
        f"<p>{escape(t('error.not_found', language))}</p>"
        f'<p><a href="/?lang={language}&amp;theme={theme}">{escape(t("error.to_overview", language))}</a></p>'
        "</main></body></html>"
    )


def native_words() -> dict[str, str]:
    """Return what Streamlit's own widgets say in English, with the Chinese to put in its place."""
    keys = [key for key in load_texts("en") if key.startswith("native.")]
    return {str(load_texts("en")[key]): str(load_texts("zh")[key]) for key in keys}


@lru_cache(maxsize=8)
def _shell(language: str, theme: str, late_part: str) -> str:
    ground = load_palette().ground_of(theme)
    early = "".join(
        f'<link rel="modulepreload" href="{file}">'
        for part in EARLY_PARTS
        if part != late_part
        for file in _files(part)
    )
    head = (
        f"<style>html,body{{background:{ground.page};color:{ground.text}}}</style>"
        f"{_stylesheet()}"
        f"<script>window.streamlitTheme={json.dumps(THEMES[theme])};window.nativeWords={json.dumps(native_words())};"
        f"window.lateParts={json.dumps(_files(late_part))};\n{SCRIPT.read_text(encoding='utf-8')}</script>"
        f"{early}"
    )
    html = (STREAMLIT_FILES / "index.html").read_text(encoding="utf-8")
    html = html.replace('<html lang="en">', f'<html lang="{HTML_LANGUAGE[language]}" data-theme="{theme}">', 1)
    html = re.sub(r"<title>.*?</title>", f"<title>{escape(t('app.title', language))}</title>", html, count=1)
    html = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    html = re.sub(r'<link rel="service-desc"[^>]*>', "", html)
    html = re.sub(r"<link[^>]*SourceSans[^>]*>", "", html, flags=re.DOTALL)
    html = html.replace('href="./favicon.png"', 'href="./assets/icon.svg" type="image/svg+xml"', 1)
    message = escape(t("error.no_javascript", language))
    html = re.sub(r"<noscript>.*?</noscript>", f"<noscript><p>{message}</p></noscript>", html, count=1, flags=re.DOTALL)
    return html.replace("<title>", f"{head}<title>", 1)


def _files(part: str) -> list[str]:
    return [f"./static/js/{file.name}" for file in STREAMLIT_FILES.glob(f"static/js/{part}.*.js") if part]


def _stylesheet() -> str:
    return f'<link rel="stylesheet" href="/assets/cockpit.css?v={stylesheet_version()}">'


def _one_of(value: str | None, allowed: tuple[str, ...], default: str) -> str:
    return value if value in allowed else default
