"""What people said and decided on the review page, links, people, sessions."""

import sqlalchemy as sa
from alembic import op

from flows.ledger.migrations.append_only import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "review_events",
        sa.Column("id", ID, primary_key=True),
        *(_text(name) for name in ("results", "event", "film", "version", "kind")),
        sa.Column("at", sa.Float(53), nullable=False),
        _text("who"),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.UniqueConstraint("results", "event"),
    )
    op.create_index("review_events_by_film", "review_events", ["results", "film"])
    append_only("review_events")
    op.create_table(
        "review_shares",
        sa.Column("id", ID, primary_key=True),
        _text("results"),
        sa.Column("token_sha256", sa.Text(), nullable=False, unique=True),
        _text("film"),
        sa.Column("version", sa.Text()),
        _text("label"),
        sa.Column("rights", sa.JSON(), nullable=False),
        _text("made_by"),
        *(sa.Column(name, sa.Float(53), nullable=False) for name in ("created_at", "expires_at")),
        sa.Column("revoked_at", sa.Float(53)),
    )
    op.create_table(
        "review_people",
        sa.Column("id", ID, primary_key=True),
        *(_text(name) for name in ("results", "name", "role", "password")),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.UniqueConstraint("results", "name"),
    )
    op.create_table(
        "review_sign_ins",
        sa.Column("id", ID, primary_key=True),
        sa.Column("token_sha256", sa.Text(), nullable=False, unique=True),
        sa.Column("person", ID, nullable=False, index=True),
        *(sa.Column(name, sa.Float(53), nullable=False) for name in ("created_at", "expires_at")),
    )


def downgrade() -> None:
    """Back to the ledger alone."""
    for table in ("review_sign_ins", "review_people", "review_shares", "review_events"):
        op.drop_table(table)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)
