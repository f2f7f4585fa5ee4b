"""Answers in a form that programs can use: JSON, yes or no, choices, code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lollms_client.compatibility.application import blocks
from lollms_client.compatibility.application.pydantic_models import instance_of, is_model, plain_value
from lollms_client.compatibility.application.schemas import schema_of
from lollms_client.compatibility.application.structured import ask_for_json
from lollms_client.errors import BadReply, BadSetting

_MOST_CHOICES = 20  # that are put into an order one by one
_NOT_FOR_CALLS = ("use_override", "debug", "auto_continue_on_truncation", "override_all_prompts", "code_tag_format")


class StructuredMethods:
    """The helpers around `generate_text`. Where no usable answer comes they raise BadReply; nothing is made up."""

    def generate_structured_content(
        self,
        prompt: str,
        schema: Any = None,
        images: Any = None,
        system_prompt: str | None = None,
        max_retries: int = 3,
        **options: Any,
    ) -> Any:
        """An answer in the form of `schema`: a dictionary, or a list where the schema is of one.

        `schema` is a JSON Schema (dictionary or JSON text), a pydantic class or instance, another class with fields, a
        template of the answer, or a list of one of these. The older order (images before schema) is understood.
        Raises BadReply after `max_retries` further tries.
        """
        schema, images = _in_order(schema, images, options)
        wanted, validate = _wanted(schema, as_plain=True)
        return _ask(self, prompt, wanted, images, system_prompt, max_retries, validate, options)

    def generate_structured_content_pydantic(
        self,
        prompt: str,
        pydantic_model: Any,
        images: Sequence[Any] | None = None,
        system_prompt: str | None = None,
        max_retries: int = 3,
        **options: Any,
    ) -> Any:
        """A validated instance of a pydantic model, given as class or instance. Raises BadReply, BadSetting."""
        if not is_model(pydantic_model if isinstance(pydantic_model, type) else type(pydantic_model)):
            raise BadSetting("pydantic_model must be a pydantic model, or an instance of one", setting="pydantic_model")
        wanted, validate = _wanted(pydantic_model, as_plain=False)
        return _ask(self, prompt, wanted, images, system_prompt, max_retries, validate, options)

    def yes_no(
        self,
        question: str,
        context: str = "",
        max_answer_length: int | None = None,
        conditionning: str = "",
        return_explanation: bool = False,
        callback: Any = None,
        *,
        system_prompt: str = "",
        images: Sequence[Any] | None = None,
        **options: Any,
    ) -> Any:
        """Whether the model says yes; with `return_explanation` a dictionary of `answer` and `explanation`."""
        fields: dict[str, Any] = {"answer": bool}
        given = {**options, "callback": callback, "n_predict": max_answer_length}
        found = _decide(
            self, "Answer the question with yes (true) or no (false).", question, context, fields, return_explanation,
            system_prompt or conditionning, images, given,
        )  # fmt: skip
        return found if return_explanation else found["answer"]

    def multichoice_question(
        self,
        question: str,
        possible_answers: Sequence[str],
        context: str = "",
        max_answer_length: int | None = None,
        conditionning: str = "",
        return_explanation: bool = False,
        callback: Any = None,
        *,
        system_prompt: str = "",
        images: Sequence[Any] | None = None,
        **options: Any,
    ) -> Any:
        """The index of the answer that the model chooses; with `return_explanation` a dictionary with `index`."""
        choices = _numbered(possible_answers)
        fields = {"index": {"type": "integer", "minimum": 0, "maximum": len(possible_answers) - 1}}
        task = f"Choose the best answer to the question, by its number.\n{choices}"
        given = {**options, "callback": callback, "n_predict": max_answer_length}
        found = _decide(
            self, task, question, context, fields, return_explanation, system_prompt or conditionning, images, given
        )
        return found if return_explanation else found["index"]

    def multichoice_ranking(
        self,
        question: str,
        possible_answers: Sequence[str],
        context: str = "",
        max_answer_length: int | None = None,
        conditionning: str = "",
        return_explanation: bool = False,
        callback: Any = None,
        *,
        system_prompt: str = "",
        images: Sequence[Any] | None = None,
        **options: Any,
    ) -> Any:
        """The answers' indices from best to worst; with `return_explanation` a dictionary with `ranking`.

        A model that cannot order them at once is asked for the best of those that are left, until all have a place.
        """
        count = len(possible_answers)
        choices = _numbered(possible_answers)
        index = {"type": "integer", "minimum": 0, "maximum": count - 1}
        ranking = {"type": "array", "items": index, "minItems": count, "maxItems": count, "uniqueItems": True}
        task = f"Order all the answers to the question from the best to the worst, by their numbers.\n{choices}"
        given = {**options, "callback": callback, "n_predict": max_answer_length}
        system = system_prompt or conditionning
        try:
            found = _decide(
                self, task, question, context, {"ranking": ranking}, return_explanation, system, images, given
            )
        except BadReply:
            if count > _MOST_CHOICES:
                raise
            best_first = _one_by_one(self, question, possible_answers, context, system, images, given)
            found = {"ranking": best_first, **({"explanation": ""} if return_explanation else {})}
        return found if return_explanation else found["ranking"]

    # --- blocks -------------------------------------------------------------------------------------------------

    def extract_code_blocks(self, text: str, format: str = "markdown") -> list[dict[str, Any]]:
        """The code blocks of a text: `index`, `type`, `content`, `file_name`, `is_complete`; markdown or html.

        The type of a block that names none is `language-specific`.
        """
        return [{**block, "type": block["type"] or "language-specific"} for block in blocks.code_blocks(text, format)]

    def extract_thinking_blocks(self, text: str) -> list[str]:
        """What a text says between `<think>` marks."""
        return blocks.thoughts(text)

    def remove_thinking_blocks(self, text: str) -> str:
        """The text without what stands between `<think>` marks, and without space around it."""
        return blocks.without_thoughts(text).strip()


def _in_order(schema: Any, images: Any, options: dict[str, Any]) -> tuple[Any, Any]:
    """The schema and the images, whichever way round and under whichever name they were given."""
    for name in ("template", "output_format", "structure"):
        if name in options:
            given = options.pop(name)
            schema = given if schema is None else schema
    if schema is None or (_is_images(schema) and images is not None):
        schema, images = images, schema
    if schema is None:
        raise BadSetting("in which form? give schema=", setting="schema")
    return schema, images


def _is_images(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, (str, bytes)) for item in value)


def _wanted(schema: Any, as_plain: bool) -> tuple[dict[str, Any], Any]:
    """The JSON Schema, and what checks a value that fits it: the model's own validation, where a class brings one."""
    model = schema if isinstance(schema, type) else type(schema)
    if not is_model(model):
        return schema_of(schema), None

    def checked(value: Any) -> Any:
        instance = instance_of(model, value)
        return plain_value(instance) if as_plain else instance

    return schema_of(model), checked


def _ask(
    client: Any,
    prompt: str,
    schema: dict[str, Any],
    images: Sequence[Any] | None,
    system_prompt: str | None,
    max_retries: int,
    validate: Any,
    options: Mapping[str, Any],
) -> Any:
    given = {name: value for name, value in options.items() if name not in _NOT_FOR_CALLS}
    callback = given.pop("streaming_callback", None) or given.pop("callback", None)
    given.pop("callback", None)
    return ask_for_json(
        client,
        prompt,
        schema,
        images=images,
        system_prompt=system_prompt,
        max_retries=max_retries,
        callback=callback,
        validate=validate,
        options=given,
    )


def _decide(
    client: Any,
    task: str,
    question: str,
    context: str,
    fields: Mapping[str, Any],
    explained: bool,
    system_prompt: str,
    images: Sequence[Any] | None,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    template = {**({"explanation": "why, in one or two sentences"} if explained else {}), **fields}
    about = f"\n\nWhat is known:\n{context}" if context else ""
    given = dict(options)
    retries = given.pop("max_retries", 3)
    found: dict[str, Any] = _ask(
        client,
        f"{task}{about}\n\nQuestion: {question}",
        schema_of(template),
        images,
        system_prompt,
        retries,
        None,
        given,
    )
    return found


def _one_by_one(
    client: Any,
    question: str,
    answers: Sequence[str],
    context: str,
    system_prompt: str,
    images: Sequence[Any] | None,
    options: Mapping[str, Any],
) -> list[int]:
    """All indices, each the model's choice among those that were left."""
    left = list(range(len(answers)))
    chosen: list[int] = []
    while len(left) > 1:
        choices = [answers[index] for index in left]
        place = StructuredMethods.multichoice_question(
            client, question, choices, context, system_prompt=system_prompt, images=images, **options
        )
        chosen.append(left.pop(place))
    return [*chosen, *left]


def _numbered(answers: Sequence[str]) -> str:
    if not answers or isinstance(answers, str):
        raise BadSetting("possible_answers must be a list of texts", setting="possible_answers")
    return "\n".join(f"{index}: {text}" for index, text in enumerate(answers))
