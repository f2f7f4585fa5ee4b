"""Language bindings of all eras: their contract, their constructors, their callbacks, what they inherit."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsDiscussion, errors
from lollms_client.types.chat import ReasoningDelta

from .eras import client_with, write
from .fake_services import IMAGE, PNG

E1 = """
def __init__(self, model_name="small", service_key=None, **kwargs):
    super().__init__("E1", **kwargs)
    self.model_name = model_name

def chat(self, discussion, branch_tip_id=None, n_predict=None, stream=None, temperature=0.7, streaming_callback=None):
    lines = [discussion.system_prompt or "nobody"]
    lines += [f"{m.sender_type}:{m.content}:{len(m.images or [])}" for m in discussion.get_messages(branch_tip_id)]
    lines.append(str(temperature))
    return "|".join(lines)

def listModels(self):
    return [{"model_name": self.model_name, "created_datetime": ELF_COMPLETION_FORMAT.Chat}]
"""
E2 = """
def __init__(self, **kwargs):
    super().__init__(binding_name="E2", **kwargs)

def _chat(self, discussion, branch_tip_id=None, n_predict=None, think=False, streaming_callback=None, **kwargs):
    for word in ("one ", "two ", "three"):
        if not streaming_callback(word, MSG_TYPE.MSG_TYPE_CHUNK):
            break
    streaming_callback("hm", MSG_TYPE.MSG_TYPE_THOUGHT_CHUNK)
    return "one two three"
"""
E3 = """
def generate_text(self, prompt, images=None, videos=None, system_prompt="", n_predict=None, stream=None, split=False,
                  user_keyword="!@>user:", ai_keyword="!@>assistant:", streaming_callback=None, **kwargs):
    if split:
        found = self.split_discussion(prompt, user_keyword=user_keyword, ai_keyword=ai_keyword)
        return system_prompt + ";" + ";".join(f"{m['role']}={m['content']}" for m in found)
    return f"{system_prompt};{prompt};{sorted(kwargs)}"
"""


def talk() -> LollmsDiscussion:
    discussion = LollmsDiscussion(None)
    discussion.system_prompt = "Be brief."
    discussion.add_message(sender="user", content="See?", images=[IMAGE])
    discussion.add_message(sender="assistant", content="Yes.")
    discussion.add_message(sender="user", content="What?")
    return discussion


def test_the_first_era_answers_discussions_with_images(tmp_path: Path) -> None:
    client = client_with(tmp_path, "llm", E1, model_name="large")
    answer = client.chat(talk().to_messages())
    assert answer.text == "Be brief.|user:See?:1|assistant:Yes.:0|user:What?:0|0.7"
    assert client.models()[0].name == "large"
    assert client.llm.list_models() == client.llm.listModels()


def test_a_discussion_without_system_prompt_says_none(tmp_path: Path) -> None:
    assert client_with(tmp_path, "llm", E1).chat("hi").text == "nobody|user:hi:0|0.7"


def test_what_a_strict_method_does_not_take_is_told(tmp_path: Path) -> None:
    answer = client_with(tmp_path, "llm", E1).chat("hi", top_k=5, temperature=0.1)
    assert answer.text.endswith("|0.1")
    assert [(warning.kind, warning.setting) for warning in answer.warnings] == [("dropped", "top_k")]


def test_the_second_era_streams_its_words_and_its_thoughts(tmp_path: Path) -> None:
    client = client_with(tmp_path, "llm", E2)
    with client.stream_chat("hi") as stream:
        parts = list(stream)
    assert stream.result.text == "one two three"
    assert [part.text for part in parts if isinstance(part, ReasoningDelta)] == ["hm"]


def test_the_asyncio_client_runs_it_too(tmp_path: Path) -> None:
    write(tmp_path, "llm", "wild", E2)

    async def work() -> str:
        async with AsyncLollmsClient(llm_binding_name="wild", bindings_dir=tmp_path) as client:
            return (await client.chat("hi")).text

    assert asyncio.run(work()) == "one two three"


@pytest.mark.parametrize("many", [1, 2, 3])
def test_a_callback_that_returns_nothing_hears_all(tmp_path: Path, many: int) -> None:
    told: list[Any] = []
    callbacks: dict[int, Any] = {
        1: lambda text: told.append(text),
        2: lambda text, kind: told.append(text),
        3: lambda text, kind, facts: told.append(text),
    }
    binding = client_with(tmp_path, "llm", E2).llm
    assert binding.chat(talk(), streaming_callback=callbacks[many]) == "one two three"
    assert told == ["one ", "two ", "three", "hm"]


def test_false_stops(tmp_path: Path) -> None:
    told: list[str] = []

    def hear(text: str, kind: Any) -> bool:
        told.append(text)
        return len(told) < 2

    client_with(tmp_path, "llm", E2).llm.chat(talk(), streaming_callback=hear)
    assert told[:2] == ["one ", "two "]
    assert "three" not in told


def test_what_a_stopped_answer_left_open_is_closed_at_once(tmp_path: Path) -> None:
    body = """
    closed = []

    def generate_text(self, prompt, streaming_callback=None, **kwargs):
        for word in _Stream(self.closed):
            if not streaming_callback(word, MSG_TYPE.MSG_TYPE_CHUNK):
                break
        return "stopped"
    """
    before = """
class _Stream:
    def __init__(self, closed):
        self.cycle, self.closed = self, closed

    def __iter__(self):
        return iter(["a", "b", "c"])

    def __del__(self):
        self.closed.append(True)
"""
    binding: Any = client_with(tmp_path, "llm", body, before).llm
    binding.generate_text("hi", streaming_callback=lambda text, kind: False)
    assert binding.closed == [True]


def test_the_third_era_gets_a_conversation_marked_up(tmp_path: Path) -> None:
    client = client_with(tmp_path, "llm", E3)
    assert client.chat(talk().to_messages()).text == "Be brief.;user=See?;assistant=Yes.;user=What?"
    assert client.chat("hi").text == ";hi;[]"


def test_none_is_never_passed_on(tmp_path: Path) -> None:
    binding: Any = client_with(tmp_path, "llm", E3).llm
    assert binding.generate_text("hi", top_p=None, seed=None, system_prompt=None) == ";hi;[]"


def test_a_method_that_asks_for_a_chat_that_is_gone_fails_clearly(tmp_path: Path) -> None:
    body = """
    def generate_text(self, prompt, **kwargs):
        discussion = LollmsDiscussion.from_messages([LollmsMessage.new_message(sender_type="user", content=prompt)])
        return self.chat(discussion, **kwargs)
    """
    with pytest.raises(errors.Unsupported, match="chat"):
        client_with(tmp_path, "llm", body).chat("hi")


def test_it_answers_through_the_binding_s_own_sdk_where_it_can(tmp_path: Path) -> None:
    before = """
class _Answer:
    def __init__(self, text):
        self.delta = self.message = self
        self.content, self.choices = text, [self]

class _Sdk:
    def __init__(self):
        self.chat = self.completions = self

    def create(self, model, messages, stream=False, **keywords):
        words = f"{model}:{messages[-1]['content']}"
        return [_Answer(letter) for letter in words] if stream else _Answer(words)
"""
    body = """
    def __init__(self, **kwargs):
        super().__init__(BindingName, **kwargs)
        self.client, self.model_name = _Sdk(), "m"

    def generate_text(self, prompt, **kwargs):
        return self.chat(LollmsDiscussion.from_messages([{"sender_type": "user", "content": prompt}]), **kwargs)
    """
    client = client_with(tmp_path, "llm", body, before)
    assert client.chat("hi").text == "m:hi"
    with client.stream_chat("hi") as stream:
        assert list(stream.texts()) == ["m", ":", "h", "i"]


def test_a_refusal_for_want_of_a_limit_is_answered_with_one(tmp_path: Path) -> None:
    body = """
    def generate_text(self, prompt, n_predict=None, **kwargs):
        if n_predict is None:
            return {"status": False, "error": "max_tokens: Field required"}
        return str(n_predict)
    """
    client = client_with(tmp_path, "llm", body)
    answer = client.chat("hi")
    assert answer.text == "4096"
    assert answer.warnings[0].setting == "max_tokens"
    assert client.chat("hi", max_tokens=7).text == "7"


def test_where_streaming_is_broken_the_whole_answer_is_taken(tmp_path: Path) -> None:
    body = """
    def generate_text(self, prompt, stream=None, streaming_callback=None, **kwargs):
        if stream:
            return {"status": "error", "message": "'Event' object has no attribute 'choices'"}
        return "whole"
    """
    client = client_with(tmp_path, "llm", body)
    answer = client.chat("hi")
    assert answer.text == "whole"
    assert answer.warnings
    assert not client.chat("again").warnings


@pytest.mark.parametrize(
    "reply",
    ['{"status": "error", "message": "no luck"}', '{"status": False, "error": "no luck"}', '{"error": "no luck"}'],
)
def test_error_dictionaries_are_errors(tmp_path: Path, reply: str) -> None:
    body = f"""
    def generate_text(self, prompt, **kwargs):
        return {reply}
    """
    with pytest.raises(errors.CallError, match="no luck"):
        client_with(tmp_path, "llm", body).chat("hi")


def test_cancelling_ends_what_runs_and_nothing_later(tmp_path: Path) -> None:
    body = """
    def generate_text(self, prompt, streaming_callback=None, **kwargs):
        if prompt == "stop":
            self.cancel()
        return f"{self.is_cancelled()} {self._cancel_event.is_set()}"
    """
    binding = client_with(tmp_path, "llm", body).llm
    assert binding.generate_text("stop") == "True True"
    assert binding.generate_text("go") == "False False"
    binding.cancel()  # type: ignore[attr-defined]
    assert binding.generate_text("go") == "False False"


def test_code_that_opens_images_as_files_gets_files(tmp_path: Path) -> None:
    body = """
    def chat(self, discussion, branch_tip_id=None, **kwargs):
        sizes = []
        for message in discussion.get_messages(branch_tip_id):
            for file_path in message.images:
                with open(file_path, "rb") as image_file:
                    sizes.append(str(len(image_file.read())))
        return ",".join(sizes)
    """
    assert client_with(tmp_path, "llm", body).chat(talk().to_messages()).text == str(len(PNG))


@pytest.mark.parametrize(
    "form",
    [
        "super().__init__('Name', **kwargs)",
        "super().__init__(binding_name='Name', **kwargs)",
        "super().__init__(binding_name='Name')",
        "super().__init__('Name')",
        "super().__init__(binding_name='Name', config=kwargs)",
        "super().__init__(binding_name='Name', debug=kwargs.get('debug'), **kwargs)",
        "super().__init__(host_address='x', model_name='m', service_key='k', verify_ssl_certificate=True)",
        "pass",
    ],
)
def test_every_form_of_the_constructor(tmp_path: Path, form: str) -> None:
    body = f"""
    def __init__(self, **kwargs):
        assert self.config.get("service_key") == "secret-key"
        {form}
        assert self.config.get("service_key") in ("secret-key", "k")
        assert self.settings is not None and self.binding_name

    def generate_text(self, prompt, **kwargs):
        known = (self.default_temperature, self.default_ctx_size, self.forced_ctx_size, self.user_name, self.ai_name)
        return f"{{known}} {{self.debug}} {{self.is_vllm}} {{self.default_streaming_callback}}"
    """
    manifest = """
    title: Wild
    author: A Stranger
    description: Like those of the public package.
    input_parameters:
      - {name: service_key, type: str, description: The key., default: ""}
      - {name: temperature, type: float, description: How daring., default: 0.3}
      - {name: ctx_size, type: int, description: The context., default: 4096}
    """
    client = client_with(tmp_path, "llm", body, manifest=manifest, service_key="secret-key")
    assert client.chat("hi").text == "(0.3, 4096, None, 'user', 'assistant') False False None"
    assert client.llm.get_ctx_size() == 4096  # type: ignore[attr-defined]


def test_what_is_inherited(tmp_path: Path) -> None:
    body = """
    def __init__(self, **kwargs):
        super().__init__(BindingName, **kwargs)
        self.model_name = "m"

    def _get_ctx_size(self, model_name=None):
        return 8192

    def get_ctx_size(self, model_name=None):
        return super().get_ctx_size(model_name) + 1

    def generate_text(self, prompt, **kwargs):
        return prompt
    """
    binding: Any = client_with(tmp_path, "llm", body).llm
    assert binding.get_ctx_size() == 8193
    assert binding.get_effective_reasoning_effort(True, "max") == "max"
    assert binding.get_effective_reasoning_effort(False, "max") is None
    assert binding.normalize_reasoning_effort(True, "medium") == "medium"
    assert binding.translate_reasoning_effort("high", ["minimal", "heavy"], True) == "heavy"
    assert binding.count_image_tokens(base64.b64encode(PNG).decode()) > 0
    assert binding.load_model("other")
    assert binding.model_name == "other"
    assert binding.resolve_system_path("models").is_absolute()
    assert (binding.get_zoo(), binding.get_server_logs(), binding.is_local()) == ([], "", False)
    assert binding.user_full_header == "!@>user: "
    split = binding.split_discussion("!@>system:\nS\n!@>user:\nU\n!@>assistant:\n\n!@>user:V")
    assert split == [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "U"},
        {"role": "user", "content": "V"},
    ]
    assert [item["role"] for item in binding.split_discussion("U:a A:b", "U:", "A:")] == ["user", "assistant"]
    cleaned = binding.clean_and_alternate_messages([*split, {"role": "system", "content": "T"}])
    assert cleaned == [{"role": "system", "content": "S"}, {"role": "user", "content": "U\n\nV\n\nT"}]


def test_a_faulty_test_block_does_not_matter(tmp_path: Path) -> None:
    place = write(tmp_path, "llm", "wild", E3)
    file = place / "__init__.py"
    block = "\nif __name__ == '__main__':\n    def hear(chunk):\n        nonlocal full\n        full += chunk\n"
    file.write_text(file.read_text("utf-8") + block, "utf-8")
    client = client_with(tmp_path / "other", "llm", E3)
    client.update_binding("llm", "wild")
    assert client.chat("hi").text == ";hi;[]"


def test_a_folder_of_all_modalities_that_is_a_package_itself(tmp_path: Path) -> None:
    write(tmp_path, "llm", "wild", E3)
    write(
        tmp_path, "tts", "wild", "def generate_audio(self, text, voice=None, **kwargs):\n    return b'RIFF' + bytes(99)"
    )
    placeholder = "from lollms_client.lollms_tts_binding import LollmsTTSBinding\nBindingName = 'X'\n"
    placeholder += "class X(LollmsTTSBinding): pass\n"
    (tmp_path / "tts_bindings" / "__init__.py").write_text(placeholder, "utf-8")
    client = client_with(tmp_path / "none", "stt", "pass")
    registry = type(client.registry)(bindings_dirs=[tmp_path])
    assert [entry.binding_type for entry in registry.list() if entry.name == "wild"] == ["llm", "tts"]
    assert not [entry for entry in registry.list() if entry.name == "tts_bindings"]
