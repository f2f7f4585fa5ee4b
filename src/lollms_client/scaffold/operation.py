"""What a service wants and gives, as far as a binding's code, manifest and wire cases follow from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Place = Literal["body", "query", "path", "header"]

# what a call says itself, what a setting says, and what is made of something else
_SAID = (
    "messages", "prompt", "text", "audio", "images", "mask", "image", "last_image", "model", "voice", "size", "stop",
    "milliseconds", "system",
)  # fmt: skip


class Field(NamedTuple):
    """One field of a request. `ours` is the typed request's field that it takes, "" for a parameter of the binding."""

    name: str  # on the wire
    ours: str = ""
    schema: Mapping[str, Any] = {}
    required: bool = False
    constant: Any = None  # always sent, where it is not None
    place: Place = "body"
    parameter: str = ""  # the parameter's name, where the field's own is taken

    @property
    def has_default(self) -> bool:
        """Whether it is one of our fields that the service insists on and callers may leave out."""
        return self.required and bool(self.ours) and self.ours not in _SAID

    @property
    def keyword(self) -> str:
        """The name of the parameter."""
        plain = re.sub("[^0-9a-z]+", "_", self.name.lower()).strip("_")
        own = plain if plain[:1].isalpha() else f"field_{plain}".rstrip("_")
        return self.ours or self.parameter or own


class Reply(NamedTuple):
    """What comes back: media as they are, or in JSON a text, base64 or an address under `path`."""

    kind: Literal["media", "text", "base64", "url"] = "media"
    path: str = ""
    guessed: bool = False  # the document does not say


class Job(NamedTuple):
    """How a job is looked at, and stopped; `{id}` stands for its name in the paths. `check` may have a query."""

    id_path: str = "id"
    check: str = "jobs/{id}"
    state_path: str = "status"
    progress_path: str = "progress"
    cancel: str = "jobs/{id}"  # "" where it cannot be stopped
    cancel_verb: str = "DELETE"
    states: Mapping[str, str] = {"queued": "queued", "running": "running", "done": "done", "failed": "failed"}
    guessed: tuple[str, ...] = ()  # what the document does not say


class Operation(NamedTuple):
    """One route of a service."""

    path: str
    fields: tuple[Field, ...]
    reply: Reply
    encoding: Literal["json", "form", "raw"] = "json"
    verb: str = "POST"
    address: str = ""
    description: str = ""
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    key_query: str = ""  # the key travels in the address, under this name
    job: Job | None = None
    guessed: tuple[str, ...] = ()  # what the document does not say
    left: tuple[str, ...] = ()  # fields of the document that are not sent

    def of(self, place: Place) -> list[Field]:
        """The fields of one place."""
        return [field for field in self.fields if field.place == place]

    @property
    def ours(self) -> list[str]:
        """The fields of the typed request that are sent."""
        found = ["seconds" if f.ours == "milliseconds" else f.ours for f in self.fields if f.ours not in ("", "system")]
        sizes = ["width", "height"] if "size" in found else []
        return [*dict.fromkeys([name for name in found if name != "size"] + sizes)]

    @property
    def has_system(self) -> bool:
        """Whether instructions have a field of their own, beside the messages."""
        return any(field.ours == "system" for field in self.fields)

    @property
    def guesses(self) -> list[str]:
        """What the document does not say and only the author knows."""
        said = ["where the result stands in the reply"] if self.reply.guessed else []
        return [*self.guessed, *said, *(self.job.guessed if self.job else ())]

    @property
    def edits(self) -> bool:
        """Whether an image is wanted to begin with."""
        return any(field.ours == "images" and field.required for field in self.fields)
