"""The application side of the public client: what its users construct and call, found by name when it is first used."""

from __future__ import annotations

import logging
from collections.abc import Container, Mapping, Sequence
from typing import Any


def client_arguments(binding_names: Sequence[str], given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The constructor's arguments in our terms, and what is set on the client besides."""
    from lollms_client.compatibility.application.arguments import understood

    return understood(binding_names, given)


def client_attribute(client: Any, name: str) -> Any:
    """A method or property of the public client, bound to ours. Raises AttributeError."""
    from lollms_client.compatibility.application.lookup import attribute_of

    return attribute_of(client, name)


def chat_options(llm: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `chat` with a discussion, without those of earlier versions that mean nothing here."""
    from lollms_client.compatibility.application.options import without_era_names

    understood = without_era_names(llm, options, "chat")
    if "n_predict" in understood:
        understood["max_tokens"] = understood.pop("n_predict")
    return understood


def discussion_attribute(discussion: Any, name: str) -> Any:
    """A method of the public discussion, bound to ours. Raises AttributeError."""
    from lollms_client.compatibility.application.discussion_methods import DiscussionMethods

    found = vars(DiscussionMethods).get(name)
    if found is None:
        raise AttributeError(f"{type(discussion).__name__} has no attribute {name!r}")
    return found.__get__(discussion, type(discussion))


def message_attribute(message: Any, name: str) -> Any:
    """A column or method of the public package's messages, bound to ours. Raises AttributeError."""
    from lollms_client.compatibility.application.message_methods import MessageMethods

    found = vars(MessageMethods).get(name)
    if found is None:
        raise AttributeError(f"{type(message).__name__} has no attribute {name!r}")
    return found.__get__(message, type(message))


def shown_system(discussion: Any, system: str) -> str:
    """The system's words with what an application put beside them."""
    from lollms_client.compatibility.application import shown

    return shown.shown_system(discussion, system)


def shown_messages(discussion: Any, branch: list[Any]) -> list[Any]:
    """A branch as a model is to see it."""
    from lollms_client.compatibility.application import shown

    return shown.shown_messages(discussion, branch)


def discussion_from_json(kind: Any, text: str, lollms_client: Any, db_manager: Any) -> Any:
    """A discussion out of the JSON text that the public package, or ours, wrote of one."""
    from lollms_client.compatibility.application.former_messages import discussion_of

    return discussion_of(kind, text, lollms_client, db_manager)


def message_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a message of the public package under our names."""
    from lollms_client.compatibility.application.former_messages import in_our_terms

    return in_our_terms(fields)


def text_processor(llm: Any) -> Any:
    """The helpers around texts for a language binding."""
    from lollms_client.compatibility.application.processing import LollmsTextProcessor

    return LollmsTextProcessor(llm)


def settings_in_our_terms(given: Mapping[str, Any], known: Container[str]) -> tuple[dict[str, Any], list[str]]:
    """Settings of the public package's bindings under our names, and what was renamed or left out."""
    from lollms_client.compatibility.application.former_settings import in_our_terms

    settings, notes = in_our_terms(given, known)
    for note in notes:
        logging.getLogger("lollms_client").warning("%s", note)
    return settings, notes


def newer_name(name: str, binding_type: str) -> str | None:
    """What a binding of the public package is called here, None where there is none of its kind."""
    from lollms_client.compatibility.application.former_names import FORMER_NAMES

    return FORMER_NAMES.get((binding_type, name))


def module_attribute(module: str, name: str) -> Any:
    """A function or class that the public package has in that module. Raises AttributeError."""
    from lollms_client.compatibility.application.listings import attribute_of_module

    return attribute_of_module(module, name)
