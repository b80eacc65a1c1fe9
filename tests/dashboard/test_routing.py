"""Addresses lead to pages, and links to addresses."""

import re

import pytest

from dashboard import links
from dashboard.app import PAGES
from dashboard.pages import new, overview, reports, run, trial, trials
from dashboard.routing import find


@pytest.mark.parametrize(
    ("pathname", "page", "parts"),
    [
        ("/", overview.PAGE, {}),
        ("/new", new.PAGE, {}),
        ("/new/", new.PAGE, {}),
        ("/trials", trials.PAGE, {}),
        ("/reports", reports.PAGE, {}),
        ("/runs/signs-1", run.PAGE, {"run_id": "signs-1"}),
        ("/trials/signs-1-grid/7", trial.PAGE, {"study": "signs-1-grid", "number": "7"}),
    ],
)
def test_each_address_has_its_page(pathname: str, page: object, parts: dict[str, str]) -> None:
    match = find(PAGES, pathname)
    assert match is not None
    assert (match.page, match.parts) == (page, parts)


@pytest.mark.parametrize("pathname", ["/nowhere", "/runs", "/runs/a/b", "/trials/only-a-study"])
def test_other_addresses_have_none(pathname: str) -> None:
    assert find(PAGES, pathname) is None


def test_a_study_may_be_called_anything() -> None:
    name = "my study/2 <b>?#%"
    match = find(PAGES, links.trial(name, 3))
    assert match is not None
    assert match.parts == {"study": name, "number": "3"}


def test_the_tab_is_named_after_what_it_shows() -> None:
    match = find(PAGES, "/runs/signs-1")
    assert match is not None
    assert match.title == "signs-1 · Tunescope"


def test_a_link_leaves_out_filters_that_are_empty() -> None:
    assert links.trials(run=["a b"], state=[]) == "/trials?run=a+b"
    assert links.trials() == "/trials"


def test_the_navigation_leads_to_pages_that_exist() -> None:
    for page in PAGES:
        if page.label:
            assert find(PAGES, page.path) is not None
            assert not re.search("<", page.path)
