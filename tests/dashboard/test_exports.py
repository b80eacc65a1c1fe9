"""The rows that pass can be saved, and a spreadsheet that opens them runs nothing."""

import csv
import io
from typing import Any

import pyarrow.parquet as pq
import pytest
from dash import Dash
from dashboard_samples import Samples
from hypothesis import given
from hypothesis import strategies as st

from dashboard.exports import csv_lines
from tunescope.store import frames

_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


def saved(app: Dash, kind: str, query: str = "") -> Any:
    answer = app.server.test_client().get(f"/export/trials.{kind}{query}")
    assert answer.status_code == 200
    assert f'filename="trials.{kind}"'.replace('"', "") in answer.headers["Content-Disposition"].replace(
        '"', ""
    )
    return answer.data


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_holds_the_rows_that_pass_in_order(app: Dash, samples: Samples) -> None:
    query = "?run=signs-finished&state=COMPLETE&sort=-validation_accuracy"
    rows = rows_of(saved(app, "csv", query).decode())
    trials = frames.trials_frame(samples.store, "signs-finished").query("state == 'COMPLETE'")
    expected = sorted(trials["validation_accuracy"], reverse=True)
    assert [float(row["validation_accuracy"]) for row in rows] == expected
    assert {row["param:svm.extractor"] for row in rows} >= {""}
    assert all(row["start (UTC)"].startswith("20") for row in rows)


def test_parquet_keeps_the_types(app: Dash, samples: Samples) -> None:
    table = pq.read_table(io.BytesIO(saved(app, "parquet")))
    assert table.num_rows == len(frames.trials_frame(samples.store))
    kinds = {name: str(table.schema.field(name).type) for name in ("trial_id", "seconds", "start", "model")}
    assert kinds == {"trial_id": "int64", "seconds": "double", "start": "timestamp[us]", "model": "string"}


@pytest.mark.parametrize("query", ["?sort=-nothing", "?picked=x", "?param:none=1..2", "?%ff=%00"])
def test_a_query_of_nonsense_does_no_harm(app: Dash, query: str) -> None:
    saved(app, "csv", query)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\tx", "\r=1", "\n=1", "\uff1d1"])
def test_a_formula_is_a_text(text: str) -> None:
    heading, cell = list(csv.reader(io.StringIO("".join(csv_lines([text], [[text]])), newline="")))
    assert heading == cell == [f"'{text}"]


@given(st.lists(st.tuples(_TEXTS, st.floats() | st.none()), max_size=5))
def test_what_was_written_is_read_again(rows: list[tuple[str, float | None]]) -> None:
    found = list(csv.reader(io.StringIO("".join(csv_lines(["a", "b"], rows)), newline="")))[1:]
    for (text, number), (kept, written) in zip(rows, found, strict=True):
        assert kept.removeprefix("'") == text.removeprefix("'")
        assert not kept.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
        is_nothing = number is None or number != number
        assert written == "" if is_nothing else float(written) == number
