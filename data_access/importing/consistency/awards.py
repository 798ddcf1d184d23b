"""What awards of the fund must keep to: known words, no award above the cap, a year's awards within the fund."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from data_access import schema
from data_access.importing.problems import Problems
from data_access.local_rules import fund_rules
from data_access.store.engines import read_frame

_CENT = 0.005


def check_award_rows(frame: pd.DataFrame, problems: Problems) -> None:
    """Note awards with unknown reason or scheme, of nothing, or above the cap."""
    rules = fund_rules()
    for column, words in (("class_code", rules.reasons), ("channel", rules.schemes)):
        problems.add(~frame[column].isin(list(words)), "unlisted_award_word", column, frame[column].astype("str"))
    amount = pd.to_numeric(frame["amount"], errors="coerce")
    problems.add((amount <= 0).fillna(False), "award_of_nothing", "amount", _written(amount))
    above = (amount > rules.award_cap + _CENT).fillna(False)
    problems.add(above, "award_above_cap", "amount", _written(amount, f"> {rules.award_cap:,.0f}"))


def awards_over_the_fund(connection: sa.Connection, both: sa.Subquery) -> pd.DataFrame:
    """Return the staged awards that take a year's awards over the fund, as ``source_id, value, reason, column``.

    The fund is what was reported for that year, or the total of config/fund.toml where nothing was. What is held stays;
    staged awards are taken in by their day as long as they fit.

    Parameters
    ----------
    both : Subquery
        ``source_id, awarded_on, amount, is_staged`` of staged awards and of those held that they don't replace.
    """
    awards = read_frame(connection, sa.select(both))
    awards["year"] = pd.to_datetime(awards["awarded_on"]).dt.year
    awards = awards.sort_values(["is_staged", "awarded_on", "source_id"])
    funds = _funds(connection)
    refused = []
    spent: dict[int, float] = {}
    columns = (awards[name].tolist() for name in ("source_id", "year", "amount", "is_staged"))
    for source_id, year, amount, is_staged in zip(*columns, strict=True):
        fund, before = funds.get(year, fund_rules().total), spent.get(year, 0.0)
        if is_staged and before + amount > fund + _CENT:
            refused.append((source_id, f"{before:,.0f} + {amount:,.0f} > {fund:,.0f} ({year})"))
        else:
            spent[year] = before + float(amount)
    frame = pd.DataFrame(refused, columns=["source_id", "value"])
    return frame.assign(reason="awards_over_fund", column="amount")


def _funds(connection: sa.Connection) -> dict[int, float]:
    """Return the fund reported for each year: the last figure of the year, over all regions that report one."""
    count = schema.reported_count
    rows = read_frame(
        connection,
        sa.select(count.c.region_code, count.c.period_start, count.c.value).where(count.c.measure == "fund_total"),
    )
    if rows.empty:
        return {}
    rows["year"] = pd.to_datetime(rows["period_start"]).dt.year
    last = rows.sort_values("period_start").drop_duplicates(["region_code", "year"], keep="last")
    totals = last.groupby("year")["value"].sum()
    return dict(zip(totals.index.astype(int).tolist(), totals.astype(float).tolist(), strict=True))


def _written(amount: pd.Series, more: str = "") -> pd.Series:
    return amount.map(lambda value: f"{value:,.{0 if value == round(value) else 2}f} {more}".rstrip())
