"""Photos given to models: the page in its states, the route that photos come by, the process behind it."""

import base64
import io
import os
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import psutil
import pytest
from dash import Dash
from dash_client import Browser
from flask.testing import FlaskClient
from photo_samples import RUN, STUDY, PhotoSample, enter_photo_models, photo, scene
from PIL import Image

from dashboard import connection
from dashboard.app import create_app
from dashboard.launch import Launcher
from dashboard.photo_models import find, samples
from dashboard.photo_process import PhotoError, PhotoProcess, loaded_model
from dashboard.photos import MOST_BYTES
from tunescope.benchmark.photos import PhotoModel
from tunescope.store import Store, runs, trials

CHOSEN = f"?study={STUDY}&trial=0"


@pytest.fixture(scope="module")
def sample(photo_models: tuple[Store, PhotoSample]) -> PhotoSample:
    return photo_models[1]


@pytest.fixture(scope="module")
def app(photo_models: tuple[Store, PhotoSample], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    app = create_app(photo_models[0].url, Launcher(project=tmp_path_factory.mktemp("project")))
    yield app
    connection.of(app.server).close()


@pytest.fixture(scope="module")
def browser(app: Dash) -> Browser:
    return Browser(app)


@pytest.fixture(scope="module")
def client(app: Dash) -> FlaskClient:
    return app.server.test_client()


def asked(client: FlaskClient, content: bytes, query: str = CHOSEN, **headers: str) -> Any:
    return client.post(f"/predict/photo{query}", data=content, headers=headers)


def pixels(address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))


def processes() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "dashboard.photo_process" in one.cmdline()]


# ---- the page ----


def test_without_a_choice_the_winners_are_offered(browser: Browser) -> None:
    shown = browser.show("/predict")
    assert f"/predict?study={STUDY}&trial=0" in shown
    assert "94.4% on test" in shown
    assert "photo-bench" not in shown


def test_an_empty_store_leads_to_a_first_run(store: Store) -> None:
    shown = Browser(create_app(store.url)).show("/predict")
    assert "No model yet" in shown
    assert '"/new"' in shown


def test_the_chosen_model_says_what_it_knows_and_takes_photos(browser: Browser) -> None:
    shown = browser.show("/predict", CHOSEN)
    for word in ("cnn for stripes", "stripes0", "94.4% of the sealed test images", "photo-bench", "Up to 24"):
        assert word in shown, word
    assert "still searching" not in shown


def test_validation_images_are_offered_and_no_others(
    photo_models: tuple[Store, PhotoSample], client: FlaskClient
) -> None:
    store, sample = photo_models
    model = find(store, STUDY, "0")
    offered, rows = samples(model), sample.dataset.indices("validation")
    assert len(offered) == len(rows)
    for one, row in zip(offered, rows, strict=True):
        name = sample.dataset.classes[sample.dataset.labels[row]]
        assert one["name"] == f"{name}, validation image {row}"
        shown = np.asarray(Image.open(io.BytesIO(client.get(one["address"]).data)))
        np.testing.assert_array_equal(shown, sample.dataset.images[row])
    assert samples(replace(model, row={**model.row, "folder": None})) == []


def test_any_trial_with_a_saved_model_can_be_chosen(browser: Browser) -> None:
    shown = browser.show("/predict", f"?study={STUDY}&trial=1")
    assert "gaussian_nb for stripes" in shown
    assert "of the validation images" in shown


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (f"?study={STUDY}&trial=2", "The files of this model are gone"),
        (f"?study={STUDY}&trial=9", "There is no trial `9`"),
        ("?study=nobody&trial=0", "of a study `nobody`"),
        (f"?study={STUDY}&trial=x", "There is no trial `x`"),
        (f"?study={STUDY}", "There is no trial ``"),
    ],
)
def test_a_model_that_cannot_answer_is_explained_beside_those_that_can(
    browser: Browser, query: str, reason: str
) -> None:
    shown = browser.show("/predict", query)
    assert all(part in shown for part in reason.split("`"))
    assert "Choose a model" in shown
    assert "photo-bench" not in shown


def test_a_run_that_goes_on_says_that_a_better_model_may_come(
    store: Store, sample: PhotoSample, tmp_path: Path
) -> None:
    enter_photo_models(store, sample, tmp_path, is_finished=False)
    app = create_app(store.url, Launcher(project=tmp_path))
    try:
        shown = Browser(app).show("/predict", CHOSEN)
    finally:
        connection.of(app.server).close()
    assert "Not the winner yet" in shown
    assert "photo-bench" in shown


def test_trials_without_a_model_say_why(store: Store, tmp_path: Path) -> None:
    study = optuna.create_study(study_name="plain", storage=store.storage)
    study.tell(study.ask(), 0.5)
    parameters = {"run": {"id": RUN}, "dataset": {"source": "x"}}
    runs.claim(store, RUN, parameters, tmp_path)
    ours = optuna.create_study(study_name=STUDY, storage=store.storage)
    trials.enter_study(store, ours._study_id, RUN, "grid", "accuracy", {})
    ours.ask()
    ours.tell(ours.ask(), state=optuna.trial.TrialState.FAIL)
    browser = Browser(create_app(store.url))
    assert "Another program trained it" in browser.show("/predict", "?study=plain&trial=0")
    assert "still being trained" in browser.show("/predict", f"?study={STUDY}&trial=0")
    assert "It failed, and left no model" in browser.show("/predict", f"?study={STUDY}&trial=1")


def test_the_run_and_the_model_lead_to_it(browser: Browser) -> None:
    assert "/predict?study=stripes-grid&trial=0" in browser.show(f"/runs/{RUN}")
    assert "/predict?study=stripes-grid&trial=1" in browser.show(f"/trials/{STUDY}/1")
    assert "/predict?study" not in browser.show(f"/trials/{STUDY}/2")


def test_the_winner_can_be_saved_where_one_meets_it(
    store: Store, sample: PhotoSample, tmp_path: Path
) -> None:
    enter_photo_models(store, sample, tmp_path)
    (tmp_path / "report.html").write_text("What won", encoding="utf-8")
    own = Browser(create_app(store.url))
    for shown in (own.show(f"/runs/{RUN}"), own.show("/reports"), own.show("/reports", f"?run={RUN}")):
        assert shown.count("/models/1/model.zip") == 1
    assert own.show("/predict", CHOSEN).count("/models/1/model.zip") == 1


# ---- the route ----


def test_a_photo_is_answered_as_the_search_had_it(client: FlaskClient, sample: PhotoSample) -> None:
    kept = np.load(sample.models[0] / "validation.npz")
    row, expected = int(kept["rows"][0]), kept["probabilities"][0]
    answer = asked(client, sample.content(row)).json
    ranking = {name: value for _, name, value in answer["ranking"]}
    assert list(ranking.values()) == sorted(ranking.values(), reverse=True)
    np.testing.assert_allclose([ranking[name] for name in sample.dataset.classes], expected, atol=2e-6)
    np.testing.assert_array_equal(pixels(answer["seen"]), sample.dataset.images[row])
    assert pixels(answer["heat"]).shape == (24, 24, 4)
    assert (answer["method"], answer["size"]) == ("Grad-CAM", [24, 24])


def test_the_class_that_is_explained_can_be_named(client: FlaskClient, sample: PhotoSample) -> None:
    for index in range(3):
        assert asked(client, sample.content(0), f"{CHOSEN}&explain={index}").json["index"] == index


def test_what_is_no_photo_is_said_and_the_next_is_answered(client: FlaskClient, sample: PhotoSample) -> None:
    assert "no photo" in asked(client, b"text").json["refused"]
    assert asked(client, b"").json == {"refused": "This file is empty."}
    assert len(asked(client, sample.content(0)).json["ranking"]) == 3


def test_a_photo_of_another_kind_is_said_to_be(client: FlaskClient) -> None:
    assert any("looks unlike" in doubt for doubt in asked(client, photo(scene())).json["doubts"])


def test_what_cannot_be_asked_is_refused_with_a_sentence(client: FlaskClient) -> None:
    for query, status, words in (
        ("?study=nobody&trial=0", 404, "There is no trial"),
        (f"?study={STUDY}&trial=2", 409, "files of this model are gone"),
        ("", 404, "There is no trial"),
    ):
        answer = asked(client, b"x", query)
        assert answer.status_code == status
        assert words in answer.json["error"]


def test_a_photo_that_is_too_large_is_refused_unread(client: FlaskClient) -> None:
    announced = {"CONTENT_LENGTH": str(MOST_BYTES + 1)}
    answer = client.post(f"/predict/photo{CHOSEN}", environ_overrides=announced)
    assert answer.status_code == 413
    assert "more than 160 MB" in answer.json["error"]


def test_pages_of_other_sites_cannot_ask(client: FlaskClient) -> None:
    assert asked(client, b"x", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


# ---- the process ----


@pytest.fixture
def order(sample: PhotoSample) -> dict[str, Any]:
    """A shallow model: the process needs PyTorch all the same, but only to say where it looked."""
    return {
        "folder": str(sample.models[1]),
        "dataset": str(sample.dataset.folder),
        "fit": "letterbox",
        "cleaning": {},
    }


def test_a_process_that_dies_is_started_again_and_one_that_nobody_asks_ends(order: dict[str, Any]) -> None:
    before, process = processes(), PhotoProcess(idle_seconds=0.5)
    # Nothing heavy is loaded for a model that is not there.
    nowhere = {**order, "folder": "nowhere"}
    for _ in range(2):
        with pytest.raises(PhotoError, match="holds no model"):
            process.ask(nowhere, None)
        (own,) = [one for one in processes() if one not in before]
        before.append(own)
        own.kill()
        own.wait()
    with pytest.raises(PhotoError, match="holds no model"):
        process.ask(nowhere, None)
    (own,) = [one for one in processes() if one not in before]
    own.wait(timeout=20)


def test_what_takes_too_long_is_ended(order: dict[str, Any], sample: PhotoSample) -> None:
    process = PhotoProcess(seconds=0.05)
    with pytest.raises(PhotoError, match=r"It took more than 0\.05 seconds"):
        process.ask(order, sample.content(0))
    process.close()


def test_too_many_photos_at_once_are_put_off(order: dict[str, Any]) -> None:
    process = PhotoProcess(waiting=0)
    with pytest.raises(PhotoError, match="Too many photos are waiting") as refused:
        process.ask(order, b"x")
    assert refused.value.status == 503


def test_models_stay_loaded_until_others_were_asked_or_they_were_trained_again(order: dict[str, Any]) -> None:
    loaded: OrderedDict[str, PhotoModel] = OrderedDict()
    first = loaded_model(loaded, {**order, "stamp": 1})
    assert loaded_model(loaded, {**order, "stamp": 1}) is first
    assert loaded_model(loaded, {**order, "stamp": 2}) is not first
    for stamp in (3, 4):
        loaded_model(loaded, {**order, "stamp": stamp})
    assert len(loaded) == 3
    assert loaded_model(loaded, {**order, "stamp": 1}) is not first


def test_a_model_that_was_trained_again_is_another_order(
    photo_models: tuple[Store, PhotoSample], sample: PhotoSample
) -> None:
    store, file = photo_models[0], sample.models[0] / "model.json"
    before = find(store, STUDY, "0").order()
    assert (before["fit"], before["dataset"]) == ("letterbox", str(sample.dataset.folder))
    os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns + 1_000))
    assert find(store, STUDY, "0").order() != before
