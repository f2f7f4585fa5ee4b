"""The process that calls a binding with its real service and hands over what was said, without secrets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lollms_client import errors
from lollms_client.client import LollmsClient
from lollms_client.manifest import Manifest
from lollms_client.registry import Registry
from lollms_client.secret import redact
from lollms_client.settings import resolve_settings
from lollms_client.testing import signatures
from lollms_client.testing.cases import Case
from lollms_client.testing.cases_media import is_media
from lollms_client.testing.cases_reading import read_cases
from lollms_client.testing.cases_values import Filling
from lollms_client.testing.recording_calls import RecordedCall, calls_to_record
from lollms_client.testing.recording_exchanges import Given, Writer
from lollms_client.testing.recording_proxy import Forwarder
from lollms_client.testing.recording_results import stated_end
from lollms_client.testing.recording_settings import UserSettings
from lollms_client.testing.server import LoopbackServer, serving
from lollms_client.testing.wire_playing import Prepared, ended_blocking
from lollms_client.testing.wire_seam import led_to
from lollms_client.testing.wire_settings import is_address, led_addresses


class Recording(msgspec.Struct, kw_only=True):
    """What the process hands over."""

    problem: str = ""
    host: str = ""
    settings: dict[str, Any] = {}
    cases: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    failures: list[str] = []  # calls that did not end well
    remaining: list[str] = []  # secrets that could not be taken out: nothing may be written


class _Recorder:
    """Records one binding's calls with the user's own settings."""

    def __init__(self, folder: Path, binding_type: str, manifest: Manifest, flows: bool, given: dict[str, Any]) -> None:
        self.binding_type = binding_type
        self.folder = folder
        self.manifest = manifest
        self.flows = flows
        self.given = given
        self.user = UserSettings(manifest, resolve_settings(manifest, given))
        self.origin = self._origin()
        self.recording = Recording(host=urlsplit(self.origin).netloc.rpartition("@")[2], settings=self.user.shown())

    def _origin(self) -> str:
        """Where the service is. Raises BadSetting for a class whose address cannot be told."""
        with LollmsClient(**self._client({})) as client:
            base = getattr(client.binding(self.binding_type), "base_url", None)
        addresses = [value for name, value in self.user.plain.items() if is_address(name) and isinstance(value, str)]
        found = next((text for text in (base, *addresses) if isinstance(text, str) and text), "")
        if not found:
            raise errors.BadSetting(
                f"no setting of {self.manifest.name} says where its service is, so nothing can stand between them; "
                "give the class a setting such as host_address", setting="host_address",
            )  # fmt: skip
        parts = urlsplit(found if "://" in found else f"http://{found}")
        return f"{parts.scheme}://{parts.netloc}"

    def _client(self, more: dict[str, Any]) -> dict[str, Any]:
        kind = self.binding_type
        return {
            f"{kind}_binding_name": self.manifest.name, f"{kind}_binding_config": {**self.given, **more},
            "bindings_dir": self.folder, "config": {},
        }  # fmt: skip

    def record(self, call: RecordedCall) -> None:
        """Make one call and write down what was said; one that fails is told of instead."""
        given, service = Given(), Forwarder(self.origin, self.user.plain)
        with serving(service.serve) as server, led_to(server.url, at_once=False):
            filling = Filling(call.variables, {"server": self.origin}, self.user.plain, folder=call.folder)
            arguments = _filled(call.arguments, filling, given, as_path=call.call == "transcribe_audio")
            case = Case(name=call.name, call=call.call)
            client = self._client(self._leading(server))
            end = ended_blocking(Prepared(case, client, arguments, self.binding_type))
        if end.error is not None or end.foreign:
            words = str(end.error.get("message")) if end.error else end.foreign
            self.recording.failures.append(redact("; ".join([f"{call.name}: {words}", *service.problems])))
            return
        prefix = "".join(letter if letter.isalnum() else "_" for letter in call.name.lower())
        writer = Writer(self.user.secrets, self.origin, given, prefix, self.user.own_headers)
        written: dict[str, Any] = {"name": call.name, "call": call.call}
        if call.arguments:
            written["with"] = call.arguments
        if call.variables:
            written["variables"] = dict(call.variables)
        written["exchanges"] = [writer.exchange(captured) for captured in service.captured]
        written.update(_escaped(stated_end(end), self.user))
        self.recording.cases.append(written)
        files = {str(stated["file"]): bytes(made) for stated, _, made in given.known if "file" in stated}
        self.recording.files.update({**files, **writer.files})

    def _leading(self, server: LoopbackServer) -> dict[str, Any]:
        return {} if self.flows else dict(led_addresses(self.manifest, self.user.plain, server))


def _escaped(stated: dict[str, Any], user: UserSettings) -> dict[str, Any]:
    """The stated end without secrets; `${any}` stays what it is."""
    found: dict[str, Any] = user.secrets.taken_out_of(stated)
    if stated.get("result") == "${any}":
        found["result"] = "${any}"
    return found


def _filled(value: Any, filling: Filling, given: Given, *, as_path: bool) -> Any:
    """The arguments of a call, with its media made and remembered."""
    if isinstance(value, dict):
        if is_media(value) or set(value) == {"file"}:
            media = given.add(value, filling.media(value))
            return str(media.save(Path.cwd() / "given")) if as_path else media
        return {name: _filled(item, filling, given, as_path=as_path) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, filling, given, as_path=as_path) for item in value]
    return filling.fill(value)


def main(report: Path, folder: Path, name: str, binding_type: str) -> int:
    """Record a binding and write the outcome as JSON; the settings come as JSON on the standard input."""
    given = msgspec.json.decode(sys.stdin.buffer.read() or b"{}", type=dict[str, Any])
    recording = Recording()
    try:
        recording = _recorded(folder, name, binding_type, given)
    except errors.LollmsError as error:
        recording.problem = redact(str(error))
    report.write_bytes(msgspec.json.encode(recording))
    return 0


def _recorded(folder: Path, name: str, binding_type: str, given: dict[str, Any]) -> Recording:
    registry = Registry(bindings_dirs=(folder,))
    manifest = registry.find(name, binding_type).manifest
    if manifest is None:
        raise errors.BadManifest(f"{name} has no usable manifest")
    kind = registry.load(name, binding_type)
    recorder = _Recorder(folder, binding_type, manifest, bool(getattr(kind, "speaks_flows", False)), given)
    methods = signatures.own_methods(kind, binding_type)
    for call in calls_to_record(
        binding_type, manifest, methods, read_cases(folder, binding_type, manifest.capabilities)
    ):
        recorder.record(call)
    recording = recorder.recording
    recording.remaining = recorder.user.remaining(
        {"the cases": msgspec.json.encode([recording.settings, recording.cases]), **recording.files}, recording.cases
    )
    if recording.remaining:
        recording.cases, recording.files, recording.settings = [], {}, {}
    return recording


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
