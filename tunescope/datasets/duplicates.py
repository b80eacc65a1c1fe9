"""Which pictures are hardly to be told from one another."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.intp]
Hashes = npt.NDArray[np.uint64]

HASH_BITS = 64
# In order of the bits of a band, a picture is compared with this many that follow it. Buckets of 100 000
# different photos hold a dozen; where one holds more, the most alike of them stand near each other.
WINDOW = 128
# Pairs of one picture whose pixels are compared in one band: of many pictures that hash alike, few are.
MOST_COMPARED = 16
# Of the pixels of two pictures that show the same.
LEAST_CORRELATION = 0.995
# Grey levels. A picture without contrast is like any other such, and nobody would call them duplicates.
LEAST_CONTRAST = 2.0
COMPARED_AT_ONCE = 4096


def near_pairs(hashes: Hashes, pictures: npt.NDArray[np.uint8], bits: int) -> npt.NDArray[np.intp]:
    """Find pairs of pictures whose hashes differ in few bits and whose pixels agree.

    Hashes that differ in at most ``bits`` places have one of ``bits + 1`` bands in common: within each band
    they are sorted, and neighbours are compared (Manku et al., "Detecting near-duplicates for web crawling",
    WWW 2007). Time and memory are bounded, whatever the hashes.

    Args:
        hashes: (n,) perceptual hashes.
        pictures: (n, height, width) the same in gray, very small; brightness and contrast do not count.
        bits: that may differ.

    Returns:
        (pairs, 2) rows; of many pictures that are all alike, enough pairs to connect them.
    """
    flat = pictures.reshape(len(pictures), math.prod(pictures.shape[1:]))
    rows = np.flatnonzero(flat.std(axis=1) >= LEAST_CONTRAST)
    compared = _standardized(flat[rows])
    found = [
        pairs[_alike(compared, pairs)]
        for start, length in _bands(bits + 1)
        for pairs in _candidates(hashes[rows], start, length, bits)
    ]
    pairs = np.unique(np.concatenate([np.empty((0, 2), np.intp), *found]), axis=0)
    return np.asarray(rows[pairs], np.intp)


def clusters(pairs: npt.NDArray[np.intp], images: int) -> Numbers:
    """Number the groups of images that pairs connect, in order of their first images.

    Returns:
        (images,) the number of its group, or -1 for an image without a like
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(pairs), bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(images, images))
    _, component = connected_components(graph, directed=False)
    shared = np.bincount(component, minlength=1)[component] > 1
    _, firsts, inverse = np.unique(component[shared], return_index=True, return_inverse=True)
    numbers = np.full(images, -1, np.intp)
    numbers[shared] = np.argsort(np.argsort(firsts))[inverse]
    return numbers


def equal_pairs(keys: Sequence[str]) -> npt.NDArray[np.intp]:
    """Pairs (pairs, 2) of rows with the same key, each but the first with the first."""
    first: dict[str, int] = {}
    pairs = [(first.setdefault(key, row), row) for row, key in enumerate(keys)]
    return np.array([pair for pair in pairs if pair[0] != pair[1]], np.intp).reshape(-1, 2)


def _bands(number: int) -> Iterator[tuple[int, int]]:
    """First bit and length of so many bands of nearly equal length."""
    edges = np.linspace(0, HASH_BITS, number + 1).round().astype(int).tolist()
    yield from ((start, end - start) for start, end in pairwise(edges))


def _candidates(hashes: Hashes, start: int, length: int, bits: int) -> Iterator[Numbers]:
    """Pairs of rows that have a band in common and differ in few bits, the most alike first."""
    order = np.argsort(_turned(hashes, start), kind="stable")
    ordered = _turned(hashes, start)[order]
    band = ordered >> np.uint64(HASH_BITS - length)
    compared = np.zeros(len(ordered), np.intp)
    for step in range(1, min(WINDOW, len(ordered) - 1) + 1):
        same = band[:-step] == band[step:]
        if not same.any():
            return
        close = np.bitwise_count(ordered[:-step] ^ ordered[step:]) <= bits
        first = np.flatnonzero(same & close & (compared[:-step] < MOST_COMPARED))
        compared[first] += 1
        yield np.sort(np.column_stack([order[first], order[first + step]]), axis=1)


def _turned(hashes: Hashes, start: int) -> Hashes:
    """Hashes with the bits from ``start`` on in front."""
    if start == 0:
        return hashes
    return (hashes << np.uint64(start)) | (hashes >> np.uint64(HASH_BITS - start))


def _standardized(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Pictures (n, pixels) with mean 0 and length 1, so that a product of two is their correlation."""
    values = pictures.astype(np.float32)
    values -= values.mean(axis=1, keepdims=True)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    return values


def _alike(pictures: npt.NDArray[np.float32], pairs: Numbers) -> npt.NDArray[np.bool_]:
    """Which pairs of rows show the same; (pairs,)."""
    pieces = [pairs[start : start + COMPARED_AT_ONCE] for start in range(0, len(pairs), COMPARED_AT_ONCE)]
    correlations = [
        np.einsum("pi,pi->p", pictures[piece[:, 0]], pictures[piece[:, 1]], optimize=False)
        for piece in pieces
    ]
    return np.concatenate([np.empty(0, np.float32), *correlations]) >= LEAST_CORRELATION
