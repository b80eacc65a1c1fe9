"""From a cell of a model's confusion to its images: a real Chromium on a served app, over real arrays."""

from collections.abc import Iterator

import pytest
from dashboard_samples import stand_in
from model_page_samples import STUDY, enter_model
from playwright.sync_api import Browser, Page, expect
from serving import served

from dashboard.app import create_app
from tunescope.store import open_store

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with one trained model, and the images that it was asked about."""
    root = tmp_path_factory.mktemp("model-page")
    store = open_store(f"sqlite:///{root / 'trials.db'}")
    enter_model(store, root)
    with served(create_app(store.url, stand_in(root))) as address:
        yield f"{address}/trials/{STUDY}/0"
    store.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser calls an error."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: line.type == "error" and found.append(line.text))
    page.on("dialog", lambda dialog: found.append(dialog.message))
    return found


def place_of_cell(page: Page, true: int, predicted: int) -> dict[str, float]:
    """Where a cell of the matrix is, within its plot."""
    page.wait_for_function("document.querySelector('#trial-matrix .heatmaplayer image')")
    return page.evaluate(
        """([row, column]) => {
            const { xaxis, yaxis } = document.querySelector("#trial-matrix .js-plotly-plot")._fullLayout;
            return { x: xaxis._offset + xaxis.c2p(column), y: yaxis._offset + yaxis.c2p(row) };
        }""",
        [true, predicted],
    )


def test_a_click_on_a_cell_opens_its_images(page: Page, address: str, complaints: list[str]) -> None:
    page.goto(address)
    images = page.locator("#answers-images .image-tile")
    expect(images).to_have_count(6)  # all mistakes
    page.locator("#trial-matrix .js-plotly-plot").click(position=place_of_cell(page, 0, 1))
    page.wait_for_url("**?cell=0:1")
    expect(page.locator("#model-cell")).to_contain_text("4 images of a taken for b")
    expect(images).to_have_count(4)
    drawn = "[...document.querySelectorAll('#answers-images img')].every(one => one.naturalWidth === 24)"
    page.wait_for_function(drawn)

    images.first.click()
    box = page.get_by_role("dialog")
    expect(box.locator("h2")).to_have_text("a/018.png")  # the surest
    expect(box.locator(".model-rank-true")).to_contain_text("a (true)")
    box.get_by_role("button", name="Next").click()
    expect(box.locator("h2")).to_have_text("a/013.png")
    box.get_by_role("button", name="Close").click()
    expect(box).to_be_hidden()
    expect(images).to_have_count(4)

    page.go_back()
    expect(box.locator("h2")).to_have_text("a/013.png")
    assert complaints == []


def test_a_shared_link_opens_the_same_images(page: Page, address: str, complaints: list[str]) -> None:
    page.goto(f"{address}?cell=1:0")
    expect(page.locator("#model-cell")).to_contain_text("2 images of b taken for a")
    expect(page.locator("#answers-images .image-tile")).to_have_count(2)
    page.locator("#model-cell").get_by_role("button", name="Clear").click()
    expect(page.locator("#answers-images .image-tile")).to_have_count(6)
    page.locator(".model-pair").first.click()
    page.wait_for_url("**?cell=0:1")
    # The page is the one that was there: nothing but the images was drawn anew.
    page.get_by_role("button", name="Least certain").click()
    page.wait_for_url("**?images=uncertain")
    expect(page.locator("#answers-images .image-tile")).to_have_count(12)
    assert complaints == []


def test_a_large_image_fits_a_phone(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{address}?cell=0:1&image=3")
    expect(page.get_by_role("dialog").locator("h2")).to_have_text("a/003.png")
    expect(page.locator("#trial-classes .ag-row")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()
