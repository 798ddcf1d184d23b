"""The colour scale of a map leaves out what lies far beyond the rest, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.maps import robust_limits


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 100], (0, 6)),
        ([-100, 1, 2, 3, 4, 5, 6, 7], (1, 7)),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8], (0, 8)),
        ([1, 2, 100], (1, 100)),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 9], (0, 9)),
    ],
)
def test_only_values_far_beyond_the_quartiles_are_left_out(values, limits):
    assert robust_limits(np.array(values, float)) == limits
