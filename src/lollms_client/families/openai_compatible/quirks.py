"""The quirks of a service on OpenAI's wire, as data: the mapping `service: quirks:` of its manifest."""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client.errors import BadManifest

PATHS = {
    "chat": "chat/completions",
    "responses": "responses",
    "completions": "completions",
    "embeddings": "embeddings",
    "models": "models",
    "input_tokens": "responses/input_tokens",
    "images": "images/generations",
    "image_edits": "images/edits",
    "image_variations": "images/variations",
    "transcriptions": "audio/transcriptions",
    "translations": "audio/translations",
    "speech": "audio/speech",
    "voices": "audio/voices",
    "videos": "videos",
}


class Auth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the key travels, and whether a call without one is refused before it is sent."""

    header: str = "Authorization"
    prefix: str = "Bearer "
    required: bool = True


class TokenRoute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the service turns text into tokens: a path, the field of the text, the field of tokens or of their count.

    A path that begins with a slash counts from the host, any other from host_address.
    """

    path: str
    text: str = "prompt"
    tokens: str = "tokens"
    count: str = ""
    back: str = ""  # the path of the way back, "" where there is none
    back_text: str = "prompt"
    with_model: bool = False


class EmbeddingRoute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How embeddings are asked for: texts of one request at most, base64 vectors, words for a text's purpose."""

    batch: int = 2048
    base64: bool = False
    purpose_field: str = ""
    purposes: dict[str, str] = {}


class Quirks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different about a service. Each field's default is what OpenAI's own documents say.

    Fifteen fields at most: a difference of one service alone belongs into one of the four hooks.
    """

    auth: Auth = Auth()
    # by route, or `route?setting` for where that setting is given; {model} is filled in; a slash counts from the host
    paths: dict[str, str] = {}
    query: dict[str, str] = {}  # added to every address; {setting} is filled in
    wires: tuple[str, ...] = (
        "chat",
    )  # chat, responses, completions: the first one is used unless a call says otherwise
    # our name of a parameter: the service's, with dots into nested fields; or `name=value`: `field=value`
    renames: dict[str, str] = {}
    # parts of the wire that it does not take or need: stream_options, json_schema, tool_choice, named_tool,
    # required_tool, parallel_tool_calls, message_names; `model`: none has to be named
    drops: tuple[str, ...] = ()
    system_role: str = "system"
    reasoning_back: str = ""  # the field in which an earlier answer's reasoning returns to the service
    think_tags: tuple[str, ...] = ()  # opening and closing tag of reasoning at the start of an answer's text
    cache_control: bool = False  # parts of a message may be marked for an explicit prompt cache
    embedding: EmbeddingRoute = EmbeddingRoute()
    tokens: TokenRoute | None = None
    counts_input: bool = False  # the route input_tokens counts the tokens of an input
    max_upload_bytes: int = 25 * 1024 * 1024
    media: dict[str, Any] = {}  # what only the media bindings ask for


def quirks_of(service: dict[str, Any], file: str) -> Quirks:
    """The quirks in a manifest's `service` mapping. Raises BadManifest for an unknown field or a wrong type."""
    try:
        return msgspec.convert(service.get("quirks") or {}, Quirks)
    except msgspec.ValidationError as error:
        raise BadManifest(f"{file}: service: quirks: {error}", file=file, rule=str(error)) from error
