import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.datasets import split
from tunescope.errors import ParameterError, SourceError

shares = st.floats(0.001, 0.499)


@given(st.lists(st.integers(3, 40), min_size=1, max_size=6), shares, shares, st.integers(0, 9))
def test_every_class_has_an_image_in_every_split(
    sizes: list[int], validation: float, test: float, seed: int
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    splits = split(labels, validation, test, seed)

    assert splits.dtype == np.uint8
    assert splits.shape == labels.shape
    for label in range(len(sizes)):
        assert set(splits[labels == label]) == {0, 1, 2}


def test_each_class_is_shared_out_alike() -> None:
    labels = np.repeat([0, 1, 2], [100, 60, 20])
    splits = split(labels, validation=0.2, test=0.1, seed=0)

    assert [np.bincount(splits[labels == label]).tolist() for label in range(3)] == [
        [70, 20, 10],
        [42, 12, 6],
        [14, 4, 2],
    ]


def test_the_same_seed_gives_the_same_splits_and_another_gives_others() -> None:
    labels = np.tile([0, 1], 50)

    np.testing.assert_array_equal(split(labels, 0.15, 0.15, 3), split(labels, 0.15, 0.15, 3))
    assert (split(labels, 0.15, 0.15, 3) != split(labels, 0.15, 0.15, 4)).any()


def test_the_splits_of_a_seed_stay_what_they_were() -> None:
    splits = split(np.repeat([0, 1], 6), 0.2, 0.2, 0)

    assert splits.tolist() == [0, 0, 1, 2, 0, 0, 0, 2, 0, 0, 1, 0]


def test_a_class_keeps_its_splits_when_another_grows() -> None:
    small, large = np.repeat([0, 1], [20, 30]), np.repeat([0, 1], [20, 90])

    np.testing.assert_array_equal(split(small, 0.2, 0.2, 0)[:20], split(large, 0.2, 0.2, 0)[:20])


def test_a_class_of_two_images_cannot_be_split() -> None:
    with pytest.raises(SourceError, match="a class has 2 images, but needs at least 3"):
        split(np.array([0, 0, 0, 1, 1]), 0.2, 0.2, 0)


@pytest.mark.parametrize(
    ("validation", "test"), [(0.0, 0.2), (0.2, 0.0), (-0.1, 0.2), (0.5, 0.5), (0.9, 0.2)]
)
def test_shares_that_leave_a_split_empty_are_refused(validation: float, test: float) -> None:
    with pytest.raises(ParameterError, match=f"`dataset.validation` is {validation}"):
        split(np.zeros(10, int), validation, test, 0)
