"""The page of responsibility: one of its four parts, and the item that is opened for writing."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.context import Context
from dashboard.i18n import t
from dashboard.screens.duty.departments import DepartmentsPart, departments_part
from dashboard.screens.duty.packages import PackagesPart, packages_part
from dashboard.screens.duty.secretaries import SecretariesPart, secretaries_part
from dashboard.screens.duty.span import Span, span_of
from dashboard.screens.duty.summons import SummonsPart, summons_part
from dashboard.screens.tables import ScreenTable, figures_table
from data_access.queries import SnapshotReader

PARTS = ("secretaries", "packages", "summons", "departments")


@dataclass(frozen=True)
class ResponsibilityScreen:
    """What the page draws: the part that is open, the others being empty."""

    span: Span
    part: str
    links: tuple[tuple[str, str, bool], ...]
    """Word, address and whether it is open, for each part."""
    secretaries: SecretariesPart | None = None
    packages: PackagesPart | None = None
    summons: SummonsPart | None = None
    departments: DepartmentsPart | None = None

    @property
    def tables(self) -> tuple[ScreenTable, ...]:
        """The figures and tables of the open part."""
        if self.summons is not None:
            return self.summons.tables
        open_part = self.secretaries or self.packages or self.departments
        assert open_part is not None
        return (figures_table(open_part.cards, self.span.language), *open_part.tables)


def responsibility_screen(reader: SnapshotReader, context: Context) -> ResponsibilityScreen:
    """Prepare the part that the address asks for."""
    span = span_of(reader, context)
    part = context.own_value("part", PARTS, PARTS[0])
    links = tuple((t(f"duty.part_{name}", context.language), span.link(name), name == part) for name in PARTS)
    screen = ResponsibilityScreen
    match part:
        case "packages":
            return screen(span, part, links, packages=packages_part(span))
        case "summons":
            return screen(span, part, links, summons=summons_part(span))
        case "departments":
            return screen(span, part, links, departments=departments_part(span))
    return screen(span, part, links, secretaries=secretaries_part(span))
