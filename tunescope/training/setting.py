"""What every training is given, beside the model and its hyperparameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tunescope.datasets import PackedDataset
from tunescope.parameters import TrainingParameters
from tunescope.training.outcome import OnEpoch, ShouldStop, Stopped


@dataclass(frozen=True)
class Setting:
    """Data, resources and listeners of one training; :func:`tunescope.training.train` explains them."""

    dataset: PackedDataset
    features: Mapping[str, Path]
    seed: int
    threads: int
    device: str
    options: TrainingParameters
    cache: Path | None
    checkpoint: Path | None
    on_epoch: OnEpoch
    should_stop: ShouldStop

    @property
    def weights(self) -> Path | None:
        """Where pretrained weights are; without a place torchvision's own."""
        return Path(self.options.weights) if self.options.weights else None

    def stop_if_asked(self) -> None:
        """Raise ``Stopped`` when ``should_stop`` says so."""
        if self.should_stop():
            raise Stopped("the training was asked to stop")
