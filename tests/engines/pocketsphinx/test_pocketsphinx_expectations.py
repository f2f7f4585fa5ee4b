"""Prompts and grammars before the engine sees them: what is taken out of them, and what is refused."""

from __future__ import annotations

import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.engines.pocketsphinx.grammar import read_grammar
from lollms_client.engines.pocketsphinx.prompt import read_prompt
from lollms_client.engines.pocketsphinx.pronunciations import pronunciations
from lollms_client.errors import BadSetting

HEAD = "#JSGF V1.0; grammar g; "
PIECES = ("<a>", "<b>", "=", ";", "|", "(", ")", "[", "]", "*", "+", "/2/", "{t}", "one", "two", "public", "//", "\n")
DICTIONARY = {
    "cat": "K AE T", "dog": "D AO G", "bush": "B UH SH", "read": "R EH D", "read(2)": "R IY D",
    "g.": "JH IY", "p.": "P IY", "u.": "Y UW",
}  # fmt: skip


def test_a_prompt_gives_words_phrases_and_sentences() -> None:
    prompt = read_prompt("John Dashwood, amiable; Dr. Who’s. He was a cold hearted old man")
    assert prompt.words[:5] == ("John", "Dashwood", "amiable", "Dr", "Who's")
    assert ("John", "Dashwood") in prompt.phrases
    assert ("he", "was") in prompt.phrases
    assert ("hearted", "old") in prompt.phrases
    assert ("Dashwood", "amiable") not in prompt.phrases
    assert prompt.sentences[-1] == ("he", "was", "a", "cold", "hearted", "old", "man")


def test_a_prompt_without_words_is_empty() -> None:
    assert read_prompt(" … -- !? \n").words == ()


def test_a_prompt_of_too_many_words_is_refused() -> None:
    with pytest.raises(BadSetting, match="2500 different words: give at most 2000"):
        read_prompt(" ".join(f"w{number}" for number in range(2_500)))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_a_prompt(text: str) -> None:
    prompt = read_prompt(text)
    words = set(prompt.words)
    assert len(words) == len(prompt.words)
    for run in (*prompt.phrases, *prompt.sentences):
        assert set(run) <= words
        assert all(word and not word.isspace() for word in run)


@pytest.mark.parametrize(
    ("word", "found"),
    [("Cat", ["K AE T"]), ("read", ["R EH D", "R IY D"]), ("cats", ["K AE T S"]), ("dog's", ["D AO G Z"]),
     ("bush's", ["B UH SH IH Z"]), ("cat-dog", ["K AE T D AO G"]), ("GPU", ["JH IY P IY Y UW"]), ("42", [])],
)  # fmt: skip
def test_pronunciations_come_from_the_dictionary_and_from_parts(word: str, found: list[str]) -> None:
    assert pronunciations(word, lambda one: DICTIONARY.get(one)) == found


def test_unknown_words_are_pronounced_by_espeak() -> None:
    importlib.import_module("espeakng_loader")
    assert pronunciations("terraform", lambda one: None) == ["T EH R AH F AO R M"]


def test_a_grammar_is_written_anew() -> None:
    grammar = read_grammar(
        "\ufeff#JSGF V1.0 UTF-8 en;\n/* a */ grammar com.Cards; // b\n"
        'public <Go> = [please] (Go | "Turn Left") {tag} <n>* ;\n<n> = /3/ one | /1/ two;'
    )
    assert grammar.words == ("please", "Go", "Turn", "Left", "one", "two")
    assert grammar.text == (
        "#JSGF V1.0;\ngrammar g;\npublic <top> = <r0>;\n"
        "<r0> = [ please ] ( go | ( turn left ) ) ( <r1> ) *;\n<r1> = /0.750000/ one | /0.250000/ two;"
    )


def test_every_public_rule_can_be_said() -> None:
    assert "public <top> = <r0> | <r2>;" in read_grammar(f"{HEAD}public <a> = x; <b> = y; public <c> = <b>;").text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("go | stop", "must be JSGF"),
        ("", "must be JSGF"),
        ("#JSGF V1.0; public <a> = b;", "`grammar` and its name"),
        ("#JSGF V1.0; grammar g", "ends where the grammar's name"),
        (HEAD, "needs a rule that starts with `public`"),
        (HEAD + "<a> = b;", "needs a rule that starts with `public`"),
        (HEAD + "\nimport <com.x.*>;\npublic <a> = b;", "line 2 .*`import` is not allowed"),
        (HEAD + "public <a> = b", "ends where ;"),
        (HEAD + "public <a> = ;", "a word, a rule or a bracket is missing"),
        (HEAD + "public <a> = b | ;", "a word, a rule or a bracket is missing"),
        (HEAD + "public <a> = ( b ];", r"`\)` is missing"),
        (HEAD + "public <a> = b /2/ c;", "`;` should end <a>"),
        (HEAD + "public <a> = /0/ b | /0/ c;", "weights must be greater than zero"),
        (HEAD + "public <a> = <b>;", "names <b>, which is not there"),
        (HEAD + "public <a> = b; <a> = c;", "<a> is there twice"),
        (HEAD + "public <a> = <a> b;", "names itself before its end"),
        (HEAD + "public <a> = b <c>; <c> = [ <a> ] d;", "names itself before its end"),
        (HEAD + "public <a> = ( b [ c ] | [ d ] )*;", "cannot be repeated"),
        (HEAD + "<n> = [ b ]; public <a> = ( <n> )+;", "cannot be repeated"),
        (HEAD + "public <a> = ( b* )*;", "cannot be repeated"),
        (HEAD + "public <a> = <b>; <b> = <a>;", "circle without a word"),
        (HEAD + "public <a> = ^;", "does not belong there"),
        (HEAD + 'public <a> = "";', "quotation marks are empty"),
        (HEAD + 'public <a> = "x <y>";', "no word that can be spoken"),
        (HEAD + "public <a> = " + "(" * 5_000 + "b" + ")" * 5_000 + ";", "brackets stand within each other"),
        (HEAD + "public <a> = " + "b " * 300_000 + ";", "longer than"),
        (HEAD + "public <r0> = x;" + "".join(f"<r{n}> = <r{n - 1}> <r{n - 1}>;" for n in range(1, 40)), "more than"),
    ],
)
def test_a_wrong_grammar_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(BadSetting, match=message) as caught:
        read_grammar(text)
    assert caught.value.details["setting"] == "grammar"


def test_a_rule_may_name_itself_at_its_end() -> None:
    assert "<r0> = one | one <r0>;" in read_grammar(f"{HEAD}public <a> = one | one <a>;").text


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_grammar_is_refused_or_stays_the_same_when_read_again(pieces: list[str]) -> None:
    try:
        grammar = read_grammar(f"{HEAD}public <a> = one; {' '.join(pieces)} <b> = two ;")
    except BadSetting:
        return
    again = read_grammar(grammar.text)
    assert {word.lower() for word in again.words} == {word.lower() for word in grammar.words}


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_for_a_grammar_is_refused_or_read(text: str) -> None:
    try:
        grammar = read_grammar(HEAD + text)
    except BadSetting:
        return
    assert grammar.text.startswith("#JSGF V1.0;\n")
