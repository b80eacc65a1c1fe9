"""Stars, tags and notes of trials, and views of them under a name."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ANNOTATIONS, VIEWS = "tunescope_annotations", "tunescope_views"


def upgrade() -> None:
    # SQLite keeps each table as soon as it is made: a process that died on the way left some of them.
    known = sa.inspect(op.get_bind()).get_table_names()
    if ANNOTATIONS not in known:
        op.create_table(
            ANNOTATIONS,
            sa.Column("trial_id", sa.Integer(), nullable=False),
            sa.Column("is_starred", sa.Boolean(), nullable=False),
            sa.Column("tags", sa.JSON(), nullable=False),
            sa.Column("note", sa.Text(), nullable=False),
            sa.Column("changed", sa.DateTime(), nullable=False),
            sa.ForeignKeyConstraint(["trial_id"], ["trials.trial_id"], ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("trial_id"),
        )
    if VIEWS not in known:
        op.create_table(
            VIEWS,
            sa.Column("view_id", sa.Integer(), nullable=False),
            sa.Column("name", sa.String(length=80), nullable=False),
            sa.Column("query", sa.Text(), nullable=False),
            sa.Column("created", sa.DateTime(), nullable=False),
            sa.PrimaryKeyConstraint("view_id"),
            sa.UniqueConstraint("name"),
        )


def downgrade() -> None:
    op.drop_table(VIEWS)
    op.drop_table(ANNOTATIONS)
