"""Operations and memory traffic are counted as one would by hand."""

import pytest
import torch
from torch import nn

from tunescope.timing.work import forward_work


class Rows(nn.Module):
    """A recurrent layer that reads an image row by row, and a head."""

    def __init__(self, kind: type[nn.RNNBase], **options: object) -> None:
        super().__init__()
        self.layer = kind(12, 7, batch_first=True, **options)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layer(images.squeeze(1))[0]


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        rows = images.squeeze(1)
        return self.layer(rows, rows, rows, need_weights=False)[0]


SMALL_CNN = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1),
    nn.BatchNorm2d(8),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1, groups=2),
    nn.Flatten(),
    nn.Dropout(),
    nn.Linear(16 * 8 * 8, 5),
)


@pytest.mark.parametrize(
    ("module", "shape", "expected"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(10, 20)), (1, 2, 5), 2 * 10 * 20),
        # A head on features that were computed before.
        (nn.Sequential(nn.BatchNorm1d(10), nn.Linear(10, 4)), (10,), 2 * 10 * 4),
        # Each of 14 x 14 results of 8 kernels of 3 x 3 x 3.
        (nn.Conv2d(3, 8, 3), (3, 16, 16), 2 * 27 * 8 * 14 * 14),
        # Each of 5 rows: 4 gates of 7, from 12 inputs and 7 that come back; a GRU has 3 gates.
        (Rows(nn.LSTM), (1, 5, 12), 5 * 2 * 4 * 7 * (12 + 7)),
        (Rows(nn.GRU), (1, 5, 12), 5 * 2 * 3 * 7 * (12 + 7)),
        # Twice from 12 inputs, then twice from the 14 results of both directions.
        (Rows(nn.LSTM, num_layers=2, bidirectional=True), (1, 5, 12), 2 * 5 * 2 * 4 * 7 * (19 + 21)),
        # 4 projections of 8 to 8; each of 5 rows with each, and back to its values.
        (Attention(), (1, 5, 8), 4 * 5 * 2 * 8 * 8 + 2 * 5 * 5 * 2 * 8),
        (SMALL_CNN, (3, 16, 16), 2 * 27 * 8 * 16 * 16 + 2 * 36 * 16 * 8 * 8 + 2 * 1024 * 5),
    ],
    ids=[
        "linear",
        "head",
        "convolution",
        "lstm",
        "gru",
        "two-layer bidirectional lstm",
        "attention",
        "small cnn",
    ],
)
def test_operations_are_those_of_a_count_by_hand(
    module: nn.Module, shape: tuple[int, ...], expected: int
) -> None:
    for images in (1, 3):  # of one image, however many go through together
        work = forward_work(module, shape, images)
        assert work is not None
        assert work.flops == expected


def _traffic(module: nn.Module, shape: tuple[int, ...], images: int = 1, precision: str = "float32") -> int:
    work = forward_work(module, shape, images, precision)
    assert work is not None
    return work.traffic


LINEAR = nn.Sequential(nn.Flatten(), nn.Linear(10, 20))


def test_an_operator_moves_its_arguments_and_results_and_a_view_nothing() -> None:
    weights = 10 * 20 + 20
    assert _traffic(LINEAR, (2, 5)) == 4 * (10 + weights + 20)  # nothing for the change of shape
    # Eight maps of 14 x 14: written, then read and overwritten.
    maps = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.ReLU(inplace=True))
    assert _traffic(maps, (3, 16, 16)) == 4 * (3 * 16 * 16 + 8 * 27 + 3 * 8 * 14 * 14)


def test_a_view_that_calls_itself_unsafe_moves_nothing_either() -> None:
    class Rows(nn.Linear):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return torch.matmul(images.transpose(1, 2), self.weight.t())

    assert _traffic(Rows(12, 7, bias=False), (12, 5)) == 4 * (12 * 5 + 12 * 7 + 5 * 7)


def test_images_that_go_together_share_the_weights() -> None:
    weights = 10 * 20 + 20
    assert _traffic(LINEAR, (2, 5), images=44) == 4 * (10 + 20) + 4 * weights // 44


def test_values_of_half_the_size_are_half_the_traffic() -> None:
    assert 2 * _traffic(LINEAR, (2, 5), 4, "bfloat16") == _traffic(LINEAR, (2, 5), 4)


def test_a_value_that_is_shown_many_times_over_moves_once() -> None:
    class Shifted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shift = nn.Parameter(torch.zeros(1, 1, 4))

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images + self.shift.expand(len(images), 16, 4)

    assert _traffic(Shifted(), (16, 4)) == 4 * (2 * 16 * 4 + 4)


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "mobilenet_v3_small", "efficientnet_b0", "vit_b_16"])
def test_operations_are_those_that_torchvision_publishes(name: str) -> None:
    from torchvision import models

    with torch.device("meta"):  # shapes are enough
        network = models.get_model(name)
    published = models.get_model_weights(name)["IMAGENET1K_V1"].meta["_ops"]  # 1e9 pairs of * and +
    counted = forward_work(network, (3, 224, 224))
    assert counted is not None
    assert counted.flops / 2e9 == pytest.approx(published, abs=6e-4)


def test_counting_changes_nothing_in_the_module() -> None:
    SMALL_CNN.train()
    before = {name: value.clone() for name, value in SMALL_CNN.state_dict().items()}
    random = torch.get_rng_state()
    forward_work(SMALL_CNN, (3, 16, 16), precision="bfloat16")

    assert all(one.training for one in SMALL_CNN.modules())
    assert all(one.requires_grad and one.device.type == "cpu" for one in SMALL_CNN.parameters())
    assert all(one.dtype == torch.float32 for one in SMALL_CNN.parameters())
    assert all(torch.equal(value, before[name]) for name, value in SMALL_CNN.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)


def test_a_module_whose_way_depends_on_the_values_is_not_counted() -> None:
    class Fickle(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images @ images if images.sum() > 0 else images

    assert forward_work(Fickle(), (1, 4, 4)) is None
