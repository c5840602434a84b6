"""How alembic runs here: on the connection that database.py hands it, inside that one's transaction."""

from alembic import context

from flows.ledger import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.Base.metadata,
    transaction_per_migration=False,
    compare_type=True,
)
context.run_migrations()
