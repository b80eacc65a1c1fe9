"""The page of a model: what it shows of predictions, in every state that they can be in."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from dash_client import Browser
from dashboard_samples import Samples
from hypothesis import given
from hypothesis import strategies as st
from model_page_samples import RUN, STUDY, enter_model

from dashboard.app import create_app
from dashboard.components.model_answers import verdict
from dashboard.components.model_view import ModelView
from dashboard.predictions import FILE
from tunescope.analysis.calibration import calibration
from tunescope.store import Store, frames
from tunescope.store import trials as trial_rows

CELLS = st.tuples(st.integers(0, 999_999), st.integers(0, 999_999))


@pytest.fixture
def model(store: Store, tmp_path: Path) -> Path:
    """A store with one trained model; the folder of its files."""
    enter_model(store, tmp_path)
    return tmp_path / "models" / STUDY / "0"


def answers(store: Store, query: str = "", study: str = STUDY, **state: Any) -> dict[str, Any]:
    values = {"trial-key.data": [study, 0], "trial-stamp.data": 1, "trial-url.search": query, **state}
    browser = Browser(create_app(store.url))
    return browser.call("answers-matrix.children", values, "trial-url.search").outputs


def polled(store: Store, study: str = STUDY, number: int = 0) -> dict[str, Any]:
    values = {"trial-key.data": [study, number], "trial-stamp.data": 0}
    return (
        Browser(create_app(store.url)).call("trial-state.children", values, "trial-poll.n_intervals").outputs
    )


def text(outputs: dict[str, Any], region: str) -> str:
    return json.dumps(outputs[f"answers-{region}"]["children"], ensure_ascii=False)


@given(
    st.builds(ModelView, st.none() | CELLS, st.sampled_from(["mistakes", "uncertain"]), st.integers(1, 999))
)
def test_an_address_brings_its_view_back(view: ModelView) -> None:
    assert ModelView.from_query(view.to_query(page=view.page)) == view
    assert ModelView.from_query(view.to_query(image=0, page=view.page)).image == 0


@pytest.mark.parametrize(
    "query", ["", "?", "?cell=", "?cell=1", "?cell=a:b", "?cell=-1:2", "?cell=1:2:3", "?cell=²:1", "?page=x",
              "?page=0", "?images=all", "?image=-1", "?image=99999999999", "?%ff=%00"],
)  # fmt: skip
def test_an_address_of_nonsense_is_the_plain_view(query: str) -> None:
    assert ModelView.from_query(query) == ModelView()


def test_another_selection_begins_at_its_first_page() -> None:
    view = ModelView(page=4, image=7)
    assert view.to_query(cell=(1, 2)) == "?cell=1:2"
    assert view.to_query(image=9, page=4) == "?page=4&image=9"
    assert ModelView().to_query() == ""


def test_a_cell_shows_its_images_the_surest_first(store: Store, model: Path) -> None:
    shown = text(answers(store, "?cell=0:1"), "images")
    rows = [shown.index(f"/thumbnails/f00dbeef/{row}.png") for row in (18, 13, 8, 3)]
    assert rows == sorted(rows)
    assert shown.count("/thumbnails/") == 4
    assert "4 images" in shown
    assert "taken for" in shown


def test_without_a_cell_all_mistakes_or_all_doubts_are_shown(store: Store, model: Path) -> None:
    assert text(answers(store), "images").count("/thumbnails/") == 6
    doubts = text(answers(store, "?images=uncertain"), "images")
    assert doubts.count("/thumbnails/") == 12
    assert doubts.index("/3.png") < doubts.index("/38.png")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?cell=2:0", "No image is in this cell"),
        ("?cell=2:99", "There is no such cell"),
        ("?cell=999999:999999", "There is no such cell"),
        ("?cell=0:0", "recognized"),
        ("?page=99", "6 of 12 validation images are wrong"),
    ],
)
def test_a_cell_that_is_empty_or_not_there_says_so(store: Store, model: Path, query: str, words: str) -> None:
    assert words in text(answers(store, query), "images")


def test_a_large_image_tells_what_the_model_thinks(store: Store, model: Path) -> None:
    shown = text(answers(store, "?cell=0:1&image=3"), "large")
    assert "a/003.png" in shown
    assert "50.0%" in shown
    assert "?cell=0:1&image=8" in shown  # the one before: surer
    assert "Next" not in shown  # the least sure of its cell
    assert "/datasets/shapes?" in shown
    assert answers(store)["answers-large"]["children"] is None


def test_an_image_of_another_split_is_not_shown(store: Store, model: Path) -> None:
    # Row 4 is a test image of the same dataset.
    shown = text(answers(store, "?image=4"), "large")
    assert "no validation image" in shown
    assert "/thumbnails/" not in shown


def test_predictions_on_test_images_get_no_pictures(store: Store, model: Path) -> None:
    np.savez(model / FILE, probabilities=np.eye(3), labels=[0, 1, 1], rows=[3, 4, 8])
    shown = text(answers(store, "?images=uncertain"), "images")
    assert "not of the validation split alone" in shown
    assert "/thumbnails/" not in shown


def test_rows_that_the_dataset_does_not_have_get_no_pictures(store: Store, model: Path) -> None:
    np.savez(model / FILE, probabilities=np.eye(3), labels=[0, 1, 1], rows=[3, 8, 5000])
    shown = text(answers(store), "images")
    assert "does not have" in shown
    assert "/thumbnails/" not in shown


def test_a_dataset_that_is_gone_leaves_the_scores(store: Store, model: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "data/05_model_input")
    outputs = answers(store, "?image=3")
    assert "are gone" in text(outputs, "images")
    assert "are gone" in text(outputs, "large")
    assert "Predicted class" in text(outputs, "matrix")
    assert "Brier" in text(outputs, "calibration")


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"probabilities": np.eye(2), "labels": [0, 1], "rows": [3, 8]}, "2 classes, but the dataset has 3"),
        ({"probabilities": np.full((1, 3), np.nan), "labels": [0], "rows": [3]}, "sum 1"),
        ({"probabilities": np.eye(3), "labels": [0, 1], "rows": [3, 8]}, "shapes"),
        ({"probabilities": np.empty((0, 3)), "labels": [], "rows": []}, "no prediction"),
        ({"labels": [0]}, "probabilities"),
        (None, "cannot be used"),
    ],
)
def test_predictions_that_cannot_be_used_are_told(store: Store, model: Path, arrays: Any, words: str) -> None:
    if arrays is None:
        (model / FILE).write_bytes((model / FILE).read_bytes()[:-200])
    else:
        np.savez(model / FILE, **arrays)
    outputs = answers(store, "?cell=0:1&image=3")
    for region in ("matrix", "images", "calibration", "classes"):
        assert "cannot be used" in text(outputs, region)
        assert words in text(outputs, region)


def test_predictions_that_were_written_again_are_read_again(store: Store, model: Path) -> None:
    before = text(answers(store), "matrix")
    with np.load(model / FILE) as arrays:
        kept = dict(arrays)
    np.savez(model / FILE, **{**kept, "probabilities": np.roll(kept["probabilities"], 1, axis=1)})
    assert text(answers(store), "matrix") != before


def test_a_trial_that_left_no_predictions_says_so(store: Store, model: Path) -> None:
    (model / FILE).unlink()
    assert "left no predictions" in text(answers(store), "matrix")


def test_only_what_changed_is_sent(store: Store, model: Path) -> None:
    first = answers(store, "?cell=0:1")
    seen = first["answers-seen"]["data"]
    assert answers(store, "?cell=0:1", **{"answers-seen.data": seen}) == {}
    assert set(answers(store, "?cell=0:1&image=3", **{"answers-seen.data": seen})) == {
        "answers-large",
        "answers-seen",
    }
    moved = answers(store, "?cell=1:0", **{"answers-seen.data": seen})
    assert set(moved) == {"answers-matrix", "answers-images", "answers-large", "answers-seen"}


def test_a_click_on_a_cell_a_pair_or_a_class_changes_the_address(store: Store, model: Path) -> None:
    browser = Browser(create_app(store.url))
    clicked = {"points": [{"x": "1", "y": "0", "z": 1.0}]}
    values = {"trial-matrix.clickData": clicked, "trial-url.search": "?images=uncertain&page=2"}
    answer = browser.call(
        "trial-url.search", values, "trial-matrix.clickData", trigger="trial-matrix"
    ).outputs
    assert answer["trial-url"] == {"search": "?cell=0:1&images=uncertain"}
    assert answer["trial-matrix"] == {"clickData": None}

    rows = [{"index": "1", "cell": "1:0"}, {"index": "2", "cell": ""}]
    for row, column, expected in (("1", "taken", "?cell=1:0"), ("2", "taken", None), ("1", "f1", None)):
        values = {
            "trial-classes.cellClicked": {"rowId": row, "colId": column},
            "trial-classes.rowData": rows,
            "trial-url.search": "",
        }
        answer = browser.call(
            "trial-url.search", values, "trial-classes.cellClicked", trigger="trial-classes"
        )
        assert answer.outputs.get("trial-url", {}).get("search") == expected


def test_classes_come_worst_first_with_what_they_are_taken_for(store: Store, model: Path) -> None:
    grid = answers(store)["answers-classes"]["children"]["props"]
    rows = grid["rowData"]
    assert [(row["name"], row["recall"], row["taken"], row["cell"]) for row in rows] == [
        ("a", 0.0, "b (4)", "0:1"),
        ("b", 0.5, "a (2)", "1:0"),
        ("<b>c</b>", 1.0, "", ""),
    ]
    assert rows[1]["precision"] == pytest.approx(2 / 6)


def test_the_names_of_classes_reach_plotly_as_text_only(store: Store, model: Path) -> None:
    figure = json.dumps(answers(store)["answers-matrix"]["children"])
    figure = figure[figure.index('"figure"') : figure.index("Most often mixed up")]
    assert "<b>c</b>" not in figure
    assert "&lt;b&gt;c" in figure


def test_a_thousand_classes_stay_small(store: Store, tmp_path: Path) -> None:
    names = [f"class {index}" for index in range(1000)]
    about = {"name": "many", "source": "x", "folder": str(tmp_path / "gone"), "image_shape": [8, 8, 3]}
    samples = Samples(store, tmp_path)
    samples.dataset_id = trial_rows.enter_dataset(
        store, fingerprint="many", classes=names, splits={}, images=2000, rejected=0, **about
    )
    samples.run("many", trials=1, strategies=["grid"])
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.full(1000, 0.01), 2000)
    folder = Path(frames.trials_frame(store)["folder"].iloc[0])
    labels = random.integers(0, 1000, 2000)
    np.savez(folder / FILE, probabilities=probabilities, labels=labels, rows=np.arange(2000))
    outputs = answers(store, study="many-grid")
    assert "the 30 most mixed up of 1,000" in text(outputs, "matrix")
    assert all(
        len(text(outputs, region)) < 400_000 for region in ("matrix", "images", "classes", "calibration")
    )
    assert len(outputs["answers-classes"]["children"]["props"]["rowData"]) == 1000


@pytest.mark.parametrize(
    ("sure", "right", "words"),
    [(0.9, 6, "too sure"), (0.9, 9, "as sure as it is right"), (0.6, 9, "too unsure")],
)
def test_the_gap_between_confidence_and_accuracy_is_said(sure: float, right: int, words: str) -> None:
    probabilities = np.tile([sure, 1 - sure], (10, 1))
    assert words in verdict(calibration(probabilities, [0] * right + [1] * (10 - right)))


def test_predictions_that_arrive_are_noticed_by_the_next_poll(store: Store, model: Path) -> None:
    assert polled(store)["trial-stamp"]["data"] == (model / FILE).stat().st_mtime_ns


def test_the_page_tells_where_a_model_comes_from(store: Store, model: Path) -> None:
    shown = json.dumps(polled(store)["trial-origin"])
    for word in (RUN, "shapes", "f00dbeef", "proposed by grid", '"7"', "Tunescope"):
        assert word in shown, word
    assert f'"/trials?study={STUDY}"' in shown


def test_files_that_were_deleted_are_told(store: Store, model: Path) -> None:
    assert "model.zip" in json.dumps(polled(store)["trial-files"])
    (model / "model.json").unlink()
    shown = json.dumps(polled(store)["trial-files"])
    assert "model.zip" not in shown
    assert "only the best models of a study are kept" in shown
    assert "predictions.csv" in shown
    assert "test.npz" not in shown


def test_a_plain_optuna_trial_shows_what_it_has(store: Store) -> None:
    study = optuna.create_study(study_name="theirs/1", storage=store.storage, directions=["minimize"])
    trial = study.ask()
    trial.suggest_float("p" * 500, 0, 1)
    trial.report(float("nan"), 0)
    trial.report(0.25, 1)
    trial.set_user_attr("<b>host</b>", {"name": "node1"})
    study.tell(trial, float("inf"))
    browser = Browser(create_app(store.url))
    page = browser.show("/trials/theirs%2F1/0")
    assert "Reported values" in page
    assert "Validation images" not in page
    outputs = polled(store, "theirs/1")
    assert "p" * 500 in json.dumps(outputs["trial-settings"])
    assert "node1" in json.dumps(outputs["trial-noted"])
    assert "inf" in json.dumps(outputs["trial-noted"])
    assert "Reported value" in json.dumps(outputs["trial-curve"])
    assert "inf" in json.dumps(outputs["trial-tiles"])
    assert answers(store, study="theirs/1") == {}


def test_a_plain_trial_that_failed_without_anything_is_shown(store: Store) -> None:
    study = optuna.create_study(study_name="bare", storage=store.storage)
    study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)
    outputs = polled(store, "bare")
    assert "has no value" in json.dumps(outputs["trial-noted"])
    assert "no parameters" in json.dumps(outputs["trial-settings"])
    assert "reported nothing" in json.dumps(outputs["trial-curve"])


@pytest.mark.parametrize("number", ["", "-1", "1e3", "²", "00", "99999999999999999999"])
def test_a_number_of_nonsense_is_no_trial(store: Store, model: Path, number: str) -> None:
    browser = Browser(create_app(store.url))
    assert f'"{STUDY} #' not in browser.show(f"/trials/{STUDY}/{number}")
