"""What is to be written for a new binding."""

from __future__ import annotations

import getpass
import keyword
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from lollms_client.errors import BadSetting
from lollms_client.manifest import BINDING_TYPES
from lollms_client.scaffold.defaults import usual_operation
from lollms_client.scaffold.modalities import MODALITIES, Modality
from lollms_client.scaffold.operation import Operation

KINDS = {
    "wire": "a service on OpenAI's wire: the code stays empty, the manifest says it all",
    "http": "a service with a wire of its own, on HttpBinding: errors, retries, cancelling and asyncio come with it",
    "job": "a service that works in jobs (submit, look, collect, cancel), on JobBinding and HttpBinding",
    "engine": "a library on this machine, on EngineBinding: loading, cancelling and asyncio come with it",
    "plain": "a class with the documented methods, for any library or service, as the guide shows",
}
OPEN = "CHANGE ME"  # in comments, wherever only the author knows; the rule M122 finds it


class Plan(NamedTuple):
    """What is known of the binding. What is empty gets something that works, marked as left to do."""

    binding_type: str
    name: str
    kind: str = "http"
    title: str = ""
    author: str = ""
    description: str = ""
    address: str = ""  # of the service, https://…
    variable: str = ""  # the environment variable of its key
    operation: Operation | None = None  # out of an OpenAPI document

    @property
    def modality(self) -> Modality:
        """The names of the modality."""
        return MODALITIES[self.binding_type]

    @property
    def route(self) -> Operation:
        """The service's route: the document's, else a usual one."""
        return self.operation or usual_operation(self.binding_type, self.kind)

    @property
    def method(self) -> str:
        """The documented method that the route serves."""
        return "edit_image" if self.binding_type == "tti" and self.route.edits else self.modality.method

    @property
    def capability(self) -> str:
        """What it can do."""
        return "edit" if self.method == "edit_image" else self.modality.capability

    @property
    def class_name(self) -> str:
        """AcmeSpeech for a tts binding called acme."""
        return "".join(word.capitalize() for word in self.name.split("_")) + self.modality.noun

    @property
    def words(self) -> str:
        """The title, or one made of the name."""
        return self.title or self.name.replace("_", " ").capitalize()

    @property
    def said(self) -> str:
        """The title as it may stand in a docstring."""
        return " ".join(self.words.split()).replace("\\", "\\\\").replace('"', "'")

    @property
    def base_address(self) -> str:
        """Where the service answers; an address that nobody has where none is known."""
        host = self.name.replace("_", "-")
        version = "" if self.operation else "/v1"
        return (self.address or self.route.address or f"https://api.{host}.example.com{version}").rstrip("/")

    @property
    def host(self) -> str:
        """The host of that address."""
        return urlsplit(self.base_address).hostname or ""

    @property
    def writer(self) -> str:
        """Who writes it: as told, else who is logged in."""
        if self.author:
            return self.author
        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):
            return "the author"

    @property
    def has_model_setting(self) -> bool:
        """Whether a setting names the model for calls that name none."""
        return self.kind in ("wire", "plain") or any(field.ours == "model" for field in self.route.fields)

    @property
    def is_service(self) -> bool:
        """Whether it reaches an address."""
        return self.kind != "engine"

    def check(self) -> None:
        """Raise BadSetting for an unknown modality or kind, or a name or address that is none."""
        if self.binding_type not in BINDING_TYPES:
            raise BadSetting(f"{self.binding_type!r} is no modality; use one of {', '.join(BINDING_TYPES)}")
        if self.kind not in KINDS:
            raise BadSetting(f"{self.kind!r} is no kind; use one of {', '.join(KINDS)}", setting="kind")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise BadSetting(f"{self.name!r} is no name; use lower-case letters, digits and _", setting="name")
        if keyword.iskeyword(self.name):
            raise BadSetting(f"{self.name!r} is a word of Python itself; choose another name", setting="name")
        if self.address and not re.fullmatch(r"https?://[^\s/]+\S*", self.address):
            raise BadSetting(f"{self.address!r} is no address; begin with https://", setting="address")
        if self.variable and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.variable):
            raise BadSetting(
                f"{self.variable!r} is no name of an environment variable, such as ACME_KEY", setting="env"
            )
        if self.operation is not None and self.kind not in ("http", "job"):
            raise BadSetting("an OpenAPI document fills the kinds http and job only", setting="kind")
