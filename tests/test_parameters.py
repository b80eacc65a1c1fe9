"""The check of the parameter tree: one sentence a fault, with key, value and rule."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from tunescope.errors import ParameterError
from tunescope.parameters import Parameters, check, faults
from tunescope.search import STRATEGIES, check_parameters
from tunescope.yaml_lines import locate

ROOT = Path(__file__).parents[1]


def _defaults() -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in sorted((ROOT / "conf/base/parameters").glob("*.yml")):
        tree.update(yaml.safe_load(path.read_text()))
    return tree


def _with(key: str, value: object) -> dict[str, Any]:
    tree = copy.deepcopy(_defaults())
    *parents, leaf = key.split(".")
    branch = tree
    for parent in parents:
        branch = branch[parent]
    branch[leaf] = value
    return tree


def test_the_committed_parameters_are_good() -> None:
    assert check_parameters(_defaults()).search.strategies == ("grid", "evolutionary", "tpe")


def test_every_key_has_one_file_of_its_name() -> None:
    files = {path.stem for path in (ROOT / "conf/base/parameters").glob("*.yml")}
    assert files == set(Parameters.model_fields)


def _fields(model: type[BaseModel], prefix: str = "") -> set[str]:
    """The dotted keys of all fields that are no sections themselves."""
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        is_section = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        keys |= _fields(field.annotation, f"{prefix}{name}.") if is_section else {prefix + name}
    return keys


def _keys(tree: dict[str, Any], known: set[str], prefix: str = "") -> set[str]:
    keys: set[str] = set()
    for name, value in tree.items():
        is_section = isinstance(value, dict) and prefix + name not in known
        keys |= _keys(value, known, f"{prefix}{name}.") if is_section else {prefix + name}
    return keys


def test_every_field_stands_in_the_committed_parameters_with_its_default() -> None:
    known = _fields(Parameters)
    assert _keys(_defaults(), known) == known
    sections = {key: value for key, value in _defaults().items() if key != "dataset"}
    source = {"dataset": {"source": _defaults()["dataset"]["source"]}}
    assert check({**sections, **source}) == check(_defaults())
    assert check(source).features == check(_defaults()).features


def test_names_joined_by_plus_are_a_list() -> None:
    assert check(_with("search.strategies", "grid+tpe")).search.strategies == ("grid", "tpe")


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("search.workers", 0, "`search.workers` is 0, but must be at least 1"),
        ("search.max_trials", "many", "`search.max_trials` is `many`, but must be a whole number"),
        ("search.max_seconds", -1, "`search.max_seconds` is -1, but must be more than 0"),
        ("search.max_trials", 10**12, "`search.max_trials` is 1000000000000, but must be at most 1,000,000"),
        ("search.max_seconds", 1e21, "`search.max_seconds` is 1e+21, but must be at most 31,536,000"),
        ("search.max_seconds", float("inf"), "`search.max_seconds` is inf, but must be at most 31,536,000"),
        ("search.patience", 10**9, "`search.patience` is 1000000000, but must be at most 1,000,000"),
        ("search.target_accuracy", 90, "`search.target_accuracy` is 90, but must be at most 1"),
        (
            "search.objective",
            "f2",
            "`search.objective.0` is `f2`, but must be 'accuracy', 'balanced_accuracy'",
        ),
        ("search.strategies", [], "`search.strategies` is [], but must have at least 1 entry"),
        (
            "search.strategies",
            "gird",
            "holds `gird`, which is unknown (did you mean `grid`?): use `grid`, `random`",
        ),
        ("search.models", "svm+cn", "`search.models` holds `cn`, which is unknown (did you mean `cnn`?)"),
        ("search.max_trails", 5, "`search.max_trails` is unknown (did you mean `search.max_trials`?)"),
        ("serach", {"seed": 1}, "`serach` is unknown (did you mean `search`?)"),
        ("run.id", "My Run", "`run.id` is `My Run`, but must begin with a lower-case letter"),
        (
            "search.training.device",
            "gpu",
            "`search.training.device` is `gpu`, but must be `auto`, `cpu`, `cuda`, or `cuda:` with",
        ),
        ("search.seed", None, "`search.seed` is empty, but must be a whole number"),
        ("run.id", 7, "`run.id` is 7, but must be text"),
        ("dataset.source", "", "`dataset.source` is ``, but must not be empty"),
        ("dataset.validation", 0.5, "`dataset.validation` is 0.5, but must be less than 0.5"),
        ("dataset.name", "../x", "`dataset.name` is `../x`, but must begin with a letter or digit"),
        ("dataset.fit", "squeeze", "`dataset.fit` is `squeeze`, but must be"),
        ("dataset.group", "person(", "`dataset.group` is `person(`, but is no regular expression"),
        ("dataset.split", "group", "`dataset` has `split` `group`: give `dataset.group`"),
        ("dataset.fold", 5, "`dataset` has `fold` 5, but `folds` is 5: they count from 0"),
        ("dataset.cleaning.dark", "fix", "`dataset.cleaning.dark` is `fix`, but must be 'drop' or 'keep'"),
        ("dataset.cleaning.blured", "drop", "unknown (did you mean `dataset.cleaning.blurred`?): use"),
        ("dataset.limits.ratio", 0, "`dataset.limits.ratio` is 0, but must be at least 1"),
        ("features.hog.cell", 6, "`features.hog.cell` is unknown (did you mean `features.hog.cells`?)"),
        ("dataset", 5, "`dataset` is 5, but must be a group of keys"),
        ("features.extractors", "hog+sift", "`features.extractors` holds `sift`"),
        ("learning_rate.policy", "cosine", "`learning_rate.policy` holds `cosine`"),
        ("search.seed_trials", [{"model": "svm", "svm.C": -1}], "`search.seed_trials.0`: `svm.C` is -1"),
        (
            "search.space",
            {"svm": {"C": {"low": 5, "high": 1}}},
            "`search.space.svm.C.low` is 5, but must be at",
        ),
        (
            "search.space",
            {"svm": {"C": {"low": 0}}},
            "`search.space.svm.C.low` is 0, but a logarithmic range must",
        ),
        (
            "search.space",
            {"svm": {"C": {"hihg": 1}}},
            "`search.space.svm.C.hihg` is unknown (did you mean `high`?)",
        ),
        ("search.seed_trials", [{"svm.C": 1}], "`search.seed_trials.0`: names no `model`: add one of `svm`"),
        (
            "search.seed_trials",
            [{"model": "knn"}],
            "`search.seed_trials.0`: cannot be tried, because its model `knn` is not in `search.models`",
        ),
        ("search.models", "svm+svm", "`search.models` names `svm` 2 times: name it once"),
        ("search.strategies", "tpe+grid+tpe", "`search.strategies` names `tpe` 2 times: name it once"),
        ("search.options", {"tpe": {"candidates": 1}}, "`search.options.tpe`: `candidates` is no option of"),
        (
            "search.options",
            {"evolutionery": {}},
            "`evolutionery` is not in `search.strategies` (did you mean `evolutionary`?): add it there, or",
        ),
        ("search.options", {"random": {}}, "`search.options.random` is given, but `random` is not in"),
        ("search.space", {"resnet": {}}, "`resnet` is not in `search.models`"),
    ],
)
def test_a_fault_is_told_with_key_value_and_rule(key: str, value: object, sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        check_parameters(_with(key, value))
    assert sentence in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_every_fault_of_a_tree_is_told() -> None:
    tree = _with("search.workers", 0)
    tree["dataset"]["fit"] = "squeeze"
    tree["run"]["name"] = "x"
    assert len(faults(tree)) == 3


def test_a_search_without_an_end_is_refused() -> None:
    tree = _with("search.max_seconds", None)
    with pytest.raises(ParameterError, match=r"`search` needs an end: give `search.max_trials`"):
        check(tree)


def test_a_changed_range_drops_the_grid_and_default_that_no_longer_fit() -> None:
    parameters = check_parameters(_with("search.space", {"svm": {"C": {"low": 2, "high": 3}}}))
    assert parameters.search.space["svm"]["C"] == {"low": 2, "high": 3}


def test_shallow_models_choose_among_the_extractors_of_the_run() -> None:
    from tunescope.search.checks import build_space

    parameters = check_parameters(_with("features.extractors", "pixels_pca"))
    space = build_space(parameters.search, parameters.features, parameters.learning_rate)
    (extractor,) = (one for one in space.hyperparameters if one.name == "svm.extractor")
    assert extractor.grid == ("pixels_pca",)


def test_deep_models_choose_among_the_policies_of_the_run() -> None:
    from tunescope.search.checks import build_space

    parameters = check_parameters(_with("learning_rate.policy", "step+cos"))
    space = build_space(parameters.search, parameters.features, parameters.learning_rate)
    found = {one.name: one for one in space.hyperparameters if one.name.startswith("cnn.policy")}
    assert list(found) == ["cnn.policy", "cnn.policy_parts", "cnn.policy_gamma"]
    assert found["cnn.policy"].grid == ("step", "cos")
    assert found["cnn.policy_gamma"].when == {"model": ("cnn",), "cnn.policy": ("step",)}


def test_faults_of_strategies_objectives_options_and_models_are_told_at_once() -> None:
    tree = _with("search.models", "svm+svm")
    tree["search"] |= {"strategies": "cmaes", "objective": "accuracy+latency", "options": {"random": {}}}
    with pytest.raises(ParameterError) as caught:
        check_parameters(tree)
    able = ", ".join(f"`{name}`" for name, strategy in STRATEGIES.items() if strategy.multi_objective)
    assert str(caught.value).splitlines() == [
        "`search.models` names `svm` 2 times: name it once",
        "`search.objective` names `accuracy` and `latency`, but strategy `cmaes` searches for one objective "
        f"only: name one, or use {able}",
        "`search.options.random` is given, but `random` is not in `search.strategies`: "
        "add it there, or leave its options out",
    ]


def test_choices_may_take_the_place_of_a_range_and_a_range_that_of_choices() -> None:
    from tunescope.search.checks import build_space

    tree = _with(
        "search.space", {"svm": {"C": {"choices": [1, 10]}}, "cnn": {"ema": {"low": 0.0, "high": 0.5}}}
    )
    parameters = check_parameters(tree)
    space = build_space(parameters.search, parameters.features, parameters.learning_rate)
    found = {one.name: one for one in space.hyperparameters}
    assert found["svm.C"].choices == (1, 10)
    assert (found["cnn.ema"].type, found["cnn.ema"].high) == ("float", 0.5)


def test_a_fault_of_the_space_is_found_in_the_file_that_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "search.yml"
    path.write_text("search:\n  space:\n    svm:\n      C:\n        low: 0\n")
    with pytest.raises(ParameterError) as caught:
        check_parameters(_with("search.space", yaml.safe_load(path.read_text())["search"]["space"]))
    key = str(caught.value).split("`")[1]
    assert (key, locate(key, [path])) == ("search.space.svm.C.low", f"{path}, line 5")
