"""How fast each part of a network learns that begins with pretrained weights."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from tunescope.models.deep.network import Network
from tunescope.training.optimizers import RateGroup

# No body is spoilt by a high rate where the head learns alone: with frozen CIFAR-10 networks, hand signs were
# still told apart better at ten times the rate at which whole networks learn best.
HEAD_ALONE = 10.0


def rate_groups(module: nn.Module, hyperparameters: Mapping[str, Any]) -> list[RateGroup]:
    """The parameters that learn, from the lowest to the head, with the factor of the learning rate for each.

    Where all of a pretrained network learns, its head has factor 1 and each stage below ``lower_rates`` times
    that of the one above, for lower stages see what all images have in common (Howard and Ruder,
    "Universal language model fine-tuning", ACL 2018). A head that learns alone has factor ``HEAD_ALONE``; in
    any other case all have factor 1.

    Args:
        module: any; only of a ``Network`` can stages be told apart.
        hyperparameters: a complete configuration of its model.
    """
    transfer = hyperparameters.get("transfer")
    if isinstance(module, Network) and transfer == "all":
        return _groups_by_stage(module, hyperparameters["lower_rates"])
    learning = [one for one in module.parameters() if one.requires_grad]
    return [RateGroup(learning, HEAD_ALONE if transfer == "frozen" else 1.0)]


def _groups_by_stage(network: Network, lower_rates: float) -> list[RateGroup]:
    parts = [*network.stages(), list(network.head.parameters())]
    return [RateGroup(part, lower_rates ** (len(parts) - 1 - number)) for number, part in enumerate(parts)]
