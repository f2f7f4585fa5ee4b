"""What messages cost of a model's context: counted by its tokenizer, or estimated where that cannot be asked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from lollms_client.discussion.export_text import lollms_turn
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.turns import FROM_ANSWER, NO_RESULT, from_tool
from lollms_client.errors import LollmsError
from lollms_client.types.accounting import CallWarning
from lollms_client.types.media import Media
from lollms_client.types.message import AudioPart, FilePart, ImagePart, Part, ToolResultPart

Strategy = Literal["drop_oldest", "keep_pinned", "summarise"]
TURN_TOKENS = 4  # what the marks around a message cost in the usual chat templates
IMAGE_TOKENS = 1_024  # where nobody says what an image costs
FILE_TOKENS = 1_024  # a sound, or a document that is no plain text
_TEXT_TYPES = ("application/json", "application/xml", "application/yaml", "application/javascript")

Unit = Sequence[LollmsMessage]  # messages that go together: a call of tools and what the tools answered


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How much a model may be given. `count` tells the tokens of a text, `count_image` those of an image.

    `opening` is what the export's form puts before an answer that comes first.
    """

    tokens: int
    count: Callable[[str], int]
    count_image: Callable[[Media | None], int] = lambda _image: IMAGE_TOKENS
    strategy: Strategy = "keep_pinned"
    summarise: Callable[[str], str] | None = None  # asks a model: the request in, the summary out
    opening: str = ""
    counted: dict[tuple[str, int], int] = {}  # of units, by their first message and their length

    def cost(self, message: LollmsMessage) -> int:
        """The tokens of one message: its words as a prompt shows them, its reasoning, its active images, its files."""
        total = self.turn(lollms_turn(message))
        if thoughts := message.thoughts:
            total += self.count(thoughts)
        pictures = [part for place, part in enumerate(message.image_parts) if place not in message.inactive_images]
        total += sum(self.count_image(part.media) for part in pictures)
        if message.sender_type == "assistant" and (
            pictures or any(isinstance(part, (AudioPart, FilePart)) for part in message.parts)
        ):
            total += self.turn(FROM_ANSWER)  # they go to a turn of their own
        for part in message.parts:
            if isinstance(part, ToolResultPart) and not isinstance(part.content, str):
                shown = [piece.media for piece in part.content if isinstance(piece, ImagePart)]
                total += sum(map(self.count_image, shown)) + (self.turn(from_tool(part)) if shown else 0)
            elif isinstance(part, (AudioPart, FilePart)) and part.media is not None:
                words = plain_text(part.media)
                total += FILE_TOKENS if words is None else self.count(words)
        return total

    def unit_cost(self, unit: Unit) -> int:
        """The tokens of messages that go together, and of the results that calls without one are given."""
        key = (unit[0].id, len(unit))
        if key not in self.counted:
            answered = {part.call_id for message in unit for part in message.parts if isinstance(part, ToolResultPart)}
            open_calls = sum(call.id not in answered for message in unit for call in message.tool_calls)
            missing = open_calls * self.turn(NO_RESULT) if open_calls else 0
            self.counted[key] = sum(map(self.cost, unit)) + missing
        return self.counted[key]

    def turn(self, text: str) -> int:
        """The tokens of a turn that says this."""
        return TURN_TOKENS + self.count(text)


def is_opaque(part: Part) -> bool:
    """Whether it is a sound, or a document that is no plain text."""
    return isinstance(part, (AudioPart, FilePart)) and part.media is not None and plain_text(part.media) is None


def plain_text(media: Media) -> str | None:
    """The words of a document that is plain text, None for others."""
    if media.kind != "text" and media.mime_type not in _TEXT_TYPES:
        return None
    return media.decode("utf-8", "replace")


def estimated_tokens(text: str) -> int:
    """A careful guess where no tokenizer is at hand: one token for every three bytes of UTF-8."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 3)


def counter_of(client: Any, notes: list[CallWarning]) -> Callable[[str], int]:
    """How the client's model counts tokens; where it cannot say, an estimate, which is told in `notes`."""
    count: Callable[[str], int] | None = getattr(client, "count_tokens", None)
    if inspect.iscoroutinefunction(count):  # an asynchronous client: its binding's documented method blocks
        count = getattr(getattr(client, "llm", None), "count_tokens", None)
    if count is None:
        notes.append(_approximate("no tokenizer is at hand"))
        return estimated_tokens
    try:
        tried = count("a")
    except (NotImplementedError, LollmsError) as error:
        notes.append(_approximate(f"the model's tokenizer cannot be asked: {error}"))
        return estimated_tokens
    if getattr(tried, "estimated", False):
        notes.append(_approximate("the binding estimates the tokens of this model"))
    return count


def _approximate(detail: str) -> CallWarning:
    return CallWarning(kind="approximate", setting="max_allowed_tokens", detail=detail)
