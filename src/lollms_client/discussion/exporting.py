"""The export formats by name, and the one function that writes any of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from lollms_client.discussion.failures import UnknownFormat
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.turns import to_turns
from lollms_client.types.accounting import CallWarning
from lollms_client.types.message import Message

MODEL_FORMATS = ("openai_chat", "openai_responses", "anthropic", "gemini", "ollama_chat")
TEXT_FORMATS = ("lollms_text", "openai_completion", "markdown", "html", "json")
PROMPT_FORMATS = ("lollms_text", "openai_completion")  # their text is all that a model gets
OPENED_BY_THE_USER = ("openai_chat", "anthropic", "gemini")  # what comes before an answer that comes first
FORMATS = (*MODEL_FORMATS, *TEXT_FORMATS)


def check_format(name: str) -> None:
    """Raise UnknownFormat (a ValueError) for a name that is no export format."""
    if name not in FORMATS:
        raise UnknownFormat(f"no export format {name!r}: use one of {', '.join(FORMATS)}", format=name)


def export_turns(name: str, turns: Sequence[Message], notes: list[CallWarning]) -> Any:
    """Turns in a format that services take; what had to be left out or changed is added to `notes`."""
    if name == "openai_chat":
        from lollms_client.discussion.export_openai import to_openai_chat

        return to_openai_chat(turns, notes)
    if name == "openai_responses":
        from lollms_client.discussion.export_openai import to_openai_responses

        return to_openai_responses(turns, notes)
    if name == "anthropic":
        from lollms_client.discussion.export_anthropic import to_anthropic

        return to_anthropic(turns, notes)
    if name == "gemini":
        from lollms_client.discussion.export_gemini import to_gemini

        return to_gemini(turns, notes)
    from lollms_client.discussion.export_ollama import to_ollama_chat

    return to_ollama_chat(turns, notes)


def export_branch(
    name: str, branch: Sequence[LollmsMessage], system_text: str, title: str, notes: list[CallWarning]
) -> Any:
    """A branch in any format but json."""
    if name in MODEL_FORMATS:
        names: Literal["prefix", "field"] = "field" if name == "openai_chat" else "prefix"
        return export_turns(name, to_turns(branch, system_text, names=names), notes)
    if name == "html":
        from lollms_client.discussion.export_html import to_html

        return to_html(branch, system_text, title)
    from lollms_client.discussion.export_text import to_completion_prompt, to_lollms_text, to_markdown

    if name == "markdown":
        return to_markdown(branch, system_text)
    return to_lollms_text(branch, system_text) if name == "lollms_text" else to_completion_prompt(branch, system_text)
