"""The league of a region's children for one month: grade, index, rank, strip of months, and what cost most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dashboard.grading.grades import INSUFFICIENT, OFFICIAL, PRELIMINARY, grades, months_red, stage_of
from dashboard.grading.index import Index, build_index, probability_below, rank_ranges
from dashboard.grading.inputs import Inputs, monthly_inputs
from dashboard.grading.problems import table_of
from dashboard.grading.settings import index_settings
from dashboard.memory import recalled
from data_access.access import Scope
from data_access.queries import SnapshotReader

STRIP_MONTHS = 12


@dataclass(frozen=True)
class League:
    """Regions graded together.

    Parameters
    ----------
    months : PeriodIndex
        The months behind the strip, the last being the one that is shown.
    rows : DataFrame
        Indexed by ``region_code``: ``index, lower, upper, rank_best, rank_worst, grade, watched, change, months_red,
        probability_red, without_chance, weight, stage``; ordered from the worst. Who is not graded has rank 0.
    grades : DataFrame
        Grade by region and month.
    index, inputs : Index, Inputs
        What the figures stand on.
    hidden : frozenset of str
        Components that the role is graded without, because they rest on small counts.
    stages : mapping of month to str
        How final each month is; of a region that is late in it, it stays preliminary (:meth:`stage`).
    """

    months: pd.PeriodIndex
    rows: pd.DataFrame
    grades: pd.DataFrame
    index: Index
    inputs: Inputs
    hidden: frozenset[str] = frozenset()
    stages: Mapping[pd.Period, str] = field(default_factory=dict)

    @property
    def grades_any(self) -> bool:
        """Whether any region has a grade in the month shown: a data set may lack what the index needs."""
        return bool((self.rows["grade"] != INSUFFICIENT).any())

    @property
    def problems(self) -> pd.DataFrame:
        """Figures of the months shown that can't be true and were not scored (``problems.COLUMNS``), latest first."""
        return table_of([each for each in self.index.problems if each.month in self.months])

    def late(self, code: str, month: pd.Period | None = None) -> frozenset[str]:
        """Return the components that a region is graded without, because its last days are not in (in the month shown)."""
        wanted = code, self.months[-1] if month is None else month
        return frozenset(component for component, *where in self.inputs.late if tuple(where) == wanted)

    def stage(self, code: str, month: pd.Period) -> str:
        """Return how final a region's figures of one of ``months`` are."""
        return PRELIMINARY if self.late(code, month) else self.stages[month]

    def contributions(self, code: str) -> pd.DataFrame:
        """Return each component's points of one region in the month shown, costliest first.

        Returns
        -------
        DataFrame
            Indexed by component id: ``value, score, points, full_points, lost, by_chance``; ``points`` add up to the
            index, ``by_chance`` are those of ``lost`` that events within chance cost (``Index.chance_points``).
        """
        place = self.inputs.codes.index(code)
        frame = pd.DataFrame(
            {
                "value": self.index.values[:, place, -1],
                "score": self.index.scores[:, place, -1],
                "points": self.index.points[:, place, -1],
                "full_points": self.index.full_points[:, place, -1],
                "lost": self.index.points_lost[:, place, -1],
                "by_chance": self.index.chance_points[:, place, -1],
            },
            index=pd.Index(self.index.components, name="component"),
        )
        return frame.sort_values("lost", ascending=False)

    def is_graded(self, code: str) -> bool:
        """Return whether a region has an index in the month shown."""
        return not np.isnan(self.index.value[self.inputs.codes.index(code), -1])

    def watched(self, code: str) -> tuple[str, float]:
        """Return why a region is watched in the month shown, and its index without what chance may have brought."""
        return str(self.rows.at[code, "watched"]), float(self.index.without_chance[self.inputs.codes.index(code), -1])

    def costliest(self, code: str) -> list[tuple[str, float]]:
        """Return the components of one region and the points they cost it in the month shown, costliest first."""
        lost = self.index.points_lost[:, self.inputs.codes.index(code), -1]
        return [(self.index.components[place], float(lost[place])) for place in np.argsort(-lost, kind="stable")]


def league_of(reader: SnapshotReader, scope: Scope, codes: Sequence[str], month: pd.Period) -> League:
    """Grade ``codes`` together for ``month``; kept by snapshot, scope and arguments."""
    key = ("league", scope, tuple(codes), str(month))
    return recalled(reader, key, lambda: grade_regions(reader, scope, codes, month))


def grade_regions(reader: SnapshotReader, scope: Scope, codes: Sequence[str], month: pd.Period) -> League:
    """Return the league of ``codes`` for ``month``, from the months before it that the rules need."""
    settings = index_settings()
    months = pd.period_range(month - (STRIP_MONTHS + settings.history_months), month, freq="M")
    inputs = monthly_inputs(reader, scope, codes, months, settings)
    index = build_index(inputs, settings)
    grade, watched = grades(index, settings)
    as_of = reader.snapshot().data_through
    stages = [stage_of(each, as_of, settings) for each in months]
    late = inputs.late_cells
    final = np.array([stage == OFFICIAL for stage in stages])
    graded = grade[:, -1] != INSUFFICIENT
    best, worst = rank_ranges(*(np.where(graded, each[:, -1], np.nan) for each in (index.lower, index.upper)))
    rows = pd.DataFrame(
        {
            "index": index.value[:, -1],
            "lower": index.lower[:, -1],
            "upper": index.upper[:, -1],
            "rank_best": best,
            "rank_worst": worst,
            "grade": grade[:, -1],
            "watched": watched[:, -1],
            "change": index.value[:, -1] - index.value[:, -2],
            "months_red": months_red(grade, final & ~late),
            "probability_red": probability_below(index.value, index.error, settings.yellow_from)[:, -1],
            "without_chance": index.without_chance[:, -1],
            "weight": index.weight[:, -1],
            "stage": np.where(late[:, -1], PRELIMINARY, stages[-1]),
        },
        index=pd.Index(codes, name="region_code"),
    )
    strip = pd.DataFrame(grade[:, -STRIP_MONTHS:], index=rows.index, columns=months[-STRIP_MONTHS:])
    rows = rows.sort_values("index", na_position="last")
    hidden = settings.hidden_from(scope.permissions)
    return League(months[-STRIP_MONTHS:], rows, strip, index, inputs, hidden, dict(zip(months, stages, strict=True)))
