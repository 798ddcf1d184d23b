"""A briefing of the demonstration city, its files, and a made-up one that is full of what is hard to lay out."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from dashboard.briefing import Briefing, Decision, Decisions, build_briefing, write_briefing
from dashboard.briefing.model import OverdueItem
from dashboard.briefing.sections import with_sections
from dashboard.periods import Period

PERIOD = Period.parse("2024Q4")
LONG_UNIT = "示例市平安建设与矛盾纠纷多元预防调处化解综合工作协调推进领导小组办公室调度督办专班"[:40]
LONG_TASK = "逐件核实超期纠纷并明确责任单位、时限和复核人。" * 87


@pytest.fixture(scope="session")
def briefing(reader, city_scope) -> Briefing:
    return build_briefing(reader, city_scope, city_scope.region_code, PERIOD, "zh")


@pytest.fixture(scope="session")
def english_briefing(reader, city_scope) -> Briefing:
    return build_briefing(reader, city_scope, city_scope.region_code, PERIOD, "en")


@pytest.fixture(scope="session")
def hard_briefing(reader, city_scope, briefing) -> Briefing:
    """40-character units, a 2,000-character decision, 200 overdue items, formula-looking text, a county without data."""
    county = briefing.league[0]
    task = LONG_TASK[:1988] + "。末尾标记ENDMARK"
    assert len(LONG_UNIT) == 40
    assert len(task) == 2000
    decision = Decision(
        decision_id="L1",
        region_code=county.region_code,
        region_name=county.name,
        task=task,
        unit=LONG_UNIT,
        decided_on=date(2024, 9, 1),
        due_on=date(2024, 10, 1),
        done_on=None,
        state="overdue",
        days_overdue=91,
        opinion="=1+1",
    )
    new = replace(decision, decision_id="N1", task='=HYPERLINK("x")', state="open", days_overdue=0)
    built = build_briefing(
        reader, city_scope, city_scope.region_code, PERIOD, "zh", Decisions((decision,), (new,), True)
    )
    overdue = tuple(
        OverdueItem(
            "case_package", f"逾期事项{place:03d}号", county.region_code, county.name, LONG_UNIT, due, 400 - place
        )
        for place in range(1, 201)
        if (due := date(2023, 11, 27) + timedelta(days=place))
    )
    blank = replace(
        built.league[-1], index=None, lower=None, upper=None, grade="insufficient", index_text="—", interval_text=""
    )
    league = (*built.league[:-1], blank)
    pages = tuple(
        replace(page, overdue=overdue[:4], overdue_count=200)
        if page.standing.region_code == county.region_code
        else replace(page, standing=blank, empty_reason="本季数据不足，不评指数")
        if page.standing.region_code == blank.region_code
        else page
        for page in built.pages
    )
    changed = replace(built, league=league, pages=pages, overdue=overdue, overdue_count=200)
    return with_sections(reader, city_scope, changed)


@pytest.fixture(scope="session")
def converted(tmp_path_factory):
    """Convert a file to PDF with LibreOffice and return its text by page; one conversion a file and session."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed; `make system-packages` installs it")
    folder = tmp_path_factory.mktemp("office")
    done: dict[tuple[int, str], list[str]] = {}

    def pages(briefing: Briefing, form: str) -> list[str]:
        key = (id(briefing), form)
        if key not in done:
            source = folder / f"{len(done)}.{form}"
            source.write_bytes(write_briefing(briefing, form))
            command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
            command += ["--convert-to", "pdf", "--outdir", str(folder), str(source)]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            done[key] = text_of(source.with_suffix(".pdf"))
        return done[key]

    return pages


def text_of(path: Path) -> list[str]:
    """Return the text of each page of a PDF."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not installed; `make system-packages` installs it")
    done = subprocess.run([program, str(path), "-"], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.removesuffix("\f").split("\f")
