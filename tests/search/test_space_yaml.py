"""The space as YAML that a person likes to read, and every way to get it wrong with its line and sentence."""

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from tunescope.errors import ParameterError
from tunescope.parameters import DIRECTIONS, FeaturesParameters, LearningRateParameters, SearchParameters
from tunescope.search import Space
from tunescope.search.checks import build_space
from tunescope.search.steering import BUDGETS
from tunescope.store.commands import CommandName

BY_MODELS = """\
models:
  svm:
    C: {low: 0.01, high: 1000, log: true, grid: [1, 10], default: 10}
    kernel: [rbf, linear]
    gamma: {low: 1e-4, high: 10, log: true, when: {kernel: rbf}}
  cnn:
    width: {low: 8, high: 64, step: 8}
    ema: {choices: [true, false], default: false}
  gaussian_nb: {}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "space.yml"


def _read(path: Path, text: str) -> Space:
    path.write_text(text)
    return Space.from_yaml(path)


def test_models_as_blocks_become_one_conditional_space(path: Path) -> None:
    space = _read(path, BY_MODELS)
    assert [one.name for one in space.hyperparameters] == [
        "model",
        "svm.C",
        "svm.kernel",
        "svm.gamma",
        "cnn.width",
        "cnn.ema",
    ]
    assert space.hyperparameters[3].when == {"model": ("svm",), "svm.kernel": ("rbf",)}
    assert space.defaults() == [
        {"model": "svm", "svm.C": 10.0, "svm.kernel": "rbf", "svm.gamma": pytest.approx(0.0316, rel=0.01)},
        {"model": "cnn", "cnn.width": 40, "cnn.ema": False},
        {"model": "gaussian_nb"},
    ]


def test_types_are_what_the_values_are(path: Path) -> None:
    space = _read(
        path, "a: {low: 1, high: 9}\nb: {low: 1, high: 9.5}\nc: [1, 2]\nd: {low: 0, high: 1, step: 0.1}\n"
    )
    assert [one.type for one in space.hyperparameters] == ["int", "float", "categorical", "float"]
    assert [type(value) for value in space.defaults()[0].values()] == [int, float, int, float]


def test_a_grid_may_be_a_number_of_values(path: Path) -> None:
    space = _read(path, "C: {low: 0.01, high: 100, log: true, grid: 5}\nk: {low: 1, high: 3, grid: 9}\n")
    assert space.hyperparameters[0].grid == pytest.approx((0.01, 0.1, 1, 10, 100))
    assert space.hyperparameters[1].grid == (1, 2, 3)


def test_a_condition_may_name_several_values_and_several_hyperparameters(path: Path) -> None:
    space = _read(
        path,
        "kernel: [rbf, poly, linear]\n"
        "depth: {low: 1, high: 3}\n"
        "gamma: {low: 0.1, high: 1, when: {kernel: [rbf, poly], depth: 2}}\n",
    )
    assert "gamma" in space.adapted({"kernel": "poly", "depth": 2})  # type: ignore[operator]
    assert "gamma" not in space.adapted({"kernel": "poly", "depth": 1})  # type: ignore[operator]
    assert "gamma" not in space.adapted({"kernel": "linear", "depth": 2})  # type: ignore[operator]


def test_a_hyperparameter_may_be_called_models(path: Path) -> None:
    assert _read(path, "models: {low: 1, high: 3}\n").defaults() == [{"models": 2}]


def test_a_space_survives_the_way_through_yaml(path: Path) -> None:
    space = _read(path, BY_MODELS)
    assert _read(path, yaml.safe_dump(space.to_dict(), sort_keys=False)) == space


def test_null_may_be_a_choice_and_a_condition(path: Path) -> None:
    space = _read(
        path,
        "a: [x, null]\nb: {choices: [null, 1], when: {a: x}}\nc: {choices: [3], when: {b: null}}\n",
    )
    assert space.defaults() == [{"a": "x", "b": None, "c": 3}]
    assert space.grid_size == 3
    # Without `b` there is no null that `c` could wait for.
    assert space.adapted({"a": None}) == {"a": None}


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        # Ranges.
        ("C: {low: 2, high: 1}", 1, "`C.low` is 2, but must be at most `high`, which is 1"),
        (
            "C:\n  low: 0\n  high: 1\n  log: true",
            2,
            "`C.low` is 0, but a logarithmic range must begin above 0",
        ),
        ("C:\n  high: 1.5", 1, "`C` needs `low` and `high`"),
        ("C: {}", 1, "`C` needs `low` and `high`, or `choices`"),
        ("C:\n  low: a\n  high: 1", 2, "`C.low` is `a`, but must be a number"),
        ("C:\n  low: 0\n  high: .inf", 3, "`C.high` is inf, but must be a number"),
        ("C:\n  low: .nan\n  high: 1", 2, "`C.low` is nan, but must be a number"),
        ("C: {low: true, high: 2}", 1, "`C.low` is True, but must be a number"),
        ("C: {low: -1e308, high: 1e308}", 1, "`C` goes from -1e+308 to 1e+308, which is too wide"),
        ("C: {type: int, low: 0.5, high: 2}", 1, "`C.low` is 0.5, but must be a whole number"),
        ("C: {low: 1, high: 2, log: 3}", 1, "`C.log` is 3, but must be true or false"),
        # Steps.
        (
            "C:\n  low: 0\n  high: 10\n  step: 3",
            4,
            "`C.step` is 3, which does not lead from 0 to 10: let `high` be 9, for instance",
        ),
        ("C: {low: 0, high: 1, step: -0.1}", 1, "`C.step` is -0.1, but must be more than 0"),
        ("C: {low: 0, high: 1, step: 0}", 1, "`C.step` is 0, but must be more than 0"),
        ("C: {low: 1, high: 9, step: 2, log: true}", 1, "`C` has both `log` and `step`"),
        ("C: {type: int, low: 1, high: 9, step: 0.5}", 1, "`C.step` is 0.5, but must be a whole number"),
        # Choices.
        ("k: []", 1, "`k.choices` is empty, but must be a list with at least 1 choice"),
        ("k: {choices: rbf}", 1, "`k.choices` is `rbf`, but must be a list"),
        ("k: {type: categorical}", 1, "`k` needs `choices`"),
        ("k:\n  choices:\n  - a\n  - b\n  - a", 5, "`k.choices.2` is `a`, which stands there before"),
        ("k: [1, 1.0]", 1, "`k.choices.1` is 1, which stands there before"),
        ("k: [1, .nan]", 1, "`k.choices.1` is nan, but must be text, a finite number"),
        ("k: [[1], 2]", 1, "`k.choices.0` is [1], but must be text, a finite number"),
        ("k: {choices: [a], log: true}", 1, "`k.log` is given, but choices have no range: leave it out"),
        ("k: {type: int, low: 1, high: 2, choices: [1]}", 1, "`k.choices` is given, but a hyperparameter of"),
        # Grid values and defaults.
        ("C: {low: 0, high: 3, default: 7}", 1, "`C.default` is 7, but must be in 0 to 3"),
        ("C: {low: 0, high: 3, grid: [1, 9]}", 1, "`C.grid.1` is 9, but must be in 0 to 3"),
        ("C: {low: 0, high: 3, grid: [1, 1]}", 1, "`C.grid.1` is 1, which stands there before"),
        ("C: {low: 0, high: 3, grid: []}", 1, "`C.grid` is empty, but must be a list with at least 1 value"),
        (
            "C: {low: 0, high: 3, grid: 0}",
            1,
            "`C.grid` is 0, but a number of grid values is a whole one from 1",
        ),
        ("C: {low: 0, high: 3, grid: a}", 1, "`C.grid` is `a`, but must be a list of values or their number"),
        (
            "C: {low: 0, high: 8, step: 2, default: 3}",
            1,
            "`C.default` is 3, but must be in 0 to 8 in steps of 2",
        ),
        ("k: {choices: [a, b], default: c}", 1, "`k.default` is `c`, but must be in `a`, `b`"),
        ("k: {choices: [a, b], grid: 2}", 1, "`k.grid` is 2, but must be a list of values"),
        # Conditions.
        ("a: [x]\nb: {choices: [1], when: {c: 1}}", 2, "`b.when.c` names no hyperparameter: use `a`"),
        ("b: {choices: [1], when: {c: 1}}", 1, "`b.when.c` names no hyperparameter: none stands before"),
        (
            "kernel: [x]\nb:\n  choices: [1]\n  when: {kernl: x}",
            4,
            "`b.when.kernl` names no hyperparameter (did you mean `kernel`?)",
        ),
        (
            "b: {choices: [1], when: {c: 1}}\nc: [1]",
            1,
            "`b.when.c` names `c`, which must be declared before `b`",
        ),
        ("b: {choices: [1], when: {b: 1}}", 1, "`b.when.b` is a condition on itself"),
        (
            "a: [x, y]\nb: {choices: [1], when: {a: z}}",
            2,
            "`b.when.a` is `z`, but `a` can only be in `x`, `y`",
        ),
        (
            "a: {low: 1, high: 3}\nb: {choices: [1], when: {a: [2, 9]}}",
            2,
            "`b.when.a` is 9, but `a` can only be",
        ),
        ("a: [x]\nb: {choices: [1], when: {a: []}}", 2, "`b.when.a` is empty, but must name a value"),
        ("a: [x]\nb: {choices: [1], when: x}", 2, "`b.when` is `x`, but must be a condition such as"),
        # Keys and entries.
        ("C: {low: 1, hihg: 2}", 1, "`C.hihg` is unknown (did you mean `high`?): use `type`, `low`"),
        ("C: {low: 1, high: 2, 3: 4}", 1, "`C.3` is unknown"),
        ("C: {type: floot, low: 1, high: 2}", 1, "`C.type` is `floot`, but must be `float`, `int`"),
        ("C: {type: [float], low: 1, high: 2}", 1, "`C.type` is ['float'], but must be `float`, `int`"),
        ("C: 5", 1, "`C` is 5, but must be an entry such as `{low: 1, high: 9}` or a list of choices"),
        ("C: 2024-01-01", 1, "but must be an entry such as"),
        ("on: [1]", 1, "`True` is no name: put it in quotes if it is meant as one"),
        ('"": [1]', 1, "`` is empty, but must be a name"),
        ("C: [1]\nk: [2]\nC: [3]", 3, "`C` stands there twice"),
        ("C:\n  low: 1\n  high: 2\n  low: 0", 4, "`C.low` stands there twice"),
        # Models.
        (
            "models:\n  svm:\n    gamma: {low: 0, high: 1, log: true}",
            3,
            "`svm.gamma.low` is 0, but a logarithmic",
        ),
        ("models:\n  svm: {C: [1]}\n  svm: {C: [1]}", 3, "`svm` stands there twice"),
        ("models:\n  svm: 5", 2, "`svm` is 5, but must be the block of a model's hyperparameters"),
        ("models:\n  a.b: {}", 2, "`a.b` is no name of a model"),
        ("models:\n  1: {}", 2, "`1` is no name of a model"),
        ("models: {}", 1, "`models` is empty, but must hold a block for each model"),
        ("models: {a: {}}\nC: [1]", 2, "`C` stands beside `models`: put it into the block of a model"),
        (
            "models:\n  a: {k: [1]}\n  b:\n    g: {choices: [1], when: {k: 1}}",
            4,
            "`b.g.when.k` names no hyperparameter: none stands before",
        ),
        (
            "models:\n  a:\n    kernel: [1]\n    g: {choices: [1], when: {kernal: 1}}",
            4,
            "`a.g.when.kernal` names no hyperparameter (did you mean `kernel`?): use `kernel`",
        ),
    ],
)
def test_a_fault_is_told_with_its_line(path: Path, text: str, line: int, sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        _read(path, text)
    (told,) = str(caught.value).splitlines()
    assert told.startswith(f"{path}, line {line}: ")
    assert sentence in told


def test_all_faults_of_a_file_are_told_in_the_order_of_its_lines(path: Path) -> None:
    with pytest.raises(ParameterError) as caught:
        _read(path, "a: {low: 2, high: 1}\nb: []\nc: {choices: [1], when: {a: 1}}\nb: {low: x, high: y}\n")
    told = [each.removeprefix(f"{path}, line ") for each in str(caught.value).splitlines()]
    # `c` may wait for an `a` that is known, though faulty.
    assert told == [
        "1: `a.low` is 2, but must be at most `high`, which is 1",
        "4: `b` stands there twice",
        "4: `b.low` is `x`, but must be a number",
        "4: `b.high` is `y`, but must be a number",
    ]


@pytest.mark.parametrize("text", ["", "- 1\n- 2\n", "just text", "models\n"])
def test_a_file_that_is_no_mapping_says_so(path: Path, text: str) -> None:
    with pytest.raises(ParameterError, match=r"The space .* must map names to entries"):
        _read(path, text)


def test_a_file_that_is_no_yaml_says_so_with_its_line(path: Path) -> None:
    with pytest.raises(ParameterError, match=r"space\.yml, line 2: this is no YAML"):
        _read(path, "C: {low: 1\nhigh: 2\n")


DOCUMENT = (Path(__file__).parents[2] / "docs/search.md").read_text()


def test_the_documented_spaces_can_be_read(path: Path) -> None:
    _, flat, by_models = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert len(_read(path, flat).hyperparameters) == 5
    assert [one.name for one in _read(path, by_models).hyperparameters] == [
        "model",
        "svm.C",
        "svm.kernel",
        "svm.gamma",
        "cnn.width",
    ]


def test_the_documented_changes_make_a_good_space() -> None:
    changes, _, _ = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    search = SearchParameters(**yaml.safe_load(changes)["search"])
    space = build_space(search, FeaturesParameters(), LearningRateParameters())
    (kernel,) = (one for one in space.hyperparameters if one.name == "svm.kernel")
    assert kernel.choices == ("rbf",)


@pytest.mark.parametrize(
    "word", [*DIRECTIONS, *BUDGETS, *get_args(CommandName), *SearchParameters.model_fields]
)
def test_everything_about_a_search_stands_in_its_document(word: str) -> None:
    elsewhere = {
        "strategies",
        "options",
        "training",
        "seed",
    }  # documents of their own, and what needs no words
    assert word in elsewhere or re.search(rf"`[^`]*\b{word}\b", DOCUMENT)
