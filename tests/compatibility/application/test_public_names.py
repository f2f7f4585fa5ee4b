"""What the public client of four versions offers exists here under the same names, and takes the same arguments."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lollms_client
from lollms_client import AsyncLollmsClient, LollmsClient, LollmsDiscussion
from lollms_client.lollms_discussion import LollmsDataManager
from lollms_client.lollms_types import ELF_COMPLETION_FORMAT, MSG_TYPE
from tests.compatibility.wheels import VERSIONS, unpacked

# not the binding-related part: agents, retrieval, personalities, messengers, and the care for a graphics card
NOT_OURS = {
    "add_document_to_rag", "add_text_to_rag", "disable_fast_token_estimate", "enable_fast_token_estimate",
    "ensure_model_loaded", "ensure_tti", "ensure_ttm", "ensure_tts", "ensure_ttv", "find_available_vlm",
    "free_local_binding_resources", "generate_text_with_rag", "generate_with_mcp", "generate_with_mcp_rag",
    "get_or_generate_image_description", "get_rag_info", "get_tti_engine_status", "has_video_capability",
    "install_model", "listMountedPersonalities", "list_connection_channels", "mount_connection", "mount_rag",
    "mount_tools", "pull_model", "query_rag", "query_sparql", "save_config", "send_connection_message",
    "switch_connection", "switch_rag", "switch_tools", "update_connection_binding", "update_rag_binding",
}  # fmt: skip
# taken by type and not by place, because the versions disagree on the order
ANY_ORDER = {("generate_structured_content", "schema"), ("generate_structured_content", "images")}
TYPED = {"chat", "embed", "edit_image"}  # the client's own methods of that name


def _class(path: Path, name: str) -> ast.ClassDef:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name)


def _methods(kind: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    for node in kind.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def _arguments(node: ast.FunctionDef) -> list[str]:
    return [
        argument.arg for argument in [*node.args.args, *node.args.kwonlyargs] if argument.arg not in ("self", "cls")
    ]


@pytest.fixture(params=VERSIONS)
def package(request: pytest.FixtureRequest) -> Path:
    return unpacked(request.param)


def test_every_method_is_there(package: Path) -> None:
    client = LollmsClient()
    names = {node.name for node in _methods(_class(package / "lollms_core.py", "LollmsClient"))}
    assert len(names) > 30
    assert sorted(name for name in names - NOT_OURS if not hasattr(client, name)) == []
    assert sorted(name for name in names & NOT_OURS if hasattr(client, name)) == []
    asynchronous = AsyncLollmsClient()
    assert sorted(name for name in names - NOT_OURS if not hasattr(asynchronous, name)) == []


def test_every_method_takes_the_same_arguments(package: Path) -> None:
    client: Any = LollmsClient()
    wrong: list[str] = []
    for node in _methods(_class(package / "lollms_core.py", "LollmsClient")):
        if node.name in NOT_OURS | TYPED or any(isinstance(item, ast.Name) for item in node.decorator_list):
            continue
        ours = inspect.signature(getattr(client, node.name)).parameters
        takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in ours.values())
        places = [name for name, item in ours.items() if item.kind is item.POSITIONAL_OR_KEYWORD]
        for place, name in enumerate(_arguments(node)):
            if (node.name, name) in ANY_ORDER:
                continue
            if name in places and places.index(name) != place:
                wrong.append(f"{node.name}({name}) stands elsewhere")
            if name not in ours and not takes_any and place >= len(places):
                wrong.append(f"{node.name}({name}) is not taken")
    assert wrong == []


def test_the_constructor_takes_every_argument(package: Path) -> None:
    kind = _class(package / "lollms_core.py", "LollmsClient")
    constructor = next(node for node in kind.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    names = _arguments(constructor)
    assert "llm_binding_name" in names
    arguments: dict[str, Any] = dict.fromkeys(names)
    assert LollmsClient(**arguments).binding_name("llm") == "llama_cpp"


def test_every_event_has_the_same_number(package: Path) -> None:
    numbers = {
        target.id: node.value.value
        for node in _class(package / "lollms_types.py", "MSG_TYPE").body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert len(numbers) > 20
    assert {name: MSG_TYPE[name].value for name in numbers} == numbers
    forms = {
        target.id
        for node in _class(package / "lollms_types.py", "ELF_COMPLETION_FORMAT").body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert forms == {member.name for member in ELF_COMPLETION_FORMAT}


@pytest.mark.parametrize("kind", ["llm", "tti", "stt", "tts", "ttv", "ttm"])
def test_every_manager_is_there(package: Path, kind: str) -> None:
    name = f"Lollms{kind.upper()}BindingManager"
    ours = getattr(lollms_client, name)
    methods = list(_methods(_class(package / f"lollms_{kind}_binding.py", name)))
    assert "create_binding" in {node.name for node in methods}
    for node in methods:
        parameters = inspect.signature(getattr(ours, node.name)).parameters
        takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
        assert all(argument in parameters or takes_any for argument in _arguments(node)), node.name


def test_the_store_is_made_and_asked_the_same_way(package: Path) -> None:
    single = package / "lollms_discussion.py"
    path = single if single.exists() else package / "lollms_discussion" / "_db.py"
    kind = _class(path, "LollmsDataManager")
    for node in kind.body:
        if isinstance(node, ast.FunctionDef) and (node.name == "__init__" or node.name[0] != "_"):
            if node.name == "get_session":  # of tables that are others than ours
                continue
            assert hasattr(LollmsDataManager, node.name), node.name
            ours = inspect.signature(getattr(LollmsDataManager, node.name)).parameters
            takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in ours.values())
            assert all(name in ours or takes_any for name in _arguments(node)), node.name


def test_discussions_are_made_the_same_way(package: Path) -> None:
    single = package / "lollms_discussion.py"
    path = single if single.exists() else package / "lollms_discussion" / "_mixin_core.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for name in ("create_new", "from_messages"):
        node = next(function for function in functions if function.name == name)
        ours = inspect.signature(getattr(LollmsDiscussion, name)).parameters
        assert [argument for argument in _arguments(node) if argument not in ours] == [], name
