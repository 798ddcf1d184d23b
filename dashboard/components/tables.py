"""Tables of at most a few hundred rows as plain HTML: readable by keyboard and screen reader, links drill down."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import pandas as pd
from markupsafe import Markup, escape

from dashboard.components.html import draw_html, escaped, filled, joined
from dashboard.formatting import MISSING
from dashboard.i18n import t

MAX_ROWS = 500
LONG_TEXT = 200
"""Signs from which a cell's text scrolls in a frame of its own, so that it leaves the other columns their room."""
_LONG, _LINK = '<span class="clamped" tabindex="0">{}</span>', '<a href="{}">{}</a>'
_ROW, _SELECTED = "<tr>", '<tr class="selected" aria-current="true">'


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Column of the frame; its cells are text as written on screen, and get escaped.
    title : str
        Heading on screen.
    kind : {"text", "number", "mark"}
        Numbers are right-aligned with even figures; marks (chips, strips, bars) don't wrap.
    draw : callable, optional
        Given the row as a mapping, returns what the cell shows: text, or ``Markup`` such as a chip.
    href : str, optional
        Column of the frame that holds the address its cells link to.
    width : str, optional
        CSS width.
    hint : str, optional
        What a short title means in full, for who points at it.
    """

    name: str
    title: str
    kind: Literal["text", "number", "mark"] = "text"
    draw: Callable[[Mapping], str | Markup] | None = None
    href: str | None = None
    width: str | None = None
    hint: str | None = None


@dataclass(frozen=True)
class Headings:
    """The headings of a page's tables: the texts ``<area>.<name>``; called, it gives one of them."""

    area: str
    language: str
    own: Mapping[str, str] = field(default_factory=dict)
    """Headings that are no fixed texts, such as what the data set calls a level."""

    def __call__(self, name: str) -> str:
        """Return the heading of the column ``name``."""
        return self.own.get(name) or t(f"{self.area}.{name}", self.language)

    def columns(self, *names: str, numbers: Sequence[str] = (), **links: str) -> list[Column]:
        """Return columns as written (``<name>`` or ``<name>_text``); ``links`` say which column holds a cell's address."""
        return [
            Column(
                name=name,
                title=self(name.removesuffix("_text")),
                kind="number" if name in numbers else "text",
                href=links.get(name),
            )
            for name in names
        ]

    def numbers(self, *names: str) -> list[Column]:
        """Return columns of figures as written (``<name>_text``) under their headings."""
        return [Column(name=f"{name}_text", title=self(name), kind="number") for name in names]


def columns_of(names: Iterable[Hashable], area: str, language: str, numbers: Sequence[str] = ()) -> list[Column]:
    """Return a column for each name, or for each of a frame's columns, titled by the text ``<area>.<name>``."""
    return [
        Column(name=str(name), title=t(f"{area}.{name}", language), kind="number" if name in numbers else "text")
        for name in names
    ]


def table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    language: str,
    *,
    caption: str,
    selected: object = None,
    max_height: int | None = None,
) -> None:
    """Draw ``frame`` with ``columns``; the first column heads its row.

    Parameters
    ----------
    frame : DataFrame
        At most 500 rows are drawn, and the rest is said to be missing.
    columns : sequence of Column
    language : {"zh", "en"}
    caption : str
        What the table shows, for screen readers.
    selected : object, optional
        Index label of the row to mark.
    max_height : int, optional
        Pixels after which the table scrolls under its heading.
    """
    draw_html(table_markup(frame, columns, language, caption=caption, selected=selected, max_height=max_height))


def table_markup(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    language: str,
    *,
    caption: str,
    selected: object = None,
    max_height: int | None = None,
) -> Markup:
    """Return the table of :func:`table` as HTML."""
    shown = frame if len(frame) <= MAX_ROWS else frame.iloc[:MAX_ROWS]
    head = joined(_heading(column.kind, column.title, column.width, column.hint) for column in columns)
    values = _Columns(shown)
    cells = zip(*(_cells(column, values, is_first=place == 0) for place, column in enumerate(columns)), strict=True)
    body = Markup(  # nosec B704  # every cell is escaped
        "".join(
            (_SELECTED if label == selected else _ROW) + "".join(row) + "</tr>"
            for label, row in zip(shown.index.tolist(), cells, strict=False)
        )
    )
    rest = Markup("")
    if len(frame) > len(shown):
        rest = filled(
            '<p class="rest">{}</p>', t("table.rest", language, shown=len(shown), count=len(frame) - len(shown))
        )
    style = filled(' style="max-height:{}px" tabindex="0"', max_height) if max_height else Markup("")
    return filled(
        '<div class="table-scroll" role="region" aria-label="{}"{}><table class="data">'
        '<caption class="unseen">{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>{}',
        caption,
        style,
        caption,
        head,
        body,
        rest,
    )


@lru_cache(maxsize=1024)
def _heading(kind: str, title: str, width: str | None, hint: str | None) -> Markup:
    style = filled(' style="width:{}"', width) if width else ""
    told = filled(' title="{}"', hint) if hint else ""
    return filled('<th scope="col" class="{}"{}{}>{}</th>', kind, style, told, title)


class _Columns(dict[str, list]):
    """The columns of a frame as lists by their names as text, each read when it is first asked for."""

    def __init__(self, frame: pd.DataFrame) -> None:
        super().__init__()
        self.frame = frame
        self.names = {str(name): name for name in frame.columns.tolist()}

    def __missing__(self, name: str) -> list:
        self[name] = values = self.frame[self.names[name]].tolist()
        return values


@dataclass(frozen=True)
class _Row(Mapping):
    """One row of a frame, by the names of its columns."""

    columns: _Columns
    place: int

    def __getitem__(self, name: str) -> object:
        return self.columns[name][self.place]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns.names)

    def __len__(self) -> int:
        return len(self.columns.names)


def _cells(column: Column, columns: _Columns, *, is_first: bool) -> list[str]:
    """Return the cells of a column as HTML, put together as plain text, which takes a third of the time of markup.

    Parameters
    ----------
    column : Column
    columns : _Columns
        Of the frame.
    is_first : bool
        Its cells head their rows.
    """
    kind = escape(column.kind)
    start, end = (f'<th scope="row" class="{kind}">', "</th>") if is_first else (f'<td class="{kind}">', "</td>")
    if column.draw:
        texts = [_told(column.draw(_Row(columns, place))) for place in range(len(columns.frame))]
    else:
        texts = [_told(value) for value in columns[column.name]]
        texts = [filled(_LONG, text) if len(text) > LONG_TEXT else text for text in texts]
    if column.href:
        hrefs = columns[column.href]
        texts = [
            filled(_LINK, href, text) if isinstance(href, str) and href else text
            for href, text in zip(hrefs, texts, strict=True)
        ]
    return ["".join((start, text, end)) for text in texts]


def _told(value: object) -> Markup:
    is_missing = value is None or (isinstance(value, float) and math.isnan(value))
    return escaped(MISSING if is_missing else value)
