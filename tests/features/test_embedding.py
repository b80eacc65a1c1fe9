"""Backbones, their weights, and what is said when they cannot be had."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from feature_samples import random_weights
from safetensors.torch import save_file

from tunescope.errors import ParameterError, SourceError, TunescopeError, UnknownNameError
from tunescope.features import EXTRACTORS, backbones
from tunescope.models.deep.cifar_layers import CifarResNet
from tunescope.models.deep.weights import read_weights
from tunescope.parameters import EmbeddingParameters

PUBLISHED = Path(__file__).parents[2] / "../shared/weights"
# One of each family, the smallest; features before the last layer, from each network's own paper or code.
FAMILIES = {
    "alexnet": 4096,
    "convnext_tiny": 768,
    "densenet121": 1024,
    "efficientnet_b0": 1280,
    "efficientnet_v2_s": 1280,
    "googlenet": 1024,
    "inception_v3": 2048,
    "maxvit_t": 512,
    "mnasnet0_5": 1280,
    "mobilenet_v2": 1280,
    "mobilenet_v3_small": 1024,
    "regnet_y_400mf": 440,
    "resnet18": 512,
    "shufflenet_v2_x0_5": 1024,
    "squeezenet1_1": 512,
    "swin_t": 768,
    "swin_v2_t": 768,
    "vgg11": 4096,
    "vit_b_16": 768,
}
SLOW = {
    "inception_v3",
    "vgg11",
    "vit_b_16",
    "maxvit_t",
    "alexnet",
    "swin_v2_t",
    "swin_t",
    "convnext_tiny",
    "efficientnet_v2_s",
}


def noise(n: int, side: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, side, side, channels), np.uint8)


def embedded(images: np.ndarray, **options: object) -> np.ndarray:
    extractor = EXTRACTORS["embedding"].build(EmbeddingParameters(**options))
    extractor.fit(images[:1])
    return extractor.transform(images)


def whole_network(name: str) -> torch.nn.Module:
    arguments = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return torchvision.models.get_model(name, weights=None, **arguments).eval()


@pytest.mark.parametrize(
    ("name", "width"),
    [pytest.param(*pair, marks=pytest.mark.long if pair[0] in SLOW else ()) for pair in FAMILIES.items()],
)
def test_every_family_of_torchvision_gives_what_its_last_layer_gets(
    name: str, width: int, tmp_path: Path
) -> None:
    network = whole_network(name)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    heard: list[torch.Tensor] = []
    last = [one for one in network.modules() if isinstance(one, torch.nn.Linear)] or [
        one for one in network.modules() if isinstance(one, torch.nn.Conv2d)
    ]
    last[-1].register_forward_pre_hook(lambda _, given: heard.append(given[0]))
    found = embedded(noise(2, 64), backbone=name, weights=str(tmp_path / "weights.pth"))

    assert found.shape == (2, width)
    assert np.isfinite(found).all()
    preparation = backbones.preparation(name, None)
    pixels = torch.from_numpy(noise(2, 64)).permute(0, 3, 1, 2) / 255
    side = (preparation.side, preparation.side)
    pixels = torch.nn.functional.interpolate(pixels, side, mode=preparation.interpolation, antialias=True)
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in (preparation.mean, preparation.std))
    if name in ("googlenet", "inception_v3"):
        network.transform_input = True
    with torch.inference_mode():
        network((pixels - mean) / std)
    expected = heard[0].mean((2, 3)) if heard[0].dim() == 4 else heard[0]
    if name != "squeezenet1_1":  # which averages only after its last layer and a ReLU
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_every_name_that_torchvision_has_is_a_backbone_with_known_preparation() -> None:
    for name in torchvision.models.list_models(module=torchvision.models):
        wanted = backbones.preparation(name, None)
        assert wanted.interpolation in ("bilinear", "bicubic")
        assert 200 < wanted.side <= 600


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published CIFAR-10 weights are not here")
@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85)])
def test_published_cifar_weights_fit_the_networks_of_the_paper(depth: int, millions: float) -> None:
    (path,) = PUBLISHED.glob(f"cifar10-resnet{depth}-*.th")
    network = CifarResNet(depth)
    network.load_state_dict(read_weights(path, backbones.KEY), strict=True)
    count = sum(parameter.numel() for parameter in network.parameters())

    assert round(count / 1e6, 2) == millions


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published CIFAR-10 weights are not here")
def test_a_network_trained_on_photos_separates_hands_better_than_random_weights_do(tmp_path: Path) -> None:
    images, labels = _hand_signs()
    (path,) = PUBLISHED.glob("cifar10-resnet20-*.th")
    published, random = (
        _accuracy_of_a_linear_probe(embedded(images, backbone="cifar_resnet20", weights=str(one)), labels)
        for one in (path, random_weights(tmp_path))
    )

    assert published > 0.5  # chance is 0.1
    assert published > random + 0.1


def _hand_signs() -> tuple[np.ndarray, np.ndarray]:
    import io
    import zipfile

    from PIL import Image

    with zipfile.ZipFile(Path(__file__).parents[2] / "data/01_raw/hand_signs.zip") as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".jpg")]
        photos = [Image.open(io.BytesIO(archive.read(name))).convert("RGB") for name in names]
    images = np.stack([np.asarray(photo.resize((32, 32), Image.Resampling.BOX)) for photo in photos])
    return images, np.array([int(name.split("/")[-2]) for name in names])


def _accuracy_of_a_linear_probe(features: np.ndarray, labels: np.ndarray) -> float:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.model_selection import cross_val_score

    return float(cross_val_score(LinearDiscriminantAnalysis(), features, labels, cv=5).mean())


def _plain(state: dict[str, torch.Tensor], path: Path) -> Path:
    torch.save(state, path.with_suffix(".pt"))
    return path.with_suffix(".pt")


def _checkpoint(state: dict[str, torch.Tensor], path: Path) -> Path:
    named = {f"module.{name}": tensor for name, tensor in state.items()}
    torch.save({"state_dict": named, "epoch": 3}, path.with_suffix(".th"))
    return path.with_suffix(".th")


def _safetensors(state: dict[str, torch.Tensor], path: Path) -> Path:
    save_file(state, path.with_suffix(".safetensors"))
    return path.with_suffix(".safetensors")


def _half(state: dict[str, torch.Tensor], path: Path) -> Path:
    halved = {name: one.half() if one.is_floating_point() else one for name, one in state.items()}
    torch.save(halved, path.with_suffix(".half"))
    return path.with_suffix(".half")


def _headless(state: dict[str, torch.Tensor], path: Path) -> Path:
    torch.save({name: one for name, one in state.items() if "linear" not in name}, path)
    return path


@pytest.mark.parametrize("write", [_plain, _checkpoint, _safetensors, _half, _headless])
def test_weights_are_read_from_every_usual_kind_of_file(
    write: Callable[[dict[str, torch.Tensor], Path], Path], tmp_path: Path
) -> None:
    state = torch.load(random_weights(tmp_path), weights_only=True)
    images = noise(3, 32)
    expected = embedded(images, backbone="cifar_resnet20", weights=str(random_weights(tmp_path)))
    found = embedded(images, backbone="cifar_resnet20", weights=str(write(state, tmp_path / "other")))

    np.testing.assert_allclose(found, expected, rtol=0.05, atol=0.02)  # half precision has 11 bits


def test_weights_are_found_in_a_folder_under_their_published_name(tmp_path: Path) -> None:
    path = random_weights(tmp_path)
    images = noise(2, 32)
    expected = embedded(images, backbone="cifar_resnet20", weights=str(path))
    path.rename(tmp_path / "cifar10-resnet20-12fca82f.th")
    found = embedded(images, backbone="cifar_resnet20", weights=str(tmp_path))

    np.testing.assert_array_equal(found, expected)
    with pytest.raises(SourceError, match="there are no weights of `resnet18` in this folder"):
        embedded(images, backbone="resnet18", weights=str(tmp_path))


def test_early_files_of_densenets_have_names_of_their_own(tmp_path: Path) -> None:
    network = whole_network("densenet121")
    early = {
        name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): tensor
        for name, tensor in network.state_dict().items()
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in early
    for name, state in (("now.pth", network.state_dict()), ("early.pth", early)):
        torch.save(state, tmp_path / name)
    first, second = (
        embedded(noise(1, 32), backbone="densenet121", weights=str(tmp_path / name), image_size=64)
        for name in ("now.pth", "early.pth")
    )

    np.testing.assert_array_equal(first, second)


def test_gray_images_have_three_equal_channels(tmp_path: Path) -> None:
    options = {"backbone": "cifar_resnet20", "weights": str(random_weights(tmp_path))}
    gray = noise(2, 32, channels=1)

    np.testing.assert_allclose(
        embedded(gray, **options), embedded(np.repeat(gray, 3, axis=-1), **options), atol=1e-5
    )


def test_the_side_that_a_backbone_sees_can_be_chosen(tmp_path: Path) -> None:
    options = {"backbone": "cifar_resnet20", "weights": str(random_weights(tmp_path))}
    images = noise(2, 48)
    small, same = (embedded(images, image_size=side, **options) for side in (None, 32))

    np.testing.assert_array_equal(small, same)
    assert not np.allclose(small, embedded(images, image_size=48, **options))


def _leave_nothing(path: Path) -> None:
    pass


def _write_text(path: Path) -> None:
    path.write_text("no weights")


def _write_half_a_file(path: Path) -> None:
    path.write_bytes(random_weights(path.parent).read_bytes()[:5000])


def _write_a_list(path: Path) -> None:
    torch.save([1, 2, 3], path)


def _write_numbers(path: Path) -> None:
    torch.save({"conv1.weight": 3}, path)


def _write_a_module(path: Path) -> None:
    torch.save(CifarResNet(20), path)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize(
    ("write", "message"),
    [
        (_leave_nothing, "there is no such file or folder: name one that can be read"),
        (_write_text, "holds no weights that can be read"),
        (_write_half_a_file, "holds no weights that can be read"),
        (_write_a_list, "holds no weights that can be read"),
        (_write_numbers, "holds no weights that can be read"),
        (_write_a_module, "holds no weights that can be read"),
    ],
)
def test_a_file_without_usable_weights_is_named_in_one_sentence(
    tmp_path: Path, write: Callable[[Path], None], message: str, suffix: str
) -> None:
    path = tmp_path / f"given{suffix}"
    write(path)
    with pytest.raises(SourceError, match=message) as error:
        embedded(noise(1, 32), backbone="cifar_resnet20", weights=str(path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("backbone", "reason"),
    [("resnet18", r"`.+` is missing"), ("cifar_resnet32", "`layer1.3.conv1.weight` is missing")],
)
def test_weights_of_another_network_are_refused(tmp_path: Path, backbone: str, reason: str) -> None:
    with pytest.raises(SourceError, match=rf"does not fit the backbone `{backbone}` \(.*") as error:
        embedded(noise(1, 32), backbone=backbone, weights=str(random_weights(tmp_path)))
    assert "\n" not in str(error.value)


def test_an_unknown_backbone_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        UnknownNameError, match=r"`resnet_18`, which is no backbone \(did you mean `resnet18`"
    ):
        embedded(noise(1, 32), backbone="resnet_18")


def test_a_side_that_a_backbone_cannot_work_on_is_refused(tmp_path: Path) -> None:
    torch.save(whole_network("alexnet").state_dict(), tmp_path / "alexnet.pth")
    with pytest.raises(ParameterError, match=r"`features.embedding.image_size` is 16, which `alexnet`"):
        embedded(noise(1, 32), backbone="alexnet", weights=str(tmp_path / "alexnet.pth"), image_size=16)


def test_without_network_and_file_one_is_told_what_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody answers there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(TunescopeError) as error:
        embedded(noise(1, 32), backbone="resnet18")

    address = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    folder = tmp_path / "hub/checkpoints"
    assert f"download {address} and put it into `{folder}` as `resnet18-f37072fd.pth`" in str(error.value)
    assert "\n" not in str(error.value)
    assert list(folder.iterdir()) == []


def test_pretrained_weights_that_are_there_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "hub/checkpoints/squeezenet1_1-b8a52dc0.pth"
    path.parent.mkdir(parents=True)
    torch.save(whole_network("squeezenet1_1").state_dict(), path)
    images = noise(2, 64)

    found = embedded(images, backbone="squeezenet1_1")
    np.testing.assert_array_equal(found, embedded(images, backbone="squeezenet1_1", weights=str(path)))


def test_the_cifar_networks_have_nothing_to_download() -> None:
    with pytest.raises(SourceError, match="`cifar_resnet20` has no weights to download: name a file in"):
        embedded(noise(1, 32), backbone="cifar_resnet20")


def test_building_a_backbone_draws_no_random_number(tmp_path: Path) -> None:
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    embedded(noise(1, 32), backbone="cifar_resnet20", weights=str(random_weights(tmp_path)))

    assert torch.rand(1) == expected
