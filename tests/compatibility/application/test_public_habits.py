"""What applications of the public package do every day, one habit a test: names, callbacks, messages, models, tools."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lollms_client import LollmsClient, errors
from lollms_client.lollms_core import chunk_text
from lollms_client.lollms_llm_binding import LollmsLLMBindingManager
from lollms_client.lollms_mcp_binding import LollmsMCPBindingManager
from lollms_client.lollms_tools_binding import list_binding_models
from lollms_client.lollms_types import MSG_TYPE, SUMMARY_MODE
from lollms_client.lollms_utilities import PromptReshaper, remove_text_from_string
from tests.compatibility.application.conftest import Service, native_arguments

CHUNK = MSG_TYPE.MSG_TYPE_CHUNK
HABITS = """
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.lollms_types import MSG_TYPE
BindingName = "Habits"

class Habits(LollmsLLMBinding):
    def __init__(self, user_name, **kwargs):
        super().__init__(BindingName, user_name=user_name, **kwargs)
        self.given = {"user_name": user_name, **kwargs}
        self.answers = ["one two"]
        self.heard = []

    def generate_text(self, prompt, stream=None, streaming_callback=None, **kwargs):
        self.heard.append({"prompt": prompt, **kwargs})
        answer = self.answers.pop(0)
        if streaming_callback is not None:
            for word in answer.replace(" ", " |").split("|"):
                streaming_callback(word, MSG_TYPE.MSG_TYPE_CHUNK)
        return answer

    def generate_from_messages(self, messages, streaming_callback=None, **kwargs):
        self.heard.append({"messages": messages, **kwargs})
        return self.answers.pop(0)

    def chat(self, discussion, **kwargs):
        self.heard.append({"exported": discussion.export("openai_chat")})
        return self.answers.pop(0)

    def list_models(self):
        first = {"model_name": "a", "owned_by": "me", "license": "mit", "nothing": None}
        return [first, {"name": "b", "model_name": "b"}]
"""


@pytest.fixture
def habits(folder: Path) -> Callable[..., Any]:
    place = folder / "llm_bindings" / "habits"
    place.mkdir()
    (place / "__init__.py").write_text(HABITS, encoding="utf-8")

    def make(**arguments: Any) -> LollmsClient:
        return LollmsClient(**{"llm_binding_name": "habits", "llm_bindings_dir": folder, **arguments})

    return make


def test_the_names_of_who_speaks_reach_the_binding(habits: Callable[..., Any]) -> None:
    extra = {"other": {"binding_name": "habits"}}
    client = habits(user_name="ann", ai_name="cat", debug=True, extra_llms=extra)
    for llm in (client.llm, client.llms["other"]):
        assert (llm.user_name, llm.ai_name, llm.debug) == ("ann", "cat", True)
        assert llm.given == {"user_name": "ann", "ai_name": "cat", "debug": True}
        assert (llm.user_full_header, llm.ai_full_header) == ("!@>ann: ", "!@>cat: ")
    assert client.update_llm_binding("habits", {"user_name": "bob"}) is True
    assert (client.llm.user_name, client.llm.ai_name) == ("bob", "cat")
    assert habits().llm.given == {"user_name": "user"}  # it cannot do without


def test_arguments_stand_in_their_old_places(folder: Path) -> None:
    names: Any = ("plain", "speaker", None, None, None, None, "adder")
    folders: Any = (str(folder), str(folder), None, None, None, None, str(folder))
    settings: Any = {"model_name": "large"}
    client: Any = LollmsClient(*names, *folders, settings)
    assert client.get_model_details()["model_name"] == "large"
    assert client.tts.list_voices() == ["anna"]
    assert client.tools.execute_tool("add", {"a": 1, "b": 2}) == {"output": 3}
    with pytest.raises(errors.BadSetting, match="twice"):
        LollmsClient("plain", llm_binding_name="mock")


class Listener:
    def __init__(self) -> None:
        self.told: list[Any] = []

    def __call__(self, chunk: str, msg_type: Any = None, metadata: Any = None) -> None:
        self.told.append((chunk, msg_type))


def callbacks(told: Any) -> dict[str, Any]:
    listener = Listener()
    listener.told = told
    return {
        "one": lambda text: told.append((text, CHUNK)),
        "two": lambda text, kind: told.append((text, kind)) or True,
        "three": lambda text, kind, facts: told.append((text, kind)) or True,
        "optional": lambda text, kind=None, facts=None: told.append((text, kind)),
        "any": lambda *arguments: told.append(arguments) or True,
        "everything": lambda *arguments, **keywords: told.append((*arguments, *keywords)),
        "object": listener,
        "method": listener.__call__,
    }


@pytest.mark.parametrize("name", callbacks([]))
@pytest.mark.parametrize("stream", [None, True])
def test_callbacks_of_every_form_hear_words_and_their_kind(
    client: Any, habits: Callable[..., Any], name: str, stream: bool | None
) -> None:
    told: list[Any] = []
    callback = callbacks(told)[name]
    assert habits().generate_text("hi", stream=stream, streaming_callback=callback) == "one two"
    assert told == [("one ", CHUNK), ("two", CHUNK)]
    told.clear()
    # what is said of `n_threads`, which means nothing there, is none of the answer's words
    assert client.generate_text("hi", stream=stream, streaming_callback=callback, n_threads=3) == "Hello there"
    assert told == [("Hello ", CHUNK), ("there", CHUNK)]


def test_messages_reach_a_binding_as_they_are(habits: Callable[..., Any]) -> None:
    client = habits()
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "u", "name": "ann"}]
    assert client.generate_from_messages(messages, n_predict=4) == "one two"
    assert client.llm.heard == [{"messages": messages, "n_predict": 4, "stream": True}]
    client.llm.answers = ["three"]
    assert client.chat(messages).text == "three"
    assert list(client.llm.heard[1]) == ["exported"]


def test_lists_of_models_keep_all_that_they_say(habits: Callable[..., Any], folder: Path) -> None:
    client = habits(tts_binding_name="speaker", tts_bindings_dir=folder)
    assert client.list_models() == [
        {"model_name": "a", "owned_by": "me", "license": "mit"}, {"model_name": "b", "name": "b"}, "loud"
    ]  # fmt: skip
    assert client.models("llm")[0].extra == {"license": "mit"}


def test_an_alias_that_is_not_there_is_no_error(habits: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    client = habits()
    assert client.mount_llm("nobody") is False
    assert "nobody" in caplog.text
    assert client.switch_tti("nobody") is False


def test_managers_know_their_folder_and_what_they_made(folder: Path) -> None:
    manager = LollmsLLMBindingManager(folder / "llm_bindings")
    assert manager.llm_bindings_dir == folder / "llm_bindings"
    assert manager.available_bindings == {}
    manager.create_binding("plain")
    assert list(manager.available_bindings) == ["plain"]
    assert LollmsLLMBindingManager().llm_bindings_dir.name == "llm_bindings"
    assert {item["name"] for item in manager._get_fallback_description("x")["input_parameters"]} >= {"model_name"}
    with pytest.raises(AttributeError, match="tti_bindings_dir"):
        manager.tti_bindings_dir  # noqa: B018 (it is the reading that fails)


def test_tool_bindings_are_listed_and_described(folder: Path) -> None:
    place = str(folder / "tools_bindings")
    assert [tool["name"] for tool in list_binding_models("adder", {}, place)] == ["add"]
    assert [tool["name"] for tool in list_binding_models(tools_binding_name="adder", tools_bindings_dir=place)] == [
        "add"
    ]
    manager = LollmsMCPBindingManager(mcp_bindings_dir=place)
    assert manager.get_binding_description("adder")["title"] == "Plain"
    assert manager.get_binding_description("nobody") is None
    assert manager.mcp_bindings_dir == Path(place)


ADD = {
    "name": "add",
    "description": "Add.",
    "parameters": [{"name": "a", "type": "int"}, {"name": "b", "type": "int"}],
    "callable": lambda a, b: {"success": True, "output": str(a + b)},
}
CALL = '{"name": "add", "parameters": {"a": 1, "b": 2}}'


@pytest.mark.parametrize(
    ("asking", "before"),
    [
        (f"Let me see. <tool>{CALL}</tool>", "Let me see."),
        (f"<tool>{CALL}", ""),
        (f"So:\n```json\n{CALL}\n```", "So:"),
        (CALL, ""),
    ],
)
def test_tools_in_words_for_a_binding_without_tools(habits: Callable[..., Any], asking: str, before: str) -> None:
    client = habits()
    client.llm.answers = [asking, "It is 3."]
    found = client.generate_with_tools("1 + 2?", [ADD], system_prompt="Be brief.")
    assert (found["response"], found["rounds"]) == ("It is 3.", 2)
    assert [(call["round"], call["name"], call["parameters"]) for call in found["tool_calls"]] == [
        (1, "add", {"a": 1, "b": 2})
    ]
    assert [result["result"] for result in found["tool_results"]] == [{"success": True, "output": "3"}]
    said = str(client.llm.heard)
    assert all(words in said for words in ("Be brief.", '"a"', '<tool_result name="add">'))
    client.llm.answers = [asking]
    waiting = client.generate_with_tools("1 + 2?", [ADD], auto_execute=False)
    assert (waiting["pending_tool"]["name"], waiting["tool_results"], waiting["response"]) == ("add", [], before)


def test_tools_in_words_that_fail_or_never_end(habits: Callable[..., Any]) -> None:
    client = habits()
    unknown = '<tool>{"name": "fly", "parameters": {}}</tool>'
    client.llm.answers = [unknown, f"<tool>{CALL}</tool>", "Enough."]

    def fails(a: int, b: int) -> int:
        raise OSError("no power")

    found = client.generate_with_tools("1 + 2?", [{**ADD, "callable": fails}], max_tool_rounds=2)
    assert found["response"] == "Enough."
    assert [result["success"] for result in found["tool_results"]] == [False, False]
    assert "no power" in found["tool_results"][1]["result"]["error"]
    assert client.llm.answers == []
    client.llm.answers = ['No tool is needed: {"name": 1}']
    assert client.generate_with_tools("Hello", [ADD])["tool_calls"] == []
    client.llm.answers = ["Hi."]
    assert client.generate_with_tools("Hello", []) == {
        "response": "Hi.", "tool_calls": [], "tool_results": [], "rounds": 0
    }  # fmt: skip


def test_the_helpers_of_a_binding_are_there_more_than_once(service: Service) -> None:
    for _ in range(2):
        client = LollmsClient(**native_arguments(service))
        assert client.llm.tp.extract_code_blocks("```py\nx\n```")[0]["content"] == "x"


def test_pieces_of_long_texts_and_prompts() -> None:
    split, join = str.split, " ".join
    assert chunk_text("a b c d e", split, join, 3, 1) == ["a b c", "c d e", "e"]
    assert chunk_text("", split, join, 3, 1) == []
    with pytest.raises(errors.BadSetting, match="overlap"):
        chunk_text("a", split, join, 3, 3)
    shaper = PromptReshaper("{{question}} about: {{text}}")
    assert shaper.build({"question": "What", "text": "a b c d"}, split, join, 5, ["text"]) == "What about: c d"
    assert shaper.build({"question": "What", "text": "a b"}, split, join, 50, ["text"]) == "What about: a b"
    assert PromptReshaper("Hi NAME").replace({"NAME": "Ann"}) == "Hi Ann"
    assert remove_text_from_string("Yes.\nUSER: no", "user:") == "Yes.\n"
    assert SUMMARY_MODE["SUMMARY_MODE_HIERARCHICAL"].value == 0


def test_texts_are_cut_where_no_tokenizer_is_at_hand(client: LollmsClient, caplog: pytest.LogCaptureFixture) -> None:
    text = "Two  cats, naïve ones;\n 3 dogs."
    with caplog.at_level(logging.WARNING):
        pieces = client.tokenize(text)
        assert client.detokenize(pieces) == text
        assert client.detokenize(client.tokenize(text)[:2]) == "Two "
    assert caplog.text.count("no tokenizer at hand") == 1
    nothing: Any = None
    assert client.tokenize(nothing) == []
    with pytest.raises(errors.Unsupported):
        client.detokenize([1, 2])
