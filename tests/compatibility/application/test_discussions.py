"""`chat` with a discussion: what is said and answered is kept; and who speaks where several people do."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from lollms_client import MSG_TYPE, AsyncLollmsClient, LollmsClient, LollmsDiscussion, errors
from lollms_client.lollms_discussion import LollmsDataManager
from lollms_client.types import ChatResult, Message
from tests.compatibility.application.conftest import Service, native_arguments

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CALL = {"id": "c1", "type": "function", "function": {"name": "double", "arguments": '{"number": 4}'}}


def _talk(discussion: LollmsDiscussion) -> list[tuple[str, str]]:
    return [(message.sender_type, message.content) for message in discussion.get_messages()]


def test_what_the_user_says_and_the_answer_are_kept(client: LollmsClient, service: Service) -> None:
    discussion = LollmsDiscussion(client, system_prompt="Be kind.")
    result = client.chat(discussion, "hello")
    assert isinstance(result, ChatResult)
    assert (result.text, result.finish) == ("Hello there", "stop")
    assert _talk(discussion) == [("user", "hello"), ("assistant", "Hello there")]
    client.chat(discussion, "more", temperature=0.3, n_predict=9)
    assert [message["content"] for message in service.asked[1]["messages"]] == [
        "Be kind.", "hello", "Hello there", "more",
    ]  # fmt: skip
    assert service.asked[1]["temperature"] == 0.3
    answer = discussion.get_messages()[-1]
    assert (answer.status, answer.binding_name, answer.parent_id) == (
        "complete", "openai_compatible", discussion.get_messages()[-2].id,
    )  # fmt: skip


def test_a_discussion_without_new_words_is_answered_as_it_stands(client: LollmsClient) -> None:
    discussion = LollmsDiscussion.from_messages([{"role": "user", "content": "hello"}])
    assert client.chat(discussion).text == "Hello there"
    assert _talk(discussion) == [("user", "hello"), ("assistant", "Hello there")]
    with pytest.raises(errors.LollmsError, match="empty"):
        client.chat(LollmsDiscussion(client))


def test_a_discussion_of_nobodys_or_anothers_client_is_answered_by_this_one(service: Service) -> None:
    discussion = LollmsDiscussion(None)
    client = LollmsClient(**native_arguments(service))
    assert client.chat(discussion, Message.user("hello")).text == "Hello there"
    assert discussion.lollmsClient is None


def test_images_callbacks_and_branches(client: LollmsClient, service: Service) -> None:
    heard: list[tuple[str, MSG_TYPE]] = []
    discussion = LollmsDiscussion(client)
    first = discussion.add_message(sender="user", content="first")
    discussion.add_message(sender="assistant", content="old answer")
    client.chat(
        discussion,
        "look",
        images=[PNG],
        branch_tip_id=first.id,
        streaming_callback=lambda text, kind, facts: heard.append((text, kind)),
    )
    assert "".join(text for text, kind in heard if kind is MSG_TYPE.MSG_TYPE_CHUNK) == "Hello there"
    assert _talk(discussion)[:2] == [("user", "first"), ("user", "look")]
    assert len(discussion.get_messages()[1].images) == 1
    assert any("image_url" in str(message) for message in service.asked[0]["messages"])


def test_tools_run_with_the_users_approval(client: LollmsClient, service: Service) -> None:
    service.answers = [{"content": None, "tool_calls": [CALL]}, "It is 8."]

    def double(number: int) -> int:
        """Twice a number."""
        return 2 * number

    discussion = LollmsDiscussion(client)
    result = client.chat(discussion, "Twice 4?", tools=[double], approve=lambda call: True)
    assert result.text == "It is 8."
    assert [kind for kind, _ in _talk(discussion)] == ["user", "assistant", "tool", "assistant"]


def test_a_failure_is_raised_and_stays_in_the_tree(client: LollmsClient, service: Service) -> None:
    service.answers = [(401, {"error": {"message": "no"}})]
    discussion = LollmsDiscussion(client)
    with pytest.raises(errors.AuthenticationFailed):
        client.chat(discussion, "hello")
    assert [message.status for message in discussion.get_messages()] == ["complete", "failed"]


def test_stopping_early_keeps_what_came(client: LollmsClient, service: Service) -> None:
    service.answers = ["one two three"]
    discussion = LollmsDiscussion(client)
    result = client.chat(discussion, "count", streaming_callback=lambda text, kind: False)
    assert result.text == "one "
    assert discussion.get_messages()[-1].status == "partial"


def test_era_options_are_no_error(client: LollmsClient, service: Service) -> None:
    discussion = LollmsDiscussion(client)
    options: dict[str, Any] = {"n_threads": 4, "ctx_size": 99, "stream": True, "think": False, "personality": None}
    assert client.chat(discussion, "hello", **options).text == "Hello there"
    with pytest.raises(errors.BadSetting, match="temprature"):
        client.chat(discussion, "hello", temprature=1)


def test_the_discussions_own_chat_takes_era_options_too(client: LollmsClient, service: Service) -> None:
    discussion = LollmsDiscussion(client)
    options: dict[str, Any] = {"use_mcps": False, "n_threads": 2, "n_predict": 9, "personality": None, "debug": True}
    outcome = discussion.chat("hello", **options)
    assert outcome["ai_message"].content == "Hello there"
    assert 9 in (service.asked[0].get("max_tokens"), service.asked[0].get("max_completion_tokens"))


def test_the_names_of_earlier_versions_for_what_is_given(client: LollmsClient) -> None:
    discussion = LollmsDiscussion(client)
    given: dict[str, Any] = {"discussion": discussion, "prompt": "hello"}
    assert client.chat(**given).text == "Hello there"
    assert _talk(discussion) == [("user", "hello"), ("assistant", "Hello there")]
    assert client.generate_from_messages(discussion) == "Hello there"
    assert len(discussion.get_messages()) == 2  # only chat keeps


def test_lists_and_texts_are_answered_and_not_kept(client: LollmsClient) -> None:
    assert client.chat("hello").text == "Hello there"
    assert client.chat([{"role": "user", "content": "hello"}]).text == "Hello there"
    with pytest.raises(errors.BadSetting, match="LollmsDiscussion"):
        client.chat([{"role": "user", "content": "hello"}], "more")


def test_a_stream_reads_a_discussion_and_keeps_nothing(client: LollmsClient) -> None:
    discussion = LollmsDiscussion.from_messages([{"role": "user", "content": "hello"}])
    with client.stream_chat(discussion) as stream:
        assert "".join(stream.texts()) == "Hello there"
    assert len(discussion.get_messages()) == 1


def test_the_asynchronous_twin(service: Service) -> None:
    async def main() -> None:
        async with AsyncLollmsClient(**native_arguments(service)) as client:
            discussion = LollmsDiscussion(client)
            result = await client.chat(discussion, "hello", n_threads=2)
            assert result.text == "Hello there"
            assert _talk(discussion) == [("user", "hello"), ("assistant", "Hello there")]
            with pytest.raises(errors.BadSetting, match="LollmsDiscussion"):
                await client.chat("hello", "more")

    asyncio.run(main())


def test_a_binding_with_methods_of_its_own_answers_too(plain: LollmsClient) -> None:
    discussion = LollmsDiscussion(plain)
    assert plain.chat(discussion, "hello").text == "You said hello"
    assert _talk(discussion)[1] == ("assistant", "You said hello")


def test_it_is_kept_in_a_store(client: LollmsClient, tmp_path: Path) -> None:
    with LollmsDataManager(f"sqlite:///{tmp_path / 'talks.db'}") as store:
        discussion = LollmsDiscussion.create_new(client, db_manager=store, title="A talk")
        client.chat(discussion, "hello")
        found = store.get_discussion(client, discussion.id)
        assert found is not None
        assert _talk(found) == [("user", "hello"), ("assistant", "Hello there")]


# --- who speaks ------------------------------------------------------------------------------------------------------


def _table(*turns: tuple[str, str]) -> LollmsDiscussion:
    discussion = LollmsDiscussion(None)
    for sender, words in turns:
        kind = "assistant" if sender == "assistant" else "user"
        discussion.add_message(sender=sender, sender_type=kind, content=words)
    return discussion


SEVERAL = (("alice", "I am for it."), ("bob", "I am not."), ("assistant", "I see."), ("Carl Otto", "Go on."))


def test_formats_with_a_field_for_names_get_them() -> None:
    assert _table(*SEVERAL).export("openai_chat") == [
        {"role": "user", "content": "I am for it.", "name": "alice"},
        {"role": "user", "content": "I am not.", "name": "bob"},
        {"role": "assistant", "content": "I see."},
        {"role": "user", "content": "Go on.", "name": "Carl_Otto"},
    ]


@pytest.mark.parametrize("form", ["openai_responses", "anthropic", "gemini", "ollama_chat"])
def test_other_formats_get_them_before_the_words(form: str) -> None:
    exported = str(_table(*SEVERAL).export(form))
    for words in ("alice: I am for it.", "bob: I am not.", "Carl Otto: Go on."):
        assert words in exported
    assert "assistant: I see" not in exported


@pytest.mark.parametrize("form", ["openai_chat", "anthropic", "gemini", "ollama_chat", "openai_responses"])
def test_a_single_person_needs_no_name(form: str) -> None:
    for turns in ([("alice", "hello"), ("assistant", "hi"), ("alice", "more")], [("user", "hello"), ("alice", "more")]):
        exported = str(_table(*turns).export(form))
        assert "alice" not in exported


def test_a_model_that_is_asked_knows_who_speaks(client: LollmsClient, service: Service) -> None:
    discussion = _table(("alice", "I am for it."), ("bob", "I am not."))
    client.chat(discussion)
    words = "\n".join(str(message["content"]) for message in service.asked[0]["messages"])
    assert "alice: I am for it." in words
    assert "bob: I am not." in words
    assert [message.content for message in discussion.get_messages()][:2] == ["I am for it.", "I am not."]


def test_somebody_who_only_shows_an_image_is_named() -> None:
    discussion = _table(("alice", "Look."))
    discussion.add_message(sender="bob", sender_type="user", images=[base64.b64encode(PNG).decode()])
    content = discussion.export("anthropic")["messages"][0]["content"]
    assert [block.get("text", block["type"]) for block in content] == ["alice: Look.", "bob:", "image"]


def test_names_come_back_from_an_export() -> None:
    back = LollmsDiscussion.from_export("openai_chat", _table(*SEVERAL).export("openai_chat"))
    assert [message.sender for message in back.get_messages()] == ["alice", "bob", "assistant", "Carl_Otto"]


# --- the store -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "a passphrase"])
def test_the_store_is_made_and_searched_as_before(tmp_path: Path, key: str | None) -> None:
    with LollmsDataManager(db_path=f"sqlite:///{tmp_path / 'talks.db'}", encryption_key=key) as store:
        store.create_and_migrate_tables()
        talk = LollmsDiscussion.create_new(None, store, title="About cats", discussion_metadata={"project": "zoo"})
        talk.add_message(sender="user", content="Do lions purr?")
        LollmsDiscussion(lollmsClient=None, db_manager=store, discussion_id="two", autosave=True).title = "Ships"
        assert (store.discussion_exists(talk.id), store.discussion_exists("none")) == (True, False)
        assert [item["id"] for item in store.search_discussions("purr")] == [talk.id]
        assert [item["id"] for item in store.search_discussions(title="CATS")] == [talk.id]
        assert [item["id"] for item in store.search_discussions(discussion_metadata="zoo")] == [talk.id]
        assert store.search_discussions(title="cats", discussion_metadata="sea") == []
        with pytest.raises(errors.BadSetting, match="no field 'colour'"):
            store.search_discussions(colour="red")
        with pytest.raises(errors.BadSetting, match="words, or fields"):
            store.search_discussions()
        assert store.get_discussion(None, "none") is None
        assert store.delete_discussion(talk.id) is True
        assert [item["id"] for item in store.list_discussions()] == ["two"]
        assert store.new_message(sender="user", content="hi").content == "hi"


def test_a_store_without_a_place_is_refused() -> None:
    with pytest.raises(errors.BadSetting, match="db_url"):
        LollmsDataManager()


# --- names of the public discussion ----------------------------------------------------------------------------------


def test_what_fills_the_context(client: LollmsClient) -> None:
    discussion: Any = LollmsDiscussion(client, system_prompt="Be kind.", memory="Likes tea.", max_context_size=900)
    assert discussion.get_context_status()["zones"].keys() == {"system_context"}
    discussion.add_message(sender="user", content="hello", images=[PNG, PNG])
    discussion.get_messages()[0].toggle_image_activation(1, False)
    status = discussion.get_context_status()
    system, history = status["zones"]["system_context"], status["zones"]["message_history"]
    assert status["max_tokens"] == 900
    assert status["current_tokens"] == system["tokens"] + history["tokens"]
    assert {name: part["content"] for name, part in system["breakdown"].items()} == {
        "system_prompt": "Be kind.", "memory": "Likes tea.",
    }  # fmt: skip
    assert history["message_count"] == 1
    assert len(history["breakdown"]["image_details"]) == 1
    assert discussion.count_discussion_tokens("openai_chat") > discussion.count_discussion_tokens("lollms_text") > 0


def test_images_of_a_branch() -> None:
    discussion: Any = LollmsDiscussion(None)
    message = discussion.add_message(sender="user", content="look", images=[PNG, PNG])
    message.toggle_image_activation(0, False)
    text = base64.b64encode(PNG).decode()
    assert discussion.get_all_images() == [
        {"message_id": message.id, "index": 0, "data": text, "active": False},
        {"message_id": message.id, "index": 1, "data": text, "active": True},
    ]
    assert discussion.get_active_images() == [text]


def test_further_names_of_the_public_discussion(client: LollmsClient, service: Service) -> None:
    discussion: Any = LollmsDiscussion(client, system_prompt="Be kind.")
    discussion.setMemory("Likes tea.")
    discussion.add_message(sender="user", content="hello")
    assert "Likes tea." in discussion.get_full_data_zone()
    assert "Be kind." not in discussion.get_full_data_zone()
    assert [message.content for message in discussion.get_all_messages_flat()] == ["hello"]
    service.answers = ["A greeting"]
    assert discussion.auto_title() == discussion.title == "A greeting"
    back = LollmsDiscussion.from_export("json", discussion.export_to_json_str())
    assert back.get_messages()[0].content == "hello"
    discussion.touch()
    discussion.close()
    with pytest.raises(AttributeError, match="no attribute 'dance'"):
        discussion.dance  # noqa: B018


def test_a_callback_is_told_of_tools_in_both_terms(client: LollmsClient, service: Service) -> None:
    service.answers = [{"content": None, "tool_calls": [CALL]}, "It is 8."]
    heard: dict[MSG_TYPE, dict[str, Any]] = {}

    def double(number: int) -> int:
        """Twice a number."""
        return 2 * number

    def told(text: str, kind: MSG_TYPE, params: Any = None, **facts: Any) -> None:
        heard[kind] = params

    client.chat(LollmsDiscussion(client), "4?", tools=[double], approve=lambda call: True, streaming_callback=told)
    assert heard[MSG_TYPE.MSG_TYPE_TOOL_CALL]["parameters"] == {"number": 4}
    assert heard[MSG_TYPE.MSG_TYPE_TOOL_OUTPUT]["result"] == "8"
