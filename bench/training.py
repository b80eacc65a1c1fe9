"""Training and evaluating the small network, beside loops without any program around them."""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.packing import packed, unpacked
from bench.rows import Row
from tunescope.datasets import PackedDataset
from tunescope.models import MODELS
from tunescope.parameters import TrainingParameters
from tunescope.timing import usable_cores
from tunescope.training import Predictor, Trained, train
from tunescope.training.precision import chosen_precision, computing_with
from tunescope.training.predictor import images_at_a_time

PHOTOS = Path("data/01_raw/hand_signs.zip")
SHARED = Path("../shared/data")  # larger sets, where they are
REPEATS = 7
SEEDS = (0, 1, 2)
# The same work for all loops: what a bare loop does not do is switched off.
BARE: dict[str, Any] = {"augmentation": 0.0, "mirror": "never", "clipping": 0.0, "batch_size": 64}
SHARE_OF_BARE, TIMES_TUTORIAL = 0.95, 3.0
EVALUATION_IMAGES = 4096


def measure() -> list[Row]:
    """Throughput beside rivals, then accuracies within a time."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        photos = packed(PHOTOS, room / "photos")
        rows = [
            *_throughput("photos of 64 x 64", photos, epochs=12),
            *_throughput("gray images of 28 x 28", _gray(photos), epochs=4),
            _tutorial(photos, unpacked(PHOTOS, room / "unpacked")),
            _evaluation(photos),
            *_accuracies(room),
        ]
    if not torch.cuda.is_available():
        print("Not measured: what needs a GPU, because there is none.")
        return rows
    from bench import training_gpu

    return [*rows, *training_gpu.measure()]


@dataclass(frozen=True)
class Arrays:
    """A dataset in memory, with the same interface as a packed one: what a training reads of it."""

    images: Any
    labels: Any
    splits: Any
    classes: tuple[str, ...]
    fingerprint: str = "in memory"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        height, width, channels = self.images.shape[1:]
        return height, width, channels

    def indices(self, split: str) -> Any:
        return np.flatnonzero(self.splits == ("train", "validation", "test").index(split))


def _gray(photos: PackedDataset) -> Any:
    """The middle channel of the photos, every other pixel, cut to 28 x 28, eight times over."""
    small = np.repeat(photos.images[:, 4:60:2, 4:60:2, 1:2], 8, axis=0)
    return Arrays(small, np.repeat(photos.labels, 8), np.repeat(photos.splits, 8), photos.classes)


def _throughput(what: str, dataset: Any, epochs: int) -> list[Row]:
    """In turns, so that noise hits both."""
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(_our_speed(dataset, epochs))
        theirs.append(_bare_speed(dataset, epochs))
    mine, other = statistics.median(ours), statistics.median(theirs)
    name = f"cnn, {what}: training (rival: bare loop over tensors in memory)"
    return [Row(name, "images/s", mine, REPEATS, other, goal=SHARE_OF_BARE * other, better="higher")]


def _our_speed(dataset: Any, epochs: int) -> float:
    """Images a second of all that is neither preparation, nor warm-up, nor evaluation."""
    trained = train("cnn", {**BARE, "epochs": epochs}, dataset, {}, seed=0, threads=usable_cores())
    apart = ("prepare", "warm_up", "evaluate")
    seconds = sum(value for phase, value in trained.phases.items() if phase not in apart)
    batch, steps = _batch_and_steps(dataset)
    return (epochs * steps - 1) * batch / seconds


def _bare_speed(dataset: Any, epochs: int) -> float:
    inputs, labels = _tensors(dataset, "train")
    batch, steps = _batch_and_steps(dataset)
    network, step = _bare_step(dataset)
    step(inputs[:batch], labels[:batch])
    network.train()
    begun = time.perf_counter()
    for _ in range(epochs):
        order = torch.randperm(len(inputs))[: batch * steps]
        for numbers in order.split(batch):
            step(inputs[numbers], labels[numbers])
    return epochs * steps * batch / (time.perf_counter() - begun)


def _bare_step(dataset: Any, precision: str = "auto") -> tuple[nn.Module, Callable[[Tensor, Tensor], None]]:
    torch.manual_seed(0)
    torch.set_num_threads(usable_cores())
    network = _network(dataset)
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    numbers = chosen_precision(precision, "cpu")

    def step(inputs: Tensor, labels: Tensor) -> None:
        with computing_with(numbers, "cpu"):
            logits = network(inputs)
        loss = functional.cross_entropy(logits.float(), labels, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return network, step


def _network(dataset: Any) -> nn.Module:
    model = MODELS["cnn"]
    network: nn.Module = model.build(model.completed({}), dataset.image_shape, len(dataset.classes))
    return network.to(memory_format=torch.channels_last)


def _tensors(dataset: Any, split: str) -> tuple[Tensor, Tensor]:
    """Normalized images, channels last, and labels."""
    rows = dataset.indices(split)
    images = torch.from_numpy(np.array(dataset.images[rows])).permute(0, 3, 1, 2).float().div_(255)
    normalized = (images - images.mean((0, 2, 3), keepdim=True)) / images.std((0, 2, 3), keepdim=True)
    return normalized.to(memory_format=torch.channels_last), torch.from_numpy(dataset.labels[rows])


def _batch_and_steps(dataset: Any) -> tuple[int, int]:
    from tunescope.training.batches import steps_in_epoch

    images = len(dataset.indices("train"))
    steps = steps_in_epoch(images, BARE["batch_size"])
    return images // steps, steps


def _tutorial(photos: PackedDataset, folder: Path) -> Row:
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(_our_speed(photos, epochs=12))
        theirs.append(tutorial_epochs(photos.image_shape, len(photos.classes), folder, "cpu"))
    name = "cnn, photos: training (rival: ImageFolder, DataLoader with 2 workers, float32, eager)"
    mine, other = statistics.median(ours), statistics.median(theirs)
    return Row(name, "images/s", mine, REPEATS, other, goal=TIMES_TUTORIAL * other, better="higher")


def tutorial_epochs(shape: tuple[int, int, int], classes: int, folder: Path, device: str) -> float:
    """Images a second of one epoch over files, the way most tutorials write it; its workers run already."""
    from torch.utils.data import DataLoader
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    change = transforms.Compose(
        [
            transforms.Resize(shape[:2]),
            transforms.ToTensor(),
            transforms.Normalize((0.5,) * 3, (0.5,) * 3),
        ]
    )
    loader = DataLoader(ImageFolder(str(folder), change), BARE["batch_size"], shuffle=True, num_workers=2)
    torch.manual_seed(0)
    network = MODELS["cnn"].build(MODELS["cnn"].completed({}), shape, classes).to(device)
    optimizer = torch.optim.AdamW(network.parameters())
    batches, seen = iter(loader), 0
    next(batches)
    begun = time.perf_counter()
    for images, labels in batches:
        optimizer.zero_grad()
        functional.cross_entropy(network(images.to(device)), labels.to(device)).backward()
        optimizer.step()
        seen += len(images)
    return seen / (time.perf_counter() - begun)


def _evaluation(photos: PackedDataset) -> Row:
    trained = train("cnn", {**BARE, "epochs": 1}, photos, {}, seed=0, threads=usable_cores())
    images = np.resize(photos.images, (EVALUATION_IMAGES, *photos.image_shape))
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(_predicting_speed(trained.predictor, images))
        theirs.append(_bare_predicting_speed(photos, images))
    mine, other = statistics.median(ours), statistics.median(theirs)
    name = "cnn, photos of 64 x 64: evaluation (rival: bare forward pass over tensors in memory)"
    return Row(name, "images/s", mine, REPEATS, other, goal=SHARE_OF_BARE * other, better="higher")


def _predicting_speed(predictor: Predictor, images: Any) -> float:
    begun = time.perf_counter()
    predictor.predict(images)
    return len(images) / (time.perf_counter() - begun)


def _bare_predicting_speed(photos: PackedDataset, images: Any) -> float:
    network = _network(photos).eval()
    inputs = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255)
    begun = time.perf_counter()
    with torch.inference_mode():
        for piece in inputs.split(images_at_a_time(photos.image_shape)):
            network(piece).softmax(1)
    return len(images) / (time.perf_counter() - begun)


def _accuracies(room: Path) -> list[Row]:
    """The default configuration, on as many cores as there are; the test split is looked at once."""
    goals = (
        ("fashion-mnist", SHARED / "fashion-mnist", 0.925, 480.0, SEEDS[:1]),
        ("hand signs", SHARED / "sign-language-digits-1000.zip", 0.97, 180.0, SEEDS),
    )
    rows: list[Row] = []
    for name, source, accuracy, seconds, seeds in goals:
        if not source.exists():
            print(f"Not measured: {name}, because `{source}` is not there.")
            continue
        dataset = packed(source, room / name)
        outcomes = [_outcome(dataset, seed) for seed in seeds]
        accuracies, times = zip(*outcomes, strict=True)
        mean, slowest, n = statistics.mean(accuracies), max(times), len(seeds)
        rows += [
            Row(f"cnn, {name}: test accuracy, mean", "share", mean, n, goal=accuracy, better="higher"),
            Row(f"cnn, {name}: seconds of training, slowest", "s", slowest, n, goal=seconds),
        ]
    return rows


def _outcome(dataset: PackedDataset, seed: int) -> tuple[float, float]:
    trained: Trained = train(
        "cnn", {}, dataset, {}, seed=seed, threads=usable_cores(), options=TrainingParameters()
    )
    images, labels = dataset.subset("test")
    return float((trained.predictor.predict(images).argmax(1) == labels).mean()), trained.seconds
