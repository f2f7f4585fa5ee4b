"""A binding object of ours answers what applications ask of the public package's: attributes, facts, switching."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lollms_client import LollmsClient, errors
from lollms_client.lollms_types import MSG_TYPE
from tests.compatibility.application.conftest import Service


@pytest.fixture
def llm(client: Any) -> Any:
    return client.llm


def test_settings_are_attributes(llm: Any, service: Service) -> None:
    assert (llm.model_name, llm.host_address) == ("m", service.url)
    assert llm.service_key is None
    assert llm.verify_ssl_certificate is True
    assert (llm.user_name, llm.ai_name, llm.debug) == ("user", "assistant", False)
    assert (llm.system_full_header, llm.user_full_header) == ("!@>system: ", "!@>user: ")
    assert (llm.default_temperature, llm.default_ctx_size, llm.forced_ctx_size) == (None, None, None)
    assert llm.description["binding_type"] == "llm"
    assert (llm.binding_dir / "__init__.py").is_file()
    with pytest.raises(AttributeError, match="colour"):
        llm.colour  # noqa: B018 (it is the reading that fails)
    assert not hasattr(llm, "generate_image")


def test_a_model_that_is_set_is_asked(client: Any, llm: Any, service: Service) -> None:
    llm.model_name = "n"
    assert client.generate_text("hi") == "Hello there"
    assert llm.load_model("o") is True
    assert llm.generate_text("hi") == "Hello there"
    assert [request["model"] for request in service.asked] == ["n", "o"]
    assert (llm.model_name, llm.config["model_name"], client.get_model_name()) == ("o", "o", "o")
    with pytest.raises(errors.BadSetting):
        llm.verify_ssl_certificate = "perhaps"
    llm.nickname = "any other attribute"
    assert llm.nickname == "any other attribute"


def test_facts_about_the_model(llm: Any, service: Service) -> None:
    assert llm.get_ctx_size() == 2000
    assert llm.get_ctx_size("n") is None
    info = llm.get_model_info()
    assert (info["name"], info["model_name"], info["host_address"]) == ("openai_compatible", "m", service.url)
    assert info["context_length"] == 2000
    assert llm.ps()[0]["model_name"] == "m"
    assert llm.get_zoo() == []
    assert llm.get_server_logs() == ""
    assert llm.unload_model() is True
    assert llm.generate_text("hi") == "Hello there"
    assert llm.split_discussion("!@>user:\nhi") == [{"role": "user", "content": "hi"}]


def test_facts_where_the_service_does_not_answer() -> None:
    nowhere: Any = LollmsClient(
        llm_binding_name="openai_compatible", llm_binding_config={"host_address": "http://127.0.0.1:9/v1"}
    )
    assert nowhere.llm.get_ctx_size() is None
    assert nowhere.llm.get_model_info()["model_name"] is None


def test_cancel_ends_the_call_that_runs_and_no_other(client: Any, llm: Any) -> None:
    assert llm.is_cancelled() is False

    def stop(text: str, kind: MSG_TYPE) -> None:
        llm.cancel()
        assert llm.is_cancelled() is True

    with pytest.raises(errors.Cancelled):
        client.generate_text("hi", streaming_callback=stop)
    llm.reset_cancel()
    assert llm.is_cancelled() is False
    assert client.generate_text("hi") == "Hello there"


def test_a_binding_is_put_in_place_by_assignment(client: Any, folder: Path) -> None:
    other: Any = LollmsClient("plain", llm_bindings_dir=folder)
    client.llm = other.llm
    assert client.generate_text("hi") == "You said hi"
    assert client.binding_name("llm") == "plain"
    client.tts = None
    assert client.binding_name("tts") == "espeak"
    client.user_name = "ann"
    assert client.user_full_header == "!@>ann: "


def test_other_modalities() -> None:
    client: Any = LollmsClient(tti_binding_name="mock", tts_binding_name="mock", ttm_binding_name="mock")
    assert client.tti.list_services()[0]["name"] == "mock"
    assert client.tti.supports_omni is False
    assert client.tti.generate("a cat", width=64, height=64).images[0][:4] == b"\x89PNG"
    assert client.tts.get_system_dir().is_dir()
    assert client.ttm.generate_song("la", duration=1)[:4] == b"RIFF"
    with pytest.raises(AttributeError):
        client.tts.get_ctx_size_of_all  # noqa: B018 (it is the reading that fails)


def test_settings_for_all_calls_are_the_defaults_of_generate_text(service: Service) -> None:
    config = {"host_address": service.url, "model_name": "m", "temperature": 0.25, "n_predict": 7, "stream": True}
    client: Any = LollmsClient(llm_binding_name="openai_compatible", llm_binding_config=config)
    client.generate_text("hi")
    client.generate_text("hi", temperature=0.75)
    client.generate_from_messages([{"role": "user", "content": "hi"}])
    assert [request["temperature"] for request in service.asked] == [0.25, 0.75, 0.25]
    assert {request["max_tokens"] for request in service.asked} == {7}
    assert config["n_predict"] == 7


def test_settings_of_the_base_class_reach_a_class_on_it(folder: Path) -> None:
    config = {"ctx_size": 512, "temperature": 0.25, "n_predict": 7, "seed": 3}
    client: Any = LollmsClient("plain", llm_bindings_dir=folder, llm_binding_config=config)
    llm = client.llm
    assert (llm.default_ctx_size, llm.default_temperature, llm.default_n_predict, llm.default_seed) == (512, 0.25, 7, 3)
    assert llm.config["ctx_size"] == 512
    client.generate_text("hi", images=["what only the binding knows"])
    assert llm.calls[-1]["images"] == ["what only the binding knows"]
    with pytest.raises(errors.BadSetting, match="temperatur"):
        LollmsClient("plain", llm_bindings_dir=folder, llm_binding_config={"temperatur": 1}).binding("llm")


def test_a_binding_in_a_worker_process_answers_the_same() -> None:
    config = {"model_name": "mock", "isolation": "process"}
    with LollmsClient(llm_binding_name="mock", llm_binding_config=config) as client:
        llm: Any = client.llm
        assert (llm.model_name, llm.user_name, llm.system_full_header) == ("mock", "user", "!@>system: ")
        assert llm.get_model_info()["model_name"] == "mock"
        with pytest.raises(AttributeError, match="isolated"):
            llm.colour  # noqa: B018 (it is the reading that fails)
