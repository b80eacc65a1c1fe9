"""Two to four runs side by side: what they came to, whether their winners differ, and what they were told."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from dash import html

from dashboard import links, run_comparison
from dashboard.components.basics import (
    attributes,
    badge,
    button,
    button_link,
    card,
    file_link,
    link,
    page_head,
    sentence,
)
from dashboard.components.charts import picture
from dashboard.components.notices import blank, notice
from dashboard.components.regions import Costly
from dashboard.components.studies import studies_table
from dashboard.components.tables import Column, table
from dashboard.components.viewed import Query, Viewed
from dashboard.run_comparison import MOST, ComparedRun
from dashboard.wording import (
    NOTHING,
    ago,
    count,
    duration,
    interval,
    is_missing,
    memory,
    moment,
    p_value,
    percent,
)
from tunescope.analysis.benchmarking import Measured
from tunescope.analysis.run_comparison import WinnerTest, compare_parameters, compare_winners
from tunescope.figures.benchmarking import draw_intervals
from tunescope.figures.wording import number

REPORT, SUMMARY = "report.html", "summary.json"
_LEVEL = 0.05


def wanted(search: str) -> list[str]:
    """The runs that an address compares, each once."""
    return list(dict.fromkeys(parse_qs(search.lstrip("?")).get("compare", ())))


def address(run_ids: Sequence[str]) -> str:
    """The address that compares some runs."""
    return links.with_query(links.REPORTS, {"compare": list(run_ids)})


def comparison_page(search: str) -> html.Div:
    """The page of a comparison.

    Raises:
        UnknownNameError: when the store has no run of one of the ids.
    """
    asked, parts = wanted(search), COMPARED.parts(search)
    copy = button("Copy link", "link", **attributes(data_copy_address="yes"))
    too_many = f"At most {MOST} are shown side by side: the first {MOST} of {len(asked)} that the link names."
    return html.Div(
        [
            page_head(
                "Runs compared",
                _names(asked[:MOST]),
                [button_link("All reports", "back", links.REPORTS), copy],
            ),
            notice("info", "More runs than fit", too_many) if len(asked) > MOST else None,
            parts["figures"],
            html.Div(
                [
                    card("Test accuracy of the winners", parts["accuracy"], className="chart-card"),
                    card("Do the winners differ?", parts["tests"], note=_MEANING),
                ],
                className="split-even",
            ),
            parts["parameters"],
            card("Studies", parts["studies"]),
            *COMPARED.holders(search),
        ]
    )


def _names(run_ids: Sequence[str]) -> list[Any]:
    return [part for run_id in run_ids for part in (" · ", link(run_id, links.run(run_id)))][1:]


_MEANING = "McNemar's test on the sealed test images, which both winners answered once."


def _contents(search: str, dark: bool) -> Mapping[str, Any]:
    run_ids = wanted(search)[:MOST]
    compared = run_comparison.read(run_ids)
    measured = [one.measured for one in compared if one.measured is not None]
    return {
        "figures": _figures(compared),
        "accuracy": Costly(
            [str(measured), dark], lambda: picture(draw_intervals(measured, dark), "Test accuracies")
        ),
        "tests": _tests(compared),
        "parameters": _parameters(compared),
        "studies": studies_table(
            run_comparison.studies_of(run_ids), has_best=len({one.fingerprint for one in compared}) == 1
        ),
    }


def _normal(query: Query) -> str:
    return address(query.get("compare", [])).partition(links.REPORTS)[2]


COMPARED = Viewed(
    "compared",
    links.REPORTS,
    ("figures", "accuracy", "tests", "parameters", "studies"),
    _contents,
    _normal,
)


# ---- figures ----


def _figures(compared: Sequence[ComparedRun]) -> html.Section:
    columns = [Column(""), *(Column(one.run_id) for one in compared)]
    rows = [[title, *map(say, compared)] for title, say in _FIGURES.items()]
    shown = [row for row in rows if any(cell != NOTHING for cell in row[1:])]
    return card("What they came to", table("Figures of runs", columns, shown, "table-compared"))


def _of_measured(say: Callable[[Measured], Any]) -> Callable[[ComparedRun], Any]:
    return lambda one: NOTHING if one.measured is None else say(one.measured)


def _best(one: ComparedRun) -> Any:
    if one.measured is not None:
        best = one.measured
        return link(best.model, links.trial(best.study, best.number), "link")
    if one.best is None:
        return NOTHING
    return link(str(one.best["model"]), links.trial(str(one.best["study"]), int(one.best["number"])), "link")


def _dataset(one: ComparedRun) -> Any:
    if is_missing(one.row["dataset"]):
        return NOTHING
    name = str(one.row["dataset"])
    return link(name, links.dataset(name, fingerprint=one.fingerprint), "link")


def _files(one: ComparedRun) -> Any:
    if not one.has(REPORT):
        return "not written yet"
    return html.Div(
        [
            button_link("View", "reports", links.report(one.run_id)),
            file_link("HTML", "download", links.file(one.run_id, REPORT, download=True)),
        ],
        className="row-actions",
    )


_FIGURES: dict[str, Callable[[ComparedRun], Any]] = {
    "State": lambda one: badge(str(one.row["state"])),
    "Dataset": _dataset,
    "Best model": _best,
    "Validation accuracy": lambda one: percent(one.tally.best),
    "Test accuracy": _of_measured(lambda one: html.Strong(percent(one.test_accuracy))),
    "95% interval": _of_measured(lambda one: interval(one.low, one.high)),
    "Trials": lambda one: count(one.tally.ended),
    "Time of the run": lambda one: duration(one.row["seconds"]) if one.row["seconds"] else NOTHING,
    "Training of the winner": _of_measured(lambda one: duration(one.train_seconds)),
    "Latency of one image": _of_measured(lambda one: f"{number(one.latency_ms)} ms"),
    "Images a second": _of_measured(lambda one: number(one.images_per_second)),
    "Memory": _of_measured(lambda one: memory(one.peak_memory_bytes)),
    "Machine": _of_measured(lambda one: one.machine),
    "Started": lambda one: html.Span(ago(one.row["created"]), title=moment(one.row["created"])),
    "Report": _files,
}


# ---- tests of winners ----


def _tests(compared: Sequence[ComparedRun]) -> Any:
    tested = [one for one in compared if one.measured is not None]
    if len(tested) < 2:
        return blank("Known once two of these runs have finished: each tests its winner at the end.")
    found = compare_winners(run_comparison.answers(tested))
    if not found and len({one.fingerprint for one in tested}) > 1:
        return blank("They saw other test images: accuracies on them say nothing about one another.")
    if not found:
        return blank("The answers to the test images are gone, or were given to other images.")
    return html.Ul([html.Li(sentence(_told(one))) for one in found], className="compared-tests")


def _told(one: WinnerTest) -> str:
    test = one.test
    alone = (
        f"Of {count(one.images, 'test image')}, the winner of `{one.first}` alone knows "
        f"{count(test.first_only)}, that of `{one.second}` alone {count(test.second_only)}"
    )
    if test.p_value < _LEVEL:
        better = one.first if test.first_only > test.second_only else one.second
        return f"{alone}: `{better}` is better by more than chance ({p_value(test.p_value)})."
    return f"{alone}: that may well be chance ({p_value(test.p_value)})."


# ---- parameters ----


def _parameters(compared: Sequence[ComparedRun]) -> html.Section:
    found = compare_parameters([one.parameters for one in compared])
    same = f"{count(found.same, 'parameter')} are the same."
    if not found.differences:
        return card(_DIFFERING, blank(f"None: all {same}"))
    columns = [Column("Parameter"), *(Column(one.run_id) for one in compared)]
    rows = [[html.Code(one.key), *map(_written, one.values)] for one in found.differences]
    return card(_DIFFERING, table(_DIFFERING, columns, rows, "table-compared"), note=f"The other {same}")


_DIFFERING = "Parameters that differ"


def _written(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value) or "none"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return number(value)
