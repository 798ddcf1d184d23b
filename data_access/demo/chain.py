"""The chain of responsibility: case packages, meetings, and what was decided at them. Posts, never persons."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_access.demo.frames import chosen, joined, numbered, rows_of
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import success
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import DemoSettings

PACKAGE_SOURCE = "package_ledger"
MEETING_SOURCE = "party_office"
_OTHER_PACKAGES_A_YEAR = 290
_CITY_LEVEL_SHARE = 0.14
_LONGEST_STUCK_DAYS = 300
# What is decided, and which office owes it.
_TASKS = (
    (
        "排查{quarter}婚恋家庭纠纷并建立回访台账",
        "Check {quarter} love and family disputes and set up a return-visit ledger",
        "民政局",
    ),
    (
        "对超期未化解纠纷逐件明确责任单位和时限",
        "Name a unit and a deadline for each overdue dispute",
        "政法委",
    ),
    (
        "补齐专职调解员和辅助人员",
        "Fill the posts of full-time and assistant mediators",
        "司法局",
    ),
    (
        "完成综治中心规范化建设整改",
        "Finish the rectification of the public-security centres",
        "政法委",
    ),
    (
        "对红色风险纠纷包案情况开展复核",
        "Review the case packages of red disputes",
        "政法委",
    ),
    (
        "开展邻里纠纷集中化解行动",
        "Run a drive to settle neighbour disputes",
        "司法局",
    ),
    (
        "核查监护责任落实并完成以奖代补兑付",
        "Check guardianship and pay the subsidies",
        "卫健委",
    ),
    (
        "补设四点半课堂和心灵驿站",
        "Open the missing after-school classrooms and counselling stations",
        "团委",
    ),
    (
        "修复离线视频并完成重点区域复查",
        "Repair offline feeds and re-check key areas",
        "公安局",
    ),
    (
        "开展欠薪纠纷联合排查",
        "Check wage-arrears disputes together",
        "人社局",
    ),
    (
        "提高夜间重点区域出警到达率",
        "Raise the night-time arrival rate in key areas",
        "公安局",
    ),
    (
        "抽查调解档案真实性并通报结果",
        "Spot-check mediation files and report the result",
        "司法局",
    ),
    (
        "逐件答复超期信访事项",
        "Answer overdue petitions one by one",
        "信访局",
    ),
    (
        "排查校园周边风险并完善护学岗",
        "Check risks around schools and staff the school-crossing posts",
        "教育局",
    ),
)
_UNITS_EN = {
    "民政局": "Civil Affairs Bureau",
    "政法委": "Political and Legal Committee",
    "司法局": "Justice Bureau",
    "卫健委": "Health Commission",
    "团委": "Youth League",
    "公安局": "Public Security Bureau",
    "人社局": "Human Resources Bureau",
    "信访局": "Petition Bureau",
    "教育局": "Education Bureau",
}
_NEXT_QUARTERS = ("二季度", "三季度", "四季度", "一季度")
_NEXT_QUARTERS_EN = ("second-quarter", "third-quarter", "fourth-quarter", "first-quarter")


def build_packages(city: DemoCity, settings: DemoSettings, calendar: Calendar, disputes: pa.Table) -> pa.Table:
    """Return the case packages: one for each red dispute that a leader took, and those for places at risk."""
    random = settings.random("packages")
    through = calendar.days[-1]
    taken = disputes.filter(pc.is_valid(disputes["packaged_at"]))
    position = {code: number for number, code in enumerate(city.grids.code)}
    grid = np.array([position[code] for code in taken["region_code"].to_pylist()])
    found = _days(taken["red_at"])
    handled = _days(taken["red_handled_at"])
    due = _days(taken["due_at"])
    # Places at risk without one dispute behind them: a village, a site, a long feud.
    count = _OTHER_PACKAGES_A_YEAR * len(settings.years)
    people = city.population[-1]
    other_grid = random.choice(len(people), count, p=people / people.sum())
    other_found = random.choice(calendar.days, count)
    quality = city.county_quality[city.county_of_grid[other_grid]]
    taken_days = np.ceil(random.lognormal(np.log(17) - 0.15 * quality, 0.55)).astype(int)
    grid = np.concatenate([grid, other_grid])
    found = np.concatenate([found, other_found])
    due = np.concatenate([due, other_found + 30])
    handled = np.concatenate([handled, other_found + taken_days])
    ids = pa.concat_arrays([taken["source_id"].combine_chunks(), pa.nulls(count, pa.string())])

    total = len(grid)
    county = city.county_of_grid[grid]
    returns = np.minimum(random.poisson(0.11 * np.exp(-0.4 * city.county_quality[county])), 3)
    review = 1 + random.poisson(3, total) + 6 * returns
    closed = handled + review
    # A handful of this year's doesn't get through review and is what the board's red marks are about.
    stuck = random.random(total) < 0.045 * np.exp(-0.4 * city.county_quality[county])
    stuck &= found > through - _LONGEST_STUCK_DAYS
    closed[stuck] = np.datetime64("NaT")
    handled[~(handled <= through)] = np.datetime64("NaT")
    closed[~(closed <= through)] = np.datetime64("NaT")

    by_city = random.random(total) < _CITY_LEVEL_SHARE
    order = np.argsort(found, kind="stable")
    post, post_en = _posts(city, settings, county[order], by_city[order])
    return rows_of(
        "case_package",
        {
            "source": PACKAGE_SOURCE,
            "source_id": numbered("P", np.arange(1, total + 1), 6),
            "region_code": chosen(city.grids.code, grid[order]),
            "dispute_source_id": ids.take(pa.array(order)),
            "leader_post": post,
            "leader_post_en": post_en,
            "leader_level": chosen(["county", "city"], by_city[order].astype(int)),
            "found_on": found[order],
            "due_on": due[order],
            "handled_on": handled[order],
            "closed_on": closed[order],
            "review_returns": returns[order],
        },
    )


def _posts(
    city: DemoCity, settings: DemoSettings, county: np.ndarray, by_city: np.ndarray
) -> tuple[pa.Array, pa.Array]:
    """Return the post for each package, in both languages: posts of a place take turns, so that none stands idle."""
    per_county = settings.leaders.county // len(city.counties.code)
    names = [f"市级领导{number:02d}岗" for number in range(1, settings.leaders.city + 1)]
    names += [f"{name}县级领导{number:02d}岗" for name in city.counties.name for number in range(1, per_county + 1)]
    names_en = [f"City leader, post {number:02d}" for number in range(1, settings.leaders.city + 1)]
    names_en += [
        f"{name} leader, post {number:02d}" for name in city.counties.name_en for number in range(1, per_county + 1)
    ]
    turn = np.zeros(len(county), int)
    turn[by_city] = np.arange(by_city.sum()) % settings.leaders.city
    for number in range(len(city.counties.code)):
        own = np.flatnonzero(~by_city & (county == number))
        turn[own] = settings.leaders.city + number * per_county + np.arange(len(own)) % per_county
    return chosen(names, turn), chosen(names_en, turn)


def build_meetings(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> pa.Table:
    """Return every meeting due since the first day: held in time, late, or missed."""
    random = settings.random("meetings")
    counties, townships = city.counties.code, city.townships.code
    codes = [city.city_code, *counties, *townships]
    quality = np.concatenate([[1.0], city.county_quality, city.township_quality])
    month_end = np.append(calendar.months[1:], calendar.days[-1] + 1) - 1
    everywhere, only_city, not_city = np.arange(len(codes)), np.arange(1), np.arange(1, len(codes))
    offices = np.arange(1 + len(counties))
    kinds = (
        ("quarterly_dispatch", month_end[2::3], everywhere, 0.93),
        ("monthly_supervision", month_end, not_city, 0.92),
        ("consultation", month_end, offices, 0.93),
        ("monthly_supervision", month_end, only_city, 0.92),
    )
    parts = []
    for kind, due_days, places, on_time in kinds:
        place, due = np.tile(places, len(due_days)), np.repeat(due_days, len(places))
        punctual = random.random(len(due)) < success(on_time, quality[place], 0.5)
        late = ~punctual & (random.random(len(due)) < 0.62)
        held = due - random.integers(0, 22, len(due))
        held = np.where(late, due + random.integers(1, 20, len(due)), held)
        held[~punctual & ~late] = np.datetime64("NaT")
        held[~(held <= calendar.days[-1])] = np.datetime64("NaT")
        code = chosen(codes, place)
        label = chosen([kind], np.zeros(len(due), int))
        month = pa.array(np.datetime_as_string(due, "M").tolist())
        parts.append(
            {
                "source_id": joined(":", label, code, month),
                "region_code": code,
                "due_on": due,
                "held_on": held,
                "kind": label,
            }
        )
    tables = [rows_of("meeting", {"source": MEETING_SOURCE, **part}) for part in parts]
    return pa.concat_tables(tables).combine_chunks()


def build_decisions(city: DemoCity, settings: DemoSettings, calendar: Calendar, meetings: pa.Table) -> pa.Table:
    """Return what the quarterly dispatches of city and counties decided, who owes it, and whether it was done."""
    random = settings.random("decisions")
    through = calendar.days[-1]
    leading = [city.city_code, *city.counties.code]
    names = dict(zip(leading, [settings.city.name, *city.counties.name], strict=True))
    names_en = dict(zip(leading, [settings.city.name_en, *city.counties.name_en], strict=True))
    quality = dict(zip(leading, [0.6, *city.county_quality], strict=False))
    frame = meetings.select(["source_id", "region_code", "kind", "held_on"]).to_pandas(date_as_object=False)
    frame = frame[
        (frame["kind"] == "quarterly_dispatch") & frame["region_code"].isin(leading) & frame["held_on"].notna()
    ]
    rows = frame.loc[frame.index.repeat(random.integers(3, 7, len(frame)))].reset_index(drop=True)
    count = len(rows)
    decided = rows["held_on"].to_numpy().astype("datetime64[D]")
    due = decided + random.choice([30, 45, 60, 80], count, p=[0.25, 0.2, 0.3, 0.25])
    good = np.array([quality[code] for code in rows["region_code"]])
    in_time = random.random(count) < success(0.9, good, 0.5)
    done = due - random.integers(0, 20, count)
    done = np.where(in_time, done, due + np.ceil(random.gamma(1.5, 22, count)).astype(int))
    done[(random.random(count) < 0.07) & (decided > through - _LONGEST_STUCK_DAYS)] = np.datetime64("NaT")
    done[~(done <= through)] = np.datetime64("NaT")
    # No task twice at one meeting: each meeting starts somewhere in the list and goes on from there.
    number = rows.groupby("source_id").cumcount().to_numpy()
    start = random.integers(0, len(_TASKS), len(frame))[rows.groupby("source_id", sort=False).ngroup().to_numpy()]
    quarter = (rows["held_on"].dt.month.to_numpy() - 1) // 3
    task = (start + number) % len(_TASKS)
    tasks = [_TASKS[t][0].format(quarter=_NEXT_QUARTERS[q]) for t, q in zip(task, quarter, strict=True)]
    tasks_en = [_TASKS[t][1].format(quarter=_NEXT_QUARTERS_EN[q]) for t, q in zip(task, quarter, strict=True)]
    places, offices = rows["region_code"], [_TASKS[t][2] for t in task]
    return rows_of(
        "decision",
        {
            "source": MEETING_SOURCE,
            "source_id": numbered("Y", np.arange(1, count + 1), 5),
            "region_code": rows["region_code"].tolist(),
            "meeting_source_id": rows["source_id"].tolist(),
            "task": tasks,
            "task_en": tasks_en,
            "unit": [names[code] + office for code, office in zip(places, offices, strict=True)],
            "unit_en": [f"{names_en[code]} {_UNITS_EN[office]}" for code, office in zip(places, offices, strict=True)],
            "decided_on": decided,
            "due_on": due,
            "done_on": done,
        },
    )


def _days(times: pa.ChunkedArray) -> np.ndarray:
    return times.combine_chunks().to_numpy(zero_copy_only=False).astype("datetime64[D]")
