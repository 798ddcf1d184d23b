"""Case packages: found, handled, closed; which are stuck, with whom, and what the closure review said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.memory import kept
from dashboard.screens.duty.decisions import reported_text
from dashboard.screens.duty.span import Span, span_of
from dashboard.screens.tables import ScreenTable
from data_access.ledger import Item, record_item_id
from data_access.queries import SnapshotReader

CARDS = ("BA6", "BA2", "BA3", "BA4", "BA1", "BA5")
SHOWN = 100
REVIEW = "closure_review"
BOARD = ("found", "in_hand", "in_review", "overdue", "over_30", "over_60", "over_90", "closed", "returns")


@dataclass(frozen=True)
class PackagesPart:
    """What the part draws."""

    verdict: str
    cards: tuple[Card, ...]
    board: pd.DataFrame
    """``name, href`` and the numbers of ``BOARD``, most overdue first, the sum last."""
    posts: pd.DataFrame
    """``post, level, open, overdue, closed, returns``."""
    posts_note: str
    packages: pd.DataFrame
    """``item_id, number, place, post, found, due, age, late, stage, returns, reviewed, href``."""
    records: Mapping[str, Mapping[str, object]]
    reviews: Mapping[str, Item]
    tables: tuple[ScreenTable, ...]

    @property
    def has_items(self) -> bool:
        """Whether anything is listed that may be written about."""
        return not self.packages.empty


@dataclass(frozen=True)
class _Published:
    """What one snapshot always gives the same."""

    cards: tuple[Card, ...]
    board: pd.DataFrame
    posts: pd.DataFrame


@kept
def _published(reader: SnapshotReader, context: Context) -> _Published:
    span = span_of(reader, context)
    return _Published(span.cards(CARDS), _board(span), _posts(span))


def packages_part(span: Span) -> PackagesPart:
    """Prepare the board, the load of the posts and the open packages."""
    published = _published(span.reader, span.plain)
    board, posts = published.board, published.posts
    records: dict[str, dict] = {}
    if span.lists_allowed:
        for row in span.reader.open_packages(span.scope, span.region, span.as_of, SHOWN).to_dict("records"):
            records[record_item_id(REVIEW, str(row["source"]), str(row["source_id"]))] = row
    reviews = span.ledger.named_items(span.scope, list(records))
    packages = _packages(span, records, reviews)
    return PackagesPart(
        verdict=_verdict(span, board),
        cards=published.cards,
        board=board,
        posts=posts,
        posts_note=_posts_note(span, posts),
        packages=packages,
        records=records,
        reviews=reviews,
        tables=(
            _table(span, "board", board, ("name", *BOARD)),
            _table(span, "posts", posts, ("post", "level", "open", "overdue", "closed", "returns")),
            _table(
                span,
                "packages",
                packages,
                ("number", "place", "post", "found", "due", "age", "late", "stage", "returns", "reviewed"),
            ),
        ),
    )


def _board(span: Span) -> pd.DataFrame:
    deepest = int(span.regions["depth"].max())
    by = min(span.depth + 1, deepest)
    rows = span.reader.package_board(span.scope, span.region, by, span.start, span.as_of)
    if rows.empty:
        return pd.DataFrame(columns=["name", "href", *BOARD])
    rows = rows.sort_values(["overdue", "over_30", "region_code"], ascending=[False, False, True], ignore_index=True)
    frame = pd.DataFrame(
        {
            "name": [span.name(code) for code in rows["region_code"]],
            "href": [
                span.context.href("responsibility", region=code, part="packages", item=None)
                if code != span.region
                else ""
                for code in rows["region_code"]
            ],
            **{name: rows[name].astype(int) for name in BOARD},
        }
    )
    total = {"name": t("duty.all", span.language), "href": "", **{name: int(rows[name].sum()) for name in BOARD}}
    return pd.concat([frame, pd.DataFrame([total])], ignore_index=True) if len(frame) > 1 else frame


def _posts(span: Span) -> pd.DataFrame:
    if not span.lists_allowed:
        return pd.DataFrame(columns=["post", "level", "level_key", "open", "overdue", "closed", "returns"])
    rows = span.reader.package_posts(span.scope, span.region, span.start, span.as_of)
    return pd.DataFrame(
        {
            "post": [
                span.said(post, english)
                for post, english in zip(rows["leader_post"], rows["leader_post_en"], strict=True)
            ],
            "level": [_level(span, level) for level in rows["leader_level"]],
            "level_key": rows["leader_level"],
            **{name: rows[name].astype(int) for name in ("open", "overdue", "closed", "returns")},
        }
    )


def _level(span: Span, level: str) -> str:
    return t(f"duty.level_{level}", span.language) if level in ("city", "county") else level


def _posts_note(span: Span, posts: pd.DataFrame) -> str:
    if posts.empty:
        return t("duty.no_lists" if not span.lists_allowed else "duty.no_packages", span.language)
    return t(
        "duty.posts_note",
        span.language,
        city=int((posts["level_key"] == "city").sum()),
        county=int((posts["level_key"] == "county").sum()),
        mean=formatting.number(posts["open"].mean(), 2),
        most=int(posts["open"].max()),
    )


def _packages(span: Span, records: Mapping[str, Mapping], reviews: Mapping[str, Item]) -> pd.DataFrame:
    as_of = pd.Timestamp(span.as_of)
    rows = [
        {
            "item_id": key,
            "number": row["source_id"],
            "place": span.place(str(row["region_code"])),
            "post": span.said(row["leader_post"], row["leader_post_en"]),
            "found": formatting.day(row["found_on"]),
            "due": formatting.day(row["due_on"]),
            "age": (as_of - pd.Timestamp(row["found_on"])).days,
            "late": max((as_of - pd.Timestamp(row["due_on"])).days, 0),
            "stage": t(f"duty.stage_{_stage(row, as_of)}", span.language),
            "returns": int(row["review_returns"]),
            "reviewed": reported_text(span, reviews.get(key)),
            "href": span.link("packages", key),
        }
        for key, row in records.items()
    ]
    names = (
        *("item_id", "number", "place", "post", "found", "due"),
        *("age", "late", "stage", "returns", "reviewed", "href"),
    )
    frame = pd.DataFrame(rows, columns=list(names))
    return frame.assign(**{f"{name}_text": frame[name].map(formatting.number) for name in ("age", "late")})


def _stage(row: Mapping, as_of: pd.Timestamp) -> str:
    handled = row["handled_on"]
    return "in_review" if not pd.isna(handled) and pd.Timestamp(handled) <= as_of else "in_hand"


def _verdict(span: Span, board: pd.DataFrame) -> str:
    if board.empty:
        return t("duty.no_packages", span.language)
    total = board.iloc[-1]
    return t(
        "duty.verdict_packages",
        span.language,
        in_hand=formatting.number(total["in_hand"]),
        in_review=formatting.number(total["in_review"]),
        overdue=formatting.number(total["overdue"]),
        over_90=formatting.number(total["over_90"]),
        worst=board.iloc[0]["name"],
        worst_overdue=int(board.iloc[0]["overdue"]),
    )


def _table(span: Span, key: str, frame: pd.DataFrame, names: tuple[str, ...]) -> ScreenTable:
    titles = {name: t(f"duty_column.{name}", span.language) for name in names}
    return ScreenTable(key, t(f"duty.{key}", span.language), frame[list(names)], titles)
