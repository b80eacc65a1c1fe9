"""From the form to the report: a real run, started in the page, by the server that users start."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from projects import Project, dashboard_of, make_project

pytestmark = pytest.mark.browser


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


@pytest.fixture
def address(project: Project) -> Iterator[str]:
    """The dashboard as its own process, which is ended before the page looks away."""
    with dashboard_of(project) as address:
        yield address


@pytest.mark.long
def test_a_run_is_started_in_the_page_and_ends_with_a_report_and_a_model(
    page: Page, address: str, project: Project, tmp_path: Path
) -> None:
    page.goto(f"{address}/new")
    page.get_by_label("Images", exact=True).fill("photos")
    page.get_by_label("Run id").fill("journey")
    for name in ("cnn", "rnn", "random forest", "svm"):
        page.get_by_role("checkbox", name=name, exact=False).first.uncheck()
    page.get_by_label("Trials", exact=True).fill("6")
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/runs/journey")
    state = page.locator("#run-state")
    expect(state).to_have_text("Running", timeout=60_000)
    expect(state).to_have_text("Finished", timeout=120_000)
    expect(page.locator("#run-notice")).to_contain_text("The winner is")

    best = json.loads(project.report("journey", "summary.json").read_text())["best"]
    expect(page.locator("#run-notice")).to_contain_text(best["model"])
    with page.expect_download() as saving:
        page.get_by_role("link", name="Download it").click()
    zipfile.ZipFile(saving.value.path()).extractall(tmp_path / "taken")
    (script,) = (tmp_path / "taken").glob("*/predict.py")
    photo = next(project.root.glob("photos/*/*.png"))
    told = subprocess.run([sys.executable, script, photo], capture_output=True, text=True, timeout=120)
    assert told.stdout.startswith(f"{photo}: "), told.stderr

    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.frame_locator("iframe").locator("h1")).to_be_visible()


def test_images_that_cannot_be_learned_from_fail_the_run_with_the_reason_on_its_page(
    page: Page, address: str, project: Project
) -> None:
    (project.root / "photos/lonely").mkdir()
    Image.new("RGB", (24, 24), "red").save(project.root / "photos/lonely/1.png")
    page.goto(f"{address}/new")
    page.get_by_label("Images", exact=True).fill("photos")
    page.get_by_label("Run id").fill("lost")
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/runs/lost")
    expect(page.locator("#run-state")).to_have_text("Failed", timeout=60_000)
    expect(page.locator("#run-notice")).to_contain_text("lonely")


def test_a_source_that_is_not_there_is_told_at_its_field(page: Page, address: str) -> None:
    page.goto(f"{address}/new")
    page.get_by_label("Images", exact=True).fill("nowhere")
    page.get_by_role("button", name="Start run").click()
    expect(page.locator(".field-fault").filter(has_text="no such file or folder")).to_be_visible()
    assert urlsplit(page.url).path == "/new"
