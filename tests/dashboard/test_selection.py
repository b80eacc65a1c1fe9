"""One filter is the address, the grid's filter model and the rows alike."""

import pandas as pd
import pytest
from dashboard_samples import Samples
from hypothesis import given
from hypothesis import strategies as st

from dashboard.reading import prepared
from dashboard.selection import CHOICES, NUMBERS, SORTABLE, TrialFilter, ranges_of, sort_of
from tunescope.store import frames

_words = st.text(min_size=1, max_size=12).map(str.strip).filter(bool)
_names = st.lists(_words, max_size=3, unique=True).map(tuple)
_bounds = st.floats(0, 1e6, allow_nan=False).map(lambda value: float(format(value, ".12g")))
_ranges = st.tuples(st.none() | _bounds, st.none() | _bounds).filter(lambda pair: pair != (None, None))
_filters = st.builds(
    TrialFilter,
    text=st.lists(_words, max_size=2).map(" ".join),
    ranges=st.dictionaries(st.sampled_from(NUMBERS), _ranges, max_size=3).map(
        lambda chosen: tuple((name, chosen[name]) for name in NUMBERS if name in chosen)
    ),
    sort=st.lists(st.sampled_from([*SORTABLE, *(f"-{name}" for name in SORTABLE)]), max_size=2).map(tuple),
    picked=st.lists(st.integers(1, 10**9), max_size=4, unique=True).map(tuple),
    **dict.fromkeys(CHOICES, _names),
)


@pytest.fixture(scope="module")
def trials(samples: Samples) -> pd.DataFrame:
    return prepared(frames.trials_frame(samples.store))


@given(_filters)
def test_every_filter_survives_the_address(chosen: TrialFilter) -> None:
    assert TrialFilter.from_query(chosen.to_query()) == chosen


@given(_filters)
def test_the_ranges_survive_the_grid(chosen: TrialFilter) -> None:
    assert set(ranges_of(chosen.filter_model())) == set(chosen.ranges)


@given(st.text(max_size=60))
def test_whatever_stands_in_the_address_is_read_without_an_error(search: str) -> None:
    TrialFilter.from_query("?" + search)


@pytest.mark.parametrize(
    "search", ["?seconds=many", "?seconds=5", "?sort=1;drop", "?picked=1,x,²", "?other=1"]
)
def test_nonsense_in_the_address_is_passed_over(search: str) -> None:
    assert TrialFilter.from_query(search) in (TrialFilter(), TrialFilter(picked=(1,)))


def test_an_empty_filter_leaves_every_trial_newest_first(trials: pd.DataFrame) -> None:
    rows = TrialFilter().rows(trials)
    assert list(rows["trial_id"]) == sorted(trials["trial_id"], reverse=True)
    assert not TrialFilter().is_narrow
    assert TrialFilter().to_query() == ""


def test_names_ranges_and_words_all_must_fit(trials: pd.DataFrame) -> None:
    chosen = TrialFilter.from_query(
        "?model=cnn&state=COMPLETE&validation_accuracy=0.6..&q=LEARNING_rate+signs-finished"
    )
    rows = chosen.rows(trials)
    assert chosen.is_narrow
    assert 0 < len(rows) < len(trials)
    assert set(rows["model"]) == {"cnn"}
    assert set(rows["run_id"]) == {"signs-finished"}
    assert rows["validation_accuracy"].min() >= 0.6


def test_a_word_is_looked_for_in_reasons_too_and_not_as_a_pattern(trials: pd.DataFrame) -> None:
    assert TrialFilter(text="(.*").rows(trials).empty
    assert len(TrialFilter(text=str(trials["settings"].iloc[0])).rows(trials))


def test_trials_are_sorted_as_asked_with_missing_values_last(trials: pd.DataFrame) -> None:
    best_first = TrialFilter(sort=("-validation_accuracy", "seconds")).rows(trials)["validation_accuracy"]
    known = best_first.dropna()
    assert list(known) == sorted(known, reverse=True)
    assert best_first.tail(len(best_first) - len(known)).isna().all()


def test_ticked_trials_are_compared_and_those_the_filter_hides_are_not(trials: pd.DataFrame) -> None:
    svm, cnn = (int(trials[trials["model"] == model]["trial_id"].iloc[0]) for model in ("svm", "cnn"))
    assert list(TrialFilter(picked=(svm,)).chosen(trials)["trial_id"]) == [svm]
    assert cnn not in set(TrialFilter(model=("svm",), picked=(svm, cnn)).chosen(trials)["trial_id"])
    assert len(TrialFilter().chosen(trials)) == len(trials)


def test_what_the_grid_does_not_know_is_passed_over() -> None:
    assert ranges_of({"reason": {"type": "contains", "filter": "x"}, "seconds": {"type": "blank"}}) == ()
    assert ranges_of(None) == ()
    assert sort_of([{"colId": "seconds", "sort": "desc"}, {"colId": "params", "sort": "asc"}]) == (
        "-seconds",
    )
