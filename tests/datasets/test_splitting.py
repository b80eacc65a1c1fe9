import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.datasets import split
from tunescope.datasets.duplicates import clusters as connected
from tunescope.datasets.duplicates import equal_pairs
from tunescope.datasets.splitting import (
    TEST,
    TRAIN,
    VALIDATION,
    folds_by_group,
    group_numbers,
    joined_groups,
    keep_together,
    official_split,
    split_by_group,
    split_in_folds,
)
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


SHARES = (0.7, 0.15, 0.15)


@st.composite
def grouped(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Labels and groups: three groups at least of each class alone, and others of several classes."""
    classes = draw(st.integers(1, 4))
    sizes = draw(st.lists(st.integers(1, 5), min_size=3 * classes, max_size=8 * classes))
    labels = [np.full(size, number % classes) for number, size in enumerate(sizes)]
    mixed = draw(st.lists(st.lists(st.integers(0, classes - 1), min_size=1, max_size=5), max_size=6))
    labels += [np.array(of_it) for of_it in mixed]
    groups = np.repeat(np.arange(len(labels)), [len(of_it) for of_it in labels])
    return np.concatenate(labels), groups


@given(grouped(), st.integers(0, 5))
def test_no_group_is_torn_and_every_class_is_in_every_split(
    case: tuple[np.ndarray, np.ndarray], seed: int
) -> None:
    labels, groups = case
    splits = split_by_group(labels, groups, "abcd", SHARES, seed)

    for group in np.unique(groups):
        assert len(set(splits[groups == group])) == 1
    for label in np.unique(labels):
        assert set(splits[labels == label]) == {TRAIN, VALIDATION, TEST}
    np.testing.assert_array_equal(splits, split_by_group(labels, groups, "abcd", SHARES, seed))


def test_groups_come_near_the_shares_of_every_class() -> None:
    random = np.random.default_rng(0)
    groups = np.sort(random.integers(0, 300, 2000))
    _, groups = np.unique(groups, return_inverse=True)
    labels = random.integers(0, 4, 2000)
    splits = split_by_group(labels, groups, "abcd", SHARES, 0)

    for label in range(4):
        shares = np.bincount(splits[labels == label]) / np.count_nonzero(labels == label)
        np.testing.assert_allclose(shares, SHARES, atol=0.03)


def test_another_seed_deals_groups_out_differently() -> None:
    labels, groups = np.tile([0, 1], 60), np.arange(120) // 2
    one, other = (split_by_group(labels, groups, "ab", SHARES, seed) for seed in (0, 1))

    assert (one != other).any()


def test_a_class_of_two_groups_is_refused_by_name() -> None:
    labels, groups = np.array([0, 0, 0, 1, 1, 1, 1]), np.array([0, 1, 2, 3, 3, 4, 4])

    with pytest.raises(SourceError, match=r"^class `dogs` has images of 2 groups only, but 3 are needed"):
        split_by_group(labels, groups, ["cats", "dogs"], SHARES, 0)


def test_groups_that_cannot_be_shared_out_are_refused() -> None:
    # Each two of these four groups have a class that is in three groups only, so all four must be apart.
    labels, groups = np.array([0, 1, 0, 2, 1, 2, 0, 1, 2]), np.array([0, 0, 1, 1, 2, 2, 3, 3, 3])

    with pytest.raises(SourceError, match=r"^the groups cannot be shared out so that each class has images"):
        split_by_group(labels, groups, "abc", SHARES, 0)


def test_a_pattern_names_groups_by_its_first_group_or_its_match() -> None:
    paths = ["a/person12_3.jpg", "a/person1_12.jpg", "b/IM-12.jpg"]

    assert group_numbers(paths, r"person(\d+)", [None] * 3) == ["12", "1", None]
    assert group_numbers(paths, r"person\d+", [None] * 3) == ["person12", "person1", None]
    assert group_numbers(paths, None, ["x", None, "x"]) == ["x", None, "x"]


def test_images_share_a_group_by_name_or_by_likeness() -> None:
    clusters = np.array([-1, 0, 0, -1, -1])

    numbers = joined_groups(["p", "p", None, None, None], clusters).tolist()
    assert numbers[0] == numbers[1] == numbers[2]
    assert len({numbers[0], numbers[3], numbers[4]}) == 3
    assert sorted(set(numbers)) == [0, 1, 2]


@given(st.lists(st.integers(10, 40), min_size=1, max_size=4), st.integers(2, 6), st.integers(0, 5))
def test_folds_partition_what_is_not_for_test(sizes: list[int], folds: int, seed: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    divisions = [split_in_folds(labels, "abcd", folds, fold, 0.2, seed) for fold in range(folds)]
    validated = np.zeros(len(labels), int)
    for division in divisions:
        np.testing.assert_array_equal(division.parts, divisions[0].parts)
        validated += division.splits == VALIDATION
        for label in range(len(sizes)):
            assert set(division.splits[labels == label]) == {TRAIN, VALIDATION, TEST}

    np.testing.assert_array_equal(validated, divisions[0].splits != TEST)
    counts = np.bincount(divisions[0].parts, minlength=folds + 1)[:folds]
    assert counts.max() - counts.min() <= 1


def test_a_class_too_small_for_the_folds_is_refused_by_name() -> None:
    labels = np.repeat([0, 1], [20, 5])

    with pytest.raises(SourceError, match=r"^`dataset.folds` is 5, but class `dogs` has 5 images, 4 of them"):
        split_in_folds(labels, ["cats", "dogs"], 5, 0, 0.2, 0)


def test_folds_keep_groups_whole() -> None:
    labels, groups = np.tile([0, 1], 60), np.arange(120) // 4
    divisions = [folds_by_group(labels, groups, "ab", 4, fold, 0.2, 0) for fold in range(4)]

    for division in divisions:
        assert all(len(set(division.parts[groups == group])) == 1 for group in range(30))
        assert np.bincount(division.splits).tolist()[VALIDATION] == pytest.approx(24, abs=4)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([TRAIN, TRAIN, VALIDATION, TEST])), min_size=8),
    st.integers(0, 5),
)
def test_an_official_split_is_kept_and_completed_from_training_images_only(
    rows: list[tuple[int, int]], seed: int
) -> None:
    labels, official = (np.array(column) for column in zip(*rows, strict=True))
    splits = official_split(labels, official, 0.2, 0.2, seed)
    given_splits = set(official.tolist())

    np.testing.assert_array_equal(splits[official != TRAIN], official[official != TRAIN])
    changed = splits != official
    assert not set(splits[changed].tolist()) & given_splits
    for label in np.unique(labels[official == TRAIN]):
        of_it = (labels == label) & (official == TRAIN)
        assert (splits[of_it] == TRAIN).any()
        if np.count_nonzero(of_it) >= 3:
            assert set(splits[of_it].tolist()) >= {TRAIN, VALIDATION, TEST} - given_splits


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6)), min_size=6, max_size=40), st.integers(0, 3))
def test_like_images_come_together_unless_that_empties_a_class(
    rows: list[tuple[int, int]], seed: int
) -> None:
    labels = np.repeat([0, 1, 2], 4).tolist() + [label for label, _ in rows]
    keys = [f"alone {number}" for number in range(12)] + [str(key) for _, key in rows]
    labels, clusters = np.array(labels), connected(equal_pairs(keys), len(keys))
    before = split(labels, 0.2, 0.2, seed)
    after = keep_together(before, labels, clusters)

    np.testing.assert_array_equal(before[clusters < 0], after[clusters < 0])
    for label in range(3):
        assert set(after[labels == label]) == {TRAIN, VALIDATION, TEST}
    for number in range(clusters.max() + 1):
        members = clusters == number
        assert len(set(after[members])) == 1 or set(after[members]) == set(before[members])


def test_a_cluster_goes_where_most_of_it_is() -> None:
    parts, labels = np.array([0, 1, 1, 2, 0, 1, 2], np.uint8), np.zeros(7, int)
    clusters = np.array([0, 0, 0, 0, -1, -1, -1])

    assert keep_together(parts, labels, clusters).tolist() == [1, 1, 1, 1, 0, 1, 2]
    whole_class = np.array([0, 0, 0, 0, 0, 0, 0])
    assert keep_together(parts, labels, whole_class).tolist() == parts.tolist()
