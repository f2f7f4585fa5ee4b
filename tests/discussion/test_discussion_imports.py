"""The data exports of ChatGPT and Open WebUI come in with all their branches."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lollms_client.lollms_discussion import BadConversation, LollmsDiscussion
from lollms_client.types import FilePart, ImagePart, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from tests.discussion.sample_conversations import PNG


def node(
    key: str, parent: str | None, role: str | None, content: Any, children: list[str], **more: Any
) -> dict[str, Any]:
    message = None
    if role is not None:
        content = {"content_type": "text", "parts": [content]} if isinstance(content, str) else content
        message = {
            "id": key,
            "author": {"role": role, "name": more.pop("name", None)},
            "create_time": 1_700_000_000.5,
            "content": content,
            "status": "finished_successfully",
            "metadata": {"model_slug": "gpt-5"} if role == "assistant" else {},
            "recipient": "all",
            **more,
        }
    return {"id": key, "message": message, "parent": parent, "children": children}


def chatgpt() -> dict[str, Any]:
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-abc", "width": 1}
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "Looking", "content": "It purrs."}]}
    nodes = [
        node("root", None, None, None, ["sys"]),
        node("sys", "root", "system", "", ["u1"]),
        node("u1", "sys", "user", {"content_type": "multimodal_text", "parts": ["what?", picture]}, ["t1", "a2"]),
        node("t1", "u1", "assistant", thoughts, ["c1"]),
        node("c1", "t1", "assistant", {"content_type": "code", "text": "print(1)"}, ["r1"], recipient="python"),
        node("r1", "c1", "tool", {"content_type": "execution_output", "text": "1"}, ["a1"], name="python"),
        node("a1", "r1", "assistant", "A cat.", []),
        node("a2", "u1", "assistant", "A dog", [], status="in_progress"),
    ]
    return {
        "title": "Pets",
        "create_time": 1_700_000_000,
        "mapping": {entry["id"]: entry for entry in nodes},
        "current_node": "a1",
        "conversation_id": "conv-1",
    }


def test_a_chatgpt_export_comes_in_with_branches_tools_and_pictures(tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("conversations.json", json.dumps([chatgpt()]))
        target.writestr("file-abc-cat.png", bytes(PNG))
    discussion = LollmsDiscussion.from_export("chatgpt", archive)
    assert (discussion.id, discussion.title) == ("conv-1", "Pets")
    branch = discussion.get_messages()
    assert [message.id for message in branch] == ["u1", "t1", "c1", "r1", "a1"]
    assert branch[0].parts == (TextPart(text="what?"), ImagePart(media=PNG))
    assert branch[1].parts == (ReasoningPart(text="Looking\nIt purrs."),)
    assert branch[2].parts == (ToolCallPart(id="c1", name="python", raw_arguments="print(1)"),)
    assert branch[3].parts == (ToolResultPart(call_id="c1", name="python", content="1"),)
    assert branch[4].model_name == "gpt-5"
    assert branch[4].created_at.year == 2023
    assert [(leaf.id, leaf.status) for leaf in discussion.list_branches()] == [("a1", "complete"), ("a2", "partial")]


def test_a_missing_picture_is_named() -> None:
    discussion = LollmsDiscussion.from_export("chatgpt", chatgpt())
    assert discussion.get_message("u1").parts[1] == FilePart(name="file-service://file-abc")


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("conversations.json", json.dumps([chatgpt()]))
    data = bytearray(archive.read_bytes())
    data[60:90] = bytes(30)
    archive.write_bytes(data)
    with pytest.raises(BadConversation):
        LollmsDiscussion.from_export("chatgpt", archive)
    with pytest.raises(BadConversation):
        LollmsDiscussion.from_export("chatgpt", tmp_path / "missing.json")
    out_of_range = {**chatgpt(), "create_time": 1e300}
    with pytest.raises(BadConversation):
        LollmsDiscussion.from_export("chatgpt", out_of_range)


def test_a_damaged_chatgpt_export_is_refused() -> None:
    damaged = chatgpt()
    damaged["mapping"]["u1"]["parent"] = "a1"
    with pytest.raises(BadConversation, match="hang together"):
        LollmsDiscussion.from_export("chatgpt", damaged)


def open_webui() -> dict[str, Any]:
    thinking = '<details type="reasoning" done="true">\n<summary>Thought</summary>\n&gt; hm\n</details>\nhi'
    messages = {
        "u1": {
            "id": "u1",
            "parentId": None,
            "childrenIds": ["a1", "a2"],
            "role": "user",
            "content": "hello",
            "timestamp": 1_700_000_000,
            "files": [{"type": "image", "url": PNG.data_url()}, {"type": "file", "name": "a.pdf", "id": "f1"}],
        },
        "a1": {
            "id": "a1",
            "parentId": "u1",
            "childrenIds": [],
            "role": "assistant",
            "content": thinking,
            "model": "llama3",
            "modelName": "Llama 3",
            "done": True,
            "usage": {"prompt_tokens": 5, "completion_tokens": 7},
        },
        "a2": {"id": "a2", "parentId": "u1", "role": "assistant", "content": "", "error": {"content": "no memory"}},
    }
    chat = {"title": "Hi", "params": {"system": "SYS"}, "history": {"messages": messages, "currentId": "a1"}}
    return {"id": "chat-1", "title": "Hi", "chat": chat, "created_at": 1_700_000_000}


def test_an_open_webui_export_comes_in_with_branches_files_and_errors() -> None:
    (discussion,) = LollmsDiscussion.all_from_export("open_webui", json.dumps([open_webui()]))
    assert (discussion.id, discussion.title, discussion.system_prompt) == ("chat-1", "Hi", "SYS")
    question, answer = discussion.get_messages()
    assert question.images == [PNG.base64()]
    assert question.parts[2] == FilePart(name="a.pdf", id="f1")
    assert answer.parts == (ReasoningPart(text="hm"), TextPart(text="hi"))
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 7)
    assert (answer.sender, answer.model_name) == ("Llama 3", "llama3")
    failed = discussion.get_message("a2")
    assert (failed.status, failed.error) == ("failed", {"message": "no memory"})


def test_a_chat_with_a_missing_parent_is_refused() -> None:
    damaged = open_webui()
    damaged["chat"]["history"]["messages"]["a1"]["parentId"] = "nowhere"
    with pytest.raises(BadConversation, match="missing"):
        LollmsDiscussion.from_export("open_webui", damaged)


def test_other_interfaces_requests_come_in() -> None:
    picture = {"mime_type": "image/png", "data": PNG.base64()}
    gemini = {
        "system_instruction": {"parts": [{"text": "SYS"}]},
        "contents": [
            {
                "role": "user",
                "parts": [{"text": "go"}, {"inline_data": picture}],
            },
            {"role": "model", "parts": [{"functionCall": {"name": "sum", "args": {"x": 1}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "sum", "response": {"output": "2"}}}]},
        ],
    }
    discussion = LollmsDiscussion.from_export("gemini", gemini)
    question, call, result = discussion.get_messages()
    assert (discussion.system_prompt, question.images) == ("SYS", [PNG.base64()])
    assert result.parts == (ToolResultPart(call_id=call.tool_calls[0].id, name="sum", content="2"),)
    responses = LollmsDiscussion.from_export("openai_responses", {"instructions": "SYS", "input": "hi"})
    assert responses.to_messages()[1].text == "hi"
