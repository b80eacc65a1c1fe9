"""Addresses inside the app."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

OVERVIEW, NEW, TRIALS, REPORTS = "/", "/new", "/trials", "/reports"


def run(run_id: str) -> str:
    """The page of a run."""
    return f"/runs/{quote(run_id, safe='')}"


def trial(study: str, number: int) -> str:
    """The page of one trained model."""
    return f"{TRIALS}/{quote(study, safe='')}/{number}"


def trials(**filters: Any) -> str:
    """The table of trials, narrowed: ``trials(run="signs-1", state=["FAIL"])``."""
    return with_query(TRIALS, filters)


def report(run_id: str) -> str:
    """The report of a run, inside the app."""
    return with_query(REPORTS, {"run": run_id})


def file(run_id: str, name: str, download: bool = False) -> str:
    """A file of a run, to open or to save."""
    address = f"/files/{quote(run_id, safe='')}/{quote(name, safe='')}"
    return f"{address}?download=1" if download else address


def with_query(path: str, query: Mapping[str, Any]) -> str:
    """A path with a query string; empty values are left out."""
    kept = {key: value for key, value in query.items() if value}
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path
