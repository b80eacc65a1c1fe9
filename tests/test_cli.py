"""`tunescope`: every command on a real store, answered as a search answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dashboard_samples import Samples

from tunescope import cli
from tunescope.store import Store, commands, frames, open_store, runs


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    Samples(store, tmp_path).run("signs", trials=2, strategies=["grid"])
    yield store
    store.close()


def invoke(store: Store, *arguments: str) -> Any:
    return CliRunner().invoke(cli.main, ["--store", store.url, *arguments])


@contextmanager
def answering(store: Store, outcome: str) -> Iterator[None]:
    """Acknowledge what is asked of the run while the block runs."""
    done = threading.Event()

    def answer() -> None:
        while not done.wait(0.02):
            for command in commands.pending(store, "signs"):
                commands.acknowledge(store, command, outcome)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def asked(store: Store) -> list[tuple[str, Any]]:
    frame = frames.commands_frame(store, "signs")
    return list(zip(frame["name"], frame["argument"], strict=True))


@pytest.mark.parametrize(
    ("arguments", "name", "argument"),
    [
        (["pause", "signs"], "pause", None),
        (["resume", "signs"], "resume", None),
        (["stop", "signs"], "stop", None),
        (["stop", "signs", "--finish-trials"], "stop", {"finish_trials": True}),
        (["prune", "signs", "signs-grid", "1"], "prune", {"study": "signs-grid", "number": 1}),
        (["workers", "signs", "3"], "workers", {"count": 3}),
        (
            ["enqueue", "signs", "model=svm", "svm.C=10", "--strategy", "grid"],
            "enqueue",
            {"configuration": {"model": "svm", "svm.C": 10.0}, "strategy": "grid"},
        ),
        (
            ["budget", "signs", "--max-trials", "99", "--target-accuracy", "none"],
            "budget",
            {"max_trials": 99, "target_accuracy": None},
        ),
    ],
)
def test_a_command_is_sent_and_its_outcome_printed(
    store: Store, arguments: list[str], name: str, argument: Any
) -> None:
    with answering(store, "Done, says the search."):
        result = invoke(store, *arguments)
    assert (result.exit_code, result.output) == (0, "Done, says the search.\n")
    assert asked(store) == [(name, argument)]


def test_a_run_that_does_not_answer_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_ANSWER_SECONDS", 0.1)
    result = invoke(store, "pause", "signs")
    assert result.exit_code == 0
    assert "has not answered yet" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pause", "other"], ["no run `other`"]),
        (["enqueue", "signs", "model=forest"], ["`model`", "forest"]),
        (["enqueue", "signs", "svm.C"], ["name=value"]),
        (["budget", "signs", "--max-trials", "0"], ["at least 1"]),
        (["budget", "signs", "--max-trials", "many"], ["whole number", "`none`"]),
        (["budget", "signs", "--max-trials", "none", "--max-seconds", "none"], ["needs an end"]),
        (["budget", "signs"], ["at least one budget"]),
        (["workers", "signs", "0"], ["`search.workers` is 0"]),
    ],
)
def test_a_fault_is_one_sentence_and_nothing_is_sent(
    store: Store, arguments: list[str], words: list[str]
) -> None:
    result = invoke(store, *arguments)
    assert result.exit_code != 0
    assert all(word in result.output for word in words)
    assert "Traceback" not in result.output
    assert asked(store) == []


def test_nothing_is_asked_of_a_run_that_has_ended(store: Store) -> None:
    runs.finish(store, "signs", "finished")
    result = invoke(store, "pause", "signs")
    assert result.exit_code == 1
    assert "`signs` is finished" in result.output
    assert asked(store) == []


def test_runs_are_listed_with_their_state(store: Store) -> None:
    runs.pause(store, "signs", True)
    result = invoke(store, "runs")
    assert result.output.split()[:2] == ["signs", "paused"]
