"""What jobs of tests do in their processes."""

import os
import time
from pathlib import Path

from tunescope.errors import StoreError


def add(one: int, two: int) -> tuple[int, int]:
    """The sum, and who computed it."""
    return one + two, os.getpid()


def print_and_add(one: int, two: int) -> int:
    """The sum, with noise."""
    print("a library that tells what it does", flush=True)
    os.write(1, b"and one written in C")
    return one + two


def stay(path: Path) -> None:
    """Write its process's number, and stay."""
    path.write_text(str(os.getpid()))
    time.sleep(60)


def refuse() -> None:
    """Fail as the library does."""
    raise StoreError("there are no trials")


def stumble() -> None:
    """Fail as nobody foresaw."""
    1 / 0  # noqa: B018


def die() -> None:
    """End without a word."""
    os._exit(3)
