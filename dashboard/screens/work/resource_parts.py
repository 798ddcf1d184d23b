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


def budgets(reader: SnapshotReader, context: Context, codes: Sequence[str], by: Sequence[str] = ()) -> pd.DataFrame:
    """Return what was planned and spent in the period's year, and what is planned for the next.

    Returns
    -------
    DataFrame
        Indexed by region code (and ``class_code``): ``planned, spent, rate, unspent, next_planned, growth`` and texts.
    """
    year = context.period.end.year
    keys = ["region_code", *by]
    rows = reader.measure_values(
        context.viewer,
        list(_MEASURES),
        list(codes),
        date(year, 1, 1),
        date(year + 1, 12, 31),
        grain="year",
        by=tuple(by),
    )
    is_now = rows["period_start"].to_numpy("datetime64[D]") < np.datetime64(date(year + 1, 1, 1))
    names = [
        name.partition("_")[2] if now else f"next_{name.partition('_')[2]}"
        for name, now in zip(rows["measure"], is_now, strict=True)
    ]
    columns = ["planned", "spent", "next_planned"]
    frame = rows.assign(of=names).groupby([*keys, "of"])["value"].sum().unstack("of").reindex(columns=columns)
    frame["rate"] = frame["spent"] / frame["planned"].where(frame["planned"] > 0)
    frame["unspent"] = frame["planned"] - frame["spent"]
    frame["growth"] = frame["next_planned"] / frame["planned"].where(frame["planned"] > 0) - 1
    language = context.language
    texts = {
        f"{name}_text": [formatting.number(value / MONEY, 1) for value in frame[name].tolist()]
        for name in ("planned", "spent", "unspent", "next_planned")
    }
    texts["rate_text"] = [formatting.percent(value) for value in frame["rate"].tolist()]
    texts["growth_text"] = [formatting.signed_percent(value) for value in frame["growth"].tolist()]
    if by:
        texts["item"] = [resource_settings().item_name(code, language) for code in frame.index.get_level_values(by[0])]
    return pd.concat([frame, pd.DataFrame(texts, index=frame.index)], axis=1)


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
    names = [standard.indicator for standard in settings.standards]
    found = values_of(reader, context.viewer, names, towns, context.period)
    short = {
        name: found[name]["status"].isin(WITH_VALUE) & (found[name]["numerator"] < found[name]["denominator"])
        for name in names
    }
    words = {standard.indicator: standard.label(language) for standard in settings.standards}
    frame = pd.DataFrame(short).reindex(towns)
    parents = regions["parent_code"].reindex(towns)
    listed = pd.DataFrame(
        {
            "name": names_of(regions, tuple(towns), language),
            "county": names_of(regions, tuple(parents), language).to_numpy(),
            "lacks": [
                t("services.joint", language).join(words[name] for name in names if row[name])
                for row in frame.to_dict("records")
            ],
            "count": frame.sum(axis=1).astype(int),
            "href": [context.href("resources", region=code) for code in towns],
        },
        index=towns,
    )
    return listed[listed["count"] > 0].sort_values("count", ascending=False, kind="stable")


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
    counted = reader.measure_values(
        context.viewer, ["grid_workers_graded"], [code], None, as_of, by=("class_code",)
    ).set_index("class_code")["value"]
    if counted.empty or counted.sum() == 0:
        return pd.DataFrame(columns=["grade", "post", "step", "pay", "workers", "share"])
    rows = [
        {
            "grade": key,
            "post": post.label(language),
            "step": t("resources.step", language, number=number),
            "label": t("resources.grade", language, number=place),
            "pay": post.pay[number - 1],
            "workers": float(counted.get(key, 0.0)),
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
    language = context.language
    codes = list(listed.codes)
    rows = reader.measure_values(context.viewer, ["fund_awarded", "fund_awards"], codes, start, end, by=("class_code",))
    money = rows[rows["measure"] == "fund_awarded"].pivot_table(
        index="region_code", columns="class_code", values="value", aggfunc="sum"
    )
    reasons = [*fund_rules().reasons, *(code for code in money.columns if code not in fund_rules().reasons)]
    frame = money.reindex(index=codes, columns=reasons).fillna(0.0)
    number = rows[rows["measure"] == "fund_awards"].groupby("region_code")["value"].sum()
    frame["amount"] = frame.sum(axis=1)
    frame["awards"] = number.reindex(codes).fillna(0.0)
    for name in (*reasons, "amount"):
        frame[f"{name}_text"] = [formatting.number(value / MONEY, 1) if value else "" for value in frame[name]]
    frame["awards_text"] = [formatting.number(value) for value in frame["awards"]]
    frame["name"] = names_of(regions, listed.codes, language)
    frame["href"] = [context.href("resources", region=code) for code in codes]
    frame["region_code"] = frame.index
    return frame.sort_values("amount", ascending=False, kind="stable")


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
