"""The policy of a training, from the hyperparameters of its model."""

from collections.abc import Mapping
from typing import Any

from tunescope.errors import UnknownNameError
from tunescope.training.policies.policy import Policy


def make_policy(hyperparameters: Mapping[str, Any], rate: float, total_steps: int) -> Policy:
    """The policy that a complete configuration of a deep model chooses.

    Args:
        hyperparameters: ``policy`` and what else ``tunescope.training.spaces.policy_space`` declares.
        rate: the highest learning rate.
        total_steps: of the whole training.

    Raises:
        UnknownNameError: when there is no such policy.
    """
    from tunescope.training import POLICIES  # here, because the registry's room imports this module

    name = hyperparameters["policy"]
    if name not in POLICIES:
        raise UnknownNameError(
            f"`{name}` is no learning-rate policy: use {', '.join(f'`{one}`' for one in POLICIES)}"
        )
    policy = POLICIES[name]
    if policy.sees_losses:
        return policy(k0=rate, l=max(total_steps / hyperparameters["epochs"], 1))
    shape = {name: hyperparameters[f"policy_{name}"] for name in policy.shape}
    return policy.shaped(rate, total_steps, shape)
