"""The pages of datasets: every part in every state, and what clicks on them do."""

import json
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from dash_client import Browser
from dashboard_samples import stand_in
from prepared_samples import MARKED_CLASS, REJECTED, enter_prepared
from projects import draw_photos

from dashboard import catalogue, corrections, uploading
from dashboard.app import create_app
from dashboard.corrections import Correction
from dashboard.dataset_view import TABS, DatasetView
from dashboard.launch import Launcher, is_preparation
from dashboard.outline import group_preview, groups
from tunescope.errors import SourceError, UnknownNameError
from tunescope.store import Store, commands, frames, open_store, runs

FINGERPRINT = "f00dbeef"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def known(project: Path) -> Iterator[Store]:
    """A store with a prepared dataset, for tests that only read."""
    store = open_store(f"sqlite:///{project / 'trials.db'}")
    enter_prepared(store, project, "shapes", FINGERPRINT, "prepare-shapes-1")
    yield store
    store.close()


@pytest.fixture(scope="module")
def browser(known: Store, project: Path) -> Browser:
    return Browser(create_app(known.url, Launcher(project=project)))


@pytest.fixture
def own(store: Store, tmp_path: Path) -> Iterator[tuple[Browser, Store, Path]]:
    """A browser, store and project of one test, whose runs wait to be stopped."""
    browser = Browser(create_app(store.url, stand_in(tmp_path)))
    yield browser, store, tmp_path
    for run_id in frames.runs_frame(store)["run_id"]:
        commands.send(store, run_id, "stop")
    end = time.monotonic() + 20
    while {"starting", "running"} & set(frames.runs_frame(store)["state"]):
        assert time.monotonic() < end
        time.sleep(0.05)


# ---- the list ----


def test_without_datasets_the_page_shows_the_way_in(own: tuple[Browser, Store, Path]) -> None:
    shown = own[0].show("/datasets")
    assert "No dataset yet" in shown
    assert "upload-zone" in shown
    assert "Choose a folder" in shown


def test_a_prepared_dataset_is_listed_with_its_figures_and_pictures(browser: Browser) -> None:
    shown = browser.show("/datasets")
    assert f"/datasets/shapes?fingerprint={FINGERPRINT}" in shown
    assert "36 train, 12 validation, 12 test" in shown
    assert shown.count(f"/thumbnails/{FINGERPRINT}/") == 8
    assert "data:image" not in shown


def test_a_dataset_whose_folder_is_gone_says_so(own: tuple[Browser, Store, Path]) -> None:
    browser, store, project = own
    shutil.rmtree(enter_prepared(store, project, "shapes", FINGERPRINT, "prepare-1"))
    assert "Its folder is gone" in browser.show("/datasets")
    assert "cannot be shown" in browser.show("/datasets/shapes")


def test_an_upload_waits_until_it_is_prepared(own: tuple[Browser, Store, Path]) -> None:
    browser, store, project = own
    draw_photos(project / "data/01_raw/uploads/shapes", images=1)
    assert "Uploads not prepared yet" in browser.show("/datasets")
    assert "/datasets?prepare=data%2F01_raw%2Fuploads%2Fshapes" in browser.show("/datasets")
    enter_prepared(store, project, "shapes", FINGERPRINT, "prepare-1")
    assert "Uploads not prepared yet" not in browser.show("/datasets")


def test_an_upload_on_its_way_is_told_apart_from_one_that_was_left(
    own: tuple[Browser, Store, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, *_ = own
    begun = browser.client.post("/uploads", json={"kind": "file", "name": "x.zip", "size": 9}).json
    browser.client.put(f"/uploads/{begun['id']}?offset=0", data=b"abc")
    shown = browser.show("/datasets")
    assert "3 B of 9 B have arrived, the rest is on its way" in shown
    assert "draft-remove" not in shown
    monkeypatch.setattr(uploading, "_MOMENT_SECONDS", 0.0)
    assert "3 B of 9 B have arrived: choose the same file again to go on" in browser.show("/datasets")


def test_an_unfinished_upload_can_be_removed(own: tuple[Browser, Store, Path]) -> None:
    browser, _, project = own
    begun = browser.client.post("/uploads", json={"kind": "file", "name": "<b>x</b>.zip", "size": 9}).json
    assert "choose the same file again" in browser.show("/datasets")
    button = json.dumps({"id": begun["id"], "type": "draft-remove"}, separators=(",", ":"))
    browser.call("datasets-poll.n_intervals", {f"{button}.n_clicks": 1}, f"{button}.n_clicks")
    assert list((project / "data/01_raw/.uploads").iterdir()) == []


def fail(store: Store, project: Path, run_id: str, source: str) -> None:
    folder = project / "data/08_reporting" / run_id
    runs.announce(store, run_id, {"run": {"id": run_id}, "dataset": {"source": source}}, folder)
    folder.mkdir(parents=True)
    found = [{"file": "a/<i>x</i>.png", "finding": "truncated", "action": "rejected"}]
    account = {"files": 3, "accepted": 2, "rejected": 1, "findings": found}
    (folder / "data_quality.json").write_text(json.dumps(account))
    runs.finish(store, run_id, "failed", "only one class is left: give at least two")


def test_a_failed_preparation_shows_its_reason_and_its_files(own: tuple[Browser, Store, Path]) -> None:
    browser, store, project = own
    fail(store, project, "search-1", "bad.zip")
    shown = browser.show("/datasets")
    assert "only one class is left" in shown
    assert "a/<i>x</i>.png" in shown
    assert "3 files: 2 accepted, 1 rejected." in shown


def test_a_failure_that_was_mended_is_no_longer_spoken_of(own: tuple[Browser, Store, Path]) -> None:
    browser, store, project = own
    fail(store, project, "prepare-0", "data/01_raw/uploads/shapes")
    assert "This could not be prepared" in browser.show("/datasets")
    enter_prepared(store, project, "shapes", FINGERPRINT, "prepare-1")
    assert "This could not be prepared" not in browser.show("/datasets")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"findings": 3}'])
def test_a_damaged_account_is_no_obstacle(own: tuple[Browser, Store, Path], text: str) -> None:
    browser, store, project = own
    fail(store, project, "prepare-0", "bad.zip")
    (project / "data/08_reporting/prepare-0/data_quality.json").write_text(text)
    assert "only one class is left" in browser.show("/datasets")


# ---- preparing ----


def field_values(**changes: Any) -> dict[str, Any]:
    from dashboard import form

    values = {
        **form.preparation_defaults(),
        **{key.replace("__", "."): value for key, value in changes.items()},
    }
    sent: dict[str, Any] = {}
    for key, value in values.items():
        component = {"type": "prepare-field", "key": key}
        sent |= {f"{json.dumps(component)}.value": value, f"{json.dumps(component)}.id": component}
    return sent


def named(browser: Browser, path: str) -> Any:
    values = {"datasets-path-go.n_clicks": 1, "datasets-path.value": path}
    return browser.call("datasets-goto.href", values, "datasets-path-go.n_clicks", "datasets-path-go")


def test_a_path_on_the_server_leads_to_its_preparation(own: tuple[Browser, Store, Path]) -> None:
    browser, _, project = own
    draw_photos(project / "photos", images=2)
    assert named(browser, "photos").outputs["datasets-goto"] == {"href": "/datasets?prepare=photos"}
    assert named(browser, "sklearn:digits").outputs["datasets-goto"] == {
        "href": "/datasets?prepare=sklearn%3Adigits"
    }
    assert "no such file" in named(browser, "nowhere").text("datasets-path-fault")
    assert "Give the path" in named(browser, "  ").text("datasets-path-fault")


def look(browser: Browser, source: str) -> Any:
    return browser.call("prepare-outline.children", {"prepare-source.data": source}, "prepare-source.data")


def test_a_source_is_listed_before_it_is_prepared(own: tuple[Browser, Store, Path]) -> None:
    browser, _, project = own
    draw_photos(project / "photos", images=2)
    answer = look(browser, "photos")
    assert "stripes0 (2)" in answer.text("prepare-outline")
    assert answer.outputs["prepare-start"] == {"disabled": False}
    refused = look(browser, "nowhere")
    assert "cannot be prepared" in refused.text("prepare-outline")
    assert refused.outputs["prepare-start"] == {"disabled": True}


def test_prepare_starts_a_run_of_the_preparing_pipelines_only(own: tuple[Browser, Store, Path]) -> None:
    import yaml

    browser, _, project = own
    draw_photos(project / "photos", images=2)
    source = str(project / "photos")
    values = {
        "prepare-start.n_clicks": 1,
        "prepare-source.data": source,
        "prepare-token.data": "a",
        **field_values(dataset__image_size=32, dataset__cleaning__blurred="drop"),
    }
    answer = browser.call("datasets-goto.href", values, "prepare-start.n_clicks", "prepare-start")
    run_id = answer.outputs["datasets-goto"]["href"].removeprefix("/datasets?run=")
    assert is_preparation(run_id)
    written = yaml.safe_load((project / "data/08_reporting" / run_id / "run.yml").read_text())["run"]
    assert written["pipelines"] == "preprocessing,feature_extraction"
    assert written["params"]["dataset"] == {
        "source": source,
        "image_size": 32,
        "cleaning": {"blurred": "drop"},
    }
    assert f"/runs/{run_id}" in browser.show("/datasets")
    again = browser.call("datasets-goto.href", values, "prepare-start.n_clicks", "prepare-start")
    assert again.outputs == answer.outputs


def test_a_finished_preparation_leads_to_its_dataset(browser: Browser) -> None:
    values = {"datasets-awaited.data": "prepare-shapes-1", "datasets-seen.data": {}}
    answer = browser.call("datasets-active.children", values, "datasets-poll.n_intervals")
    assert answer.outputs["datasets-goto"] == {"href": f"/datasets/shapes?fingerprint={FINGERPRINT}"}


def test_a_pattern_shows_the_groups_that_it_makes() -> None:
    paths = ["a/person1_1.png", "a/person1_2.png", "b/person2_1.png", "b/none.png"]
    assert groups(r"person(\d+)", paths) == [("1", 2), ("2", 1)]
    assert "2 groups in 4 sampled paths: 1 (2), 2 (1). 1 match nothing" in group_preview(
        r"person(\d+)", paths
    )
    assert "matches none" in group_preview("cat", paths)
    assert "no regular expression" in group_preview("(", paths)
    assert group_preview("", paths) == ""


# ---- one dataset ----


@pytest.mark.parametrize("tab", TABS)
def test_every_part_is_shown_with_names_as_text(browser: Browser, tab: str) -> None:
    shown = browser.show("/datasets/shapes", f"?tab={tab}")
    assert "cannot be shown" not in shown
    assert '"shapes"' in shown
    assert "dangerously" not in shown


@pytest.mark.parametrize("tab", TABS)
def test_every_part_of_an_emptied_folder_is_a_sentence(own: tuple[Browser, Store, Path], tab: str) -> None:
    browser, store, project = own
    folder = enter_prepared(store, project, "shapes", FINGERPRINT, "prepare-1")
    for path in folder.iterdir():
        if path.name != "dataset.json":
            path.unlink()
    shown = browser.show("/datasets/shapes", f"?tab={tab}&image=a/000.png")
    assert "should not have" not in shown
    assert "shapes" in shown


@pytest.mark.parametrize(
    "name", ["files.parquet", "findings.parquet", "label_issues.csv", "map.npz", "dataset.json"]
)
def test_a_damaged_file_is_a_sentence(own: tuple[Browser, Store, Path], name: str) -> None:
    browser, store, project = own
    folder = enter_prepared(store, project, "shapes", FINGERPRINT, "prepare-1")
    (folder / name).write_bytes(b"damaged")
    for tab in TABS:
        assert "should not have" not in browser.show(f"/datasets/{'shapes'}", f"?tab={tab}")


def test_a_dataset_that_is_not_there_has_a_page_that_says_so(browser: Browser) -> None:
    for name, search in (("nothing", ""), ("shapes", "?fingerprint=00")):
        assert "Not in this store" in browser.show(f"/datasets/{name}", search)


def test_an_older_version_is_shown_by_its_fingerprint(own: tuple[Browser, Store, Path]) -> None:
    browser, store, project = own
    enter_prepared(store, project, "shapes", "aaaa", "prepare-1")
    runs.relate(store, "prepare-1", created=runs.get(store, "prepare-1")["created"].replace(year=2020))
    enter_prepared(store, project, "shapes", "bbbb", "prepare-2", each=10)
    assert "30 images" in browser.show("/datasets/shapes")
    older = browser.show("/datasets/shapes", "?fingerprint=aaaa")
    assert "60 images" in older
    assert "There is a later dataset of this name" in older


def test_the_classes_are_counted_by_split(known: Store) -> None:
    from dashboard.components.dataset_overview import class_counts

    counts = class_counts(catalogue.find(known, "shapes"))
    assert counts.loc["a"].to_dict() == {"train": 12, "validation": 4, "test": 4, "total": 20}


def test_the_run_of_a_preparation_leads_to_its_dataset_and_not_to_a_search(browser: Browser) -> None:
    shown = browser.show("/runs/prepare-shapes-1")
    assert "shapes is prepared" in shown
    assert f"/datasets/shapes?fingerprint={FINGERPRINT}" in shown
    assert "without a winner" not in shown
    assert "/datasets?prepare=" in shown


def test_thousands_of_classes_do_not_break_the_page(own: tuple[Browser, Store, Path]) -> None:
    browser, store, project = own
    names = [f"class {number:04}" for number in range(5_000)]
    enter_prepared(store, project, "many", "aaaa", "prepare-1", classes=names, each=3)
    shown = browser.show("/datasets/many")
    assert "and 4,960 more with 14,880 images" in shown
    assert len(shown) < 60_000
    assert "class 0077" in browser.show("/datasets/many", "?q=0077")
    assert len(browser.show("/datasets/many", "?tab=labels")) < 80_000
    values = {"dataset-chart.data": "map", "dataset-view.data": ["many", "?tab=map"]}
    figure = browser.call("dataset-charts.children", values, "dataset-chart.data").text("dataset-charts")
    assert figure.count('"scattergl"') == 13


def test_a_class_and_a_split_narrow_the_images(browser: Browser) -> None:
    assert "60 images." in browser.show("/datasets/shapes", "?tab=images")
    shown = browser.show("/datasets/shapes", "?tab=images&label=a&split=test")
    assert '"4 of 60 images."' in shown
    assert "b/000.png" not in shown


def test_pages_follow_one_another(own: tuple[Browser, Store, Path]) -> None:
    browser, store, project = own
    enter_prepared(store, project, "shapes", "aaaa", "prepare-1", each=50)
    first, last = (browser.show("/datasets/shapes", f"?tab=images&page={page}") for page in (1, 99))
    assert "Page 1 of 3" in first
    assert "page=2" in first
    assert "Page 3 of 3" in last
    assert last.count("image-tile") == 30


def test_an_image_is_shown_large_with_what_is_known_of_it(browser: Browser) -> None:
    shown = browser.show("/datasets/shapes", "?tab=images&image=a%2F003.png")
    assert f'"/thumbnails/{FINGERPRINT}/3.png"' in shown
    assert "turned (by 90 degrees)" in shown
    assert shown.count("glyph-next") == 1
    of_class = browser.show("/datasets/shapes", "?tab=images&label=a&image=a%2F003.png")
    assert "image=a%2F002.png" in of_class
    assert "image=a%2F004.png" in of_class
    assert "is no image of this dataset" in browser.show("/datasets/shapes", "?tab=images&image=nothing")


def test_findings_are_counted_narrowed_and_shown_with_their_pictures(browser: Browser) -> None:
    shown = browser.show("/datasets/shapes", "?tab=findings&kind=two+labels")
    assert '"1 of 6 findings."' in shown
    assert "rejected=1" in shown
    assert "like a/001.png" in shown
    assert "could not be decoded" in browser.show("/datasets/shapes", "?tab=findings")


def test_duplicates_stand_side_by_side_with_the_first_of_them(browser: Browser) -> None:
    shown = browser.show("/datasets/shapes", "?tab=duplicates")
    assert "Exact duplicate, 2 files" in shown
    assert "different labels" in shown
    assert shown.index("a/000.png") < shown.index("a/copy.png")


@pytest.mark.parametrize("tab", ["overview", "map"])
def test_charts_follow_the_colour_scheme(browser: Browser, tab: str) -> None:
    light, dark = (
        browser.call(
            "dataset-charts.children",
            {
                "dataset-chart.data": tab,
                "dataset-view.data": ["shapes", f"?tab={tab}"],
                "shell-dark.data": scheme,
            },
            "shell-dark.data",
        ).text("dataset-charts")
        for scheme in (False, True)
    )
    assert "Graph" in light
    assert light != dark
    assert "<script>" not in light


def test_the_map_is_drawn_by_webgl_and_coloured_by_class_or_split(browser: Browser) -> None:
    def drawn(search: str) -> str:
        values = {"dataset-chart.data": "map", "dataset-view.data": ["shapes", search]}
        return browser.call("dataset-charts.children", values, "dataset-chart.data").text("dataset-charts")

    assert drawn("?tab=map").count('"scattergl"') == 3
    assert '"name": "validation"' in drawn("?tab=map&colour=split")


def test_how_it_was_prepared_and_used_is_told(browser: Browser) -> None:
    shown = browser.show("/datasets/shapes", "?tab=preparation")
    assert FINGERPRINT in shown
    assert "seed 3" in shown
    assert "/runs/prepare-shapes-1" in shown


def test_a_search_begins_with_what_the_preparation_chose(browser: Browser) -> None:
    assert "/new?source=data%2F01_raw%2Fuploads%2Fshapes&prepared=prepare-shapes-1" in browser.show(
        "/datasets/shapes"
    )
    search = "?source=data/x.zip&group=person&image_size=48&prepared=prepare-shapes-1"
    shown = browser.show("/new", search)
    assert "dataset.source=data/x.zip" in shown
    assert "dataset.group=person" in shown
    assert "dataset.image_size=48" in shown
    assert "dataset.seed=3" in shown
    assert "dataset.name" not in shown.split("kedro run")[1]
    assert '"value": "data/01_raw/uploads/shapes"' in shown


# ---- corrections ----


def choose(browser: Browser, at: list[str], **choices: str) -> Any:
    values: dict[str, Any] = {"dataset-view.data": at}
    for path, value in choices.items():
        component = {"path": path.replace("__", "/"), "type": "label-choice"}
        key = json.dumps(component, separators=(",", ":"))
        values |= {f"{key}.value": value, f"{key}.id": component}
    return browser.call("label-saved.children", values, f"{key}.value")


def test_choices_are_saved_as_they_are_made_and_shown_again(own: tuple[Browser, Store, Path]) -> None:
    browser, store, project = own
    enter_prepared(store, project, "shapes", FINGERPRINT, "prepare-1")
    at = ["shapes", "?tab=labels"]
    answer = choose(
        browser, at, **{"a/000.png": f"={MARKED_CLASS}", "a/006.png": "remove", "a/012.png": "keep"}
    )
    assert "2 corrections saved" in answer.text("label-saved")
    assert answer.outputs["label-again"] == {"disabled": False}
    path = project / f"data/01_raw/corrections/shapes-{FINGERPRINT}.csv"
    assert path.read_text().splitlines() == [
        "path,correct_label,remove",
        f"a/000.png,{MARKED_CLASS},",
        "a/006.png,,yes",
    ]
    assert "suspect-done" in browser.show("/datasets/shapes", "?tab=labels")
    assert "0 relabelled" in choose(browser, at, **{"a/000.png": "keep"}).text("label-saved")


def bring(browser: Browser, text: str) -> Any:
    values = {"label-csv.data": text, "dataset-view.data": ["shapes", "?tab=labels"]}
    return browser.call("dataset-goto.href", values, "label-csv.data", "label-csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,label\na,b\n", "are needed"),
        ("path,correct_label\nno/such.png,a\n", "is no image of this dataset"),
        ("path,correct_label\na/00l.png,a\n", "did you mean"),
        ("path,correct_label\na/000.png,A\n", "is no class of this dataset"),
        ("\ufffd\ufffdp\0a\0", "UTF-8"),
        ("", "Its columns are"),
    ],
)
def test_a_file_of_corrections_is_checked_on_arrival(
    own: tuple[Browser, Store, Path], text: str, words: str
) -> None:
    browser, store, project = own
    enter_prepared(store, project, "shapes", FINGERPRINT, "prepare-1")
    answer = bring(browser, text)
    assert words in answer.text("label-problem").replace('"type": "Code"', "") or words.strip(
        "`"
    ) in answer.text("label-problem")
    assert not (project / "data/01_raw/corrections").exists()


def test_a_file_of_corrections_is_taken_and_prepared_again(own: tuple[Browser, Store, Path]) -> None:
    browser, store, project = own
    enter_prepared(store, project, "shapes", FINGERPRINT, "prepare-1")
    bring(
        browser,
        "\ufeffpath,split,correct_label,remove\r\na/000.png,train,b,\r\na/001.png,train,,X\r\n",
    )
    one = catalogue.find(store, "shapes")
    assert corrections.kept(project, one, None) == {
        "a/000.png": Correction("b"),
        "a/001.png": Correction(remove=True),
    }
    values = {
        "label-again.n_clicks": 1,
        "dataset-view.data": ["shapes", "?tab=labels"],
        "dataset-token.data": "t",
    }
    answer = browser.call("dataset-goto.href", values, "label-again.n_clicks", "label-again")
    run_id = answer.outputs["dataset-goto"]["href"].removeprefix("/datasets?run=")
    about = runs.get(store, run_id)["parameters"]["dataset"]
    assert about["corrections"] == f"data/01_raw/corrections/shapes-{FINGERPRINT}.csv"
    assert (about["source"], about["seed"]) == (one.source, 3)


def test_corrections_that_a_dataset_was_prepared_with_are_not_lost(known: Store, tmp_path: Path) -> None:
    one = catalogue.find(known, "shapes")
    (tmp_path / "used.csv").write_text("path,correct_label\na/000.png,b\n")
    assert corrections.kept(tmp_path, one, "used.csv") == {"a/000.png": Correction("b")}
    assert corrections.kept(tmp_path, one, "gone.csv") == {}


def test_corrections_that_are_saved_at_the_same_time_are_each_whole(known: Store, tmp_path: Path) -> None:
    one, label = catalogue.find(known, "shapes"), Correction("b")
    wishes = [{f"a/{number:03}.png": label for number in range(size)} for size in range(1, 60)]
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda wish: corrections.save(tmp_path, one, wish), wishes))
    assert corrections.parsed((tmp_path / paths[0]).read_text()) in wishes
    assert [one.name for one in (tmp_path / corrections.FOLDER).iterdir()] == [paths[0].name]


def test_a_correction_that_no_class_has_names_the_nearest(known: Store) -> None:
    one = catalogue.find(known, "shapes")
    with pytest.raises(SourceError, match=r"`<script>alert`, given to `a/000\.png`, is no class"):
        corrections.check(one, {"a/000.png": Correction("<script>alert")})


# ---- pictures, addresses ----


def test_a_thumbnail_is_a_picture_that_the_browser_keeps(browser: Browser) -> None:
    answer = browser.client.get(f"/thumbnails/{FINGERPRINT}/3.png?size=96")
    assert answer.mimetype == "image/png"
    assert answer.data.startswith(b"\x89PNG")
    assert "immutable" in answer.headers["Cache-Control"]
    small = browser.client.get(f"/thumbnails/{FINGERPRINT}/3.png?size=16")
    assert len(small.data) < len(answer.data)
    rejected = browser.client.get(f"/thumbnails/{FINGERPRINT}/{len(REJECTED) - 1}.png?rejected=1")
    assert rejected.status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "0000/0.png",
        f"{FINGERPRINT}/60.png",
        f"{FINGERPRINT}/9.png?rejected=1",
        "%2e%2e/0.png",
        f"{FINGERPRINT}/-1.png",
    ],
)
def test_a_picture_that_is_not_there_is_not_found(browser: Browser, address: str) -> None:
    assert browser.client.get(f"/thumbnails/{address}").status_code == 404


def test_the_suspected_labels_can_be_taken_away(browser: Browser) -> None:
    answer = browser.client.get(f"/label-issues/{FINGERPRINT}.csv", buffered=True)
    assert answer.text.startswith("path,split,label,suggested,score,correct_label,remove")
    assert "shapes-label_issues.csv" in answer.headers["Content-Disposition"]
    assert browser.client.get("/label-issues/0000.csv").status_code == 404


def test_a_view_is_its_address() -> None:
    view = DatasetView("a b/c", "f00d", "images", label="<b>", split="test", text="x&y", page=3)
    path, _, query = view.href(page=3).partition("?")
    assert path == "/datasets/a%20b%2Fc"
    assert DatasetView.from_query("a b/c", "?" + query) == view
    assert DatasetView.from_query("x", "?tab=nope&split=nope&page=-1&colour=red") == DatasetView("x")
    assert "page" not in view.href(label="c")


def test_an_unknown_dataset_raises(known: Store) -> None:
    with pytest.raises(UnknownNameError, match="no prepared dataset `x`"):
        catalogue.find(known, "x")
