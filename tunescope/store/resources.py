"""What runs use of their machine: a sample every few seconds, the older the sparser."""

import logging
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from tunescope.store.engine import Store
from tunescope.store.schema import now, resources

MOST = 600
# So many stay as they were sampled: what a page shows.
NEWEST = 200

_logger = logging.getLogger(__name__)


def note(
    store: Store, run_id: str, cpu_percent: float, memory_bytes: int, gpus: list[dict[str, Any]] | None
) -> None:
    """Enter what a run uses now. A sample that cannot be written is left out: no run should end for it."""
    values = {"cpu_percent": cpu_percent, "memory_bytes": memory_bytes, "gpus": gpus}
    try:
        with store.engine.begin() as connection:
            connection.execute(insert(resources).values(run_id=run_id, at=now(), **values))
    except SQLAlchemyError as error:
        _logger.debug("what run %s uses was not noted: %s", run_id, error)


def thin(store: Store, run_id: str) -> None:
    """Once there are more than ``MOST`` samples, drop every second one that is not among the newest."""
    own = resources.c.run_id == run_id
    with store.reader.connect() as connection:
        moments = list(
            connection.execute(select(resources.c.at).where(own).order_by(resources.c.at)).scalars()
        )
    if len(moments) <= MOST:
        return
    dropped = moments[1:-NEWEST:2]
    try:
        with store.engine.begin() as connection:
            connection.execute(delete(resources).where(own, resources.c.at.in_(dropped)))
    except SQLAlchemyError as error:
        _logger.debug("the samples of run %s were not thinned: %s", run_id, error)
