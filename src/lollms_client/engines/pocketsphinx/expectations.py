"""What a caller expects to hear: words and phrases of a prompt, or a JSGF grammar, made ready for the recogniser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from lollms_client.errors import BadSetting

_WORD = re.compile(r"[^\W_][\w'’.-]*(?<![.'’-])")
_LONGEST_PHRASE = 4
_MOST_WORDS = 2_000
_GRAMMAR_TOKEN = re.compile(
    r"(?P<header>#JSGF[^;]*;)|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<rule><[^>]*>)|(?P<tag>\{[^}]*\})"
    r"|(?P<weight>/\s*[\d.eE+-]+\s*/)|(?P<quoted>\"[^\"]*\")|(?P<word>[^\s;=|*+<>()\[\]{}/\"]+)|(?P<other>.)",
    re.DOTALL,
)


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


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """A JSGF grammar with its words in lower case, as the dictionary has them."""

    text: str
    words: tuple[str, ...]


def read_grammar(text: str) -> Grammar:
    """Check a JSGF grammar as far as that needs no engine. Raises BadSetting where it is no grammar, or imports one."""
    if not text.lstrip("\ufeff \t\r\n").startswith("#JSGF"):
        raise BadSetting(
            "the grammar must be JSGF: `#JSGF V1.0; grammar commands; public <command> = go | stop;`",
            setting="grammar",
        )
    if "\0" in text:
        raise BadSetting("the grammar holds a NUL character", setting="grammar")
    pieces: list[str] = []
    words: dict[str, None] = {}
    for kind, piece in _grammar_tokens(text):
        if kind == "import":
            raise BadSetting("the grammar must be whole: `import` is not allowed", setting="grammar")
        if kind == "word":
            words[piece] = None
            piece = piece.lower()
        elif kind == "quoted":
            words.update(dict.fromkeys(piece.strip('"').split()))
            piece = f"( {piece.strip(chr(34)).lower()} )"
        pieces.append(" " if kind == "comment" else piece)
    if "public" not in text:
        raise BadSetting("the grammar needs a rule that starts with `public`", setting="grammar")
    return Grammar(text="".join(pieces), words=tuple(words))


def _grammar_tokens(text: str) -> Iterator[tuple[str, str]]:
    """The pieces with their kinds; keywords and the grammar's own name are `keyword`, only terminals are `word`."""
    expects_name, starts = False, True
    for found in _GRAMMAR_TOKEN.finditer(text.lstrip("\ufeff \t\r\n")):
        kind, piece = str(found.lastgroup), found.group()
        if kind == "word" and expects_name:
            kind, expects_name = "keyword", False
        elif kind == "word" and starts and piece in ("grammar", "public", "import"):
            kind, expects_name = ("import" if piece == "import" else "keyword"), piece == "grammar"
        starts = kind == "header" or piece == ";" or (starts and (kind == "comment" or piece.isspace()))
        yield kind, piece
