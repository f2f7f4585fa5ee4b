"""A conversation with a little of everything, for several tests."""

from __future__ import annotations

from lollms_client.lollms_discussion import LollmsDiscussion
from lollms_client.types import (
    FilePart,
    ImagePart,
    Media,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

PNG = Media(b"\x89PNG\r\n\x1a\n" + bytes(range(40)))
GIF = Media(b"GIF89a" + bytes(range(20)))
WAV = Media(b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(24))
PDF = Media(b"%PDF-1.4\n%%EOF")


def everything() -> LollmsDiscussion:
    """Text, images, a file, signed reasoning, a tool call and its result with an image."""
    discussion = LollmsDiscussion(None, system_prompt="SYS")
    parts: list[Part] = [TextPart(text="look"), ImagePart(media=PNG), FilePart(media=PDF, name="a.pdf")]
    discussion.add_message(sender="user", parts=parts)
    call = ToolCallPart(id="c1", name="zoom", arguments={"x": 1})
    thought = ReasoningPart(text="hm", signature="c2ln")
    discussion.add_message(sender="assistant", parts=[thought, TextPart(text="I zoom."), call])
    result = ToolResultPart(call_id="c1", content=(TextPart(text="zoomed"), ImagePart(media=GIF)), name="zoom")
    discussion.add_message(sender="tool", parts=[result])
    discussion.add_message(sender="assistant", content="A cat.", images=[PNG])
    discussion.add_message(sender="user", content="Thanks.")
    return discussion
