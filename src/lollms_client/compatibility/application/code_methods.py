"""Code and named pieces out of a model: whole, continued where they were cut off, changed by checked edits."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from lollms_client.compatibility.application import blocks
from lollms_client.compatibility.application.answering import answer, answer_prompt, prompt_messages
from lollms_client.compatibility.application.structured import ask_for_json
from lollms_client.errors import BadReply, BadSetting, LollmsError
from lollms_client.types.message import Message

_CONTINUATIONS = 4
_GO_ON = "Go on exactly where you stopped, without repeating anything and without opening a new block."
_EDITS = {
    "type": "object",
    "properties": {
        "edits": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "search": {"type": "string", "description": "lines of the code, copied exactly, found once in it"},
                    "replace": {"type": "string", "description": "what stands there instead"},
                },
                "required": ["search", "replace"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["edits"],
    "additionalProperties": False,
}


class CodeMethods:
    """Code, and answers between tags. Raise BadReply where no usable answer comes."""

    def generate_code(
        self,
        prompt: str,
        images: Sequence[Any] | None = None,
        system_prompt: str | None = None,
        template: str | None = None,
        language: str = "python",
        code_tag_format: str = "markdown",
        n_predict: int | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        repeat_penalty: float | None = None,
        repeat_last_n: int | None = None,
        callback: Any = None,
        debug: bool = False,
        override_all_prompts: bool = False,
        **options: Any,
    ) -> str:
        """One piece of code. A block that was cut off is continued; `override_all_prompts` adds no instructions."""
        given = _sampling(n_predict, temperature, top_k, top_p, repeat_penalty, repeat_last_n, options)
        task = f"Answer with exactly one fenced code block in {language}, and nothing else."
        if template:
            task += f"\nFill in this template:\n```{language}\n{template}\n```"
        system = system_prompt if override_all_prompts else _together(system_prompt, task)
        text = _whole_answer(self, prompt, images, system, given, callback)
        found = blocks.code_blocks(blocks.without_thoughts(text), _form(code_tag_format))
        fitting = next(
            (block for block in found if block["type"] in (language.lower(), "")), found[0] if found else None
        )
        code = fitting["content"] if fitting is not None else blocks.without_thoughts(text).strip()
        if not str(code).strip():
            raise BadReply("the model answered without any code", excerpt=text[:300])
        return str(code)

    def generate_codes(
        self,
        prompt: str,
        images: Sequence[Any] | None = None,
        template: str | None = None,
        language: str = "",
        code_tag_format: str = "markdown",
        n_predict: int | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        repeat_penalty: float | None = None,
        repeat_last_n: int | None = None,
        callback: Any = None,
        debug: bool = False,
        system_prompt: str | None = None,
        **options: Any,
    ) -> list[dict[str, Any]]:
        """Several files: dictionaries of `file_name`, `content`, `language`, `is_complete` (and `type`, `index`)."""
        given = _sampling(n_predict, temperature, top_k, top_p, repeat_penalty, repeat_last_n, options)
        task = "Put every file into a fenced code block whose first line names language and file: ```python:app.py"
        if template:
            task += f"\nFollow this template:\n```{language}\n{template}\n```"
        text = _whole_answer(self, prompt, images, _together(system_prompt, task), given, callback)
        found = blocks.code_blocks(blocks.without_thoughts(text), _form(code_tag_format))
        if not found:
            raise BadReply("the model answered without any code block", excerpt=text[:300])
        return [{**block, "language": block["type"] or language} for block in found]

    def update_code(
        self,
        original_code: str,
        modification_prompt: str,
        language: str = "python",
        images: Sequence[Any] | None = None,
        system_prompt: str | None = None,
        patch_format: str = "unified",
        n_predict: int | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        repeat_penalty: float | None = None,
        repeat_last_n: int | None = None,
        callback: Any = None,
        debug: bool = False,
        max_retries: int = 3,
        **options: Any,
    ) -> dict[str, Any]:
        """Change code as told: `success`, `updated_code`, `patch` (a unified diff) and `error`.

        The model names passages and what stands there instead; each must be found once, else it is asked again.
        """
        if not original_code.strip():
            return {"success": False, "updated_code": None, "patch": None, "error": "there is no code to change"}
        given = _sampling(n_predict, temperature, top_k, top_p, repeat_penalty, repeat_last_n, options)
        prompt = (
            f"Change this {language} code as asked.\n\n```{language}\n{original_code}\n```\n\n{modification_prompt}"
        )
        try:
            updated = ask_for_json(
                self,
                prompt,
                _EDITS,
                images=images,
                system_prompt=system_prompt,
                max_retries=max_retries,
                callback=callback,
                validate=lambda value: edited(original_code, value["edits"]),
                options=given,
            )
        except LollmsError as error:
            return {"success": False, "updated_code": None, "patch": None, "error": error.message}
        lines = difflib.unified_diff(
            original_code.splitlines(keepends=True), updated.splitlines(keepends=True), "before", "after"
        )
        return {"success": True, "updated_code": updated, "patch": "".join(lines), "error": None}

    def generate_with_tag(
        self, prompt: str, tag: str, images: Sequence[Any] | None = None, system_prompt: str = "", **options: Any
    ) -> str:
        """What the model writes between `<tag>` and `</tag>`. Raises BadReply where it writes no such tag."""
        if not tag.strip() or any(mark in tag for mark in "<>/ "):
            raise BadSetting("tag must be a single word", setting="tag")
        task = f"Write your answer between <{tag}> and </{tag}>."
        given, callback = _split_callback(options)
        text = _whole_answer(self, prompt, images, _together(system_prompt, task), given, callback)
        found = blocks.tagged(blocks.without_thoughts(text), tag)
        if found is None:
            raise BadReply(f"the model answered without <{tag}>", excerpt=text[:300])
        return found

    def generate_with_tags(
        self, prompt: str, images: Sequence[Any] | None = None, system_prompt: str = "", **options: Any
    ) -> dict[str, str]:
        """What the model writes between `<tag name="…">` and `</tag>`, by name. Raises BadReply without any."""
        task = 'Put each piece of your answer between <tag name="NAME"> and </tag>, with a name of its own.'
        given, callback = _split_callback(options)
        text = _whole_answer(self, prompt, images, _together(system_prompt, task), given, callback)
        found = blocks.named_tags(blocks.without_thoughts(text))
        if not found:
            raise BadReply('the model answered without any <tag name="…">', excerpt=text[:300])
        return found


def edited(code: str, edits: Sequence[Mapping[str, str]]) -> str:
    """The code after the edits. Raises ValueError where a passage is not found once."""
    for edit in edits:
        search = edit["search"]
        count = code.count(search) if search else 0
        if count != 1:
            told = "is not in the code" if not count else f"is in the code {count} times: take more lines around it"
            raise ValueError(f"the passage {search[:80]!r} {told}")
        code = code.replace(search, edit["replace"])
    return code


def _whole_answer(
    client: Any, prompt: str, images: Sequence[Any] | None, system: str | None, given: Mapping[str, Any], callback: Any
) -> str:
    """The model's words, continued where its length was bounded by the service or its block stands open."""
    result = answer_prompt(client, prompt, images, system, given, callback)
    text = result.text
    for _ in range(_CONTINUATIONS):
        found = blocks.code_blocks(text)
        if not (result.finish == "length" or (found and not found[-1]["is_complete"] and result.finish == "stop")):
            break
        messages = [*prompt_messages(prompt, images, system), Message.assistant(text), Message.user(_GO_ON)]
        result = answer(client, messages, given, callback)
        if not result.text.strip():
            break
        text += _without_reopened_fence(result.text)
    return text


def _without_reopened_fence(text: str) -> str:
    first, newline, rest = text.partition("\n")
    return rest if newline and first.strip().startswith("```") and first.strip() != "```" else text


def _sampling(
    n_predict: int | None,
    temperature: float | None,
    top_k: int | None,
    top_p: float | None,
    repeat_penalty: float | None,
    repeat_last_n: int | None,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    given = {"n_predict": n_predict, "temperature": temperature, "top_k": top_k, "top_p": top_p}
    return {**given, "repeat_penalty": repeat_penalty, "repeat_last_n": repeat_last_n, **options}


def _split_callback(options: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    given = dict(options)
    first = given.pop("callback", None)
    return given, given.pop("streaming_callback", None) or first


def _together(system_prompt: str | None, task: str) -> str:
    return f"{system_prompt}\n\n{task}" if system_prompt else task


def _form(code_tag_format: str) -> str:
    return "html" if code_tag_format == "html" else "markdown"
