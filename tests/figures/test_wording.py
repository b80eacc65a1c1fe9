"""Numbers read as people write them."""

import math

import pytest

from tunescope.figures import wording

DASH = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.9333, "93.3%"), (1.0, "100%"), (0.0, "0%"), (0.9999, "100.0%"), (None, DASH), (math.nan, DASH)],
)
def test_shares_are_percentages(share: float | None, text: str) -> None:
    assert wording.percent(share) == text


def test_intervals_name_the_unit_once() -> None:
    assert wording.interval(0.912, 0.951) == f"91.2{DASH}95.1%"
    assert wording.interval(None, 0.9) == DASH


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0000123, "0.012 ms"),
        (0.0018, "1.8 ms"),
        (0.03049, "30 ms"),
        (0.0994, "99 ms"),
        (0.0996, "0.10 s"),
        (0.42, "0.42 s"),
        (3.21, "3.2 s"),
        (9.96, "10 s"),
        (59.7, "1 min"),
        (192, "3 min 12 s"),
        (7500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
        (None, DASH),
    ],
)
def test_durations_have_the_two_units_that_matter(seconds: float | None, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0053971, "0.0054"),
        (0.00012345, "0.000123"),
        (10.0, "10"),
        (12345.678, "12,346"),
        (12_400, "12,400"),
        (1e12, "1e+12"),
        (True, "yes"),
        ("rbf", "rbf"),
        (math.inf, "inf"),
        (None, DASH),
    ],
)
def test_numbers_have_the_digits_that_matter(value: object, text: str) -> None:
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(999, "999 B"), (640_000, "640 kB"), (7.2e8, "720 MB"), (8.6e9, "8.6 GB"), (None, DASH)],
)
def test_bytes_have_the_unit_that_suits_them(size: float | None, text: str) -> None:
    assert wording.memory(size) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3_600_000_000, "FLOP", "3.6 GFLOP"),
        (51_234_000_000.0, "FLOP/s", "51.2 GFLOP/s"),
        (999_600, "FLOP", "1 MFLOP"),
        (512.0, "J", "512 J"),
        (999.4, "J", "999 J"),
        (7.9e18, "FLOP/s", "7,900 PFLOP/s"),
        (0, "FLOP", "0 FLOP"),
        (None, "J", DASH),
        (math.nan, "J", DASH),
    ],
)
def test_large_quantities_have_a_prefix(value: float | None, unit: str, text: str) -> None:
    assert wording.quantity(value, unit) == text


def test_phases_are_written_as_people_do() -> None:
    assert [wording.phase_name(name) for name in ("warm_up", "load")] == ["warm-up", "load"]


def test_why_a_study_ended_names_no_parameter() -> None:
    reasons = ("max_seconds used up", "max_trials reached", "patience ran out")
    assert [wording.ending(reason) for reason in reasons] == [
        "time used up",
        "number of trials reached",
        "patience ran out",
    ]


@pytest.mark.parametrize(
    ("amount", "noun", "text"),
    [
        (1, "trial", "1 trial"),
        (12_400, "trial", "12,400 trials"),
        (2, "study", "2 studies"),
        (3, "class", "3 classes"),
    ],
)
def test_nouns_follow_their_number(amount: int, noun: str, text: str) -> None:
    assert wording.count(amount, noun) == text


def test_a_name_is_text_and_not_too_long() -> None:
    assert wording.plain("<b>a & b</b>") == "&lt;b&gt;a &amp; b&lt;/b&gt;"
    assert wording.plain("line\nbreak") == "line break"
    assert wording.plain("x" * 40, 10) == "x" * 9 + "\N{HORIZONTAL ELLIPSIS}"
