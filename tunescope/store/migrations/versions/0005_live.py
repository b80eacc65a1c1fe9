"""What a run is doing while it works, and what memory traffic its networks cause."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RESOURCES = "tunescope_resources"
COLUMNS: dict[str, dict[str, sa.types.TypeEngine[Any]]] = {
    "tunescope_trials": {"bytes_per_image": sa.BigInteger(), "peak_bandwidth": sa.Float()},
    "tunescope_epochs": {"predictions": sa.JSON()},
}


def upgrade() -> None:
    # SQLite keeps each change as soon as it is made: a process that died on the way left some of them.
    known = sa.inspect(op.get_bind())
    for table, columns in COLUMNS.items():
        there = {column["name"] for column in known.get_columns(table)}
        for name, kind in columns.items():
            if name not in there:
                op.add_column(table, sa.Column(name, kind, nullable=True))
    if RESOURCES not in known.get_table_names():
        op.create_table(
            RESOURCES,
            sa.Column("run_id", sa.String(length=60), nullable=False),
            sa.Column("at", sa.DateTime(), nullable=False),
            sa.Column("cpu_percent", sa.Float(), nullable=False),
            sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
            sa.Column("gpus", sa.JSON(), nullable=True),
            sa.ForeignKeyConstraint(["run_id"], ["tunescope_runs.run_id"], ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("run_id", "at"),
        )


def downgrade() -> None:
    op.drop_table(RESOURCES)
    for table, columns in COLUMNS.items():
        for name in reversed(columns):
            op.drop_column(table, name)
