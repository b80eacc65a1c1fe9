"""Numbers and times as people read them."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from dashboard import wording

NOON = datetime(2026, 5, 1, 12, 0, 0)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "0 s"),
        (0.0018, "1.8 ms"),
        (0.42, "0.42 s"),
        (3.21, "3.2 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.7, "1 min"),
        (192, "3 min 12 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
        (86_400 + 59, "1 d"),
    ],
)
def test_a_duration_shows_the_two_units_that_matter(seconds: float, written: str) -> None:
    assert wording.duration(seconds) == written


@pytest.mark.parametrize(("p", "written"), [(0.00391, "p = 0.0039"), (1.0, "p = 1"), (0.0004, "p < 0.001")])
def test_a_p_value_stays_in_one_line(p: float, written: str) -> None:
    assert wording.p_value(p).split("\N{NO-BREAK SPACE}") == written.split(" ")


def test_what_is_missing_is_a_dash_everywhere() -> None:
    for write in (
        wording.duration,
        wording.percent,
        wording.memory,
        wording.number,
        wording.moment,
        wording.ago,
    ):
        assert write(None) == wording.NOTHING
        assert write(float("nan")) == wording.NOTHING
    assert wording.moment(pd.NaT) == wording.NOTHING
    assert wording.interval(None, 0.5) == wording.NOTHING


def test_accuracies_are_percentages_with_the_decimal_that_says_something() -> None:
    assert wording.percent(0.93333) == "93.3%"
    assert wording.percent(1.0) == "100%"  # as in figures and reports
    assert wording.interval(0.848, 0.961) == f"84.8{wording.NOTHING}96.1%"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.000324, "0.000324"),
        (12.345678, "12.35"),
        (1e-7, "1e-07"),
        (64, "64"),
        (184_522, "184,522"),
        (10.0, "10"),
        (True, "yes"),
        ("rbf", "rbf"),
        (float("inf"), "inf"),
    ],
)
def test_a_number_keeps_the_digits_that_matter(value: object, written: str) -> None:
    assert wording.number(value) == written


@pytest.mark.parametrize(
    ("size", "written"), [(512, "512 B"), (64_000, "64 kB"), (412e6, "412 MB"), (1.25e9, "1.2 GB")]
)
def test_memory_has_a_unit_that_fits(size: float, written: str) -> None:
    assert wording.memory(size) == written


def test_counted_things_are_in_the_plural_unless_there_is_one() -> None:
    assert wording.count(1, "trial") == "1 trial"
    assert wording.count(0, "trial") == "0 trials"
    assert wording.count(12_400, "study") == "12,400 studies"


@pytest.mark.parametrize(
    ("past", "written"),
    [
        (timedelta(seconds=40), "just now"),
        (timedelta(seconds=-5), "just now"),
        (timedelta(minutes=4, seconds=50), "4 min ago"),
        (timedelta(hours=27), "1 d ago"),
    ],
)
def test_how_long_ago_is_coarse(past: timedelta, written: str) -> None:
    assert wording.ago(NOON - past, now=NOON) == written


def test_long_ago_is_a_date() -> None:
    assert wording.ago(NOON - timedelta(days=60), now=NOON).startswith("2 Mar 2026")


def test_names_are_listed_as_in_a_sentence() -> None:
    assert wording.listing(["grid"]) == "grid"
    assert wording.listing(["grid", "tpe", "random"]) == "grid, tpe and random"
    assert wording.listing([]) == ""
