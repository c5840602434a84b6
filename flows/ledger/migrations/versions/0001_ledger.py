"""Films, jobs, attempts, events."""

import sqlalchemy as sa
from alembic import op

from flows.ledger.migrations.append_only import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite counts up by itself in INTEGER columns only.
ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JOB_STATES = (
    "'queued', 'running', 'ready', 'needs a look', 'rejected', 'quarantined', 'superseded', 'cancelled'"
)


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "films",
        sa.Column("id", ID, primary_key=True),
        *(_text(name) for name in ("results", "source", "name", "label", "presence", "reason")),
        sa.Column("size", ID, nullable=False),
        _text("mark"),
        sa.Column("looks", ID, nullable=False),
        sa.Column("first_seen_at", sa.Float(53), nullable=False),
        sa.Column("seen_at", sa.Float(53), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("content", "taken_mark", "taken_wish")),
        sa.Column("versions", ID, nullable=False),
        sa.Column("current_job", ID),
        sa.UniqueConstraint("results", "source"),
        sa.UniqueConstraint("results", "name"),
        sa.CheckConstraint("presence in ('waiting', 'taken', 'gone')", name="films_presence"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", ID, primary_key=True),
        *(_text(name) for name in ("results", "identity")),
        sa.Column("film_id", ID, sa.ForeignKey("films.id"), nullable=False, index=True),
        sa.Column("version", ID, nullable=False),
        *(_text(name) for name in ("folder", "source", "mark", "content")),
        sa.Column("size", ID, nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        *(_text(name) for name in ("cause", "asked_by")),
        sa.Column("made_from", ID),
        *(_text(name) for name in ("state", "reason", "remedy")),
        sa.Column("outcome", sa.Text()),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        *(_text(name) for name in ("step", "detail")),
        sa.Column("share", sa.Float(53), nullable=False),
        sa.Column("priority", ID, nullable=False),
        sa.Column("not_before", sa.Float(53), nullable=False),
        sa.Column("worker", sa.Text()),
        sa.Column("lease_until", sa.Float(53)),
        sa.Column("strikes", ID, nullable=False),
        *(_text(name) for name in ("strike_mark", "stderr_tail", "reproduce")),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("queued_at", sa.Float(53), nullable=False),
        sa.Column("claimed_at", sa.Float(53)),
        sa.Column("ended_at", sa.Float(53)),
        sa.UniqueConstraint("results", "identity"),
        sa.CheckConstraint(f"state in ({JOB_STATES})", name="jobs_state"),
    )
    op.create_index("jobs_by_state", "jobs", ["results", "state", "not_before"])
    op.create_table(
        "attempts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("job_id", ID, sa.ForeignKey("jobs.id"), nullable=False, index=True),
        *(_text(name) for name in ("worker", "host")),
        sa.Column("pid", ID),
        sa.Column("started_at", sa.Float(53), nullable=False),
        sa.Column("beat_at", sa.Float(53), nullable=False),
        sa.Column("ended_at", sa.Float(53)),
        sa.Column("ended", sa.Text()),
        sa.Column("code", ID),
        _text("step"),
        sa.Column("counted", sa.Boolean(), nullable=False),
        _text("stderr_tail"),
    )
    op.create_table(
        "events",
        sa.Column("id", ID, primary_key=True),
        sa.Column("job_id", ID, sa.ForeignKey("jobs.id"), nullable=False, index=True),
        sa.Column("at", sa.Float(53), nullable=False, index=True),
        sa.Column("before", sa.Text()),
        *(_text(name) for name in ("after", "reason", "who")),
    )
    append_only("events")


def downgrade() -> None:
    """There is nothing before this."""
    for table in ("events", "attempts", "jobs", "films"):
        op.drop_table(table)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)
