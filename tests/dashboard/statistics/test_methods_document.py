"""docs/methods.md names every public function of dashboard/statistics and every method key an estimate can carry."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
MODULES = sorted((REPOSITORY / "dashboard" / "statistics").glob("[!_]*.py"))
DOCUMENT = (REPOSITORY / "docs" / "methods.md").read_text(encoding="utf-8")
PLUMBING = {"as_numbers", "as_counts", "refuse", "together", "check_confidence", "normal_quantile"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_public_function_is_documented(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}
    missing = [name for name in functions - PLUMBING if not re.search(rf"`[^`]*\b{name}\b[^`]*`", DOCUMENT)]
    assert not missing


@pytest.mark.parametrize(
    "key", ["exact_poisson", "byar", "wilson", "student_t", "dobson_byar", "too_few_events", "newcombe", "no_events"]
)
def test_every_method_key_is_explained(key):
    assert f"`{key}`" in DOCUMENT
