"""The statistics on published data: NCOVR's homicide atlas, Toronto's rates, London's months."""

import gzip
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from dashboard.statistics import clusters, funnels
from dashboard.statistics.comparisons import chance_of_as_many, defensible_red, rate_ratio
from dashboard.statistics.control_charts import xmr_chart
from dashboard.statistics.intervals import rate, rate_of_dependent_events
from dashboard.statistics.shrinkage import marshall_global, marshall_spatial


@pytest.fixture(scope="module")
def counties(shared_data: Path) -> gpd.GeoDataFrame:
    """3,085 US counties with homicide counts (three-year means) and populations."""
    folder = shared_data / "ncovr_us_counties"
    if not (folder / "NAT.shp").exists():
        pytest.skip("the NCOVR counties are not beside the repository")
    return gpd.read_file(folder / "NAT.shp", ignore_geometry=True)


@pytest.fixture(scope="module")
def queen(shared_data: Path, counties: gpd.GeoDataFrame) -> list[list[int]]:
    """Neighbours of each county by position, from the published contiguity file."""
    place = {int(code): number for number, code in enumerate(counties["FIPSNO"])}
    lines = (shared_data / "ncovr_us_counties" / "nat_queen.gal").read_text().splitlines()[1:]
    near: list[list[int]] = [[] for _ in place]
    for head, tail in zip(lines[::2], lines[1::2], strict=True):
        near[place[int(head.split()[0])]] = [place[int(code)] for code in tail.split()]
    return near


@pytest.fixture(scope="module")
def neighbourhoods(shared_data: Path) -> pd.DataFrame:
    """Toronto's 158 neighbourhoods with published counts, rates and the population of 2024."""
    file = shared_data / "toronto_homicide" / "neighbourhoods158_crime_rates_2014_2024.geojson.gz"
    if not file.exists():
        pytest.skip("Toronto's neighbourhoods are not beside the repository")
    with gzip.open(file, "rt", encoding="utf-8") as opened:
        features = json.load(opened)["features"]
    return pd.DataFrame([feature["properties"] for feature in features])


@pytest.mark.parametrize(("year", "pooled"), [(60, 4.531), (70, 8.213), (80, 10.247), (90, 9.877)])
def test_the_pooled_rate_of_us_counties_is_the_published_one(counties, year, pooled):
    events, people = counties[f"HC{year}"], counties[f"PO{year}"]
    assert 1e5 * funnels.average(events, people) == pytest.approx(pooled, abs=5e-4)
    assert rate(events, people).value == pytest.approx(counties[f"HR{year}"].to_numpy(), abs=1e-7)


@pytest.mark.parametrize(("year", "value"), [(60, 0.3691), (70, 0.4288), (80, 0.3816), (90, 0.3833)])
def test_morans_i_of_us_homicide_rates_is_the_published_one(counties, queen, year, value):
    found = clusters.moran(counties[f"HR{year}"], queen, permutations=99)
    assert found.value == pytest.approx(value, abs=5e-5)
    assert found.p_value == pytest.approx(0.01)


def test_local_clusters_of_us_homicide_lie_in_the_south(counties, queen):
    found = clusters.local_clusters(counties["HC90"], counties["PO90"], queen)
    southern = counties["SOUTH"].to_numpy() == 1
    assert southern[found.label == "high_high"].mean() > 0.9
    assert southern[found.label == "low_low"].mean() < 0.1


# Every ninetieth county and five of the strongest clusters, HC90 by PO90 on nat_queen.gal: FIPS, "Pr(folded) Sim" of spdep
# 1.2-7's localmoran_perm (the rate less b over sqrt(a + b / people), a and b of EBest; 9,999 permutations) and
# EBlocal(geoda = TRUE) per 100,000
SPDEP = """
    30029:0.3255:3.408626096 23003:0.0560:2.075519250 55013:0.0096:2.381900280 50019:0.1923:3.389284776
    46097:0.1571:1.346393349 56023:0.2524:4.042807557 56007:0.3760:5.166898417 39055:0.1752:2.524007065
    42089:0.0001:2.667080468 19159:0.0749:1.155721979 6103:0.3185:5.999311047 32001:0.4909:6.311126312
    54049:0.0509:5.073330768 51043:0.1092:3.821473496 18083:0.0469:2.860016493 17133:0.0474:6.116928907
    6095:0.2443:7.167519676 54109:0.0075:13.283095156 51119:0.1995:7.440199397 21139:0.2089:4.068542983
    35039:0.3443:16.301223067 37181:0.0290:14.152779252 37027:0.2091:10.405801482 48065:0.2316:9.188640231
    5105:0.1700:12.923521598 13055:0.2304:8.756060394 40085:0.0413:11.321448957 48119:0.1336:9.352143494
    5139:0.0021:16.437548944 28053:0.0001:27.064084818 48417:0.4403:5.403042404 13103:0.0067:17.493296626
    48425:0.2940:5.153989761 28063:0.0047:14.759688959 28085:0.0024:15.578374583 22125:0.4848:6.492753623
    22087:0.0010:16.997034949 48061:0.4351:10.344476110 26121:0.0152:4.418829110 18039:0.0090:3.947059470
"""


def test_local_clusters_and_neighbours_shrinkage_of_us_homicide_are_spdeps(counties, queen):
    code, p_value, smoothed = np.array([word.split(":") for word in SPDEP.split()], dtype=float).T
    place = [int(np.flatnonzero(counties["FIPSNO"] == each)[0]) for each in code]
    local = clusters.local_clusters(counties["HC90"], counties["PO90"], queen, permutations=999).p_value[place] / 2
    # Both draw: a difference has this standard error, and 1/1,000 is the smallest that ours can say.
    error = np.sqrt(p_value * (1 - p_value) * (1 / 999 + 1 / 9_999))
    assert (np.abs(local - p_value) < 3.5 * error + 1 / 1_000).all()
    near = marshall_spatial(counties["HC90"], counties["PO90"], queen)
    assert near.value[place] == pytest.approx(smoothed, rel=1e-6)
    # EBlocal gives nothing where neither a county nor its neighbours had a case; 0 is what is known there.
    assert np.isfinite(near.value).all()


def test_morans_i_of_us_homicide_by_empirical_bayes_is_spdeps(counties, queen):
    # EBImoran.mc, 9,999 simulations: 0.39609, the highest of all
    found = clusters.moran_of_rates(counties["HC90"], counties["PO90"], queen, permutations=999)
    assert (found.value, found.p_value) == (pytest.approx(0.39609, abs=5e-6), pytest.approx(0.001))


def test_the_highest_raw_rate_rests_on_a_third_of_a_case_and_is_not_red(counties):
    # Hinsdale, Colorado: 467 people, 0.333 homicides a year, the highest rate of the nation; New Orleans has 294
    events, people = counties["HC90"].to_numpy(), counties["PO90"].to_numpy(dtype=float)
    raw = rate(events, people).value
    named = counties["NAME"] + ", " + counties["STATE_NAME"]
    hinsdale, orleans = (int(np.flatnonzero(named == name)[0]) for name in ("Hinsdale, Colorado", "Orleans, Louisiana"))
    assert raw.argmax() == hinsdale and raw[hinsdale] == pytest.approx(71.38, abs=0.005)
    expected = people * funnels.average(events, people)
    status = defensible_red(chance_of_as_many(events, expected), "both").status
    smoothed = marshall_global(events, people).value
    assert status[hinsdale] != "red" and smoothed[hinsdale] < 15
    assert status[orleans] == "red" and smoothed[orleans] > 50


def test_smoothed_us_rates_lie_between_raw_and_mean(counties, queen):
    events, people = counties["HC90"].to_numpy(), counties["PO90"].to_numpy(dtype=float)
    raw = events / people * 1e5
    for smoothed in (marshall_global(events, people), marshall_spatial(events, people, queen)):
        low, high = np.minimum(raw, smoothed.towards), np.maximum(raw, smoothed.towards)
        assert ((low - 1e-9 <= smoothed.value) & (smoothed.value <= high + 1e-9)).all()


def test_torontos_rates_are_the_published_ones(neighbourhoods):
    estimate = rate(neighbourhoods["HOMICIDE_2024"].fillna(0), neighbourhoods["POPULATION_2024"])
    assert estimate.value == pytest.approx(neighbourhoods["HOMICIDE_RATE_2024"].fillna(0).to_numpy(), abs=1e-6)
    city = rate(85, 3_179_220)
    assert float(city.value) == pytest.approx(2.674, abs=5e-4)
    assert neighbourhoods["HOMICIDE_2024"].sum() == 85
    assert neighbourhoods["POPULATION_2024"].sum() == 3_179_220


def test_torontos_worst_neighbourhoods_rest_on_two_deaths(neighbourhoods):
    events = neighbourhoods["HOMICIDE_2024"].fillna(0).to_numpy(dtype=float)
    people = neighbourhoods["POPULATION_2024"].to_numpy(dtype=float)
    raw, smoothed = rate(events, people), marshall_global(events, people)
    highest = np.argsort(raw.value)[::-1][:3]
    assert raw.value[highest] == pytest.approx([25.92, 24.52, 23.16], abs=0.005)
    assert (raw.value == 0).sum() == 102
    assert (raw.lower[highest] < 5).sum() >= 2, "two of the three intervals reach far down"
    assert smoothed.value.max() < raw.value.max() / 2


def test_an_attack_with_many_victims_widens_torontos_interval(shared_data: Path):
    file = shared_data / "toronto_homicide" / "homicides_2004_2022.csv"
    if not file.exists():
        pytest.skip("Toronto's homicides are not beside the repository")
    victims = pd.read_csv(file)
    sizes = victims[victims["OCC_YEAR"] == 2018].groupby("EVENT_UNIQUE_ID").size()
    assert sizes.sum() == 98 and sizes.max() == 11
    plain = rate(98, 3e6)
    clustered = rate_of_dependent_events(sizes.sum(), (sizes**2).sum(), 3e6)
    assert clustered.upper - clustered.lower > 1.3 * (plain.upper - plain.lower)


def test_londons_years_differ_less_than_a_headline_says(shared_data: Path):
    file = shared_data / "london_homicide_monthly" / "homicide_victims_2003_2024.csv"
    if not file.exists():
        pytest.skip("London's homicides are not beside the repository")
    victims = pd.read_csv(file)
    years = victims.groupby("Recorded Year").size()
    assert years[2019] == 153 and years[2020] == 133
    fall = rate_ratio(133, 1, 153, 1)
    assert fall.value == pytest.approx(0.87, abs=0.005), "a headline of minus 13 per cent"
    assert fall.lower < 1 < fall.upper and fall.p_value > 0.2
    dated = pd.to_datetime(victims["Recorded Year"].astype(str) + victims["Recorded Month"], format="%Y%b")
    months = dated[dated.dt.year.between(2015, 2019)].value_counts().sort_index()
    chart = xmr_chart(months, bounds=(0, np.inf))
    assert len(months) == 60 and (chart.rule == "outside").mean() < 0.05
