"""docs/methods.md names every public function of the statistics and the grading, and every method key an estimate can carry."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDERS = [REPOSITORY / "dashboard" / name for name in ("statistics", "grading")]
MODULES = sorted(path for folder in FOLDERS for path in folder.rglob("[!_]*.py") if path.stem != "command_line")
DOCUMENT = (REPOSITORY / "docs" / "methods.md").read_text(encoding="utf-8")
PLUMBING = {
    *("as_numbers", "as_counts", "refuse", "together", "check_confidence", "normal_quantile", "poisson_fit"),
    *("kept", "index_settings", "matrix_settings", "assessment_settings"),
}
"""What checks input, keeps results or reads settings."""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_every_public_function_is_documented(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}
    missing = [name for name in functions - PLUMBING if not re.search(rf"`[^`]*\b{name}\b[^`]*`", DOCUMENT)]
    assert not missing


def test_every_function_that_is_documented_exists():
    """What stands alone in the first column of a table is the name of something in the code."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    named = re.findall(r"^\| (`[a-z_.]+`(?:, `[a-zA-Z_.]+`)*) \|", DOCUMENT, re.MULTILINE)
    names = {name.split(".")[-1] for cell in named for name in re.findall(r"`([\w.]+)`", cell)}
    gone = [name for name in names if not re.search(rf"\b{name}\b", code)]
    assert len(names) > 50 and not gone


@pytest.mark.parametrize(
    "key", ["exact_poisson", "byar", "wilson", "student_t", "dobson_byar", "too_few_events", "newcombe", "no_events"]
)
def test_every_method_key_is_explained(key):
    assert f"`{key}`" in DOCUMENT
