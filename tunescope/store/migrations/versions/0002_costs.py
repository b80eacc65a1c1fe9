"""What a trial ran on, what it cost there, and what was adapted for it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "device": sa.String(length=40),
    "precision": sa.String(length=16),
    "batch_size": sa.Integer(),
    "micro_batch": sa.Integer(),
    "flops_per_image": sa.BigInteger(),
    "peak_flops": sa.Float(),
    "energy_joules": sa.Float(),
    "device_memory_bytes": sa.BigInteger(),
    "notes": sa.JSON(),
    "operators": sa.JSON(),
}


TABLE = "tunescope_trials"


def upgrade() -> None:
    # SQLite keeps each column as soon as it is added: a process that died on the way left some of them.
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)}
    for name, kind in COLUMNS.items():
        if name not in there:
            op.add_column(TABLE, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column(TABLE, name)
