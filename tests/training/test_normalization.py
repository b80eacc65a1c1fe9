"""Normalization uses the statistics of the rows it is given."""

import numpy as np
import pytest
import torch

from tunescope.training.normalization import Normalization


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (50, 6, 5, 3), np.uint8)


def test_its_rows_come_out_with_mean_0_and_variance_1_in_each_channel(images: np.ndarray) -> None:
    rows = np.arange(10, 40)
    images[..., 1] //= 4
    normalized = Normalization.of(images, rows, at_a_time=7)(torch.from_numpy(images[rows]))
    assert normalized.shape == (30, 3, 6, 5)
    np.testing.assert_allclose(normalized.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(normalized.var((0, 2, 3), correction=0), 1, atol=1e-5)


def test_other_rows_do_not_matter(images: np.ndarray) -> None:
    rows = np.arange(20)
    changed = images.copy()
    changed[20:] = 0
    assert Normalization.of(images, rows, 8) == Normalization.of(changed, rows, 8)


def test_a_channel_of_one_value_becomes_0(images: np.ndarray) -> None:
    images[..., 2] = 90
    normalized = Normalization.of(images, np.arange(50), 50)(torch.from_numpy(images))
    assert torch.isfinite(normalized).all()
    np.testing.assert_allclose(normalized[:, 2], 0, atol=1e-4)


def test_images_of_one_channel_come_out_with_the_channels_of_the_statistics() -> None:
    gray = torch.tensor([[[[0], [255]], [[51], [102]]]], dtype=torch.uint8)
    normalized = Normalization((0.2, 0.4, 0.0), (0.5, 0.1, 1.0))(gray)
    expected = [[[-0.4, 1.6], [0.0, 0.4]], [[-4.0, 6.0], [-2.0, 0.0]], [[0.0, 1.0], [0.2, 0.4]]]
    torch.testing.assert_close(normalized, torch.tensor([expected]))
    assert normalized.is_contiguous(memory_format=torch.channels_last)


def test_it_survives_being_written_down(images: np.ndarray) -> None:
    learnt = Normalization.of(images, np.arange(50), 50)
    assert Normalization.from_dict(learnt.to_dict()) == learnt
