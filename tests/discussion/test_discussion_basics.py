"""The conversation as bindings and applications use it: building, walking, and every export's shape."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lollms_client.errors import BadMedia, BadSetting, LollmsError
from lollms_client.lollms_discussion import LollmsDiscussion, LollmsMessage
from lollms_client.types import AudioPart, FilePart, ImagePart, Media, Message, TextPart
from tests.discussion.sample_conversations import PNG, WAV

URL = PNG.data_url()


def sample() -> LollmsDiscussion:
    discussion = LollmsDiscussion.create_new(system_prompt="SYS", title="T")
    discussion.add_message(sender="user", content=" hello ", images=[PNG.base64()])
    discussion.add_message(sender="assistant", sender_type="assistant", content="hi")
    discussion.add_message(sender="alice", sender_type="user", content="more")
    return discussion


def test_a_conversation_stands_at_the_newest_message() -> None:
    discussion = LollmsDiscussion(None)
    first = discussion.add_message(sender="user", content="one", images=[])
    second = discussion.add_message(sender="assistant", content="two")
    assert discussion.active_branch_id == second.id
    assert second.parent_id == first.id
    assert [message.content for message in discussion.get_messages()] == ["one", "two"]
    assert discussion.get_branch(first.id) == [first]
    assert discussion.messages == [first, second]


def test_messages_of_every_kind_are_read_without_a_client() -> None:
    discussion = LollmsDiscussion.from_messages(
        [
            LollmsMessage.new_message(sender_type="system", content="Be brief."),
            {
                "role": "user",
                "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": PNG.data_url()}],
            },
            {"sender": "bob", "sender_type": "user", "content": "b", "images": None},
            SimpleNamespace(sender="assistant", sender_type="assistant", content="c"),
            Message.assistant("d"),
            "e",
        ]
    )
    assert discussion.system_prompt == "Be brief."
    assert [message.content for message in discussion.get_messages()] == ["a", "b", "c", "d", "e"]
    assert [message.sender_type for message in discussion.get_messages()] == [
        "user", "user", "assistant", "assistant", "user",
    ]  # fmt: skip
    assert discussion.get_messages()[0].images == [PNG.base64()]


def test_a_message_shows_and_switches_its_images() -> None:
    message = LollmsMessage.new_message(sender_type="user", content="x", images=[PNG.base64(), bytes(PNG)])
    assert message.toggle_image_activation(0) is False
    assert message.get_active_images() == [PNG.base64()]
    assert message.get_all_images() == [
        {"data": PNG.base64(), "active": False},
        {"data": PNG.base64(), "active": True},
    ]
    assert len(message.to_message().images) == 1
    with pytest.raises(IndexError):
        message.toggle_image_activation(2)


def test_attachments_become_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("buy milk")
    (tmp_path / "cat.png").write_bytes(PNG)
    discussion = LollmsDiscussion(None)
    attachments = [tmp_path / "notes.txt", str(tmp_path / "cat.png"), WAV]
    message = discussion.add_message(content="see", attachments=attachments)
    assert message.parts == (
        TextPart(text="see"),
        FilePart(media=Media(b"buy milk", "text/plain"), name="notes.txt"),
        ImagePart(media=PNG),
        AudioPart(media=WAV),
    )
    with pytest.raises(BadSetting, match="parts"):
        LollmsMessage(content="a", parts=[TextPart(text="b")])


def test_setting_the_content_keeps_the_images() -> None:
    message = LollmsMessage.new_message(sender_type="user", content="x", images=[PNG])
    message.content = "y"
    assert (message.text, message.images) == ("y", [PNG.base64()])
    message.content = ""
    assert message.images == [PNG.base64()]


def test_typed_messages_begin_with_the_system_text() -> None:
    discussion = sample()
    discussion.memory = "likes tea"
    turns = discussion.to_messages()
    assert turns[0] == Message.system("SYS\n\n-- Memory --\nlikes tea")
    assert [turn.role for turn in turns] == ["system", "user", "assistant", "user"]


def test_openai_chat_export() -> None:
    assert sample().export("openai_chat") == [
        {"role": "system", "content": [{"type": "text", "text": "SYS"}]},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hello"},
                {"type": "image_url", "image_url": {"url": PNG.data_url(), "detail": "auto"}},
            ],
        },
        {"role": "assistant", "content": "hi"},
        {"role": "user", "content": "more"},
    ]


def test_ollama_and_text_exports() -> None:
    discussion = sample()
    assert discussion.export("ollama_chat") == [
        {"role": "system", "content": "SYS"},
        {"role": "user", "content": "hello", "images": [PNG.base64()]},
        {"role": "assistant", "content": "hi"},
        {"role": "user", "content": "more"},
    ]
    assert discussion.export("lollms_text") == (
        "!@>system:\nSYS\n!@>user:\nhello\n(1 image(s) attached)\n!@>assistant:\nhi\n!@>alice:\nmore"
    )
    assert discussion.export("markdown") == (
        f"system: SYS\n**User**: hello\n\n![Image]({PNG.data_url()})\n\n**Assistant**: hi\n\n**User**: more\n"
    )


def test_neighbouring_turns_of_one_role_are_joined_and_a_leading_answer_is_introduced() -> None:
    discussion = LollmsDiscussion.from_messages(
        [{"role": "assistant", "content": "hello"}, {"role": "user", "content": "a "}, {"role": "user", "content": "b"}]
    )
    assert discussion.export("openai_chat") == [
        {"role": "user", "content": "Continue."},
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": "a\n\nb"},
    ]


@pytest.mark.parametrize(
    "name", ["openai_chat", "openai_responses", "anthropic", "gemini", "ollama_chat", "html", "json"]
)
def test_a_message_of_images_alone_is_in_every_export(name: str) -> None:
    discussion = LollmsDiscussion(None)
    discussion.add_message(sender="user", content="", images=[PNG.base64()])
    exported = discussion.export(name)
    assert PNG.base64() in (exported if isinstance(exported, str) else json.dumps(exported))
    if name != "ollama_chat":  # it has no field for the type
        assert "image/png" in (exported if isinstance(exported, str) else json.dumps(exported))


def test_what_is_unknown_is_an_error() -> None:
    discussion = sample()
    with pytest.raises(ValueError, match="openai_chat") as unknown_format:
        discussion.export("openai")
    assert isinstance(unknown_format.value, LollmsError)
    with pytest.raises(KeyError) as unknown_branch:
        discussion.export("openai_chat", "nowhere")
    assert isinstance(unknown_branch.value, LollmsError)
    with pytest.raises(KeyError):
        discussion.get_messages("nowhere")
    with pytest.raises(BadSetting):
        discussion.add_message(sender="x", sender_type="nobody")
    with pytest.raises(BadMedia):
        discussion.add_message(sender="user", images=["/no/such/file.png"])
    assert len(discussion) == 3


def test_an_unknown_setting_is_told() -> None:
    with pytest.warns(UserWarning, match="workspace_path"):
        LollmsDiscussion(None, workspace_path="x")


def test_empty_conversations_export_their_system_prompt() -> None:
    discussion = LollmsDiscussion(None)
    assert (discussion.export("openai_chat"), discussion.export("lollms_text")) == ([], "")
    discussion.system_prompt = "SYS"
    assert discussion.export("lollms_text") == "!@>system:\nSYS"


def test_a_message_in_a_discussion_keeps_its_place() -> None:
    discussion = sample()
    message = discussion.messages[0]
    with pytest.raises(AttributeError):
        message.parent_id = "elsewhere"
    copy = message.copy()
    assert copy.parts == (TextPart(text=" hello "), message.parts[1])
    assert copy.id != message.id


def test_importing_the_conversation_is_cheap() -> None:
    code = "import sys; import lollms_client.lollms_discussion; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"sqlalchemy", "alembic", "numpy", "PIL", "cryptography", "asyncio"} & set(loaded)
