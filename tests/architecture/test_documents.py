"""The documents keep up with the tree: every direct dependency has its reason, every role and variable its place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from data_access.migrations.versions import step_0001, step_0002, step_0003, step_0004
from data_access.store.postgresql import catalogue
from data_access.store.postgresql.shards import COORDINATOR_LOGIN

REPOSITORY = Path(__file__).resolve().parent.parent.parent
DEPENDENCIES = (REPOSITORY / "docs" / "dependencies.md").read_text(encoding="utf-8")
DEPLOYMENT = (REPOSITORY / "docs" / "deployment.md").read_text(encoding="utf-8")


def direct_dependencies() -> set[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = {re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in listed}
    return names - {project["name"]}


def explained() -> dict[str, str]:
    """Return the libraries of the table and why each is used."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", DEPENDENCIES, re.MULTILINE)
    names = ((name, why) for left, why in rows for name in re.split(r"[,\s]+", left.replace("dev:", "")))
    return {name.strip().lower(): why.strip() for name, why in names if name.strip()}


@pytest.mark.parametrize("name", sorted(direct_dependencies()))
def test_every_direct_dependency_has_its_reason(name):
    assert len(explained().get(name, "")) > 10


def test_no_reason_is_given_for_a_dependency_that_is_gone():
    known = direct_dependencies() | {"library", "---"}
    assert set(explained()) - known == set()


@pytest.mark.parametrize(
    "word",
    [
        *("DATABASE_URL", "PINGAN_HOME", "PINGAN_SIGN_IN", "PINGAN_ROLE_HOLDERS", "PINGAN_WALL_TOKEN"),
        *("PINGAN_WALL_ROLE", "PINGAN_WALL_REGION", "PINGAN_ROLE", "PINGAN_REGION", "role_holders.toml"),
        *("data_access migrate", "data_access publish", "data_access import", "audit verify", "audit prune"),
        *("migrate --shards", COORDINATOR_LOGIN),
        *(catalogue.READ_ROLE, catalogue.WRITE_ROLE, catalogue.LEDGER_ROLE, catalogue.PRUNE_ROLE),
    ],
)
def test_deployment_says_what_an_administrator_needs(word):
    assert word in DEPLOYMENT


def test_steps_of_the_shared_database_follow_each_other():
    steps = (step_0001, step_0002, step_0003, step_0004)
    assert [step.down_revision for step in steps] == [None, *(step.revision for step in steps[:-1])]
    assert f"→ {steps[-1].revision}" in DEPLOYMENT


def variables_read() -> set[str]:
    """Return the environment variables that the program reads by the names it gives them."""
    found: set[str] = set()
    for folder in ("data_access", "dashboard"):
        for path in (REPOSITORY / folder).rglob("*.py"):
            found |= set(re.findall(r'"((?:PINGAN_[A-Z_]+|DATABASE_URL))"', path.read_text(encoding="utf-8")))
    return found


def test_every_variable_of_the_environment_is_described():
    assert {name for name in variables_read() if name not in DEPLOYMENT} == set()
