"""Counts tokens: by the service where it offers that, else by a tokenizer that lies on this machine, else estimated.

Nothing is ever downloaded for it.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lollms_client.errors import BadReply, BadSetting, MissingDependency
from lollms_client.types.accounting import TokenCount

if TYPE_CHECKING:
    from lollms_client.families.openai_compatible.quirks import TokenRoute
    from lollms_client.families.openai_compatible.service import OpenAICompatible

_logger = logging.getLogger(__name__)
# where tiktoken takes the vocabulary of an encoding from, and so the name of its cached file
_VOCABULARIES = {
    "o200k_base": "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken",
    "cl100k_base": "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken",
}


def token_body(route: TokenRoute, model: str, text: str) -> dict[str, Any]:
    """The body that asks for the tokens of a text."""
    body: dict[str, Any] = {route.text: text}
    if route.with_model:
        body["model"] = model
    return body


def token_path(binding: OpenAICompatible, path: str) -> str:
    """The address of a token route; a slash at its start counts from the host."""
    return binding.at_host(path) if path.startswith("/") else path


def counted(route: TokenRoute, reply: Any) -> int:
    """The number of tokens in a reply. Raises BadReply where there is none."""
    value = reply.get(route.count) if route.count and isinstance(reply, Mapping) else None
    if isinstance(value, int):
        return value
    return len(listed(route, reply))


def listed(route: TokenRoute, reply: Any) -> list[Any]:
    """The tokens in a reply. Raises BadReply where there are none."""
    value: Any = reply
    for name in route.tokens.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, list):
        raise BadReply("the service's reply holds no tokens")
    return value


def count_here(model: str, tokenizer_file: str | None, text: str) -> int:
    """Tokens by a tokenizer of this machine; where none is here, an estimate that says it is one, also in the log.

    Raises BadSetting for a tokenizer file that cannot be read, MissingDependency without the package for it.
    """
    if tokenizer_file:
        return _by_file(tokenizer_file, text)
    found = _by_tiktoken(model, text)
    if found is not None:
        return found
    _logger.warning("no tokenizer for the model %s is here; its tokens are estimated from the letters", model)
    return TokenCount(estimate(text), estimated=True)


def estimate(text: str) -> int:
    """About how many tokens a text has: four Latin letters, or one to two of other scripts, make one."""
    if not text:
        return 0
    ascii_letters = sum(1 for letter in text if letter.isascii())
    return max(1, round(ascii_letters / 4 + (len(text) - ascii_letters) / 1.5))


def _by_file(path: str, text: str) -> int:
    try:
        tokenizers: Any = importlib.import_module("tokenizers")
    except ImportError as error:
        raise MissingDependency(
            "tokenizer_file needs the package tokenizers: pip install tokenizers", package="tokenizers"
        ) from error
    if not Path(path).is_file():
        raise BadSetting(f"tokenizer_file: there is no file {path}", setting="tokenizer_file")
    return len(tokenizers.Tokenizer.from_file(path).encode(text, add_special_tokens=False).ids)


def _by_tiktoken(model: str, text: str) -> int | None:
    """None where tiktoken is not installed, does not know the model, or would have to download its vocabulary."""
    try:
        tiktoken: Any = importlib.import_module("tiktoken")
    except ImportError:
        return None
    try:
        encoding = tiktoken.encoding_name_for_model(model.rpartition("/")[2])
    except KeyError:
        return None
    if not vocabulary_is_here(encoding):
        return None
    return len(tiktoken.get_encoding(encoding).encode(text, disallowed_special=()))


def vocabulary_is_here(encoding: str) -> bool:
    """Whether tiktoken has the vocabulary of that encoding in its cache."""
    address = _VOCABULARIES.get(encoding)
    if address is None:
        return False
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    if folder is None:
        folder = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    # the cache names its files so; nothing is protected by it
    name = hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()
    return bool(folder) and (Path(folder) / name).is_file()
