"""Photos of striped things, and models that have learned them, in a store as a search leaves them."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from PIL import Image
from projects import draw_photos

from tunescope.datasets import PackedDataset, inspect, pack
from tunescope.features import extract
from tunescope.parameters import DatasetParameters, Parameters, RunParameters, SearchParameters
from tunescope.store import Store, runs
from tunescope.store import trials as trial_rows
from tunescope.training import Trained, train

RUN, STUDY = "stripes", "stripes-grid"
CHOSEN: dict[str, dict[str, Any]] = {
    "cnn": {"width": 8, "blocks": 0, "epochs": 3},
    "gaussian_nb": {"extractor": "pixels"},
}


@dataclass(frozen=True)
class PhotoSample:
    """What was written.

    Attributes:
        source: folder of the photos, in a folder for each class.
        models: the folder of each trial: 0 is a network and the winner, 1 a shallow model, 2 lost its files.
    """

    source: Path
    dataset: PackedDataset
    models: tuple[Path, ...]

    def content(self, row: int) -> bytes:
        """The file of an image of the dataset."""
        return (self.source / self.dataset.paths[row]).read_bytes()

    def paths(self, split: str) -> list[Path]:
        """The files of a split."""
        return [self.source / self.dataset.paths[row] for row in self.dataset.indices(split)]


def make_photo_models(root: Path) -> PhotoSample:
    """Draw photos below ``root``, and train two models on them."""
    draw_photos(root / "photos", images=40)
    sample = DatasetParameters(source=str(root / "photos"), name="stripes", image_size=24)
    dataset = pack(inspect(sample.source, sample), root / "05_model_input")
    features = {"pixels": extract(dataset, "pixels", root / "features")}
    folders = tuple(root / "models" / str(number) for number in range(3))
    for folder, (model, chosen) in zip(folders, CHOSEN.items(), strict=False):
        _save(folder, dataset, train(model, chosen, dataset, features, seed=0))
    return PhotoSample(root / "photos", dataset, folders)


def _save(folder: Path, dataset: PackedDataset, trained: Trained) -> None:
    trained.predictor.save(folder)
    rows, given = dataset.indices("validation"), trained.validation_probabilities
    np.savez(folder / "validation.npz", probabilities=given, labels=dataset.labels[rows], rows=rows)


def enter_photo_models(store: Store, sample: PhotoSample, folder: Path, is_finished: bool = True) -> None:
    """Write these models into a store, as those of a run whose files are in a folder."""
    dataset = sample.dataset
    parameters = Parameters(
        run=RunParameters(id=RUN),
        dataset=DatasetParameters(source=dataset.source, name=dataset.name, image_size=24),
        search=SearchParameters(max_trials=3),
    )
    runs.claim(store, RUN, parameters.model_dump(mode="json"), folder)
    about = {**dataset.to_dict(), "folder": str(dataset.folder), "rejected": 0}
    runs.relate(store, RUN, dataset_id=trial_rows.enter_dataset(store, **about))
    study = optuna.create_study(study_name=STUDY, storage=store.storage, direction="maximize")
    trial_rows.enter_study(store, study._study_id, RUN, "grid", "accuracy", {})
    for place, model in zip(sample.models, [*CHOSEN, "cnn"], strict=True):
        _enter(store, study, place, model)
    if is_finished:
        _finish(store, RUN, study.trials[0]._trial_id)


def _enter(store: Store, study: optuna.Study, folder: Path, model: str) -> None:
    study.enqueue_trial({"model": model})
    trial = study.ask()
    trial.suggest_categorical("model", list(CHOSEN))
    trial_rows.enter_trial(store, trial._trial_id, worker=0, seed=0, folder=str(folder))
    trial_rows.enter_outcome(store, trial._trial_id, validation_accuracy=0.9, seconds=1.0)
    study.tell(trial, 0.9)


def _finish(store: Store, run_id: str, winner: int) -> None:
    measured: dict[str, Any] = {
        "test_accuracy": 0.944,
        "test_accuracy_low": 0.742,
        "test_accuracy_high": 0.99,
        "train_seconds": 1.0,
        "test_seconds": 0.01,
        "latency_ms": 1.1,
        "images_per_second": 900.0,
        "peak_memory_bytes": 2**29,
        "predictions": "",
    }
    trial_rows.enter_benchmark(store, winner, run_id=run_id, **measured)
    runs.finish(store, run_id, "finished")


def photo(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as a file of some kind."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def scene(width: int = 90, height: int = 60) -> Image.Image:
    """A smooth picture with colours, another one in each corner."""
    rows, columns = np.mgrid[:height, :width] / [[[height]], [[width]]]
    return Image.fromarray((255 * np.stack([rows, columns, 1 - rows], axis=-1)).astype(np.uint8))
