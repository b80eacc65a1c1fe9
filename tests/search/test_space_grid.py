"""Counting a grid, and finding its points by their index, agree with making them all."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tunescope.models import MODELS
from tunescope.search import Space
from tunescope.training.spaces import declared_space


@st.composite
def _entries(draw: st.DrawFn) -> dict[str, Any]:
    """An entry without conditions."""
    kind = draw(st.sampled_from(["choices", "int", "float", "step"]))
    if kind == "choices":
        values = st.sampled_from(["a", "b", "c", None, True, 7, 2.5])
        return {"choices": draw(st.lists(values, min_size=1, max_size=3, unique=True))}
    low = draw(st.integers(1, 50))
    if kind == "int":
        return {"low": low, "high": low + draw(st.integers(0, 9)), "log": draw(st.booleans())}
    if kind == "float":
        return {"low": low / 10, "high": (low + draw(st.integers(1, 90))) / 10, "log": draw(st.booleans())}
    step = draw(st.integers(1, 5))
    return {
        "type": "float",
        "low": low / 10,
        "high": (low + step * draw(st.integers(0, 9))) / 10,
        "step": step / 10,
    }


@st.composite
def _declarations(draw: st.DrawFn) -> dict[str, Any]:
    """A flat space of up to five hyperparameters, each with conditions on values of earlier ones."""
    declaration: dict[str, Any] = {}
    for name in "pqrst"[: draw(st.integers(1, 5))]:
        entry = draw(_entries())
        when = {}
        for other in draw(st.lists(st.sampled_from(list(declaration) or [name]), max_size=2, unique=True)):
            if other != name:
                grid = Space.from_dict(declaration).hyperparameters[list(declaration).index(other)].grid
                when[other] = draw(st.lists(st.sampled_from(grid), min_size=1, unique=True))
        declaration[name] = {**entry, "when": when}
    return declaration


@given(declaration=_declarations())
def test_counting_and_indexing_agree_with_making_every_point(declaration: dict[str, Any]) -> None:
    space = Space.from_dict(declaration)
    points = list(space.grid())
    assert space.grid_size == len(points)
    assert [space.grid_point(index) for index in range(len(points))] == points
    assert len({repr(point) for point in points}) == len(points)
    assert all(space.faults(point) == [] for point in points)


@given(declaration=_declarations())
def test_a_space_survives_the_way_through_plain_data_json_and_yaml(declaration: dict[str, Any]) -> None:
    space = Space.from_dict(declaration)
    plain = space.to_dict()
    assert Space.from_dict(plain) == space
    assert Space.from_dict(json.loads(json.dumps(plain))) == space
    assert Space.from_dict(yaml.safe_load(yaml.safe_dump(plain, sort_keys=False))) == space


@given(declaration=_declarations(), other=_declarations())
def test_whatever_is_adapted_lies_in_the_space(declaration: dict[str, Any], other: dict[str, Any]) -> None:
    space = Space.from_dict(declaration)
    for point in (*Space.from_dict(other).defaults(), *space.defaults()):
        fitting = space.adapted(point)
        assert fitting is not None
        assert space.faults(fitting) == []
        assert space.adapted(fitting) == fitting


@pytest.mark.parametrize("dimensions", [9, 30, 300])
def test_a_grid_beyond_all_bounds_is_counted_and_indexed_all_the_same(dimensions: int) -> None:
    space = Space.from_dict({f"x{number}": {"low": 0, "high": 9, "grid": 10} for number in range(dimensions)})
    assert space.grid_size == 10**dimensions
    index = 10**dimensions // 7
    digits = "".join(str(value) for value in space.grid_point(index).values())
    assert digits == str(index).zfill(dimensions)


def test_conditions_do_not_make_counting_slow() -> None:
    """Each of 200 switches has a range of its own: 2 ** 200 ways to set the switches."""
    declaration: dict[str, Any] = {}
    for number in range(200):
        declaration[f"switch{number}"] = [True, False]
        declaration[f"size{number}"] = {"low": 1, "high": 3, "when": {f"switch{number}": True}}
    space = Space.from_dict(declaration)
    assert space.grid_size == 4**200
    assert set(space.grid_point(4**200 - 1).values()) == {False}


def test_all_models_together_have_a_grid_that_is_counted_at_once() -> None:
    space = Space.of_models({name: declared_space(name) for name in MODELS})
    alone = [Space.of_models({name: declared_space(name)}).grid_size for name in MODELS]
    assert space.grid_size == sum(alone)
    last = space.grid_point(space.grid_size - 1)
    assert last["model"] == list(MODELS)[-1]
    assert space.faults(last) == []


@pytest.mark.parametrize("index", [-1, 3, 10**30])
def test_an_index_outside_the_grid_is_refused(index: int) -> None:
    with pytest.raises(IndexError, match="the grid has 3 points"):
        Space.from_dict({"x": [1, 2, 3]}).grid_point(index)
