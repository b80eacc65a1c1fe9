"""Readers meet bytes that somebody, or something, has changed. What broke one once is in ``cases``."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spoilt_sources import SEEDS, survives, write

CASES = sorted((Path(__file__).parent / "cases").iterdir())


@st.composite
def spoilt(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed with some bytes changed, some left out, and some put in."""
    content = bytearray(draw(st.sampled_from(seeds)))
    places = st.integers(0, len(content) - 1)
    for place, value in draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=4)):
        content[place] = value
    for start, length in draw(st.lists(st.tuples(places, st.integers(1, 600)), max_size=1)):
        del content[start : start + length]
    for place, more in draw(st.lists(st.tuples(places, st.binary(max_size=20)), max_size=2)):
        content[place:place] = more
    return bytes(content)


@pytest.mark.parametrize("family", SEEDS)
def test_seeds_are_read(family: str, tmp_path: Path) -> None:
    for seed in SEEDS[family]:
        source = survives(write(family, seed, tmp_path))

        assert source is not None
        assert len(source) >= 2


@pytest.mark.filterwarnings("ignore::Warning")  # whatever decoders warn of, they must not fail
@pytest.mark.parametrize("family", SEEDS)
def test_no_change_of_bytes_breaks_a_reader(family: str) -> None:
    @settings(max_examples=150, deadline=20_000, database=None, suppress_health_check=list(HealthCheck))
    @given(spoilt(SEEDS[family]))
    def check(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            survives(write(family, content, Path(folder)))
            # What is read is closed and deleted again, whatever becomes of it.
            assert len(list(Path(folder).iterdir())) <= 2

    check()


@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("family", SEEDS)
def test_no_bytes_at_all_break_a_reader(family: str) -> None:
    @settings(max_examples=50, deadline=20_000, database=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=2000))
    def check(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            survives(write(family, content, Path(folder)))

    check()


@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_broke_a_reader_once_does_not_again(case: Path, tmp_path: Path) -> None:
    family = next(family for family in sorted(SEEDS, reverse=True) if case.name.startswith(f"{family}."))

    survives(write(family, case.read_bytes(), tmp_path))
