"""What the sync and async `client.jobs` share: from a method's name to a binding and its request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lollms_client import errors
from lollms_client.types.job import JobHandle

if TYPE_CHECKING:
    from lollms_client.client_core import ClientCore

Client = TypeVar("Client", bound="ClientCore")

_METHODS = {
    "image": "tti",
    "edit_image": "tti",
    "transcription": "stt",
    "speech": "tts",
    "video": "ttv",
    "music": "ttm",
}


class JobRequests(Generic[Client]):
    """Holds the client whose jobs these are."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def request(self, method: str, content: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, Any]:
        """The binding and the typed request for a method's arguments."""
        from lollms_client.client_core import job_capable

        if method not in _METHODS:
            raise errors.BadSetting(
                f"no job is called {method!r}; choose one of {', '.join(_METHODS)}", setting="method"
            )
        binding = job_capable(self.client.binding(_METHODS[method]))
        try:
            return binding, _request(binding, method, content, options)
        except TypeError as error:
            raise errors.BadSetting(f"{method}: {error}", setting="method") from error

    def handle(self, handle: JobHandle | str | dict[str, Any]) -> JobHandle:
        """A handle, also out of its JSON."""
        return handle if isinstance(handle, JobHandle) else JobHandle.from_json(handle)


def _request(binding: Any, method: str, content: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if method == "image":
        return binding.image_request("generate_image", _named(("prompt",), content, options))
    if method == "edit_image":
        return binding.image_request("edit_image", _named(("images", "prompt", "mask"), content, options))
    first = {"transcription": "audio", "speech": "text"}.get(method, "prompt")
    given = _named((first,), content, options)
    return getattr(binding, f"{method}_request")(given.pop(first), given)


def _named(names: tuple[str, ...], content: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    if len(content) > len(names):
        raise TypeError(f"takes at most {len(names)} plain arguments: {', '.join(names)}")
    given = {**dict(zip(names, content, strict=False)), **options}
    if names[0] not in given:
        raise TypeError(f"needs {names[0]}")
    return given
