"""A database of the public package is read into discussions of ours."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lollms_client.lollms_discussion import BadConversation, LollmsDataManager, LollmsDiscussion

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
IMAGE = base64.b64encode(PNG).decode()
DISCUSSIONS = (
    "id system_prompt user_data_zone discussion_data_zone personality_data_zone memory participants active_branch_id"
    " discussion_metadata created_at updated_at pruning_summary pruning_point_id"
)
MESSAGES = (
    "id discussion_id parent_id sender sender_type raw_content thoughts content scratchpad tokens binding_name"
    " model_name generation_speed message_metadata images active_images created_at"
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(tmp_path / "old.db")
    made.execute(f"CREATE TABLE discussions ({', '.join(DISCUSSIONS.split())})")
    made.execute(f"CREATE TABLE messages ({', '.join(MESSAGES.split())})")
    yield made
    made.close()


def _add(connection: sqlite3.Connection, table: str, **values: Any) -> None:
    marks = ", ".join("?" * len(values))
    with connection:
        connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))


@pytest.fixture
def old(connection: sqlite3.Connection, tmp_path: Path) -> Path:
    """Two discussions, one with branches."""
    _add(
        connection, "discussions", id="d1", system_prompt="Be kind.", memory="Likes tea.", active_branch_id="m3",
        participants=json.dumps({"ann": {"icon": None}}), discussion_metadata=json.dumps({"title": "Cats", "n": 1}),
        created_at="2025-09-01 10:00:00.000000", pruning_summary="They met.", pruning_point_id="m1",
    )  # fmt: skip
    _add(connection, "discussions", id="d2", created_at="2025-09-02 10:00:00.000000")
    shared = {"discussion_id": "d1", "message_metadata": json.dumps({"k": "v"})}
    later, earlier = "2025-09-01 10:00:09.000000", "2025-09-01 10:00:01.000000"
    _add(connection, "messages", id="m2", parent_id="m1", sender="assistant", sender_type="assistant", thoughts="hm",
         content="hi", model_name="m", binding_name="ollama", tokens=3, created_at=earlier, **shared)  # fmt: skip
    _add(connection, "messages", id="m1", sender="ann", sender_type="user", content="hello", created_at=later,
         images=json.dumps([IMAGE, IMAGE]), active_images=json.dumps([True, False]), **shared)  # fmt: skip
    _add(connection, "messages", id="m3", parent_id="m1", sender="assistant", sender_type="assistant", content="hey",
         created_at="2025-09-01 10:00:10.000000", **shared)  # fmt: skip
    _add(connection, "messages", id="m4", parent_id="gone", sender="ann", sender_type="user", content="lost",
         created_at="2025-09-01 10:00:11.000000", **shared)  # fmt: skip
    return tmp_path / "old.db"


def test_branches_images_and_facts_come_over(old: Path) -> None:
    first, second = LollmsDiscussion.all_from_export("lollms_client", old)
    assert (first.id, first.title, first.system_prompt, first.memory) == ("d1", "Cats", "Be kind.", "Likes tea.")
    assert first.metadata["n"] == 1
    assert first.metadata["pruning_summary"] == "They met."
    assert first.participants == {"ann": {"icon": None}}
    assert [(message.sender, message.content) for message in first.get_messages()] == [
        ("ann", "hello"), ("assistant", "hey"),
    ]  # fmt: skip
    asked, answered = first.get_messages("m2")
    assert asked.get_all_images() == [{"data": IMAGE, "active": True}, {"data": IMAGE, "active": False}]
    assert (answered.thoughts, answered.model_name, answered.binding_name) == ("hm", "m", "ollama")
    assert answered.metadata == {"k": "v", "tokens": 3}
    assert asked.created_at.isoformat() == "2025-09-01T10:00:09+00:00"
    assert {message.content for message in first.messages} == {"hello", "hi", "hey", "lost"}
    assert (second.id, second.get_messages()) == ("d2", [])


def test_they_go_into_a_store(old: Path, tmp_path: Path) -> None:
    with LollmsDataManager(f"sqlite:///{tmp_path / 'new.db'}") as store:
        LollmsDiscussion.all_from_export("lollms_client", str(old), db_manager=store)
        assert {facts["title"] for facts in store.list_discussions()} == {"Cats", ""}
        found = store.get_discussion(discussion_id="d1")
        assert found is not None
        assert [message.content for message in found.get_messages()] == ["hello", "hey"]


def test_an_encrypted_database_is_refused(connection: sqlite3.Connection, tmp_path: Path) -> None:
    _add(connection, "discussions", id="d1", system_prompt=b"gAAAAA", created_at="2025-09-01 10:00:00")
    with pytest.raises(BadConversation, match="encrypted"):
        LollmsDiscussion.all_from_export("lollms_client", tmp_path / "old.db")


def test_a_circle_is_refused(connection: sqlite3.Connection, tmp_path: Path) -> None:
    _add(connection, "discussions", id="d1", created_at="2025-09-01 10:00:00")
    for own, other in (("a", "b"), ("b", "a")):
        _add(connection, "messages", id=own, discussion_id="d1", parent_id=other, sender="x", sender_type="user")
    with pytest.raises(BadConversation, match="circle"):
        LollmsDiscussion.all_from_export("lollms_client", tmp_path / "old.db")


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("words " * 100, encoding="utf-8")
    for data in (tmp_path / "text.db", tmp_path / "none.db", ["a list"]):
        with pytest.raises(BadConversation):
            LollmsDiscussion.all_from_export("lollms_client", data)
