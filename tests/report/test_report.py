"""A report says what happened in its run, whatever happened."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState
from PIL import Image
from sample_runs import Sample, make_sample

from tunescope.analysis.course import Course
from tunescope.errors import UnknownNameError
from tunescope.report import ReportData, collect, render, write_report
from tunescope.report.data import Failure
from tunescope.report.pictures import data_address
from tunescope.store import Store, open_store, runs, trials

MARKUP = "<script>alert(1)</script>"


class _Page(HTMLParser):
    """Elements, their attributes and the text of a page, without what is in its scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._hidden = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        self.text += " " if self._hidden else f" {' '.join(data.split())}"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def sections(self) -> list[str | None]:
        return [section["id"] for section in self.all("section") if "id" in section]


@pytest.fixture(scope="module")
def data(sample_store: Sample) -> ReportData:
    return collect(sample_store.store, sample_store.run_id)


@pytest.fixture(scope="module")
def html(data: ReportData) -> str:
    return render(data)


@pytest.fixture(scope="module")
def page(html: str) -> _Page:
    return _Page(html)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/trials.db")
    yield store
    store.close()


def _begun(store: Store, folder: Path, **files: Any) -> str:
    """A run that has written some files and nothing else."""
    folder.mkdir()
    runs.claim(store, "begun", {"dataset": {"source": "photos.zip"}}, folder)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return "begun"


class TestCollecting:
    def test_classes_are_counted_by_split(self, data: ReportData, sample_store: Sample) -> None:
        facts, dataset = data.dataset, sample_store.dataset
        assert facts is not None
        assert tuple(one.name for one in facts.classes) == dataset.classes
        for split in ("train", "validation", "test"):
            assert sum(getattr(one, split) for one in facts.classes) == dataset.counts()[split]
        assert facts.images == sum(one.images for one in facts.classes) == len(dataset)

    def test_a_class_is_pictured_by_one_of_its_training_images(
        self, data: ReportData, sample_store: Sample
    ) -> None:
        assert data.dataset is not None
        images, labels = sample_store.dataset.subset("train")
        for label, one in enumerate(data.dataset.classes):
            assert one.picture in [data_address(image) for image in images[labels == label]]

    def test_mistakes_show_the_image_that_was_mistaken(self, data: ReportData, sample_store: Sample) -> None:
        dataset = sample_store.dataset
        assert data.winner is not None
        assert len(data.winner.mistakes) == round((1 - data.winner.best["test_accuracy"]) * 48)
        for mistake in data.winner.mistakes:
            row = dataset.paths.index(mistake.path)
            assert mistake.picture == data_address(dataset.images[row])
            assert mistake.true == dataset.classes[dataset.labels[row]]
            assert mistake.predicted != mistake.true
            assert dataset.splits[row] == 2

    def test_fewer_mistakes_can_be_asked_for(self, sample_store: Sample) -> None:
        winner = collect(sample_store.store, sample_store.run_id, mistakes=2).winner
        assert winner is not None
        assert len(winner.mistakes) == 2

    def test_the_confusion_has_the_accuracy_of_the_summary(self, data: ReportData) -> None:
        assert data.winner is not None
        assert data.winner.confusion is not None
        assert data.winner.confusion.accuracy == pytest.approx(data.summary["best"]["test_accuracy"])

    def test_every_failed_trial_is_listed_with_its_reason(self, data: ReportData) -> None:
        trials = tuple(f"shapes-1-{strategy} #5" for strategy in ("grid", "evolutionary", "tpe"))
        assert data.failures == (Failure("the loss became infinite", trials, ("cnn",)),)

    def test_failures_are_grouped_by_reason_the_most_frequent_first(
        self, store: Store, tmp_path: Path
    ) -> None:
        run_id = _begun(store, tmp_path / "begun")
        study = optuna.create_study(study_name="begun-tpe", storage=store.storage, direction="maximize")
        trials.enter_study(store, study._study_id, run_id, "tpe", "accuracy", {})
        for reason in ("rare", "common", "common", None):
            trial = study.ask()
            trial.suggest_categorical("model", ["svm", "cnn"])
            trials.enter_trial(store, trial._trial_id, reason=reason)
            study.tell(trial, state=TrialState.FAIL)
        found = collect(store, run_id).failures
        assert [(one.reason, one.trials) for one in found] == [
            ("common", ("begun-tpe #1", "begun-tpe #2")),
            ("rare", ("begun-tpe #0",)),
            ("no reason was recorded", ("begun-tpe #3",)),
        ]

    def test_an_unknown_run_is_refused(self, sample_store: Sample) -> None:
        with pytest.raises(UnknownNameError, match="no run `nope`"):
            collect(sample_store.store, "nope")

    def test_a_gray_image_stays_gray(self) -> None:
        pixels = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
        address = data_address(pixels)
        image = Image.open(BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,"))))
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), pixels[..., 0])


class TestPage:
    def test_it_has_a_section_for_every_question(self, page: _Page) -> None:
        assert page.sections == [
            "asked",
            "data",
            "search",
            "winner",
            "mistakes",
            "mattered",
            "cost",
            "failures",
            "again",
        ]

    def test_every_link_of_its_menu_leads_somewhere(self, page: _Page) -> None:
        known = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
        links = [link["href"] or "" for link in page.all("a")]
        assert links
        assert {link.removeprefix("#") for link in links} <= known

    def test_it_begins_with_the_winner_and_what_it_is_worth(self, page: _Page) -> None:
        first = page.text[page.text.index("shapes-1") : page.text.index("What was asked")]
        for fact in (
            "cnn",
            "87.5%",
            "75.3\N{EN DASH}94.1%",
            "25.0%",
            "1 min 36 s",
            "5.0 s",
            "1.82 ms",
            "97.9%",
        ):
            assert fact in first

    def test_it_shows_what_was_asked_and_what_came_of_it(self, page: _Page, sample_store: Sample) -> None:
        for fact in (
            "grid, evolutionary, tpe",
            "60 trials",
            "Accepted: 240 of 243 files. Rejected: 3.",
            "square/copy.png",
            "exact duplicate: square/000.png",
            "learning_rate",
            "the loss became infinite",
            sample_store.dataset.fingerprint,
            "Example CPU 3000",
            "kedro run --config=run.yml",
            "id: shapes-1-again",
            "2,140 images/s",
            "cpu, bfloat16",
            "64 images, 32 at a time",
            "7.34 MFLOP",
            "2.6% of 150 GFLOP/s",
            "are enlarged to 32 x 32.",
        ):
            assert fact in page.text

    def test_every_figure_is_drawn_for_light_and_dark_pages(self, html: str, page: _Page) -> None:
        found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', html, re.DOTALL)
        assert found is not None
        figures = json.loads(found[1])
        shown = {one["data-figure"] for one in page.all("div") if "data-figure" in one}
        assert shown == set(figures)
        assert all(set(shades) == {"light", "dark"} for shades in figures.values())

    def test_it_refers_to_nothing_outside_itself(self, page: _Page) -> None:
        addresses = [
            value or ""
            for _, attributes in page.elements
            for name, value in attributes.items()
            if name in ("src", "href", "srcset", "action", "data", "poster")
        ]
        assert addresses
        assert all(address.startswith(("data:", "#")) for address in addresses)

    def test_it_is_the_same_when_it_is_written_again(self, data: ReportData, html: str) -> None:
        assert render(data) == html

    def test_names_are_text(self, data: ReportData) -> None:
        assert data.dataset is not None
        assert data.winner is not None
        classes = tuple(replace(one, name=MARKUP) for one in data.dataset.classes)
        mistakes = tuple(
            replace(one, path=f'"{MARKUP}', true=MARKUP, predicted=MARKUP) for one in data.winner.mistakes
        )
        lines = tuple(replace(line, study=MARKUP) for line in data.charts["history"].lines)
        hostile = replace(
            data,
            charts={**data.charts, "history": Course(lines)},
            dataset=replace(data.dataset, name=MARKUP, source=MARKUP, classes=classes, names=(MARKUP,) * 4),
            winner=replace(
                data.winner, best={**data.winner.best, "params": {MARKUP: MARKUP}}, mistakes=mistakes
            ),
            failures=tuple(replace(one, reason=MARKUP) for one in data.failures),
            quality={"files": 1, "accepted": 0, "rejected": 1}
            | {"findings": [{"file": MARKUP, "finding": MARKUP, "action": MARKUP}]},
            parameters={"dataset": {"source": "</script>" + MARKUP}, "search": {"models": [MARKUP]}},
            device={"cpu": MARKUP, "libraries": {MARKUP: MARKUP}},
        )
        html = render(hostile)
        assert MARKUP not in html
        assert len(_Page(html).all("script")) == 4

    def test_very_long_lists_are_cut_and_say_so(self, data: ReportData) -> None:
        finding = {"file": "a.png", "finding": "truncated", "action": "rejected"}
        quality = {"files": 900, "accepted": 0, "rejected": 900, "findings": [finding] * 900}
        text = _Page(render(replace(data, quality=quality, failures=data.failures * 60))).text
        assert "The first 200 of 900; all of them are in data_quality.json" in text
        assert "The first 50 of 60 reasons; the store holds all of them" in text


class TestOtherEnds:
    def test_a_run_that_its_data_ended_shows_what_is_wrong_with_them(
        self, store: Store, tmp_path: Path
    ) -> None:
        finding = {"file": "a.txt", "finding": "not an image", "action": "rejected"}
        quality = {"files": 1, "accepted": 0, "rejected": 1, "findings": [finding]}
        run_id = _begun(store, tmp_path / "begun", data_quality=quality)
        runs.finish(store, run_id, "failed", "`dataset.source` is `photos.zip`, but it has no classes")
        page = _Page(render(collect(store, run_id)))
        assert page.sections == ["asked", "data", "search", "mattered", "cost", "again"]
        for sentence in (
            "No model was found",
            "This run failed.",
            "it has no classes",
            "The run ended before its search began",
            "Accepted: 0 of 1 file. Rejected: 1.",
            "a.txt",
        ):
            assert sentence in page.text

    def test_a_run_that_has_written_nothing_has_a_report(self, store: Store, tmp_path: Path) -> None:
        page = _Page(render(collect(store, _begun(store, tmp_path / "begun"))))
        assert "The run ended before a dataset was prepared" in page.text

    def test_a_search_without_a_measured_model_shows_how_far_it_came(self, sample_store: Sample) -> None:
        page = _Page(render(collect(sample_store.store, sample_store.run_id, summary={})))
        assert "The search reached 97.9% on validation images" in page.text
        assert "winner" not in page.sections

    def test_a_report_can_do_without_files_that_were_cleared_away(self, tmp_path: Path) -> None:
        sample = make_sample(tmp_path)
        (sample.dataset.folder / "dataset.json").unlink()
        (sample.folder / "test_predictions.npz").unlink()
        page = _Page(render(collect(sample.store, sample.run_id)))
        sample.store.close()
        assert "mistakes" not in page.sections
        assert not page.all("img")
        assert "240 images of 4 classes" in page.text

    def test_several_objectives_show_their_front(self, data: ReportData) -> None:
        assert 'data-figure="pareto"' not in render(data)
        search = {**data.parameters["search"], "objective": ["accuracy", "training_time"]}
        page = render(replace(data, parameters={**data.parameters, "search": search}))
        assert 'data-figure="pareto"' in page
        assert "accuracy against training time" in page
        assert "Area covered" in page

    def test_a_packaged_winner_says_where_its_package_is(self, data: ReportData) -> None:
        assert data.winner is not None
        assert "Packaged to predict" not in _Page(render(data)).text
        winner = replace(data.winner, best={**data.winner.best, "package": "data/shapes-1/package"})
        assert "data/shapes-1/package" in _Page(render(replace(data, winner=winner))).text

    def test_a_shallow_winner_has_no_learning_curve(self, data: ReportData) -> None:
        assert data.winner is not None
        page = _Page(render(replace(data, winner=replace(data.winner, curve=None))))
        assert "How it learned" not in page.text

    def test_of_a_winner_whose_device_was_not_noted_no_speed_is_shown(self, data: ReportData) -> None:
        assert data.winner is not None
        figures = {"device": None, "notes": None, "flops_per_image": float("nan"), "batch_size": float("nan")}
        winner = replace(data.winner, trial={**data.winner.trial, **figures})
        text = _Page(render(replace(data, winner=winner))).text
        assert "Trained on" not in text
        assert "large matrix product" not in text


class TestWriting:
    def test_it_becomes_one_file_beside_the_summary(
        self, sample_store: Sample, tmp_path: Path, html: str
    ) -> None:
        folder = tmp_path / "reports"
        path = write_report(sample_store.store, sample_store.run_id, sample_store.summary, folder)
        assert path == folder / "report.html"
        assert path.read_text(encoding="utf-8") == html
        assert list(folder.iterdir()) == [path]
