"""JSGF grammars: parsed and checked here, and written anew, because the engine ends the process over a bad one."""

from __future__ import annotations

import re
from typing import NoReturn

import msgspec

from lollms_client.errors import BadSetting

_PIECE = re.compile(
    r"\s+|//[^\n]*|/\*.*?\*/"
    r"|(?P<weight>/\s*\d*\.?\d+(?:[eE][+-]?\d+)?\s*/)|(?P<rule><[^<>;={}\"]*>)|(?P<tag>\{(?:[^{}\\]|\\.)*\})"
    r"|(?P<quoted>\"[^\"]*\")|(?P<sign>[;=|*+()\[\]])|(?P<word>[^\W_][\w'’.-]*)",
    re.DOTALL,
)
_HEADER = re.compile(r"\s*#JSGF\s+[Vv][\d.]+[^;\n]*;")
_DEEPEST = 60  # brackets within brackets
_LARGEST = 50_000  # words after all rules are put in place of their names
_LONGEST_TEXT = 500_000
_SPECIAL = ("NULL", "VOID")


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """A sound JSGF grammar in plain form, and its words as they were written (the grammar has them in lower case)."""

    text: str
    words: tuple[str, ...]


class _Rule(msgspec.Struct, kw_only=True):
    """A rule in plain form, the rules it names, and of these the ones that do not stand at its very end."""

    public: bool
    body: str = ""
    named: list[str] = msgspec.field(default_factory=list)
    inner: list[str] = msgspec.field(default_factory=list)
    size: int = 0
    can_be_empty: bool = False


def read_grammar(text: str) -> Grammar:
    """Parse a JSGF grammar. Raises BadSetting, with the line, for anything that JSGF or the engine does not allow."""
    if len(text) > _LONGEST_TEXT:
        raise BadSetting(f"the grammar is longer than {_LONGEST_TEXT} characters", setting="grammar")
    parser = _Parser(text)
    parser.read()
    _check_names(parser.rules)
    _check_recursion(parser.rules)
    _check_size(parser.rules)
    numbers = {name: f"<r{number}>" for number, name in enumerate(parser.rules)}
    public = [numbers[name] for name, rule in parser.rules.items() if rule.public]
    lines = ["#JSGF V1.0;", "grammar g;", f"public <top> = {' | '.join(public)};"]  # the engine takes only one
    for name, rule in parser.rules.items():
        body = re.sub(r"<([^<>]*)>", lambda found: numbers.get(found.group(1), found.group()), rule.body)
        lines.append(f"{numbers[name]} = {body};")
    return Grammar(text="\n".join(lines), words=tuple(parser.words))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text.lstrip("\ufeff")
        self._pieces: list[tuple[str, str, int]] = []
        self._at = 0
        self._depth = 0
        self.rules: dict[str, _Rule] = {}
        self.words: dict[str, None] = {}

    def read(self) -> None:
        header = _HEADER.match(self._text)
        if header is None:
            raise BadSetting(
                "the grammar must be JSGF: `#JSGF V1.0; grammar commands; public <command> = go | stop;`",
                setting="grammar",
            )
        self._cut(header.end())
        if self._next("grammar") != ("word", "grammar"):
            self._fail("`grammar` and its name must come first")
        while self._next("the grammar's name") != ("sign", ";"):
            pass
        while self._at < len(self._pieces):
            self._rule()
        if not any(rule.public for rule in self.rules.values()):
            raise BadSetting("the grammar needs a rule that starts with `public`", setting="grammar")

    def _cut(self, place: int) -> None:
        while place < len(self._text):
            found = _PIECE.match(self._text, place)
            if found is None:
                self._fail(f"{self._text[place]!r} does not belong there", place)
            if found.lastgroup is not None:
                self._pieces.append((found.lastgroup, found.group(), place))
            place = found.end()

    def _fail(self, problem: str, place: int | None = None) -> NoReturn:
        if place is None:
            place = self._pieces[min(self._at, len(self._pieces)) - 1][2] if self._pieces else 0
        line = self._text.count("\n", 0, place) + 1
        raise BadSetting(f"line {line} of the grammar: {problem}", setting="grammar", line=line)

    def _peek(self) -> tuple[str, str]:
        return self._pieces[self._at][:2] if self._at < len(self._pieces) else ("end", "")

    def _next(self, wanted: str) -> tuple[str, str]:
        if self._at >= len(self._pieces):
            self._fail(f"it ends where {wanted} should stand")
        self._at += 1
        return self._pieces[self._at - 1][:2]

    def _rule(self) -> None:
        kind, piece = self._next("a rule")
        if (kind, piece) == ("word", "import"):
            self._fail("the grammar must be whole, `import` is not allowed")
        public = (kind, piece) == ("word", "public")
        if public:
            kind, piece = self._next("a rule's name")
        name = piece[1:-1].strip()
        if kind != "rule" or not name or name in _SPECIAL:
            self._fail(f"a rule's name in <> should stand instead of {piece}")
        if name in self.rules:
            self._fail(f"<{name}> is there twice")
        if self._next("=") != ("sign", "="):
            self._fail(f"`=` should follow <{name}>")
        rule = self.rules[name] = _Rule(public=public)
        rule.body, rule.can_be_empty = self._choice(rule, at_end=True)
        if self._next(";") != ("sign", ";"):
            self._fail(f"`;` should end <{name}>")

    def _choice(self, rule: _Rule, *, at_end: bool) -> tuple[str, bool]:
        """Alternatives with their weights, brought to a sum of one, and whether nothing at all fits them."""
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"more than {_DEEPEST} brackets stand within each other")
        weights: list[float | None] = []
        sequences: list[str] = []
        can_be_empty = False
        while True:
            weights.append(float(self._next("a weight")[1].strip("/ \t\n\r")) if self._peek()[0] == "weight" else None)
            sequence, empty = self._sequence(rule, at_end=at_end)
            sequences.append(sequence)
            can_be_empty = can_be_empty or empty
            if self._peek() != ("sign", "|"):
                break
            self._at += 1
        self._depth -= 1
        if all(weight is None for weight in weights):
            return " | ".join(sequences), can_be_empty
        numbers = [1.0 if weight is None else weight for weight in weights]
        total = sum(numbers)
        if not 0.0 < total < float("inf") or min(numbers) <= 0.0:
            self._fail("weights must be greater than zero")
        shares = [max(number / total, 1e-6) for number in numbers]
        weighted = [f"/{share:.6f}/ {one}" for share, one in zip(shares, sequences, strict=True)]
        return " | ".join(weighted), can_be_empty

    def _sequence(self, rule: _Rule, *, at_end: bool) -> tuple[str, bool]:
        items: list[str] = []
        can_be_empty = True
        while self._peek()[0] in ("word", "quoted", "rule") or self._peek()[1] in ("(", "["):
            before = len(rule.named)
            item, empty = self._item(rule)
            items.append(item)
            can_be_empty = can_be_empty and empty
            if not (at_end and self._ends_sequence()):
                rule.inner += rule.named[before:]
            while self._peek()[0] == "tag":
                self._at += 1
        if not items:
            self._fail("a word, a rule or a bracket is missing")
        return " ".join(items), can_be_empty

    def _ends_sequence(self) -> bool:
        place = self._at
        while place < len(self._pieces) and self._pieces[place][0] == "tag":
            place += 1
        return place >= len(self._pieces) or self._pieces[place][1] in ("|", ";")

    def _item(self, rule: _Rule) -> tuple[str, bool]:
        kind, piece = self._next("a word")
        can_be_empty = False
        if piece in ("(", "["):
            before = len(rule.named)
            inner, can_be_empty = self._choice(rule, at_end=False)
            rule.inner += rule.named[before:]
            closing = ")" if piece == "(" else "]"
            if self._next(closing)[1] != closing:
                self._fail(f"`{closing}` is missing")
            item = f"( {inner} )" if can_be_empty else f"{piece} {inner} {closing}"
            can_be_empty = can_be_empty or piece == "["
        elif kind == "rule":
            name = piece[1:-1].strip()
            if name not in _SPECIAL:
                rule.named.append(name)
            item = f"<{name}>"
            can_be_empty = name == "NULL" or (name in self.rules and self.rules[name].can_be_empty)
        else:
            item = self._words(piece.strip('"').split())
            rule.size += len(piece.split())
        if self._peek()[1] in ("*", "+"):
            if can_be_empty:  # the engine would go round in nothing
                self._fail("what can be empty cannot be repeated: write (a)*, not ([a])*")
            sign = self._next("*")[1]
            item, can_be_empty = f"( {item} ) {sign}", sign == "*"
            rule.inner += rule.named
        return item, can_be_empty

    def _words(self, words: list[str]) -> str:
        if not words:
            self._fail("the quotation marks are empty")
        for word in words:
            if not re.fullmatch(r"[^\W_][\w'’.-]*", word):
                self._fail(f"{word!r} is no word that can be spoken")
        plain = [word.replace("’", "'") for word in words]
        self.words.update(dict.fromkeys(plain))
        return plain[0].lower() if len(plain) == 1 else "( " + " ".join(plain).lower() + " )"


def _check_names(rules: dict[str, _Rule]) -> None:
    for name, rule in rules.items():
        for named in rule.named:
            if named not in rules:
                raise BadSetting(f"<{name}> of the grammar names <{named}>, which is not there", setting="grammar")


def _reached(rules: dict[str, _Rule], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for named in rules[waiting.pop()].named:
            if named not in found:
                found.add(named)
                waiting.append(named)
    return found


def _check_recursion(rules: dict[str, _Rule]) -> None:
    for name, rule in rules.items():
        for named in set(rule.inner):
            if name == named or name in _reached(rules, named):
                raise BadSetting(
                    f"<{name}> of the grammar names itself before its end: only the last word may do so",
                    setting="grammar",
                )
        if set(rule.named) and rule.size == 0 and name in _reached(rules, name):
            raise BadSetting(f"<{name}> of the grammar goes round in a circle without a word", setting="grammar")


def _check_size(rules: dict[str, _Rule]) -> None:
    """Refuse a grammar that grows beyond bounds where rules are put in place of their names."""
    sizes: dict[str, int] = {}

    def size_of(name: str, above: tuple[str, ...]) -> int:
        if name in above or len(above) > 200:
            return 1
        if name not in sizes:
            total = 1 + rules[name].size
            for named in rules[name].named:
                total += size_of(named, (*above, name))
                if total > _LARGEST:
                    break
            sizes[name] = total
        return sizes[name]

    for name in rules:
        if size_of(name, ()) > _LARGEST:
            raise BadSetting(f"<{name}> of the grammar stands for more than {_LARGEST} words", setting="grammar")
