"""Folders that are either finished or not there."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def finished_folder(target: Path, last: str) -> Iterator[Path]:
    """Give an empty folder to fill, which becomes ``target`` at the end of the block.

    When the block raises, nothing is left. When another process was faster, its folder stays: such a folder's
    name tells its content, so both hold the same. A ``target`` without the file ``last`` is replaced.
    """
    draft = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    draft.mkdir(parents=True)
    try:
        yield draft
        if not (target / last).exists():
            shutil.rmtree(target, ignore_errors=True)
            _move(draft, target, last)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _move(draft: Path, target: Path, last: str) -> None:
    try:
        os.replace(draft, target)
    except OSError:
        if not (target / last).exists():
            raise
