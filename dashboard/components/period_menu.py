"""The period menu: every year, half, quarter and month that has data, as one table of links."""

from __future__ import annotations

from datetime import date

from markupsafe import Markup

from dashboard.components.html import filled, joined
from dashboard.context import ANY_REGION, Context
from dashboard.i18n import t
from dashboard.memory import kept_always
from dashboard.navigation import PageEntry
from dashboard.periods import GRAINS, MONTHS_IN, Period, periods_between


def period_menu(context: Context, page: PageEntry, first: date, last: date) -> Markup:
    """Return the period with a step back, a step forward, and a table of all periods to choose from.

    Parameters
    ----------
    context : Context
    page : PageEntry
        The page the links stay on.
    first, last : date
        Days the data begin and end with.
    """
    return context.with_links_here(_menu(context.at(ANY_REGION), page, first, last))


@kept_always
def _menu(context: Context, page: PageEntry, first: date, last: date) -> Markup:
    language = context.language
    offered = {period for grain in GRAINS for period in periods_between(first, last, grain)}
    years = sorted({period.year for period in offered}, reverse=True)
    rows = joined(_year_row(context, page, year, offered, last) for year in years)
    head = joined(
        filled('<th scope="col" colspan="{}">{}</th>', span, t(f"period.menu_{grain}", language))
        for grain, span in ((grain, 12 // MONTHS_IN[grain]) for grain in GRAINS)
    )
    partial = "" if context.period.is_complete(last) else t("period.partial", language)
    return filled(
        '<div class="period">{back}<details class="menu period-menu"><summary aria-label="{choose}">{label}'
        "{partial}</summary>"
        '<div class="panel"><table><caption>{choose}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
        "</table><p>{hint}</p></div></details>{forward}</div>",
        back=_step(context, page, context.period.previous(), offered, "‹", "period.back"),
        choose=t("period.choose", language),
        label=context.period.label(language),
        partial=filled("<small>{}</small>", partial) if partial else "",
        head=head,
        rows=rows,
        hint=t("period.menu_hint", language, first=first.isoformat(), last=last.isoformat()),
        forward=_step(context, page, context.period.next(), offered, "›", "period.forward"),
    )


def _year_row(context: Context, page: PageEntry, year: int, offered: set[Period], last: date) -> Markup:
    cells = [Period(year, "year")]
    for grain in GRAINS[1:]:
        cells += [Period(year, grain, number) for number in range(1, 12 // MONTHS_IN[grain] + 1)]
    return filled("<tr>{}</tr>", joined(_cell(context, page, period, offered, last) for period in cells))


def _cell(context: Context, page: PageEntry, period: Period, offered: set[Period], last: date) -> Markup:
    language = context.language
    short = _short_label(period, language)
    if period not in offered:
        return filled('<td class="{}"></td>', period.grain)
    partial = "" if period.is_complete(last) else t("period.partial", language)
    return filled(
        '<td class="{}"><a href="{}" aria-label="{}{}"{}{}>{}</a></td>',
        period.grain,
        context.href(page.url_path, period=period),
        period.label(language),
        partial,
        Markup(' class="partial"') if partial else "",
        Markup(' aria-current="true"') if period == context.period else "",
        short,
    )


def _short_label(period: Period, language: str) -> str:
    match period.grain:
        case "year":
            return str(period.year)
        case "half":
            return t(f"period.half_names.h{period.number}", language)
        case "quarter":
            return t("period.short_quarter", language, number=period.number)
    return t(f"period.month_names.m{period.number:02d}", language)


def _step(context: Context, page: PageEntry, period: Period, offered: set[Period], sign: str, key: str) -> Markup:
    label = t(key, context.language)
    if period not in offered:
        return filled('<span class="step" aria-hidden="true">{}</span>', sign)
    return filled(
        '<a class="step" href="{}" aria-label="{}" title="{}">{}</a>',
        context.href(page.url_path, period=period),
        label,
        period.label(context.language),
        sign,
    )
