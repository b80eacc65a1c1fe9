"""The page of timings as a person uses it: narrow it, set rates, share the link, go on to the trials."""

import re
from collections.abc import Iterator

import pytest
from dashboard_samples import fill, stand_in
from playwright.sync_api import Page, expect
from serving import served

from dashboard.app import create_app
from tunescope.figures import TIMING
from tunescope.store import open_store

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with a run in every state."""
    root = tmp_path_factory.mktemp("timing")
    url = f"sqlite:///{root / 'trials.db'}"
    store = open_store(url)
    fill(store, root)
    with served(create_app(url, stand_in(root))) as address:
        yield address
    store.close()


def test_rates_and_filters_stand_in_the_link_that_is_shared(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("link", name="Timing", exact=True).click()
    expect(page.locator(".chart-graph")).to_have_count(len(TIMING))
    spending = page.locator("#timing-spending")
    expect(spending.locator("tbody tr")).to_have_count(3)
    page.get_by_label("Price of an hour").fill("3600")
    expect(spending.locator("tbody tr").last).to_contain_text(re.compile(r"€\d"))
    page.locator(".filter", has_text="Model").locator(".dash-dropdown").click()
    page.get_by_role("option", name="cnn", exact=True).click()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"\?model=cnn&hour=3600"))
    expect(spending.locator("tbody tr")).to_have_count(2)
    whole = spending.locator("tbody tr").last.text_content() or ""
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#timing-spending tbody tr").last).to_have_text(whole)
    other.get_by_role("link", name="These trials").click()
    other.wait_for_url(re.compile(r"/trials\?model=cnn"))
    expect(other.locator("#trials-count")).to_contain_text("of 33 trials")
    other.close()
