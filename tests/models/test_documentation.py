"""The page about models names them all, and its example is a model."""

import re
from pathlib import Path

import pytest
import torch

from tunescope.models import MODELS, Model

PAGE = (Path(__file__).parents[2] / "docs/models.md").read_text()


@pytest.mark.parametrize("name", MODELS)
def test_every_model_stands_in_the_page_with_its_hyperparameters(name: str) -> None:
    names = [one for one in (name, *MODELS[name].space) if not one.endswith("_learning_rate")]
    assert [one for one in names if f"`{one}`" not in PAGE] == []


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.pretrained])
def test_the_page_tells_the_choices_and_the_side_of_published_networks(name: str) -> None:
    space = MODELS[name].space
    (row,) = re.findall(rf"^\| `{name}` .*$", PAGE, re.MULTILINE)
    assert row.endswith(f"| {space['side']['default']} |")
    for own in {"depth", "size"} & space.keys():
        assert f"`{own}` ({', '.join(map(str, space[own]['choices']))})" in row


def test_models_without_scaling_are_those_that_the_page_names() -> None:
    shallow = [name for name, model in MODELS.items() if model.kind == "shallow"]
    without = [name for name in shallow if "scaling" not in MODELS[name].space]
    assert without == ["decision_tree", "random_forest"]
    assert "All but `decision_tree` and `random_forest` have `scaling`" in PAGE.replace("\n", " ")


def test_the_example_of_a_new_model_is_one() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    scope: dict[str, Model] = {}
    exec(example, scope)  # the page is ours
    model = scope["MODEL"]
    network = model.build(model.completed({}), (8, 8, 1), 3)
    assert network(torch.zeros(2, 1, 8, 8)).shape == (2, 3)
