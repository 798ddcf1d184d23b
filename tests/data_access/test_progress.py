"""The bars of long commands say in Chinese what they are at, in English when that is asked for."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

import data_access
from data_access.progress import STEPS, progress_bar, step_name

REPORTED = re.compile(r'report\([^"]*"(\w+)"\)')


def test_every_step_that_is_reported_has_a_name_in_both_languages():
    folder = Path(data_access.__file__).parent
    steps = {step for path in folder.rglob("*.py") for step in REPORTED.findall(path.read_text(encoding="utf-8"))}
    assert {"regions", "incidents", "roll_ups", "reconcile", "share"} <= steps <= STEPS.keys()
    for chinese, english in STEPS.values():
        assert not re.search("[A-Za-z]", chinese) and re.fullmatch("[A-Za-z -]+", english)


@pytest.mark.parametrize(("language", "name"), [("zh", "核对总数"), ("en", "Reconcile")])
def test_the_bar_names_its_step_in_the_language_of_the_command(language, name):
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, width=80)
    with progress_bar("publish", language, console=console) as at:
        at(0.85, "reconcile")
    assert name in drawn.getvalue()
    assert "reconcile" not in drawn.getvalue()


def test_a_file_stands_for_itself():
    assert step_name("区划.csv", "zh") == "区划.csv"
