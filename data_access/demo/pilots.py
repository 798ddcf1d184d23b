"""The pool of pilot sites: what each tries, how far it has come, who copies it, and who came to see it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from data_access.demo.counts import POLITICAL_LEGAL, count_rows
from data_access.demo.frames import numbered, rows_of
from data_access.demo.geography.regions import DemoCity
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import DemoSettings

VISITORS = ("city", "county")
"""Level of those who come to a field visit, as class of the count."""
_PRACTICES = (
    ("心理服务介入家庭矛盾", "Counselling in family disputes"),
    ("乡贤理事会化解土地纠纷", "Council of respected villagers for land disputes"),
    ("网格员调解员同访同办", "Grid worker and mediator visit together"),
    ("欠薪纠纷一窗受理", "One window for wage arrears"),
    ("物业纠纷共享法庭", "Shared court for disputes with property managers"),
    ("红色隐患专班日清", "Task force clears red disputes daily"),
    ("回访与复发提醒一体化", "Return visits with notice of relapse"),
    ("四点半课堂与心灵驿站同址", "After-school classroom and counselling under one roof"),
    ("夜市商圈警民联勤", "Joint rounds at night markets"),
    ("数据抽查双盲回访", "Blind spot-checks of records"),
)
_BASIS = ("市创建示范活动批复〔{year}〕{number}号", "City approval of pilot activities [{year}] no. {number}")
_PASSED_FIRST = 0.8
_KEPT = 0.85
_NEVER = np.datetime64("NaT")


class PilotPool:
    """Pilot sites with all that belongs to them, drawn once.

    Parameters
    ----------
    city : DemoCity
    settings : DemoSettings
    calendar : Calendar
    """

    def __init__(self, city: DemoCity, settings: DemoSettings, calendar: Calendar) -> None:
        random = settings.random("pilots")
        self._city, self._calendar = city, calendar
        self._through = calendar.days[-1]
        wanted = settings.pilots
        count = wanted.sites
        weight = np.exp(0.5 * city.township_quality)
        self._township = random.choice(len(weight), count, replace=False, p=weight / weight.sum())
        first, last = np.datetime64(wanted.first_day), np.datetime64(wanted.last_day)
        span = int((last - first).astype(int))
        self._nurtured = np.sort(first + random.integers(0, span, count))
        self._ripe = self._nurtured + random.integers(120, 260, count)
        self._reviewed = self._ripe + random.integers(25, 60, count)
        self._passed = random.random(count) < _PASSED_FIRST
        self._accepted = self._reviewed + np.where(self._passed, 7, random.integers(70, 120, count))
        self._spread = self._accepted + random.integers(45, 130, count)
        self._due = self._accepted + 365
        self._looked = self._due + random.integers(-10, 25, count)
        self._kept = random.random(count) < _KEPT
        self._practice = random.permutation(np.arange(count) % len(_PRACTICES))
        self._adoption = self._adopted(random)
        self._visits = self._visited(random)

    def sites(self) -> pa.Table:
        """Return one row a site, as known on the last day."""
        townships = self._city.townships
        count = len(self._nurtured)
        reviewed, accepted = self._known(self._reviewed), self._known(self._accepted)
        looked = self._known(self._looked)
        years = self._nurtured.astype("datetime64[Y]").astype(int) + 1970
        basis = [
            [text.format(year=year, number=number) for number, year in enumerate(years, start=1)] for text in _BASIS
        ]
        return rows_of(
            "pilot_site",
            {
                "source": POLITICAL_LEGAL,
                "source_id": numbered("S", np.arange(1, count + 1), 3),
                "region_code": [townships.code[place] for place in self._township],
                "name": [f"{townships.name[place]}示范点" for place in self._township],
                "name_en": [f"{townships.name_en[place]} pilot site" for place in self._township],
                "practice": [_PRACTICES[number][0] for number in self._practice],
                "practice_en": [_PRACTICES[number][1] for number in self._practice],
                "approval_basis": basis[0],
                "approval_basis_en": basis[1],
                "nurtured_on": self._nurtured,
                "ripe_on": self._known(self._ripe),
                "first_reviewed_on": reviewed,
                "first_review_passed": [
                    None if np.isnat(day) else bool(passed) for day, passed in zip(reviewed, self._passed, strict=True)
                ],
                "accepted_on": accepted,
                "spread_on": self._known(self._spread),
                "adopted_townships": (self._adoption <= self._through).sum(axis=1),
                "look_back_due_on": np.where(np.isnat(accepted), _NEVER, self._due),
                "look_back_on": looked,
                "look_back_kept": [
                    None if np.isnat(day) else bool(kept) for day, kept in zip(looked, self._kept, strict=True)
                ],
                "field_visits": self._visits.sum(axis=(1, 2)),
            },
        )

    def counts(self) -> Iterator[pa.Table]:
        """Yield the townships that use any practice, and the field visits of each month."""
        months = self._calendar.months
        month_end = np.append(months[1:], self._through + 1) - 1
        using = (self._adoption.min(axis=0)[None, :] <= month_end[:, None]).astype(int)
        yield count_rows(POLITICAL_LEGAL, "pilot_townships", self._city.townships.code, months, using)
        county = self._city.townships.parent[self._township]
        for number, level in enumerate(VISITORS):
            visits = np.zeros((len(months), len(self._city.counties.code)), int)
            np.add.at(visits.T, county, self._visits[:, :, number])
            yield count_rows(
                POLITICAL_LEGAL, "pilot_field_visits", self._city.counties.code, months, visits, class_code=level
            )

    def _known(self, days: np.ndarray) -> np.ndarray:
        return np.where(days <= self._through, days, _NEVER)

    def _adopted(self, random: np.random.Generator) -> np.ndarray:
        """Return the day on which each township takes up each site's practice; far in the future where it never does."""
        townships = len(self._city.townships.code)
        never = self._through + 10_000
        taken = np.full((len(self._spread), townships), never)
        for site, spread in enumerate(self._spread):
            others = np.setdiff1d(np.arange(townships), self._township)
            chosen = random.choice(others, int(random.integers(6, 15)), replace=False)
            taken[site, chosen] = spread + np.sort(random.integers(0, 240, len(chosen)))
        return taken

    def _visited(self, random: np.random.Generator) -> np.ndarray:
        """Return field visits by site, month and level of the visitors; none before acceptance."""
        open_months = self._calendar.months[None, :] > self._accepted[:, None]
        mean = np.array([0.04, 0.16])
        drawn = random.poisson(mean[None, None, :], (*open_months.shape, len(VISITORS)))
        return np.where(open_months[:, :, None], drawn, 0)
