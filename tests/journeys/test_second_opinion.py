"""A second opinion on what mattered, as a person asks for it, and what several objectives cover."""

import re
from collections.abc import Iterator

import pytest
from dashboard_samples import Samples, stand_in
from playwright.sync_api import Page, expect
from serving import served

from dashboard.app import create_app
from dashboard.connection import of
from tunescope.store import open_store

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with a run of two studies, and a study of two objectives."""
    root = tmp_path_factory.mktemp("site")
    store = open_store(f"sqlite:///{root / 'trials.db'}")
    samples = Samples(store, root)
    samples.run("signs", trials=24)
    samples.weighed("signs", "portfolio", 20)
    app = create_app(store.url, stand_in(root))
    with served(app) as address:
        yield address
    of(app.server).close()
    store.close()


def test_fanova_is_asked_for_on_its_card_and_the_link_shows_it_to_others(page: Page, site: str) -> None:
    page.goto(f"{site}/trials?charts=settings&strategy=tpe")
    card = page.locator(".chart-card").filter(
        has=page.get_by_role("heading", name="What mattered", exact=True)
    )
    expect(card.locator(".main-svg").first).to_be_attached()
    assert card.locator(".chart-graph").count() == 1
    card.get_by_role("button", name="Compare with fANOVA").click()
    expect(card.get_by_role("button", name="Cancel")).to_be_visible()
    line = card.get_by_role("status")
    expect(line).to_have_text(re.compile(r"By fANOVA, on \d+ trials, in"), timeout=60_000)
    pictures = card.locator(".chart-graph")
    expect(pictures.nth(1).locator(".main-svg").first).to_be_attached()
    first, second = (pictures.nth(index).bounding_box() for index in range(2))
    assert first is not None
    assert second is not None
    assert first["x"] + first["width"] < second["x"]  # side by side
    expect(card.get_by_role("button", name="Compare with fANOVA")).to_be_hidden()
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("status").filter(has_text="By fANOVA")).to_have_text(line.inner_text())
    other.close()


def test_the_hypervolume_of_several_objectives_stands_among_the_costs(page: Page, site: str) -> None:
    page.goto(f"{site}/trials?charts=costs")
    card = page.locator(".chart-card").filter(
        has=page.get_by_role("heading", name=re.compile("hypervolume$"))
    )
    expect(card.locator(".legendtext")).to_have_text(re.compile(r"portfolio \d+(\.\d)?%"))
