"""The data exports of ChatGPT and Open WebUI come in with all their branches."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lollms_client.lollms_discussion import BadConversation, LollmsDataManager, LollmsDiscussion
from lollms_client.types import (
    CallWarning,
    FilePart,
    ImagePart,
    Media,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
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
    for text in (str(tmp_path / "missing.json"), "no JSON", "no\nJSON", "x" * 10_000):
        with pytest.raises(BadConversation, match="neither JSON nor"):
            LollmsDiscussion.from_export("chatgpt", text)


def in_circles() -> dict[str, Any]:
    damaged = chatgpt()
    damaged["mapping"]["u1"]["parent"] = "a1"
    return damaged


def test_a_damaged_chatgpt_export_is_refused() -> None:
    with pytest.raises(BadConversation, match=r"conversation 1 \(Pets\).*hang together"):
        LollmsDiscussion.from_export("chatgpt", in_circles())


def test_what_is_damaged_does_not_keep_the_rest_from_being_read() -> None:
    notes: list[CallWarning] = []
    items = [chatgpt(), in_circles(), {"title": "no tree"}, None, {**chatgpt(), "conversation_id": "conv-2"}]
    found = LollmsDiscussion.all_from_export("chatgpt", items, warnings=notes)
    assert [discussion.id for discussion in found] == ["conv-1", "conv-2"]
    assert [note.setting for note in notes] == ["conversation 2 (Pets)", "conversation 3 (no tree)", "conversation 4"]
    with pytest.raises(BadConversation, match="conversation 2"):
        LollmsDiscussion.all_from_export("chatgpt", items)


def test_an_export_that_comes_in_once_more_is_told() -> None:
    with LollmsDataManager("sqlite://") as store:
        notes: list[CallWarning] = []
        LollmsDiscussion.all_from_export("chatgpt", [chatgpt()], db_manager=store)
        again = [chatgpt(), {**chatgpt(), "conversation_id": "conv-2"}]
        found = LollmsDiscussion.all_from_export("chatgpt", again, db_manager=store, warnings=notes)
        assert [discussion.id for discussion in found] == ["conv-2"]
        assert len(notes) == 1
        assert len(store.list_discussions()) == 2


@pytest.mark.parametrize("names", [["conversations-000.json", "conversations-001.json"], ["conversations/a.json"]])
@pytest.mark.parametrize("packed", [True, False])
def test_an_export_in_several_files(names: list[str], packed: bool, tmp_path: Path) -> None:
    texts = {name: json.dumps([{**chatgpt(), "conversation_id": name}]) for name in names}
    texts["shared_conversations.json"] = '[{"id": "s", "conversation_id": "conv-1"}]'
    place = tmp_path / "export"
    if packed:
        with zipfile.ZipFile(place, "w") as archive:
            for name, text in texts.items():
                archive.writestr(f"inner/{name}", text)
    for name, text in texts.items() if not packed else ():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(f"\ufeff{text}", encoding="utf-8")
    found = LollmsDiscussion.all_from_export("chatgpt", str(place))
    assert [discussion.id for discussion in found] == names


def test_odd_values_of_a_chatgpt_export_do_no_harm() -> None:
    nodes = [
        node("client-created-root", None, None, None, ["hidden"]),
        node(
            "hidden",
            "client-created-root",
            "user",
            {"content_type": "user_editable_context", "user_profile": "I am Ann.", "user_instructions": None},
            ["u1"],
            metadata={"is_visually_hidden_from_conversation": True},
        ),
        node("u1", "hidden", "user", {"content_type": "text", "parts": ["draw", None, 7]}, [], create_time=None),
        node(
            "c1", "u1", "assistant", {"content_type": "code", "text": '{"n": 2}'}, [], recipient="t2uay3k", metadata={}
        ),
        node("r1", "c1", "tool", {"content_type": "multimodal_text", "parts": [None, "one"]}, [], name="t2uay3k"),
        node("r2", "r1", "tool", {"content_type": "system_error", "text": "two failed"}, [], name="t2uay3k"),
        node("recap", "r2", "assistant", {"content_type": "reasoning_recap", "content": "Thought for 3 s"}, []),
        node("empty", "recap", "assistant", {"content_type": "thoughts"}, []),
        node("a1", "empty", "assistant", {"content_type": "text"}, []),
        node("a2", "a1", "assistant", "Done.", [], create_time=1_700_000_000_500, metadata=None),
        node("lost", "nowhere", "user", "a branch of its own", [], create_time=1e300),
    ]
    nodes[5]["message"]["content"] = {"content_type": "execution_output", "text": "two failed"}
    conversation = {
        "title": None,
        "create_time": None,
        "mapping": {**{entry["id"]: entry for entry in nodes}, "null": None},
        "current_node": "deleted",
        "default_model_slug": "gpt-5-thinking",
    }
    discussion = LollmsDiscussion.from_export("chatgpt", conversation)
    hidden = discussion.get_message("hidden")
    assert (hidden.sender_type, hidden.content) == ("system", "I am Ann.")
    branch = discussion.get_branch("a2")
    assert [message.id for message in branch] == ["hidden", "u1", "c1", "r1", "r2", "recap", "a2"]
    assert (branch[1].content, branch[1].created_at) == ("draw", hidden.created_at)
    assert branch[2].model_name == "gpt-5-thinking"
    assert branch[5].thoughts == "Thought for 3 s"
    assert branch[6].created_at.year == 2023
    assert discussion.get_message("lost").parent_id is None
    answered = [turn.parts for turn in discussion.to_messages("a2") if turn.role == "tool"]
    assert answered == [(ToolResultPart(call_id="c1", name="t2uay3k", content="one\n\ntwo failed"),)]


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


def test_odd_values_of_an_open_webui_export_do_no_harm() -> None:
    export = open_webui()
    messages = export["chat"]["history"]["messages"]
    messages["a1"]["parentId"] = "deleted"
    messages["u1"]["parentId"] = ""
    messages["u1"]["timestamp"] = 1_700_000_000_000
    messages["a2"]["error"] = True
    messages["a3"] = {"parentId": "u1", "model": "m", "content": None, "files": [None, {"type": "collection"}]}
    messages["broken"] = None
    export["chat"]["history"]["currentId"] = "gone"
    discussion = LollmsDiscussion.from_export("open_webui", export)
    orphan = discussion.get_message("a1")
    assert (orphan.parent_id, orphan.metadata["imported"]["missing_parent"]) == (None, "deleted")
    assert discussion.get_message("u1").created_at.year == 2023
    assert discussion.get_message("a2").status == "failed"
    assert (discussion.get_message("a3").sender_type, discussion.active_branch_id) == ("assistant", "a3")


def test_the_oldest_open_webui_chats_are_lists() -> None:
    spoken = [
        {"role": "user", "content": "hello", "images": [PNG.base64()]},
        {"role": "assistant", "content": "hi", "info": {"prompt_eval_count": 3, "eval_count": 4}},
    ]
    export = {"title": "Old", "timestamp": 1_700_000_000_000, "history": {}, "messages": spoken}
    discussion = LollmsDiscussion.from_export("open_webui", export)
    question, answer = discussion.get_messages()
    assert (question.images, answer.content, answer.usage.output_tokens) == ([PNG.base64()], "hi", 4)
    assert (discussion.title, discussion.created_at.year) == ("Old", 2023)


def test_calls_of_tools_and_documents_come_out_of_an_open_webui_text() -> None:
    export = open_webui()
    messages = export["chat"]["history"]["messages"]
    messages["u1"]["files"] = [
        {"type": "file", "id": "f", "file": {"id": "f", "filename": "a.pdf", "data": {"content": "What it says."}}}
    ]
    messages["a1"]["content"] = (
        "I look.\n"
        '<details type="tool_calls" done="true" id="c9" name="search" '
        'arguments="&quot;{\\&quot;q\\&quot;: \\&quot;cats\\&quot;}&quot;" '
        'result="&quot;two cats&quot;" files="">\n'
        "<summary>Tool Executed</summary>\n</details>\nThere are two."
    )
    discussion = LollmsDiscussion.from_export("open_webui", export)
    question, asked, answered, last = discussion.get_messages()
    assert question.parts[1] == FilePart(media=Media(b"What it says.", "text/plain"), name="a.pdf")
    assert asked.tool_calls == (ToolCallPart(id="c9", name="search", arguments={"q": "cats"}),)
    assert answered.parts == (ToolResultPart(call_id="c9", name="search", content="two cats"),)
    assert (last.id, last.content, last.usage.output_tokens) == ("a1", "There are two.", 7)
    assert [turn.role for turn in discussion.to_messages()] == ["system", "user", "assistant", "tool", "assistant"]


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
