"""The screens of the meeting as HTML, in type that is read across a room."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from dashboard import formatting
from dashboard.briefing import Decision
from dashboard.briefing.model import RegionPage
from dashboard.briefing.sections import progress_text
from dashboard.components import Column
from dashboard.components.chips import grade_chip, grade_strip
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.screens.rooms.meeting import OPENING, MeetingScreen
from dashboard.screens.tables import ScreenTable

SHOWN_DECISIONS, SHOWN_OVERDUE = 4, 3


def head(screen: MeetingScreen, context: Context) -> Markup:
    """Return the bar on top: where the meeting is, whether it is frozen, and the way on."""
    language = context.language
    state = "closed" if screen.meeting.is_closed else "open" if screen.meeting.is_started else "prepared"
    count = len(screen.pages)
    place = (
        t("meeting.place", language, place=screen.place, count=count)
        if screen.page is not None
        else t(f"meeting.at_{screen.at}", language)
    )
    return Markup(
        '<header class="meeting-head" data-at="{at}" data-state="{state}"><h1>{title}</h1>'
        '<span class="meeting-state">{said}</span><span class="meeting-place">{place}</span>{ways}</header>'
    ).format(
        at=screen.at,
        state=state,
        title=t("meeting.title", language, region=screen.briefing.region_name, period=screen.briefing.period_label),
        said=t(f"meeting.state_{state}", language),
        place=place,
        ways=Markup("").join(
            (
                _way(context, screen.before, "before", "◀"),
                _way(context, None if screen.at == OPENING else OPENING, "home", "☰"),
                _way(context, screen.after, "after", "▶"),
            )
        ),
    )


def _way(context: Context, at: str | None, key: str, sign: str) -> Markup:
    label = t(f"meeting.way_{key}", context.language)
    if at is None:
        return Markup('<span class="meeting-way" aria-hidden="true">{}</span>').format(sign)
    return Markup('<a class="meeting-way" data-turn="{}" href="{}" aria-label="{}" title="{}">{}</a>').format(
        key, context.href("meeting", at=at, edit=None), label, label, sign
    )


def region(screen: MeetingScreen, page: RegionPage, context: Context, source: str) -> Markup:
    """Return one region: how it stands, why, what was promised, what to ask; ``source`` says from whom it comes."""
    language, standing = context.language, page.standing
    return Markup(
        '<article class="meeting-region"><div class="meeting-line"><h2>{name}</h2>{chip}'
        '<span class="meeting-index">{index}</span></div><div class="meeting-strip">{strip}</div>{months}'
        '<div class="meeting-panels">{panels}</div><p class="meeting-stamp">{stamp}</p></article>'
    ).format(
        name=standing.name,
        chip=grade_chip(standing.grade, language),
        index=_index(page, language),
        months=_months(page),
        strip=grade_strip(standing.strip, standing.months, language),
        panels=Markup("").join(
            (
                _panel(
                    t("briefing.region.losses", language),
                    _losses(page, language),
                    _definition(context.href("ranking", of=standing.region_code), language),
                ),
                _panel(_promised_title(page, language), _promised(page, context)),
                _panel(
                    t("meeting.outcome", language),
                    _outcome(page, screen.briefing.unknown_overdue, language),
                    _definition(context.href("definitions", indicator=page.outcome.id), language),
                ),
                _panel(t("briefing.region.questions", language), _questions(page, language)),
            )
        ),
        stamp=t(
            "meeting.stamp",
            language,
            stamp=screen.briefing.stamp,
            source=t("card.source", language, source=source),
        ),
    )


def _index(page: RegionPage, language: str) -> Markup:
    standing = page.standing
    if page.empty_reason:
        return Markup("<em>{}</em>").format(page.empty_reason)
    return Markup("{} <b>{}</b> <small>[{}]</small> {} <small>{}</small>").format(
        t("ranking.index", language),
        standing.index_text,
        standing.interval_text,
        t("meeting.rank", language, rank=standing.rank_text),
        t("meeting.change", language, change=standing.change_text),
    )


def _months(page: RegionPage) -> Markup:
    months = page.standing.months
    if not months:
        return Markup("")
    return Markup('<div class="meeting-months"><span>{}</span><span>{}</span></div>').format(months[0], months[-1])


def _panel(title: str, body: Markup, more: Markup | None = None) -> Markup:
    return Markup('<section class="meeting-panel"><h3>{}{}</h3>{}</section>').format(title, more or Markup(""), body)


def _definition(href: str, language: str) -> Markup:
    """Return the way to what a panel's numbers mean."""
    return Markup(' <a class="meeting-definition" href="{}">ⓘ {}</a>').format(href, t("card.definition", language))


def _losses(page: RegionPage, language: str) -> Markup:
    if not page.standing.losses:
        return Markup("<p>{}</p>").format(t("briefing.region.no_losses", language))
    return _items(
        Markup("<b>{}</b> <strong>{}</strong><small>{}</small>").format(
            each.name,
            each.lost_text,
            t("meeting.loss_owner", language, figure=each.figure, unit=each.unit, deadline=each.deadline),
        )
        for each in page.standing.losses
    )


def _promised_title(page: RegionPage, language: str) -> str:
    states = [each.state for each in page.decisions]
    if not states:
        return t("briefing.region.no_decisions", language)
    done, late = states.count("done"), states.count("overdue")
    return t(
        "briefing.region.decisions",
        language,
        count=len(states),
        done=done,
        late=late,
        open=len(states) - done - late,
    )


def _promised(page: RegionPage, context: Context) -> Markup:
    language = context.language
    shown = page.decisions[:SHOWN_DECISIONS]
    items = [_decision(each, language) for each in shown]
    rest = len(page.decisions) - len(shown)
    if rest:
        link = Markup('<a href="{}">{}</a>').format(
            context.href("meeting", at=OPENING, edit=None), t("meeting.rest", language, count=rest)
        )
        items.append(link)
    return _items(items)


def _decision(decision: Decision, language: str) -> Markup:
    origin = t("meeting.from", language, period=decision.from_meeting) if decision.from_meeting else ""
    return Markup('<span class="clamped">{}</span><small>{} · {} · {} {}</small>').format(
        decision.task, decision.unit, formatting.day(decision.due_on), progress_text(decision, language), origin
    )


def _outcome(page: RegionPage, unknown_overdue: str, language: str) -> Markup:
    figure = page.outcome
    lines = [
        Markup("{} <b>{}</b> <small>({})</small>").format(
            figure.name,
            figure.value_text,
            t("wall.interval", language, interval=figure.interval_text) if figure.interval_text else formatting.MISSING,
        ),
        Markup("{}").format(figure.sentence or formatting.MISSING),
    ]
    if page.overdue_count:
        lines.append(Markup("<b>{}</b>").format(t("briefing.region.overdue", language, count=page.overdue_count)))
        lines += [
            Markup("<small>{}</small>").format(
                t(
                    "briefing.region.overdue_item",
                    language,
                    item=each.item,
                    owner=each.owner,
                    days=formatting.days(each.days_overdue, language),
                )
            )
            for each in page.overdue[:SHOWN_OVERDUE]
        ]
    else:
        lines.append(Markup("{}").format(unknown_overdue or t("briefing.region.no_overdue", language)))
    return _items(lines)


def _questions(page: RegionPage, language: str) -> Markup:
    if not page.questions:
        return Markup("<p>{}</p>").format(t("briefing.region.no_questions", language))
    return _items(Markup("{}").format(each) for each in page.questions)


def recorded(screen: MeetingScreen, context: Context) -> Markup:
    """Return what this meeting decided here, each with the way to change it while the meeting is open."""
    language = context.language
    here = screen.recorded_here()
    title = t("meeting.recorded", language, count=len(here))
    body = _items(
        Markup('<span class="clamped">{}</span><small>{} · {} · {}{}</small>').format(
            each.task,
            each.region_name,
            each.unit,
            formatting.day(each.due_on),
            Markup("")
            if screen.meeting.is_closed
            else Markup(' · <a href="{}">{}</a>').format(
                context.href("meeting", at=each.region_code, edit=each.decision_id), t("meeting.edit", language)
            ),
        )
        for each in here
    )
    return Markup('<section class="meeting-panel meeting-recorded"><h3>{}</h3>{}</section>').format(title, body)


def decision_columns(decided: ScreenTable) -> list[Column]:
    """Return the columns of a table of decisions; regions and days stay whole, whatever room a long task takes."""
    widths = {"unit": "14em", "progress": "12em"}
    return [
        Column(name=name, title=title, kind="mark" if name in ("place", "due") else "text", width=widths.get(name))
        for name, title in decided.columns.items()
    ]


def _items(lines: Iterable[Markup]) -> Markup:
    return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(line) for line in lines))
