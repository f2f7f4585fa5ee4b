"""From the tree's messages to what a model is given: whole turns, answered tool calls, media where they may stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from lollms_client.discussion.message import LollmsMessage, is_named
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

NO_RESULT = "No result: the tool was not run."
OPENING = "Continue."  # what the user is made to say where a service wants the user to speak first
FROM_ANSWER = "From the assistant's previous answer:"


def from_tool(part: ToolResultPart) -> str:
    """The words before the images of a tool's result that stand in the user's turn."""
    return f"From the tool {part.name or part.call_id}:"


def to_turns(
    branch: Sequence[LollmsMessage], system_text: str = "", *, names: Literal["prefix", "field"] = "prefix"
) -> tuple[Message, ...]:
    """The typed messages of a branch, the system text first.

    Empty texts, empty messages and summary nodes are left out; tool calls become as services demand. Where several
    people with names of their own speak, each is named: before the words, or in the field of formats that have one.
    """
    turns: list[Message] = [Message.system(system_text)] if system_text else []
    several = len({node.sender for node in branch if _speaks_by_name(node)}) > 1
    for node in branch:
        if node.kind == "summary":
            continue
        message = node.to_message()
        spoken = tuple([part for part in message.parts if not isinstance(part, TextPart) or part.text.strip()])
        if not spoken:
            continue
        if len(spoken) != len(message.parts):
            message = Message(role=message.role, parts=spoken)
        turns.append(_named(message, node.sender, names) if several and _speaks_by_name(node) else message)
    return tuple(answer_tool_calls(turns))


def _speaks_by_name(node: LollmsMessage) -> bool:
    return node.sender_type == "user" and is_named(node.sender)


def _named(message: Message, sender: str, names: Literal["prefix", "field"]) -> Message:
    if names == "field":
        return msgspec.structs.replace(message, name=sender)
    place = next((index for index, part in enumerate(message.parts) if isinstance(part, TextPart)), None)
    if place is None:
        return msgspec.structs.replace(message, parts=(TextPart(text=f"{sender}:"), *message.parts))
    words = message.parts[place]
    assert isinstance(words, TextPart)
    said = msgspec.structs.replace(words, text=f"{sender}: {words.text.lstrip()}")
    return msgspec.structs.replace(message, parts=(*message.parts[:place], said, *message.parts[place + 1 :]))


def answer_tool_calls(turns: Sequence[Message]) -> list[Message]:
    """Give every tool call a result, except where the calls are the newest thing, and every result a call.

    A call that was passed over gets an error result; a result whose call is not there becomes words of the user.
    """
    answered: list[Message] = []
    open_calls: dict[str, str] = {}
    for turn in _one_result_each(_one_call_each(turns)):
        if turn.role == "tool":
            fitting, orphans = _sorted_results(turn, open_calls)
            if fitting:
                answered.append(msgspec.structs.replace(turn, parts=fitting))
            if orphans:
                answered.extend(_unanswered(open_calls))
                open_calls = {}
                answered.append(Message(role="user", parts=orphans))
            continue
        answered.extend(_unanswered(open_calls))
        open_calls = {call.id: call.name for call in turn.tool_calls}
        answered.append(turn)
    if answered and answered[-1].role == "tool":
        answered.extend(_unanswered(open_calls))
    return answered


def _one_call_each(turns: Sequence[Message]) -> list[Message]:
    """Give calls whose id was used before another one, with their results: some servers number anew in each answer."""
    single: list[Message] = []
    seen = {""}
    names: dict[str, list[str]] = {}  # what the calls of the last answer are called now, by what they were called
    for turn in turns:
        if turn.role != "tool":
            names = {}
        parts = tuple([_of_one_call(part, names, seen) for part in turn.parts])
        single.append(msgspec.structs.replace(turn, parts=parts) if parts != turn.parts else turn)
    return single


def _of_one_call(part: Part, names: dict[str, list[str]], seen: set[str]) -> Part:
    if isinstance(part, ToolCallPart):
        name = part.id if part.id not in seen else f"{part.id or 'call'}_{len(seen)}"
        seen.add(name)
        names.setdefault(part.id, []).append(name)
        return part if name == part.id else msgspec.structs.replace(part, id=name)
    if isinstance(part, ToolResultPart) and (waiting := names.get(part.call_id)):
        name = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return part if name == part.call_id else msgspec.structs.replace(part, call_id=name)
    return part


def _one_result_each(turns: Sequence[Message]) -> list[Message]:
    """Put together what several results say to one call: services take one."""
    single: list[Message] = []
    places: dict[str, tuple[int, int]] = {}  # of the results since the last call: which turn, which part
    for turn in turns:
        if turn.role != "tool":
            places = {}
            single.append(turn)
            continue
        kept: list[Part] = []
        for part in turn.parts:
            if isinstance(part, ToolResultPart) and part.call_id and part.call_id in places:
                at, place = places[part.call_id]
                parts: list[Part] = kept if at == len(single) else list(single[at].parts)
                first = parts[place]
                assert isinstance(first, ToolResultPart)
                parts[place] = _both(first, part)
                if at < len(single):
                    single[at] = msgspec.structs.replace(single[at], parts=tuple(parts))
                continue
            if isinstance(part, ToolResultPart):
                places[part.call_id] = (len(single), len(kept))
            kept.append(part)
        if kept:
            single.append(msgspec.structs.replace(turn, parts=tuple(kept)))
    return single


def _both(first: ToolResultPart, second: ToolResultPart) -> ToolResultPart:
    is_error = first.is_error and second.is_error
    if isinstance(first.content, str) and isinstance(second.content, str):
        content = "\n\n".join(text for text in (first.content, second.content) if text)
        return msgspec.structs.replace(first, content=content, is_error=is_error)
    pieces = [*_result_pieces(first), *_result_pieces(second)]
    return msgspec.structs.replace(first, content=tuple(pieces), is_error=is_error)


def _result_pieces(part: ToolResultPart) -> tuple[TextPart | ImagePart, ...]:
    if isinstance(part.content, str):
        return (TextPart(text=part.content),) if part.content else ()
    return part.content


def _sorted_results(turn: Message, open_calls: dict[str, str]) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    fitting: list[Part] = []
    orphans: list[Part] = []
    for part in turn.parts:
        if not isinstance(part, ToolResultPart) or open_calls.pop(part.call_id, None) is not None:
            fitting.append(part)
            continue
        orphans.append(TextPart(text=f"Result of the tool {part.name or part.call_id or 'without a name'}:"))
        pieces = (TextPart(text=part.content),) if isinstance(part.content, str) else part.content
        orphans.extend(piece for piece in pieces if not isinstance(piece, TextPart) or piece.text)
    return tuple(fitting), tuple(orphans)


def _unanswered(open_calls: dict[str, str]) -> list[Message]:
    return [Message.tool(call_id, NO_RESULT, name=name, is_error=True) for call_id, name in open_calls.items()]


def split_system(turns: Sequence[Message]) -> tuple[str, list[Message]]:
    """All system text together, and the other messages: for services whose instructions stand apart."""
    texts = [turn.text.strip() for turn in turns if turn.role == "system"]
    return "\n\n".join(text for text in texts if text), [turn for turn in turns if turn.role != "system"]


def media_to_user(turns: Sequence[Message], *, keep_in_results: bool) -> list[Message]:
    """Move images, sounds and files out of the assistant's turns (and of tool results, unless kept) to the user's.

    Many services take media from the user alone. What moves comes after the tool results that must follow an answer.
    """
    spread: list[Message] = []
    waiting: list[Part] = []
    for turn in turns:
        if turn.role in ("user", "system") and waiting:
            spread.append(Message(role="user", parts=tuple(waiting)))
            waiting = []
        if turn.role == "assistant":
            if waiting and not (spread and spread[-1].tool_calls):
                spread.append(Message(role="user", parts=tuple(waiting)))
                waiting = []
            turn = _without_media(turn, waiting)
        elif turn.role == "tool" and not keep_in_results:
            turn = _results_without_media(turn, waiting)
        if turn.parts:
            spread.append(turn)
    if waiting:
        spread.append(Message(role="user", parts=tuple(waiting)))
    return spread


def _without_media(turn: Message, waiting: list[Part]) -> Message:
    kept: list[Part] = []
    for part in turn.parts:
        if isinstance(part, (ImagePart, FilePart)) or (isinstance(part, AudioPart) and not part.id):
            if not waiting:
                waiting.append(TextPart(text=FROM_ANSWER))
            waiting.append(part)
        else:
            kept.append(part)
    return turn if len(kept) == len(turn.parts) else msgspec.structs.replace(turn, parts=tuple(kept))


def _results_without_media(turn: Message, waiting: list[Part]) -> Message:
    kept: list[Part] = []
    for part in turn.parts:
        if isinstance(part, ToolResultPart) and not isinstance(part.content, str):
            pictures = [piece for piece in part.content if isinstance(piece, ImagePart)]
            if pictures:
                waiting.append(TextPart(text=from_tool(part)))
                waiting.extend(pictures)
            part = msgspec.structs.replace(part, content=result_text(part))
        kept.append(part)
    return msgspec.structs.replace(turn, parts=tuple(kept))


def result_text(part: ToolResultPart) -> str:
    """The words of a tool's result."""
    if isinstance(part.content, str):
        return part.content
    return "\n".join(piece.text for piece in part.content if isinstance(piece, TextPart))


def merge_runs(turns: Sequence[Message]) -> list[Message]:
    """Join neighbouring turns of the user, and of the assistant up to a tool call, into one each."""
    merged: list[Message] = []
    for turn in turns:
        last = merged[-1] if merged else None
        if last is None or not _same_speaker(last, turn) or last.tool_calls:
            merged.append(turn)
        else:
            merged[-1] = msgspec.structs.replace(last, parts=_joined(last.parts, turn.parts))
    return merged


def _same_speaker(last: Message, turn: Message) -> bool:
    return last.role == turn.role and last.name == turn.name and turn.role in ("user", "assistant")


def _joined(first: tuple[Part, ...], second: tuple[Part, ...]) -> tuple[Part, ...]:
    end, start = first[-1], second[0]
    if isinstance(end, TextPart) and isinstance(start, TextPart):
        text = f"{end.text.rstrip()}\n\n{start.text.lstrip()}"
        return (*first[:-1], msgspec.structs.replace(end, text=text, cache=end.cache or start.cache), *second[1:])
    return (*first, *second)


def tool_names(turns: Iterable[Message]) -> dict[str, str]:
    """The names of the tools by the ids of their calls."""
    return {call.id: call.name for turn in turns for call in turn.tool_calls}


def arguments_text(call: ToolCallPart) -> str:
    """A tool call's arguments as JSON text, as the model wrote them where they are no JSON object."""
    return call.raw_arguments if call.raw_arguments is not None else msgspec.json.encode(call.arguments).decode()


def described(part: Part) -> str:
    """Words in the place of a part that a format has no place for."""
    if isinstance(part, AudioPart):
        if part.transcript:
            return part.transcript
        return f"[sound: {part.media.mime_type}, {len(part.media)} bytes]" if part.media else "[sound]"
    if isinstance(part, FilePart):
        kind = f": {part.media.mime_type}, {len(part.media)} bytes" if part.media else ""
        return f"[file {part.name or part.url or part.id or 'without a name'}{kind}]"
    if isinstance(part, ImagePart):
        return f"[image {part.url or (part.media.mime_type if part.media else '')}]"
    return ""
