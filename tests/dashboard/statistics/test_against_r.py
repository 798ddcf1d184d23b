"""The answers of other programs to small inputs, where no published table was at hand: 1e-6 for closed forms.

R 4.2.2 with surveillance 1.20.3, spdep 1.2-7 and spData 2.2.1; qicharts2 0.8.1 (commit 1b9487e); FunnelPlotR 0.6.0 (commit
9020d49). Inputs without a source are random draws. Only numbers are taken, no code.
"""

import numpy as np
import pytest

from dashboard.statistics.clusters import local_clusters, moran_of_rates
from dashboard.statistics.comparisons import rate_ratio
from dashboard.statistics.control_charts import g_chart, p_chart, u_chart
from dashboard.statistics.control_signals import RunRules, run_rules
from dashboard.statistics.early_warning import early_warnings
from dashboard.statistics.funnels import overdispersed_funnel, proportion_overdispersion, ratio_overdispersion
from dashboard.statistics.shrinkage import marshall_global, marshall_spatial
from dashboard.statistics.trends import cochran_armitage

CLOSED = {"rel": 1e-6, "abs": 1e-9}


def numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]


# Visits to English emergency departments in twenty weeks: seen within four hours, and all
# (Mohammed et al. 2013, BMJ Quality & Safety 22:362; qicharts2 nhs_accidents)
IN_TIME = numbers(
    """
    266501 264225 276532 281461 269071 261215 270409 279778 270483 270320
    267923 271478 255353 256820 261835 259144 255910 260863 264465 260989
    """
)
ATTENDED = numbers(
    """
    280443 276823 291681 296155 282343 275888 283867 295251 284468 282529
    279618 283932 266629 268091 276803 271578 266005 273520 278574 273772
    """
)

# Deaths of children under five 1977–85 and their number in 1981 in the 167 areas of Auckland (Marshall 1991; spData auckland)
AUCKLAND_DEATHS = numbers(
    """
    8 2 5 8 1 2 2 1 6 2 15 6 6 3 2 5 3 1 5 4 3 8 20 13 4 3 2 0 3 1 2 4 2 5 4 10 8 7 3 7 15 9 8 14 12 10 5 6 5 3 4 9 4 4 10 6 8
    3 4 7 3 8 6 8 24 15 1 8 5 1 5 15 11 4 1 5 2 13 14 3 11 26 5 4 1 4 5 8 5 4 11 4 1 5 2 6 4 9 16 4 2 12 5 7 12 12 14 12 7 3 3 5
    9 9 4 3 11 10 2 10 17 5 9 17 10 18 10 17 9 6 29 12 8 11 11 3 8 24 4 7 7 4 1 3 15 34 27 26 8 13 11 31 7 17 14 38 4 27 10 10 6
    18 2 5 28 18 3
    """
)
AUCKLAND_CHILDREN = numbers(
    """
    252 45 360 366 54 36 72 27 708 234 522 183 165 225 93 225 144 120 336 369 534 429 858 756 354 72 63 45 75 114 180 282 144
    402 168 699 423 408 165 195 273 522 372 369 429 447 222 264 432 201 189 327 198 279 306 306 162 189 315 429 141 522 570 435
    981 858 138 204 39 6 90 486 324 165 189 438 153 375 234 219 435 933 99 81 93 234 183 393 303 339 450 258 135 168 153 177 288
    516 318 201 66 309 261 516 285 495 255 444 465 261 225 414 471 459 282 150 225 228 21 288 366 204 216 378 309 480 384 348 351
    450 543 423 399 345 339 288 306 1359 372 330 360 192 162 183 528 795 891 1209 357 618 528 1248 186 918 387 1290 255 1407 570
    306 312 594 177 177 762 714 303
    """
)

# A square of four by four areas
GRID_EVENTS = [13, 13, 0, 2, 2, 11, 1, 0, 13, 0, 0, 5, 16, 7, 2, 3]
GRID_PEOPLE = numbers("65786 154914 8584 25562 3574 132276 17703 10085 61765 8261 3312 20659 149672 18234 5248 21346")
GRID = [
    [row * 4 + column + step for step, inside in STEPS if inside]
    for row in range(4)
    for column in range(4)
    if (STEPS := ((-4, row > 0), (-1, column > 0), (1, column < 3), (4, row < 3)))
]


def test_limits_of_large_shares_are_laneys():
    # qic(r, n = n, data = nhs_accidents, chart = "pp")
    chart = p_chart(IN_TIME, ATTENDED, laney=True)
    assert chart.centre[0] == pytest.approx(0.952899711344, **CLOSED)
    assert chart.lower[[0, 1, 19]] == pytest.approx([0.940129644178, 0.940046418625, 0.939974996523], **CLOSED)
    assert chart.upper[[0, 1, 19]] == pytest.approx([0.965669778511, 0.965753004063, 0.965824426165], **CLOSED)
    assert chart.runs == RunRules(5, 7, 9, 6, 20, False)


def test_limits_of_dispersed_rates_are_laneys():
    # qic(events, n = exposure, chart = "up")
    events = [55, 187, 200, 80, 59, 167, 145, 183, 195, 63, 71, 118, 74, 156, 74, 56]
    exposure = numbers("3402 6797 8418 3991 2733 6907 5696 7656 8696 2773 3913 5434 4229 5914 3838 3413")
    chart = u_chart(events, exposure, factor=1000, laney=True)
    assert chart.centre[0] == pytest.approx(22.46748598, **CLOSED)
    assert chart.lower[[0, 1, 15]] == pytest.approx([10.238733160, 13.816000437, 10.258455521], **CLOSED)
    assert chart.upper[[0, 1, 15]] == pytest.approx([34.696238801, 31.118971523, 34.676516439], **CLOSED)


def test_limits_of_operations_between_deaths_are_those_of_qicharts2():
    # qic(counts, chart = "g"): runs around the median, 23.5
    counts = [13, 6, 23, 24, 17, 22, 95, 40, 20, 37, 48, 11, 24, 3, 28, 20, 8, 56, 45, 19, 44, 81, 15, 41]
    chart = g_chart(counts)
    assert (chart.lower[0], chart.upper[0]) == pytest.approx((0, 124.82136449), **CLOSED)
    assert chart.runs == RunRules(3, 8, 15, 8, 24, False)


def test_a_shift_of_hospital_infections_is_found_by_anhoejs_rules():
    # qic(month, n, data = cdi): Clostridium difficile in a Danish hospital by month, halved in the second year
    infections = numbers(
        "17 12 27 20 20 18 22 19 19 24 17 16 24 19 19 22 25 19 17 6 25 17 11 14 9 11 7 13 5 5 3 5 9 4 5 9"
    )
    assert run_rules(infections, 17) == RunRules(14, 8, 6, 11, 32, True)


OBSERVED = [7, 18, 45, 22, 49, 5, 10, 78, 36, 79, 31, 18]
EXPECTED = [15.0, 20.0, 38.3, 23.7, 46.5, 4.9, 7.0, 94.8, 52.7, 62.0, 27.3, 34.4]


@pytest.mark.parametrize(
    ("transform", "phi", "tau2", "limits"),
    # FunnelPlotR's functions for standardised ratios (method SHMI, then CQC), winsorised at 10 %, limits at 50 and 1,000
    # expected. On the square-root scale its limits are left as roots; ours are squared back to ratios.
    [
        (
            "log",
            2.687691302343,
            0.056819569121,
            [
                [0.5808688073, 1.721559133, 0.4246460363, 2.354902471],
                [0.6241983674, 1.602054815, 0.4756524123, 2.102375546],
            ],
        ),
        (
            "square_root",
            2.174017824868,
            0.010084861272,
            np.square(
                [
                    [0.7592763528, 1.240723647, 0.6204563361, 1.379543664],
                    [0.8007490411, 1.199250959, 0.6858454088, 1.314154591],
                ]
            ),
        ),
    ],
)
def test_variance_between_ratios_is_funnelplotrs(transform, phi, tau2, limits):
    found = ratio_overdispersion(OBSERVED, EXPECTED, transform=transform)
    assert (found.phi, found.tau2) == pytest.approx((phi, tau2), **CLOSED)
    assert both_limits(overdispersed_funnel([50, 1000], found)) == pytest.approx(np.array(limits), **CLOSED)


def test_variance_between_shares_is_funnelplotrs():
    part = [20, 208, 466, 73, 13, 42, 20, 32, 105, 37, 283, 149]
    whole = [74, 691, 2090, 298, 60, 152, 84, 91, 342, 166, 1180, 541]
    common = sum(part) / sum(whole)
    found = proportion_overdispersion(part, whole, common)
    assert (found.phi, found.tau2) == pytest.approx((1.67038912599630, 0.00049281241341), **CLOSED)
    limits = [
        [0.1372302128, 0.3856320874, 0.0849312114, 0.4683997630],
        [0.2061818138, 0.2986510040, 0.1818299504, 0.3272120043],
    ]
    assert both_limits(overdispersed_funnel([50, 1000], found, common)) == pytest.approx(np.array(limits), **CLOSED)


def both_limits(funnel):
    """Rows: the sizes; columns: lower and upper at 95 %, then at 99.8 %. FunnelPlotR's z has seven digits."""
    wide, wider = funnel.limits_95, funnel.limits_99_8
    return np.column_stack([wide.lower, wide.upper, wider.lower, wider.upper])


def test_smoothed_child_mortality_of_auckland_is_marshalls():
    # EBest(Deaths.1977.85, 9 * Under.5.1981), parameters a and b
    people = 9 * np.array(AUCKLAND_CHILDREN)
    found = marshall_global(AUCKLAND_DEATHS, people, factor=1)
    assert found.towards[0] == pytest.approx(0.00263343619314, **CLOSED)
    variance = found.towards**2 / (found.shape - AUCKLAND_DEATHS)
    assert variance == pytest.approx(np.full(167, 7.28417290098e-07), rel=1e-6)
    first = [0.00297803392572, 0.00286562329254, 0.00211816466150, 0.00253580831875, 0.00256520148587, 0.00292454654368]
    assert found.value[:6] == pytest.approx(first, rel=1e-6)
    assert (found.value.min(), found.value.max()) == pytest.approx((0.00148678289714, 0.00453061996061), rel=1e-6)


def test_rates_smoothed_by_neighbours_are_spdeps():
    # EBlocal(events, people, cell2nb(4, 4), geoda = TRUE) and EBest, per 100,000
    near = numbers(
        """
        17.4402026438 9.1038035642 7.7383284243 4.5217155389 18.1733334144 8.3807328058 6.9783670621 9.3283086799
        18.0717134498 10.1793307510 13.6806651441 14.4399119165 11.6405767729 25.0776614276 24.9272953885 21.1626775020
        """
    )
    whole = numbers(
        """
        17.2046880899 9.1452443817 10.0152741190 10.5071448850 16.4426341800 9.1871833150 10.1787100637 9.6844051534
        17.9170422768 10.0894516678 11.3809809772 16.7832527079 11.0257773336 21.2752804275 15.7646405652 13.0522791188
        """
    )
    assert marshall_spatial(GRID_EVENTS, GRID_PEOPLE, GRID).value == pytest.approx(near, **CLOSED)
    assert marshall_global(GRID_EVENTS, GRID_PEOPLE).value == pytest.approx(whole, **CLOSED)


def test_local_morans_i_of_rates_is_spdeps():
    # localmoran of (rate - b) / sqrt(a + b / people), a and b of EBest, and EBImoran.mc; spdep divides by n, esda by n - 1
    local = numbers(
        """
        0.324258494059 0.265810713093 0.719841608222 0.658734458473 0.412573448050 0.144150284883 0.684403316215
        0.202532121753 0.078807060701 -0.330581336975 -0.039559866380 -0.517294079313 -0.606414798883 -0.187954080012
        0.462598397076 -0.057783060630
        """
    )
    found = local_clusters(GRID_EVENTS, GRID_PEOPLE, GRID, permutations=99)
    assert found.value * 16 / 15 == pytest.approx(local, **CLOSED)
    whole = moran_of_rates(GRID_EVENTS, GRID_PEOPLE, GRID, permutations=9)
    assert whole.value == pytest.approx(0.13838266752, **CLOSED)


@pytest.mark.parametrize(
    ("part", "whole", "chi_square", "p_value"),
    # prop.trend.test(part, whole)
    [
        ([3, 5, 9, 11, 15], [40, 42, 45, 41, 44], 12.063473010, 5.1419409731e-04),
        ([120, 118, 131, 140, 133], [1000, 990, 1010, 1005, 995], 2.0090547605, 0.1563627142),
        ([0, 1, 0, 2, 1], [30, 31, 29, 33, 30], 1.12271775571, 0.28933400261),
    ],
)
def test_trends_of_shares_are_those_of_rs_test(part, whole, chi_square, p_value):
    found = cochran_armitage(part, whole)
    assert (float(found.chi_square), float(found.p_value)) == pytest.approx((chi_square, p_value), **CLOSED)


@pytest.mark.parametrize(
    ("first", "second", "confidence", "value", "lower", "upper", "p_value"),
    # poisson.test(events, time): limits of the two-sided test, twice the smaller p-value of the two one-sided ones
    [
        ((2, 1), (9, 1), 0.95, 0.222222222222, 0.023364641053, 1.073638435830, 0.0654296875),
        ((25, 22), (31, 22.4), 0.95, 0.82111436950, 0.46482914902, 1.43694455997, 0.54856912634),
        ((0, 10), (5, 12), 0.95, 0, 0, 1.3095349262, 0.096565684162),
        ((7, 3), (0, 2), 0.95, np.inf, 0.96087234589, np.inf, 0.0559872),
        ((310, 1e6), (250, 9e5), 0.998, 1.116, 0.85584151182, 1.45860542994, 0.21131071834),
        ((1, 126), (40, 5000), 0.998, 0.99206349206, 9.6836289296e-04, 10.164925835, 1),
    ],
)
def test_rate_ratios_are_those_of_rs_exact_test(first, second, confidence, value, lower, upper, p_value):
    found = rate_ratio(*first, *second, confidence=confidence)
    answer = (float(found.value), float(found.lower), float(found.upper), float(found.p_value))
    assert answer == pytest.approx((value, lower, upper, p_value), **CLOSED)


MONTHLY = {
    "rare": (
        """
        1 1 1 1 1 0 1 0 2 0 1 2 2 0 1 1 0 1 0 0 2 2 0 1 0 2 1 2 0 0 2 0 1 0 0 2 0 1 2 1 2 0 0 0 0 1 1 0 0 1 2 0 1 1 1 0 0 0 0 0
        1 2 0 0 0 2 0 1 0 0 0 0 0 0 0 0 1 2 0 0 0 0 0 1 1 0
        """,
        "5 5 4 4 3 2 2 2 2 2 3 4 4 3 4 5 5 2 1 1 1 2 2 3",
        12.6859383383,
    ),
    "season": (
        """
        16 24 17 13 22 16 3 12 5 4 11 9 15 20 27 10 12 9 8 7 3 8 8 9 13 17 21 17 15 15 3 6 6 8 7 15 16 20 12 17 23 16 11 6 7 5 13
        21 20 17 26 19 11 12 6 5 6 8 9 21 17 11 20 19 8 8 3 4 2 5 8 18 13 24 19 14 18 11 16 7 4 2 9 12 15 17
        """,
        "34 36 28 32 23 14 13 17 33 34 31 30 31 35 28 24 18 10 11 14 33 33 32 32",
        312.125694133,
    ),
    "rising": (
        """
        2 5 0 2 4 0 3 2 5 2 4 3 0 0 3 3 1 3 1 1 3 1 3 3 1 3 1 6 6 4 4 6 2 7 5 6 4 5 5 3 5 1 4 4 5 6 2 6 5 6 5 8 6 4 8 10 8 6 2 7
        8 5 9 6 6 6 5 6 10 7 6 4 7 10 9 5 3 10 9 8 11 6 12 11 14 5
        """,
        "11 11 15 15 19 13 13 13 14 15 12 13 12 12 15 16 17 15 15 18 14 15 18 14",
        151.084188787,
    ),
    "falling": (
        """
        29 37 22 26 37 28 37 31 25 29 29 29 26 23 22 13 20 18 28 20 19 20 21 27 25 24 21 31 24 18 12 22 16 15 17 21 20 18 24 16
        17 12 12 13 11 25 11 18 9 14 8 12 17 14 12 10 7 12 13 11 11 16 4 6 8 10 10 7 8 11 8 11 7 7 4 5 9 6 9 10 7 10 5 2 5 6
        """,
        "26 28 24 18 16 14 16 16 20 18 19 18 22 21 20 17 15 13 14 15 17 14 14 12",
        200.852947916,
    ),
    "outbreaks": (
        """
        2 8 6 12 3 6 7 6 29 24 10 5 1 2 3 7 12 6 14 5 33 2 5 6 6 7 4 7 7 32 46 9 5 3 7 4 4 7 11 7 8 4 5 1 7 3 27 4 7 4 3 7 8 4 4
        33 5 4 6 4 3 8 8 4 3 6 6 6 7 7 9 7 5 7 8 8 6 5 3 10 5 6 7 6 6 5
        """,
        "14 16 18 63 81 68 50 33 34 34 13 18 15 13 12 35 58 50 50 37 19 16 13 14",
        163.734102614,
    ),
    "dispersed": (
        """
        12 10 5 19 16 5 8 16 3 8 17 0 12 5 12 3 3 5 12 6 20 34 4 11 9 21 8 5 5 11 15 4 2 5 2 3 6 6 10 16 16 13 10 30 25 22 14 2 4
        12 4 6 15 6 13 7 2 17 3 4 8 13 8 2 3 4 4 4 15 1 2 11 5 9 12 13 12 7 3 5 5 5 9 14 16 2
        """,
        "27 29 32 30 39 48 61 53 46 19 28 21 27 26 28 24 31 40 44 39 33 19 22 21",
        204.751396015,
    ),
    "people": (
        """
        4 4 2 6 10 3 5 4 5 4 2 4 3 6 5 4 4 4 8 4 8 6 7 7 10 4 6 6 9 8 9 5 10 4 7 6 3 5 8 4 9 6 5 14 9 6 5 5 8 7 12 4 6 9 4 12 1
        8 8 5 7 5 8 4 7 5 7 4 7 4 5 8 11 10 6 8 9 6 6 3 5 5 2 4 9 6
        """,
        "17 17 14 15 21 20 21 15 15 15 14 17 15 16 14 14 17 17 18 12 13 15 17 18",
        179.196090851,
    ),
}
"""Counts of 86 months; farringtonFlexible's upper bounds of the last 24 and the sum of what it expects in them."""


@pytest.mark.parametrize("kind", MONTHLY)
def test_monthly_limits_of_two_years_are_those_of_surveillance(kind):
    """farringtonFlexible on a monthly sts (frequency 12).

    b = 5, w = 1, noPeriods = 1, reweight = TRUE, weightsThreshold = 2.58, alpha = 0.005, trend = TRUE, pThresholdTrend = 1,
    limit54 = c(0, 1), thresholdMethod = "nbPlugin"; populationOffset for the series whose people grow from 200,000 to
    300,000. Sums are compared to 1e-5: R stops its iteration at a relative change of 1e-8 in the deviance.
    """
    counts, upper, expected = MONTHLY[kind]
    people = np.round(np.linspace(2e5, 3e5, 86), -3) if kind == "people" else np.ones(86)
    found = early_warnings(numbers(counts), people, last_months=24)
    assert found.upper.tolist() == numbers(upper)
    assert found.expected.sum() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("place", [23, 73])
def test_a_trend_without_end_is_not_drawn(place):
    """One case only, in the first or the last month compared: R's fit of the trend does not converge, and it is dropped."""
    counts = np.zeros(85)
    counts[place] = 1
    found = early_warnings(counts)
    assert (found.expected[0], found.upper[0]) == (pytest.approx(1 / 15), 1)
