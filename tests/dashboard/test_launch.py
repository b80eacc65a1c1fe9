"""Runs are started as processes of their own, and the command line does the same."""

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from dashboard_samples import Samples, tree
from kedro.framework.cli.utils import _split_params

from dashboard.launch import (
    PREPARATION,
    REPORTING,
    Launcher,
    command_line,
    is_preparation,
    resume_run,
    start_preparation,
    start_run,
)
from tunescope.errors import RunError, UnknownNameError
from tunescope.store import Store, commands, runs


def wait_for(condition: Callable[[], Any], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def stop(store: Store, run_id: str) -> None:
    commands.send(store, run_id, "stop")
    wait_for(lambda: runs.get(store, run_id)["state"] == "stopped")


def test_a_run_is_there_at_once_and_its_process_takes_it_over(store: Store, launcher: Launcher) -> None:
    run_id = start_run(store, tree(), launcher)
    assert run_id.startswith("hand-signs-")
    assert runs.get(store, run_id)["state"] in ("starting", "running")
    wait_for(lambda: runs.get(store, run_id)["state"] == "running")
    row = runs.get(store, run_id)
    assert Path(row["folder"]).is_relative_to(launcher.project)
    assert row["parameters"]["run"]["id"] == run_id
    stop(store, run_id)


def test_the_process_is_in_a_session_of_its_own_and_writes_its_output_to_a_file(
    store: Store, launcher: Launcher
) -> None:
    run_id = start_run(store, tree(), launcher)
    wait_for(lambda: runs.get(store, run_id)["state"] == "running")
    row = runs.get(store, run_id)
    assert os.getsid(row["pid"]) == row["pid"]
    wait_for(lambda: "at work" in (Path(row["folder"]) / "launch.log").read_text())
    stop(store, run_id)


def test_no_zombie_is_left_when_a_process_ends(store: Store, launcher: Launcher) -> None:
    run_id = start_run(store, tree(), launcher)
    wait_for(lambda: runs.get(store, run_id)["state"] == "running")
    pid = runs.get(store, run_id)["pid"]
    stop(store, run_id)
    wait_for(lambda: not psutil.pid_exists(pid))


def test_a_run_id_that_is_taken_is_refused(store: Store, launcher: Launcher, tmp_path: Path) -> None:
    runs.announce(store, "mine", tree(), tmp_path)
    with pytest.raises(RunError, match="`mine`"):
        start_run(store, {**tree(), "run": {"id": "mine"}}, launcher)


def test_a_process_that_cannot_start_fails_the_run_with_a_reason(store: Store, tmp_path: Path) -> None:
    broken = Launcher(command=(str(tmp_path / "no-such-program"),), project=tmp_path)
    with pytest.raises(RunError, match="could not be started"):
        start_run(store, {**tree(), "run": {"id": "mine"}}, broken)
    row = runs.get(store, "mine")
    assert row["state"] == "failed"
    assert "no-such-program" in row["reason"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux and some others have a full device")
def test_a_start_on_a_full_disk_says_how_to_mend_it_and_goes_on_when_there_is_room(
    store: Store, launcher: Launcher
) -> None:
    folder = launcher.project / REPORTING / "without-room"
    folder.mkdir(parents=True)
    (folder / "run.yml").symlink_to("/dev/full")  # takes nothing, as a full disk
    with pytest.raises(RunError, match=r"a disk is full, .*without-room`: .* make room") as refused:
        start_run(store, {**tree(), "run": {"id": "without-room"}}, launcher)
    assert "Errno" not in str(refused.value)
    assert runs.get(store, "without-room")["reason"] == str(refused.value)
    (folder / "run.yml").unlink()
    resume_run(store, "without-room", launcher)
    wait_for(lambda: runs.get(store, "without-room")["state"] == "running")
    stop(store, "without-room")


def test_a_process_that_dies_before_its_work_begins_leaves_a_failed_run(store: Store, tmp_path: Path) -> None:
    doomed = Launcher(command=("/bin/sh", "-c", "echo no kedro here; exit 3"), project=tmp_path)
    run_id = start_run(store, tree(), doomed)
    wait_for(lambda: runs.get(store, run_id)["state"] == "failed")
    assert "no kedro here" in (Path(runs.get(store, run_id)["folder"]) / "launch.log").read_text()


def test_an_interrupted_run_goes_on_with_the_parameters_it_had(
    store: Store, launcher: Launcher, tmp_path: Path
) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=0)
    samples.kill("signs")
    assert runs.get(store, "signs")["state"] == "interrupted"
    resume_run(store, "signs", launcher)
    wait_for(lambda: runs.get(store, "signs")["state"] == "running")
    assert runs.get(store, "signs")["launches"] == 2
    stop(store, "signs")


def written(store: Store, run_id: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((Path(runs.get(store, run_id)["folder"]) / "run.yml").read_text())
    return read["run"]


def test_a_search_runs_every_pipeline(store: Store, launcher: Launcher) -> None:
    run_id = start_run(store, tree(), launcher)
    assert "pipelines" not in written(store, run_id)
    wait_for(lambda: runs.get(store, run_id)["state"] == "running")
    stop(store, run_id)


def test_a_preparation_runs_the_preparing_pipelines_also_when_it_is_resumed(
    store: Store, launcher: Launcher
) -> None:
    run_id = start_preparation(store, tree(), launcher)
    assert is_preparation(run_id)
    assert written(store, run_id)["pipelines"].split(",") == list(PREPARATION)
    wait_for(lambda: runs.get(store, run_id)["state"] == "running")
    stop(store, run_id)
    resume_run(store, run_id, launcher)
    assert written(store, run_id)["pipelines"].split(",") == list(PREPARATION)
    wait_for(lambda: runs.get(store, run_id)["state"] == "running")
    stop(store, run_id)


def test_a_run_that_is_alive_is_not_resumed(store: Store, launcher: Launcher, tmp_path: Path) -> None:
    Samples(store, tmp_path).run("signs", trials=0)
    with pytest.raises(RunError, match="working on that run"):
        resume_run(store, "signs", launcher)


def test_an_unknown_run_is_not_resumed(store: Store, launcher: Launcher) -> None:
    with pytest.raises(UnknownNameError):
        resume_run(store, "nobody", launcher)


TREES = [
    {"dataset": {"source": "my photos.zip"}, "search": {"strategies": ["grid", "tpe"], "max_trials": 12}},
    {"search": {"max_seconds": None, "target_accuracy": 0.95}},
    {"run": {"id": "signs-1"}, "search": {"models": ["svm"]}},
]


@pytest.mark.parametrize("given", TREES)
def test_the_command_gives_kedro_the_same_parameters(given: dict[str, Any]) -> None:
    program, verb, option = shlex.split(command_line(given))
    assert (program, verb) == ("kedro", "run")
    read = _split_params(None, None, option.removeprefix("--params="))
    # Lists stand as `a+b` on the command line; the parameters' models split them.
    for section in read.values():
        for key, value in section.items():
            if key in ("strategies", "models"):
                section[key] = value.split("+")
    assert read == given


@pytest.mark.parametrize("source", ["a,b.zip", "007", "2024_01", "yes", "a: b", "null"])
def test_values_that_the_command_line_would_change_go_into_a_file(source: str, tmp_path: Path) -> None:
    given = {"dataset": {"source": source}}
    command = command_line(given)
    assert command.endswith("kedro run --config=run.yml")
    script = command.removesuffix("kedro run --config=run.yml")
    subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, check=True)
    assert yaml.safe_load((tmp_path / "run.yml").read_text()) == {"run": {"params": given}}


def test_without_changes_the_command_is_the_plain_one() -> None:
    assert command_line({}) == "kedro run"
