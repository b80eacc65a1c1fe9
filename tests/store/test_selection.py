"""A filter survives the address, and nothing in an address can break it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.store.columns.fields import FIXED
from tunescope.store.selection import PREFIXES, TrialFilter

_texts = st.text(min_size=1, max_size=12).map(str.strip).filter(bool)
_keys = st.sampled_from([*FIXED]) | st.builds(str.__add__, st.sampled_from(PREFIXES), _texts)
_bounds = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: float(format(value, ".12g")))
_ranges = st.tuples(st.none() | _bounds, st.none() | _bounds).filter(lambda pair: pair != (None, None))


def _by_key(values: st.SearchStrategy) -> st.SearchStrategy:
    several = st.lists(values, min_size=1, max_size=3, unique=True).map(tuple)
    return st.dictionaries(_keys, several, max_size=3).map(lambda found: tuple(found.items()))


filters = st.builds(
    TrialFilter,
    text=st.lists(_texts, max_size=2).map(" ".join),
    choices=_by_key(_texts | st.just("1..2") | st.just("=")),
    ranges=_by_key(_ranges),
    sort=st.lists(st.tuples(st.sampled_from(["", "-"]), _keys).map("".join), max_size=2).map(tuple),
    picked=st.lists(st.integers(1, 10**9), max_size=4, unique=True).map(tuple),
)


@given(filters)
def test_every_filter_survives_the_address(chosen: TrialFilter) -> None:
    found = TrialFilter.from_query(chosen.to_query())
    # The address tells which conditions there are, not which of two fields was chosen first.
    assert (found.text, found.sort, found.picked) == (chosen.text, chosen.sort, chosen.picked)
    assert dict(found.choices) == dict(chosen.choices)
    assert dict(found.ranges) == dict(chosen.ranges)


@given(st.text(max_size=60))
def test_whatever_stands_in_the_address_is_read_without_an_error(search: str) -> None:
    TrialFilter.from_query("?" + search)


@pytest.mark.parametrize("search", ["?sort=1;drop", "?picked=1,x,²," + "9" * 30, "?other=1", "?params:x=1"])
def test_nonsense_in_the_address_is_passed_over(search: str) -> None:
    assert TrialFilter.from_query(search) in (TrialFilter(), TrialFilter(picked=(1,)))


def test_the_usual_fields_have_short_names() -> None:
    chosen = TrialFilter.from_query(
        "?run=signs&model=svm&model=cnn&seconds=2..&seconds=..1&param:svm.C=1..10"
    )
    assert chosen.choices == (("run_id", ("signs",)), ("model", ("svm", "cnn")))
    assert chosen.ranges == (("seconds", ((2.0, None), (None, 1.0))), ("param:svm.C", ((1.0, 10.0),)))
    assert chosen.to_query().startswith("?run=signs&model=svm&model=cnn&seconds=2..&seconds=..1")


def test_a_name_that_reads_like_a_range_is_still_a_name() -> None:
    chosen = TrialFilter().with_values("model", ["1..2", "=x"])
    assert TrialFilter.from_query(chosen.to_query()) == chosen


def test_a_condition_can_be_changed_and_taken_away() -> None:
    chosen = TrialFilter(text="hog").with_bounds("seconds", [(1.0, None)]).with_values("model", ["svm"])
    assert chosen.is_narrow
    assert chosen.keys == ("model", "seconds")
    assert chosen.without("seconds").without("model") == TrialFilter(text="hog")
    assert not TrialFilter(sort=("-seconds",), picked=(1,)).is_narrow
