"""What the tests of native services share: bindings by name, canned streams, the vendors' documents, captured SDKs."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

import lollms_client
from lollms_client import errors
from lollms_client.binding import Construction, constructing
from lollms_client.drivers.scripted import Answer, CannedReply, ScriptedDriver
from lollms_client.flow import HttpRequest
from lollms_client.manifest import load_manifest
from lollms_client.settings import resolve_settings
from lollms_client.types.chat import ChatAccumulator, ChatRequest, ChatResult, StreamPart
from tests.loopback import Line, Received, loopback

KEY = "canary-key-8d41c7e2"
SPECS = Path(__file__).parents[3] / "shared" / "specs"


def native(binding_type: str, name: str, **settings: Any) -> Any:
    """The binding of that name, set up as the registry does, with a canary as its key."""
    package = f"lollms_client.{binding_type}_bindings.{name}"
    manifest = load_manifest(Path(lollms_client.__file__).parent / f"{binding_type}_bindings" / name)
    assert manifest.warnings == ()
    given = {"service_key": KEY, "proxy": "", **settings}
    known = {parameter.name for parameter in manifest.input_parameters}
    given = {key: value for key, value in given.items() if key in known and value is not None}
    module = importlib.import_module(package)
    kind: Any = getattr(module, module.BindingName)
    resolved = resolve_settings(manifest, given, environment={}, saved={}, keyring=False)
    with constructing(Construction(name, manifest, resolved)):
        return kind()


def stream(binding: Any, request: ChatRequest, driver: ScriptedDriver) -> list[StreamPart]:
    """All parts of a streamed answer."""
    return [part for parts in driver.iterate(binding.chat_flow(request)) for part in parts]


def answer(binding: Any, request: ChatRequest, *answers: Answer) -> tuple[ChatResult, ScriptedDriver]:
    """The whole answer and the driver that saw the requests."""
    driver = ScriptedDriver(answers)
    result: ChatResult = driver.run(binding.chat_result_flow(request))
    driver.finish()
    return result, driver


def folded(parts: Iterable[StreamPart]) -> ChatResult:
    """The result that the parts fold into."""
    accumulator = ChatAccumulator()
    accumulator.add_all(parts)
    return accumulator.result()


def failure(run: Callable[[], object]) -> errors.LollmsError:
    """The error that a call ends with; the canary key stands nowhere in it."""
    with pytest.raises(errors.LollmsError) as caught:
        run()
    error = caught.value
    assert KEY not in repr(error) + str(error) + json.dumps(error.as_dict(), default=str)
    return error


def body_of(request: HttpRequest) -> Any:
    """The JSON body of a request."""
    return json.loads(request.body or b"null")


def events(*values: Any, named: bool = True) -> bytes:
    """A stream of server-sent events."""
    lines = [
        (f"event: {value['type']}\n" if named else "") + f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
        for value in values
    ]
    return "".join(lines).encode()


def event_stream(data: bytes, size: int | None = None, headers: Mapping[str, str] | None = None) -> CannedReply:
    """The reply that carries a stream, in pieces of `size` bytes."""
    pieces = (data,) if size is None else tuple(data[at : at + size] for at in range(0, len(data), size))
    return CannedReply(headers={"Content-Type": "text/event-stream", **(headers or {})}, chunks=pieces)


@functools.cache
def document(name: str) -> Any:
    """A vendor's API document; the test is skipped where it is not at hand."""
    path = SPECS / name
    if not path.is_file():
        pytest.skip(f"lay the vendor's document {name} into ../shared/specs to run this")
    if path.suffix == ".json":
        return json.loads(path.read_bytes())
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@functools.cache
def validator(name: str, schema: str) -> Draft202012Validator:
    """What checks a value against a component schema of an OpenAPI document."""
    resource: Any = DRAFT202012.create_resource(document(name))
    registry: Any = Registry().with_resource("urn:spec", resource)
    return Draft202012Validator({"$ref": f"urn:spec#/components/schemas/{schema}"}, registry=registry)


def check(name: str, schema: str, value: Any) -> None:
    """Fail with every point in which the value breaks the vendor's schema."""
    found = [
        f"{list(error.absolute_path)}: {error.message[:300]}" for error in validator(name, schema).iter_errors(value)
    ]
    assert not found, "\n".join(found)


def captured(reply: Callable[[Line, Received], object], use: Callable[[str], object]) -> list[Received]:
    """The requests that `use(address)` sends to a server answering with `reply`."""
    with loopback(reply) as server:
        use(server.url)
    return server.requests
