"""Reads the image classification sets that torchvision downloads."""

import inspect
import io
import traceback
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from tunescope.datasets.readers.arrays import NAME_DIGITS, class_names
from tunescope.datasets.readers.files import BOMB
from tunescope.datasets.readers.folder import stamp_folder
from tunescope.datasets.source import (
    Reader,
    Source,
    SourceFile,
    clean_label,
    is_name,
    nearest,
    refusal,
    source_of,
)
from tunescope.parameters import LimitParameters

PREFIX = "torchvision:"
ROOT = Path("data/01_raw/torchvision")
Parts = Mapping[str | None, Mapping[str, Any]]


def _by_split(**names: str) -> Parts:
    return {split: {"split": name} for split, name in names.items()}


WHOLE: Parts = {None: {}}
TRAIN_TEST: Parts = {"train": {"train": True}, "test": {"train": False}}
# What to ask each class for, by official split. Sets whose images have no single class are not here.
SETS: dict[str, Parts] = {
    "CIFAR10": TRAIN_TEST,
    "CIFAR100": TRAIN_TEST,
    "CLEVRClassification": _by_split(train="train", validation="val"),
    "Caltech101": WHOLE,
    "Caltech256": WHOLE,
    "Country211": _by_split(train="train", validation="valid", test="test"),
    "DTD": _by_split(train="train", validation="val", test="test"),
    "EMNIST": {split: {"split": "balanced", **part} for split, part in TRAIN_TEST.items()},
    "EuroSAT": WHOLE,
    "FER2013": _by_split(train="train", test="test"),
    "FGVCAircraft": _by_split(train="train", validation="val", test="test"),
    "FashionMNIST": TRAIN_TEST,
    "Flowers102": _by_split(train="train", validation="val", test="test"),
    "Food101": _by_split(train="train", test="test"),
    "GTSRB": _by_split(train="train", test="test"),
    "INaturalist": {"train": {"version": "2021_train_mini"}, "validation": {"version": "2021_valid"}},
    "ImageNet": _by_split(train="train", validation="val"),
    "Imagenette": _by_split(train="train", validation="val"),
    "KMNIST": TRAIN_TEST,
    "LFWPeople": WHOLE,
    "MNIST": TRAIN_TEST,
    "Omniglot": WHOLE,
    "OxfordIIITPet": _by_split(train="trainval", test="test"),
    "PCAM": _by_split(train="train", validation="val", test="test"),
    "Places365": _by_split(train="train-standard", validation="val"),
    "QMNIST": TRAIN_TEST,
    "RenderedSST2": _by_split(train="train", validation="val", test="test"),
    "SEMEION": WHOLE,
    "STL10": _by_split(train="train", test="test"),
    "SUN397": WHOLE,
    "SVHN": _by_split(train="train", test="test"),
    "StanfordCars": _by_split(train="train", test="test"),
    "USPS": TRAIN_TEST,
}
# Where the classes keep the numbers of the labels, so that no image need be decoded to know them.
LABELS = ("targets", "labels", "_labels", "y")
PAIRS = ("_samples", "_flat_character_images")
CLASSES = ("classes", "categories")
LONGEST_REASON = 200
DRIVE = "https://drive.google.com/uc?id="


def open_torchvision(path: Path, limits: LimitParameters, root: str | Path = ROOT) -> Source:
    """List the images of a set, and download it first where it is not there.

    Args:
        path: ``torchvision:`` and the name of a class in ``torchvision.datasets``.
        limits: what the set may hold.
        root: folder that gets a folder with this name.

    Raises:
        SourceError: when there is no such class; when the set is neither there nor can be downloaded.
    """
    name = _name(path)
    parts = {split: _part(path, Path(root) / name, options) for split, options in SETS[name].items()}
    if sum(len(part) for part in parts.values()) > limits.files:
        raise refusal(path, f"it holds more than {limits.files} images", BOMB)
    return source_of(path, (file for split, part in parts.items() for file in _files(part, split)))


def _name(path: Path) -> str:
    """The name of the class that is meant.

    Raises:
        SourceError: when there is none with labelled images.
    """
    name = str(path).removeprefix(PREFIX)
    if name not in SETS:
        known = nearest(name, SETS)
        raise refusal(path, "torchvision has no labelled images of this name", f"use {known}")
    return name


def _part(path: Path, folder: Path, options: Mapping[str, Any]) -> Any:
    """Torchvision's own object for one split. It verifies what is there, and downloads what is missing."""
    kind = getattr(import_module("torchvision.datasets"), _name(path))
    download = {"download": True} if "download" in _arguments(kind) else {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return kind(str(folder), **options, **download)
    except Exception as error:  # what it raises depends on the class, the network and the files
        reason = " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
        why = f"it is not in `{folder}` and cannot be downloaded ({reason})"
        raise refusal(path, why, _mend(kind, folder, error)) from None


def _arguments(kind: type) -> set[str]:
    """What a class and those above it take, because some pass on whatever they are given."""
    return {name for one in kind.__mro__ for name in inspect.signature(one).parameters}


def _mend(kind: Any, folder: Path, error: Exception) -> str:
    wanted = _missing(kind, folder) or _failed_download(error)
    if not wanted:
        return f"get it as the documentation of `torchvision.datasets.{kind.__name__}` says, into this folder"
    addresses, place = wanted
    them = "it" if len(addresses) == 1 else "them"
    return f"download {' and '.join(addresses)}, put {them} into `{place}` and start again"


def _missing(kind: Any, folder: Path) -> tuple[list[str], Path] | None:
    """Addresses of the files of the MNIST family that are not there, and where they must be."""
    raw = folder / kind.__name__ / "raw"
    if not hasattr(kind, "mirrors") or not isinstance(kind.resources, list) or "url" in vars(kind):
        return None
    names = [name for name, _ in kind.resources if not (raw / name).exists()]
    return ([f"{kind.mirrors[0]}{name}" for name in names], raw) if names else None


def _failed_download(error: Exception) -> tuple[list[str], Path] | None:
    """What torchvision was downloading when it failed, and where to: its classes keep that to themselves."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        known = frame.f_locals
        if frame.f_code.co_name == "download_url":
            return [known["url"]], Path(known["root"])
        if frame.f_code.co_name == "download_file_from_google_drive":
            return [DRIVE + known["file_id"]], Path(known["root"])
    return None


def _files(part: Any, split: str | None) -> Iterator[SourceFile]:
    size = len(_encoded(part, 0)) if len(part) else 0  # as an example: the others are not opened yet
    for row, label in enumerate(_labels(part)):
        path = f"{split or 'images'}/{row:0{NAME_DIGITS}}"
        yield SourceFile(path, label, size, partial(_encoded, part, row), split)


def _labels(part: Any) -> list[str | None]:
    """The name of each image's class."""
    numbers = _numbers(part)
    given = next((list(getattr(part, name)) for name in CLASSES if hasattr(part, name)), None)
    known = sorted({number for number in numbers if number is not None})
    texts = [_first(given[number]) for number in known] if given else class_names([np.array(known)])[0]
    names = {number: clean_label(text) for number, text in zip(known, texts, strict=True)}
    return [names.get(number) for number in numbers]


def _numbers(part: Any) -> list[Any]:
    """The number of each image's class."""
    columns = (getattr(part, name, None) for name in LABELS)
    pairs = (getattr(part, name, None) for name in PAIRS)
    known = [*columns, *([number for _, number in listed] for listed in pairs if listed is not None)]
    full = (numbers for numbers in known if numbers is not None and len(numbers) == len(part))
    found = next(full, None)
    if found is None:
        return [part[row][1] for row in range(len(part))]
    first = np.asarray(found).reshape(len(part), -1)[:, 0]  # QMNIST has more columns, about writers
    return list(first.tolist())


def _first(name: Any) -> str:
    """The name of a class; of several, the first."""
    return str(name[0] if isinstance(name, (tuple, list)) else name)


def _encoded(part: Any, row: int) -> bytes:
    """An image without loss; the modes that PPM does not have as PNG."""
    image, _ = part[row]
    buffer = io.BytesIO()
    if image.mode in ("L", "RGB"):
        image.save(buffer, "PPM")
    else:
        image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _stamp(path: Path) -> str:
    return f"{path} {version('torchvision')} {stamp_folder(ROOT / _name(path))}"


def _is_torchvision(path: Path) -> bool:
    return str(path).startswith(PREFIX) and is_name(path) and bool(_name(path))


READER = Reader("torchvision", "`torchvision:NAME`", _is_torchvision, open_torchvision, _stamp)
