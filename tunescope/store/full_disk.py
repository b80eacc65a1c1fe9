"""A full disk, as those tell it who come to know it: the file system, SQLite, PostgreSQL."""

import os
from errno import EDQUOT, ENOSPC

# SQLite's own words, and the system's, which OSError and PostgreSQL pass on.
_SIGNS = ("database or disk is full", os.strerror(ENOSPC), os.strerror(EDQUOT))


def tells_of_full_disk(problem: BaseException | str | None) -> bool:
    """Whether a message, an error, or an error that it came from says that a disk is full."""
    if isinstance(problem, BaseException):
        return tells_of_full_disk(str(problem)) or tells_of_full_disk(
            problem.__cause__ or problem.__context__
        )
    return problem is not None and any(sign in problem for sign in _SIGNS)


def full_disk_sentence(run_id: str, *places: str) -> str:
    """What a person is told, and how to mend it."""
    named = " or ".join(f"`{place}`" for place in places)
    return (
        f"a disk is full, the one of {named}: what was finished is safe; make room, then "
        f"launch run `{run_id}` again, which goes on"
    )
