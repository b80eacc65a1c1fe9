"""A poll sends what changed and nothing else."""

from dash import html, no_update

from dashboard.components import regions

NAMES = ("state", "log")


def test_the_first_poll_sends_every_region() -> None:
    contents = {"state": html.Span("running"), "log": html.Pre("a")}
    *answers, seen = regions.changes(NAMES, contents, None)
    assert answers == [contents["state"], contents["log"]]
    assert set(seen) == set(NAMES)


def test_nothing_is_sent_while_nothing_changes() -> None:
    contents = {"state": html.Span("running"), "log": html.Pre("a")}
    seen = regions.changes(NAMES, contents, None)[-1]
    again = {"state": html.Span("running"), "log": html.Pre("a")}
    assert regions.changes(NAMES, again, seen) == [no_update, no_update, no_update]


def test_only_the_region_that_changed_is_sent() -> None:
    before = regions.changes(NAMES, {"state": html.Span("running"), "log": html.Pre("a")}, None)[-1]
    longer = html.Pre("a\nb")
    state, log, seen = regions.changes(NAMES, {"state": html.Span("running"), "log": longer}, before)
    assert (state, log) == (no_update, longer)
    assert seen["state"] == before["state"]
    assert seen["log"] != before["log"]


def test_a_region_without_a_content_stays_as_it_is() -> None:
    before = regions.changes(NAMES, {"state": html.Span("running"), "log": html.Pre("a")}, None)[-1]
    assert regions.changes(NAMES, {"state": html.Span("running")}, before) == [
        no_update,
        no_update,
        no_update,
    ]


def test_a_costly_content_is_made_only_when_what_it_is_made_from_changed() -> None:
    made = []

    def costly(count: int) -> regions.Costly:
        return regions.Costly([count], lambda: made.append(count) or f"drawn {count}")

    first = regions.changes(("chart",), {"chart": costly(1)}, None)
    assert first[0] == "drawn 1"
    assert regions.changes(("chart",), {"chart": costly(1)}, first[-1])[0] is no_update
    assert regions.changes(("chart",), {"chart": costly(2)}, first[-1])[0] == "drawn 2"
    assert made == [1, 2]


def test_what_the_layout_showed_is_not_sent_again() -> None:
    contents = {"state": html.Span("running"), "log": html.Pre("a")}
    store = regions.seen("run", contents)
    assert regions.changes(NAMES, contents, store.data) == [no_update, no_update, no_update]
