"""Search looks into words without case, accents and punctuation, and finds single signs of scripts without spaces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lollms_client.discussion.search_words import searchable

revision = "0002"
down_revision = "0001"

_STEP = 1_000  # rows rewritten at once
_MESSAGES = sa.table("lollms_messages", sa.column("sequence", sa.Integer), sa.column("content", sa.Text))
_DISCUSSIONS = sa.table("lollms_discussions", sa.column("id", sa.Text), sa.column("title", sa.Text))


def upgrade() -> None:
    """Rewrite what search looks into; the messages and titles themselves stay as they are."""
    for table, key, text in (
        (_MESSAGES, _MESSAGES.c.sequence, _MESSAGES.c.content),
        (_DISCUSSIONS, _DISCUSSIONS.c.id, _DISCUSSIONS.c.title),
    ):
        connection = op.get_bind()
        change = table.update().where(key == sa.bindparam("of_key")).values({text: sa.bindparam("words")})
        query = sa.select(key, text).order_by(key).limit(_STEP)
        rows = connection.execute(query).all()
        while rows:
            words = [{"of_key": row[0], "words": searchable(row[1])} for row in rows if row[1]]
            if words:
                connection.execute(change, words)
            rows = connection.execute(query.where(key > rows[-1][0])).all()


def downgrade() -> None:
    """Nothing to do: what search looked into before is found with these words as well."""
