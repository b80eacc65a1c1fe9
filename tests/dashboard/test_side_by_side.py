"""Two to six trials side by side."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import optuna
import pytest
from dash.development.base_component import Component
from dashboard_samples import CLASSES, MARKED, Samples
from flask import Flask
from plotly.utils import PlotlyJSONEncoder
from prepared_samples import write_prepared

from dashboard import connection
from dashboard.components import side_by_side
from dashboard.components.basics import breakable
from dashboard.launch import Launcher
from dashboard.wording import p_value
from tunescope.store import Store, frames, open_store, runs
from tunescope.store import trials as trial_rows


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A finished run with its images, one of another dataset, and a plain study; ids of trials by name."""
    folder = tmp_path_factory.mktemp("side")
    store = open_store(f"sqlite:///{folder / 'trials.db'}")
    samples = Samples(store, folder)
    write_prepared(folder / "packed", "hand-signs", classes=[*CLASSES[:-1], MARKED])
    samples.run("signs", 9)
    Samples(store, folder / "other", seed=1).run("others", 2)
    _plain(store)
    yield SimpleNamespace(store=store, folder=folder, **_ids(store))
    store.close()


def _plain(store: Store) -> None:
    study = optuna.create_study(study_name="plain", storage=store.storage, direction="minimize")
    for value in (3.0, 2.0):
        trial = study.ask()
        trial.suggest_float("<b>x</b>", 0, 1)
        trial.report(value, 0)
        trial.report(float("nan"), 1)
        study.tell(trial, value)


def _ids(store: Store) -> dict[str, Any]:
    trials = frames.trials_frame(store)
    of = {str(study): list(map(int, rows["trial_id"])) for study, rows in trials.groupby("study")}
    return {
        "grid": of["signs-grid"],
        "tpe": of["signs-tpe"],
        "other": of["others-grid"],
        "plain": of["plain"],
    }


def _view(store: Store, trial_ids: Sequence[int], **options: Any) -> Component:
    """The part of the page, as a request of an app over the store gets it."""
    server, own = Flask("test"), connection.Connection(store.url, Launcher())
    connection.attach(server, own)
    with server.app_context():
        shown = side_by_side.view(store, trial_ids, **options)
    own.close()
    return shown


def _show(store: Store, trial_ids: Sequence[int], **options: Any) -> str:
    """The same as it is sent to the browser."""
    shown = _view(store, trial_ids, **options)
    return json.dumps(shown.to_plotly_json(), cls=PlotlyJSONEncoder, ensure_ascii=False)


def _answer(store: Store, trial_id: int, predicted: Any, labels: Any, classes: int, **more: Any) -> None:
    """Let a trial have given some answers."""
    folder = Path(frames.trials_frame(store, trial_ids=[trial_id])["folder"].iloc[0])
    folder.mkdir(parents=True, exist_ok=True)
    probabilities = np.full((len(labels), classes), 0.1 / classes, dtype=np.float32)
    probabilities[np.arange(len(labels)), predicted] = 0.9
    content = {"rows": np.arange(len(labels)), "labels": labels, "probabilities": probabilities}
    np.savez(folder / "validation.npz", **{**content, **more})


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "None is picked"), (1, "One is picked"), (7, "7 are picked")]
)
def test_too_few_or_too_many_are_told_what_to_do(signs: Any, amount: int, words: str) -> None:
    text = _show(signs.store, range(1, amount + 1))
    assert words in text
    assert "tick two to six trials" in text


def test_a_repeated_trial_counts_once(signs: Any) -> None:
    assert "One is picked" in _show(signs.store, [signs.grid[0]] * 3)


def test_four_trials_are_compared_in_all_they_left(signs: Any) -> None:
    text = _show(signs.store, signs.grid[:4])
    for title in ("Scores", "Parameters that differ", "Learning curves", "Class by class"):
        assert f'"{title}"' in text
    assert "All of them answered the same 90 images" in text
    assert text.count('"Confusion matrix of') == 7
    assert "/thumbnails/f00d0/" in text
    assert "against A" in text
    assert len(text) < 400_000


def test_two_trials_are_tested_for_a_difference_and_more_are_not(signs: Any) -> None:
    labels = np.arange(90) % 10
    one, other, third = signs.tpe[:3]
    _answer(signs.store, one, np.where(np.arange(90) < 30, (labels + 1) % 10, labels), labels, 10)
    _answer(signs.store, other, labels, labels, 10)
    text = _show(signs.store, [one, other])
    assert "A alone is right on 0 images, B alone on 30. " in text
    assert f"Chance alone seldom makes such a difference (exact McNemar test, {p_value(0.0001)})" in text
    assert "McNemar" not in _show(signs.store, [one, other, third])


def test_a_difference_that_chance_makes_too_is_called_so(signs: Any) -> None:
    labels = np.arange(90) % 10
    for trial_id, wrong in zip(signs.tpe[3:5], (4, 7), strict=True):
        predicted = np.where(np.arange(90) % 10 == wrong, 0, labels)
        _answer(signs.store, trial_id, predicted, labels, 10)
    text = _show(signs.store, signs.tpe[3:5])
    assert "A alone is right on 9 images, B alone on 9. " in text
    assert (
        f"within what chance alone makes (exact McNemar test, {p_value(1.0)}): these images do not tell"
        in text
    )


def test_equal_models_are_not_called_different(signs: Any) -> None:
    labels = np.arange(90) % 10
    for trial_id in signs.tpe[:2]:
        _answer(signs.store, trial_id, labels, labels, 10)
    text = _show(signs.store, signs.tpe[:2])
    assert "Nothing tells them apart" in text
    assert "They give the same answer to every image." in text


def test_the_others_are_compared_when_one_left_no_predictions(signs: Any) -> None:
    failed = signs.grid[8]
    text = _show(signs.store, [failed, *signs.grid[:2]])
    assert "Trial A is not among them. This trial left no predictions." in text
    assert "Confusion matrix of B" in text
    assert "Confusion matrix of A" not in text
    assert "against B" in text


def test_a_single_model_with_predictions_has_nothing_to_be_compared_with(signs: Any) -> None:
    text = _show(signs.store, [signs.grid[8], signs.grid[0]])
    assert "when at least two of the trials left predictions" in text


def test_trials_of_other_datasets_are_compared_without_their_images(signs: Any) -> None:
    text = _show(signs.store, [signs.grid[0], signs.other[0]])
    assert "are of different datasets" in text
    assert "no score of one can be held against that of another" in text
    assert "Confusion matrix" not in text


def test_a_long_name_of_a_parameter_breaks_between_its_words() -> None:
    parts = breakable("decision_tree.min_samples_leaf")
    words = [part for part in parts if isinstance(part, str)]
    assert words == ["decision_", "tree.", "min_", "samples_", "leaf"]
    assert len(parts) == 2 * len(words) - 1
    assert [breakable(name) for name in ("C", "__", "")] == [["C"], ["__"], [""]]


def test_plain_trials_show_parameters_values_and_reports(signs: Any) -> None:
    text = _show(signs.store, signs.plain)
    assert '"<b>x</b>"' in text
    assert '"Reported values"' in text
    assert "glyph-trophy" in text
    assert "belong to no run with images" in text


def test_trials_that_are_not_there_are_told_and_passed_over(signs: Any) -> None:
    text = _show(signs.store, [*signs.grid[:2], 99_999])
    assert "no trial with the id 99999" in text
    assert "Confusion matrix of B" in text
    alone = _show(signs.store, [signs.grid[0], 99_999])
    assert "One is picked" in alone


def test_another_baseline_and_fewer_trials_are_a_link_away(signs: Any) -> None:
    one, other, third = signs.grid[:3]
    text = _show(signs.store, [one, other, third], address=lambda ids: f"/to/{ids}")
    assert f"/to/[{other}, {one}, {third}]" in text
    assert f"/to/[{one}, {third}]" in text


def test_without_the_folder_of_the_dataset_there_are_answers_but_no_pictures(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    Samples(store, tmp_path).run("signs", 4)
    ids = frames.trials_frame(store, study="signs-grid")["trial_id"].tolist()
    text = _show(store, ids[:3])
    store.close()
    assert "The folder of the dataset is gone" in text
    assert "/thumbnails/" not in text
    assert "truly " in text


def test_names_with_mark_up_are_no_mark_up_in_figures(signs: Any) -> None:
    view = _view(signs.store, signs.grid[:2])
    figures = [one.figure for one in view._traverse() if type(one).__name__ == "Graph"]
    written = "".join(figure.to_json() for figure in figures)
    assert "&lt;b\\u003erock" in written or "&lt;b&gt;rock" in written
    assert "<b>rock" not in written.replace("\\u003c", "<").replace("\\u003e", ">")


@pytest.fixture(scope="module")
def many_classes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Six trials on a thousand classes with names of 500 characters, and 200 parameters."""
    folder = tmp_path_factory.mktemp("many")
    store = open_store(f"sqlite:///{folder / 'trials.db'}")
    runs.claim(store, "many", {"run": {"id": "many"}}, folder)
    classes = [f"{number} {'long ' * 99}" for number in range(1000)]
    dataset_id = trial_rows.enter_dataset(
        store,
        fingerprint="1000",
        name="many",
        source="x",
        folder=str(folder / "packed"),
        classes=classes,
        image_shape=[8, 8, 1],
        splits={"train": 1, "validation": 3000, "test": 1},
        images=3002,
        rejected=0,
    )
    runs.relate(store, "many", dataset_id=dataset_id)
    study = optuna.create_study(study_name="many", storage=store.storage, direction="maximize")
    trial_rows.enter_study(store, study._study_id, "many", "random", "accuracy", {})
    random, labels = np.random.default_rng(0), np.arange(3000) % 1000
    for number in range(6):
        params = {f"p{place} {'x' * 480}": random.uniform() for place in range(200)}
        shape = dict.fromkeys(params, optuna.distributions.FloatDistribution(0, 1))
        study.add_trial(optuna.trial.create_trial(params=params, distributions=shape, value=0.5))
        trial_id = study.trials[-1]._trial_id
        trial_rows.enter_trial(store, trial_id, worker=0, seed=0, folder=str(folder / str(number)))
        predicted = np.where(random.uniform(size=3000) < 0.7, labels, random.integers(0, 1000, 3000))
        _answer(store, trial_id, predicted, labels, 1000)
    yield store
    store.close()


def test_a_thousand_classes_and_200_long_parameters_stay_below_a_megabyte(many_classes: Store) -> None:
    ids = frames.trials_frame(many_classes)["trial_id"].tolist()
    text = _show(many_classes, ids)
    assert "984 others are left out" in text
    assert "The other 976 classes differ less" in text
    assert len(text) < 1_000_000
