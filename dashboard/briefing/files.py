"""The briefing as a file of any format: names, media types, writers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import import_module

from dashboard.briefing.model import Briefing, plain
from dashboard.i18n import t

MEDIA = {
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "json": "application/json",
}
"""Format → media type."""
FORMATS = tuple(MEDIA)
_WRITERS = {
    "pptx": ("slides", "pptx_bytes"),
    "docx": ("document", "docx_bytes"),
    "xlsx": ("workbook", "xlsx_bytes"),
    "pdf": ("reading", "pdf_bytes"),
}


def write_briefing(briefing: Briefing, form: str) -> bytes:
    """Return the briefing as a file.

    Parameters
    ----------
    briefing : Briefing
    form : {"pptx", "docx", "xlsx", "pdf", "json"}

    Raises
    ------
    BriefingError
        When this machine has no Chinese font for a PDF.
    """
    if form == "json":
        return json.dumps(plain(briefing), ensure_ascii=False, indent=2, allow_nan=False).encode()
    if form not in MEDIA:
        raise ValueError(f"{form!r} is not a format; use one of {', '.join(FORMATS)}.")
    # Each library is loaded when its format is asked for: a page that only offers the files starts without them.
    module, name = _WRITERS[form]
    writer: Callable[[Briefing], bytes] = getattr(import_module(f"dashboard.briefing.writers.{module}"), name)
    return writer(briefing)


def file_name(title: str, form: str) -> str:
    """Return a file's name from what it is about, with nothing that a file system refuses."""
    return re.sub(r"[^\w.-]+", "-", title).strip("-")[:100] + f".{form}"


def briefing_title(region_name: str, period_label: str, snapshot_id: str, language: str) -> str:
    """Return what the files of a briefing are called."""
    title = t("briefing.title", language, region=region_name, period=period_label)
    return f"{title}_{snapshot_id}"
