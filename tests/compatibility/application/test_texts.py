"""`generate_text` and its kin, on a service and on a binding with methods of its own."""

from __future__ import annotations

import asyncio
import base64
import logging
from typing import Any

import pytest

from lollms_client import MSG_TYPE, AsyncLollmsClient, LollmsClient, errors
from tests.compatibility.application.conftest import Service, native_arguments

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TALK = "!@>system:\nBe kind.\n!@>user:\nhello\n!@>assistant:\nhi\n!@>alice:\nmore\n!@>assistant:\n"


def test_a_prompt_with_everything(client: LollmsClient, service: Service) -> None:
    text = client.generate_text("What is it?", [PNG], "Be brief.", 20, temperature=0.5, top_k=None, seed=3)
    assert text == "Hello there"
    (body,) = service.asked
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    kinds = [part["type"] for part in body["messages"][1]["content"]]
    assert sorted(kinds) == ["image_url", "text"]
    assert (body["temperature"], body["seed"]) == (0.5, 3)
    assert 20 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert "top_k" not in body


def test_era_arguments_are_taken_and_told_of(
    client: LollmsClient, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="lollms_client"):
        assert client.generate("hi", n_threads=8, ctx_size=512, think=False, stream=True) == "Hello there"
    assert "n_threads" in caplog.text
    assert "ctx_size" in caplog.text
    assert set(service.asked[0]) <= {"model", "messages"}


def test_thinking_is_asked_for_by_its_effort(client: LollmsClient, service: Service) -> None:
    client.generate_text("hi", think=True)
    client.generate_text("hi", think=True, reasoning_effort="low")
    assert [body.get("reasoning_effort") for body in service.asked] == ["medium", "low"]


def test_the_clients_callback_hears_of_what_was_not_honoured(service: Service) -> None:
    heard: list[tuple[str, MSG_TYPE, dict[str, Any]]] = []
    arguments: dict[str, Any] = {
        **native_arguments(service), "callback": lambda text, kind, facts: heard.append((text, kind, facts)),
    }  # fmt: skip
    LollmsClient(**arguments).generate_text("hi", repeat_last_n=64)
    assert [(kind, facts["setting"]) for _, kind, facts in heard] == [(MSG_TYPE.MSG_TYPE_WARNING, "repeat_last_n")]


@pytest.mark.parametrize("arguments", [1, 2, 3])
def test_a_callback_that_returns_nothing_hears_it_all(client: LollmsClient, arguments: int) -> None:
    heard: list[Any] = []
    callbacks: dict[int, Any] = {
        1: lambda text: heard.append(text),
        2: lambda text, kind: heard.append(text) if kind is MSG_TYPE.MSG_TYPE_CHUNK else None,
        3: lambda text, kind, facts: heard.append(text),
    }
    text = client.generate_text("hi", streaming_callback=callbacks[arguments])
    assert text == "Hello there"
    assert "".join(heard) == text
    assert len(heard) == 2


def test_a_callback_stops_by_saying_false(client: LollmsClient, service: Service) -> None:
    service.answers = ["one two three four"]
    assert client.generate_text("hi", streaming_callback=lambda text, kind: False) == "one "


def test_failures_are_raised(client: LollmsClient, service: Service, plain: LollmsClient) -> None:
    service.answers = [(401, {"error": {"message": "bad key"}})]
    with pytest.raises(errors.AuthenticationFailed):
        client.generate_text("hi")
    with pytest.raises(errors.CallError, match="the service is down"):
        plain.generate_text("fail")


def test_messages_in_the_usual_form(client: LollmsClient, service: Service) -> None:
    messages = [{"role": "system", "content": "S"}, {"role": "user", "content": "hello"}]
    heard: list[str] = []
    text = client.generate_from_messages(messages, 10, streaming_callback=lambda text, kind: heard.append(text))
    assert text == "".join(heard) == "Hello there"
    assert [message["role"] for message in service.asked[0]["messages"]] == ["system", "user"]


# --- prompts that are conversations ----------------------------------------------------------------------------------


def test_a_conversation_in_one_prompt_is_told_apart(client: LollmsClient, service: Service) -> None:
    client.generate_text(TALK, split=True)
    assert service.asked[0]["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hi"},
        {"role": "user", "content": "more"},
    ]


def test_without_split_it_stays_one_prompt(client: LollmsClient, service: Service) -> None:
    client.generate_text(TALK)
    assert service.asked[0]["messages"] == [{"role": "user", "content": TALK}]


def test_images_go_with_the_last_thing_that_the_user_says(client: LollmsClient, service: Service) -> None:
    client.generate_text(TALK, images=[base64.b64encode(PNG).decode()], split=True, system_prompt="Obey.")
    first, *others, last = service.asked[0]["messages"]
    assert first["content"] == "Obey.\n\nBe kind."
    assert {part["type"] for part in last["content"]} == {"text", "image_url"}
    assert all(isinstance(message["content"], str) for message in others)


def test_keywords_of_ones_own(client: LollmsClient, service: Service) -> None:
    client.generate_text("### U: hello ### A: hi ### U: more", split=True, user_keyword="### U:", ai_keyword="### A:")
    assert [(m["role"], m["content"]) for m in service.asked[0]["messages"]] == [
        ("user", "hello"), ("assistant", "hi"), ("user", "more"),
    ]  # fmt: skip


def test_several_people_are_named_to_the_model(client: LollmsClient, service: Service) -> None:
    client.generate_text("!@>alice:\nI am for it.\n!@>bob:\nI am not.\n!@>assistant:", split=True)
    words = "\n".join(str(message["content"]) for message in service.asked[0]["messages"])
    assert "alice: I am for it." in words
    assert "bob: I am not." in words


def test_text_before_the_first_header_instructs(client: LollmsClient, service: Service) -> None:
    client.generate_text("Be brief.\n!@>user:\nhello", split=True)
    assert [m["role"] for m in service.asked[0]["messages"]] == ["system", "user"]


# --- a binding with methods of its own -------------------------------------------------------------------------------


def test_its_own_method_gets_what_was_given(plain: LollmsClient) -> None:
    llm: Any = plain.llm
    assert plain.generate_text("hi", [PNG], "Be brief.", 20, temperature=0.5) == "You said hi"
    call = llm.calls[0]
    assert call["images"] == [base64.b64encode(PNG).decode()]
    assert (call["prompt"], call["system_prompt"], call["n_predict"], call["temperature"]) == (
        "hi", "Be brief.", 20, 0.5,
    )  # fmt: skip
    plain.generate_text(TALK, split=True, user_keyword="### U:")
    assert (llm.calls[1]["prompt"], llm.calls[1]["split"], llm.calls[1]["user_keyword"]) == (TALK, True, "### U:")


def test_what_its_method_does_not_take_is_told_of(plain: LollmsClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="lollms_client"):
        assert plain.generate_text("hi", n_threads=2, seed=7) == "You said hi"
    assert "seed" in caplog.text


def test_its_stream_goes_on_where_the_callback_returns_nothing(plain: LollmsClient) -> None:
    heard: list[str] = []
    assert plain.generate_text("hi", streaming_callback=lambda text, kind: heard.append(text)) == "You said hi"
    assert heard == ["You ", "said ", "hi"]


# --- tokens, models, vectors -----------------------------------------------------------------------------------------


def test_tokens(plain: LollmsClient) -> None:
    assert plain.tokenize("a b c") == ["a", "b", "c"]
    assert plain.detokenize(["a", "b"]) == "a b"
    assert plain.count_tokens("a b c") == 3
    assert plain.count_image_tokens(PNG) > 0


def test_models_of_a_service(client: LollmsClient, service: Service) -> None:
    assert (
        client.list_models()
        == client.listModels()
        == [{"model_name": "m", "context_length": 2000}, {"model_name": "n"}]
    )
    assert client.get_ctx_size() == 2000
    assert client.get_ctx_size("n") is None
    assert client.get_model_name() == "m"
    details = client.get_model_details()
    assert (details["name"], details["model_name"], details["context_length"]) == ("openai_compatible", "m", 2000)
    assert client.switch_model("n") is True
    client.generate_text("hi")
    assert service.asked[-1]["model"] == "n"
    assert client.set_model_name("m") is True
    assert client.get_model_name() == "m"


def test_models_of_a_binding_with_methods_of_its_own(plain: LollmsClient) -> None:
    assert [model["model_name"] for model in plain.list_models()] == ["small", "large"]
    assert plain.get_ctx_size() == 4096
    assert plain.switch_model("large") is True
    assert plain.get_model_details() == {"name": "plain", "model_name": "large", "supports_vision": False}


def test_the_vector_of_one_text_reads_as_a_list_of_numbers(client: LollmsClient) -> None:
    one = client.embed("four")
    assert list(one) == [4.0, 1.0]
    assert (len(one), one[0]) == (2, 4.0)
    many = client.embed(["a", "bb"])
    assert [list(vector) for vector in many] == [[1.0, 1.0], [2.0, 1.0]]
    assert len(many) == 2


# --- tools -----------------------------------------------------------------------------------------------------------

CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 2, "b": 3}'}}
PARAMETERS = [
    {"name": "a", "type": "int"},
    {"name": "b", "type": "int"},
    {"name": "c", "type": "str", "optional": True},
]


def test_tools_are_run_and_told_in_the_public_shape(client: LollmsClient, service: Service) -> None:
    service.answers = [{"content": None, "tool_calls": [CALL]}, "It is 5."]
    tool = {"name": "add", "description": "Add.", "parameters": PARAMETERS, "callable": lambda a, b: a + b}
    found = client.generate_with_tools("2 + 3?", [tool], system_prompt="Count.")
    assert found["response"] == "It is 5."
    assert found["tool_calls"] == [{"round": 1, "id": "c1", "name": "add", "parameters": {"a": 2, "b": 3}}]
    result = {"output": "5", "success": True}
    assert found["tool_results"] == [{"round": 1, "name": "add", "result": result, "success": True}]
    assert found["rounds"] == 2
    schema = service.asked[0]["tools"][0]["function"]["parameters"]
    assert schema["required"] == ["a", "b"]
    assert service.asked[1]["messages"][-1]["role"] == "tool"


def test_a_tool_that_takes_its_arguments_as_one_dictionary(client: LollmsClient, service: Service) -> None:
    service.answers = [{"content": None, "tool_calls": [CALL]}, "It is 5."]
    tool = {"name": "add", "parameters": PARAMETERS, "callable": lambda args: args["a"] + args["b"]}
    assert client.generate_with_tools("2 + 3?", [tool])["tool_results"][0]["result"]["output"] == "5"


def test_tools_that_are_not_run_come_back(client: LollmsClient, service: Service) -> None:
    service.answers = [{"content": None, "tool_calls": [CALL]}]

    def add(a: int, b: int) -> int:
        """Add."""
        raise AssertionError("it must not run")

    found = client.generate_with_tools("2 + 3?", [add], auto_execute=False)
    assert found["pending_tool"]["parameters"] == {"a": 2, "b": 3}
    assert found["tool_results"] == []


def test_the_tools_of_a_binding(service: Service, folder: Any) -> None:
    arguments: dict[str, Any] = {"tools_binding_name": "adder", "tools_bindings_dir": folder / "tools_bindings"}
    client = LollmsClient(**native_arguments(service), **arguments)
    service.answers = [{"content": None, "tool_calls": [CALL]}, "It is 5."]
    found = client.generate_with_tools("2 + 3?", [client.tools])
    assert found["tool_results"][0]["success"] is True
    assert found["tool_results"][0]["result"] == {"success": True, "output": 5}


def test_scripts_are_refused_as_tools(client: LollmsClient) -> None:
    with pytest.raises(errors.BadSetting, match="script"):
        client.generate_with_tools("x", ["tool.py"])


# --- asynchronous ----------------------------------------------------------------------------------------------------


def test_the_same_names_are_awaited_on_an_asynchronous_client(service: Service) -> None:
    async def main() -> None:
        async with AsyncLollmsClient(**native_arguments(service)) as client:
            asynchronous: Any = client
            assert await asynchronous.generate_text("hi") == "Hello there"
            service.answers = ['{"answer": true}']
            assert await asynchronous.yes_no("Is it?") is True
            assert asynchronous.extract_thinking_blocks("<think>a</think>b") == ["a"]
            assert await asynchronous.get_ctx_size() == 2000

    asyncio.run(main())


def test_cancelling_the_task_ends_the_call_at_the_service(service: Service) -> None:
    async def main() -> None:
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def answer(body: dict[str, Any]) -> str:
            loop.call_soon_threadsafe(begun.set)
            return "x " * 2_000_000

        service.answers = [answer]
        async with AsyncLollmsClient(**native_arguments(service)) as client:
            asynchronous: Any = client
            task = asyncio.create_task(asynchronous.generate_text("hi", streaming_callback=lambda text, kind: None))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(service.server.closed_early.wait, 10)

    asyncio.run(main())


def test_an_asynchronous_client_keeps_its_aliases_and_ends_what_runs(service: Service) -> None:
    async def main() -> None:
        extra = {"other": {"binding_name": "mock", "binding_config": {"answers": ["from the other"]}}}
        arguments: dict[str, Any] = {**native_arguments(service), "extra_llms": extra}
        async with AsyncLollmsClient(**arguments) as client:
            asynchronous: Any = client
            assert await asynchronous.mount_llm("other") is True
            assert await asynchronous.generate_text("hi") == "from the other"
            assert await asynchronous.switch_model("master") is True
            service.answers = ["one two three"]
            loop = asyncio.get_running_loop()

            def told(text: str, kind: MSG_TYPE) -> None:
                asyncio.run_coroutine_threadsafe(asynchronous.cancel(), loop).result(10)

            with pytest.raises(errors.Cancelled):
                await asynchronous.generate_text("hi", streaming_callback=told)
            assert await asynchronous.generate_text("hi") == "Hello there"

    asyncio.run(main())


def test_cancelling_ends_what_runs_and_nothing_later(client: LollmsClient, service: Service) -> None:
    service.answers = ["one two three four", "fine"]
    with pytest.raises(errors.Cancelled):
        client.generate_text("hi", streaming_callback=lambda text, kind: client.cancel())
    assert client.generate_text("hi") == "fine"
