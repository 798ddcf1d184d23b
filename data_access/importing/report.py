"""What an import did, or would do, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class TargetReport:
    """What became of the rows of one file for one table."""

    file: str
    table: str
    source: str
    sheet: str = ""
    """Of the file, where the mapping names one."""
    read: int = 0
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    quarantined: int = 0
    excluded: int = 0
    given_again: int = 0
    """Rows that a later file of the same import has, too; that one's stand."""
    disagreements: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    """First problems, in English and Chinese."""

    @property
    def label(self) -> str:
        """The file, and its sheet where the mapping names one."""
        return f"{self.file} [{self.sheet}]" if self.sheet else self.file

    def reconciles(self) -> bool:
        """Return whether every row read is accounted for."""
        return self.read == self.added + self.replaced + self.unchanged + self.left_out

    @property
    def left_out(self) -> int:
        """Rows that were read but did not come in by this file."""
        return self.quarantined + self.excluded + self.given_again


@dataclass
class ImportReport:
    """The plan of a dry run, or what an import did."""

    batch_id: str
    dry_run: bool
    targets: list[TargetReport] = field(default_factory=list)
    quarantine_files: list[Path] = field(default_factory=list)


def report_lines(report: ImportReport, language: str) -> list[str]:
    """Return the report as lines for the command line."""
    english = language == "en"
    lines = []
    if report.dry_run:
        lines.append("Plan only, nothing was changed." if english else "仅为预演，未做任何更改。")
    for target in report.targets:
        counts = (target.read, target.added, target.replaced, target.unchanged, target.excluded, target.quarantined)
        words = (
            "{}: {} read, {} new, {} replaced, {} unchanged, {} left out or joined, {} quarantined"
            if english
            else "{}：读入 {}，新增 {}，替换 {}，未变 {}，排除或合并 {}，隔离 {}"
        )
        lines.append(words.format(f"{target.label} → {target.table}", *counts))
        if target.given_again:
            words = (
                "  {} rows are left out: a later file of this import has them, too, and the last one stands"
                if english
                else "  {} 行未取：本次导入中后面的文件也有这些行，以最后一个为准"
            )
            lines.append(words.format(target.given_again))
        if target.disagreements:
            words = (
                "  {} rows whose code and point name two regions; the code stands"
                if english
                else "  {} 行的代码与坐标不在同一区划，以代码为准"
            )
            lines.append(words.format(target.disagreements))
        lines += [f"  {problem[0 if english else 1]}" for problem in target.problems]
    for path in report.quarantine_files:
        words = (
            "Refused rows: {} – correct them there and import that file"
            if english
            else "被隔离的行见 {}，更正后导入该文件即可"
        )
        lines.append(words.format(path))
    return lines
