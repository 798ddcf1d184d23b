"""Downloads of exactly the frame on screen, as CSV or XLSX, with snapshot, scope and period on the top rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.context import Context, region_name, viewer_label
from dashboard.i18n import t
from dashboard.screens.tables import ScreenTable
from dashboard.settings import current_account, load_settings, snapshot_reader
from dashboard.sign_in.files import keep_for
from data_access.audit import AuditBook, acting_as

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OFFERS = "pingan_downloads"
_FILES = "pingan_papers"


@dataclass(frozen=True)
class Offer:
    """One table that the page offers for download: as it stands, under rows that say what it is."""

    table: ScreenTable
    heading: tuple[tuple[str, str], ...]

    def written(self, write: Callable[[pd.DataFrame, Sequence[tuple[str, str]]], bytes]) -> bytes:
        """Return the file that ``write`` makes of the table."""
        return write(self.table.download(), self.heading)


@dataclass(frozen=True)
class FileOffer:
    """One paper that the page offers in several formats, written when it is asked for."""

    name: str
    files: tuple[tuple[str, str, str, Callable[[], bytes]], ...]
    """Format, file name, media type, and what writes it."""


def offer_files(name: str, files: Sequence[tuple[str, str, str, Callable[[], bytes]]]) -> None:
    """Put a paper into the page's download menu, above its tables.

    Parameters
    ----------
    name : str
        What it is, in the screen's language.
    files : sequence of (format, file name, media type, function)
        The function returns the bytes; it is called when the viewer asks for the file.
    """
    st.session_state.setdefault(_FILES, []).append(FileOffer(name, tuple(files)))


def offer_tables(tables: Sequence[ScreenTable], context: Context) -> None:
    """Put tables into the page's download menu, as they stand: same rows, same columns, same suppression."""
    (title, _), *rest = heading_rows(context, "")
    offers = st.session_state.setdefault(_OFFERS, [])
    offers += [Offer(each, ((title, each.title), *rest)) for each in tables]


def clear_offers() -> None:
    """Forget the downloads of the last run; called when a page starts."""
    st.session_state[_OFFERS] = []
    st.session_state[_FILES] = []


@st.fragment
def draw_offers(context: Context) -> None:
    """Draw the download menu, when the page offered anything; each download is recorded for the auditor.

    What is in it is sent to the browser when the menu is opened: a quarter of a page's parts lay in it unseen.
    """
    language = context.language
    offers: Sequence[Offer] = st.session_state.get(_OFFERS, [])
    papers: Sequence[FileOffer] = st.session_state.get(_FILES, [])
    if not offers and not papers:
        return
    menu = st.popover(t("download.menu", language), key="downloads", on_change="rerun")
    if not menu.open:
        return
    with menu:
        for number, paper in enumerate(papers):
            _draw_offer(context, paper.name, f"paper-{number}", paper.files)
        for number, offer in enumerate(offers):
            stem = file_stem(offer)
            files = [
                (kind, f"{stem}.{kind}", media, partial(offer.written, write))
                for kind, write, media in (("csv", csv_bytes, CSV_TYPE), ("xlsx", xlsx_bytes, XLSX_TYPE))
            ]
            _draw_offer(context, offer.table.title, f"download-{number}", files, rows=len(offer.table.frame))
        st.caption(t("download.note", language))


def _draw_offer(
    context: Context, title: str, key: str, files: Sequence[tuple[str, str, str, Callable[[], bytes]]], **told: object
) -> None:
    """Draw a line of the menu: what it is, and a button for each format; ``told`` is what the auditor is told of it."""
    subject = current_account().subject
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(title, width="stretch")
        for kind, name, media, write in files:
            st.download_button(
                t(f"download.{kind}", context.language),
                data=partial(_recorded, write, context, subject, (media, name), table=title, format=kind, **told),
                file_name=name,
                mime=media,
                key=f"{key}-{kind}",
                on_click="ignore",
            )


def _recorded(
    write: Callable[[], bytes], context: Context, subject: str, file: tuple[str, str], **asked: object
) -> bytes:
    """Return the file, once the audit record says that it is taken. Runs outside the page, hence the account."""
    acting_as(subject)
    snapshot_id = snapshot_reader().snapshot().snapshot_id
    where = {"region": context.region, "period": str(context.period)}
    AuditBook(load_settings().home).record("export", context.viewer, snapshot_id, **asked, **where)
    body = write()
    keep_for(subject, body, *file)
    return body


def heading_rows(context: Context, title: str) -> tuple[tuple[str, str], ...]:
    """Return the rows that say what a file holds: title, data set, region, period, snapshot, viewer, …"""
    language = context.language
    reader = snapshot_reader()
    snapshot = reader.snapshot()
    regions = reader.regions(context.viewer)
    viewer = viewer_label(regions, snapshot, context.viewer, language)
    rows = [
        ("table", title),
        ("dataset", snapshot.name(language)),
        ("region", f"{region_name(regions, context.region, language)} ({context.region})"),
        ("period", f"{context.period.label(language)} ({context.period.span_label(language)})"),
        ("snapshot", snapshot.snapshot_id),
        ("data_through", snapshot.data_through.isoformat()),
        ("viewer", viewer),
    ]
    if snapshot.is_demonstration:
        rows.append(("remark", t("footer.demonstration", language)))
    return tuple((t(f"download.heading.{key}", language), value) for key, value in rows)


def csv_bytes(frame: pd.DataFrame, heading: Sequence[tuple[str, str]]) -> bytes:
    """Return heading rows, an empty row, and ``frame`` as CSV (UTF-8 with BOM, so that Excel reads Chinese)."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in heading:
        writer.writerow([harmless(cell) for cell in row])
    writer.writerow([])
    writer.writerow([harmless(str(name)) for name in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow(["" if _is_missing(cell) else harmless(_as_day(cell)) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def xlsx_bytes(frame: pd.DataFrame, heading: Sequence[tuple[str, str]]) -> bytes:
    """Return heading rows, an empty row, and ``frame`` as a workbook of one sheet."""
    from openpyxl import Workbook  # heavy: loaded when first needed
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    workbook = Workbook()
    sheet = workbook.active
    rows: list[Sequence[object]] = [*heading, (), [str(name) for name in frame.columns]]
    rows += list(frame.itertuples(index=False, name=None))
    for place, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            if _is_missing(value):
                continue
            cell = sheet.cell(place, column)
            safe = harmless(_as_day(value))
            cell.value = safe.item() if hasattr(safe, "item") else safe
            if isinstance(safe, str):
                cell.data_type = "s"
            if place == len(heading) + 2:
                cell.font = Font(bold=True)
    sheet.freeze_panes = sheet.cell(len(heading) + 3, 1)
    for column in range(1, len(frame.columns) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 18
    body = io.BytesIO()
    workbook.save(body)
    return body.getvalue()


def harmless(value: object) -> object:
    """Return ``value``; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    if isinstance(value, str):
        text = _NOT_IN_XML.sub("", value)
        return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    return value


def _as_day(value: object) -> object:
    """Return the day of a moment that is one's beginning: a month is no midnight."""
    return value.date() if isinstance(value, datetime) and value.time() == time() else value


def file_stem(offer: Offer) -> str:
    """Return a file name without ending: title, region, period and snapshot, with nothing a file system refuses."""
    return "_".join(re.sub(r"[^\w.-]+", "-", part).strip("-") for part in (offer.table.title, *_file_parts(offer)))[
        :120
    ]


def _file_parts(offer: Offer) -> tuple[str, ...]:
    values = [value for _, value in offer.heading]
    return (values[2].rsplit("(", 1)[0].strip(), values[3].split("(", 1)[0].strip(), values[4])


def _is_missing(value: object) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))  # type: ignore[call-overload]
