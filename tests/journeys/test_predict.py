"""Three photos for the winner of a run: a real Chromium on a served app, and a real model behind it."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from photo_samples import RUN, STUDY, PhotoSample, photo, scene
from playwright.sync_api import Browser, Page, expect
from serving import served

from dashboard import connection
from dashboard.app import create_app
from dashboard.launch import Launcher
from tunescope.store import Store

pytestmark = pytest.mark.browser

# Sent by the browser as one that was copied.
PASTE = """content => {
    const bytes = Uint8Array.from(atob(content), one => one.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], "copied.png", { type: "image/png" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
}"""


@pytest.fixture(scope="module")
def sample(photo_models: tuple[Store, PhotoSample]) -> PhotoSample:
    return photo_models[1]


@pytest.fixture(scope="module")
def address(
    photo_models: tuple[Store, PhotoSample], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A site over a finished run with two saved models."""
    app = create_app(photo_models[0].url, Launcher(project=tmp_path_factory.mktemp("project")))
    with served(app) as address:
        yield address
    connection.of(app.server).close()


def give(page: Page, files: list[Path]) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose photos").click()
    chooser.value.set_files(files)


def test_three_photos_are_predicted_by_the_winner(
    page: Page, address: str, sample: PhotoSample, tmp_path: Path
) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
    (tmp_path / "notes.jpg").write_bytes(b"no photo at all")
    (tmp_path / "scene.jpg").write_bytes(photo(scene(), "JPEG"))
    first = sample.paths("validation")[0]

    page.goto(f"{address}/runs/{RUN}")
    page.get_by_role("link", name="Try it on photos").click()
    page.wait_for_url(f"**/predict?study={STUDY}&trial=0")
    give(page, [first, tmp_path / "notes.jpg", tmp_path / "scene.jpg"])
    expect(page.locator("#photo-count")).to_have_text("3 photos", timeout=30_000)
    answered, refused, strange = (page.locator(".photo-card").nth(place) for place in range(3))

    expect(answered.locator(".photo-rank")).to_have_count(3)
    expect(answered.locator(".photo-where")).to_contain_text("(Grad-CAM)")
    page.wait_for_function("document.querySelector('.photo-seen')?.naturalWidth === 24")
    expect(refused.get_by_role("alert")).to_contain_text("This is no photo that can be read")
    expect(strange).to_contain_text("It looks unlike the images that the model learned from")

    other = answered.locator(".photo-rank").nth(2)
    name = other.locator(".photo-rank-name").inner_text()
    other.click()
    expect(answered.locator(".photo-where strong")).to_have_text(name)
    page.get_by_role("button", name="Model's view").click()
    page.wait_for_url("**&view=seen")
    expect(answered.locator(".photo-seen")).to_be_visible()
    expect(answered.locator(".photo-heat")).to_be_hidden()
    answered.locator(".photo-rank").first.click()
    expect(answered.locator(".photo-heat")).to_be_visible()

    # Another model gets the same photos.
    page.get_by_role("link", name="Choose another").click()
    expect(page.get_by_role("heading", name="Choose a model")).to_be_visible()
    page.evaluate("history.pushState({}, '', '?study=stripes-grid&trial=1')")
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
    expect(answered.locator(".photo-where")).to_contain_text(re.compile("[Cc]overing"), timeout=10_000)
    expect(page.locator("#photo-count")).to_have_text("3 photos")
    refused.get_by_role("button", name="Remove notes.jpg").click()
    expect(page.locator("#photo-count")).to_have_text("2 photos")

    page.reload()
    expect(page.locator("#photo-message")).to_have_text(re.compile("keeps no photos: choose them again"))
    page.reload()
    page.locator("#photo-bench").wait_for()
    expect(page.locator("#photo-message")).to_have_text("")
    assert complaints == []


def test_who_has_no_photo_at_hand_tries_validation_images(page: Page, address: str) -> None:
    page.goto(f"{address}/predict?study={STUDY}&trial=0")
    offer = page.get_by_role("button", name="Try three images of the validation split")
    offer.press("Enter")
    expect(page.locator("#photo-count")).to_have_text("3 photos")
    offer.click()
    expect(page.locator("#photo-count")).to_have_text("6 photos")
    expect(page.locator(".photo-card .photo-rank").first).to_be_visible(timeout=30_000)
    expect(page.locator(".photo-card", has_text=", validation image ")).to_have_count(6)
    expect(page.locator(".photo-card", has_text="looks unlike")).to_have_count(0)


def test_a_photo_that_met_no_server_is_sent_again(page: Page, address: str, sample: PhotoSample) -> None:
    page.goto(f"{address}/predict?study={STUDY}&trial=0")
    page.route("**/predict/photo?*", lambda route: route.abort(), times=1)
    give(page, sample.paths("validation")[:1])
    card = page.locator(".photo-card")
    expect(card.get_by_role("alert")).to_contain_text("The photo did not reach the server")
    card.get_by_role("button", name="Try again").click()
    expect(card.locator(".photo-ranking")).to_be_visible(timeout=30_000)


def test_a_photo_is_taken_with_the_camera_of_the_computer(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, permissions=["camera"])
    page = context.new_page()
    page.goto(f"{address}/predict?study={STUDY}&trial=0")
    page.get_by_role("button", name="Take a photo").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Take a photo").click()
    page.wait_for_function("document.querySelector('.camera-video')?.videoWidth > 0")
    page.get_by_role("button", name="Take it").press("Enter")
    expect(page.locator(".photo-name")).to_have_text("Camera 1")
    expect(page.locator(".photo-card .photo-rank").first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("dialog")).to_have_count(0)
    context.close()


def test_a_photo_can_be_pasted_and_the_number_is_limited_on_a_phone(
    browser: Browser, address: str, sample: PhotoSample, tmp_path: Path
) -> None:
    named_at_length = tmp_path / f"{'a-photo-of-a-hand-' * 6}.png"
    named_at_length.write_bytes(sample.content(0))
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{address}/predict?study={STUDY}&trial=1")
    page.locator("#photo-bench").wait_for()
    page.evaluate(PASTE, base64.b64encode(sample.content(0)).decode())
    expect(page.locator(".photo-card .photo-ranking")).to_have_count(1, timeout=30_000)
    expect(page.locator(".photo-name")).to_have_text("copied.png")
    give(page, [named_at_length, *sample.paths("train")[:23]])
    expect(page.locator("#photo-message")).to_contain_text("Only 24 photos fit here at once: 1 of 24")
    expect(page.locator(".photo-card")).to_have_count(24)
    expect(page.locator(".photo-card").nth(1).locator(".photo-ranking")).to_be_visible(timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()
