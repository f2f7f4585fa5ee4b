"""Prompts of the `lollms_text` kind: whole conversations in one text, told apart by headers, back into messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lollms_client.discussion.message import image_part
from lollms_client.types.message import Message, Part, TextPart

USER_KEYWORD = "!@>user:"
AI_KEYWORD = "!@>assistant:"
SYSTEM_KEYWORD = "!@>system:"
_ANYBODY = r"!@>[^:\n]{1,200}:"


def split_messages(
    prompt: str,
    images: Sequence[Any] | None = None,
    system_prompt: str = "",
    user_keyword: str = USER_KEYWORD,
    ai_keyword: str = AI_KEYWORD,
) -> list[Message]:
    """The messages of a prompt; the images go with the last thing that the user says.

    What stands before the first header is the system's where a header follows, else the user's. Headers with other
    names (`!@>alice:`) are of users, who are named to the model where there are several. An empty turn at the end only
    asks for the answer.
    """
    system: list[str] = [system_prompt.strip()] if system_prompt.strip() else []
    turns: list[tuple[str, str, str | None]] = []
    for keyword, words in _pieces(prompt, user_keyword, ai_keyword):
        role, name = _speaker(keyword, user_keyword, ai_keyword)
        if role == "system":
            system.extend([words] if words else [])
        elif words or role == "user":
            turns.append((role, words, name))
    pictures: list[Part] = [image_part(image) for image in images or ()]
    several = len({name for _, _, name in turns if name}) > 1
    spoken = [_message(role, words, name if several else None) for role, words, name in turns if words]
    last = next((place for place in reversed(range(len(spoken))) if spoken[place].role == "user"), None)
    if pictures and last is not None:
        message = spoken[last]
        spoken[last] = Message(role="user", parts=(*pictures, *message.parts), name=message.name)
    elif pictures:
        spoken.append(Message(role="user", parts=tuple(pictures)))
    head = [Message.system("\n\n".join(system))] if system else []
    return [*head, *spoken]


def _pieces(prompt: str, user_keyword: str, ai_keyword: str) -> list[tuple[str, str]]:
    known = sorted({user_keyword, ai_keyword, SYSTEM_KEYWORD} - {""}, key=len, reverse=True)
    header = re.compile("|".join([*(re.escape(keyword) for keyword in known), rf"(?m:^){_ANYBODY}"]))
    found = list(header.finditer(prompt))
    if not found:
        return [(user_keyword, prompt.strip())]
    before = prompt[: found[0].start()].strip()
    pieces = [(SYSTEM_KEYWORD, before)] if before else []
    for place, match in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(prompt)
        pieces.append((match.group(), prompt[match.end() : end].strip()))
    return pieces


def _speaker(keyword: str, user_keyword: str, ai_keyword: str) -> tuple[str, str | None]:
    if keyword in (ai_keyword, AI_KEYWORD):
        return "assistant", None
    if keyword in (user_keyword, USER_KEYWORD):
        return "user", None
    if keyword == SYSTEM_KEYWORD:
        return "system", None
    return "user", keyword.removeprefix("!@>").removesuffix(":").strip()


def _message(role: str, words: str, name: str | None) -> Message:
    text = f"{name}: {words}" if name else words
    return Message(role="assistant" if role == "assistant" else "user", parts=(TextPart(text=text),))
