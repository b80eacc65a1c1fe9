"""Which pictures are found to be like others."""

import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunescope.datasets import duplicates, inspect, read
from tunescope.datasets.duplicates import clusters, equal_pairs, near_pairs
from tunescope.parameters import CleaningParameters, DatasetParameters

SHARED = Path(__file__).parents[3] / "shared" / "data"


def all_alike(count: int) -> np.ndarray:
    """Pictures that differ in brightness and contrast only."""
    picture = np.random.default_rng(0).integers(0, 200, (16, 16))
    return np.stack([picture * (0.5 + number % 5 / 10) + number % 7 for number in range(count)]).astype(
        np.uint8
    )


def as_set(pairs: np.ndarray) -> set[tuple[int, int]]:
    return {(int(one), int(other)) for one, other in pairs}


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.sets(st.integers(0, 63), max_size=7)), max_size=12),
    st.integers(0, 6),
)
def test_all_pairs_within_the_bits_are_found_and_no_others(
    seeds: list[int], changes: list[tuple[int, set[int]]], bits: int
) -> None:
    changed = [seeds[of % len(seeds)] ^ sum(1 << place for place in places) for of, places in changes]
    hashes = np.array(seeds + changed, np.uint64)
    expected = {
        (one, other)
        for one, other in combinations(range(len(hashes)), 2)
        if (int(hashes[one]) ^ int(hashes[other])).bit_count() <= bits
    }

    assert as_set(near_pairs(hashes, all_alike(len(hashes)), bits)) == expected


def test_pictures_that_hash_alike_but_look_different_are_no_pair() -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (30, 16, 16)).astype(np.uint8)

    assert len(near_pairs(np.zeros(30, np.uint64), pictures, 4)) == 0


def test_flat_pictures_are_like_no_other() -> None:
    flat = np.full((30, 16, 16), 128, np.uint8) + (np.arange(30) % 2).astype(np.uint8)[:, None, None]

    assert len(near_pairs(np.zeros(30, np.uint64), flat, 4)) == 0


@pytest.mark.parametrize("case", ["different", "one hash", "all flat", "all alike"])
def test_time_and_pairs_stay_bounded_whatever_the_pictures(case: str) -> None:
    count, random = 20_000, np.random.default_rng(2)
    hashes = random.integers(0, 2**63, count).astype(np.uint64) * np.uint64(case == "different")
    pictures = random.integers(0, 256, (count, 16, 16)).astype(np.uint8)
    if case == "all flat":
        pictures = pictures[:, :1, :1] + np.zeros((count, 16, 16), np.uint8)
    if case == "all alike":
        pictures = all_alike(count)
    started = time.perf_counter()
    pairs = near_pairs(hashes, pictures, 4)

    assert (
        time.perf_counter() - started < 30
    )  # some 2 s on an idle core; comparing all with all takes minutes
    assert len(pairs) <= count * duplicates.MOST_COMPARED * 5
    numbers = clusters(pairs, count)
    assert set(numbers.tolist()) == ({0} if case == "all alike" else {-1})


def test_likeness_is_passed_on() -> None:
    pairs = np.array([[5, 6], [1, 4], [4, 7]])

    assert clusters(pairs, 9).tolist() == [-1, 0, -1, -1, 0, 1, 1, 0, -1]
    assert clusters(np.empty((0, 2), np.intp), 3).tolist() == [-1, -1, -1]
    assert clusters(np.empty((0, 2), np.intp), 0).tolist() == []


@settings(max_examples=50)
@given(st.lists(st.sampled_from("abcd"), max_size=12))
def test_equal_keys_make_one_cluster(keys: list[str]) -> None:
    numbers = clusters(equal_pairs(keys), len(keys)).tolist()

    for one, other in combinations(range(len(keys)), 2):
        assert (numbers[one] == numbers[other] != -1) == (keys[one] == keys[other])


@pytest.mark.skipif(not SHARED.exists(), reason="the shared image sets lie beside a working copy only")
@pytest.mark.parametrize("name", ["omniglot-small1.zip", "sign-language-digits-1000.zip"])
def test_characters_and_hands_that_look_alike_are_no_duplicates(name: str) -> None:
    source = read(SHARED / name)
    rules = CleaningParameters(near_duplicate_bits=6)
    inspection = inspect(source, DatasetParameters(source=source.location, cleaning=rules))

    assert {one.kind for one in inspection.findings} <= {"black and white"}
