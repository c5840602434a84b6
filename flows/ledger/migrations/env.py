"""How alembic runs here: on the connection that database.py hands it, inside that one's transaction."""

from alembic import context

from flows.ledger import tables
from flows.ledger.database import VERSION_TABLE
from flows.review import tables as review_tables

# Naming the module declares its tables.
assert review_tables.ReviewEvent.metadata is tables.Base.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.Base.metadata,
    transaction_per_migration=False,
    compare_type=True,
    version_table=VERSION_TABLE,
)
context.run_migrations()
