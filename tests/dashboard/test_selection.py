"""A view of the trials survives the address, and its ranges the grid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.selection import MOST_RANGES, TABS, TrialsView, filter_model, ranges_of, sort_of
from tunescope.store.columns.fields import FIXED
from tunescope.store.selection import TrialFilter

_words = st.text("abc<&=, ", min_size=1, max_size=8).map(str.strip).filter(bool)
_bounds = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: float(format(value, ".12g")))
_range = st.tuples(st.none() | _bounds, st.none() | _bounds).filter(lambda pair: pair != (None, None))
_ranges = st.lists(_range, min_size=1, max_size=MOST_RANGES, unique=True).map(tuple)
_chosen = st.builds(
    TrialFilter,
    ranges=st.dictionaries(st.sampled_from([*FIXED]), _ranges, max_size=3).map(
        lambda one: tuple(one.items())
    ),
)
_views = st.builds(
    TrialsView,
    chosen=_chosen,
    tab=st.sampled_from([*TABS]),
    charts=st.just("") | _words,
    measure=st.just("") | _words,
    columns=st.lists(_words, max_size=3, unique=True).map(tuple),
)


@given(_views)
def test_every_view_survives_the_address(view: TrialsView) -> None:
    assert TrialsView.from_query(view.to_query()) == view


@given(_chosen)
def test_the_ranges_survive_the_grid(chosen: TrialFilter) -> None:
    assert dict(ranges_of(filter_model(chosen))) == dict(chosen.ranges)


@pytest.mark.parametrize("search", ["?view=nothing", "?charts=", "?utm_source=mail"])
def test_nonsense_in_the_address_is_passed_over(search: str) -> None:
    assert TrialsView.from_query(search) == TrialsView()


def test_what_the_grid_does_not_know_is_passed_over() -> None:
    assert ranges_of({"reason": {"type": "contains", "filter": "x"}, "seconds": {"type": "blank"}}) == ()
    assert ranges_of(None) == ()
    assert sort_of([{"colId": "seconds", "sort": "desc"}]) == ("-seconds",)
