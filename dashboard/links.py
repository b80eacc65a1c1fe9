"""Addresses inside the app."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

OVERVIEW, NEW, TRIALS, REPORTS, DATASETS = "/", "/new", "/trials", "/reports", "/datasets"
TIMING, BENCHMARKS = "/timing", "/benchmarks"
LEARNING_RATE, ARCHITECTURES = "/learning-rate", "/architectures"
PREDICT = "/predict"


def run(run_id: str) -> str:
    """The page of a run."""
    return f"/runs/{quote(run_id, safe='')}"


def trial(study: str, number: int) -> str:
    """The page of one trained model."""
    return f"{TRIALS}/{quote(study, safe='')}/{number}"


def predict(study: str = "", number: int = 0) -> str:
    """The page where photos are given to a trained model, or where one is chosen."""
    return with_query(PREDICT, {"study": study, "trial": str(number) if study else ""})


def trials(**filters: Any) -> str:
    """The table of trials, narrowed: ``trials(run="signs-1", state=["FAIL"])``."""
    return with_query(TRIALS, filters)


def dataset(name: str, **query: Any) -> str:
    """The page of a prepared dataset: ``dataset("signs", fingerprint="f00d", tab="findings")``."""
    return with_query(f"{DATASETS}/{quote(name, safe='')}", query)


def prepare(source: str) -> str:
    """The page of all datasets, with the form that prepares a source."""
    return with_query(DATASETS, {"prepare": source})


def thumbnail(fingerprint: str, row: int, is_rejected: bool = False, size: int = 0) -> str:
    """A picture of a prepared dataset; ``size`` is the longest side that is wanted, 0 for all pixels."""
    query = {"rejected": 1 if is_rejected else 0, "size": size}
    return with_query(f"/thumbnails/{quote(fingerprint, safe='')}/{row}.png", query)


def label_issues(fingerprint: str) -> str:
    """The suspected label errors of a prepared dataset, to save."""
    return f"/label-issues/{quote(fingerprint, safe='')}.csv"


def report(run_id: str) -> str:
    """The report of a run, inside the app."""
    return with_query(REPORTS, {"run": run_id})


def file(run_id: str, name: str, download: bool = False) -> str:
    """A file of a run, to open or to save."""
    address = f"/files/{quote(run_id, safe='')}/{quote(name, safe='')}"
    return f"{address}?download=1" if download else address


def model(trial_id: int) -> str:
    """A trained model with a script that predicts, to save."""
    return f"/models/{trial_id}/model.zip"


def with_query(path: str, query: Mapping[str, Any]) -> str:
    """A path with a query string; empty values are left out."""
    kept = {key: value for key, value in query.items() if value}
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path
