"""What fits where: controls under a finger, and cards beside each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dashboard_samples import Samples
from playwright.sync_api import Page, expect
from serving import served

from dashboard.app import create_app
from tunescope.store import open_store, runs

pytestmark = pytest.mark.browser

# Whether a control is hit 19 pixels above and below its middle.
IS_HIT = """one => {
    one.scrollIntoView({ block: "center", behavior: "instant" });
    const { left, top, width, height } = one.getBoundingClientRect();
    return [-19, 19].every((by) => one.contains(
        document.elementFromPoint(left + width / 2, top + height / 2 + by)));
}"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A site with a finished run of every strategy, whose list of stages is long."""
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    samples = Samples(store, tmp_path)
    several = [
        "grid",
        "random",
        "quasirandom",
        "evolutionary",
        "nevergrad",
        "tpe",
        "gp",
        "cmaes",
        "portfolio",
    ]
    samples.run("signs", trials=2, strategies=several)
    samples.finish("signs")
    with served(create_app(store.url)) as address:
        yield address
    store.close()


def test_a_finger_hits_controls_that_look_smaller(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/runs/signs")
    for name in ("All charts", "All trials", "Tunescope"):
        assert page.get_by_role("link", name=name).first.evaluate(IS_HIT), name
    assert page.locator(".fold > summary").first.evaluate(IS_HIT)


def test_a_chart_is_as_high_as_the_stages_beside_it(page: Page, address: str) -> None:
    page.goto(f"{address}/runs/signs")
    expect(page.locator("#run-history .main-svg").first).to_be_visible()
    boxes = [page.locator(one).first.bounding_box() for one in (".run-stages", "#run-history .main-svg")]
    stages, chart = (box["y"] + box["height"] for box in boxes if box)
    assert boxes[0] is not None
    assert boxes[0]["height"] > 420
    assert 0 < stages - chart < 40


def test_many_workers_stand_side_by_side(page: Page, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    samples = Samples(store, tmp_path)
    launch = samples.run("signs", trials=1, stages=3, workers=16)
    runs.begin_stage(store, launch, "grid.search_models")
    with served(create_app(store.url)) as address:
        page.goto(f"{address}/runs/signs")
        expect(page.locator(".worker")).to_have_count(16)
        box = page.locator(".run-workers").bounding_box()
        assert box is not None
        assert box["height"] < 600
    store.close()
