"""Talking with a model: ask, stream the answer into the tree, run the tools that are approved, write a title."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lollms_client.discussion.export_text import to_lollms_text
from lollms_client.discussion.failures import BadConversation
from lollms_client.errors import BadSetting
from lollms_client.types.chat import ChatAccumulator
from lollms_client.types.message import Message

if TYPE_CHECKING:
    from lollms_client.lollms_discussion import LollmsDiscussion

TITLE_REQUEST = (
    "Write a title of at most six words for the conversation below, in its language. Answer with the title alone, "
    "without quotation marks.\n\n{text}"
)
_TITLE_LENGTH = 80  # characters


def ask(discussion: LollmsDiscussion, question: str) -> str:
    """The words of the model's answer to one question. Raises BadSetting without a client."""
    client = discussion.lollmsClient
    if client is None:
        raise BadSetting("the discussion has no client to ask a model with", setting="lollmsClient")
    accumulator = ChatAccumulator()
    accumulator.add_all(client.stream_chat([Message.user(question)]))
    return accumulator.result().text.strip()


def title_from(discussion: LollmsDiscussion, ask_model: Callable[[str], str]) -> str:
    """A title in one line after the first messages of the active branch. Raises BadConversation without any."""
    first = [message for message in discussion.get_messages() if message.content.strip()][:4]
    if not first:
        raise BadConversation("there is nothing yet that a title could be about")
    answer = ask_model(TITLE_REQUEST.format(text=to_lollms_text(first, "")[:4_000]))
    lines = [line.strip().strip("\"'“”«»*#").strip() for line in answer.splitlines()]
    title = next((line for line in lines if line), "")
    if not title:
        raise BadConversation("the model wrote an empty title")
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1].rstrip() + "…"
