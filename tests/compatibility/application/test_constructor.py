"""The constructor of the public client, versions 1.6 to 1.21, makes a client of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsBindingProfile, LollmsClient, LollmsModelProfile, errors
from lollms_client.lollms_core import LollmsClient as CoreClient
from tests.compatibility.application.conftest import Service, native_arguments


def test_names_without_keywords_are_those_of_the_public_order(folder: Path) -> None:
    client = LollmsClient("plain", "speaker", bindings_dir=folder)
    assert (client.binding_name("llm"), client.binding_name("tts")) == ("plain", "speaker")
    assert CoreClient is LollmsClient


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(errors.BadSetting, match="twice"):
        LollmsClient("plain", llm_binding_name="other")


def test_who_speaks_is_kept_and_stands_in_the_headers(service: Service) -> None:
    arguments: dict[str, Any] = {**native_arguments(service), "user_name": "bob", "ai_name": "hal", "debug": True}
    client = LollmsClient(**arguments)
    assert (client.user_name, client.ai_name, client.debug) == ("bob", "hal", True)
    assert client.user_full_header == "!@>bob: "
    assert client.ai_full_header == "!@>hal: "
    assert client.system_full_header == "!@>system: "
    assert client.start_header_id_template == "!@>"
    assert client.ai_custom_header("eva") == "!@>eva: "


def test_a_client_made_our_way_has_the_usual_names() -> None:
    client = LollmsClient()
    assert (client.user_name, client.ai_name, client.callback) == ("user", "assistant", None)


def test_arguments_that_mean_nothing_here_are_warned_of_and_none_is_silent() -> None:
    arguments: dict[str, Any] = {"rag_binding_name": "safe_store", "cooperative_vram_management": True}
    with pytest.warns(UserWarning, match="LollmsClient ignores") as caught:
        LollmsClient(**arguments)
    assert {str(warning.message).split(":")[0] for warning in caught} == {
        "LollmsClient ignores rag_binding_name",
        "LollmsClient ignores cooperative_vram_management",
    }
    assert all(warning.filename == __file__ for warning in caught)


def test_the_same_arguments_without_a_value_say_nothing() -> None:
    arguments: dict[str, Any] = {"rag_binding_name": None, "connection_binding_config": None, "callback": None}
    assert LollmsClient(**arguments).callback is None


@pytest.mark.parametrize("name", ["llm_bindin_name", "lm_binding_name", "nothing_like_it"])
def test_a_mistyped_argument_is_still_an_error(name: str) -> None:
    arguments: dict[str, Any] = {name: "x", "user_name": "bob"}
    with pytest.raises(errors.BadSetting, match=name):
        LollmsClient(**arguments)


def test_settings_given_to_the_client_itself_reach_the_language_binding(service: Service) -> None:
    arguments: dict[str, Any] = {"host_address": service.url, "model_name": "n", "service_key": None}
    client = LollmsClient("openai_compatible", **arguments)
    assert client.generate_text("hi") == "Hello there"
    assert service.asked[0]["model"] == "n"


def test_the_given_dictionaries_are_not_changed(service: Service) -> None:
    config = {"host_address": service.url, "model_name": "m"}
    extra = {"fast": {"binding_name": "openai_compatible", "binding_config": config}}
    arguments: dict[str, Any] = {**native_arguments(service, llm_binding_config=config), "extra_llms": extra}
    client = LollmsClient(**arguments)
    client.mount_llm("fast")
    client.generate_text("hi")
    assert config == {"host_address": service.url, "model_name": "m"}
    assert extra == {"fast": {"binding_name": "openai_compatible", "binding_config": config}}


def test_further_bindings_stand_under_their_aliases(
    service: Service, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    extra = {"local": {"binding_name": "plain", "binding_config": {"model_name": "large"}}}
    arguments: dict[str, Any] = {**native_arguments(service), "extra_llms": extra, "bindings_dir": folder}
    client = LollmsClient(**arguments)
    assert list(client.llms) == ["master", "local"]
    assert client.generate_text("hi") == "Hello there"
    assert client.mount_llm("local") is True
    assert client.generate_text("hi") == "You said hi"
    assert client.llm is client.llms["local"]
    assert client.switch_model("master") is True
    assert client.generate_text("hi") == "Hello there"
    assert client.mount_llm("nobody") is False
    assert "master, local" in caplog.text
    assert client.generate_text("hi") == "Hello there"


def test_closing_the_client_closes_the_bindings_under_aliases(service: Service, folder: Path) -> None:
    extra = {"local": {"binding_name": "plain"}}
    arguments: dict[str, Any] = {**native_arguments(service), "extra_llms": extra, "bindings_dir": folder}
    closed: list[str] = []
    with LollmsClient(**arguments) as client:
        for alias in client.llms:
            binding = client.llms[alias]
            binding.close = lambda name=alias: closed.append(name)
        client.mount_llm("local")
    assert sorted(closed) == ["local", "master"]


def test_after_an_update_the_fresh_binding_is_the_clients_own(service: Service, folder: Path) -> None:
    arguments: dict[str, Any] = {"extra_llms": {"local": {"binding_name": "plain"}}, "bindings_dir": folder}
    client = LollmsClient(**native_arguments(service), **arguments)
    client.mount_llm("local")
    client.update_llm_binding("mock", {"answers": ["from the mock"]})
    client.mount_llm("local")
    client.mount_llm("master")
    assert client.generate_text("hi") == "from the mock"


def test_an_extra_binding_that_is_wrong_fails_when_it_is_used(service: Service) -> None:
    extra = {"broken": {"binding_name": "there_is_none"}}
    arguments: dict[str, Any] = {**native_arguments(service), "extra_llms": extra}
    client = LollmsClient(**arguments)
    with pytest.raises(errors.UnknownBinding):
        client.mount_llm("broken")
    assert client.generate_text("hi") == "Hello there"


@pytest.mark.parametrize("extra", [{"master": {"binding_name": "plain"}}, {"fast": {"binding_config": {}}}, "fast"])
def test_extra_bindings_that_cannot_be_understood_are_refused(extra: Any) -> None:
    arguments: dict[str, Any] = {"extra_llms": extra}
    with pytest.raises(errors.BadSetting, match="extra_llms"):
        LollmsClient(**arguments)


@pytest.mark.parametrize("as_objects", [False, True])
def test_profiles_become_aliases_and_the_default_one_answers(service: Service, folder: Path, as_objects: bool) -> None:
    config = {"host_address": service.url}
    server = {"name": "server", "binding_name": "openai_compatible", "binding_config": config}
    quick = {"name": "quick", "binding_profile_name": "server", "model_name": "n"}
    best = {"name": "best", "binding_profile_name": "server", "model_name": "m", "is_default": True}
    profiles: dict[str, Any] = {"quick": quick, "best": best}
    servers: dict[str, Any] = {"server": server}
    if as_objects:
        servers = {"server": LollmsBindingProfile(**server)}
        profiles = {name: LollmsModelProfile(**fields) for name, fields in profiles.items()}
    client = LollmsClient(llm_binding_profiles=servers, llm_model_profiles=profiles)
    client.generate_text("hi")
    client.switch_model("quick")
    client.generate_text("hi")
    assert [body["model"] for body in service.asked] == ["m", "n"]
    assert set(client.llms) == {"master", "server", "quick", "best"}


@pytest.mark.parametrize("prefix", ["tools", "mcp"])
def test_a_binding_of_tools_works_under_both_names(folder: Path, prefix: str) -> None:
    arguments = {f"{prefix}_binding_name": "adder", f"{prefix}_bindings_dir": folder / "tools_bindings"}
    client = LollmsClient(**arguments)  # type: ignore[arg-type]
    assert client.tools is client.mcp
    assert client.tools.execute_tool("add", {"a": 2, "b": 3}) == {"output": 5}
    assert client.tools_binding_manager.get_available_bindings() == ["adder"]
    client.update_mcp_binding("adder", {"debug": True})
    with pytest.raises(ValueError, match="nobody"):
        client.update_tools_binding("nobody")
    assert client.tools.discover_tools()[0]["name"] == "add"


def test_without_a_binding_of_tools_there_is_none() -> None:
    assert LollmsClient().tools is None


def test_an_asynchronous_client_takes_the_same_arguments(folder: Path) -> None:
    arguments: dict[str, Any] = {"llm_bindings_dir": folder / "llm_bindings", "user_name": "bob"}
    client: Any = AsyncLollmsClient("plain", **arguments)
    assert client.user_full_header == "!@>bob: "


def test_a_name_that_nobody_offers_is_an_attribute_error() -> None:
    client: Any = LollmsClient()
    with pytest.raises(AttributeError, match="LollmsClient has no attribute 'generate_txt'"):
        client.generate_txt  # noqa: B018
    assert not hasattr(client, "__nothing__")


def test_bindings_that_are_called_otherwise_here(service: Service) -> None:
    config = {"host_address": service.url, "model_name": "m", "service_key": "key"}
    client = LollmsClient(llm_binding_name="open_router", llm_binding_config=config)
    assert client.llm.binding_name == "openrouter"
    assert client.generate_text("hi") == "Hello there"
    with pytest.raises(errors.UnknownBinding):
        LollmsClient(llm_binding_name="open_routr").binding("llm")


def test_a_binding_of_ones_own_under_such_a_name_wins(folder: Path) -> None:
    (folder / "llm_bindings" / "plain").rename(folder / "llm_bindings" / "open_router")
    assert LollmsClient("open_router", bindings_dir=folder).generate_text("hi") == "You said hi"


def test_settings_of_earlier_bindings_are_put_in_our_terms(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    config = {"base_url": service.url, "groq_api_key": "canary", "model": "n", "default_completion_format": "chat"}
    client = LollmsClient(llm_binding_name="groq", llm_binding_config=config)
    client.generate_text("hi")
    assert service.asked[0]["model"] == "n"
    assert service.server.requests[0].headers["authorization"] == "Bearer canary"
    assert client.llm.get_settings()["service_key"] == "***"
    assert "'groq_api_key' is called 'service_key'" in caplog.text
    assert "'default_completion_format'" in caplog.text
    assert "canary" not in caplog.text


def test_our_own_names_win_and_other_names_stay_errors(service: Service) -> None:
    config = {"host_address": service.url, "base_url": "http://127.0.0.1:9", "model_name": "m"}
    client = LollmsClient(llm_binding_name="openai_compatible", llm_binding_config=config)
    assert client.generate_text("hi") == "Hello there"
    with pytest.raises(errors.BadSetting, match="modle_name"):
        LollmsClient(llm_binding_name="openai_compatible", llm_binding_config={"modle_name": "m"}).binding("llm")
