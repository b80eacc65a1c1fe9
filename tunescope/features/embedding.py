"""What a trained network sees in a picture: the features before its last layer.

Donahue et al., "DeCAF: a deep convolutional activation feature for generic visual recognition", ICML 2014.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tunescope.errors import ParameterError
from tunescope.features.extractor import Extractor, FeatureExtractor, Images, Matrix, State
from tunescope.parameters import EmbeddingParameters

if TYPE_CHECKING:
    import torch
    from torch import nn

WEIGHTS = "weights."  # before the names of the network's own arrays


class Embedding(FeatureExtractor[EmbeddingParameters]):
    """Features of a backbone, whose weights are kept with it: later, neither file nor network is needed."""

    batch = 16  # each of several threads holds what the network makes of so many

    def __init__(self, options: EmbeddingParameters) -> None:
        super().__init__(options)
        self._network: nn.Module | None = None

    def identity(self) -> dict[str, Any]:
        """The backbone, the size, and which weights: a file by its content."""
        return {
            "backbone": self.options.backbone,
            "image_size": self.options.image_size,
            "weights": _name_of_weights(self.options),
        }

    @contextmanager
    def sharing_cores(self) -> Iterator[None]:
        """PyTorch keeps to one thread in each that begins now: more are far slower on a busy machine."""
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take over the state; the network is built when it is first used."""
        super().restore(state)
        self._network = None

    def _learn(self, images: Images) -> State:
        from tunescope.features import backbones

        options = self.options
        wanted = backbones.preparation(options.backbone, options.image_size)
        weights, origin = _weights(options)
        network = backbones.build(options.backbone, wanted.side, weights, origin)
        named = {f"{WEIGHTS}{name}": _array(tensor) for name, tensor in network.state_dict().items()}
        state: State = {
            "side": np.array(wanted.side),
            "mean": np.array(wanted.mean, np.float32),
            "std": np.array(wanted.std, np.float32),
            "interpolation": np.array(wanted.interpolation),
            **named,
        }
        self._network = _on_device(network)
        self._try_out(images[:1], state)
        return state

    def _try_out(self, images: Images, state: State) -> None:
        try:
            _embed(self._ready(), images, state)
        except (RuntimeError, ValueError, AssertionError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise ParameterError(
                f"`features.embedding.image_size` is {state['side']}, which `{self.options.backbone}` cannot "
                f"work on ({reason}): leave it out, or give a larger one"
            ) from None

    def _features(self, images: Images) -> Matrix:
        if not len(images):  # some layers cannot work on nothing
            return _embed(self._ready(), np.zeros((1, *images.shape[1:]), np.uint8), self._state)[:0]
        return _embed(self._ready(), images, self._state)

    def _ready(self) -> "nn.Module":
        if self._network is None:
            import torch

            from tunescope.features import backbones

            weights = {
                name.removeprefix(WEIGHTS): torch.from_numpy(array)
                for name, array in self._state.items()
                if name.startswith(WEIGHTS)
            }
            side = int(self._state["side"])
            self._network = _on_device(
                backbones.build(self.options.backbone, side, weights, "the stored state")
            )
        return self._network


def _name_of_weights(options: EmbeddingParameters) -> str:
    """The content of a file of weights, or what torchvision calls its own."""
    from tunescope.features import backbones
    from tunescope.models.deep import weights

    backbones.check(options.backbone)
    if options.weights is None:
        return str(weights.pretrained(options.backbone, backbones.KEY))
    return weights.digest(_file_of_weights(options), backbones.KEY)


def _weights(options: EmbeddingParameters) -> "tuple[Mapping[str, torch.Tensor], str]":
    from tunescope.features import backbones
    from tunescope.models.deep import weights

    path = _file_of_weights(options)
    origin = "what torchvision offers" if options.weights is None else f"`{path}`"
    return weights.read_weights(path, backbones.KEY), origin


def _file_of_weights(options: EmbeddingParameters) -> Path:
    from tunescope.features import backbones
    from tunescope.models.deep import weights

    return weights.find(options.backbone, options.weights, backbones.KEY)


def _on_device(network: "nn.Module") -> "nn.Module":
    import torch

    return network.to("cuda" if torch.cuda.is_available() else "cpu")


def _array(tensor: "torch.Tensor") -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = (tensor.float() if tensor.is_floating_point() else tensor).cpu().numpy()
    return array


def _embed(network: "nn.Module", images: Images, state: Mapping[str, npt.NDArray[Any]]) -> Matrix:
    """(n, d) features of (n, height, width, channels) images."""
    import torch

    with torch.inference_mode():
        device = next(network.parameters()).device
        features: Matrix = network(_prepared(images, state, device)).flatten(1).float().cpu().numpy()
    return features


def _prepared(
    images: Images, state: Mapping[str, npt.NDArray[Any]], device: "torch.device"
) -> "torch.Tensor":
    """(n, 3, side, side) normalized values; gray images have three equal channels."""
    import torch
    from torch.nn.functional import interpolate

    side, mean, std = int(state["side"]), state["mean"], state["std"]
    pixels = torch.from_numpy(np.array(images)).to(device).permute(0, 3, 1, 2).float() / 255
    if pixels.shape[-2:] != (side, side):
        pixels = interpolate(pixels, (side, side), mode=str(state["interpolation"]), antialias=True)
    means, deviations = (torch.from_numpy(part).to(device).view(3, 1, 1) for part in (mean, std))
    return (pixels.expand(-1, 3, -1, -1) - means) / deviations


EXTRACTOR = Extractor(
    "embedding",
    "What a trained network sees: its features before the last layer",
    Embedding,
    EmbeddingParameters,
)
