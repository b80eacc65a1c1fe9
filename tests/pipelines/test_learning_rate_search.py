"""Range tests run by name, and write a file for programs and a page for people."""

import json
from pathlib import Path

import pytest
from patterns import pattern_dataset
from projects import Project

from pipelines.learning_rate_search.nodes import find_learning_rates, write_range_test_page
from pipelines.pipeline_registry import register_pipelines
from tunescope.errors import ParameterError
from tunescope.parameters import (
    FeaturesParameters,
    LearningRateParameters,
    RunParameters,
    SearchParameters,
)


def _found(folder: Path, **search: object) -> list[dict[str, object]]:
    dataset = pattern_dataset(folder)
    return find_learning_rates(
        {"folder": str(dataset.folder)},
        SearchParameters(workers=256, **search),  # type: ignore[arg-type]
        FeaturesParameters(),
        LearningRateParameters.model_validate({"range_test": {"steps": 12}}),
    )


def test_each_deep_model_is_tested_as_a_search_would_begin(tmp_path: Path) -> None:
    space = {"rnn": {"optimizer": {"choices": ["sgd"]}}}
    cnn, rnn = _found(tmp_path / "patterns", models="svm+cnn+rnn", space=space)
    assert [(one["model"], one["optimizer"]) for one in (cnn, rnn)] == [("cnn", "adamw"), ("rnn", "sgd")]
    assert json.loads(json.dumps(cnn))["losses"] == list(cnn["losses"])  # type: ignore[call-overload]


def test_a_search_without_a_deep_model_is_told_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"`search.models` is svm, but a range test needs a deep model"):
        _found(tmp_path / "patterns", models="svm")


def test_the_page_needs_no_network_and_shows_every_model() -> None:
    curve = {"rates": [1e-3, 1e-2], "losses": [2.0, 1.0], "smoothed": [2.0, 1.0], "note": None}
    tests = [
        {"model": name, "optimizer": "adamw", "k0": 1e-3, "k1": bound, **curve}
        for name, bound in (("cnn", 0.0123), ("rnn", 0.0456))
    ]
    page = write_range_test_page(tests, {"name": "photos"}, RunParameters(id="rates"))
    assert "<td>0.012</td>" in page
    assert "<td>0.046</td>" in page
    assert '"https://' not in page.split('<script type="application/json"')[0]


@pytest.mark.filterwarnings("ignore:One or more dataset names contain:UserWarning")
def test_it_is_run_by_name_and_no_part_of_the_main_job() -> None:
    pipelines = register_pipelines()
    by_name = {node.name for node in pipelines["learning_rate_search"].nodes}
    assert by_name == {"find_learning_rates", "write_range_test_page"}
    assert not by_name & {node.name for node in pipelines["__default__"].nodes}


def test_a_run_prepares_images_and_leaves_curves_and_proposals(project: Project) -> None:
    # As many workers as leave one thread each: more would wait for one another in networks as small as this.
    small = "search.workers=256,search.models=svm+cnn,learning_rate.range_test.steps=30"
    params = f"run.id=rates,dataset.source=photos,dataset.label_check=false,{small}"
    ended = project.run(params, "--pipelines=preprocessing,learning_rate_search")
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert "cnn (adamw): learning rates from k0 = " in ended.stdout + ended.stderr
    (cnn,) = json.loads(project.report("rates", "range_test.json").read_text())
    assert cnn["rates"][0] == 1e-5
    assert len(cnn["losses"]) == len(cnn["smoothed"]) <= 30
    assert cnn["k0"] < cnn["k1"]
    assert "<!doctype html>" in project.report("rates", "range_test.html").read_text()
