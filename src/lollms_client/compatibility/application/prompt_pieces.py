"""Long texts cut into pieces, and prompts filled from templates, as applications of the public package do it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from lollms_client.errors import BadSetting

Tokenize = Callable[[str], Sequence[Any]]
Detokenize = Callable[[Any], str]


def chunk_text(
    text: str, tokenizer: Tokenize, detokenizer: Detokenize, chunk_size: int, overlap: int, use_separators: bool = True
) -> list[str]:
    """Pieces of at most `chunk_size` tokens, each beginning with the last `overlap` tokens of the one before.

    Raises BadSetting where the pieces would not move on.
    """
    if not 0 <= overlap < chunk_size:
        raise BadSetting("overlap must be at least 0 and less than chunk_size", setting="overlap")
    tokens = tokenizer(text)
    step = chunk_size - overlap
    return [detokenizer(tokens[start : start + chunk_size]) for start in range(0, len(tokens), step)]


class PromptReshaper:
    """A template of a prompt, filled as a whole or so that it keeps within a number of tokens."""

    def __init__(self, template: str) -> None:
        self.template = template

    def replace(self, placeholders: Mapping[str, str]) -> str:
        """The template with each of these texts replaced by its value."""
        filled = self.template
        for placeholder, text in placeholders.items():
            filled = filled.replace(placeholder, text)
        return filled

    def build(
        self,
        placeholders: Mapping[str, str],
        tokenize: Tokenize,
        detokenize: Detokenize,
        max_nb_tokens: int,
        place_holders_to_sacrifice: Collection[str] = (),
    ) -> str:
        """The template with `{{name}}` replaced by the value of that name.

        Of a value that may be sacrificed only the end is kept where the prompt would exceed `max_nb_tokens`.
        """
        filled = self.template
        for name, text in placeholders.items():
            if name in place_holders_to_sacrifice:
                tokens = tokenize(text)
                left = max(0, max_nb_tokens - len(tokenize(filled)))
                if len(tokens) > left:
                    text = detokenize(tokens[len(tokens) - left :]) if left else ""
            filled = filled.replace("{{" + name + "}}", text)
        return filled


def remove_text_from_string(string: str, text_to_find: str) -> str:
    """The text up to where `text_to_find` first stands in it, in whatever case."""
    place = string.lower().find(text_to_find.lower())
    return string if place < 0 else string[:place]
