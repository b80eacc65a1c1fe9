"""Deep models choose a learning-rate policy, and shape it, like any other hyperparameter."""

import pytest

from tunescope.errors import ParameterError
from tunescope.models import MODELS
from tunescope.search import Space
from tunescope.training import POLICIES
from tunescope.training.spaces import completed, declared_space, policy_space


def test_a_deep_model_chooses_from_every_policy_and_one_cycle_is_usual() -> None:
    space = declared_space("cnn")
    assert space["policy"]["choices"] == list(POLICIES)
    assert completed("cnn", {})["policy"] == "onecycle"
    assert len(list(Space.from_dict(space).grid())) == len(list(Space.from_dict(MODELS["cnn"].space).grid()))


def test_a_shallow_model_has_no_policy() -> None:
    assert declared_space("svm") == MODELS["svm"].space


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_has_the_shape_that_it_declares_and_no_other(policy: str) -> None:
    complete = completed("cnn", {"policy": policy})
    assert {name for name in complete if name.startswith("policy_")} == {
        f"policy_{shape}" for shape in POLICIES[policy].shape
    }
    assert Space.from_dict(declared_space("cnn")).faults(complete) == []


def test_only_the_shapes_of_chosen_policies_are_declared() -> None:
    assert list(policy_space(["onecycle", "cos"])) == ["policy"]
    assert list(policy_space(["step", "fix"])) == ["policy", "policy_parts", "policy_gamma"]
    assert policy_space(["step", "fix"])["policy_parts"]["when"] == {"policy": ["step"]}


def test_a_shape_of_another_policy_is_refused_only_when_no_policy_has_it() -> None:
    assert "policy_p" not in completed("cnn", {"policy": "fix", "policy_p": 2.0})
    with pytest.raises(ParameterError, match="`policy_q` is no hyperparameter of `cnn`"):
        completed("cnn", {"policy_q": 2.0})
