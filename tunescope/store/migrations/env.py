"""Run by Alembic: migrates on the connection that :func:`tunescope.store.migrations.upgrade` hands over."""

from alembic import context

from tunescope.store.migrations import is_ours
from tunescope.store.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    include_name=is_ours,
    include_object=lambda _, name, kind, *__: is_ours(name, kind),
)
with context.begin_transaction():
    context.run_migrations()
