"""Money and people: budget, fund and awards, pay grades. All amounts in yuan."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from data_access.demo.counties.blocks import Block, residents_of
from data_access.demo.counts import POLITICAL_LEGAL, count_rows
from data_access.demo.frames import chosen, numbered, rows_of
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import shares
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import DemoSettings
from data_access.local_rules import AWARD_SCHEMES, fund_rules

FINANCE = "finance_bureau"
BUDGET_UNIT = 5_000
AWARD_UNIT = 10_000


def fund(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    """Yield what the fund holds; its awards are rows of their own."""
    money = settings.money
    open_months = (calendar.months >= np.datetime64(money.fund_since))[:, None]
    held = np.full((len(calendar.months), 1), money.fund)
    yield POLITICAL_LEGAL, "fund_total", held, {"codes": [city.city_code], "keep": open_months}


def build_awards(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> pa.Table:
    """Return the awards, one row each; together they come to what the settings say, and none is above the cap."""
    random = settings.random("fund")
    money = settings.money
    # On average an award is half the cap.
    count = max(1, round(money.fund_awarded / (money.fund_award_cap * 0.5)))
    amount = shares(money.fund_awarded // AWARD_UNIT, random.uniform(0.15, 1.9, count)) * AWARD_UNIT
    if amount.max() > money.fund_award_cap:
        raise ValueError("config/demo.toml: an award came out above money.fund_award_cap; take another seed")
    first = max(calendar.position(money.fund_since), 0)
    # The first is approved within the fund's first month.
    awarded = np.sort(np.append(first + 20, random.integers(first + 21, len(calendar.days), count - 1)))
    applied = np.maximum(awarded - random.integers(6, 40, count), first)
    reasons = list(fund_rules().reasons)
    reason = random.choice(len(reasons), count, p=np.arange(len(reasons), 0, -1) / sum(range(1, len(reasons) + 1)))
    scheme = random.choice(len(AWARD_SCHEMES), count, p=[0.6, 0.4])
    residents = np.bincount(city.grids.parent, city.population[-1], len(city.townships.code))
    place = random.choice(len(residents), count, p=residents / residents.sum())
    years = calendar.year[awarded]
    return rows_of(
        "fund_award",
        {
            "source": POLITICAL_LEGAL,
            "source_id": numbered("J", np.arange(1, count + 1), 4),
            "region_code": chosen(city.townships.code, place),
            "class_code": chosen(reasons, reason),
            "channel": chosen(AWARD_SCHEMES, scheme),
            "amount": amount.astype(float),
            "applied_on": calendar.days[applied],
            "awarded_on": calendar.days[awarded],
            "document_no": [f"示平基〔{year}〕{number}号" for number, year in enumerate(years, start=1)],
        },
    )


def budget(city: DemoCity, settings: DemoSettings) -> Iterator[pa.Table]:
    """Yield planned and spent by county, item and year; what is planned for the year after stands beside it."""
    random = settings.random("budget")
    money = settings.money
    items, counties = list(money.budget_items), len(city.counties.code)
    weight = np.outer(list(money.budget_items.values()), residents_of(city) * np.exp(random.normal(0, 0.08, counties)))
    planned = [
        shares(total // BUDGET_UNIT, weight.ravel()).reshape(weight.shape) * BUDGET_UNIT for total in money.budget
    ]
    # A multiple of the unit grows by the percentage exactly.
    planned.append(np.round(planned[-1] * (1 + money.next_budget_growth)).astype(int))
    years = np.array([f"{year}-01-01" for year in (*settings.years, settings.years[-1] + 1)], "datetime64[D]")
    spent_share = 1 - 0.045 * np.exp(random.normal(0, 0.6, (len(settings.years), len(items), counties)))
    for number, item in enumerate(items):
        plan = np.array([year[number] for year in planned])
        spent = np.floor(plan[:-1] * np.clip(spent_share[:, number], 0.7, 1.0))
        yield count_rows(FINANCE, "budget_planned", city.counties.code, years, plan, grain="year", class_code=item)
        yield count_rows(FINANCE, "budget_spent", city.counties.code, years[:-1], spent, grain="year", class_code=item)
