"""A declared model completes what is given with its defaults."""

import pytest

from tunescope.errors import ParameterError
from tunescope.models import Model

SPACE = {
    "kernel": {"type": "categorical", "choices": ["rbf", "linear", "poly"], "default": "rbf"},
    "gamma": {"type": "float", "low": 0.1, "high": 1.0, "default": 0.5, "when": {"kernel": ["rbf", "poly"]}},
    "degree": {"type": "int", "low": 2, "high": 5, "default": 3, "when": {"kernel": "poly"}},
}
MODEL = Model("example", "shallow", "An example", SPACE, dict)


def test_nothing_given_is_all_defaults_that_exist_together() -> None:
    assert MODEL.completed({}) == {"kernel": "rbf", "gamma": 0.5}


def test_conditions_follow_what_is_given() -> None:
    assert MODEL.completed({"kernel": "poly"}) == {"kernel": "poly", "gamma": 0.5, "degree": 3}
    assert MODEL.completed({"kernel": "linear", "gamma": 0.1}) == {"kernel": "linear"}


def test_a_hyperparameter_of_another_model_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match=r"`width` is no hyperparameter of `example`: use `kernel`"):
        MODEL.completed({"width": 3})
