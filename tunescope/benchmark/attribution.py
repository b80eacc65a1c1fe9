"""Where in a photo a model looked. Importing this module imports PyTorch and Captum."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from captum.attr import LayerAttribution, LayerGradCam, Occlusion
from scipy.ndimage import uniform_filter
from torch import Tensor, nn

from tunescope.models.deep.network import Network
from tunescope.training.deep_predictor import DeepPredictor
from tunescope.training.predictor import Predictor

Pixels = npt.NDArray[np.uint8]
Heat = npt.NDArray[np.float32]
Method = Literal["Grad-CAM", "Occlusion"]

FEWEST_PLACES = 7  # on a side of the maps that Grad-CAM weighs: fewer say hardly where
SHARE_COVERED = 4  # occlusion covers squares of a quarter of the side
SEQUENTIAL = (nn.RNNBase, nn.MultiheadAttention)  # their maps of features, if any, are not places any more
# Probabilities that change by less, whatever is covered, do not depend on places.
LEAST_CHANGE = 1e-4


@dataclass(frozen=True, eq=False)
class Attribution:
    """Which parts of a photo speak for a class.

    Attributes:
        method: how it was found.
        heat: (height, width) from 0, no part in it, to 1, the most important place; all 0 where none matters.
    """

    method: Method
    heat: Heat


def where_it_looked(predictor: Predictor, image: Pixels, index: int) -> Attribution:
    """Tell which parts of an image speak for a class.

    For convolutional networks by Grad-CAM, one pass there and back: the maps of a late layer, weighted by how
    much the class rises with each (Selvaraju and others, "Grad-CAM", ICCV 2017). For all other models, which
    have no such maps, by occlusion: how much the probability falls when a part is covered with the image's
    mean colour (Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014).

    Args:
        predictor: the model.
        image: (height, width, channels) as in its dataset.
        index: of the class.
    """
    if isinstance(predictor, DeepPredictor):
        layer = _late_layer(predictor, image)
        heat = None if layer is None else _grad_cam(predictor, layer, image, index)
        if heat is not None and heat.any():
            return Attribution("Grad-CAM", heat)
    return Attribution("Occlusion", _occlusion(predictor, image, index))


def _grad_cam(predictor: DeepPredictor, layer: nn.Module, image: Pixels, index: int) -> Heat:
    method = LayerGradCam(predictor.module.eval(), layer)
    coarse = method.attribute(_prepared(predictor, image), target=index, relu_attributions=True)
    fine = LayerAttribution.interpolate(coarse, image.shape[:2], "bilinear")
    return _scaled(fine[0, 0].detach().cpu().numpy())


def _late_layer(predictor: DeepPredictor, image: Pixels) -> nn.Module | None:
    """The last part of a network whose output is a map with enough places, if it has any."""
    if any(isinstance(part, SEQUENTIAL) for part in predictor.module.modules()):
        return None
    with _outputs(predictor.module) as found, torch.inference_mode():
        predictor.module.eval()(_prepared(predictor, image))
    mapped = [part for part, shape in found if _is_map(shape)]
    return mapped[-1] if mapped else None


def _is_map(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[2] == shape[3] >= FEWEST_PLACES


@contextmanager
def _outputs(module: nn.Module) -> "Iterator[list[tuple[nn.Module, tuple[int, ...]]]]":
    """The parts of a module with the shape of what each gave, in the order in which they ended."""
    found: list[tuple[nn.Module, tuple[int, ...]]] = []

    def note(part: nn.Module, _: object, output: object) -> None:
        if isinstance(output, Tensor):
            found.append((part, tuple(output.shape)))

    hooks = [part.register_forward_hook(note) for part in module.modules()]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _prepared(predictor: DeepPredictor, image: Pixels) -> Tensor:
    device = next(predictor.module.parameters()).device
    return predictor.normalization(torch.from_numpy(image[None].copy()).to(device))


def _occlusion(predictor: Predictor, image: Pixels, index: int) -> Heat:
    def probability(images: Tensor) -> Tensor:
        shown = images.round().byte().permute(0, 2, 3, 1).contiguous().numpy()
        return torch.from_numpy(predictor.predict(shown)[:, index])

    height, width, channels = image.shape
    given = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]
    covered = (channels, max(1, height // SHARE_COVERED), max(1, width // SHARE_COVERED))
    falls = Occlusion(probability).attribute(
        given,
        sliding_window_shapes=covered,
        strides=(channels, *(max(1, side // _overlap(predictor)) for side in covered[1:])),
        baselines=given.mean(dim=(2, 3), keepdim=True).expand_as(given),
        perturbations_per_eval=predictor.images_at_a_time,
    )
    found = falls[0, 0].numpy()
    if found.max() <= LEAST_CHANGE:
        return np.zeros_like(found)
    # Edges finer than the square are of the method, not of the model.
    return _scaled(uniform_filter(np.maximum(found, 0), [side // 2 for side in covered[1:]], mode="nearest"))


def _overlap(predictor: Predictor) -> int:
    """How often a part is covered on each side; networks of the usual size are asked less often."""
    is_large = isinstance(predictor, DeepPredictor) and isinstance(predictor.module, Network)
    return 1 if is_large or predictor.identity.hyperparameters.get("extractor") == "embedding" else 2


def _scaled(values: npt.NDArray[np.floating]) -> Heat:
    positive = np.maximum(values, 0).astype(np.float32)
    scaled: Heat = positive / max(float(positive.max()), np.finfo(np.float32).tiny)
    return scaled
