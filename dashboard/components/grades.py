"""Columns of tables that rank regions by their grade."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.components.chips import grade_chip, grade_strip
from dashboard.components.tables import Column
from dashboard.i18n import t


def grade_column(language: str) -> Column:
    """Return the column that shows each row's ``grade`` as a chip."""
    return Column(
        name="grade",
        title=t("ranking.grade", language),
        kind="mark",
        draw=lambda row: grade_chip(row["grade"], language),
    )


def strip_column(months: Sequence[str], language: str) -> Column:
    """Return the column that shows each row's ``strip``: the grades of ``months``, oldest first."""
    return Column(
        name="strip",
        title=t("ranking.strip", language),
        kind="mark",
        draw=lambda row: grade_strip(row["strip"], months, language),
    )
