"""The briefing in the download menu: slides, document, workbook and PDF, written when asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dashboard.briefing import MEDIA, Briefing, briefing_title, build_briefing, file_name, write_briefing
from dashboard.components.downloads import offer_files
from dashboard.context import Context, region_name
from dashboard.i18n import t
from dashboard.settings import snapshot_reader

OFFERED = ("pptx", "docx", "xlsx", "pdf")


def offer_briefing(language: str, title: str, build: Callable[[], Briefing]) -> None:
    """Put the hand-outs of a briefing into the page's download menu.

    Parameters
    ----------
    language : str
    title : str
        Stem of the files' names.
    build : callable
        Returns the briefing; called when a file is asked for.
    """
    offer_files(
        t("briefing.menu", language),
        [(form, file_name(title, form), MEDIA[form], partial(_written, build, form)) for form in OFFERED],
    )


def offer_context_briefing(context: Context) -> None:
    """Put the hand-outs of the region and period on screen into the download menu."""
    reader = snapshot_reader()
    name = region_name(reader.regions(context.viewer), context.region, context.language)
    title = briefing_title(
        name, context.period.label(context.language), reader.snapshot().snapshot_id, context.language
    )
    arguments = (reader, context.viewer, context.region, context.period, context.language)
    offer_briefing(context.language, title, partial(build_briefing, *arguments))


def _written(build: Callable[[], Briefing], form: str) -> bytes:
    return write_briefing(build(), form)
