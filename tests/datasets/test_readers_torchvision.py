"""Real sets, put where torchvision wants them: nothing is downloaded here."""

import io
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tunescope.datasets import find, read
from tunescope.datasets.readers.torchvision import SETS
from tunescope.errors import SourceError

FASHION = Path(__file__).parents[2] / "../shared/data/fashion-mnist"
# Classes of torchvision without one label for each image: videos, boxes, masks, captions, flow, stereo,
# attributes, pairs; and those that read whatever folder they are given.
OTHERS = {
    *("LSUN", "LSUNClass", "ImageFolder", "DatasetFolder", "FakeData", "CocoCaptions", "CocoDetection"),
    *("MovingMNIST", "PhotoTour", "SBU", "Flickr8k", "Flickr30k", "VOCSegmentation", "VOCDetection"),
    *("Cityscapes", "CelebA", "WIDERFace", "SBDataset", "VisionDataset", "Kinetics", "HMDB51", "UCF101"),
    *("Kitti", "LFWPairs", "KittiFlow", "Sintel", "FlyingChairs", "FlyingThings3D", "HD1K"),
    *("Kitti2012Stereo", "Kitti2015Stereo", "CarlaStereo", "Middlebury2014Stereo", "CREStereo"),
    *("FallingThingsStereo", "SceneFlowStereo", "SintelStereo", "InStereo2k", "ETH3DStereo"),
    "wrap_dataset_for_transforms_v2",
}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection goes to a port where nobody listens, so that no test downloads anything."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_every_classification_set_of_torchvision_is_known() -> None:
    from torchvision import datasets

    assert set(SETS) <= set(datasets.__all__)
    assert set(datasets.__all__) - OTHERS - set(SETS) == set(), "say what to ask the new sets for"


@pytest.mark.skipif(not FASHION.exists(), reason="the shared data are not on this machine")
def test_a_set_whose_files_are_there_is_read(tmp_path: Path) -> None:
    shutil.copytree(FASHION, tmp_path / "FashionMNIST" / "FashionMNIST" / "raw")
    source = read("torchvision:FashionMNIST", root=tmp_path)
    first = next(file for file in source if file.path == "train/00000")
    splits = [file.split for file in source]

    assert (splits.count("train"), splits.count("test")) == (60000, 10000)
    assert (first.label, first.size) == ("Ankle boot", len(first.read()))
    assert np.asarray(Image.open(io.BytesIO(first.read()))).sum() == 76247
    assert "T-shirt/top" in {file.label for file in source}


def test_a_set_without_names_of_classes_gets_numbers(tmp_path: Path) -> None:
    root = tmp_path / "GTSRB" / "gtsrb"
    for number in range(11):
        folder = root / "GTSRB" / "Training" / f"{number:05}"
        folder.mkdir(parents=True)
        Image.new("RGB", (9, 9), (number, 0, 0)).save(folder / "1.ppm")
    tests = root / "GTSRB" / "Final_Test" / "Images"
    tests.mkdir(parents=True)
    Image.new("RGB", (9, 9), "red").save(tests / "00000.ppm")
    (root / "GT-final_test.csv").write_text("Filename;ClassId\n00000.ppm;10\n")
    source = read("torchvision:GTSRB", root=tmp_path)

    assert [(file.path, file.label) for file in source][:2] == [("test/00000", "10"), ("train/00000", "00")]
    assert len(source) == 12


def test_a_set_with_several_columns_of_targets_is_read_by_the_first(tmp_path: Path) -> None:
    raw = tmp_path / "QMNIST" / "QMNIST" / "raw"
    raw.mkdir(parents=True)
    images, labels = np.zeros(2 * 784, np.uint8), np.arange(16, dtype=">i4")
    for part in ("train", "test"):
        head = struct.pack(">4B3I", 0, 0, 8, 3, 2, 28, 28)
        (raw / f"qmnist-{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = struct.pack(">4B2I", 0, 0, 12, 2, 2, 8)
        (raw / f"qmnist-{part}-labels-idx2-int").write_bytes(head + labels.tobytes())
    source = read("torchvision:QMNIST", root=tmp_path)

    assert [file.split for file in source] == ["test"] * 2 + ["train"] * 2
    assert [file.label for file in source] == [f"{n} - {word}" for n, word in ((0, "zero"), (8, "eight"))] * 2


@pytest.mark.parametrize(
    ("name", "files", "place"),
    [
        ("CIFAR10", ["https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"], ""),
        ("SVHN", ["http://ufldl.stanford.edu/housenumbers/train_32x32.mat"], ""),
        ("EuroSAT", ["EuroSAT.zip"], "/eurosat"),
        ("Food101", ["food-101.tar.gz"], ""),
        (
            "KMNIST",
            [f"{part}-ubyte.gz" for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3")],
            "/KMNIST/raw",
        ),
    ],
)
def test_without_a_network_the_files_and_their_folder_are_named(
    tmp_path: Path, name: str, files: list[str], place: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read(f"torchvision:{name}", root=tmp_path)
    said = str(caught.value)

    assert f" is `torchvision:{name}`, but it is not in `{tmp_path / name}` and cannot be downloaded" in said
    assert all(file in said for file in files)
    assert said.endswith(f" into `{tmp_path / name}{place}` and start again")


def test_only_the_missing_files_are_named(tmp_path: Path) -> None:
    raw = tmp_path / "KMNIST" / "KMNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"not checked yet")

    with pytest.raises(SourceError) as caught:
        read("torchvision:KMNIST", root=tmp_path)
    assert "/train-images" not in str(caught.value).partition(": download ")[2]


def test_a_set_that_nobody_may_download_is_left_to_its_documentation(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"the documentation of `torchvision.datasets.ImageNet` says"):
        read("torchvision:ImageNet", root=tmp_path)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    for ask in (read, find):
        with pytest.raises(SourceError, match="use `CIFAR10` or `CIFAR100`"):
            ask("torchvision:cifar10")


def test_a_set_with_labels_of_another_kind_is_refused() -> None:
    with pytest.raises(SourceError, match="torchvision has no labelled images of this name"):
        read("torchvision:CelebA")
