"""Whether a run is paused, and room for the names of several objectives."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RUNS, STUDIES = "tunescope_runs", "tunescope_studies"


def upgrade() -> None:
    inspector = sa.inspect(op.get_bind())
    # SQLite keeps each column as soon as it is added: a process that died on the way left some of them.
    if "paused" not in {column["name"] for column in inspector.get_columns(RUNS)}:
        op.add_column(RUNS, sa.Column("paused", sa.DateTime(), nullable=True))
    with op.batch_alter_table(STUDIES) as table:
        table.alter_column("objective", type_=sa.String(length=120), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table(STUDIES) as table:
        table.alter_column("objective", type_=sa.String(length=40), existing_nullable=False)
    op.drop_column(RUNS, "paused")
