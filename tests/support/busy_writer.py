"""A search in a process of its own, until its input ends: `busy_writer.py tunescope|optuna URL`.

It writes a line when its study is there, and in the end how many trials it told.
"""

import sys
import threading

import optuna
from optuna.storages import BaseStorage, RDBStorage
from store_workers import objective

from tunescope.store import open_storage

STUDY = "busy"


def main(kind: str, url: str) -> None:
    """Try and tell until nobody wants any more."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage: BaseStorage = open_storage(url) if kind == "tunescope" else RDBStorage(url)
    study = optuna.create_study(
        study_name=STUDY, storage=storage, direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0)
    )
    print("begun", flush=True)
    is_enough = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), is_enough.set()), daemon=True).start()
    told = 0
    while not is_enough.is_set():
        trial = study.ask()
        study.tell(trial, objective(trial))
        told += 1
    storage.remove_session()
    print(told, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
