"""Sentences that several formats write alike: headings, and what is said of one region."""

from __future__ import annotations

from dashboard import formatting
from dashboard.briefing.model import Briefing, RegionPage
from dashboard.briefing.writers.layout import lines_of
from dashboard.i18n import t

BULLET = "· "
LONG_ITEM = 4
"""Lines from which an item is too long to be kept room for."""
MOST_ITEMS = 3
"""Of what was promised or is overdue, beside a region."""


def heading(title: str, number: int, language: str) -> str:
    """Return a part's heading with its number, counted from 0: ``1. General situation``."""
    return t("briefing.heading", language, number=t(f"briefing.ordinal.n{number + 1}", language), title=title)


def second_heading(title: str, number: int, language: str) -> str:
    """Return a heading within a part: ``(1) Index ranking``."""
    return t("briefing.second_heading", language, number=t(f"briefing.ordinal.n{number + 1}", language), title=title)


def index_sentence(page: RegionPage, language: str) -> str:
    """Return index, interval, ranks and change of a region, or why there is no index."""
    standing = page.standing
    if page.empty_reason:
        return page.empty_reason
    return t(
        "briefing.region.index",
        language,
        index=standing.index_text,
        interval=standing.interval_text or formatting.MISSING,
        rank=standing.rank_text,
        change=standing.change_text,
    )


def outcome_sentence(page: RegionPage, language: str) -> str:
    """Return the outcome of a region with its interval and what chance has to do with it."""
    figure = page.outcome
    return t(
        "briefing.region.outcome",
        language,
        name=figure.name,
        value=figure.value_text,
        interval=figure.interval_text or formatting.MISSING,
        sentence=figure.sentence,
    )


def region_lines(page: RegionPage, briefing: Briefing, ems: float, most: float) -> list[str]:
    """Return what is asked, promised and overdue of a region, as many items as ``most`` lines hold, the rest counted."""
    language = briefing.language
    late = [each for each in page.decisions if each.state != "done"]
    done = sum(each.state == "done" for each in page.decisions)
    overdue = sum(each.state == "overdue" for each in page.decisions)
    promised = t("briefing.region.no_decisions", language)
    if page.decisions:
        promised = t(
            "briefing.region.decisions",
            language,
            count=len(page.decisions),
            done=done,
            late=overdue,
            open=len(page.decisions) - done - overdue,
        )
    questions = t("briefing.region.questions" if page.questions else "briefing.region.no_questions", language)
    past_due = (
        t("briefing.region.overdue", language, count=page.overdue_count)
        if page.overdue_count
        else briefing.unknown_overdue or t("briefing.region.no_overdue", language)
    )
    decisions = [
        t("briefing.region.decision", language, task=each.task, unit=each.unit, due=formatting.day(each.due_on))
        for each in late
    ]
    items = [
        t(
            "briefing.region.overdue_item",
            language,
            item=each.item,
            owner=each.owner,
            days=formatting.days(each.days_overdue, language),
        )
        for each in page.overdue
    ]
    blocks = [
        (questions, list(page.questions), len(page.questions), ""),
        (promised, decisions, len(late), "decisions"),
        (past_due, items, page.overdue_count, "overdue"),
    ]
    lines: list[str] = []
    needs = [[lines_of(BULLET + text, ems) + 0.15 for text in texts] for _, texts, *_ in blocks]
    # Room for the first item of each block is kept, unless it alone is a long text.
    kept = [need[0] if need and need[0] < LONG_ITEM else 0.0 for need in needs]
    left = most - sum(lines_of(heading, ems) + 0.5 for heading, *_ in blocks) - 1 - sum(kept)
    for (heading, texts, count, more), need, first in zip(blocks, needs, kept, strict=True):
        lines.append(heading)
        left += first
        shown = 0
        while shown < len(texts) and need[shown] <= left and not (more and shown == MOST_ITEMS):
            lines.append(BULLET + texts[shown])
            left -= need[shown]
            shown += 1
        if more and count > shown:
            rest = f"briefing.region.{more}_{'more' if shown else 'all'}"
            lines.append(BULLET + t(rest, language, count=count - shown))
    return lines
