"""The page of responsibility: one of its four parts, each of which says where the data set has no source for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.engine.facts import facts_of
from dashboard.screens.duty import departments, packages, secretaries
from dashboard.screens.duty.departments import DepartmentsPart, departments_part
from dashboard.screens.duty.packages import PackagesPart, packages_part
from dashboard.screens.duty.secretaries import SecretariesPart, secretaries_part
from dashboard.screens.duty.span import Span, span_of
from dashboard.screens.duty.summons import OUTCOME, SummonsPart, summons_part
from dashboard.screens.tables import ScreenTable, figures_table
from data_access.queries import SnapshotReader

PARTS = {
    "secretaries": secretaries.CARDS,
    "packages": packages.CARDS,
    "summons": (OUTCOME,),
    "departments": departments.CARDS,
}
"""Each part with the indicators that it speaks of: where no source gives any of them, it has nothing to say."""


@dataclass(frozen=True)
class ResponsibilityScreen:
    """What the page draws: the part that is open, the others being empty."""

    span: Span
    part: str
    links: tuple[tuple[str, str, bool], ...]
    """Word, address and whether it is open, for each part."""
    without_source: str
    """That no source gives what the part speaks of; empty where one does, or where somebody wrote an item of it here."""
    secretaries: SecretariesPart | None = None
    packages: PackagesPart | None = None
    summons: SummonsPart | None = None
    departments: DepartmentsPart | None = None

    @property
    def verdict(self) -> str:
        """The answer of the open part in one sentence; empty where it has no source."""
        open_part = self.secretaries or self.packages or self.summons or self.departments
        return open_part.verdict if open_part is not None else ""

    @property
    def tables(self) -> tuple[ScreenTable, ...]:
        """The figures and tables of the open part; none where it has no source."""
        if self.summons is not None:
            return self.summons.tables
        open_part = self.secretaries or self.packages or self.departments
        return (figures_table(open_part.cards, self.span.language), *open_part.tables) if open_part is not None else ()


def responsibility_screen(reader: SnapshotReader, context: Context) -> ResponsibilityScreen:
    """Prepare the part that the address asks for; else the first one that the data set has a source for."""
    span, language = span_of(reader, context), context.language
    with_source = _with_source(reader, context)
    part = context.own_value("part", tuple(PARTS), next(iter(with_source or PARTS)))
    links = tuple((t(f"duty.part_{name}", language), span.link(name), name == part) for name in PARTS)
    made = _PREPARE[part](span)
    if part in with_source or made.has_items:
        return ResponsibilityScreen(span, part, links, "", **{part: made})  # type: ignore[arg-type]
    said = t("duty.part_without_source", language, part=t(f"duty.part_{part}", language))
    return ResponsibilityScreen(span, part, links, said)


_PREPARE: dict[str, Callable[[Span], SecretariesPart | PackagesPart | SummonsPart | DepartmentsPart]] = {
    "secretaries": secretaries_part,
    "packages": packages_part,
    "summons": summons_part,
    "departments": departments_part,
}


def _with_source(reader: SnapshotReader, context: Context) -> list[str]:
    """Return the parts for which a source gives the rows behind at least one indicator."""
    coverage = facts_of(reader, context.viewer).coverage
    return [
        part
        for part, names in PARTS.items()
        if any(coverage.get(measure) for name in names for measure in find_indicator(name).measures)
    ]
