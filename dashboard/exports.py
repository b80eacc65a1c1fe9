"""The trials that pass a filter, to save: as CSV for people and spreadsheets, as Parquet for programs."""

import csv
import io
import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from flask import Blueprint, Response, request, send_file

from dashboard import connection
from tunescope.store.selection import TrialFilter

exports = Blueprint("exports", __name__)
# A spreadsheet takes a text that begins with one of these for a formula, which may send data elsewhere:
# https://owasp.org/www-community/attacks/CSV_Injection
# Some take the full-width signs for the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_TIMES = ("start", "end")


@exports.get("/export/trials.csv")
def trials_csv() -> Response:
    """The trials as CSV, sent as it is written."""
    answer = Response(_csv(_reader()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="trials.csv"'
    return answer


@exports.get("/export/trials.parquet")
def trials_parquet() -> Response:
    """The trials as Parquet, with the types of their columns."""
    reader = _reader()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trials.parquet"
        with pq.ParquetWriter(path, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
        content = io.BytesIO(path.read_bytes())
    return send_file(
        content, "application/vnd.apache.parquet", as_attachment=True, download_name="trials.parquet"
    )


def csv_lines(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Rows as pieces of CSV in which a spreadsheet finds no formula; times are UTC, as in the store."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    headings = [f"{name} (UTC)" if name in _TIMES else name for name in names]
    writer.writerow([_harmless(one) for one in headings])
    for given in rows:
        writer.writerow([_written(value) for value in given])
        if buffer.tell() > 60_000:
            yield _taken(buffer)
    yield _taken(buffer)


def _reader() -> pa.RecordBatchReader:
    return connection.table().refresh().arrow(TrialFilter.from_query(request.query_string.decode()))


def _csv(reader: pa.RecordBatchReader) -> Iterator[str]:
    rows = (row for batch in reader for row in zip(*(column.to_pylist() for column in batch), strict=True))
    return csv_lines(reader.schema.names, rows)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _written(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return _harmless(value) if isinstance(value, str) else value


def _harmless(text: str) -> str:
    """A text with an apostrophe before what would make it a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
