"""Discussions as applications of the public package use them: images of the whole, pruning, versions, JSON, columns."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from lollms_client import LollmsDiscussion, errors
from lollms_client.lollms_discussion import BadConversation, LollmsDataManager
from tests.compatibility.application.conftest import Service

PNG = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
    )
).decode()


def pictures(request: dict[str, Any]) -> list[int]:
    """How many images each message of a request holds."""
    contents = [message["content"] for message in request["messages"]]
    return [
        sum(part["type"] == "image_url" for part in content) if isinstance(content, list) else 0 for content in contents
    ]


@pytest.fixture
def talk(client: Any) -> Any:
    return LollmsDiscussion(client, system_prompt="Be brief.")


def test_images_of_the_whole_discussion(talk: Any) -> None:
    assert talk.get_discussion_images() == []
    talk.add_discussion_image(PNG)
    talk.add_discussion_image(PNG, source="generation", active=False)
    first, second = talk.get_discussion_images()
    assert (first["data"], first["source"], first["active"]) == (PNG, "user", True)
    assert (second["source"], second["active"]) == ("generation", False)
    assert talk.images == [first, second]
    talk.toggle_discussion_image_activation(1)
    talk.toggle_discussion_image_activation(0, False)
    assert [image["active"] for image in talk.get_discussion_images()] == [False, True]
    assert talk.get_active_images() == [PNG]
    talk.remove_discussion_image(0)
    assert len(talk.get_discussion_images()) == 1
    for act in (talk.toggle_discussion_image_activation, talk.remove_discussion_image):
        with pytest.raises(IndexError, match="has 1"):
            act(7)
    with pytest.raises(errors.LollmsError):
        talk.add_discussion_image("no image at all")
    talk.images = [PNG, PNG]  # as the older versions kept them
    assert [image["active"] for image in talk.get_discussion_images()] == [True, True]


def test_the_model_sees_the_images_of_the_whole(talk: Any, service: Service) -> None:
    talk.add_discussion_image(PNG)
    talk.add_message(sender="assistant", content="Hello")
    talk.chat("What is it?", images=[PNG])
    talk.chat("And now?")
    assert pictures(service.asked[0]) == [0, 0, 2]
    assert pictures(service.asked[1]) == [0, 0, 2, 0, 0]
    assert [len(message.images) for message in talk.get_messages()] == [0, 1, 0, 0, 0]
    talk.get_messages()[1].toggle_image_activation(0, False)
    assert json.dumps(talk.export("openai_chat")).count("image_url") == 2  # one image, named twice
    assert talk.clone_without_messages().get_active_images() == [PNG]


def test_they_are_kept(client: Any, tmp_path: Path) -> None:
    store = LollmsDataManager(f"sqlite:///{tmp_path / 'talks.db'}")
    talk: Any = LollmsDiscussion.create_new(client, store, system_prompt="Be brief.")
    talk.add_discussion_image(PNG)
    talk.add_message(sender="user", content="hi")
    again: Any = store.get_discussion(client, talk.id)
    assert again.get_active_images() == [PNG]
    assert again.updated_at >= again.created_at
    copy = again.clone_without_messages()
    assert (copy.get_messages(), copy.system_prompt) == ([], "Be brief.")
    assert len(store.list_discussions()) == 2
    store.close()


def test_old_messages_are_summed_up(talk: Any, service: Service) -> None:
    for number in range(6):
        talk.add_message(sender="user" if number % 2 == 0 else "assistant", content=f"word{number} " * 20)
    talk.summarize_and_prune(100_000, 2)
    assert (service.asked, talk.pruning_summary, talk.pruning_point_id) == ([], "", None)
    service.answers = [" They counted. ", "Six."]
    talk.summarize_and_prune(50, 2)
    assert "word3" in json.dumps(service.asked[0])
    assert "word4" not in json.dumps(service.asked[0])
    assert talk.pruning_summary == "They counted."
    talk.chat("What comes next?")
    said = json.dumps(service.asked[1])
    assert all(words in said for words in ("Be brief.", "They counted.", "word4", "word5"))
    assert "word3" not in said
    assert len(talk.get_messages()) == 8
    text = talk.export("lollms_text", max_allowed_tokens=60)
    assert "They counted." in text


def test_versions_of_a_message(talk: Any) -> None:
    asked = talk.add_message(sender="user", content="q")
    one = talk.add_message(sender="assistant", content="one")
    assert talk.switch_to_sibling() is None
    two = talk.add_message(sender="assistant", content="two", parent_id=asked.id)
    assert talk.switch_to_sibling().id == one.id
    assert talk.switch_to_sibling(-1).id == two.id
    assert talk.switch_branch("nobody") is False
    assert talk.switch_branch(one.id) is True
    assert talk.prune_branch("nobody") == 0
    assert talk.prune_branch(two.id) == 1
    assert talk.remove_message("nobody") is False
    assert talk.remove_message(one.id) is True
    assert [message.content for message in talk.get_messages()] == ["q"]
    talk.fix_orphan_messages()
    empty: Any = LollmsDiscussion()
    assert empty.switch_to_sibling() is None


FORMER = {
    "id": "d1",
    "system_prompt": "SYS",
    "memory": "She likes cats.",
    "participants": {"ann": {"icon": None}},
    "active_branch_id": "m2",
    "discussion_metadata": {"title": "Cats"},
    "created_at": "2025-01-01T10:00:00",
    "pruning_summary": None,
    "pruning_point_id": None,
    "images": [{"data": PNG, "source": "user", "active": True, "created_at": "2025-01-01T10:00:00"}],
    "messages": [
        {"id": "m1", "discussion_id": "d1", "parent_id": None, "sender": "ann", "sender_type": "user",
         "raw_content": "hi", "content": "hi", "thoughts": None, "scratchpad": "note", "tokens": 3,
         "message_metadata": {"k": 1}, "images": [PNG, PNG], "active_images": [True, False],
         "created_at": "2025-01-01T10:00:01"},
        {"id": "m2", "parent_id": "m1", "sender": "cat", "sender_type": "assistant", "content": "purr",
         "binding_name": "b", "model_name": "m", "generation_speed": 5.0, "message_metadata": None, "images": [],
         "active_images": [], "created_at": "2025-01-01T10:00:02"},
    ],
}  # fmt: skip


def test_json_of_the_public_package_is_read() -> None:
    found: Any = LollmsDiscussion.import_from_json_str(json.dumps(FORMER))
    assert (found.id, found.system_prompt, found.title, found.memory) == ("d1", "SYS", "Cats", "She likes cats.")
    said, answered = found.get_messages()
    assert (said.content, said.sender, said.sender_type, said.created_at.year) == ("hi", "ann", "user", 2025)
    assert (said.scratchpad, said.tokens, said.active_images) == ("note", 3, [True, False])
    assert (answered.model_name, answered.generation_speed, answered.parent_id) == ("m", 5.0, "m1")
    assert found.get_active_images() == [PNG, PNG]
    ours = found.export_to_json_str()
    assert [message.content for message in LollmsDiscussion.import_from_json_str(ours).get_messages()] == ["hi", "purr"]
    for wrong in ("no json", '{"discussion_metadata": {}, "messages": 3}', "[]"):
        with pytest.raises(BadConversation):
            LollmsDiscussion.import_from_json_str(wrong)


def test_columns_of_messages_can_be_read(talk: Any) -> None:
    message = talk.add_message(sender="user", content="hi", images=[PNG])
    assert (message.discussion_id, message.raw_content) == (talk.id, "hi")
    assert (message.scratchpad, message.tokens, message.generation_speed) == (None, None, None)
    assert message.active_images == [True]
    message.set_metadata_item("k", 1, talk)
    assert message.message_metadata == {"k": 1}
    message.add_image(PNG)
    message.add_image_pack([PNG, PNG], title="Cats")
    assert message.active_images == [True, True, True, False]
    message.toggle_image_pack_activation(3)
    assert message.active_images == [True, True, False, True]
    with pytest.raises(AttributeError, match="colour"):
        message.colour  # noqa: B018 (it is the reading that fails)
