"""Where a person wrote what: the lines of YAML files, and the places of parameters."""

from pathlib import Path

import pytest

from tunescope.errors import ParameterError
from tunescope.yaml_lines import locate, read_lined


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Parameters as a project has them: base first, what overrules it last."""
    base, local, config = (tmp_path / name for name in ("search.yml", "local.yml", "run.yml"))
    base.write_text(
        "search:\n  # How many.\n  workers: 2\n  space:\n    svm:\n      C: {low: 1,\n          high: 9}\n"
    )
    local.write_text("search:\n  workers: 0\n")
    config.write_text(
        "run:\n  params:\n    search:\n      seed_trials:\n        - {model: svm}\n        - {model: cn}\n"
    )
    return [base, local, config]


def test_every_key_and_item_has_its_line(files: list[Path]) -> None:
    document = read_lined(files[0])
    assert document.lines[("search", "workers")] == 3
    assert document.lines[("search", "space", "svm", "C", "high")] == 7
    assert document.line(("search", "space", "svm", "gamma", "low")) == 5
    assert document.line(("dataset",)) == 1


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("search.workers", "local.yml, line 2"),
        ("search.space.svm.C.high", "search.yml, line 7"),
        ("search.space.svm.C.step", "search.yml, line 6"),
        ("search.seed_trials.1", "run.yml, line 6"),
    ],
)
def test_a_parameter_is_found_in_the_file_that_has_the_last_word(
    files: list[Path], key: str, place: str
) -> None:
    assert locate(key, files) == f"{files[0].parent}/{place}"


def test_a_parameter_of_no_file_has_no_place(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("report: [")
    assert locate("report.mistakes", [*files, tmp_path / "broken.yml", tmp_path / "missing.yml"]) is None


def test_a_number_with_an_exponent_is_a_number(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("low: 1e-4\nhigh: -2E+3\ntext: e4\n")
    assert read_lined(tmp_path / "x.yml").content == {"low": 1e-4, "high": -2000.0, "text": "e4"}


@pytest.mark.parametrize("bomb", ["a: &a [*a]\n", "a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\n"])
def test_what_aliases_repeat_is_followed_once(tmp_path: Path, bomb: str) -> None:
    (tmp_path / "x.yml").write_text(bomb)
    assert len(read_lined(tmp_path / "x.yml").lines) <= 8


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a: 1\nb: [1, 2\nc: 3\n", "line 3: this is no YAML: "),
        (b"a: 1\n? [1]\n: 2\n", "line 2: this is no YAML: found unhashable key"),
        (b"a: !!python/object:os.system {}\n", "line 1: this is no YAML: could not determine a constructor"),
        (b"a: \xff\n", "cannot be read"),
        (b"a: \x00\n", "cannot be read"),
        (b"[" * 600, "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_yaml_gets_a_sentence(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "x.yml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ParameterError) as caught:
        read_lined(path)
    assert str(path) in str(caught.value)
    assert sentence in str(caught.value)
