"""Watching a run: what a model says as it learns, the log, and the way from a phone's photos to a report."""

import shutil
from pathlib import Path

import pytest
from dashboard_samples import Samples
from dropping import DROP, archive_of
from playwright.sync_api import Browser, Page, expect
from prepared_samples import enter_prepared
from projects import dashboard_of, make_project
from serving import served

from dashboard.app import create_app
from tunescope.store import frames, open_store, runs
from tunescope.store import trials as trial_rows

pytestmark = pytest.mark.browser


def test_predictions_are_stepped_through_and_the_log_is_narrowed(page: Page, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=2, strategies=["grid"])
    enter_prepared(store, tmp_path, "shapes", "f00dbeef", "prepare-shapes-1")
    known = frames.dataset(store, "prepare-shapes-1")
    assert known is not None
    runs.relate(store, "signs", dataset_id=known["dataset_id"])
    samples.running("signs-grid", epochs=0)
    for epoch, right in ((1, 0), (2, 9)):
        said = [[place // 4 if place < right else 2 - place // 8, 0.9] for place in range(12)]
        trial_rows.enter_epoch(store, 3, epoch=epoch, validation_accuracy=0.5, predictions=said)
    with served(create_app(store.url)) as address:
        page.goto(f"{address}/runs/signs")
        text, images = page.locator("#run-epoch-text"), page.locator("#run-predictions .watched")
        expect(text).to_contain_text("Epoch 2 of", timeout=20_000)
        expect(images).to_have_count(12)
        page.wait_for_function("document.querySelector('.watched img')?.naturalWidth > 0")
        wrong = images.filter(has_text="wrong: it is").count()
        assert 0 < wrong < 12
        page.get_by_role("button", name="Earlier").click()
        expect(text).to_contain_text("Epoch 1 of")
        page.wait_for_url("**?epoch=1")
        page.reload()
        expect(text).to_contain_text("Epoch 1 of")

        lines = page.locator("#run-log-lines .log-line")
        expect(lines).to_have_count(40)
        page.get_by_label("Filter the log").fill("trial 39")
        expect(lines).to_have_count(1)
        expect(page.locator("#run-log-note")).to_have_text("1 of the last 40 lines")
        with (tmp_path / "signs/run.log").open("a") as log:
            log.write("12:01:00 WARNING trial 39 was slow\n")
        expect(lines).to_have_count(2)
        page.get_by_label("Level").select_option("warning")
        expect(lines).to_have_text(["12:01:00 WARNING trial 39 was slow\n"])

        shutil.rmtree(known["folder"])
        page.reload()
        expect(page.locator("#run-predictions")).to_contain_text("The prepared images are gone")
    store.close()


@pytest.mark.long
def test_photos_from_a_phone_are_uploaded_searched_and_reported_without_a_terminal(
    browser: Browser, tmp_path: Path
) -> None:
    project = make_project(tmp_path / "project")
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    with dashboard_of(project) as address:
        page.goto(f"{address}/datasets")
        expect(page.locator("#upload-zone")).to_be_visible(timeout=20_000)
        page.evaluate(DROP, ["phone.zip", archive_of(project.root / "photos")])
        page.get_by_role("button", name="Prepare", exact=True).click()
        page.get_by_role("link", name="Search models on this").click(timeout=60_000)
        page.get_by_label("Run id").fill("phone")
        for name in ("cnn", "rnn", "random forest", "svm"):
            page.get_by_role("checkbox", name=name, exact=False).first.uncheck()
        page.get_by_label("Trials", exact=True).fill("6")
        page.get_by_role("button", name="Start run").click()
        page.wait_for_url("**/runs/phone")
        expect(page.locator("#run-state")).to_have_text("Finished", timeout=120_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        expect(page.locator("#run-notice")).to_contain_text("The winner is")
        page.get_by_role("link", name="Report", exact=True).click()
        expect(page.frame_locator("iframe").locator("h1")).to_be_visible()
    context.close()
