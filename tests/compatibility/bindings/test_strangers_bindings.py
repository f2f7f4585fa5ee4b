"""Traps of bindings that people wrote for the public package and that its own bindings do not show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lollms_client import LollmsClient, LollmsDiscussion, errors, get_binding_desc

from .eras import client_with, write
from .fake_services import IMAGE, PNG, WAV

SAY = """
def generate_text(self, prompt, **kwargs):
    return prompt
"""


def test_a_system_prompt_reaches_a_method_of_the_first_era(tmp_path: Path) -> None:
    body = """
    def generate_text(self, prompt: str, images=None, n_predict=None, temperature=0.1, ctx_size=None) -> str:
        return f"{prompt}|{n_predict}"
    """
    client = client_with(tmp_path, "llm", body)
    assert client.generate_text("Hello", system_prompt="Be brief.", n_predict=7) == "Be brief.\n\nHello|7"
    assert client.generate_text("Hello") == "Hello|None"


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        ("{'status': False, 'error': 'slow down', 'status_code': 429, 'retry_after': 3}", errors.RateLimited, "slow"),
        ("{'error': 'who?', 'status_code': '401'}", errors.AuthenticationFailed, "who"),
        ("{'status': 'error', 'error': {'message': 'gone'}, 'status_code': 404}", errors.NotFound, "^gone$"),
        ("{'status': 'error', 'message': 'off', 'status_code': 503}", errors.Unavailable, "off"),
        ("{'status': False, 'message': 'odd', 'status_code': 'what'}", errors.CallError, "odd"),
    ],
)
def test_a_dictionary_with_a_status_code_is_the_error_that_it_means(
    tmp_path: Path, reply: str, kind: type[errors.LollmsError], words: str
) -> None:
    client = client_with(tmp_path, "llm", f"def generate_text(self, prompt, **kwargs):\n    return {reply}\n")
    with pytest.raises(kind, match=words) as caught:
        client.generate_text("hi")
    assert type(caught.value) is kind


def test_a_dictionary_that_also_holds_an_answer_is_one(tmp_path: Path) -> None:
    body = "def generate_text(self, prompt, **kwargs):\n    return {'text': 'fine', 'error': None}\n"
    assert client_with(tmp_path, "llm", body).generate_text("hi") == "fine"


def test_a_method_that_would_end_the_application_is_an_error(tmp_path: Path) -> None:
    client = client_with(tmp_path, "llm", "def generate_text(self, prompt, **kwargs):\n    raise SystemExit(3)\n")
    with pytest.raises(errors.CallError, match="SystemExit: 3"):
        client.llm.generate_text("hi")
    with pytest.raises(errors.CallError, match="SystemExit: 3"):
        client.generate_text("hi")


MANIFEST = """
title: Wild
author: somebody
description: knows little of itself
input_parameters:
  - name: temperature
    type: float
    description: how free
    default: 1.0
"""


def test_settings_of_the_base_need_no_word_in_the_manifest(tmp_path: Path) -> None:
    body = """
    def __init__(self, **kwargs):
        super().__init__(BindingName, **kwargs)

    def generate_text(self, prompt, **kwargs):
        return f"{self.model_name}|{self.host_address}|{self.service_key}"
    """
    given: dict[str, Any] = {
        "model_name": "small",
        "host_address": "http://h",
        "service_key": "k",
        "verify_ssl_certificate": False,
    }
    client = client_with(tmp_path, "llm", body, manifest=MANIFEST, **given)
    assert client.generate_text("hi") == "small|http://h|k"


def test_a_typing_mistake_is_still_found(tmp_path: Path) -> None:
    client = client_with(tmp_path, "llm", SAY, manifest=MANIFEST, temprature=1)
    with pytest.raises(errors.BadSetting, match="temperature"):
        client.generate_text("hi")


@pytest.mark.parametrize(
    ("signature", "given"),
    [
        ("model, api_key", {"model_name": "m", "service_key": "k"}),
        ("model_name, service_key, **kwargs", {"model": "m", "api_key": "k"}),
        ("*, model, api_key='k', **kwargs", {"model_name": "m"}),
    ],
)
def test_a_constructor_gets_what_it_needs_under_its_own_name(
    tmp_path: Path, signature: str, given: dict[str, str]
) -> None:
    names = [name.split("=")[0] for name in signature.replace("*, ", "").split(", ") if not name.startswith("**")]
    body = f"""
    def __init__(self, {signature}):
        self.found = [{", ".join(names)}]

    def generate_image(self, prompt, **kwargs):
        assert self.found == ["m", "k"]
        return PNG
    """
    before = f"PNG = {PNG!r}\n"
    client = client_with(tmp_path, "tti", body, before, **given)
    assert client.generate_image("a cat") == PNG


def test_a_sound_is_taken_under_each_of_its_names(tmp_path: Path) -> None:
    body = "def transcribe_audio(self, audio_path, model=None):\n    return f'{model}'\n"
    client = client_with(tmp_path, "stt", body)
    path = tmp_path / "a.wav"
    path.write_bytes(WAV)
    assert client.transcribe_audio(audio_path=path, model="small") == "small"
    assert client.transcribe_audio(audio_source=WAV) == "None"
    wrong_ways: list[dict[str, Any]] = [{}, {"audio_path": path, "audio_source": WAV}]
    for wrong in wrong_ways:
        with pytest.raises(errors.BadSetting, match="which sound"):
            client.transcribe_audio(**wrong)


def test_what_a_model_says_beside_its_image_is_kept(tmp_path: Path) -> None:
    body = """
    def generate(self, prompt, **kwargs):
        return TTIGenerationResult(images=[PNG], text="Here it is.")
    """
    before = f"from lollms_client.lollms_tti_binding import TTIGenerationResult\nPNG = {PNG!r}\n"
    client = client_with(tmp_path, "tti", body, before)
    assert client.generate_omni("a cat").text == "Here it is."


TOOLS = """
from lollms_client.lollms_mcp_binding import LollmsMCPBinding
BindingName = "Clock"

class Clock(LollmsMCPBinding):
    def discover_tools(self, **kwargs):
        return [{"name": "now", "description": "the time", "input_schema": {}}]

    def execute_tool(self, tool_name, params, **kwargs):
        return {"output": "noon", "status_code": 200}
"""


def test_tools_lie_in_a_mixed_folder_too(tmp_path: Path) -> None:
    write(tmp_path, "llm", "wild", SAY)
    place = tmp_path / "mcp_bindings" / "clock"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text(TOOLS, "utf-8")
    for folders in (tmp_path, [tmp_path / "none", tmp_path]):
        client = LollmsClient(bindings_dir=folders, llm_binding_name="wild", mcp_binding_name="clock")
        assert client.mcp.execute_tool("now", {})["output"] == "noon"
        assert client.generate_text("hi") == "hi"


def test_no_tools_may_be_said_as_none(tmp_path: Path) -> None:
    talk = LollmsDiscussion(client_with(tmp_path, "llm", SAY))
    unsaid: dict[str, Any] = {"personality": None, "branch_tip_id": None, "tools": None, "images": None}
    answer = talk.chat("hi", **unsaid)
    assert answer["ai_message"].content == "hi"


@pytest.mark.parametrize("isolation", ["none", "process"])
def test_a_default_outside_its_own_options_stays(tmp_path: Path, isolation: str) -> None:
    body = """
    def __init__(self, **kwargs):
        super().__init__(BindingName, **kwargs)

    def generate_text(self, prompt, **kwargs):
        return f"{self.config['mode']}|{self.model_name}"

    def load_model(self, model_name):
        self.model_name = model_name
        return True
    """
    manifest = MANIFEST + "  - {name: mode, type: str, description: how, options: [fast, slow], default: auto}\n"
    with client_with(tmp_path, "llm", body, manifest=manifest, model_name="small", isolation=isolation) as client:
        assert client.generate_text("hi") == "auto|small"
        assert client.get_model_name() == "small"
        assert client.switch_model("large")
        assert client.get_model_name() == "large"
        assert client.generate_text("hi") == "auto|large"


def test_messages_take_the_columns_of_the_public_package() -> None:
    talk = LollmsDiscussion(None)
    message = talk.add_message(
        sender="ann", raw_content="Hello", scratchpad="s", tokens=3, generation_speed=None, discussion_id=talk.id,
        message_metadata={"mood": "good"}, metadata={"place": "home"}, images=[IMAGE, IMAGE],
        active_images=[True, False],
    )  # fmt: skip
    assert message.content == "Hello"
    assert message.metadata == {"scratchpad": "s", "tokens": 3, "mood": "good", "place": "home"}
    assert [image["active"] for image in message.get_all_images()] == [True, False]
    with pytest.raises(TypeError, match="moood"):
        talk.add_message(content="hi", moood=1)


def test_a_binding_may_describe_itself_in_code(tmp_path: Path) -> None:
    place = write(tmp_path, "llm", "wild", SAY, MANIFEST)
    (place / "binding_config.py").write_text("def get_binding_desc():\n    return {'title': 'Found out'}\n", "utf-8")
    found = get_binding_desc("wild", "llm", tmp_path / "llm_bindings")
    assert found["title"] == "Found out"
    assert found["author"] == "somebody"
    (place / "binding_config.py").write_text("def get_binding_desc():\n    return nothing\n", "utf-8")
    with pytest.raises(errors.BindingLoadFailed, match="binding_config"):
        get_binding_desc("wild", "llm", tmp_path / "llm_bindings")


def test_arguments_that_say_nothing_are_no_reason_to_warn() -> None:
    unsaid: dict[str, Any] = {"memory_manager": None, "internet_config": None, "workspace_path": None}
    assert LollmsDiscussion(None, discussion_id="talk", **unsaid).id == "talk"
    with pytest.warns(UserWarning, match="workspace_path"):
        LollmsDiscussion(None, workspace_path="somewhere")
