"""A trained network that predicts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from tunescope.errors import RunError
from tunescope.models import MODELS
from tunescope.models.deep.network import CHANNELS, Network
from tunescope.training.normalization import Normalization
from tunescope.training.outcome import Probabilities
from tunescope.training.predictor import FILES, WEIGHTS, Identity, Images, Predictor, images_at_a_time


class DeepPredictor(Predictor):
    """A network, and the statistics of the training split with which its images are normalized."""

    files = FILES["deep"]

    def __init__(self, identity: Identity, module: nn.Module, normalization: Normalization) -> None:
        super().__init__(identity)
        self.module = module
        self.normalization = normalization

    @classmethod
    def load(cls, folder: Path, identity: Identity, about: Mapping[str, Any], device: str) -> "DeepPredictor":
        """Build the network again and fill in its weights."""
        module = build_module(identity, device)
        try:
            module.load_state_dict(load_file(folder / WEIGHTS, device=device))
            normalization = Normalization.from_dict(about["normalization"])
        except (OSError, SafetensorError, RuntimeError, KeyError, TypeError) as error:
            raise RunError(f"the model in `{folder}` is damaged ({error}): train it again") from None
        return cls(identity, module, normalization)

    @property
    def images_at_a_time(self) -> int:
        """How many images go through the network together: by the size that it sees them in."""
        if isinstance(self.module, Network):
            return images_at_a_time((self.module.side, self.module.side, CHANNELS))
        return super().images_at_a_time

    def _predict(self, images: Images) -> Probabilities:
        self.module.eval()
        device = next(self.module.parameters()).device
        # PyTorch warns of arrays that it may not write to, such as mapped ones.
        own = images if images.flags.writeable else np.array(images)
        return probabilities_of(self.module, self.normalization(torch.from_numpy(own).to(device)))

    def _details(self) -> dict[str, Any]:
        return {"normalization": self.normalization.to_dict()}

    def _save_weights(self, folder: Path) -> None:
        state = {name: value.contiguous() for name, value in self.module.state_dict().items()}
        save_file(state, folder / WEIGHTS)


def probabilities_of(module: nn.Module, inputs: torch.Tensor) -> Probabilities:
    """What a module in evaluation mode says of prepared inputs: float32 (n, classes), rows sum to 1."""
    with torch.inference_mode():
        logits: torch.Tensor = module(inputs)
        probabilities: Probabilities = logits.double().softmax(dim=1).float().cpu().numpy()
    return probabilities


def build_module(identity: Identity, device: str) -> nn.Module:
    """Make the network with fresh weights, in the memory order in which convolutions are fastest."""
    build = MODELS[identity.model].build
    module: nn.Module = build(identity.hyperparameters, identity.image_shape, len(identity.classes))
    return module.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
