"""Networks begin with published weights, wherever these lie, and with nothing that is not weights."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from model_samples import TRANSFERABLE, write_weights
from torch import nn

from tunescope.errors import ParameterError, SourceError, TunescopeError
from tunescope.models import MODELS
from tunescope.models.deep.backbone import cut_head, fill, whole_network
from tunescope.models.deep.network import Network
from tunescope.models.deep.weights import read_weights

CIFAR = MODELS["cifar_resnet"]
CIFAR_FILE = "cifar10-resnet20-12fca82f.th"
PUBLISHED = Path(__file__).parents[2] / "../shared/weights"
SMALL = "mobilenet_v3_small-047dcff4.pth"


def _built(name: str, classes: int = 3, **chosen: Any) -> tuple[Network, dict[str, Any]]:
    model = MODELS[name]
    hyperparameters = model.completed({"weights": "pretrained", **chosen})
    return model.build(hyperparameters, (32, 32, 3), classes), hyperparameters


def _loaded(name: str, location: Path | None, classes: int = 3, **chosen: Any) -> Network:
    network, hyperparameters = _built(name, classes, **chosen)
    MODELS[name].pretrained.load(network, hyperparameters, location)
    return network


def _same(network: Network, file: Path) -> bool:
    state = network.body.state_dict()
    kept = {name: tensor for name, tensor in torch.load(file).items() if name in state}
    return len(kept) == len(state) and all(torch.equal(state[name], kept[name]) for name in kept)


@pytest.mark.parametrize("name", TRANSFERABLE)
def test_every_parameter_of_a_body_is_in_one_of_its_stages(name: str) -> None:
    with torch.device("meta"):
        network, _ = _built(name)
    together = [id(one) for stage in network.stages() for one in stage]
    assert together == [id(one) for one in network.body.parameters()]
    assert all(network.stages())
    assert isinstance(network.head, nn.Linear)


def test_a_large_mobilenet_has_stages_of_its_own() -> None:
    with torch.device("meta"):
        network, _ = _built("mobilenet_v3", size="large")
    assert sum(map(len, network.stages())) == len(list(network.body.parameters()))


@pytest.mark.parametrize(
    ("name", "file", "chosen"),
    [
        ("alexnet", "alexnet-owt-7be5be79.pth", {}),
        ("resnet", "resnet18-f37072fd.pth", {"depth": 18}),
        ("resnet", "resnet50-11ad3fa6.pth", {"depth": 50}),
        ("mobilenet_v3", SMALL, {"size": "small"}),
    ],
)
def test_with_the_same_weights_it_says_what_the_network_of_torchvision_says(
    name: str, file: str, chosen: dict[str, Any], tmp_path: Path
) -> None:
    published = MODELS[name].pretrained.network.format(**chosen)
    path = write_weights(published, tmp_path, file)
    ours = _loaded(name, tmp_path, classes=1000, side=64, **chosen).eval()
    theirs = torchvision.models.get_model(published, weights=None).eval()
    theirs.load_state_dict(torch.load(path))
    path.unlink()  # hundreds of megabytes, which pytest would keep
    ours.head.load_state_dict(theirs.get_submodule(ours.cut).state_dict())
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours(images), theirs(images))


@pytest.mark.parametrize(
    ("place", "given"),
    [
        (CIFAR_FILE, CIFAR_FILE),  # the file itself
        ("any.pth", "any.pth"),
        (CIFAR_FILE, ""),  # its folder
        (f"hub/checkpoints/{CIFAR_FILE}", ""),  # a folder like torchvision's cache
        (f"hub/checkpoints/{CIFAR_FILE}", "hub"),
        ("resnet20-12fca82f.th", ""),  # as their authors named it
    ],
)
def test_weights_are_found_in_files_and_folders(place: str, given: str, tmp_path: Path) -> None:
    path = write_weights("cifar_resnet20", tmp_path, place)
    assert _same(_loaded("cifar_resnet", tmp_path / given), path)


def test_weights_are_found_in_the_cache_of_torchvision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = write_weights("mobilenet_v3_small", tmp_path, f"hub/checkpoints/{SMALL}")
    assert _same(_loaded("mobilenet_v3", None), path)


def test_a_folder_may_hold_older_weights_but_the_best_are_taken(tmp_path: Path) -> None:
    older, best = "mobilenet_v3_large-8738ca79.pth", "mobilenet_v3_large-5c1a4163.pth"
    pretrained, chosen = MODELS["mobilenet_v3"].pretrained, {"size": "large"}
    write_weights("mobilenet_v3_large", tmp_path, older)
    with_older = pretrained.identity(chosen, tmp_path)
    (tmp_path / best).write_bytes(b"other weights")
    assert pretrained.identity(chosen, tmp_path) != with_older


def test_the_identity_of_weights_is_their_content_and_not_their_place(tmp_path: Path) -> None:
    path = write_weights("cifar_resnet20", tmp_path, CIFAR_FILE)
    (tmp_path / "copy.th").write_bytes(path.read_bytes())
    twenty = CIFAR.pretrained.identity({"depth": 20}, path)
    assert twenty.startswith("cifar_resnet20 ")
    assert CIFAR.pretrained.identity({"depth": 20}, tmp_path) == twenty
    assert CIFAR.pretrained.identity({"depth": 20}, tmp_path / "copy.th") == twenty
    assert CIFAR.pretrained.identity({"depth": 32}, path) != twenty


def test_the_head_is_new_whatever_the_classes_of_the_weights(tmp_path: Path) -> None:
    path = write_weights("cifar_resnet20", tmp_path, CIFAR_FILE)
    for classes in (2, 10, 1000):
        network, hyperparameters = _built("cifar_resnet", classes)
        fresh = network.head.weight.clone()
        CIFAR.pretrained.load(network, hyperparameters, path)
        assert torch.equal(network.head.weight, fresh)
        assert network(torch.zeros(2, 1, 32, 32)).shape == (2, classes)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ("cifar_resnet32", r"`layer1\.3\.conv1\.weight` is unknown"),
        ("resnet18", "size mismatch|is missing|is unknown"),
    ],
)
def test_weights_of_another_network_are_refused_in_one_sentence(
    other: str, reason: str, tmp_path: Path
) -> None:
    path = write_weights(other, tmp_path, "other.pth")
    with pytest.raises(SourceError, match=r"does not fit the network `cifar_resnet20` \(.*\): name") as error:
        _loaded("cifar_resnet", path)
    assert error.match(reason)
    assert error.match(r"`search\.training\.weights`")
    assert "\n" not in str(error.value)


class _Hostile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("old_format", [False, True])
def test_a_hostile_pickle_runs_nothing(old_format: bool, tmp_path: Path) -> None:
    path, trace = tmp_path / CIFAR_FILE, tmp_path / "trace"
    torch.save({"conv1.weight": _Hostile(trace)}, path, _use_new_zipfile_serialization=not old_format)
    for location in (path, tmp_path):
        with pytest.raises(SourceError, match="holds no weights that can be read") as error:
            _loaded("cifar_resnet", location)
        assert "\n" not in str(error.value)
    assert not trace.exists()
    torch.load(path, weights_only=False)  # what an unwary program would do
    assert trace.exists()


def test_weights_that_are_nowhere_are_asked_for(tmp_path: Path) -> None:
    for location, message in (
        (tmp_path, rf"`search\.training\.weights` is `{tmp_path}`, but .* put them there as `{CIFAR_FILE}`"),
        (tmp_path / "missing.th", "there is no such file or folder: name one that can be read"),
        (None, r"`cifar_resnet20` has no weights to download: name a file in `search\.training\.weights`"),
    ):
        with pytest.raises(SourceError, match=message):
            _loaded("cifar_resnet", location)


def test_without_network_one_is_told_what_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody answers there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(
        TunescopeError, match=r"as `resnet18-f37072fd\.pth`, or name a file or folder in `search"
    ):
        MODELS["resnet"].pretrained.fetch(MODELS["resnet"].space, None)


def _space(**choices: list[Any]) -> dict[str, Any]:
    return CIFAR.space | {name: {"type": "categorical", "choices": each} for name, each in choices.items()}


def test_a_search_makes_sure_of_the_weights_of_all_networks_that_it_may_build(tmp_path: Path) -> None:
    write_weights("cifar_resnet20", tmp_path, CIFAR_FILE)
    CIFAR.pretrained.fetch(_space(depth=[20]), tmp_path)
    with pytest.raises(SourceError, match=r"no weights of `cifar_resnet44` in this folder"):
        CIFAR.pretrained.fetch(_space(depth=[20, 44]), tmp_path)
    (tmp_path / CIFAR_FILE).write_bytes(b"damaged")
    with pytest.raises(SourceError, match="holds no weights that can be read"):
        CIFAR.pretrained.fetch(_space(depth=[20]), tmp_path)


def test_weights_that_cannot_be_downloaded_are_no_choice_until_somebody_gives_them() -> None:
    assert CIFAR.space_with(None)["weights"]["choices"] == ["none"]
    assert CIFAR.space_with("weights")["weights"]["choices"] == ["none", "pretrained"]
    CIFAR.pretrained.fetch(CIFAR.space_with(None), None)
    for other in ("resnet", "svm"):
        assert MODELS[other].space_with(None) == MODELS[other].space


def test_a_search_from_scratch_needs_no_weights(tmp_path: Path) -> None:
    CIFAR.pretrained.fetch(_space(weights=["none"]), tmp_path)


def test_making_sure_of_weights_draws_no_random_number(tmp_path: Path) -> None:
    write_weights("cifar_resnet20", tmp_path, CIFAR_FILE)
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    CIFAR.pretrained.fetch(_space(depth=[20]), tmp_path)
    assert torch.rand(1) == expected


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published CIFAR-10 weights are not here")
def test_the_published_cifar_weights_fit() -> None:
    CIFAR.pretrained.fetch(CIFAR.space, PUBLISHED)


def _transformer(side: int) -> nn.Module:
    return torchvision.models.VisionTransformer(side, 8, 1, 2, hidden_dim=16, mlp_dim=16, num_classes=4)


def test_the_published_vision_transformer_has_old_names(tmp_path: Path) -> None:
    now = _transformer(32).state_dict()
    names = {".mlp.0.": ".mlp.linear_1.", ".mlp.3.": ".mlp.linear_2."}
    old: OrderedDict[str, torch.Tensor] = OrderedDict()
    for name, tensor in now.items():
        for new, early in names.items():
            name = name.replace(new, early)
        old[name] = tensor
    vars(old)["_metadata"] = {
        part: {"version": 1 if part.endswith(".mlp") else about.get("version")}
        for part, about in now._metadata.items()
    }
    torch.save(old, tmp_path / "old.pth")
    body = _transformer(32)
    head, _ = cut_head(body)
    assert fill(body, head, read_weights(tmp_path / "old.pth", "")) == ""
    state = body.state_dict()
    assert all(torch.equal(state[name], now[name]) for name in state)


def test_a_vision_transformer_gets_the_places_of_another_side() -> None:
    weights = _transformer(32).state_dict()
    given = weights["encoder.pos_embedding"].normal_().clone()
    body = _transformer(64)
    head, _ = cut_head(body)
    assert fill(body, head, weights) == ""
    found = body.state_dict()["encoder.pos_embedding"]
    assert found.shape == (1, 1 + 8 * 8, 16)
    torch.testing.assert_close(found[:, 0], given[:, 0])  # the class token has no place
    grid, finer = given[0, 1:].reshape(4, 4, 16), found[0, 1:].reshape(8, 8, 16)
    torch.testing.assert_close(finer[[0, 0, -1, -1], [0, -1, 0, -1]], grid[[0, 0, -1, -1], [0, -1, 0, -1]])


def test_gray_images_are_shown_as_three_equal_channels() -> None:
    torch.manual_seed(0)
    network, _ = _built("cifar_resnet")
    gray = torch.randn(2, 1, 20, 30)
    torch.testing.assert_close(network.eval()(gray), network(gray.expand(-1, 3, -1, -1)))


def test_scaling_may_come_before_or_after_normalization() -> None:
    torch.manual_seed(0)
    network, _ = _built("cifar_resnet")
    for height, width in ((20, 30), (100, 50)):
        images = torch.rand(2, 3, height, width)
        scaled = network._fitted(images)
        assert scaled.shape == (2, 3, 32, 32)
        torch.testing.assert_close(network._fitted((images - 0.4) / 0.3), (scaled - 0.4) / 0.3)


def test_what_is_done_to_images_is_told() -> None:
    model = MODELS["resnet"]
    chosen = model.completed({"side": 64})
    assert model.notes(chosen, (64, 64, 3)) == []
    assert model.notes(chosen, (28, 28, 1)) == [
        "1 channel is shown to the network as 3.",
        "Images of 28 x 28 are enlarged to 64 x 64.",
    ]
    assert model.notes(chosen, (100, 64, 3)) == ["Images of 100 x 64 are scaled to 64 x 64."]


@pytest.mark.parametrize(
    ("name", "side", "rule"),
    [("alexnet", 32, "at least 63"), ("vit_b_16", 100, "at least 16 and a multiple of 16")],
)
def test_a_side_that_a_network_cannot_see_is_refused(name: str, side: int, rule: str) -> None:
    with pytest.raises(ParameterError, match=f"`side` of `{name}` is {side}, but must be {rule}"):
        _built(name, side=side)


@pytest.mark.parametrize("name", TRANSFERABLE)
def test_every_side_that_can_be_chosen_can_be_built(name: str) -> None:
    with torch.device("meta"):
        for side in MODELS[name].space["side"]["choices"]:
            assert _built(name, side=side)[0].side == side


def test_a_body_is_the_network_without_its_last_layer() -> None:
    whole = whole_network("cifar_resnet20", 32)
    name, head = cut_head(whole)
    assert name == "linear"
    assert (head.in_features, head.out_features) == (64, 10)
    assert whole(torch.zeros(1, 3, 32, 32)).shape == (1, 64)
