"""Starting runs: a process of its own for each, which outlives the page and the server."""

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tunescope.errors import RunError
from tunescope.store import Store, runs
from tunescope.store.full_disk import full_disk_sentence, tells_of_full_disk

CONFIGURATION = Path("conf/base/parameters")
REPORTING = Path("data/08_reporting")
# The pipelines that prepare a dataset and stop before any search.
PREPARATION = ("preprocessing", "feature_extraction")
_PREPARED = "prepare-"
# Of the raw output, which would break its lines after 80 characters.
_LOG_WIDTH = "160"


def project_folder() -> Path:
    """The Kedro project that runs belong to: the working folder if it is one, else this package's."""
    here = Path.cwd()
    return here if (here / CONFIGURATION).is_dir() else Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Launcher:
    """How a run is launched: the command that takes ``--config=FILE``, and the folder to start it in."""

    command: tuple[str, ...] = (sys.executable, "-m", "kedro", "run")
    project: Path = field(default_factory=project_folder)


KEDRO = Launcher()


def start_run(
    store: Store, parameters: Mapping[str, Any], launcher: Launcher = KEDRO, pipelines: Sequence[str] = ()
) -> str:
    """Start a run and return its id at once; ``run.id`` is made up when the parameters hold none.

    Args:
        store: gets the run.
        parameters: the run's tree, as far as it differs from the configuration.
        launcher: the command that is started.
        pipelines: names of the pipelines to run; all of them when empty.

    Raises:
        RunError: when there is a run of that id, or when its process cannot be started.
    """
    run_id, tree = _announced(store, parameters, launcher.project)
    _spawn(store, run_id, tree, launcher, pipelines)
    return run_id


def start_preparation(store: Store, parameters: Mapping[str, Any], launcher: Launcher = KEDRO) -> str:
    """Start a run that prepares a dataset and searches nothing; returns its id at once.

    Raises:
        RunError: when its process cannot be started.
    """
    run_id = runs.generated_id(_PREPARED + _stem(parameters))
    return start_run(store, _named(parameters, run_id), launcher, PREPARATION)


def is_preparation(run_id: str) -> bool:
    """Whether a run only prepares a dataset; its id says so."""
    return run_id.startswith(_PREPARED)


def resume_run(store: Store, run_id: str, launcher: Launcher = KEDRO) -> None:
    """Start a process that goes on with a run whose own is dead.

    Raises:
        RunError: when a live process works on the run, or when none can be started.
        UnknownNameError: when there is no such run.
    """
    runs.announce_again(store, run_id)
    tree = _named(runs.get(store, run_id)["parameters"], run_id)
    _spawn(store, run_id, tree, launcher, PREPARATION if is_preparation(run_id) else ())


def command_line(tree: Mapping[str, Any]) -> str:
    """The shell command that starts the same run; values that ``--params`` cannot carry go into a file."""
    leaves = list(_leaves(tree))
    if not leaves:
        return "kedro run"
    if all(_fits(value) for _, value in leaves):
        parameters = ",".join(f"{key}={_written(value)}" for key, value in leaves)
        return f"kedro run --params={shlex.quote(parameters)}"
    return f"cat > run.yml <<'END'\n{run_file(tree)}END\nkedro run --config=run.yml"


def run_file(tree: Mapping[str, Any], pipelines: Sequence[str] = ()) -> str:
    """The YAML that `kedro run --config=` takes for the same run."""
    # Kedro reads the names as its option takes them: one text with commas.
    chosen = {"pipelines": ",".join(pipelines)} if pipelines else {}
    given = {"run": {"params": dict(tree), **chosen}}
    text: str = yaml.safe_dump(given, sort_keys=False, allow_unicode=True)
    return text


def _announced(store: Store, parameters: Mapping[str, Any], project: Path) -> tuple[str, dict[str, Any]]:
    """Enter the run under the id that it was given, or under one made up from its data's name."""
    run_id = parameters.get("run", {}).get("id") or runs.generated_id(_stem(parameters))
    tree = _named(parameters, run_id)
    runs.announce(store, run_id, tree, project / REPORTING / run_id)
    return run_id, tree


def _named(parameters: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    return {**parameters, "run": {**parameters.get("run", {}), "id": run_id}}


def _stem(parameters: Mapping[str, Any]) -> str:
    dataset = parameters.get("dataset", {})
    return str(dataset.get("name") or Path(dataset.get("source", "run")).stem)


def _spawn(
    store: Store, run_id: str, tree: Mapping[str, Any], launcher: Launcher, pipelines: Sequence[str]
) -> None:
    folder = Path(runs.get(store, run_id)["folder"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "run.yml"
        configuration.write_text(run_file(tree, pipelines), encoding="utf-8")
        process = _process(store, configuration, folder / "launch.log", launcher)
    except OSError as error:
        why = full_disk_sentence(run_id, str(folder)) if tells_of_full_disk(error) else error
        reason = f"The process of run `{run_id}` could not be started: {why}"
        runs.finish(store, run_id, "failed", reason)
        raise RunError(reason) from error
    runs.hand_over(store, run_id, process.pid)
    # Waited for in the background, so that no zombie stays when it ends before the server does.
    threading.Thread(target=process.wait, name=f"wait-{run_id}", daemon=True).start()


def _process(store: Store, configuration: Path, log: Path, launcher: Launcher) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        return subprocess.Popen(
            [*launcher.command, f"--config={configuration}"],
            cwd=launcher.project,
            env={**os.environ, "TUNESCOPE_STORE": _absolute(store), "COLUMNS": _LOG_WIDTH},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _absolute(store: Store) -> str:
    """The store's URL as it reads from the project's folder, where the process starts."""
    prefix, _, path = store.url.partition(":///")
    is_relative = prefix.startswith("sqlite") and path and not path.startswith(("/", ":"))
    return f"{prefix}:///{Path(path).resolve()}" if is_relative else store.url


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _written(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "+".join(map(str, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "null" if value is None else str(value)


def _fits(value: Any) -> bool:
    """Whether ``--params`` gives the value back: it splits at commas, and reads `007` as a number."""
    written = _written(value)
    if "," in written or "\n" in written or isinstance(value, Mapping):
        return False
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(one, str) and "+" not in one for one in value)
    try:
        return bool(yaml.safe_load(written) == value)
    except yaml.YAMLError:
        return False
