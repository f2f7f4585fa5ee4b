"""Code out of models, blocks out of texts."""

from __future__ import annotations

import json

import pytest

from lollms_client import LollmsClient, errors
from tests.compatibility.application.conftest import Service

TWO_BLOCKS = """Here:
```python:app.py
print("a")
```
And `style.css`:
```css
a { color: red }
```
"""


def test_one_piece_of_code(client: LollmsClient, service: Service) -> None:
    service.answers = ["Sure:\n```python\nprint(1)\n```\nDone."]
    assert client.generate_code("Print one.", template="print()") == "print(1)"
    asked = json.dumps(service.asked[0]["messages"])
    assert "python" in asked
    assert "print()" in asked


def test_code_without_a_fence_is_taken_as_it_is(client: LollmsClient, service: Service) -> None:
    service.answers = ["<think>easy</think>print(1)", "   "]
    assert client.generate_code("Print one.") == "print(1)"
    with pytest.raises(errors.BadReply, match="without any code"):
        client.generate_code("Print one.")


def test_the_wanted_language_is_chosen(client: LollmsClient, service: Service) -> None:
    service.answers = ["```bash\npip install x\n```\n```rust\nfn main() {}\n```"]
    assert client.generate_code("Do.", language="rust") == "fn main() {}"


def test_code_that_was_cut_off_is_continued(client: LollmsClient, service: Service) -> None:
    service.answers = [
        {"content": "```python\na = 1\nb = ", "finish": "length"},
        {"content": "```python\n2\nc =", "finish": "length"},
        " 3\n```",
    ]
    assert client.generate_code("Count.") == "a = 1\nb = 2\nc = 3"
    assert [message["role"] for message in service.asked[1]["messages"]][-2:] == ["assistant", "user"]


def test_several_files(client: LollmsClient, service: Service) -> None:
    service.answers = [TWO_BLOCKS]
    files = client.generate_codes("A page.")
    assert [(file["file_name"], file["language"], file["content"], file["is_complete"]) for file in files] == [
        ("app.py", "python", 'print("a")', True),
        ("style.css", "css", "a { color: red }", True),
    ]
    service.answers = ["no code"]
    with pytest.raises(errors.BadReply):
        client.generate_codes("A page.")


def test_code_is_changed_by_edits_that_are_checked(client: LollmsClient, service: Service) -> None:
    wrong = {"edits": [{"search": "x = 1", "replace": "x = 2"}]}
    right = {"edits": [{"search": "a = 1", "replace": "a = 2"}]}
    service.answers = [json.dumps(wrong), json.dumps(right)]
    found = client.update_code("a = 1\nb = 3\n", "Make a two.")
    assert (found["success"], found["updated_code"], found["error"]) == (True, "a = 2\nb = 3\n", None)
    assert "-a = 1\n+a = 2" in found["patch"]
    assert "is not in the code" in service.asked[1]["messages"][-1]["content"]


def test_a_passage_that_is_found_twice_is_not_changed(client: LollmsClient, service: Service) -> None:
    service.answers = [json.dumps({"edits": [{"search": "a", "replace": "b"}]})] * 2
    found = client.update_code("a = a\n", "Rename.", max_retries=1)
    assert found["success"] is False
    assert "2 times" in found["error"]
    assert found["updated_code"] is None
    assert client.update_code("  ", "Rename.")["success"] is False


def test_answers_between_tags(client: LollmsClient, service: Service) -> None:
    service.answers = [
        "Well: <title>\nA day\n</title>",
        "nothing",
        'x <tag name="a.md">1</tag><tag name="b.md">2',
        "no",
    ]
    assert client.generate_with_tag("Name it.", "title") == "A day"
    with pytest.raises(errors.BadReply, match="<title>"):
        client.generate_with_tag("Name it.", "title")
    assert client.generate_with_tags("Write.") == {"a.md": "1", "b.md": "2"}
    with pytest.raises(errors.BadReply):
        client.generate_with_tags("Write.")
    with pytest.raises(errors.BadSetting, match="single word"):
        client.generate_with_tag("Name it.", "a b")


# --- blocks ----------------------------------------------------------------------------------------------------------


def test_markdown_blocks(client: LollmsClient) -> None:
    blocks = client.extract_code_blocks(TWO_BLOCKS + "````md\n```py\nx\n```\n````\n~~~\nplain\n~~~\n```js\nopen")
    assert [(block["index"], block["type"], block["content"], block["is_complete"]) for block in blocks] == [
        (0, "python", 'print("a")', True),
        (1, "css", "a { color: red }", True),
        (2, "md", "```py\nx\n```", True),
        (3, "language-specific", "plain", True),
        (4, "js", "open", False),
    ]
    assert [block["file_name"] for block in blocks[:2]] == ["app.py", "style.css"]


def test_html_blocks(client: LollmsClient) -> None:
    blocks = client.extract_code_blocks('<code class="language-py">\na\n</code><code>b', "html")
    assert [(block["type"], block["content"], block["is_complete"]) for block in blocks] == [
        ("py", "a", True),
        ("language-specific", "b", False),
    ]
    with pytest.raises(errors.BadSetting, match="pdf"):
        client.extract_code_blocks("x", "pdf")


def test_thoughts(client: LollmsClient) -> None:
    text = "<think>one</think>Answer<thinking>\ntwo</thinking>."
    assert client.extract_thinking_blocks(text) == ["one", "two"]
    assert client.remove_thinking_blocks(text) == "Answer."
    assert client.remove_thinking_blocks("never closed <think>x") == "never closed"
    assert client.remove_thinking_blocks("plain  ") == "plain"
