"""The parts every page is built from: header, cards, chips, tables, downloads, footer."""

from dashboard.components.cards import (
    Basis,
    Card,
    CardError,
    Definition,
    NoteKind,
    card_grid,
    chart_card,
    rows_card,
    table_card,
)
from dashboard.components.chips import grade_chip, grade_column, grade_strip, interval_bar, risk_chip, strip_column
from dashboard.components.controls import choose_indicator, follow_click, legend, link_group
from dashboard.components.downloads import offer_tables
from dashboard.components.figures import draw_figure, draw_svg
from dashboard.components.forms import Entry, entry_card, entry_form, versions_of
from dashboard.components.frame import page_frame
from dashboard.components.messages import aside, empty_state, end_page, notice, section, sentence
from dashboard.components.sign_in import list_refusal
from dashboard.components.tables import Column, Headings, columns_of, table

__all__ = [
    "Basis",
    "Card",
    "CardError",
    "Column",
    "Definition",
    "Entry",
    "Headings",
    "NoteKind",
    "aside",
    "card_grid",
    "chart_card",
    "choose_indicator",
    "columns_of",
    "draw_figure",
    "draw_svg",
    "empty_state",
    "end_page",
    "entry_card",
    "entry_form",
    "follow_click",
    "grade_chip",
    "grade_column",
    "grade_strip",
    "interval_bar",
    "legend",
    "link_group",
    "list_refusal",
    "notice",
    "offer_tables",
    "page_frame",
    "risk_chip",
    "rows_card",
    "section",
    "sentence",
    "strip_column",
    "table",
    "table_card",
    "versions_of",
]
