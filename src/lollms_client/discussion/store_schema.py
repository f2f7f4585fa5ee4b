"""The tables of the store, as they are after the newest migration."""

from __future__ import annotations

import sqlalchemy as sa

HEAD = "0002"  # the newest migration; a test holds the two together
VERSION_TABLE = "lollms_schema_version"

metadata = sa.MetaData()

facts = sa.Table(
    "lollms_store_facts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

discussions = sa.Table(
    "lollms_discussions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),  # its words for search; empty in an encrypted store
    sa.Column("body", sa.LargeBinary, nullable=False),  # the state as JSON, or sealed
    sa.Column("created_at", sa.Double, nullable=False),  # seconds since 1970
    sa.Column("updated_at", sa.Double, nullable=False, index=True),
)

messages = sa.Table(
    "lollms_messages",
    metadata,
    sa.Column(
        "sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True
    ),  # the order of being added
    sa.Column("discussion_id", sa.Text, sa.ForeignKey("lollms_discussions.id", ondelete="CASCADE"), nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("parent_id", sa.Text),
    sa.Column("content", sa.Text, nullable=False),  # its words for search; empty in an encrypted store
    sa.Column("body", sa.LargeBinary, nullable=False),  # the message as JSON, or sealed
    sa.UniqueConstraint("discussion_id", "id"),
    sa.ForeignKeyConstraint(
        ["discussion_id", "parent_id"],
        ["lollms_messages.discussion_id", "lollms_messages.id"],
        deferrable=True,
        initially="DEFERRED",
    ),
    sa.Index("lollms_messages_by_parent", "parent_id", "discussion_id", "sequence"),
    sa.Index("lollms_messages_in_order", "discussion_id", "sequence"),
    sqlite_autoincrement=True,
)

media = sa.Table(
    "lollms_media",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("mime_type", sa.Text, nullable=False),  # empty in an encrypted store
    sa.Column("data", sa.LargeBinary, nullable=False),
)

message_media = sa.Table(
    "lollms_message_media",
    metadata,
    sa.Column(
        "message_sequence",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        sa.ForeignKey("lollms_messages.sequence", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("hash", sa.Text, sa.ForeignKey("lollms_media.hash"), primary_key=True, index=True),
)
