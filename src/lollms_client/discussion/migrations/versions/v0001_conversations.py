"""The first tables: discussions, messages with full-text search, media."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_SQLITE_SEARCH = (
    (
        "CREATE VIRTUAL TABLE lollms_messages_search USING fts5(content, content='lollms_messages', "
        "content_rowid='sequence', tokenize='unicode61 remove_diacritics 2')"
    ),
    (
        "CREATE TRIGGER lollms_messages_added AFTER INSERT ON lollms_messages BEGIN "
        "INSERT INTO lollms_messages_search(rowid, content) VALUES (new.sequence, new.content); END"
    ),
    (
        "CREATE TRIGGER lollms_messages_removed AFTER DELETE ON lollms_messages BEGIN "
        "INSERT INTO lollms_messages_search(lollms_messages_search, rowid, content) "
        "VALUES ('delete', old.sequence, old.content); END"
    ),
    (
        "CREATE TRIGGER lollms_messages_changed AFTER UPDATE OF content ON lollms_messages BEGIN "
        "INSERT INTO lollms_messages_search(lollms_messages_search, rowid, content) "
        "VALUES ('delete', old.sequence, old.content); "
        "INSERT INTO lollms_messages_search(rowid, content) VALUES (new.sequence, new.content); END"
    ),
)
_POSTGRES_SEARCH = (
    (
        "ALTER TABLE lollms_messages ADD COLUMN content_words tsvector "
        "GENERATED ALWAYS AS (to_tsvector('simple', left(content, 200000))) STORED"
    ),
    "CREATE INDEX lollms_messages_words ON lollms_messages USING gin (content_words)",
)


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "lollms_store_facts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "lollms_discussions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
    )
    op.create_index("ix_lollms_discussions_updated_at", "lollms_discussions", ["updated_at"])
    _create_messages()
    _create_media()
    statements = _SQLITE_SEARCH if op.get_bind().dialect.name == "sqlite" else _POSTGRES_SEARCH
    for statement in statements:
        op.execute(statement)


def _create_messages() -> None:
    op.create_table(
        "lollms_messages",
        sa.Column("sequence", _SEQUENCE, sa.Identity(), primary_key=True),
        sa.Column("discussion_id", sa.Text, sa.ForeignKey("lollms_discussions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Text),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("discussion_id", "id"),
        sa.ForeignKeyConstraint(
            ["discussion_id", "parent_id"],
            ["lollms_messages.discussion_id", "lollms_messages.id"],
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("lollms_messages_by_parent", "lollms_messages", ["parent_id", "discussion_id", "sequence"])
    op.create_index("lollms_messages_in_order", "lollms_messages", ["discussion_id", "sequence"])


def _create_media() -> None:
    op.create_table(
        "lollms_media",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("mime_type", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "lollms_message_media",
        sa.Column(
            "message_sequence",
            _SEQUENCE,
            sa.ForeignKey("lollms_messages.sequence", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("hash", sa.Text, sa.ForeignKey("lollms_media.hash"), primary_key=True),
    )
    op.create_index("ix_lollms_message_media_hash", "lollms_message_media", ["hash"])


def downgrade() -> None:
    """Drop everything, data included."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE lollms_messages_search")
    for table in ("message_media", "media", "messages", "discussions", "store_facts"):
        op.drop_table(f"lollms_{table}")
