"""What a GPU makes of it, beside a hand-tuned loop on the same GPU."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from bench.packing import packed, unpacked
from bench.rows import Row
from bench.training import PHOTOS, SHARE_OF_BARE, SHARED, Arrays, tutorial_epochs
from tunescope.parameters import TrainingParameters
from tunescope.training import train

SIDE, BATCH, IMAGES, EPOCHS, REPEATS = 224, 128, 2048, 3, 3
TIMES_TUTORIAL = 5.0
COLD = {"width": 48, "blocks": 2, "batch_size": 128}


def measure() -> list[Row]:
    """Throughput of ResNet-18, epochs over data on the device, and an accuracy from a cold start."""
    rows = [_resnet()]
    with tempfile.TemporaryDirectory() as folder:
        rows.append(_tutorial(Path(folder)))
        source = SHARED / "fashion-mnist"
        if source.exists():
            rows += _cold_start(source, Path(folder) / "cold")
    return rows


def _resnet() -> Row:
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(_our_speed())
        theirs.append(_bare_speed())
    mine, other = statistics.median(ours), statistics.median(theirs)
    name = (
        "resnet 18, 224 x 224, bfloat16: training (rival: bare compiled loop, channels last, data on the GPU)"
    )
    return Row(name, "images/s", mine, REPEATS, other, goal=SHARE_OF_BARE * other, better="higher")


def _random_images() -> Any:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (IMAGES + 64, SIDE, SIDE, 3), np.uint8)
    splits = np.zeros(len(images), np.uint8)
    splits[IMAGES:] = 1
    return Arrays(images, rng.integers(0, 10, len(images)), splits, tuple("abcdefghij"))


def _our_speed() -> float:
    chosen = {"depth": 18, "weights": "none", "side": SIDE, "batch_size": BATCH, "epochs": EPOCHS}
    plain = {"augmentation": 0.0, "mirror": "never", "clipping": 0.0}
    options = TrainingParameters(compile=True, precision="bfloat16")
    trained = train("resnet", chosen | plain, _random_images(), {}, seed=0, device="cuda", options=options)
    apart = ("prepare", "warm_up", "evaluate")
    seconds = sum(value for phase, value in trained.phases.items() if phase not in apart)
    return (EPOCHS * IMAGES - BATCH) / seconds


def _bare_speed() -> float:
    from torchvision.models import resnet18

    network = resnet18(num_classes=10).cuda().to(memory_format=torch.channels_last)
    forward = torch.compile(network)
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    images = torch.randn(IMAGES, 3, SIDE, SIDE, device="cuda").to(memory_format=torch.channels_last)
    labels = torch.randint(10, (IMAGES,), device="cuda")

    def epoch() -> None:
        for numbers in torch.randperm(IMAGES, device="cuda").split(BATCH):
            with torch.autocast("cuda", torch.bfloat16):
                loss = functional.cross_entropy(forward(images[numbers]), labels[numbers])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        torch.cuda.synchronize()

    epoch()
    begun = time.perf_counter()
    for _ in range(EPOCHS):
        epoch()
    return EPOCHS * IMAGES / (time.perf_counter() - begun)


def _tutorial(room: Path) -> Row:
    """Seconds of an epoch over photos, data on the device, beside files read by a DataLoader."""
    dataset, folder = packed(PHOTOS, room / "photos"), unpacked(PHOTOS, room / "unpacked")
    ours, theirs = [], []
    for _ in range(REPEATS):
        trained = train("cnn", {"epochs": EPOCHS}, dataset, {}, seed=0, device="cuda")
        ours.append(trained.images_per_second)
        theirs.append(tutorial_epochs(dataset.image_shape, len(dataset.classes), folder, "cuda"))
    mine, other = statistics.median(ours), statistics.median(theirs)
    name = "cnn, photos: training on the GPU (rival: ImageFolder, DataLoader with 2 workers, float32, eager)"
    return Row(name, "images/s", mine, REPEATS, other, goal=TIMES_TUTORIAL * other, better="higher")


def _cold_start(source: Path, room: Path) -> list[Row]:
    """A process of its own, from its first import to the test accuracy."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "bench.training_gpu", str(source), str(room)]
    accuracy = float(subprocess.check_output(command, text=True).split()[-1])
    seconds, what = time.perf_counter() - begun, "cnn, fashion-mnist on the GPU"
    return [
        Row(f"{what}: test accuracy", "share", accuracy, 1, goal=0.945, better="higher"),
        Row(f"{what}: seconds from a cold start", "s", seconds, 1, goal=60.0),
    ]


def _accuracy(source: Path, room: Path) -> float:
    dataset = packed(source, room)
    trained = train("cnn", COLD, dataset, {}, seed=0, device="cuda")
    images, labels = dataset.subset("test")
    return float((trained.predictor.predict(images).argmax(1) == labels).mean())


if __name__ == "__main__":
    print(_accuracy(Path(sys.argv[1]), Path(sys.argv[2])))
