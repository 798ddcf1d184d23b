"""The index of a result is what pandas itself would make, made sooner."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.indicators.engine.numbers import regions_by_periods


@pytest.mark.parametrize(
    ("codes", "periods"),
    [
        (["b", "c", "a"], ["2024Q4", "2023Q4"]),
        (["a"], ["2024-11", "2024-12", "2024-11"]),
        (["a", "b"], []),
        ([], []),
    ],
)
def test_index_is_the_product_that_pandas_makes(codes, periods):
    own = regions_by_periods(codes, periods)
    expected = pd.MultiIndex.from_product([codes, periods], names=["region_code", "period"])
    pd.testing.assert_index_equal(own, expected, exact=True)
    for mine, theirs in zip(own.codes, expected.codes, strict=True):
        np.testing.assert_array_equal(mine, theirs)
