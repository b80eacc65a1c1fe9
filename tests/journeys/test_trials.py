"""The page of trials as a person uses it: brushing plots, and very many trials."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from dashboard_samples import Samples, fill, stand_in
from playwright.sync_api import FloatRect, Locator, Page, expect
from serving import served

from bench.trial_stores import make_store
from dashboard.app import create_app
from tunescope.store import open_store

pytestmark = pytest.mark.browser


def serve(root: Path) -> Iterator[str]:
    with served(create_app(f"sqlite:///{root / 'trials.db'}", stand_in(root))) as address:
        yield address


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with a run in every state."""
    root = tmp_path_factory.mktemp("site")
    store = open_store(f"sqlite:///{root / 'trials.db'}")
    samples: Samples = fill(store, root)
    yield from serve(root)
    samples.store.close()


@pytest.fixture(scope="module")
def large_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with 100 000 trials of a plain Optuna study."""
    root = tmp_path_factory.mktemp("large")
    make_store(root / "trials.db", 100_000)
    yield from serve(root)


def drag(page: Page, plot: Locator, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a box over a plot; places are shares of its width and height."""
    plot.scroll_into_view_if_needed()
    box = resting_place(plot)
    (left, top), (right, bottom) = (
        (box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in (begin, end)
    )
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2, steps=6)
    page.mouse.move(right, bottom, steps=6)
    page.mouse.up()


def resting_place(plot: Locator) -> FloatRect:
    """Where a plot is once it stays there: the charts of a page come one after the other."""
    before = None
    for _ in range(20):
        box = plot.bounding_box()
        if box is not None and box == before:
            return box
        before = box
        plot.page.wait_for_timeout(400)
    raise AssertionError("the plot moves on and on")


def plot_of(page: Page, title: str) -> Locator:
    card = page.locator(".chart-card").filter(has=page.get_by_role("heading", name=title, exact=True))
    expect(card.locator(".main-svg").first).to_be_attached()
    return card.locator(".nsewdrag").first


def test_one_popover_is_open_at_a_time_and_escape_closes_it(page: Page, site: str) -> None:
    page.goto(f"{site}/trials")
    views, columns = (
        page.locator(".popover-fold").filter(has=page.locator("summary", has_text=name))
        for name in ("Views", "Columns")
    )
    views.locator("summary").click()
    expect(page.get_by_placeholder("Name of this view")).to_be_visible()
    columns.locator("summary").click()
    expect(views).not_to_have_attribute("open", "")
    # What is chosen in a dropdown is no click outside.
    columns.locator(".dash-dropdown").click()
    page.locator(".dash-dropdown-option", has_text="Dataset").click()
    expect(page).to_have_url(re.compile("columns="))
    page.keyboard.press("Escape")
    expect(columns).to_have_attribute("open", "")
    columns.locator("summary").focus()
    page.keyboard.press("Escape")
    expect(columns).not_to_have_attribute("open", "")
    expect(columns.locator("summary")).to_be_focused()


def test_a_box_on_a_plot_narrows_the_table_and_stands_in_the_address(page: Page, site: str) -> None:
    page.goto(f"{site}/trials?state=COMPLETE")
    expect(page.locator("#trials-count")).to_have_text("32 of 33 trials")
    drag(page, plot_of(page, "Best so far by trial"), (0.02, 0.02), (0.98, 0.45))
    chip = page.locator(".chip-drop")
    expect(chip).to_contain_text("Validation accuracy")
    page.wait_for_url(re.compile(r"validation_accuracy=\d\.\d+\.\.\d\.\d+"))
    narrowed = page.locator("#trials-count").inner_text()
    assert int(narrowed.split()[0]) < 32
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#trials-count")).to_have_text(narrowed)
    other.close()
    chip.click()
    expect(page.locator("#trials-count")).to_have_text("32 of 33 trials")


def test_a_box_on_the_parallel_axes_narrows_to_names_and_numbers(page: Page, site: str) -> None:
    page.goto(f"{site}/trials?charts=settings&model=svm")
    # Over the axis of the extractors, which is the second of three.
    drag(page, plot_of(page, "Hyperparameters of the best model"), (0.4, 0.02), (0.6, 0.3))
    page.wait_for_url(re.compile(r"param:svm\.extractor="))
    expect(page.locator(".filter-label, .field-label").filter(has_text="svm.extractor")).to_be_visible()


def test_a_picture_beside_a_taller_one_fills_its_card(page: Page, site: str) -> None:
    page.goto(f"{site}/trials")
    plot_of(page, "What the workers did when")
    plot_of(page, "How scores are spread")
    page.wait_for_function(
        """() => [...document.querySelectorAll(".chart-card")].every(card => {
            const picture = card.querySelector(".main-svg");  // none while it is drawn anew
            const bottom = (part) => part.getBoundingClientRect().bottom;
            return picture && bottom(card) - bottom(picture) < 24;
        })"""
    )


@pytest.mark.long
def test_100_000_trials_are_filtered_and_the_link_shows_the_same(page: Page, large_site: str) -> None:
    page.goto(f"{large_site}/trials")
    expect(page.locator("#trials-count")).to_have_text("100,000 trials")
    first = page.locator(".ag-center-cols-container .ag-row").first
    expect(first).to_contain_text("Complete")
    page.locator("#trials-add").click()
    page.get_by_role("option", name="kernel", exact=True).click()
    page.locator("#trials-more .dash-dropdown").first.click()
    page.get_by_role("option", name="rbf", exact=True).click()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("param:kernel=rbf"))
    page.locator(".ag-header-cell[col-id='value'] .ag-header-cell-label").click()
    page.wait_for_url(re.compile("sort=value"))
    counted = page.locator("#trials-count")
    expect(counted).to_have_text(re.compile(r"33,\d{3} of 100,000 trials"))
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#trials-count")).to_have_text(counted.inner_text())
    expect(other.locator(".ag-center-cols-container .ag-row").first).to_contain_text("0.0")
    other.close()
