"""The space: what is declared, what is suggested, what a grid holds, and which sentence a mistake gets."""

import json
import math
from pathlib import Path

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.errors import ParameterError
from tunescope.search import Space
from tunescope.search.space import difference
from tunescope.search.strategies.unit import from_unit, to_unit

SVM = {
    "C": {"type": "float", "low": 0.01, "high": 100, "log": True, "grid": [1, 10], "default": 10},
    "kernel": {"type": "categorical", "choices": ["rbf", "linear"], "default": "rbf"},
    "gamma": {"type": "float", "low": 0.001, "high": 1, "log": True, "when": {"kernel": "rbf"}},
}
TREE = {"depth": {"type": "int", "low": 1, "high": 9, "default": 4}}


@pytest.fixture
def space() -> Space:
    return Space.of_models({"svm": SVM, "tree": TREE})


def test_models_compose_into_one_conditional_space(space: Space) -> None:
    assert [one.name for one in space.hyperparameters] == [
        "model",
        "svm.C",
        "svm.kernel",
        "svm.gamma",
        "tree.depth",
    ]


def test_each_model_has_a_default_configuration(space: Space) -> None:
    svm, tree = space.defaults()
    assert svm == {
        "model": "svm",
        "svm.C": 10,
        "svm.kernel": "rbf",
        "svm.gamma": pytest.approx(math.sqrt(0.001)),
    }
    assert tree == {"model": "tree", "tree.depth": 4}


def test_the_grid_is_a_product_in_which_conditions_prune_branches(space: Space) -> None:
    points = list(space.grid())
    # C has two values; under rbf gamma has three, under linear none; depth has three.
    assert len(points) == space.grid_size == 2 * (3 + 1) + 3
    assert len({frozenset(point.items()) for point in points}) == len(points)
    assert all(("svm.gamma" in point) == (point.get("svm.kernel") == "rbf") for point in points)


def test_every_grid_point_and_default_lies_in_the_space(space: Space) -> None:
    for configuration in (*space.grid(), *space.defaults()):
        assert space.faults(configuration) == []


def test_a_trial_is_asked_only_for_what_exists(space: Space) -> None:
    trial = optuna.trial.FixedTrial({"model": "svm", "svm.C": 2.0, "svm.kernel": "linear"})
    assert space.suggest(trial) == {"model": "svm", "svm.C": 2.0, "svm.kernel": "linear"}


def test_a_declaration_survives_the_way_through_plain_data(space: Space) -> None:
    assert Space.from_dict(space.to_dict()) == space


def test_a_space_is_read_from_yaml(tmp_path: Path) -> None:
    (tmp_path / "space.yml").write_text("depth: {type: int, low: 1, high: 5}\n")
    assert Space.from_yaml(tmp_path / "space.yml").defaults() == [{"depth": 3}]


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        (
            {"x": {"type": "float", "low": 2, "high": 1}},
            "`x.low` is 2, but must be at most `high`, which is 1",
        ),
        ({"x": {"type": "float", "low": 0, "high": 1, "log": True}}, "must begin above 0"),
        ({"x": {"type": "float", "high": 1}}, "`x` needs `low` and `high`"),
        ({"x": {"type": "categorical"}}, "`x` needs `choices`"),
        (
            {"x": {"type": "floot", "low": 0, "high": 1}},
            "`x.type` is `floot`, but must be `float`, `int` or `categorical`",
        ),
        (
            {"x": {"type": "int", "low": 0, "high": 3, "default": 7}},
            "`x.default` is 7, but must be in 0 to 3",
        ),
        ({"x": {"type": "int", "low": 0, "high": 3, "grid": [1, 9]}}, "`x.grid.1` is 9"),
        (
            {"x": {"type": "int", "low": 0, "high": 3, "when": {"y": 1}}},
            "`x.when.y` names no hyperparameter",
        ),
        ({"x": {"type": "int", "low": 0, "high": 3, "lwo": 1}}, "`x.lwo`"),
    ],
)
def test_a_wrong_declaration_gets_a_sentence(declaration: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Space.from_dict(declaration)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ParameterError) as caught:
        Space.from_dict({"x": {"type": "categorical"}, "y": {"type": "float"}})
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"model": "svn"}, "`model` is `svn`, but must be in `svm`, `tree`"),
        ({"model": "svm", "svm.C": 1000}, "must be in 0.01 to 100"),
        ({"model": "tree", "svm.C": 1}, "exists only with `model` svm"),
        ({"model": "tree", "tree.height": 1}, "`tree.height` is no hyperparameter"),
        ({"model": "tree", "tree.depth": "deep"}, "`tree.depth` is `deep`"),
    ],
)
def test_a_wrong_configuration_gets_a_sentence(
    space: Space, configuration: dict[str, object], message: str
) -> None:
    assert any(message in fault for fault in space.faults(configuration))


@pytest.mark.parametrize("value", [True, float("nan"), "5", None, 2.5, 0, 10])
def test_what_is_no_value_of_a_range_is_refused(space: Space, value: object) -> None:
    assert len(space.faults({"model": "tree", "tree.depth": value})) == 1


def test_true_is_not_taken_for_one() -> None:
    space = Space.from_dict({"x": [1, 2], "y": [True, False]})
    assert len(space.faults({"x": True, "y": 1})) == 2
    assert space.faults({"x": 1, "y": True}) == []


def test_numbers_with_exponents_that_yaml_takes_for_text_are_numbers() -> None:
    (one,) = Space.from_dict(
        {"x": {"low": "1e-4", "high": 1, "default": "1e-3", "grid": ["1e-2"]}}
    ).hyperparameters
    assert (one.type, one.low, one.default, one.grid) == ("float", 1e-4, 1e-3, (0.01,))


@pytest.mark.parametrize(
    ("configuration", "adapted"),
    [
        ({"model": "knn", "knn.k": 3}, None),
        ({"svm.C": 1.0}, None),
        (
            {"model": "svm", "svm.C": 1e9, "svm.kernel": "rbf", "svm.gamma": 1e-9, "svm.old": 1},
            {"model": "svm", "svm.C": 100.0, "svm.kernel": "rbf", "svm.gamma": 0.001},
        ),
        (
            {"model": "svm", "svm.C": "much", "svm.kernel": "linear", "svm.gamma": 0.1},
            {"model": "svm", "svm.C": 10.0, "svm.kernel": "linear"},
        ),
        (
            {"model": "svm", "svm.kernel": "poly", "svm.gamma": 0.1},
            {"model": "svm", "svm.C": 10.0, "svm.kernel": "rbf", "svm.gamma": 0.1},
        ),
        ({"model": "tree", "tree.depth": 6.7}, {"model": "tree", "tree.depth": 7}),
    ],
)
def test_a_configuration_of_another_space_is_made_to_fit(
    space: Space, configuration: dict[str, object], adapted: dict[str, object] | None
) -> None:
    assert space.adapted(configuration) == adapted


def test_what_changed_between_two_spaces_is_told_in_words() -> None:
    tree = {"depth": {"type": "int", "low": 1, "high": 12, "default": 5}}
    wide = {**SVM["C"], "low": 1.0}
    later = {
        "C": wide,
        "kernel": ["rbf", "poly"],
        "gamma": {**SVM["gamma"], "when": {"kernel": ["rbf", "poly"]}},
    }
    before, after = Space.of_models({"svm": SVM, "tree": TREE}), Space.of_models({"svm": later, "nb": {}})
    assert difference(before.to_dict(), after.to_dict()) == [
        "`model` was `svm`, `tree`, and is now `svm`, `nb`",
        "`svm.C` was 0.01 to 100 on a logarithmic scale, and is now 1 to 100 on a logarithmic scale",
        "`svm.kernel` was `rbf`, `linear`, and is now `rbf`, `poly`",
        "`svm.gamma` existed with `model` svm and `svm.kernel` rbf, "
        "and does now with `model` svm and `svm.kernel` rbf or poly",
    ]
    assert difference(before.to_dict(), before.to_dict()) == []
    assert difference({"x": [1]}, {"y": [1]}) == ["`x` is gone", "`y` is new"]
    grown = difference(Space.of_models({"tree": TREE}).to_dict(), Space.of_models({"tree": tree}).to_dict())
    assert grown == ["`tree.depth` was whole numbers from 1 to 9, and is now whole numbers from 1 to 12"]


def test_changed_grid_values_and_defaults_are_told_too() -> None:
    def declared(**more: object) -> dict[str, object]:
        return {"C": {"low": 1, "high": 9, **more}}

    assert difference(declared(grid=[1, 2]), declared(grid=[1, 3])) == [
        "`C` had the grid values 1, 2, and has now 1, 3"
    ]
    assert difference(declared(default=1), declared(default=2)) == ["`C` had the default 1, and has now 2"]


def test_what_is_stored_of_a_space_compares_as_equal(space: Space) -> None:
    assert difference(json.loads(json.dumps(space.to_dict())), space.to_dict()) == []


@pytest.mark.parametrize("path", ["missing.yml", "list.yml"])
def test_a_file_that_is_no_space_says_so(tmp_path: Path, path: str) -> None:
    (tmp_path / "list.yml").write_text("- 1\n- 2\n")
    with pytest.raises(ParameterError, match="The space"):
        Space.from_yaml(tmp_path / path)


_RANGES = st.one_of(
    st.builds(
        lambda low, width, log: optuna.distributions.FloatDistribution(low, low + width, log=log),
        st.floats(1e-3, 1e3),
        st.floats(1e-2, 1e3),
        st.booleans(),
    ),
    st.builds(
        lambda low, width, log: optuna.distributions.IntDistribution(low, low + width, log=log),
        st.integers(1, 1000),
        st.integers(0, 1000),
        st.booleans(),
    ),
    st.builds(
        lambda low, steps, step: optuna.distributions.IntDistribution(low, low + steps * step, step=step),
        st.integers(-50, 50),
        st.integers(1, 20),
        st.integers(1, 9),
    ),
)


@given(distribution=_RANGES, unit=st.floats(0, 1))
def test_every_place_in_the_unit_interval_is_a_value_in_the_range(
    distribution: optuna.distributions.BaseDistribution, unit: float
) -> None:
    value = from_unit(distribution, unit)
    assert distribution._contains(distribution.to_internal_repr(value))
    assert from_unit(distribution, to_unit(distribution, value)) == pytest.approx(value)
