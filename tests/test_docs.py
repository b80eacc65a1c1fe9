"""The README names everything that there is."""

import re
from pathlib import Path

import pytest

from tunescope.features import EXTRACTORS
from tunescope.models import MODELS
from tunescope.parameters import Parameters
from tunescope.search import STRATEGIES
from tunescope.training import POLICIES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", [*MODELS, *STRATEGIES, *EXTRACTORS, *POLICIES, *Parameters.model_fields])
def test_every_registry_key_and_parameter_key_stands_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


def test_every_make_target_stands_in_the_readme() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [target for target in phony.split() if f"`make {target}" not in README and target != "clean"] == []


def test_every_file_that_the_documents_name_is_there() -> None:
    for document in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text()
        links, paths = r"\]\(([^)#:]+)\)", r"`((?:tunescope|tests|conf)/[\w/.]+)`"
        named = re.findall(links, text) + re.findall(paths, text)
        assert named
        assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_notebook_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    scope: dict[str, object] = {}
    exec(example.replace("n_trials=100", "n_trials=30"), scope)  # the README is ours
    assert scope["study"].best_value < 20  # type: ignore[attr-defined]


def test_every_dependency_has_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[>=\[<]", one)[0] for one in project["dependencies"]]
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    assert [name for name in names if name not in contributing] == []
