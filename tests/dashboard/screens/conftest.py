"""Places of the demonstration city that screens are asked about."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def places(reader, city_scope) -> dict[int, list[str]]:
    """Codes by depth: counties, townships, grids."""
    regions = reader.regions(city_scope)
    return {depth: regions.index[regions["depth"] == depth].tolist() for depth in (1, 2, 3)}
