"""Preparing images, beside torchvision's ImageFolder read by a DataLoader of two workers."""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from bench.packing import packed, unpacked
from bench.rows import Row
from tunescope.datasets import PackedDataset

_REPEATS = 3
_WORKERS = 2
_BATCH = 64
_MANY = 100_000
_SIZES = ((224, 224), (640, 480))  # that of prepared sets, and of a small camera
_DIGITS = 10_000
_PHOTOS = Path("data/01_raw/hand_signs.zip")


def measure() -> list[Row]:
    """Reading, recognising and featurizing."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        return [
            *_photos("photos of 100 x 100", unpacked(_PHOTOS, room / "small"), room / "packed-small"),
            *(row for size in _SIZES for row in _enlarged(size, room)),
            *_many(room),
            _hog(),
        ]


def _enlarged(size: tuple[int, int], room: Path) -> list[Row]:
    name = "{} x {}".format(*size)
    return _photos(
        f"photos of {name}", _large_photos(room / "small", room / name, size), room / f"packed {name}"
    )


def _photos(what: str, photos: Path, room: Path) -> list[Row]:
    """Once through all files, and then once through what was packed; in turns, so that noise hits both."""
    room.mkdir()
    first = packed(photos, room / "first")
    count, side = len(first), first.image_shape[0]
    ours, theirs, epochs = [], [], []
    for number in range(_REPEATS):
        ours.append(_seconds(partial(packed, photos, room / str(number))))
        theirs.append(_seconds(partial(_read_by_torchvision, photos, side)))
        epochs.append(_packed_epoch_seconds_an_image(first))
    pack, read, epoch = (statistics.median(times) for times in (ours, theirs, epochs))
    rival = "rival: ImageFolder, DataLoader with 2 workers"
    return [
        Row(f"{count} {what}: read, checked, packed ({rival})", "s", pack, _REPEATS, read, goal=read),
        Row(
            f"{what}: epoch over packed data, times as fast ({rival})",
            "x",
            read / count / epoch,
            _REPEATS,
            1.0,
            goal=20.0,
            better="higher",
        ),
    ]


def _many(room: Path) -> list[Row]:
    """100 000 files: memory to pack them, and time to see that they are unchanged."""
    folder = _many_files(room / "many")
    command = [sys.executable, "-m", "bench.datasets", str(folder), str(room / "packed-many")]
    first, *again = (json.loads(subprocess.check_output(command)) for _ in range(1 + _REPEATS))
    return [
        Row(f"{_MANY} images: read, checked, packed", "s", first["seconds"], 1),
        Row(f"{_MANY} images: memory beyond the map while packing", "GiB", first["gib"], 1, goal=1.0),
        Row(
            f"{_MANY} files recognised as unchanged",
            "s",
            statistics.median(one["seconds"] for one in again),
            _REPEATS,
            goal=1.0,
        ),
    ]


def _hog() -> Row:
    from skimage.feature import hog

    from tunescope.datasets.pool import ordered_map
    from tunescope.features import EXTRACTORS

    images = np.random.default_rng(0).integers(0, 256, (_DIGITS, 28, 28, 1), np.uint8)
    extractor = EXTRACTORS["hog"].build()
    extractor.fit(images[:1])
    pieces = [images[start : start + 256] for start in range(0, _DIGITS, 256)]

    def ours() -> None:
        list(ordered_map(extractor.transform, pieces, len(pieces), None))

    def theirs() -> None:
        for image in images[..., 0]:
            hog(image, pixels_per_cell=(4, 4), cells_per_block=(2, 2))

    times = [(_seconds(ours), _seconds(theirs)) for _ in range(_REPEATS)]
    mine, other = (statistics.median(column) for column in zip(*times, strict=True))
    name = f"HOG of {_DIGITS} images of 28 x 28 (rival: scikit-image, one process)"
    return Row(name, "s", mine, _REPEATS, other, goal=10.0)


def _large_photos(small: Path, folder: Path, size: tuple[int, int]) -> Path:
    """The same photos in another size, so that decoding has something to do."""
    from PIL import Image

    for path in sorted(small.rglob("*.JPG")):
        target = folder / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as photo:
            photo.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(target, quality=90)
    return folder


def _many_files(folder: Path) -> Path:
    """Pictures of 32 x 32 random pixels in ten classes: none is like another."""
    rng = np.random.default_rng(0)
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
    for number in range(_MANY):
        pixels = rng.integers(0, 256, 32 * 32 * 3, np.uint8).tobytes()
        (folder / str(number % 10) / f"{number:06}.ppm").write_bytes(b"P6 32 32 255\n" + pixels)
    return folder


def _read_by_torchvision(photos: Path, side: int) -> None:
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import Compose, Resize, ToTensor

    images = ImageFolder(str(photos), Compose([Resize((side, side)), ToTensor()]))
    for _ in DataLoader(images, _BATCH, num_workers=_WORKERS):
        pass


def _packed_epoch_seconds_an_image(dataset: PackedDataset) -> float:
    import torch

    from tunescope.training.batches import Batches

    batches = Batches(dataset, _BATCH, "cpu", torch.Generator())

    def epoch() -> None:
        for numbers in batches.shuffled():
            images, _ = batches.take(numbers)
            images.float().div_(255)

    return statistics.median(_seconds(epoch) for _ in range(10)) / len(batches)


def _watched(source: Path, folder: Path) -> dict[str, float]:
    """Seconds to prepare a source, and the peak of memory that is not mapped from files, in GiB."""
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            memory = psutil.Process().memory_info()
            peak[0] = max(peak[0], memory.rss - memory.shared)

    watcher = threading.Thread(target=watch)
    watcher.start()
    seconds = _seconds(partial(packed, source, folder))
    done.set()
    watcher.join()
    return {"seconds": seconds, "gib": peak[0] / 2**30}


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(_watched(Path(sys.argv[1]), Path(sys.argv[2]))))
