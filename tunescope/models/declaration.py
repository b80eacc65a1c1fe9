"""What every model is: a name, a line for people, a space, and how to build one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal

from tunescope.errors import ParameterError

if TYPE_CHECKING:
    from tunescope.models.deep.network import Network

Entry = Mapping[str, Any]
SpaceDeclaration = Mapping[str, Entry]
Hyperparameters = Mapping[str, Any]
ImageShape = tuple[int, int, int]
Colour = tuple[float, float, float]

WEIGHTS_KEY = "search.training.weights"


@dataclass(frozen=True)
class Pretrained:
    """Published weights that a deep model can begin with, where its ``weights`` are `pretrained`.

    ``location`` is always a file of weights; a folder of files under their published names, or one that
    holds ``hub/checkpoints`` as torchvision's cache does; or None for that cache, which downloads fill.

    Attributes:
        network: name of the network, with hyperparameters in braces: ``resnet{depth}``.
        mean: of red, green and blue, from 0 to 1, that the images of the first training were shifted by.
        std: of red, green and blue, that they were divided by.
        is_downloaded: whether torchvision downloads them; else somebody must name a file or folder.
    """

    network: str
    mean: Colour
    std: Colour
    is_downloaded: bool = True

    def fetch(self, space: SpaceDeclaration, location: Path | None) -> None:
        """Make sure of the weights of all networks in a space: download them once, and see that they fit.

        Raises:
            SourceError: when some are not to be had, cannot be read without running code, or do not fit.
        """
        from tunescope.models.deep.network import check_weights

        for network in self._networks(space):
            check_weights(network, location, WEIGHTS_KEY)

    def load(self, module: "Network", hyperparameters: Hyperparameters, location: Path | None) -> None:
        """Put the weights into what the model built with these hyperparameters, all but its head.

        Raises:
            SourceError: when they are not to be had, cannot be read without running code, or do not fit.
        """
        from tunescope.models.deep.network import load_weights

        load_weights(module, self.network.format(**hyperparameters), location, WEIGHTS_KEY)

    def identity(self, hyperparameters: Hyperparameters, location: Path | None) -> str:
        """Tell which weights exactly these are: the name of the network and the content of the file.

        Raises:
            SourceError: when they are not to be had.
        """
        from tunescope.models.deep.weights import digest, find

        network = self.network.format(**hyperparameters)
        return f"{network} {digest(find(network, location, WEIGHTS_KEY), WEIGHTS_KEY)}"

    def _networks(self, space: SpaceDeclaration) -> Iterator[str]:
        if "pretrained" in space["weights"]["choices"]:
            names = [name for _, name, _, _ in Formatter().parse(self.network) if name]
            for values in product(*(space[name]["choices"] for name in names)):
                yield self.network.format(**dict(zip(names, values, strict=True)))


@dataclass(frozen=True)
class Model:
    """Declares a model.

    Attributes:
        name: its key in ``MODELS``.
        kind: ``shallow`` (scikit-learn, on a feature matrix) or ``deep`` (PyTorch, on images).
        line: what it is, in words for people.
        space: its hyperparameters, in the order of suggestion; each has a default.
        build: shallow: ``build(hyperparameters, seed)`` gives a scikit-learn pipeline that is not fitted.
            Deep: ``build(hyperparameters, image_shape, classes)``, with ``image_shape`` (height, width,
            channels), gives a module from float32 (n, channels, height, width) normalized images to
            (n, classes) logits.
        pretrained: weights that the model can begin with, if there are any; what is built is then a
            :class:`tunescope.models.deep.network.Network`.
        notes: ``notes(hyperparameters, image_shape)`` tells, in sentences, what is done to make images fit.
        suits: what it is good for, in words for people who choose.
    """

    name: str
    kind: Literal["shallow", "deep"]
    line: str
    space: SpaceDeclaration
    build: Callable[..., Any]
    pretrained: Pretrained | None = None
    notes: Callable[[Hyperparameters, ImageShape], Sequence[str]] | None = None
    suits: str = ""

    def space_with(self, location: Path | str | None) -> SpaceDeclaration:
        """The space, without pretrained weights when they can come from nowhere.

        Args:
            location: file or folder of weights that somebody named, if anybody did.
        """
        if self.pretrained is None or self.pretrained.is_downloaded or location is not None:
            return self.space
        from_scratch = {"choices": ["none"], "grid": ["none"], "default": "none"}
        return {**self.space, "weights": {**self.space["weights"], **from_scratch}}

    def completed(self, hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
        """Fill in the defaults of the hyperparameters that exist beside the given ones.

        Raises:
            ParameterError: when one is given that the model does not have.
        """
        return completed(self.space, hyperparameters, self.name)


def completed(space: SpaceDeclaration, hyperparameters: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Fill in the defaults of the hyperparameters that exist beside the given ones.

    Args:
        space: which hyperparameters there are, each with a default.
        hyperparameters: those that are given.
        name: of the model, for people.

    Raises:
        ParameterError: when one is given that the space does not have.
    """
    strangers = [one for one in hyperparameters if one not in space]
    if strangers:
        raise ParameterError(
            f"`{strangers[0]}` is no hyperparameter of `{name}`: use {', '.join(f'`{one}`' for one in space)}"
        )
    complete: dict[str, Any] = {}
    for one, entry in space.items():
        if _exists(entry, complete):
            complete[one] = hyperparameters.get(one, entry["default"])
    return complete


def _exists(entry: Entry, chosen: Mapping[str, Any]) -> bool:
    conditions = entry.get("when", {})
    return all(chosen.get(name) in _listed(values) for name, values in conditions.items())


def _listed(values: Any) -> Any:
    return values if isinstance(values, list | tuple) else (values,)
