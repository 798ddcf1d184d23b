"""The parts of the resources page: budget, what townships lack, pay grades, awards. Numbers beside what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.context import Context, region_name
from dashboard.i18n import t
from dashboard.indicators.evaluate import values_of
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.screens.children import Listed, depth_of, names_of
from dashboard.screens.duty.creation import creation_of, stress_sentence, vetoes_of
from dashboard.screens.work.settings import resource_settings
from dashboard.screens.work.shares import written_rows
from data_access.local_rules import fund_rules, pay_scale
from data_access.queries import SnapshotReader

TOWNSHIP = 2
_MEASURES = ("budget_planned", "budget_spent")
MONEY = 10_000
"""Yuan are drawn in units of this many."""


def yuan(value: float, language: str) -> str:
    """Return an amount of yuan with its unit."""
    if pd.isna(value):
        return formatting.MISSING
    return t("resources.yuan", language, amount=formatting.count(value, language))


def budgets(reader: SnapshotReader, context: Context, codes: Sequence[str], by: str | None = None) -> pd.DataFrame:
    """Return what was planned and spent in the period's year, and what is planned for the next.

    Returns
    -------
    DataFrame
        Indexed by region code, or by ``class_code`` where ``by`` says so: ``planned, spent, next_planned, rate, unspent,
        growth`` and texts.
    """
    year, language = context.period.end.year, context.language
    years = [(date(each, 1, 1), date(each, 12, 31)) for each in (year, year + 1)]
    rows = reader.span_values(context.viewer, _MEASURES, list(codes), years, by=(by,) if by else ())
    key = by or "region_code"
    order = sorted(set(rows[key].tolist()))

    def yuan_of(measure: str, place: int) -> np.ndarray:
        of = dict(zip(zip(rows["measure"], rows[key], strict=True), rows[f"value_{place}"], strict=True))
        return np.array([of.get((measure, each), np.nan) for each in order])

    planned, spent = (yuan_of(measure, 0) for measure in _MEASURES)
    next_planned = yuan_of(_MEASURES[0], 1)
    share_of = np.where(planned > 0, planned, np.nan)
    amounts = {"planned": planned, "spent": spent, "unspent": planned - spent, "next_planned": next_planned}
    rate, growth = spent / share_of, next_planned / share_of - 1
    texts = {
        f"{name}_text": [formatting.number(value / MONEY, 1) for value in column] for name, column in amounts.items()
    }
    texts["rate_text"] = [formatting.percent(value) for value in rate]
    texts["growth_text"] = [formatting.signed_percent(value) for value in growth]
    if by:
        texts["item"] = [resource_settings().item_name(code, language) for code in order]
    return pd.DataFrame({**amounts, "rate": rate, "growth": growth, **texts}, index=pd.Index(order, name=key))


@dataclass(frozen=True)
class Proposals:
    """The fund against the awards proposed to townships that met the matrix years in a row."""

    balance: pd.DataFrame
    """``entry, amount, remark``: the fund now, what the awards cost, what would be left, one award against the cap."""
    townships: pd.DataFrame
    stress: str
    """How many would be without a case by chance, and what that would cost."""


def lacking(reader: SnapshotReader, context: Context, regions: pd.DataFrame, inside: str) -> pd.DataFrame:
    """Return the townships within a region that lack a station due or one of the two rules, with what they lack.

    Returns
    -------
    DataFrame
        Indexed by township: ``name, county, lacks, count, href``, most lacking first.
    """
    settings, language = resource_settings(), context.language
    towns = _townships(regions, inside)
    if not towns:
        return pd.DataFrame(columns=["name", "county", "lacks", "count", "href"])
    words = {standard.indicator: standard.label(language) for standard in settings.standards}
    found = values_of(reader, context.viewer, list(words), towns, context.period)
    lacks: dict[str, list[str]] = {code: [] for code in towns}
    for name, word in words.items():
        for code, row in zip(towns, written_rows(found[name], towns), strict=True):
            if row["status"] in WITH_VALUE and row["numerator"] < row["denominator"]:
                lacks[code].append(word)
    listed = sorted((code for code in towns if lacks[code]), key=lambda code: -len(lacks[code]))
    parents = regions["parent_code"].array.take(regions.index.get_indexer(pd.Index(listed)))
    return pd.DataFrame(
        {
            "name": names_of(regions, tuple(listed), language).tolist(),
            "county": names_of(regions, tuple(parents.tolist()), language).tolist(),
            "lacks": [t("services.joint", language).join(lacks[code]) for code in listed],
            "count": [len(lacks[code]) for code in listed],
            "href": [context.href("resources", region=code) for code in listed],
        },
        index=listed,
    )


def _townships(regions: pd.DataFrame, inside: str) -> list[str]:
    """Return the townships in scope that lie in a region, or the one a grid lies in."""
    towns = regions[(regions["depth"] == TOWNSHIP) & regions["in_scope"]]
    depth = depth_of(regions, inside)
    if depth == 0:
        return towns.index.tolist()
    if depth < TOWNSHIP:
        return towns.index[(towns["parent_code"] == inside).to_numpy()].tolist()
    own = inside if depth == TOWNSHIP else str(regions.at[inside, "parent_code"])
    return [own] if own in towns.index else []


def grades(reader: SnapshotReader, context: Context, code: str, as_of: date) -> pd.DataFrame:
    """Return grid workers on each of the grades at the end of the period; no rows where none were counted.

    Returns
    -------
    DataFrame
        In the order of the scale: ``grade, post, step, pay, workers, share`` and texts.
    """
    language = context.language
    found = reader.span_values(context.viewer, ["grid_workers_graded"], [code], [(None, as_of)], by=("class_code",))
    counted = dict(sorted(zip(found["class_code"].tolist(), found["value_0"].tolist(), strict=True)))
    if not sum(counted.values()):
        return pd.DataFrame(columns=["grade", "post", "step", "pay", "workers", "share"])
    rows = [
        {
            "grade": key,
            "post": post.label(language),
            "step": t("resources.step", language, number=number),
            "label": t("resources.grade", language, number=place),
            "pay": post.pay[number - 1],
            "workers": counted.get(key, 0.0),
        }
        for place, (key, post, number) in enumerate(pay_scale().grades(), start=1)
    ]
    known = {row["grade"] for row in rows}
    rows += [
        {
            "grade": key,
            "post": t("resources.off_scale", language),
            "step": key,
            "label": key,
            "pay": np.nan,
            "workers": value,
        }
        for key, value in counted.items()
        if key not in known
    ]
    frame = pd.DataFrame(rows)
    frame["share"] = frame["workers"] / frame["workers"].sum()
    return frame.assign(
        pay_text=[formatting.number(value) for value in frame["pay"]],
        workers_text=[formatting.number(value) for value in frame["workers"]],
        share_text=[formatting.percent(value) for value in frame["share"]],
    )


def awarded_by(
    reader: SnapshotReader, context: Context, listed: Listed, regions: pd.DataFrame, start: date, end: date
) -> pd.DataFrame:
    """Return awards of the year to date by region and reason.

    Returns
    -------
    DataFrame
        Indexed by region code: ``name, href``, an amount for each reason of config/fund.toml, ``amount, awards`` and
        texts (``<name>_text``), the region that got most first.
    """
    language, known = context.language, fund_rules().reasons
    codes = {code: place for place, code in enumerate(listed.codes)}
    rows = reader.span_values(
        context.viewer, ["fund_awarded", "fund_awards"], list(codes), [(start, end)], by=("class_code",)
    )
    is_money = rows["measure"] == "fund_awarded"
    reasons = [*known, *sorted(set(rows["class_code"][is_money]).difference(known))]
    place = np.array([codes[code] for code in rows["region_code"]], int)
    reason = [reasons.index(code) for code in rows["class_code"][is_money]]
    money, awards = np.zeros((len(codes), len(reasons))), np.zeros(len(codes))
    np.add.at(money, (place[is_money], reason), rows["value_0"][is_money])
    np.add.at(awards, place[~is_money], rows["value_0"][~is_money])
    amounts = {**dict(zip(reasons, money.T, strict=True)), "amount": money.sum(axis=1)}
    texts = {
        f"{name}_text": [formatting.number(value / MONEY, 1) if value else "" for value in column]
        for name, column in amounts.items()
    }
    return pd.DataFrame(
        {
            **amounts,
            "awards": awards,
            **texts,
            "awards_text": [formatting.number(value) for value in awards],
            "name": names_of(regions, listed.codes, language).tolist(),
            "href": [context.href("resources", region=code) for code in codes],
            "region_code": list(codes),
        },
        index=list(codes),
    ).sort_values("amount", ascending=False, kind="stable")


def reason_name(key: str, language: str) -> str:
    """Return what screens write for a reason of an award; the key itself when config/fund.toml doesn't have it."""
    reasons = fund_rules().reasons
    return reasons[key].label(language) if key in reasons else key


def award_list(reader: SnapshotReader, context: Context, regions: pd.DataFrame, start: date, end: date) -> pd.DataFrame:
    """Return the newest awards with place, reason, scheme, amount and days to approval; for roles that open records."""
    names = ["number", "region", "reason", "scheme", "amount", "applied_on", "awarded_on", "days", "document"]
    if not context.viewer.permissions.records:
        return pd.DataFrame(columns=names)
    language, schemes = context.language, fund_rules().schemes
    rows = reader.awards(context.viewer, context.region, start, end, limit=resource_settings().award_rows)
    names_by_code = {
        code: region_name(regions, code, language) for code in rows["region_code"].unique() if code in regions.index
    }
    awarded, applied = pd.to_datetime(rows["awarded_on"]), pd.to_datetime(rows["applied_on"])
    days = (awarded - applied).dt.days
    return pd.DataFrame(
        {
            "number": rows["source_id"],
            "region": [names_by_code.get(code, code) for code in rows["region_code"]],
            "reason": [reason_name(key, language) for key in rows["class_code"]],
            "scheme": [schemes[key].label(language) if key in schemes else key for key in rows["channel"]],
            "amount": rows["amount"],
            "applied_on": applied.dt.strftime("%Y-%m-%d"),
            "awarded_on": awarded.dt.strftime("%Y-%m-%d"),
            "days": days,
            "document": rows["document_no"],
            "amount_text": [formatting.number(value / MONEY, 1) for value in rows["amount"]],
            "days_text": [formatting.number(value) for value in days],
        }
    )


def after_proposals(
    reader: SnapshotReader, context: Context, regions: pd.DataFrame, as_of: date, left: float
) -> Proposals | None:
    """Return what the fund would hold after every proposed award; None where there are no townships.

    Parameters
    ----------
    left : float
        What the fund holds now, yuan; NaN where it is not known for the region.
    """
    language = context.language
    vetoes = vetoes_of(reader, context, as_of.year)
    creation = creation_of(reader, context, regions, pd.Period(as_of, freq="M"), vetoes)
    if creation.matrix is None:
        return None
    stress, award = creation.matrix.stress, creation.matrix.settings.award_yuan
    cost = np.nan if creation.matrix.hidden else stress.cost
    after, cap = left - cost, fund_rules().award_cap
    remarks = (
        "" if left == left else t("resources.fund_of_whole", language),
        t("resources.proposed", language, count=stress.listed) if cost == cost else t("figure.hidden", language),
        "" if after != after else t(f"resources.{'enough' if after >= 0 else 'not_enough'}", language),
        t("resources.above_cap" if award > cap else "resources.kept", language, cap=yuan(cap, language)),
    )
    rows = pd.DataFrame(
        {
            "entry": [t(f"resources.{key}", language) for key in ("fund_left", "cost", "left_after", "one_award")],
            "amount": [left, cost, after, award],
            "remark": remarks,
        }
    )
    rows["amount_text"] = [yuan(value, language) for value in rows["amount"]]
    return Proposals(rows, creation.awards, stress_sentence(creation.matrix, language))


def fund_checks(largest: float, spent: float, total: float, language: str) -> pd.DataFrame:
    """Return the two rules of the fund with what was found: the cap on one award, and the fund as a whole.

    Returns
    -------
    DataFrame
        ``rule, limit, found, kept, verdict`` and texts; a rule that can't be checked has no verdict.
    """
    rules = fund_rules()
    rows = [
        (t("resources.rule_cap", language), rules.award_cap, largest),
        (t("resources.rule_total", language), total, spent),
    ]
    frame = pd.DataFrame(rows, columns=["rule", "limit", "found"])
    known = frame["limit"].notna() & frame["found"].notna()
    frame["kept"] = [
        bool(found <= limit) if sure else None
        for found, limit, sure in zip(frame["found"], frame["limit"], known, strict=True)
    ]
    words = {True: "resources.kept", False: "resources.broken", None: "resources.not_checked"}
    frame["verdict"] = [t(words[kept], language) for kept in frame["kept"]]
    frame["limit_text"] = [yuan(value, language) for value in frame["limit"]]
    frame["found_text"] = [yuan(value, language) for value in frame["found"]]
    return frame
