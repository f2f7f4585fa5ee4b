"""What a caller expects to hear: the words, phrases and sentences of a prompt."""

from __future__ import annotations

import re

import msgspec

from lollms_client.errors import BadSetting

_WORD = re.compile(r"[^\W_][\w'’.-]*(?<![.'’-])")
_LONGEST_PHRASE = 4
_MOST_WORDS = 2_000


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a prompt as they were written, and its phrases: words that stand together."""

    words: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    sentences: tuple[tuple[str, ...], ...]


def read_prompt(text: str) -> Prompt:
    """Take the words and phrases out of a prompt: a list of names, an agenda, or a whole text.

    Words between punctuation are a phrase if they are at most four; of longer ones each pair is. Capitals are kept.
    """
    words: dict[str, None] = {}
    phrases: dict[tuple[str, ...], None] = {}
    sentences: list[tuple[str, ...]] = []
    for part in re.split(r"[,;:!?()\[\]{}\"“”\n]|\.(?=\s|$)", text):
        run = tuple(found.group().replace("’", "'") for found in _WORD.finditer(part))
        if not run:
            continue
        if len(run) > _LONGEST_PHRASE and run[0].istitle():
            run = (run[0].lower(), *run[1:])  # the capital of a sentence's first word, not of a name
        sentences.append(run)
        words.update(dict.fromkeys(run))
        pieces = [run] if len(run) <= _LONGEST_PHRASE else [run[at : at + 2] for at in range(len(run) - 1)]
        phrases.update(dict.fromkeys(piece for piece in pieces if len(piece) > 1))
    if len(words) > _MOST_WORDS:
        raise BadSetting(f"the prompt has {len(words)} different words: give at most {_MOST_WORDS}", setting="prompt")
    return Prompt(words=tuple(words), phrases=tuple(phrases), sentences=tuple(sentences))
