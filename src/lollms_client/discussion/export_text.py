"""A conversation as text: the prompt form of LoLLMS, and Markdown to be read by people."""

from __future__ import annotations

from collections.abc import Sequence

from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.turns import arguments_text, described, result_text
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

_TITLES = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}


def lollms_turn(message: LollmsMessage) -> str:
    """One turn of the prompt form, under the sender's name; empty where nothing can be said in words."""
    lines = [message.content.strip()] if message.content.strip() else []
    lines.extend(text for part in message.parts if (text := _in_words(part)))
    if count := len(message.get_active_images()):
        lines.append(f"({count} image(s) attached)")
    return f"!@>{message.sender}:\n" + "\n".join(lines) if lines else ""


def _in_words(part: Part) -> str:
    if isinstance(part, (AudioPart, FilePart)):
        return described(part)
    if isinstance(part, ToolCallPart):
        return f"(calls the tool {part.name} with {arguments_text(part)})"
    if isinstance(part, ToolResultPart):
        return _result_words(part)
    return ""


def _result_words(part: ToolResultPart) -> str:
    if isinstance(part.content, str):
        return part.content.strip()
    return "\n".join(piece.text if isinstance(piece, TextPart) else described(piece) for piece in part.content)


def to_lollms_text(branch: Sequence[LollmsMessage], system_text: str) -> str:
    """The prompt form: `!@>system:`, then each turn under its sender's name."""
    head = [f"!@>system:\n{system_text.strip()}"] if system_text.strip() else []
    turns = [lollms_turn(message) for message in branch if message.kind != "summary"]
    return "\n".join([*head, *[turn for turn in turns if turn]])


def to_completion_prompt(branch: Sequence[LollmsMessage], system_text: str) -> str:
    """A plain prompt for a model that completes text: named turns, and the assistant's name to go on from."""
    blocks = [system_text.strip()] if system_text.strip() else []
    for message in branch:
        turn = lollms_turn(message) if message.kind != "summary" else ""
        if turn:
            name = message.sender if message.sender_type == "user" else _TITLES[message.sender_type]
            blocks.append(f"{name[:1].upper()}{name[1:]}: {turn.partition(chr(10))[2]}")
    return "\n\n".join([*blocks, "Assistant:"])


def to_markdown(branch: Sequence[LollmsMessage], system_text: str) -> str:
    """Markdown with the images inside it as data: URLs."""
    head = f"system: {system_text.strip()}\n" if system_text.strip() else ""
    blocks: list[str] = []
    for message in branch:
        title = "Summary of what came before" if message.kind == "summary" else _TITLES[message.sender_type]
        pieces = [text for part in message.parts if (text := _markdown(part))]
        if message.status != "complete":
            pieces.append(f"*({message.status})*")
        if pieces:
            space = "\n\n" if pieces[0].startswith(">") else " "  # a quotation begins on a line of its own
            blocks.append(f"**{title}**:{space}" + "\n\n".join(pieces))
    return head + "\n\n".join(blocks) + "\n" if blocks else head


def _markdown(part: Part) -> str:
    if isinstance(part, TextPart):
        return part.text.strip()
    if isinstance(part, ReasoningPart):
        quoted = "\n".join(f"> {line}" for line in part.text.strip().splitlines())
        return f"> *Reasoning*\n>\n{quoted}" if quoted else ""
    if isinstance(part, ImagePart):
        return f"![Image]({part.media.data_url() if part.media is not None else part.url})"
    if isinstance(part, ToolCallPart):
        return f"Tool call `{part.name}`:\n\n{_fenced(arguments_text(part))}"
    if isinstance(part, ToolResultPart):
        label = "Tool error" if part.is_error else "Tool result"
        pieces = [_fenced(result_text(part))]
        if not isinstance(part.content, str):
            pieces.extend(_markdown(piece) for piece in part.content if isinstance(piece, ImagePart))
        return f"{label} `{part.name or part.call_id}`:\n\n" + "\n\n".join(pieces)
    return f"*{described(part)}*"


def _fenced(text: str) -> str:
    longest = max((len(run) for run in _backtick_runs(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _backtick_runs(text: str) -> list[str]:
    return [run for run in "".join(sign if sign == "`" else " " for sign in text).split() if run]
