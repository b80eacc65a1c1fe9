"""The spaces of models as they are trained: for deep models, with the learning-rate policy."""

from collections.abc import Collection, Mapping
from typing import Any

from tunescope.models import MODELS
from tunescope.models.declaration import SpaceDeclaration
from tunescope.models.declaration import completed as completed_in
from tunescope.training.policies.policy import LEFT, PARTS

USUAL = "onecycle"

# By the names of `Policy.shape`; with the defaults, a policy is what it is with `k0` alone.
_SHAPES: dict[str, dict[str, Any]] = {
    "k1": {"type": "float", "low": 0.0, "high": 0.5, "grid": [0.1], "default": 0.1},
    "parts": {"type": "int", "low": 2, "high": 6, "grid": [PARTS], "default": PARTS},
    "gamma": {"type": "float", "low": 0.05, "high": 0.5, "log": True, "grid": [0.1], "default": 0.1},
    "p": {"type": "float", "low": 0.5, "high": 3.0, "log": True, "grid": [1.0], "default": 1.0},
    "left": {"type": "float", "low": 1e-3, "high": 0.3, "log": True, "grid": [LEFT], "default": LEFT},
}


def declared_space(model_name: str) -> SpaceDeclaration:
    """The hyperparameters of a model of ``MODELS``; those of a deep one choose from all of ``POLICIES``."""
    from tunescope.training import POLICIES  # here, because the registry's room imports this module

    model = MODELS[model_name]
    if model.kind == "shallow":
        return model.space
    usual = {"grid": [USUAL], "default": USUAL}
    policies = policy_space(POLICIES)
    return {**model.space, **policies, "policy": {**policies["policy"], **usual}}


def policy_space(names: Collection[str]) -> SpaceDeclaration:
    """The hyperparameter ``policy`` with these choices, and what shapes them, ``policy_*``.

    The shape does not depend on the rate or the number of steps, so that one range fits every dataset:
    ``policy_k1`` is the lower bound as a share of the rate, ``policy_parts`` the number of cycles, stages or
    periods, ``policy_gamma`` what each stage leaves of the rate, ``policy_left`` what a decay leaves at the
    end, ``policy_p`` a power.
    """
    from tunescope.training import POLICIES  # as above

    users = {shape: [name for name in names if shape in POLICIES[name].shape] for shape in _SHAPES}
    shapes = {
        f"policy_{shape}": {**entry, "when": {"policy": users[shape]}}
        for shape, entry in _SHAPES.items()
        if users[shape]
    }
    return {"policy": {"type": "categorical", "choices": list(names)}, **shapes}


def completed(model_name: str, hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in the defaults of the hyperparameters that exist beside the given ones, the policy's included.

    Raises:
        ParameterError: when one is given that the model does not have.
    """
    return completed_in(declared_space(model_name), hyperparameters, model_name)
