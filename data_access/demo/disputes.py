"""Disputes with the time of each stage, as known on the last day of the records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data_access.demo.frames import chosen, joined, numbered, only_where, rows_of
from data_access.demo.geography.points import PointsInGrids
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import shares, success
from data_access.demo.rhythm import Calendar, before_cutoff, draw_days, seconds_of_day
from data_access.demo.settings import DemoSettings

SOURCE = "mediation_platform"
DAY = 86_400
HOUR = 3_600
_UNLOCATED = 0.06
_NEVER = np.iinfo(np.int64).max // 4
_AFTER_INTAKE = ("routed", "mediated", "resolved", "revisited", "archived", "relapsed", "red_handled", "packaged")
_UNIT_OF_CHANNEL = {
    "grid": "综治中心",
    "hotline_12345": "政务热线办",
    "petition": "信访局",
    "online_opinion": "网信办",
    "alarm_110": "公安局",
    "other": "司法局",
}
_UNIT_OF_CHANNEL_EN = {
    "grid": "Public-security Centre",
    "hotline_12345": "Hotline Office",
    "petition": "Petition Bureau",
    "online_opinion": "Cyberspace Office",
    "alarm_110": "Public Security Bureau",
    "other": "Justice Bureau",
}


@dataclass
class Stages:
    """Seconds since 1970 of every stage of each dispute; ``_NEVER`` where it hasn't happened.

    Also what kind of dispute it is: positions in the lists of the settings.
    """

    grid: np.ndarray
    year: np.ndarray
    kind: np.ndarray
    channel: np.ndarray
    cutoff: np.ndarray
    received: np.ndarray
    routed: np.ndarray
    mediated: np.ndarray
    resolved: np.ndarray
    revisited: np.ndarray
    archived: np.ndarray
    relapsed: np.ndarray
    colour: np.ndarray
    red: np.ndarray
    red_handled: np.ndarray
    packaged: np.ndarray


COLOURS = ("red", "yellow", "blue")


def build_disputes(city: DemoCity, settings: DemoSettings, calendar: Calendar, points: PointsInGrids) -> pa.Table:
    """Return the disputes, duplicates included, ordered by the time they were received."""
    random = settings.random("disputes")
    stages = _received(city, settings, calendar, random)
    _mediation(stages, city, settings, random)
    _leave_unresolved(stages, city, settings, random)
    _after_resolution(stages, city, random)
    _red(stages, city, settings, random)
    for stage in _AFTER_INTAKE:
        times = getattr(stages, stage)
        times[times > stages.cutoff] = _NEVER
    return _rows(stages, city, settings, points, random)


def _received(city: DemoCity, settings: DemoSettings, calendar: Calendar, random: np.random.Generator) -> Stages:
    wanted = settings.disputes
    base = np.exp(random.normal(0, 0.12, len(city.counties.code)))[city.county_of_grid]
    base = base * np.exp(random.normal(0, 0.22, len(city.townships.code)))[city.grids.parent]
    base = base * np.exp(random.normal(0, 0.45, len(city.grids.code)))
    late = np.array([settings.late.disputes.get(name, 0) for name in city.counties.name])
    last_day = len(calendar.days) - 1 - late
    wobble = calendar.wobble(random, 0.05)
    grids, days, kinds = [], [], []
    share = np.array([kind.share for kind in wanted.classes.values()])
    for number, (year, count) in enumerate(zip(settings.years, wanted.received, strict=False)):
        own = calendar.of_year(year)
        drift = np.exp(random.normal(0, 0.05, len(city.counties.code)))[city.county_of_grid]
        per_kind = random.multinomial(count, share / share.sum())
        for kind, (rule, cases) in enumerate(zip(wanted.classes.values(), per_kind, strict=False)):
            weight = base * drift * city.population[number] * np.where(city.grids.urban, 1.0, rule.rural)
            grid = random.choice(len(weight), cases, p=weight / weight.sum())
            day_weight = calendar.weights(rule.months, weekend=0.6, festival=0.35, wobble=wobble)
            # Quarrels of a family come up when everybody is home again.
            if kind == 0:
                day_weight = day_weight * np.where((calendar.festival >= 5) & (calendar.festival <= 20), 1.35, 1.0)
            day = draw_days(own, day_weight, cases, random)
            days.append(before_cutoff(day, last_day[city.county_of_grid[grid]], day_weight, calendar, random))
            grids.append(grid)
            kinds.append(np.full(cases, kind))
    all_days = np.concatenate(days)
    seconds = calendar.days[all_days].astype(np.int64) * DAY + seconds_of_day(len(all_days), random)
    order = np.argsort(seconds, kind="stable")
    placed, day, received = np.concatenate(grids)[order], all_days[order], seconds[order]
    cutoff = (calendar.days[last_day].astype(np.int64) + 1) * DAY - 1
    return Stages(
        grid=placed,
        year=calendar.year[day],
        kind=np.concatenate(kinds)[order],
        channel=_channels(settings, calendar.day_off[day], random),
        cutoff=cutoff[city.county_of_grid[placed]],
        received=received,
        colour=np.zeros(len(placed), int),
        **{stage: np.full(len(placed), _NEVER) for stage in (*_AFTER_INTAKE, "red")},
    )


def _channels(settings: DemoSettings, day_off: np.ndarray, random: np.random.Generator) -> np.ndarray:
    rules = settings.disputes.channels.values()
    channel = np.empty(len(day_off), int)
    for off in (False, True):
        share = np.array([rule.share * (rule.weekend if off else 1.0) for rule in rules])
        own = day_off == off
        channel[own] = random.choice(len(share), own.sum(), p=share / share.sum())
    return channel


def _mediation(stages: Stages, city: DemoCity, settings: DemoSettings, random: np.random.Generator) -> None:
    """Fill in colours and the times to routing, mediation and resolution; better places are quicker."""
    wanted = settings.disputes
    count = len(stages.grid)
    rules = list(wanted.classes.values())
    red = np.array([rule.red for rule in rules])[stages.kind]
    yellow = np.array([rule.yellow for rule in rules])[stages.kind]
    draw = random.random(count)
    stages.colour = np.select([draw < red, draw < red + yellow], [0, 1], 2)
    quality = city.township_quality[city.grids.parent[stages.grid]]
    hours = random.lognormal(np.log(4.5) - 0.18 * quality, 1.05, count)
    stages.routed = stages.received + (hours * HOUR).astype(np.int64) + 60
    median = np.array(wanted.median_days)[stages.year - settings.first_year]
    median = median * np.array([rule.slow for rule in rules])[stages.kind] * np.array([1.5, 1.25, 0.95])[stages.colour]
    days = random.lognormal(np.log(median) - 0.13 * quality, 0.85, count)
    waited = random.beta(2.0, 4.5, count)
    stages.mediated = stages.routed + (days * waited * DAY).astype(np.int64) + 600
    stages.resolved = stages.routed + (days * DAY).astype(np.int64) + 1800


def _leave_unresolved(stages: Stages, city: DemoCity, settings: DemoSettings, random: np.random.Generator) -> None:
    """Keep exactly as many disputes of each year open as the settings say."""
    quality = city.township_quality[city.grids.parent[stages.grid]]
    for year, wanted in zip(settings.years, settings.disputes.unresolved, strict=False):
        own = np.flatnonzero(stages.year == year)
        under_way = stages.resolved[own] > stages.cutoff[own]
        if under_way.sum() > wanted:
            raise ValueError(
                f"config/demo.toml: {under_way.sum()} disputes of {year} would still be under way, more than the "
                f"{wanted} of disputes.unresolved; lower disputes.median_days"
            )
        closed = own[~under_way]
        weight = np.exp(-0.35 * quality[closed]) * np.array([2.0, 1.8, 1.0])[stages.colour[closed]]
        weight *= np.array([rule.slow for rule in settings.disputes.classes.values()])[stages.kind[closed]]
        # What drags on is mostly of the last months.
        weight *= 0.25 + (stages.received[closed] - stages.received[own[0]]) / (366 * DAY)
        stuck = random.choice(closed, wanted - under_way.sum(), replace=False, p=weight / weight.sum())
        stages.resolved[stuck] = _NEVER
        stages.mediated[stuck[random.random(len(stuck)) < 0.18]] = _NEVER


def _after_resolution(stages: Stages, city: DemoCity, random: np.random.Generator) -> None:
    count = len(stages.grid)
    quality = city.township_quality[city.grids.parent[stages.grid]]
    happens = random.random(count) < success(0.955, quality, 0.45)
    delay = random.lognormal(np.log(9) - 0.1 * quality, 0.8, count) * DAY
    done = happens & (stages.resolved < _NEVER)
    stages.revisited[done] = stages.resolved[done] + delay.astype(np.int64)[done] + HOUR
    filed = done & (random.random(count) < 0.985)
    stages.archived[filed] = (
        stages.revisited[filed] + (random.lognormal(np.log(2.5), 0.7, count) * DAY).astype(np.int64)[filed]
    )
    again = (stages.resolved < _NEVER) & (random.random(count) < 1 - success(0.963, quality, 0.3))
    stages.relapsed[again] = stages.resolved[again] + (random.gamma(1.6, 32, count) * DAY).astype(np.int64)[again] + DAY


def _red(stages: Stages, city: DemoCity, settings: DemoSettings, random: np.random.Generator) -> None:
    """Say when disputes became red, when that was handled, and when a leader took them."""
    red = np.flatnonzero(stages.colour == 0)
    quality = city.county_quality[city.county_of_grid[stages.grid[red]]]
    end = np.minimum(stages.resolved[red], stages.cutoff[red])
    at_intake = random.random(len(red)) < 0.62
    share = np.where(at_intake, 0.02, 0.05 + 0.35 * random.random(len(red)))
    since = np.minimum((end - stages.received[red]) * share, 20 * DAY).astype(np.int64)
    stages.red[red] = stages.received[red] + since
    lowered = random.random(len(red)) < 0.22
    early = stages.red[red] + ((end - stages.red[red]) * random.uniform(0.4, 0.95, len(red))).astype(np.int64)
    stages.red_handled[red] = np.where(lowered, np.minimum(early, stages.red[red] + 25 * DAY), stages.resolved[red])
    taken = random.random(len(red)) < success(0.94, quality, 0.5)
    after = (random.lognormal(np.log(9) - 0.15 * quality, 0.9, len(red)) * HOUR).astype(np.int64)
    stages.packaged[red[taken]] = (stages.red[red] + after)[taken]
    # A leader does not take what is already settled.
    settled = red[stages.packaged[red] > stages.red_handled[red]]
    stages.packaged[settled] = _NEVER


def _rows(
    stages: Stages, city: DemoCity, settings: DemoSettings, points: PointsInGrids, random: np.random.Generator
) -> pa.Table:
    wanted = settings.disputes
    count = len(stages.grid)
    copies = _duplicates(stages, settings, random)
    merged = np.concatenate([np.full(count, -1), copies["of"]])
    original = np.concatenate([np.arange(count), copies["of"]])
    grid = stages.grid[original]
    kind = stages.kind[original]
    channel = np.concatenate([stages.channel, copies["channel"]])
    received = np.concatenate([stages.received, copies["received"]])
    routed = np.concatenate([stages.routed, copies["routed"]])
    delay = np.array([rule.delay_hours for rule in wanted.channels.values()])[channel]
    county_delay = np.exp(-0.25 * city.county_quality)[city.county_of_grid[grid]]
    reported = received - (random.lognormal(np.log(delay * county_delay), 0.8) * HOUR).astype(np.int64)
    due_days = np.array([wanted.due_days[colour] for colour in COLOURS])[stages.colour]
    due = np.where(stages.colour == 0, stages.red, stages.received) + due_days * DAY
    quality = city.township_quality[city.grids.parent[stages.grid]]
    transfers = np.minimum(random.poisson(0.19 * np.exp(-0.25 * quality)) + random.poisson(0.02, count), 5)

    def original_only(times: np.ndarray) -> np.ndarray:
        return _times(np.concatenate([times, np.full(len(original) - count, _NEVER)]))

    classes = list(wanted.classes)
    lon, lat = points.draw(grid)
    located = random.random(len(grid)) >= _UNLOCATED
    order = np.argsort(received, kind="stable")
    rank = np.empty(len(order), int)
    rank[order] = np.arange(1, len(order) + 1)
    ids = numbered("D", rank, 7)
    rows = rows_of(
        "dispute",
        {
            "source": SOURCE,
            "source_id": ids,
            "region_code": chosen(city.grids.code, grid),
            "class_code": chosen(classes, kind),
            "subclass_code": _subclasses(settings, kind, random),
            "channel": chosen(list(wanted.channels), channel),
            "received_at": _times(received),
            "reported_at": _times(reported),
            "first_routed_at": _times(routed),
            "due_at": original_only(due),
            "mediated_at": original_only(stages.mediated),
            "resolved_at": original_only(stages.resolved),
            "revisited_at": original_only(stages.revisited),
            "archived_at": original_only(stages.archived),
            "risk_colour": chosen([*COLOURS, ""], np.where(merged < 0, stages.colour[original], 3)),
            "red_at": original_only(stages.red),
            "red_handled_at": original_only(stages.red_handled),
            "packaged_at": original_only(stages.packaged),
            "transfers": np.where(merged < 0, transfers[original], 0),
            "relapsed_at": original_only(stages.relapsed),
            "merged_into": only_where(ids.take(pa.array(np.maximum(merged, 0))), merged >= 0),
            "unit": _units(city, settings, grid, channel, "zh"),
            "unit_en": _units(city, settings, grid, channel, "en"),
            "lon": only_where(pa.array(lon), located),
            "lat": only_where(pa.array(lat), located),
        },
    )
    return rows.take(pa.array(order))


def _duplicates(stages: Stages, settings: DemoSettings, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the disputes that came in again through another channel and were merged."""
    wanted = settings.disputes
    per_year = shares(round(wanted.merged_share * len(stages.grid)), np.array(wanted.received, float))
    of = np.concatenate(
        [
            random.choice(np.flatnonzero(stages.year == year), count, replace=False)
            for year, count in zip(settings.years, per_year, strict=False)
        ]
    )
    channels = len(wanted.channels)
    share = (
        np.array([rule.share for rule in wanted.channels.values()])
        * np.array([0.4, 1.6, 1.2, 1.6, 1.0, 0.5])[:channels]
    )
    channel = random.choice(channels, len(of), p=share / share.sum())
    channel = np.where(channel == stages.channel[of], (channel + 1) % channels, channel)
    end = np.minimum(stages.cutoff[of], stages.received[of] + 9 * DAY)
    received = stages.received[of] + ((end - stages.received[of]) * random.beta(1.1, 4, len(of))).astype(np.int64)
    routed = received + (random.lognormal(np.log(3), 0.9, len(of)) * HOUR).astype(np.int64) + 60
    routed[routed > stages.cutoff[of]] = _NEVER
    return {"of": of, "channel": channel, "received": received, "routed": routed}


def _subclasses(settings: DemoSettings, kind: np.ndarray, random: np.random.Generator) -> pa.Array:
    codes: list[str] = []
    position = np.empty(len(kind), int)
    for number, rule in enumerate(settings.disputes.classes.values()):
        own = kind == number
        share = np.array(list(rule.subclasses.values()))
        position[own] = len(codes) + random.choice(len(share), own.sum(), p=share / share.sum())
        codes += rule.subclasses
    return chosen(codes, position)


def _units(city: DemoCity, settings: DemoSettings, grid: np.ndarray, channel: np.ndarray, language: str) -> pa.Array:
    """Return the first-receiver unit: the township's centre for the grid's finds, a county office otherwise."""
    channels = list(settings.disputes.channels)
    english = language == "en"
    names = _UNIT_OF_CHANNEL_EN if english else _UNIT_OF_CHANNEL
    office = chosen([names.get(name, names["grid"]) for name in channels], channel)
    from_grid = channel == channels.index("grid")
    offset = len(city.counties.name)
    place = np.where(from_grid, offset + city.grids.parent[grid], city.county_of_grid[grid])
    counties, townships = city.counties, city.townships
    places = [*counties.name_en, *townships.name_en] if english else [*counties.name, *townships.name]
    return joined(" " if english else "", chosen(places, place), office)


def _times(seconds: np.ndarray) -> np.ndarray:
    return np.where(seconds >= _NEVER, np.datetime64("NaT"), seconds.astype("datetime64[s]"))
