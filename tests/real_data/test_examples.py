"""Every mapping of examples/: its documented command is run on the real files, and the facts of their README are on screen."""

from __future__ import annotations

import json
import re
import tomllib
from calendar import monthrange
from datetime import date

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.__main__ import run
from dashboard.briefing.build import build_briefing
from dashboard.context import Context, default_period
from dashboard.i18n import t
from dashboard.indicators.evaluate import values
from dashboard.navigation import PAGES
from dashboard.periods import Period
from dashboard.screens.map.screen import map_screen, region_map
from dashboard.screens.trends.screen import trends_screen
from dashboard.screens.work.disputes import disputes_screen
from dashboard.settings import snapshot_reader
from dashboard.wall.content import wall_context, wall_frame
from dashboard.wall.settings import wall_settings
from data_access.access import Scope
from data_access.home import HOME_VARIABLE, Home
from data_access.queries import SnapshotReader
from tests.conftest import EXAMPLES, REPOSITORY
from tests.dashboard.conftest import _forget, _use_the_navigation_of_the_entry_script
from tests.dashboard.test_app import opened, shown

PUBLIC_PAGES = [entry.url_path for entry in PAGES if not entry.permission]


OF_NOBODY = tuple(
    "card.no_source entry.ledger_source backtest_page.source wall_list.source "
    "definitions.catalogue audit.source briefing.source_overdue".split()
)
"""Texts of a card that names no outside system."""


def mapping_of(name: str) -> dict:
    return tomllib.loads((REPOSITORY / "examples" / f"{name}.toml").read_text(encoding="utf-8"))


def providers(name: str) -> set[str]:
    """Chinese names of those whom the mapping has its rows from."""
    named = mapping_of(name)["dataset"].items()
    return {text.partition(" / ")[0] for key, text in named if key.startswith("source:")}


class City:
    """What the tests ask of one published data set."""

    def __init__(self, home: Home) -> None:
        self.reader = SnapshotReader(home)
        self.scope = Scope("analyst", self.reader.snapshot().root_code)
        self.regions = self.reader.regions(self.scope)

    def codes(self, depth: int) -> list[str]:
        return self.regions.index[self.regions["depth"] == depth].tolist()

    def code(self, name: str, parent: str = "") -> str:
        own = self.regions[self.regions["name"] == name].sort_values("depth")
        own = own[own["parent_code"] == self.code(parent)] if parent else own[own["depth"] == own["depth"].min()]
        assert len(own) == 1, own
        return str(own.index[0])

    def total(
        self,
        measure: str,
        region: str = "",
        year: int | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> float:
        start = date(year, 1, 1) if year else start
        end = date(year, 12, 31) if year else end or self.reader.snapshot().data_through
        code = region or self.scope.region_code
        return float(self.reader.measure_values(self.scope, [measure], [code], start, end)["value"].sum())

    def people(self, region: str, year: int) -> float:
        frame = self.reader.person_years(self.scope, [region], date(year, 1, 1), date(year, 12, 31))
        return float(frame["person_years"].sum())


def test_every_example_is_documented_and_may_be_served_without_sign_in():
    documented = (REPOSITORY / "examples" / "README.md").read_text(encoding="utf-8")
    mappings = sorted((REPOSITORY / "examples").glob("*.toml"))
    assert {path.stem for path in mappings} == set(EXAMPLES)
    for path in mappings:
        assert f"make example NAME={path.stem}" in documented
        mapping = mapping_of(path.stem)
        assert mapping["dataset"]["open_data"] == "1"
        sources = {target["source"] for file in mapping["file"] for target in file["target"]}
        assert all(f"source:{source}" in mapping["dataset"] for source in sources), path


def test_london_by_year_borough_method_and_month(example_home):
    city = City(example_home("london"))
    years = [216, 188, 181, 172, 163, 155, 131, 126, 117, 106, 109, 95, 120, 117, 141, 138, 153, 133, 134, 108, 109, 24]
    assert [city.total("homicide_victims", year=year) for year in range(2003, 2025)] == years
    boroughs = {"Lambeth": 176, "Newham": 156, "Brent": 150, "Southwark": 145, "City of London": 0}
    assert {name: city.total("homicide_victims", city.code(name)) for name in boroughs} == boroughs
    months = [(1, 31), (2, 29), (3, 31)]
    first = [city.total("homicide_victims", start=date(2024, m, 1), end=date(2024, m, last)) for m, last in months]
    assert first == [9, 5, 10]
    classes = city.reader.measure_values(
        city.scope, ["homicide_victims"], [city.scope.region_code], None, date(2024, 3, 31), by=("class_code",)
    ).set_index("class_code")["value"]
    assert classes[classes > 0].to_dict() == {
        "stabbing": 1521,
        "shooting": 335,
        "unarmed": 303,
        "blunt": 202,
        "other": 424 + 151,
    }
    assert len(city.codes(1)) == 33
    shapes = city.reader.geometry(city.scope, city.codes(1))
    west, south, east, north = shapes.total_bounds
    assert -0.52 < west < -0.50 and 0.32 < east < 0.34 and 51.28 < south < 51.30 and 51.68 < north < 51.70
    assert city.reader.coverage(city.scope)["basis"].tolist() == ["counts"]


def test_one_extreme_state_does_not_take_the_colour_scale(served):
    served("us_counties")
    reader = snapshot_reader()
    root = reader.snapshot().root_code
    context = Context(root, Period.parse("1990"), "zh", "light", Scope("city_leader", root), ())
    screen = map_screen(reader, context)
    values = screen.regions["value"]
    drawn = go.Figure(region_map(screen, context, width=800, height=600).to_dict())
    (bar,) = [trace for trace in drawn.data if trace.showscale is not False][:1]
    assert values.max() > 60, "the District of Columbia"
    assert bar.zmax == sorted(values)[-2] < 25
    assert bar.colorbar.ticktext[-1].startswith("≥")
    assert "64" in screen.regions.loc[values.idxmax(), "hover"], "its own figure stays in its tooltip"


def test_trends_of_a_source_by_decade_list_the_years_that_it_has(served):
    served("us_counties")
    reader = snapshot_reader()
    root = reader.snapshot().root_code
    context = Context(root, Period.parse("1990"), "zh", "light", Scope("city_leader", root), ())
    assert trends_screen(reader, context).years["year"].tolist() == ["1990", "1980", "1970", "1960"]


def test_us_counties_by_decade_with_their_pooled_rates(example_home):
    city = City(example_home("us_counties"))
    country = city.scope.region_code
    assert (len(city.codes(1)), len(city.codes(2))) == (49, 3085)
    for year, rate, zero in ((1960, 4.531, 882), (1970, 8.213, 729), (1980, 10.247, 556), (1990, 9.877, 636)):
        assert 1e5 * city.total("homicide_victims", year=year) / city.people(country, year) == pytest.approx(
            rate, abs=5e-4
        )
        counties = city.reader.measure_values(
            city.scope, ["homicide_victims"], city.codes(2), date(year, 1, 1), date(year, 12, 31)
        )
        assert len(city.codes(2)) - (counties["value"] > 0).sum() == zero
    hinsdale = city.code("Hinsdale", "Colorado")
    assert hinsdale == "980308053000"
    assert city.people(hinsdale, 1990) == 467
    assert 1e5 * city.total("homicide_victims", hinsdale, 1990) / 467 == pytest.approx(71.38, abs=0.005)
    assert len(city.reader.geometry(city.scope, [country, *city.codes(1), *city.codes(2)])) == 3135


def test_mexico_by_month_and_municipality(example_home):
    city = City(example_home("mexico"))
    assert city.total("homicide_victims", year=2019) == 28001
    assert city.total("homicide_victims", year=2020) == 22490
    salamanca = city.code("Salamanca", "Guanajuato")
    assert city.total("homicide_victims", salamanca, 2019) == 469
    assert 1e5 * 469 / city.people(salamanca, 2019) == pytest.approx(161.3, abs=0.05)
    assert len(city.codes(1)) == 32
    assert not city.regions["name"].str.contains("No Identificado").any()
    basis = city.reader.coverage(city.scope)
    assert basis[["basis", "grain"]].drop_duplicates().to_numpy().tolist() == [["counts", "month"]]


def test_mexico_by_day_counts_the_months_that_stand_twice_once(example_home):
    city = City(example_home("mexico_daily"))
    assert city.total("homicide_victims", start=date(2019, 1, 1)) == 54633
    assert [city.total("homicide_victims", year=year) for year in (2019, 2020)] == [27987, 26646]
    months = {
        2019: [2259, 2225, 2183, 2239, 2417, 2517, 2479, 2446, 2359, 2445, 2240, 2178],
        2020: [2313, 2162, 2207, 2105, 2196, 2232, 2363, 2366, 2152, 2313, 2162, 2075],
    }
    for year, expected in months.items():
        days = [(date(year, m, 1), date(year, m, monthrange(year, m)[1])) for m in range(1, 13)]
        assert [city.total("homicide_victims", start=start, end=end) for start, end in days] == expected
    named = city.regions["name"].str.casefold() == "chilpancingo de los bravo"  # the file writes it in two ways
    (chilpancingo,) = city.regions.index[named]
    day = date(2020, 1, 22)
    assert city.total("homicide_victims", chilpancingo, start=day, end=day) == 1 + 2, (
        "two reports of one day both count"
    )
    assert len(city.codes(1)) == 32
    assert city.reader.coverage(city.scope)[["basis", "grain"]].to_numpy().tolist() == [["counts", "day"]]


def test_chuzhou_has_its_four_levels_of_codes(example_home):
    city = City(example_home("chuzhou"))
    assert [len(city.codes(depth)) for depth in range(4)] == [1, 10, 124, 1267]
    assert all(
        code.startswith(str(parent).rstrip("0")) for code, parent in city.regions["parent_code"].dropna().items()
    )
    below = {"341102": (9, 45), "341125": (25, 260), "341171": (1, 4), "341182": (17, 157)}
    for county, counts in below.items():
        inside = city.regions[city.regions.index.str.startswith(county)]
        assert tuple((inside["depth"] == depth).sum() for depth in (2, 3)) == counts
    shapes = city.reader.geometry(city.scope, city.codes(1))
    assert len(shapes) == 8
    # GCJ-02 lies about 600 m east-south-east of WGS84 here
    west = float(shapes.total_bounds[0])
    assert 0.003 < 117.161066 - west < 0.008
    assert city.reader.coverage(city.scope).empty


def test_the_other_list_of_chuzhou_leaves_out_the_functional_zones(example_home):
    city = City(example_home("chuzhou_townships"))
    assert [len(city.codes(depth)) for depth in range(3)] == [1, 8, 114]
    assert city.regions.loc["341122000000", "name"] == "来安县", "not its short name 来安"
    assert not city.regions.index.str.startswith(("341171", "341172")).any()
    assert len(city.reader.geometry(city.scope, city.codes(1))) == 8


def test_toronto_as_it_was_cut_before_has_the_figures_of_then(example_home):
    city = City(example_home("toronto_140"))
    assert len(city.codes(1)) == 140
    assert city.total("homicide_victims", year=2018) == 96, "revised to 98 since"
    assert city.people(city.scope.region_code, 2019) == 2_731_571
    humber_summit = city.code("Humber Summit")
    assert humber_summit == "980602100000", "the file's 021, its zero kept"
    rate = 1e5 * city.total("homicide_victims", humber_summit, 2019) / city.people(humber_summit, 2019)
    assert rate == pytest.approx(24.2, abs=0.05), "as the file says itself"


def test_baltimore_requests_as_disputes_with_their_stages(example_home):
    city = City(example_home("baltimore"))
    assert [city.total("disputes_received", year=year) for year in range(2014, 2020)] == [
        1755,
        1860,
        2023,
        1907,
        2222,
        233,
    ]
    assert city.total("disputes_resolved") == 9792
    assert len(city.codes(1)) == 9
    districts = {"Central": 629, "Eastern": 906, "Northeastern": 1575, "Southern": 1013, "Western": 818}
    assert {name: city.total("disputes_received", city.code(name)) for name in districts} == districts
    classes = city.reader.measure_values(
        city.scope, ["disputes_received"], [city.scope.region_code], None, date(2019, 2, 13), by=("class_code",)
    )
    assert set(classes["class_code"]) <= {"01", "02", "03", "04", "05", "06"}
    waits = city.reader.histograms(city.scope, ["resolution_days"], [city.scope.region_code], None, date(2019, 2, 13))
    assert waits["value"].sum() == 9792
    within_two_days = waits["value"][waits["upper"] <= 2].sum()
    assert within_two_days > 9792 / 2, "the median is 1.35 days"
    assert "disputes_transferred_twice" not in set(city.reader.coverage(city.scope)["measure"]), (
        "nothing of it is in the file"
    )


def test_baltimore_districts_close_on_time_as_its_readme_says(example_home):
    city = City(example_home("baltimore"))
    closed_and_late = {
        "Central": (582, 74),
        "Eastern": (880, 111),
        "Northeastern": (1525, 210),
        "Northern": (1047, 177),
        "Northwestern": (892, 165),
        "Southeastern": (1188, 168),
        "Southern": (959, 175),
        "Southwestern": (965, 161),
        "Western": (779, 136),
    }
    every = date(2029, 12, 31)
    in_time = {name: city.total("disputes_due_in_time", city.code(name), end=every) for name in closed_and_late}
    assert in_time == {name: closed - late for name, (closed, late) in closed_and_late.items()}


def test_baltimore_tells_its_overdue_requests_though_it_grades_none(example_home):
    city = City(example_home("baltimore"))
    row = values(city.reader, city.scope, "BH9", [city.scope.region_code], "2019Q1").iloc[0]
    assert row["value"] == pytest.approx(135, abs=5), (
        "135 at the last moment of its readme; counted at the end of a day"
    )


def test_a_stage_that_baltimore_does_not_keep_is_not_shown_as_none_reached(served):
    served("baltimore")
    html = shown(opened("disputes", period="2018Q4"))
    assert "按期化解率" in html, "it keeps no return visits, but due days"
    assert "最窄的一环是化解" in html, "of the stages that are kept, not the mediation that isn't"
    assert "−481" not in html
    assert "该数据未采集风险色" in html
    assert "红色隐患均已包案" not in html, "nobody said which are red"


def test_london_without_a_victim_is_a_zero_and_not_unknown(example_home):
    city = City(example_home("london"))
    kingston = city.code("Kingston upon Thames")
    year = (date(2023, 1, 1), date(2023, 12, 31))
    assert city.reader.measure_values(city.scope, ["homicide_victims"], [kingston], *year)["value"].tolist() == [0]


def test_toronto_counts_disagreeing_points_and_keeps_every_victim(example_home):
    city = City(example_home("toronto"))
    assert city.total("homicide_victims", year=2018) == 98
    assert city.total("homicide_victims", city.code("Avondale"), 2018) == 11
    assert city.total("homicide_victims", year=2024) == 85
    imports = city.reader.imports(city.scope)
    events = imports[(imports["file_name"] == "homicides_2004_2022.csv")].iloc[0]
    assert events["region_disagreements"] == 1322 - 1217 - 1, "all but the row that names no neighbourhood"
    assert events["rows_added"] == 1235 + 5 + 3, "events; days of a series of murders; events of two kinds"


@pytest.fixture
def served(example_home, monkeypatch):
    """Serve one of the data sets to the dashboard."""

    def serve(name: str) -> None:
        monkeypatch.setenv(HOME_VARIABLE, str(example_home(name).path))
        monkeypatch.delenv("PINGAN_ROLE", raising=False)
        monkeypatch.delenv("PINGAN_REGION", raising=False)
        _use_the_navigation_of_the_entry_script(monkeypatch)
        _forget()

    yield serve
    _forget()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_page_stands_on_data_that_lack_most_tables_and_names_who_they_come_from(served, name):
    served(name)
    known = providers(name) | {t(key, "zh") for key in OF_NOBODY}
    stamp = snapshot_reader().snapshot().snapshot_id
    for page in PUBLIC_PAGES:
        app = opened(page)
        assert not app.exception, (page, app.exception)
        html = shown(app)
        assert 'role="alert"' not in html, page
        named = [text for text in re.findall("<span>来源 ([^<]*)</span>", html) if stamp not in text]
        assert {name for names in named for name in re.split("[、；]", names)} <= known, page


@pytest.mark.parametrize("name", ["toronto", "baltimore"])
def test_a_page_without_any_source_says_so_and_makes_no_claims(served, name):
    served(name)
    told = set(snapshot_reader().coverage(Scope("city_leader", snapshot_reader().snapshot().root_code))["measure"])
    for entry in PAGES:
        if entry.permission or not entry.needs:
            continue
        html = shown(opened(entry.url_path))
        assert ("本页没有内容" in html) is not bool(told & set(entry.needs)), entry.url_path
        assert "本页没有内容" not in html or 'class="verdict"' not in html, entry.url_path


@pytest.mark.parametrize("name", ["toronto", "baltimore"])
def test_a_part_of_responsibility_without_any_source_says_so_and_claims_nothing(served, name):
    served(name)
    first = shown(opened("responsibility"))
    assert ("本部分没有内容" in first) is (name == "baltimore"), "the part that opens first has a source if any has"
    for part in ("secretaries", "packages", "departments"):
        html = shown(opened("responsibility", part=part))
        assert "本部分没有内容" in html and 'class="verdict"' not in html and "没有到期" not in html, part
    assert name != "toronto" or "街区" in shown(opened("responsibility", part="summons"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_commands_and_hand_outs_name_nobody_else(example_home, name, capsys):
    home = str(example_home(name).path)
    known = providers(name) | {t(key, "zh") for key in OF_NOBODY}
    assert run(["indicators", "--home", home, "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {part for row in rows for part in row["source"].split("、")} <= known
    reader = SnapshotReader(example_home(name))
    scope = Scope("city_leader", reader.snapshot().root_code)
    period = default_period(reader.snapshot())
    briefing = build_briefing(reader, scope, scope.region_code, period, "zh")
    named = [
        row[place].text
        for section in briefing.sections
        for table in section.tables
        for place, column in enumerate(table.columns)
        if column.key == "source"
        for row in table.rows
    ]
    assert {part for text in named for part in text.split("、")} <= known


@pytest.mark.parametrize(
    ("name", "period", "said"),
    [
        ("london", "2023", "汇总数"),
        ("mexico", "2019", "汇总数"),
        ("mexico_daily", "2019", "汇总数"),
        ("us_counties", "1990", "汇总数"),
        ("baltimore", "2018Q4", "逐件记录"),
    ],
)
def test_a_screen_says_whether_it_stands_on_records_or_on_counts(served, name, period, said):
    served(name)
    assert said in shown(opened(period=period))


@pytest.mark.parametrize("name", ["toronto", "london", "chuzhou", "baltimore"])
def test_every_picture_of_the_wall_stands_on_data_without_our_classes(example_home, name):
    reader = SnapshotReader(example_home(name))
    scope = Scope("duty_officer", reader.snapshot().root_code)
    settings = wall_settings()
    for screen in settings.screens.values():
        context = wall_context(reader, scope, screen, None)
        frames = [wall_frame(reader, context, settings.steps[step]) for step in screen.steps]
        assert all(frame.data_through for frame in frames)


def test_values_of_the_frame_are_numbers(example_home):
    city = City(example_home("london"))
    frame = city.reader.measure_values(city.scope, ["homicide_victims"], city.codes(1), None, date(2024, 3, 31))
    assert pd.api.types.is_float_dtype(frame["value"])


def test_baltimore_is_not_said_to_have_resolved_none_when_nobody_counts_it(example_home):
    """Due resolutions need return visits, which Baltimore does not keep: by class they stood as 0.0 %."""
    city = City(example_home("baltimore"))
    context = Context(city.scope.region_code, Period.parse("2018Q4"), "zh", "light", city.scope)
    screen = disputes_screen(city.reader, context)
    assert screen.classes[["due_resolved", "relapsed"]].isna().all(axis=None)
    assert set(screen.classes["due_resolved_text"]) == {"—"} and set(screen.sources["merge_rate_text"]) == {"—"}
    assert (screen.classes["resolved"].dropna() > 0).all() and screen.classes["received"].sum() == 503
