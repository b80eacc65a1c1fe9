"""What the declarations of networks share that can begin with published weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunescope.errors import ParameterError
from tunescope.models.declaration import (
    Entry,
    Hyperparameters,
    ImageShape,
    Model,
    Pretrained,
    SpaceDeclaration,
)
from tunescope.models.deep.recipe import recipe

if TYPE_CHECKING:
    from tunescope.models.deep.network import Network, Stages

# The red, green and blue of ImageNet. The published CIFAR-10 weights were trained with them too
# (`trainer.py` of akamaster/pytorch_resnet_cifar10).
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CHANNELS = 3


@dataclass(frozen=True)
class Family:
    """Networks that differ in one hyperparameter at most.

    Attributes:
        name: of the model that builds them.
        network: torchvision's name, with a hyperparameter in braces: ``resnet{depth}``.
        stages: of each network, names of the parts that each stage is made of, the lowest first.
        least_side: of the images that it can see.
        multiple: that a side must be of.
        is_downloaded: whether torchvision downloads its weights.
    """

    name: str
    network: str
    stages: "Mapping[str, Stages]"
    least_side: int = 32
    multiple: int = 1
    is_downloaded: bool = True

    def model(self, line: str, suits: str, space: SpaceDeclaration) -> Model:
        """Declare the model."""
        pretrained = Pretrained(self.network, MEAN, STD, self.is_downloaded)
        return Model(self.name, "deep", line, space, self.build, pretrained, self.notes, suits)

    def build(self, hyperparameters: Hyperparameters, image_shape: ImageShape, classes: int) -> "Network":
        """Make a network with fresh weights for images of any size; its logits are (n, classes).

        Raises:
            ParameterError: when it cannot see images of the side that is asked for.
        """
        from tunescope.models.deep.backbone import whole_network
        from tunescope.models.deep.network import Network

        side, network = hyperparameters["side"], self.network.format(**hyperparameters)
        self._check(side)
        return Network(whole_network(network, side, classes), side, self.stages[network])

    def notes(self, hyperparameters: Hyperparameters, image_shape: ImageShape) -> list[str]:
        """What is done to images of that shape."""
        height, width, channels = image_shape
        side, notes = hyperparameters["side"], []
        if channels != CHANNELS:
            notes.append(f"{channels} channel is shown to the network as {CHANNELS}.")
        if (height, width) != (side, side):
            done = "enlarged" if max(height, width) < side else "scaled"
            notes.append(f"Images of {height} x {width} are {done} to {side} x {side}.")
        return notes

    def _check(self, side: int) -> None:
        if side < self.least_side or side % self.multiple:
            rule = f"at least {self.least_side}"
            if self.multiple > 1:
                rule += f" and a multiple of {self.multiple}"
            raise ParameterError(f"`side` of `{self.name}` is {side}, but must be {rule}")


def transferable_space(
    own: SpaceDeclaration,
    *,
    weights: Sequence[str] = ("pretrained", "none"),
    sides: Sequence[int],
    side: int,
    learning_rate: float,
    weight_decay: float = 0.05,
    epochs: int = 12,
) -> dict[str, Entry]:
    """The space of a family of networks.

    ``transfer`` says what learns: the head alone (`frozen`: what the body makes of the images is computed
    once), the highest stage too, or all of it, each stage with ``lower_rates`` times the learning rate of the
    one above. ``side`` is that of the images that the network sees, whatever size the dataset has.

    Args:
        own: hyperparameters that the family has for itself.
        weights: what the networks can begin with, the default first.
        sides: what ``side`` can be.
        side: its default.
        learning_rate, weight_decay, epochs: defaults of the recipe.
    """
    shared: dict[str, Any] = recipe(learning_rate=learning_rate, weight_decay=weight_decay, epochs=epochs)
    # A grid tries one strength only: to a frozen network none makes a difference.
    shared["augmentation"] = {**shared["augmentation"], "grid": [1.0]}
    return {
        **own,
        "weights": _choice(weights, weights[0]),
        "transfer": {
            **_choice(("frozen", "last_stage", "all"), "frozen"),
            "grid": ["frozen", "last_stage"],
            "when": {"weights": "pretrained"},
        },
        "lower_rates": {
            "type": "float",
            "low": 0.3,
            "high": 1.0,
            "grid": [0.6],
            "default": 0.6,
            "when": {"transfer": "all"},
        },
        "side": _choice(sides, side),
        **shared,
    }


def _choice(choices: Sequence[Any], default: Any) -> dict[str, Any]:
    return {"type": "categorical", "choices": list(choices), "default": default, "grid": [default]}
