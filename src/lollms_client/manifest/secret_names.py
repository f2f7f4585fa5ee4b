"""Which parameter names say that the value is a secret."""

from __future__ import annotations

import re

_SECRET_WORDS = {
    "token",
    "secret",
    "secrets",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "credential",
    "credentials",
}
_SECRET_COMPOUNDS = (
    "apikey",
    "authtoken",
    "accesstoken",
    "bearertoken",
    "hftoken",
    "accesskey",
    "secretkey",
    "privatekey",
)
# words beside `token` that make it a piece of text rather than a right of way
_TEXT_TOKEN_WORDS = {
    "max", "min", "num", "n", "count", "limit", "budget", "per", "length", "size", "index", "id", "type", "stop", "eos",
    "bos", "pad", "unk", "sep", "cls", "mask", "special", "start", "end", "prefix", "suffix", "strategy", "url",
    "endpoint",
}  # fmt: skip
# words beside `key` that make it something other than a right of way
_OTHER_KEY_WORDS = {
    "signature", "musical", "music", "song", "melody", "chord", "change", "mode", "scale", "primary", "foreign", "sort",
    "frame", "frames", "mapping", "press", "map", "url", "endpoint",
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(name: str) -> list[str]:
    """The lower-case words of a name, whether it is written with underscores, hyphens or humps."""
    return [word.lower() for part in re.split(r"[^A-Za-z0-9]+", name) for word in _WORD.findall(part)]


def says_secret(name: str, *, has_options: bool = False, of_method: bool = False) -> bool:
    """Whether the name says key, token, secret or password, as a word of its own.

    `max_tokens`, `tokenizer` and `keyboard` do not; a lone `key` does among settings, but not as a parameter of a
    method or with a list of options, where it is the key of a piece of music.
    """
    words = words_of(name)
    joined = "".join(words)
    others = set(words)
    if others & (_SECRET_WORDS - {"token"}) or joined.endswith(_SECRET_COMPOUNDS):
        return True
    if "token" in others:
        return not others & _TEXT_TOKEN_WORDS
    if "key" in others or "keys" in others:
        if len(words) == 1:
            return not has_options and not of_method and words == ["key"]
        return not others & _OTHER_KEY_WORDS
    return False
