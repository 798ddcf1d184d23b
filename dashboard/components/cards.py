"""Cards: a title, a figure with its limits and change, a sentence, and where the figure comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import pandas as pd
import streamlit as st
from markupsafe import Markup

from dashboard import formatting
from dashboard.components.chips import grade_chip
from dashboard.components.html import filled, gathered, joined, place_html
from dashboard.components.messages import empty_state
from dashboard.components.tables import Column, table
from dashboard.i18n import t

NoteKind = Literal["late", "partial", "preliminary", "suppressed", "carried", "declared"]


class CardError(ValueError):
    """A card lacks what every card must say."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What a figure means (口径), shown behind ⓘ on its card.

    Parameters
    ----------
    text : str
        Numerator, denominator, period and rule, in words.
    method : str, optional
        How value and limits were computed.
    href : str, optional
        Address of the definition's own page (``context.href("definitions", …)``).
    """

    text: str
    method: str | None = None
    href: str | None = None


@dataclass(frozen=True, kw_only=True)
class Basis:
    """Whether a figure was counted from records or arrived counted."""

    kind: Literal["records", "counts"]
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """Everything one card says; texts are plain and get escaped, a ``Markup`` is taken as it is.

    Parameters
    ----------
    title : str
    figure : str or Markup
        The number as written on screen, from :mod:`dashboard.formatting`, or a chip.
    data_through : date
        Last day the figure speaks of.
    source : str
        Name of the system it comes from.
    exact : str, optional
        The number in full where ``figure`` is rounded to 万; told to who points at the figure, and to screen readers.
    unit : str, optional
        Written small behind the figure.
    interval : str, optional
        Limits, ``0.05–1.48``.
    change : str, optional
        Difference with sign, ``−1.9``.
    change_words : str, optional
        Direction and verdict in words, from :func:`dashboard.formatting.change_words`.
    compared_with : str, optional
        What the change is measured against.
    sentence : str, optional
        What to make of it, in one sentence.
    facts : sequence of (label, value) or (label, value, where from)
        Smaller figures that belong to the big one; where one comes from is told as ``exact`` is.
    definition : Definition, optional
    basis : Basis, optional
    notes : sequence of (kind, text)
        Late, partial, preliminary, suppressed, carried-forward or declared figures, said where they stand; an empty
        text gives the standard wording of the kind.
    grade : str, optional
        Grade whose chip stands beside the title.
    href : str, optional
        Where a click on the title leads.

    Raises
    ------
    CardError
        Without title, data-through date or source.
    """

    title: str
    figure: str
    data_through: date | None
    source: str
    exact: str | None = None
    unit: str | None = None
    interval: str | None = None
    change: str | None = None
    change_words: str | None = None
    compared_with: str | None = None
    sentence: str | None = None
    facts: Sequence[tuple[str, str] | tuple[str, str, str]] = ()
    definition: Definition | None = None
    basis: Basis | None = None
    notes: Sequence[tuple[NoteKind, str]] = field(default=())
    grade: str | None = None
    href: str | None = None

    def __post_init__(self) -> None:
        _require(self.title, self.data_through, self.source)


def card_grid(cards: Sequence[Card], language: str, *, columns: int | None = None) -> None:
    """Draw cards of equal height side by side.

    Parameters
    ----------
    cards : sequence of Card
    language : {"zh", "en"}
    columns : int, optional
        Cards per row on a wide screen; as many as there are cards when not given.
    """
    body = joined(card_markup(card, language) for card in cards)
    place_html(filled('<div class="card-grid" style="--columns:{}">{}</div>', columns or max(len(cards), 1), body))


@contextmanager
def chart_card(
    language: str,
    *,
    title: str,
    data_through: date | None,
    source: str,
    key: str,
    sentence: str | None = None,
    definition: Definition | None = None,
    basis: Basis | None = None,
    notes: Sequence[tuple[NoteKind, str]] = (),
    height: Literal["stretch", "content"] | int = "stretch",
) -> Iterator[None]:
    """Draw a card around what the ``with`` block draws: a chart, a map, a table.

    Parameters
    ----------
    language : {"zh", "en"}
    title, data_through, source, sentence, definition, basis, notes
        As in :class:`Card`.
    key : str
        Unique on the page.
    height : "stretch", "content" or int
        Stretch fills the row of columns it stands in.

    Raises
    ------
    CardError
        Without title, data-through date or source.

    Examples
    --------
    >>> with chart_card("zh", title="…", data_through=day, source="…", key="trend"):  # doctest: +SKIP
    ...     draw_figure(figure, context, key="trend-figure", alt="…")
    """
    head, foot = _head_and_foot(language, title, data_through, source, sentence, definition, basis, notes)
    with st.container(key=f"card-{key}", height=height, gap="xsmall"):
        place_html(head)
        yield
        place_html(foot)


@contextmanager
def rows_card(
    language: str,
    *,
    title: str,
    key: str,
    height: Literal["stretch", "content"] | int = "stretch",
    **card: Any,
) -> Iterator[None]:
    """Draw a card around words, links and tables of the ``with`` block, all as one piece of HTML.

    Parameters
    ----------
    language, title, key, height, **card
        As in :func:`chart_card`, which is for what isn't HTML.
    """
    head, foot = _head_and_foot(language, title, **card)
    with gathered() as rows:
        yield
    with st.container(key=f"card-{key}", height=height, gap="xsmall"):
        place_html(filled('<div class="card-rows"><div>{}</div>{}{}</div>', head, joined(rows), foot))


def table_card(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    language: str,
    *,
    title: str,
    key: str,
    empty: Sequence[str] = (),
    refusal: Sequence[str] | None = None,
    selected: object = None,
    max_height: int | None = None,
    height: Literal["stretch", "content"] | int = "stretch",
    **card: Any,
) -> None:
    """Draw a card that holds one table, or says why it holds none.

    Parameters
    ----------
    frame, columns, language, selected, max_height
        As in :func:`~dashboard.components.tables.table`; the card's title is also what the table is called for screen readers.
    title, key, height, **card
        As in :func:`chart_card`.
    empty : sequence of str
        Reason and advice when ``frame`` has no rows; without them the bare heading is drawn.
    refusal : sequence of str, optional
        Reason and advice when the viewer may not see the rows.
    """
    with rows_card(language, title=title, key=key, height=height, **card):
        if refusal:
            empty_state(*refusal)
        elif frame.empty and empty:
            empty_state(*empty)
        else:
            table(frame, columns, language, caption=title, selected=selected, max_height=max_height)


def card_markup(card: Card, language: str) -> Markup:
    """Return one card as HTML."""
    unit = filled('<span class="unit">{}</span>', card.unit) if card.unit else Markup("")
    interval = Markup("")
    if card.interval:
        interval = filled(
            '<span class="interval"><span>{}</span> {}</span>', t("card.interval", language), card.interval
        )
    return filled(
        '<article class="card">{head}<p class="figure"><span class="value">{figure}</span>{unit}{interval}</p>'
        "{change}{facts}{sentence}{foot}</article>",
        head=_head(card.title, card.grade, card.href, card.definition, language),
        figure=_told(card.figure, card.exact),
        unit=unit,
        interval=interval,
        change=_change(card),
        facts=_facts(card.facts),
        sentence=_sentence(card.sentence),
        foot=_foot(card.data_through, card.source, card.basis, card.notes, language),
    )


def _head_and_foot(
    language: str,
    title: str,
    data_through: date | None,
    source: str,
    sentence: str | None = None,
    definition: Definition | None = None,
    basis: Basis | None = None,
    notes: Sequence[tuple[NoteKind, str]] = (),
) -> tuple[Markup, Markup]:
    """Return what stands above and below the content of a card; see :func:`chart_card`."""
    _require(title, data_through, source)
    head = _head(title, None, None, definition, language) + _sentence(sentence)
    return head, _foot(data_through, source, basis, notes, language)


def _require(title: str, data_through: date | None, source: str) -> None:
    if not title:
        raise CardError("A card needs a title.")
    if not isinstance(data_through, date) or pd.isna(data_through):
        raise CardError(f"The card {title!r} has no data-through date (截至); a figure without it is not shown.")
    if not source:
        raise CardError(f"The card {title!r} has no source (来源); a figure without it is not shown.")


def _head(title: str, grade: str | None, href: str | None, definition: Definition | None, language: str) -> Markup:
    name = filled('<a href="{}">{}</a>', href, title) if href else title
    chip = grade_chip(grade, language) if grade else Markup("")
    return filled('<header class="card-head"><h3>{}</h3>{}{}</header>', name, chip, _definition(definition, language))


def _definition(definition: Definition | None, language: str) -> Markup:
    if definition is None:
        return Markup("")
    method = Markup("")
    if definition.method:
        method = filled("<p><b>{}</b> {}</p>", t("card.method", language), definition.method)
    link = Markup("")
    if definition.href:
        link = filled('<p><a href="{}">{}</a></p>', definition.href, t("card.full_definition", language))
    return filled(
        '<details class="menu definition"><summary>ⓘ <span>{}</span></summary><div class="panel"><p>{}</p>{}{}</div></details>',
        t("card.definition", language),
        definition.text,
        method,
        link,
    )


def _change(card: Card) -> Markup:
    parts = [
        filled('<span class="{}">{}</span>', name, text)
        for name, text in (
            ("against", card.compared_with),
            ("difference", card.change),
            ("words", card.change_words),
        )
        if text
    ]
    return filled('<p class="change">{}</p>', joined(parts, between=" ")) if parts else Markup("")


def _told(text: str, more: str | None = None) -> str | Markup:
    """Return a text that tells ``more`` to who points at it, and to screen readers."""
    return filled('<abbr title="{}" tabindex="0">{}</abbr>', more, text) if more else text


def _facts(facts: Sequence[tuple[str, str] | tuple[str, str, str]]) -> Markup:
    rows = joined(
        filled("<div><dt>{}</dt><dd>{}</dd></div>", _told(label, *more), value) for label, value, *more in facts
    )
    return filled('<dl class="facts">{}</dl>', rows) if rows else Markup("")


def _sentence(text: str | None) -> Markup:
    return filled('<p class="sentence">{}</p>', text) if text else Markup("")


def _foot(
    data_through: date | None,
    source: str,
    basis: Basis | None,
    notes: Sequence[tuple[NoteKind, str]],
    language: str,
) -> Markup:
    said = joined(
        filled('<span class="note note-{}"><b>{}</b> {}</span>', kind, t(f"card.note.{kind}", language), text)
        for kind, text in notes
    )
    stands_on = Markup("")
    if basis:
        word = t(f"card.basis.{basis.kind}", language)
        text = t("card.basis_detail", language, basis=word, detail=basis.detail) if basis.detail else word
        stands_on = filled("<span>{}</span>", text)
    return filled(
        '<footer class="card-foot">{}<span>{}</span><span>{}</span>{}</footer>',
        said,
        t("card.data_through", language, day=formatting.day(data_through)),
        t("card.source", language, source=source),
        stands_on,
    )
