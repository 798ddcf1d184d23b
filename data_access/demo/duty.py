"""Who owes what: standing topics, yearly reports, places with a leader, data sets delivered, items of consultations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from data_access.demo.chain import MEETING_SOURCE, PACKAGE_SOURCE
from data_access.demo.counts import count_rows
from data_access.demo.frames import chosen, joined, numbered, rows_of
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import month_ends, success
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import DemoSettings
from data_access.departments import load_departments

DELIVERY_SOURCE = "data_exchange"
_MEETINGS_A_MONTH = 2
"""Standing meetings that must have the topic: one of the committee, one of the government."""
_KEY_PLACES_A_TOWNSHIP = 3
_TASKS = (
    (
        "civil_affairs",
        "核对婚姻登记与家庭纠纷回访名册数量",
        "Reconcile the counts of marriage registry and family-dispute visits",
    ),
    ("public_security", "共享夜间重点区域警情分布", "Share where alarms cluster at night"),
    ("justice", "为疑难纠纷选派专业调解员", "Send professional mediators to hard disputes"),
    ("health", "明确出院后社区接续流程", "Settle how the community takes over after discharge"),
    ("education", "补齐校园周边护学岗", "Fill the school-crossing posts"),
    ("women_federation", "开展家庭关系服务进社区", "Bring family services to the communities"),
    ("youth_league", "增设假期四点半课堂", "Add after-school classrooms in the holidays"),
    ("petition", "移交重复信访事项并反馈", "Hand over repeated petitions and report back"),
    ("cyberspace", "建立网络舆情转办时限", "Set a deadline for passing on online opinion"),
)


def duty_counts(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[tuple[str, pa.Table]]:
    """Yield what the party office and the package ledger report as counts."""
    random = settings.random("duty-counts")
    counties, townships = city.counties.code, city.townships.code
    months, years = len(calendar.months), np.array([f"{year}-01-01" for year in settings.years], "datetime64[D]")
    offices = [city.city_code, *counties]
    quality = np.concatenate([[1.0], city.county_quality])
    due = np.full((months, len(offices)), _MEETINGS_A_MONTH)
    listed = random.binomial(due, success(0.95, quality, 0.5)[None, :])
    yield "reported_count", count_rows(MEETING_SOURCE, "standing_topic_due", offices, calendar.months, due)
    yield "reported_count", count_rows(MEETING_SOURCE, "standing_topic_listed", offices, calendar.months, listed)

    everywhere = [city.city_code, *counties, *townships]
    quality = np.concatenate([[1.5], city.county_quality, city.township_quality])
    due = np.ones((len(years), len(everywhere)), int)
    done = random.random(due.shape) < success(0.965, quality, 0.5)[None, :]
    yield "reported_count", count_rows(MEETING_SOURCE, "annual_report_due", everywhere, years, due, grain="year")
    yield "reported_count", count_rows(MEETING_SOURCE, "annual_report_done", everywhere, years, done, grain="year")

    places = _KEY_PLACES_A_TOWNSHIP * np.bincount(city.townships.parent, minlength=len(counties))
    due = np.repeat(places[None, :], months, axis=0)
    share = np.clip(month_ends([0.86, 0.9, 0.94, 0.97, 0.99], months)[:, None] + 0.012 * city.county_quality, 0, 1)
    yield "reported_count", count_rows(PACKAGE_SOURCE, "key_places", counties, calendar.months, due)
    yield (
        "reported_count",
        count_rows(PACKAGE_SOURCE, "key_places_led", counties, calendar.months, np.floor(due * share + 0.5)),
    )
    per_county = settings.leaders.county // len(counties)
    for level, own, posts in (("city", offices[:1], settings.leaders.city), ("county", counties, per_county)):
        values = np.full((months, len(own)), posts)
        table = count_rows(PACKAGE_SOURCE, "leader_posts", own, calendar.months, values, class_code=level)
        yield "reported_count", table


def build_deliveries(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> pa.Table:
    """Return each data set that a county's departments owe, month by month: delivered in time, late, or not at all."""
    random = settings.random("deliveries")
    owed = [
        (department, name, data_set.days)
        for department, each in load_departments().items()
        for name, data_set in each.data_sets.items()
    ]
    months, counties = len(calendar.months), len(city.counties.code)
    month, county, kind = (axis.ravel() for axis in np.indices((months, counties, len(owed))))
    # Due in the month after, so that a month's figures are owed when the month is over; the last one's are not yet due.
    month_end = np.append(calendar.months[1:], calendar.days[-1] + 1)[month]
    due = month_end + np.array([days for _, _, days in owed])[kind] - 1
    known = due <= calendar.days[-1]
    month, county, kind, due = month[known], county[known], kind[known], due[known]
    diligence = random.normal(0, 0.5, len(owed))[kind] + 0.5 * city.county_quality[county]
    in_time = random.random(len(due)) < success(0.93, diligence, 1.0)
    late = ~in_time & (random.random(len(due)) < 0.75)
    delivered = due - random.integers(0, 3, len(due))
    delivered = np.where(late, due + random.integers(1, 12, len(due)), delivered)
    delivered[~in_time & ~late] = np.datetime64("NaT")
    delivered[~(delivered <= calendar.days[-1])] = np.datetime64("NaT")
    code = chosen(city.counties.code, county)
    department = chosen([each[0] for each in owed], kind)
    name = chosen([each[1] for each in owed], kind)
    label = chosen(np.datetime_as_string(calendar.months, "M").tolist(), month)
    return rows_of(
        "data_delivery",
        {
            "source": DELIVERY_SOURCE,
            "source_id": joined(":", department, name, code, label),
            "region_code": code,
            "department": department,
            "data_set": name,
            "due_on": due,
            "delivered_on": delivered,
        },
    )


def build_consultation_items(
    city: DemoCity, settings: DemoSettings, calendar: Calendar, meetings: pa.Table
) -> pa.Table:
    """Return what the consultations decided, which department owes it, and whether it was done."""
    random = settings.random("consultation-items")
    offices = [city.city_code, *city.counties.code]
    quality = dict(zip(offices, [0.6, *city.county_quality], strict=True))
    frame = meetings.select(["source_id", "region_code", "kind", "held_on"]).to_pandas(date_as_object=False)
    frame = frame[(frame["kind"] == "consultation") & frame["held_on"].notna()]
    rows = frame.loc[frame.index.repeat(random.integers(1, 3, len(frame)))].reset_index(drop=True)
    count = len(rows)
    decided = rows["held_on"].to_numpy().astype("datetime64[D]")
    due = decided + random.choice([15, 30, 45], count, p=[0.35, 0.45, 0.2])
    good = np.array([quality[code] for code in rows["region_code"]])
    in_time = random.random(count) < success(0.91, good, 0.5)
    done = np.where(in_time, due - random.integers(0, 10, count), due + random.integers(1, 40, count))
    done[random.random(count) < 0.015] = np.datetime64("NaT")
    done[~(done <= calendar.days[-1])] = np.datetime64("NaT")
    number = rows.groupby("source_id").cumcount().to_numpy()
    start = random.integers(0, len(_TASKS), len(frame))[rows.groupby("source_id", sort=False).ngroup().to_numpy()]
    task = (start + number) % len(_TASKS)
    return rows_of(
        "consultation_item",
        {
            "source": MEETING_SOURCE,
            "source_id": numbered("H", np.arange(1, count + 1), 5),
            "region_code": rows["region_code"].tolist(),
            "meeting_source_id": rows["source_id"].tolist(),
            "task": chosen([each[1] for each in _TASKS], task),
            "task_en": chosen([each[2] for each in _TASKS], task),
            "department": chosen([each[0] for each in _TASKS], task),
            "decided_on": decided,
            "due_on": due,
            "done_on": done,
        },
    )
