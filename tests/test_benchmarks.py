"""The bench command runs what is named, and says what there is when the name is none."""

from __future__ import annotations

import pytest

from benchmarks.bench import chosen, names


def test_named_benchmarks_are_run_in_the_order_given_and_all_without_a_name():
    assert chosen(["queries", "import"]) == ["queries", "import"]
    assert chosen(["statistics_bench"]) == ["statistics"]
    assert chosen([]) == names()
    assert {"import", "queries", "pages"} <= set(names())


def test_a_name_that_is_no_benchmark_is_answered_with_those_there_are():
    with pytest.raises(SystemExit, match="querries.*queries"):
        chosen(["querries"])
