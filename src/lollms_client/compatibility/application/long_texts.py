"""Texts that are longer than a model's context: read piece by piece, noted down, and put together from the notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.compatibility.application.answering import answer_prompt
from lollms_client.compatibility.application.model_methods import ModelMethods
from lollms_client.compatibility.application.options import report
from lollms_client.compatibility.application.structured_methods import StructuredMethods
from lollms_client.discussion.context import counter_of
from lollms_client.errors import BadSetting, ContextTooLong
from lollms_client.types.accounting import CallWarning

USUAL_CONTEXT = 8_192  # tokens, where nobody knows how many the model takes
_LEAST = 64  # tokens of text that a piece must have room for
_PASSES = 6  # how often notes are condensed before they must fit
_KINDS = ("text", "code", "structured", "yes_no", "multichoice")
_PIECE = (
    "This is part {number} of {count} of a longer text. Write down everything in it that matters for the task, with "
    "names, numbers and quotations as they stand; write NOTHING if nothing does.\n\nTask: {task}\n\nText:\n{text}"
)
_WHOLE = "{task}\n\nText:\n{text}"
_FROM_NOTES = (
    "These notes were taken, in order, from all parts of a text that is too long to be read at once.\n\n"
    "{task}\n\nNotes:\n{text}"
)


class Reading(msgspec.Struct, kw_only=True):
    """How a long text is read: the task, the room for pieces, and how the model is asked."""

    client: Any
    task: str
    system_prompt: str | None
    images: Sequence[Any] | None
    room: int  # tokens of text in one request
    piece: int  # tokens of a piece of a text that does not fit
    overlap: int  # tokens that neighbouring pieces share
    count: Callable[[str], int]
    options: Mapping[str, Any]
    callback: Callable[..., Any] | None = None

    def ask(self, prompt: str) -> str:
        """The model's answer to one request."""
        result = answer_prompt(self.client, prompt, self.images, self.system_prompt, self.options, self.callback)
        return result.text.strip()


class LongTextMethods:
    """Work on texts of any length."""

    def long_context_processing(
        self,
        text_to_process: str,
        contextual_prompt: str | None = None,
        system_prompt: str | None = None,
        context_fill_percentage: float = 0.75,
        overlap_tokens: int | None = None,
        expected_generation_tokens: int = 1_500,
        streaming_callback: Any = None,
        return_scratchpad_only: bool = False,
        debug: bool = False,
        *,
        processing_type: str = "text",
        chunk_size_ratio: float | None = None,
        overlap_ratio: float = 0.1,
        synthesis_prompt: str | None = None,
        images: Sequence[Any] | None = None,
        ctx_size: int | None = None,
        chunk_size: int | None = None,
        **options: Any,
    ) -> Any:
        """Do a task on a text of any length.

        What fits into the model's context is done at once. Else pieces are read, measured by the model's own
        tokenizer, and the answer is made from the notes. `processing_type` is text, code, structured (`schema`), yes_no
        or multichoice (`possible_answers`). `chunk_size_ratio` or `context_fill_percentage` is the part of the context
        that is used, `chunk_size` (tokens) bounds a piece. Raises ContextTooLong where there is no room for a piece.
        """
        if system_prompt in _KINDS:  # where later versions have the third place for it
            processing_type, system_prompt = str(system_prompt), None
        if processing_type not in _KINDS:
            raise BadSetting(f"processing_type must be one of {', '.join(_KINDS)}", setting="processing_type")
        task = contextual_prompt or "Summarise the text."
        special: dict[str, Any] = {
            name: options.pop(name) for name in ("schema", "possible_answers") if name in options
        }
        callback = streaming_callback or options.pop("callback", None)
        share = chunk_size_ratio if chunk_size_ratio is not None else context_fill_percentage
        reading = _reading(
            self, task, system_prompt, images, ctx_size, share, expected_generation_tokens, options, callback
        )
        reading.piece = max(_LEAST, min(reading.room, chunk_size or reading.room))
        reading.overlap = int(reading.piece * overlap_ratio) if overlap_tokens is None else overlap_tokens
        words, is_whole = notes(reading, text_to_process)
        if return_scratchpad_only:
            return words
        shape = _WHOLE if is_whole else _FROM_NOTES
        final = synthesis_prompt if synthesis_prompt and not is_whole else task
        prompt = shape.format(task=final, text=words)
        return _finished(reading, processing_type, prompt, special)

    def sequential_summarize(
        self,
        text: str,
        chunk_processing_prompt: str = "Extract what matters.",
        chunk_processing_output_format: str = "markdown",
        final_memory_processing_prompt: str = "Write a final summary.",
        final_output_format: str = "markdown",
        ctx_size: int | None = None,
        chunk_size: int | None = None,
        overlap: int | None = None,
        bootstrap_chunk_size: int | None = None,
        bootstrap_steps: int | None = None,
        callback: Any = None,
        debug: bool = False,
        **options: Any,
    ) -> str:
        """A summary of a text of any length. `chunk_size` bounds a piece, `overlap` is what pieces share (tokens)."""
        _note_bootstrap(self, bootstrap_chunk_size, bootstrap_steps)
        options |= {"chunk_size": chunk_size, "overlap_tokens": overlap, "debug": debug}
        task = f"{chunk_processing_prompt} (as {chunk_processing_output_format})"
        final = f"{final_memory_processing_prompt} (as {final_output_format})"
        summary: str = LongTextMethods.long_context_processing(
            self, text, task, synthesis_prompt=final, ctx_size=ctx_size, streaming_callback=callback, **options
        )
        return summary

    def deep_analyze(
        self,
        query: str,
        text: str | None = None,
        files: Sequence[str | Path] | None = None,
        aggregation_prompt: str = "Answer the question from the notes.",
        output_format: str = "markdown",
        ctx_size: int | None = None,
        chunk_size: int | None = None,
        overlap: int | None = None,
        bootstrap_chunk_size: int | None = None,
        bootstrap_steps: int | None = None,
        callback: Any = None,
        debug: bool = False,
        **options: Any,
    ) -> str:
        """The answer to a question out of a text, or of text files, of any length."""
        _note_bootstrap(self, bootstrap_chunk_size, bootstrap_steps)
        options |= {"chunk_size": chunk_size, "overlap_tokens": overlap, "debug": debug}
        read = [f"File {Path(name).name}:\n{Path(name).read_text('utf-8', 'replace')}" for name in files or ()]
        whole = "\n\n".join([*([text] if text else []), *read])
        if not whole:
            raise BadSetting("what is to be analysed? give text or files", setting="text")
        final = f"{aggregation_prompt} (as {output_format})\nQuestion: {query}"
        found: str = LongTextMethods.long_context_processing(
            self, whole, query, synthesis_prompt=final, ctx_size=ctx_size, streaming_callback=callback, **options
        )
        return found


def _note_bootstrap(client: Any, *given: Any) -> None:
    if any(value is not None for value in given):
        detail = "the first pieces are read like the others"
        report(client, [CallWarning(kind="dropped", setting="bootstrap_steps", detail=detail)])


def _reading(
    client: Any,
    task: str,
    system_prompt: str | None,
    images: Sequence[Any] | None,
    ctx_size: int | None,
    share: float,
    answer_tokens: int,
    options: Mapping[str, Any],
    callback: Any,
) -> Reading:
    if not 0 < share <= 1:
        raise BadSetting("the part of the context must be above 0 and at most 1", setting="chunk_size_ratio")
    estimates: list[CallWarning] = []
    count = counter_of(client, estimates)
    context = ctx_size or ModelMethods.get_ctx_size(client) or USUAL_CONTEXT
    beside = count(task) + count(system_prompt or "") + count(_PIECE) + 32
    room = min(int(context * share), context - min(answer_tokens, context // 4)) - beside
    if room < _LEAST:
        raise ContextTooLong(
            f"beside the task ({beside} tokens) the context of {context} tokens has no room for the text",
            context=context,
        )
    return Reading(
        client=client,
        task=task,
        system_prompt=system_prompt,
        images=images,
        room=room,
        piece=room,
        overlap=0,
        count=count,
        options={"n_predict": min(answer_tokens, context // 4), **options},
        callback=callback,
    )


def notes(reading: Reading, text: str) -> tuple[str, bool]:
    """The text itself where it fits, else notes on all of its pieces that fit; and whether it is the text itself.

    Raises ContextTooLong where the notes do not get shorter.
    """
    if reading.count(text) <= reading.room:
        return text, True
    for _ in range(_PASSES):
        parts = pieces(text, reading.piece, min(reading.overlap, reading.piece // 2), reading.count)
        taken = [
            reading.ask(_PIECE.format(number=number, count=len(parts), task=reading.task, text=part))
            for number, part in enumerate(parts, start=1)
        ]
        text = "\n\n".join(note for note in taken if note and note.strip(". ") != "NOTHING") or "(nothing found)"
        if reading.count(text) <= reading.room:
            return text, False
    raise ContextTooLong(f"after {_PASSES} passes the notes still do not fit into {reading.room} tokens")


def pieces(text: str, room: int, overlap: int, count: Callable[[str], int]) -> list[str]:
    """Pieces of at most `room` tokens that cover the text, cut between paragraphs, sentences or words where it can be.

    Each begins with about `overlap` tokens of the end of the one before.
    """
    found: list[str] = []
    start = 0
    while start < len(text):
        end = _furthest(text, start, room, count)
        found.append(text[start:end])
        if end >= len(text):
            break
        back = _overlap_start(text, start, end, overlap, count)
        start = back if start < back < end else end
    return found


def _furthest(text: str, start: int, room: int, count: Callable[[str], int]) -> int:
    """How far a piece reaches: the most characters whose tokens fit, then back to a good place to cut."""
    low, high = start + 1, min(len(text), start + room * 8)
    if count(text[start:high]) > room:
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if count(text[start:middle]) <= room else (low, middle)
        high = low
    if high >= len(text):
        return len(text)
    for border in (r"\n\s*\n", r"(?<=[.!?。])\s", r"\s"):
        places = [found.end() for found in re.finditer(border, text[start:high])]
        if places and places[-1] > (high - start) // 2:
            return start + places[-1]
    return high


def _overlap_start(text: str, start: int, end: int, overlap: int, count: Callable[[str], int]) -> int:
    if overlap <= 0:
        return end
    size = max(1, (end - start) * overlap // max(1, count(text[start:end])))
    place = text.find(" ", end - size, end)
    return place + 1 if place >= 0 else end - size


def _finished(reading: Reading, processing_type: str, prompt: str, special: Mapping[str, Any]) -> Any:
    options = dict(reading.options)
    shared = {"images": reading.images, "system_prompt": reading.system_prompt or "", **options}
    if processing_type == "structured":
        return StructuredMethods.generate_structured_content(reading.client, prompt, special.get("schema"), **shared)
    if processing_type == "yes_no":
        return StructuredMethods.yes_no(reading.client, prompt, **shared)
    if processing_type == "multichoice":
        choices = special.get("possible_answers") or ()
        return StructuredMethods.multichoice_question(reading.client, prompt, choices, **shared)
    if processing_type == "code":
        from lollms_client.compatibility.application.code_methods import CodeMethods

        return CodeMethods.generate_code(reading.client, prompt, **shared)
    return reading.ask(prompt)
