"""Answers in a given form: on the service's own support for schemas, and asked for in words."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pydantic
import pytest
from pydantic.v1 import BaseModel as FormerModel

from lollms_client import LollmsClient, errors
from tests.compatibility.application.conftest import Service, native_arguments

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
ANN = {"name": "Ann", "age": 7}


class Person(pydantic.BaseModel):
    """Somebody."""

    name: str
    age: int

    @pydantic.field_validator("name")
    @classmethod
    def check(cls, name: str) -> str:
        if name != name.title():
            raise ValueError("names begin with a capital")
        return name


class Point(msgspec.Struct):
    x: int
    y: int


@pytest.fixture
def worded(service: Service) -> LollmsClient:
    """A client on a service whose manifest says that it takes no schemas."""
    config = {"host_address": service.url, "model_name": "m"}
    client = LollmsClient(llm_binding_name="openai_compatible", llm_binding_config=config)
    manifest = client.llm.manifest
    assert manifest is not None
    capabilities = tuple(name for name in manifest.capabilities if name != "json_schema")
    client.llm.manifest = msgspec.structs.replace(manifest, capabilities=capabilities)
    return client


def test_a_schema_goes_to_a_service_that_takes_schemas(client: LollmsClient, service: Service) -> None:
    service.answers = [json.dumps(ANN)]
    assert client.generate_structured_content("Who?", SCHEMA) == ANN
    form = service.asked[0]["response_format"]
    assert (form["type"], form["json_schema"]["schema"], form["json_schema"]["strict"]) == ("json_schema", SCHEMA, True)
    assert service.asked[0]["messages"] == [{"role": "user", "content": "Who?"}]


def test_a_schema_is_asked_for_in_words_where_the_service_takes_none(worded: LollmsClient, service: Service) -> None:
    service.answers = ["Here it is:\n```json\n" + json.dumps(ANN) + "\n```\nBye."]
    assert worded.generate_structured_content("Who?", SCHEMA, system_prompt="Be kind.") == ANN
    system = service.asked[0]["messages"][0]
    assert system["role"] == "system"
    assert system["content"].startswith("Be kind.")
    assert '"minimum":0' in system["content"]
    assert "response_format" not in service.asked[0]


def test_a_service_that_refuses_schemas_after_all_is_asked_in_words(client: LollmsClient, service: Service) -> None:
    service.answers = [(400, {"error": {"message": "response_format is not supported"}}), json.dumps(ANN)]
    assert client.generate_structured_content("Who?", SCHEMA) == ANN
    assert "response_format" not in service.asked[1]


def test_another_refusal_is_raised(client: LollmsClient, service: Service) -> None:
    service.answers = [(400, {"error": {"message": "the prompt is not allowed"}})]
    with pytest.raises(errors.Rejected, match="not allowed"):
        client.generate_structured_content("Who?", SCHEMA)
    assert len(service.asked) == 1


def test_what_is_wrong_is_said_and_asked_for_again(client: LollmsClient, service: Service) -> None:
    service.answers = ["I do not know.", '{"name": "Ann", "age": -1}', json.dumps(ANN)]
    assert client.generate_structured_content("Who?", SCHEMA) == ANN
    assert "no JSON" in service.asked[1]["messages"][-1]["content"]
    assert "at least 0" in service.asked[2]["messages"][-1]["content"]
    assert service.asked[2]["messages"][-2] == {"role": "assistant", "content": '{"name": "Ann", "age": -1}'}


def test_tries_are_bounded_and_the_error_says_what_was_wrong(client: LollmsClient, service: Service) -> None:
    service.answers = ['{"name": 5}'] * 9
    with pytest.raises(errors.BadReply, match="after 3 tries") as caught:
        client.generate_structured_content("Who?", SCHEMA, max_retries=2)
    assert len(service.asked) == 3
    assert "the answer lacks 'age'" in caught.value.details["problems"]
    assert caught.value.details["excerpt"] == '{"name": 5}'
    with pytest.raises(errors.BadSetting, match="max_retries"):
        client.generate_structured_content("Who?", SCHEMA, max_retries=1_000)


def test_an_answer_that_was_cut_off_is_asked_for_shorter(client: LollmsClient, service: Service) -> None:
    service.answers = [{"content": '{"name": "An', "finish": "length"}, json.dumps(ANN)]
    assert client.generate_structured_content("Who?", SCHEMA) == ANN
    assert "shorter" in service.asked[1]["messages"][-1]["content"]


def test_both_orders_of_arguments_are_understood(client: LollmsClient, service: Service) -> None:
    service.answers = [json.dumps(ANN)] * 3
    assert client.generate_structured_content("Who?", None, SCHEMA) == ANN
    assert client.generate_structured_content("Who?", [], SCHEMA) == ANN
    assert client.generate_structured_content("Who?", schema=json.dumps(SCHEMA), images=[]) == ANN
    with pytest.raises(errors.BadSetting, match="schema="):
        client.generate_structured_content("Who?")


def test_a_template_shows_the_form(client: LollmsClient, service: Service) -> None:
    value = {"name": "Ann", "age": 7, "pets": [{"kind": "cat"}], "why": "so", "good": True, "type": "x"}
    service.answers = [json.dumps(value)]
    template = {
        "name": "string",
        "age": 0,
        "pets": [{"kind": "str"}],
        "why": "the reason",
        "good": False,
        "type": "str",
    }
    assert client.generate_structured_content("Who?", template) == value
    schema = service.asked[0]["response_format"]["json_schema"]["schema"]
    assert schema["required"] == list(template)
    assert schema["properties"]["why"] == {"type": "string", "description": "the reason"}
    assert schema["properties"]["pets"]["items"]["properties"] == {"kind": {"type": "string"}}
    assert schema["properties"]["age"] == {"type": "integer"}


def test_a_list_is_wrapped_for_the_wire_and_unwrapped_again(client: LollmsClient, service: Service) -> None:
    service.answers = [json.dumps({"value": [ANN]}), json.dumps([ANN, ANN])]
    assert client.generate_structured_content("Who?", [{"name": "str", "age": "int"}]) == [ANN]
    assert client.generate_structured_content("Who?", [SCHEMA]) == [ANN, ANN]
    assert service.asked[0]["response_format"]["json_schema"]["schema"]["type"] == "object"


@pytest.mark.parametrize("given", [Person, Person(name="Bob", age=1)])
def test_pydantic_classes_and_instances(client: LollmsClient, service: Service, given: Any) -> None:
    service.answers = ['{"name": "ann", "age": 7}', json.dumps(ANN), json.dumps(ANN)]
    assert client.generate_structured_content_pydantic("Who?", given) == Person(name="Ann", age=7)
    assert "begin with a capital" in service.asked[1]["messages"][-1]["content"]
    assert client.generate_structured_content("Who?", given) == ANN


def test_another_class_with_fields(client: LollmsClient, service: Service) -> None:
    service.answers = ['{"x": 1, "y": "2"}']
    assert client.generate_structured_content("Where?", Point) == {"x": 1, "y": 2}
    with pytest.raises(errors.BadSetting, match="pydantic"):
        client.generate_structured_content_pydantic("Where?", Point)


def test_sampling_and_callbacks_reach_the_call(client: LollmsClient, service: Service) -> None:
    heard: list[str] = []
    service.answers = [json.dumps(ANN)]
    found = client.generate_structured_content(
        "Who?", SCHEMA, temperature=0.1, n_predict=50, streaming_callback=lambda text, kind: heard.append(text)
    )
    assert found == ANN
    assert json.loads("".join(heard)) == ANN
    assert service.asked[0]["temperature"] == 0.1


def test_a_binding_with_methods_of_its_own_is_asked_in_words(folder: Any) -> None:
    client = LollmsClient("plain", llm_bindings_dir=folder / "llm_bindings")
    llm: Any = client.llm
    llm.generate_text = lambda prompt, system_prompt="", **given: json.dumps(ANN)
    assert client.generate_structured_content("Who?", SCHEMA) == ANN


# --- questions -------------------------------------------------------------------------------------------------------


def test_yes_or_no(client: LollmsClient, service: Service) -> None:
    service.answers = ['{"answer": true}', '{"answer": "no"}', '{"explanation": "It rains.", "answer": false}']
    assert client.yes_no("Is it wet?", context="It rains.") is True
    assert "It rains." in service.asked[0]["messages"][-1]["content"]
    assert client.yes_no("Is it dry?") is False
    assert client.yes_no("Dry?", return_explanation=True) == {"answer": False, "explanation": "It rains."}


def test_no_answer_is_never_made_up(client: LollmsClient, service: Service) -> None:
    service.answers = ["perhaps"] * 9
    with pytest.raises(errors.BadReply):
        client.yes_no("Is it?")


def test_choices(client: LollmsClient, service: Service) -> None:
    service.answers = ['{"index": 7}', '{"index": 1}', '{"explanation": "e", "index": 0}']
    assert client.multichoice_question("Which?", ["a", "b"]) == 1
    assert "at most 1" in service.asked[1]["messages"][-1]["content"]
    assert client.multichoice_question("Which?", ["a", "b"], return_explanation=True)["index"] == 0
    with pytest.raises(errors.BadSetting, match="possible_answers"):
        client.multichoice_question("Which?", [])


def test_rankings(client: LollmsClient, service: Service) -> None:
    service.answers = ['{"ranking": [0, 0, 1]}', '{"ranking": [2, 0, 1]}', '{"explanation": "e", "ranking": [0, 1]}']
    assert client.multichoice_ranking("Which?", ["a", "b", "c"]) == [2, 0, 1]
    assert "twice" in service.asked[1]["messages"][-1]["content"]
    assert client.multichoice_ranking("Which?", ["a", "b"], return_explanation=True)["ranking"] == [0, 1]


def test_a_model_that_cannot_rank_chooses_one_by_one(client: LollmsClient, service: Service) -> None:
    service.answers = ['{"ranking": [0, 0, 0]}'] * 2 + ['{"index": 1}', '{"index": 1}']
    assert client.multichoice_ranking("Which?", ["a", "b", "c"], max_retries=1) == [1, 2, 0]
    assert "0: a\n1: c" in service.asked[-1]["messages"][-1]["content"]
    service.answers = ["no"] * 60
    with pytest.raises(errors.BadReply):
        client.multichoice_ranking("Which?", ["a", "b"], max_retries=0)


def test_the_asynchronous_twin_is_the_same_code(service: Service) -> None:
    import asyncio

    from lollms_client import AsyncLollmsClient

    async def main() -> Any:
        client: Any = AsyncLollmsClient(**native_arguments(service))
        try:
            return await client.generate_structured_content("Who?", SCHEMA)
        finally:
            await client.close()

    service.answers = [json.dumps(ANN)]
    assert asyncio.run(main()) == ANN


# --- the text processor ----------------------------------------------------------------------------------------------


def test_the_text_processor_of_a_binding(client: LollmsClient, service: Service) -> None:
    processor: Any = client.llm.tp
    assert processor is client.llm.tp
    service.answers = [json.dumps(ANN), "```python\nx = 1\n```", '{"value": ["tea"]}', "Short."]
    assert processor.generate_structured_content("Who?", SCHEMA) == ANN
    assert processor.generate_code("Write.") == "x = 1"
    assert processor.extract_keywords("About tea.", 1) == ["tea"]
    assert processor.summerize_text("A long story.") == "Short."
    assert processor.long_context_processing("A story.", "Sum up.", "text") == "Hello there"
    service.answers = [json.dumps({"edits": [{"search": "a", "replace": "b"}]})]
    assert processor.edit_code("a", "Rename.", context_lines=2)["updated_code"] == "b"
    with pytest.raises(AttributeError, match="generate_text"):
        processor.generate_text("x")


def test_a_list_of_words_in_a_template_is_a_list_of_texts(client: LollmsClient, service: Service) -> None:
    service.answers = ['{"hobbies": ["hiking"], "age": "34"}']
    template = {"hobbies": ["list", "of", "strings"], "age": "integer"}
    assert client.generate_structured_content("Who?", schema=template) == {"hobbies": ["hiking"], "age": 34}


class FormerPet(FormerModel):
    """A model of pydantic's first version."""

    name: str
    age: int = 3
    born: date = date(2020, 1, 2)


@pytest.mark.parametrize("schema", [FormerPet, FormerPet(name="anybody")])
def test_models_of_the_first_pydantic(client: LollmsClient, service: Service, schema: Any) -> None:
    service.answers = ['{"name": "Tom", "age": "old"}', '{"name": "Tom", "age": 4}']
    assert client.generate_structured_content("Who?", schema) == {"name": "Tom", "age": 4, "born": "2020-01-02"}
    service.answers = ['{"name": "Tom"}']
    found = client.generate_structured_content_pydantic("Who?", schema)
    assert (type(found), found.age) == (FormerPet, 3)
    service.answers = ['[{"name": "Tom", "age": 4, "born": "2020-01-02"}]']
    assert client.generate_structured_content("Who?", [FormerPet])[0]["name"] == "Tom"
