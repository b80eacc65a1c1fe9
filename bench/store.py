"""Trials a second that the store takes, beside Optuna's own storages, in the same run.

An empty objective with five parameters and ten reports: what is measured is the storage, Optuna and
the strategy, and nothing else.
"""

import multiprocessing
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import Trial, TrialState

from bench.rows import Row
from tunescope.search import make_sampler
from tunescope.store import open_storage

_REPORTS = 10
_STUDY = "bench"
_WORKERS = 4
_READERS = 4
_PAUSE_SECONDS = 0.1  # between two looks of a reader: the readers are to hold up the store, not the processor
_SECONDS = 4.0  # for each rate
_ADAPTIVE_TRIALS = 40  # of TPE and evolution, whose trials cost more the more there are
_EARLY, _LATE, _SPAN = 100, 10_000, 500


def measure() -> list[Row]:
    """Every rate beside that of ``RDBStorage`` on SQLite as it comes."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [
            *_random(folder),
            _workers(folder),
            *_growth(folder),
            *(_adaptive(folder, strategy) for strategy in ("tpe", "evolutionary")),
            _readers(folder),
        ]


def objective(trial: Trial) -> float:
    """Five parameters of every kind and ten reports, and no work."""
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_float("rate", 1e-4, 1, log=True)
    trial.suggest_int("depth", 1, 9)
    trial.suggest_int("width", 1, 100)
    trial.suggest_categorical("kernel", ["rbf", "linear", "poly"])
    for step in range(_REPORTS):
        trial.report(x * step, step)
    return x


def _ours(folder: Path) -> BaseStorage:
    return open_storage(f"sqlite:///{folder}/ours.db")


def _rdb(folder: Path) -> BaseStorage:
    return RDBStorage(f"sqlite:///{folder}/rdb.db")


def _journal(folder: Path) -> BaseStorage:
    return JournalStorage(JournalFileBackend(f"{folder}/journal.log"))


@dataclass(frozen=True)
class _Rate:
    """Trials a second, and how many were tried for it."""

    value: float
    n: int


def _random(folder: Path) -> list[Row]:
    ours = _timed(_study(_ours(folder), "random"))
    rdb = _timed(_study(_rdb(folder), "random"))
    journal = _timed(_study(_journal(folder), "random"))
    rivals = (
        ("RDBStorage; goal: 20 x", rdb.value, 20 * rdb.value),
        ("journal file", journal.value, journal.value),
        ("one bare durable commit each", _bare_commits(folder), None),
    )
    return [
        Row(f"random, one process (rival: {rival})", "trials/s", ours.value, ours.n, value, goal, "higher")
        for rival, value, goal in rivals
    ]


def _timed(study: optuna.Study) -> _Rate:
    study.optimize(objective, n_trials=5)
    begun = time.perf_counter()
    study.optimize(objective, timeout=_SECONDS)
    n = len(study.get_trials(deepcopy=False)) - 5
    return _Rate(n / (time.perf_counter() - begun), n)


def _bare_commits(folder: Path) -> float:
    """Rows a second that SQLite itself commits durably, one a transaction."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE rows (x REAL)")
    begun, n = time.perf_counter(), 0
    while time.perf_counter() - begun < _SECONDS / 4:
        connection.execute("INSERT INTO rows VALUES (0.5)")
        n += 1
    connection.close()
    return n / (_SECONDS / 4)


def _workers(folder: Path) -> Row:
    ours, rdb = (_shared_rate(folder / name, make) for name, make in (("o", _ours), ("r", _rdb)))
    return Row(
        f"random, {_WORKERS} processes on one study (rival: RDBStorage; goal: 20 x)",
        "trials/s",
        ours.value,
        ours.n,
        rdb.value,
        20 * rdb.value,
        "higher",
    )


def _shared_rate(folder: Path, make: Callable[[Path], BaseStorage]) -> _Rate:
    folder.mkdir()
    study = _study(make(folder), "random")
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(_WORKERS)
    workers = [context.Process(target=_work, args=(folder, make, start)) for _ in range(_WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    trials = [trial for trial in study.get_trials(deepcopy=False) if trial.state == TrialState.COMPLETE]
    starts, ends = zip(*((trial.datetime_start, trial.datetime_complete) for trial in trials), strict=True)
    return _Rate(len(trials) / (max(ends) - min(starts)).total_seconds(), len(trials))


def _work(folder: Path, make: Callable[[Path], BaseStorage], start: threading.Barrier) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = _study(make(folder), "random")
    start.wait()
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        try:
            study.optimize(objective, timeout=until - time.monotonic())
        except optuna.exceptions.StorageInternalError:  # the rival gives up on a locked database
            continue


def _growth(folder: Path) -> list[Row]:
    """The same study at its beginning and far on."""
    study = _study(_ours(folder / "growth"), "random")
    study.optimize(objective, n_trials=_EARLY)
    early = _span(study)
    study.optimize(objective, n_trials=_LATE - _EARLY - _SPAN)
    late = _span(study)
    name = f"random, at trial {_LATE} (rival: at trial {_EARLY}; goal: half as many)"
    return [Row(name, "trials/s", late, _SPAN, early, early / 2, "higher")]


def _span(study: optuna.Study) -> float:
    begun = time.perf_counter()
    study.optimize(objective, n_trials=_SPAN)
    return _SPAN / (time.perf_counter() - begun)


def _adaptive(folder: Path, strategy: str) -> Row:
    rates = []
    for make in (_ours, _rdb):
        study = _study(make(folder), strategy)
        begun = time.perf_counter()
        study.optimize(objective, n_trials=_ADAPTIVE_TRIALS)
        rates.append(_ADAPTIVE_TRIALS / (time.perf_counter() - begun))
    name = f"{strategy}, one process (rival: RDBStorage; goal: 5 x)"
    return Row(name, "trials/s", rates[0], _ADAPTIVE_TRIALS, rates[1], 5 * rates[1], "higher")


def _readers(folder: Path) -> Row:
    """How long the slowest `tell` takes while other processes read every trial, over and over."""
    study = _study(_ours(folder), "random")
    alone = _tells(study)
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    readers = [context.Process(target=_read, args=(folder, stop)) for _ in range(_READERS)]
    for reader in readers:
        reader.start()
    beside = _tells(study)
    stop.set()
    for reader in readers:
        reader.join()
    name = f"slowest `tell` while {_READERS} processes open and read the study (rival: none does)"
    return Row(name, "ms", max(beside), len(beside), max(alone), max(alone) + 100.0)


def _tells(study: optuna.Study) -> list[float]:
    """Milliseconds of each `tell`."""
    until, taken = time.monotonic() + _SECONDS, []
    while time.monotonic() < until:
        trial = study.ask()
        value = objective(trial)
        begun = time.perf_counter()
        study.tell(trial, value)
        taken.append(1e3 * (time.perf_counter() - begun))
    return taken


def _read(folder: Path, stop: threading.Event) -> None:
    while not stop.wait(_PAUSE_SECONDS):
        connection = sqlite3.connect(folder / "ours.db")
        for table in ("trials", "trial_params", "trial_values", "trial_intermediate_values"):
            connection.execute(f"SELECT * FROM {table}").fetchall()
        connection.close()


def _study(storage: BaseStorage, strategy: str) -> optuna.Study:
    """A study of its own for each strategy, which the workers share."""
    return optuna.create_study(
        study_name=f"{_STUDY}-{strategy}",
        storage=storage,
        load_if_exists=True,
        sampler=make_sampler(strategy, seed=None),
    )
