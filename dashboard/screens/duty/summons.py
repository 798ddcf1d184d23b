"""Who must be called in (约谈), and review sheets (核查单): what the rules ask for, how sure it is, and what people did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard import formatting
from dashboard.context import Context
from dashboard.grading.league import League, league_of
from dashboard.grading.settings import index_settings
from dashboard.grading.triggers import RISES, RisingYears, review_sheets, rising_years
from dashboard.i18n import t
from dashboard.memory import kept
from dashboard.screens.children import level_word
from dashboard.screens.duty.decisions import reported_text
from dashboard.screens.duty.span import Span, span_of
from dashboard.screens.tables import ScreenTable
from dashboard.screens.triggers import chance_text, rising_evidence
from data_access.ledger import Item, record_item_id
from data_access.queries import SnapshotReader

SUMMONS, SHEET = "summons", "review_sheet"
OUTCOME = "JQ2"
"""Whose rise over the years asks for a summons."""
COUNTY = 1


@dataclass(frozen=True)
class SummonsPart:
    """What the part draws."""

    verdict: str
    summons: pd.DataFrame
    """``item_id, kind, region_code, name``, a column a year, ``chance, evidence, state, href``."""
    years: tuple[int, ...]
    chance_note: str
    """How likely luck alone hits one of the regions; empty where it is not known or not told."""
    level: str
    """What the data set calls those that the rules speak of, within a sentence."""
    nobody: str
    """What is said where ``summons`` is empty."""
    no_sheets: str
    """What is said where ``sheets`` is empty: nobody is due one, or nobody is graded."""
    sheets: pd.DataFrame
    """``item_id, kind, region_code, name, months_red, month, state, href``."""
    hidden: bool
    """Whether the role may not see the small counts that the list rests on."""
    items: Mapping[str, Item]
    tables: tuple[ScreenTable, ...]

    @property
    def has_items(self) -> bool:
        """Whether anything is listed that may be written about."""
        return bool(self.items) or not (self.summons.empty and self.sheets.empty)


@dataclass(frozen=True)
class _Triggered:
    """Whom the rules name; one snapshot always gives the same."""

    rising: RisingYears | None
    red: Mapping[str, float]
    """Counties due a review sheet, with their red months."""
    graded: bool
    """Whether the index grades any of them, so that they might be red."""


@kept
def _triggered(reader: SnapshotReader, context: Context) -> _Triggered:
    span = span_of(reader, context)
    codes = _counties(span)
    rising = rising_years(reader, span.scope, codes, _year(span)) if codes else None
    league = league_of(reader, span.scope, codes, pd.Period(span.as_of, freq="M")) if codes else None
    return _Triggered(rising, _red(league), league is not None and league.grades_any)


def _year(span: Span) -> int:
    """Return the last whole year."""
    return span.as_of.year if (span.as_of.month, span.as_of.day) == (12, 31) else span.as_of.year - 1


def summons_part(span: Span) -> SummonsPart:
    """Prepare both lists for the counties of the open region."""
    codes = _counties(span)
    year = _year(span)
    years = tuple(range(year - RISES, year + 1))
    month = pd.Period(span.as_of, freq="M")
    triggered = _triggered(span.reader, span.plain)
    rising, red = triggered.rising, triggered.red
    hidden = rising is not None and rising.hidden
    judged = rising is None or len(rising.unknown) < len(codes)
    risen = rising.rows if rising and not hidden else pd.DataFrame()
    evidences = rising_evidence(rising, span.language) if rising and not hidden else []
    rates = rising.basis["rate"].to_dict() if rising and not hidden else {}
    keys = [record_item_id(SUMMONS, code, str(year)) for code in risen.index]
    keys += [record_item_id(SHEET, code, str(month)) for code in red]
    items = span.ledger.named_items(span.scope, keys)
    older = _still_open(span, items)
    items = {**items, **older}
    summons = [
        _summons_row(span, code, risen.loc[code], rates, years, evidence, items)
        for code, evidence in zip(risen.index, evidences, strict=True)
    ]
    sheets = [_sheet_row(span, code, str(month), formatting.number(count), items) for code, count in red.items()]
    listed = {row["item_id"] for row in (*summons, *sheets)}
    summons += [
        _older_row(span, item, years) for key, item in older.items() if item.kind == SUMMONS and key not in listed
    ]
    sheets += [
        _sheet_row(span, item.region_code, item.item_id.rsplit(".", 1)[-1], formatting.MISSING, {key: item})
        for key, item in older.items()
        if item.kind == SHEET and key not in listed
    ]
    frames = (
        pd.DataFrame(summons, columns=[*_BASE, *(str(each) for each in years), "rule", "evidence"]),
        pd.DataFrame(sheets, columns=[*_BASE, "months_red", "month"]),
    )
    return SummonsPart(
        verdict=t("duty.summons_hidden", span.language)
        if hidden
        else _verdict(span, codes, [span.name(code) for code in risen.index], len(red), items)
        if judged or triggered.graded or items
        else t("ranking.none_judged", span.language),
        hidden=hidden,
        summons=frames[0],
        years=years,
        chance_note=_chance_note(span, rising) if rising and not hidden else "",
        level=level_word(span.reader.snapshot(), COUNTY, span.language),
        nobody=_nobody(span, "nobody_called") if judged else t("ranking.none_judged", span.language),
        no_sheets=_nobody(span, "no_sheets") if triggered.graded else t("ranking.not_graded", span.language),
        sheets=frames[1],
        items=items,
        tables=(
            _table(span, "summons", frames[0], ("name", *(str(each) for each in years), "rule", "evidence", "state")),
            _table(span, "sheets", frames[1], ("name", "month", "months_red", "state")),
        ),
    )


_BASE = ("item_id", "kind", "region_code", "name", "state", "href")


def _counties(span: Span) -> list[str]:
    """Return the counties that the rules speak of: those below the open region, or itself."""
    if span.depth == COUNTY:
        return [span.region]
    return span.children() if span.depth < COUNTY else []


def _red(league: League | None) -> dict[str, float]:
    """Return the counties red for so many official months that a review sheet is due, with the number of months."""
    if league is None:
        return {}
    months_red = league.rows["months_red"].to_dict()
    return {code: float(months_red[code]) for code in review_sheets(league, index_settings())}


def _still_open(span: Span, known: Mapping[str, Item]) -> dict[str, Item]:
    """Return what people began and have not ended, whether or not the rule still fires."""
    begun = [
        *span.ledger.items(span.scope, SUMMONS, region_code=span.region, states=("sent", "correcting")),
        *span.ledger.items(span.scope, SHEET, region_code=span.region, states=("issued", "answered", "reviewed")),
    ]
    return {item.item_id: item for item in begun if item.item_id not in known}


def _row(span: Span, kind: str, code: str, item_id: str, item: Item | None) -> dict[str, object]:
    state = reported_text(span, item) if item else t("duty.triggered", span.language)
    return {
        "item_id": item_id,
        "kind": kind,
        "region_code": code,
        "name": span.name(code),
        "state": state,
        "href": span.link("summons", item_id),
    }


def _summons_row(
    span: Span,
    code: str,
    row: pd.Series,
    rates: Mapping[Any, float],
    years: tuple[int, ...],
    evidence: str,
    items: Mapping[str, Item],
) -> dict[str, object]:
    key = record_item_id(SUMMONS, code, str(years[-1]))
    return {
        **_row(span, SUMMONS, code, key, items.get(key)),
        **{str(each): _case_text(span, row[each], rates[code, each]) for each in years},
        "rule": t("ranking.rule_rising", span.language, count=RISES),
        "evidence": evidence,
    }


def _case_text(span: Span, cases: float, rate: float) -> str:
    """Return cases with the rate that the rule goes by: equal counts may be a rise where people left."""
    return t("duty.cases", span.language, cases=formatting.number(cases), rate=formatting.rate(rate))


def _older_row(span: Span, item: Item, years: tuple[int, ...]) -> dict[str, object]:
    blank = dict.fromkeys((str(each) for each in years), formatting.MISSING)
    return {
        **_row(span, SUMMONS, item.region_code, item.item_id, item),
        **blank,
        "rule": t("duty.earlier", span.language, year=item.item_id.rsplit(".", 1)[-1]),
        "evidence": formatting.MISSING,
    }


def _sheet_row(span: Span, code: str, month: str, months_red: str, items: Mapping[str, Item]) -> dict[str, object]:
    key = record_item_id(SHEET, code, month)
    return {**_row(span, SHEET, code, key, items.get(key)), "months_red": months_red, "month": month}


def _chance_note(span: Span, rising: RisingYears) -> str:
    key, said = "duty.rising_note_own" if span.depth == COUNTY else "ranking.rising_note", []
    if rising.somewhere > 0:
        said.append(t(key, span.language, chance=chance_text(rising.somewhere)))
    if rising.unknown:
        said.append(t("ranking.not_judged", span.language, count=formatting.number(len(rising.unknown))))
    return t("duty.joint", span.language).join(said)


def _nobody(span: Span, key: str) -> str:
    """Return that the rule names none of the counties listed, or not the one that is open."""
    if span.depth == COUNTY:
        return t(f"duty.{key}_own", span.language, name=span.name(span.region))
    return t(f"duty.{key}", span.language, level=level_word(span.reader.snapshot(), COUNTY, span.language))


def _verdict(span: Span, codes: list[str], risen: list[str], sheets: int, items: Mapping[str, Item]) -> str:
    language = span.language
    level = level_word(span.reader.snapshot(), COUNTY, language)
    if not codes:
        return t("duty.counties_only", language, level=level)
    kept = sum(item.state in ("reviewed", "closed", "waived") for item in items.values())
    if span.depth == COUNTY:
        rising, sheet = (t(f"duty.own_{bool(found)}".lower(), language) for found in (risen, sheets))
        name = span.name(span.region)
        return t("duty.verdict_own_summons", language, name=name, rising=rising, sheet=sheet, kept=kept)
    listed = t("duty.named", language, names=t("ranking.and", language).join(risen)) if risen else ""
    return t("duty.verdict_summons", language, level=level, rising=len(risen), named=listed, sheets=sheets, kept=kept)


def _table(span: Span, key: str, frame: pd.DataFrame, names: tuple[str, ...]) -> ScreenTable:
    titles = {name: name if name.isdigit() else t(f"duty_column.{name}", span.language) for name in names}
    return ScreenTable(key, t(f"duty.{key}", span.language), frame[list(names)], titles)
