"""The 无命案乡镇 matrix: twelve lines by township and year, years met in a row, the list of proposals and its cost.

``matrix_of(reader, scope, codes, month)`` gives a :class:`TownshipMatrix`: ``matrix.rows`` (one township a row, with its
years in a row), ``matrix.grade_table()`` (townships × lines), ``matrix.lines_of(code)`` (the twelve lines of one, with
counts and intervals), ``matrix.stress`` (what the award would cost, and how much of it is chance). The functions below
are pure; the same matrix is on the command line: ``python -m dashboard matrix``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.grading.grades import BLUE, INSUFFICIENT, OFFICIAL, RED, YELLOW, stage_of
from dashboard.grading.settings import index_settings
from dashboard.grading.townships.inputs import MatrixInputs, matrix_inputs
from dashboard.grading.townships.settings import Line, MatrixSettings, matrix_settings
from dashboard.grading.townships.vetoes import upheld, veto_fields
from dashboard.memory import recalled
from dashboard.statistics import intervals
from dashboard.statistics.chance import chance_of_no_events
from dashboard.statistics.shrinkage import gamma_poisson
from data_access.access import Scope
from data_access.queries import SnapshotReader

Array = NDArray[np.float64]
MET, NOT_MET, UNDECIDED = "met", "not_met", "undecided"
ROUNDING = 1e-9


@dataclass(frozen=True)
class Cells:
    """Arrays of shape (lines, regions, years).

    Parameters
    ----------
    grade : ndarray of str
        blue, yellow, red or insufficient (nothing due, too few asked, not reported).
    value, lower, upper : ndarray
        The figure with its 95 % limits; for a line of conditions how many of them fail. NaN without one.
    numerator, denominator : ndarray
        Counts behind it; of the lowest where several are compared.
    certain : ndarray of bool
        Whether the interval lies wholly on the coloured side of the nearest bound, so that chance does not make the colour.
    """

    grade: NDArray[np.str_]
    value: Array
    lower: Array
    upper: Array
    numerator: Array
    denominator: Array
    certain: NDArray[np.bool_]


@dataclass(frozen=True)
class FundStress:
    """What the award would cost, and how much of it chance alone would ask.

    Parameters
    ----------
    regions : int
        Townships looked at.
    clean : int
        Those without a homicide in the three years up to the end.
    clean_by_chance : float
        Those that would be so if all had the same true rate.
    cost_by_chance : float
        Yuan, if being without a case were enough.
    listed : int
        Townships on the list of proposals.
    cost, fund : float
        Yuan that the list would take, and the whole fund.
    """

    regions: int
    clean: int
    clean_by_chance: float
    cost_by_chance: float
    listed: int
    cost: float
    fund: float

    @property
    def is_over(self) -> bool:
        """Whether the list would take more than the fund has."""
        return self.cost > self.fund


@dataclass(frozen=True)
class TownshipMatrix:
    """The matrix of several townships in the years up to one month.

    Parameters
    ----------
    settings : MatrixSettings
    codes : tuple of str
    ends : PeriodIndex
        Last month of each year looked at, the newest last.
    cells : Cells
    years : DataFrame
        Indexed by region, a column per end month: met, not_met or undecided.
    rows : DataFrame
        Indexed by ``region_code``: ``verdict`` of the newest year, ``streak`` (years met in a row), ``blue, yellow, red,
        insufficient`` (lines of the newest year), ``on_list`` (proposed for the award), ``kept_off`` (by a veto of
        excellence), ``rejection, no_excellence`` (states of the two vetoes), ``chance_clean`` (that a township of its size
        has no homicide for as long as the award takes, at the common rate), ``cases`` (homicides of the gate's window;
        unknown where a source is late), ``expected_cases`` (at the common rate) and ``chance_no_case`` (of none in it).
    stress : FundStress
    stage : str
        How final the newest year is.
    hidden : bool
        Whether the role may not see what rests on small counts.
    """

    settings: MatrixSettings
    codes: tuple[str, ...]
    ends: pd.PeriodIndex
    cells: Cells
    years: pd.DataFrame
    rows: pd.DataFrame
    stress: FundStress
    stage: str
    hidden: bool

    def grade_table(self, year: int = -1) -> pd.DataFrame:
        """Return the grades of one year: regions as rows, line ids as columns."""
        return pd.DataFrame(self.cells.grade[:, :, year].T, index=self.rows.index, columns=list(self.settings.ids))

    def lines_of(self, code: str, year: int = -1) -> pd.DataFrame:
        """Return the lines of one region.

        Returns
        -------
        DataFrame
            Indexed by line id: ``number, grade, value, lower, upper, numerator, denominator, certain``.
        """
        place = self.codes.index(code)
        names = ("grade", "value", "lower", "upper", "numerator", "denominator", "certain")
        frame = pd.DataFrame(
            {name: getattr(self.cells, name)[:, place, year] for name in names},
            index=pd.Index(self.settings.ids, name="line"),
        )
        frame.insert(0, "number", [line.number for line in self.settings.line])
        return frame


def matrix_of(
    reader: SnapshotReader,
    scope: Scope,
    codes: Sequence[str],
    month: pd.Period,
    vetoes: pd.DataFrame | None = None,
) -> TownshipMatrix:
    """Return the matrix of ``codes`` for the years that end with ``month``.

    Parameters
    ----------
    reader, scope
    codes : sequence of str
        Townships; other levels are graded just so, by their own figures.
    month : Period
        Last month of the newest year. The years before end twelve months earlier each.
    vetoes : DataFrame, optional
        Rows with ``region_code, year, veto_kind, status``.
    """
    key = ("matrix", scope, tuple(codes), str(month), None if vetoes is None else vetoes.to_json())
    return recalled(reader, key, lambda: _read_matrix(reader, scope, codes, month, vetoes))


def _read_matrix(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], month: pd.Period, vetoes: pd.DataFrame | None
) -> TownshipMatrix:
    settings = matrix_settings()
    ends = pd.PeriodIndex([month - 12 * back for back in range(settings.years_for_award)[::-1]], freq="M")
    inputs = matrix_inputs(reader, scope, codes, ends, settings)
    as_of = reader.snapshot().data_through
    matrix = build_matrix(inputs, settings, vetoes, stage_of(month, as_of, index_settings()))
    return matrix if scope.permissions.small_counts else _without_small_counts(matrix)


def build_matrix(
    inputs: MatrixInputs, settings: MatrixSettings, vetoes: pd.DataFrame | None = None, stage: str = OFFICIAL
) -> TownshipMatrix:
    """Return the matrix of what was read."""
    cells = grade_cells(inputs, settings)
    codes, years = list(inputs.codes), [end.year for end in inputs.ends]
    ended = upheld(vetoes, codes, years, settings.years_ended_by, settings.veto)
    verdict = verdicts(cells.grade, settings, ended)
    streak = years_in_a_row(verdict)
    kept_off = upheld(vetoes, codes, years[-1:], settings.kept_off_list_by, settings.veto)[:, 0]
    fields = veto_fields(vetoes, codes, years[-1], settings.veto)
    newest = cells.grade[:, :, -1]
    gate = _gate(settings)
    cases = cells.value[gate, :, -1] if gate is not None else np.full(len(codes), np.nan)
    months = settings.line[gate].window_months if gate is not None else 12
    expected = inputs.clean_exposure * months / settings.clean_months * inputs.common_rate
    rows = pd.DataFrame(
        {
            "verdict": verdict[:, -1],
            "streak": streak,
            **{grade: (newest == grade).sum(axis=0) for grade in (BLUE, YELLOW, RED, INSUFFICIENT)},
            "on_list": (streak >= settings.years_for_award) & ~kept_off,
            "kept_off": kept_off,
            "rejection": fields["rejection"].to_numpy(),
            "no_excellence": fields["no_excellence"].to_numpy(),
            "chance_clean": chance_of_no_events(inputs.clean_exposure * inputs.common_rate),
            "cases": cases,
            "expected_cases": expected,
            "chance_no_case": chance_of_no_events(expected),
        },
        index=pd.Index(codes, name="region_code"),
    )
    return TownshipMatrix(
        settings=settings,
        codes=inputs.codes,
        ends=inputs.ends,
        cells=cells,
        years=pd.DataFrame(verdict, index=rows.index, columns=[str(end) for end in inputs.ends]),
        rows=rows,
        stress=fund_stress(rows, settings),
        stage=stage,
        hidden=False,
    )


def grade_cells(inputs: MatrixInputs, settings: MatrixSettings) -> Cells:
    """Return the colour of every line, region and year by the rule's letter, with the figure, its limits and its certainty.

    What has no denominator, too few asked or no report is not scored: never a silent 0 or 100.
    """
    shape = (len(settings.line), len(inputs.codes), len(inputs.ends))
    numbers = {name: np.full(shape, np.nan) for name in ("value", "lower", "upper", "numerator", "denominator")}
    grade, certain = np.full(shape, INSUFFICIENT, dtype="<U12"), np.zeros(shape, bool)
    for place, line in enumerate(settings.line):
        if line.kind == "conditions":
            found = _conditions(inputs, line)
            grade[place] = np.select(
                [np.isnan(found["value"]), found["value"] == 0, found["value"] == 1], [INSUFFICIENT, BLUE, YELLOW], RED
            )
        else:
            found = _figure(inputs, line, settings.alpha)
            grade[place], certain[place] = _coloured(line, found)
        for name, array in found.items():
            numbers[name][place] = array
    return Cells(grade=grade, certain=certain, **numbers)


def verdicts(
    grade: NDArray[np.str_], settings: MatrixSettings, ended: NDArray[np.bool_] | None = None
) -> NDArray[np.str_]:
    """Return met, not_met or undecided by region and year.

    Parameters
    ----------
    grade : ndarray of str, shape (lines, regions, years)
    settings : MatrixSettings
    ended : ndarray of bool, shape (regions, years), optional
        Years that a veto upheld ends.
    """
    is_gate = np.array([line.id in settings.gates for line in settings.line])
    gates, others = grade[is_gate], grade[~is_gate]
    scored = (others != INSUFFICIENT).sum(axis=0)
    blue = (others == BLUE).sum(axis=0)
    needed = np.ceil(settings.least_blue_share * scored - ROUNDING)
    failed = ((gates != BLUE) & (gates != INSUFFICIENT)).any(axis=0) | (others == RED).any(axis=0)
    enough = (gates != INSUFFICIENT).all(axis=0) & (scored >= settings.least_scored)
    failed |= enough & (blue < needed)
    if ended is not None:
        failed |= ended
    return np.select([failed, ~enough], [NOT_MET, UNDECIDED], MET).astype("<U9")


def years_in_a_row(verdict: NDArray[np.str_]) -> NDArray[np.int_]:
    """Return how many years in a row, up to the newest, each region has met; an undecided year is none."""
    met = verdict == MET
    return np.logical_and.accumulate(met[:, ::-1], axis=1).sum(axis=1)


def fund_stress(rows: pd.DataFrame, settings: MatrixSettings) -> FundStress:
    """Return what awards would cost if being without a homicide were enough, and what the list costs.

    How many by chance is unknown as soon as one region has no expectation: a sum of the rest would be too low.
    """
    by_chance = float(rows["chance_no_case"].sum(skipna=False))
    listed = int(rows["on_list"].sum())
    return FundStress(
        regions=len(rows),
        clean=int((rows["cases"] == 0).sum()),
        clean_by_chance=by_chance,
        cost_by_chance=by_chance * settings.award_yuan,
        listed=listed,
        cost=listed * settings.award_yuan,
        fund=settings.fund_yuan,
    )


def _figure(inputs: MatrixInputs, line: Line, alpha: float) -> dict[str, Array]:
    if line.kind == "count":
        return _count(inputs, line)
    if line.kind == "relative_risk":
        return _relative_risk(inputs, line, alpha)
    return _shares(inputs, line)


def _count(inputs: MatrixInputs, line: Line) -> dict[str, Array]:
    count = np.sum([inputs.numerators[line.id, item.id] for item in line.members], axis=0)
    count = np.where((count >= 0) & np.isfinite(count), count, np.nan)
    lower, upper, _ = intervals.count_limits(count)
    return {"value": count, "lower": lower, "upper": upper, "numerator": count}


def _relative_risk(inputs: MatrixInputs, line: Line, alpha: float) -> dict[str, Array]:
    events = inputs.numerators[line.id, line.members[0].id]
    expected = inputs.expected[line.id]
    usable = (events >= 0) & (expected >= 0) & np.isfinite(events + expected)
    events, expected = np.where(usable, events, np.nan), np.where(usable, expected, np.nan)
    smoothed = gamma_poisson(events, expected, 1.0, alpha=alpha, factor=1.0)
    return {
        "value": smoothed.value,
        "lower": smoothed.lower,
        "upper": smoothed.upper,
        "numerator": events,
        "denominator": expected,
    }


def _shares(inputs: MatrixInputs, line: Line) -> dict[str, Array]:
    """Return the share of the line, or the lowest of several; quarters are averaged after the lowest of each is taken."""
    pairs = [_usable(inputs, line, item.id) for item in line.members]
    numerator, denominator = (np.stack([pair[side] for pair in pairs]) for side in (0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = numerator / denominator
    lowest = np.where(np.isnan(share), np.inf, share).argmin(axis=0)[None]
    known = ~np.isnan(share).any(axis=0)

    def chosen(array: Array) -> Array:
        return np.where(known, np.take_along_axis(array, lowest, axis=0)[0], np.nan)

    value, count, base = chosen(share), chosen(numerator), chosen(denominator)
    if value.ndim > 2:
        value, count, base = value.mean(axis=-1), count.mean(axis=-1), base.mean(axis=-1)
    limits = intervals.proportion(np.minimum(value * base, base), base)
    # Rounding in the mean must not move a limit past the mean itself.
    return {
        "value": value,
        "lower": np.minimum(limits.lower, value),
        "upper": np.maximum(limits.upper, value),
        "numerator": count,
        "denominator": base,
    }


def _conditions(inputs: MatrixInputs, line: Line) -> dict[str, Array]:
    """Return how many conditions fail; unknown when one of them is."""
    failed: Array = np.zeros((len(inputs.codes), len(inputs.ends)))
    for condition in line.condition:
        item = next((each for each in line.members if each.id == condition.indicator), None)
        item = item or next((each for each in line.members if condition.indicator in each.aliases), None)
        if item is None:
            continue
        numerator, denominator = _usable(inputs, line, item.id)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = numerator / denominator
        higher = item.direction == "higher_better"
        misses = share < condition.bound - ROUNDING if higher else share > condition.bound + ROUNDING
        failed = np.where(np.isnan(share), np.nan, failed + misses)
    return {"value": failed}


def _usable(inputs: MatrixInputs, line: Line, indicator: str) -> tuple[Array, Array]:
    """Return numerator and denominator where they make a share: something due, enough of it, and no more done than due."""
    numerator, denominator = inputs.numerators[line.id, indicator], inputs.denominators[line.id, indicator]
    good = (denominator > 0) & (denominator >= line.least_base) & (numerator >= 0) & (numerator <= denominator)
    good &= np.isfinite(denominator)
    return np.where(good, numerator, np.nan), np.where(good, denominator, np.nan)


def _coloured(line: Line, found: dict[str, Array]) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    value, lower, upper = found["value"], found["lower"], found["upper"]
    with np.errstate(invalid="ignore"):
        if line.higher_is_better:
            blue, red = value >= line.blue - ROUNDING, value < line.red - ROUNDING
            sure = np.select(
                [blue, red], [lower >= line.blue, upper < line.red], (lower >= line.red) & (upper < line.blue)
            )
        else:
            blue, red = value <= line.blue + ROUNDING, value > line.red + ROUNDING
            sure = np.select(
                [blue, red], [upper <= line.blue, lower > line.red], (upper <= line.red) & (lower > line.blue)
            )
    grade = np.select([np.isnan(value), blue, red], [INSUFFICIENT, BLUE, RED], YELLOW).astype("<U12")
    return grade, sure & ~np.isnan(value)


def _gate(settings: MatrixSettings) -> int | None:
    """Return the place of the line that counts homicides."""
    return next((place for place, line in enumerate(settings.line) if line.kind == "count"), None)


def _without_small_counts(matrix: TownshipMatrix) -> TownshipMatrix:
    """Return the matrix without what rests on small counts: their lines, and the verdicts that follow from them.

    A colour that turns from one month's matrix to the next tells of a single case, so colours are hidden as well; and what
    chance would do follows from the common rate, which gives the count of the townships listed.
    """
    lines = matrix.settings.line
    protected = np.array([any(item.suppression_limit for item in line.members) for line in lines])
    cells = matrix.cells
    numbers = {
        name: np.where(protected[:, None, None], np.nan, getattr(cells, name))
        for name in ("value", "lower", "upper", "numerator", "denominator")
    }
    grade = np.where(protected[:, None, None], INSUFFICIENT, cells.grade)
    rows = matrix.rows.assign(verdict=UNDECIDED, streak=0, on_list=False)
    # Every figure of a row, today or added later, counts cases or follows from a rate of cases.
    rows[rows.select_dtypes("float").columns] = np.nan
    for name in (BLUE, YELLOW, RED, INSUFFICIENT):
        rows[name] = (grade[:, :, -1] == name).sum(axis=0)
    unknown, stress = float("nan"), matrix.stress
    return TownshipMatrix(
        settings=matrix.settings,
        codes=matrix.codes,
        ends=matrix.ends,
        cells=Cells(grade=grade, certain=cells.certain & ~protected[:, None, None], **numbers),
        years=matrix.years.assign(**dict.fromkeys(matrix.years.columns, UNDECIDED)),
        rows=rows,
        stress=FundStress(stress.regions, 0, unknown, unknown, 0, unknown, stress.fund),
        stage=matrix.stage,
        hidden=True,
    )
