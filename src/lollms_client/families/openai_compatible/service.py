"""What every binding on OpenAI's wire shares, whatever its modality: address, key, paths, quirks, list of models."""

from __future__ import annotations

import functools
import string
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lollms_client import errors
from lollms_client.families.exchange import origin
from lollms_client.families.http import Headers, HttpBinding, Query
from lollms_client.families.openai_compatible.facts import ModelFacts, facts_of
from lollms_client.families.openai_compatible.quirks import PATHS, Quirks, quirks_of
from lollms_client.secret import Secret
from lollms_client.types.catalogue import ModelInfo


class OpenAICompatible(HttpBinding):
    """A service on OpenAI's wire, described by its manifest. Put it before the modality's base class.

    Four hooks say what data cannot: `auth_headers`, `adapt_request`, `adapt_reply`, `reply_error`.
    """

    # --- hooks ---

    def adapt_request(self, route: str, body: dict[str, Any], request: Any) -> dict[str, Any]:
        """The body as it is sent on that route (`chat`, `images`, …)."""
        return body

    def adapt_reply(self, route: str, reply: Any) -> Any:
        """The decoded reply, or one decoded event of a stream, in OpenAI's shape."""
        return reply

    def auth_headers(self) -> Headers:
        """The key in the header that the quirk `auth` names. Raises MissingKey where the service needs one."""
        auth = self.quirks.auth
        found = self.required_key() if auth.required else self.key()
        return {auth.header: found.derive(f"{auth.prefix}{{}}")} if found else {}

    def reply_error(self, value: Any) -> Any:
        """The error hidden in a decoded reply: under `error`, or as a status beside an empty answer."""
        if isinstance(value, dict) and isinstance(value.get("base_resp"), dict) and not value.get("choices"):
            status = value["base_resp"]
            if status.get("status_code"):
                return {"error": {"message": status.get("status_msg"), "code": status["status_code"]}}
        return super().reply_error(value)

    # --- what the manifest says ---

    @functools.cached_property
    def quirks(self) -> Quirks:
        """The service's quirks."""
        if self.manifest is None:
            return Quirks()
        return quirks_of(self.manifest.service, str(self.manifest.path or self.manifest.name))

    @property
    def base_url(self) -> str:
        """The setting host_address without a slash at its end, with {names} of other settings filled in."""
        return self.filled(super().base_url)

    def filled(self, template: str, **values: str) -> str:
        """A template with {names} of settings (or of `values`) filled in. Raises BadSetting for one that is not set."""
        if "{" not in template:
            return template
        known: dict[str, str] = {}
        for _, name, _, _ in string.Formatter().parse(template):
            if name:
                value = values.get(name) or self.settings.get(name)
                if value in (None, "") or isinstance(value, Secret):
                    raise errors.BadSetting(
                        f"{self.binding_name} needs the setting {name}: it is part of the address", setting=name
                    )
                known[name] = str(value)
        return template.format(**known)

    def path(self, route: str, model: str = "") -> str:
        """The path (or the whole address) of a route such as `chat`, `embeddings`, `images`, `speech`, `videos`.

        The key `chat?name` of the quirk `paths` counts where the setting of that name is given.
        """
        paths = self.quirks.paths
        template = paths.get(route, PATHS.get(route, route))
        for key, conditional in paths.items():
            name, _, setting = key.partition("?")
            if name == route and setting and self.settings.get(setting):
                template = conditional
        path = self.filled(template, model=quote(model, safe=""))
        return self.at_host(path) if path.startswith("/") else path

    def at_host(self, path: str) -> str:
        """The address of a path that counts from the host, not from host_address."""
        scheme, _, rest = self.base_url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}{path}"

    def url(self, path: str, query: Query | None = None) -> str:
        """The full address, with the service's own query (such as a version) added."""
        own = {name: self.filled(value) for name, value in self.quirks.query.items()}
        at_service = "://" not in path or origin(path) == origin(self.base_url)
        return super().url(path, {**own, **(query or {})} if at_service else query)

    def model_of(self, request: Any, *, needed: bool = True) -> str:
        """The model of a request: its own, else the setting model_name. Raises BadSetting where neither says one."""
        found = request.model or self.settings.get("model_name") or ""
        if needed and not found:
            raise errors.BadSetting(
                f"{self.binding_name} needs a model: give model=… or the setting model_name", setting="model_name"
            )
        return str(found)

    def facts(self, model: str) -> ModelFacts | None:
        """What is known about that model's parameters."""
        return facts_of(model)

    def finished_body(self, route: str, body: dict[str, Any], request: Any) -> dict[str, Any]:
        """The body after the service's hook, with the user's `extra_body` merged into it last."""
        body = self.adapt_request(route, body, request)
        for extra in (self.settings.get("extra_body"), request.extra.get("extra_body")):
            if extra:
                body = {**body, **extra}
        return body

    # --- models ---

    async def models_flow(self) -> list[ModelInfo]:
        """The models that the service lists."""
        reply = self.adapt_reply("models", await self.get(self.path("models")))
        return [model_info(row) for row in _rows(reply) if model_name(row)]


def _rows(reply: Any) -> list[Mapping[str, Any]]:
    if isinstance(reply, Mapping):
        reply = next(
            (reply[name] for name in ("data", "models", "endpoints") if isinstance(reply.get(name), list)), None
        )
    if not isinstance(reply, list):
        raise errors.BadReply("the service's list of models has none of the known shapes")
    return [row for row in reply if isinstance(row, Mapping)]


def model_name(row: Mapping[str, Any]) -> str:
    """What `model=` takes, out of one row of a list of models."""
    told = (row.get(name) for name in ("id", "name", "model"))
    return next((value for value in told if isinstance(value, str) and value), "")


def model_info(row: Mapping[str, Any]) -> ModelInfo:
    """One row of a list of models; what is not said stays unknown, what we have no field for goes to `extra`."""
    known = {"id", "object", "name", "created", "owned_by", "description"}
    context = _first_number(row, "context_length", "context_window", "max_context_length", "max_model_len")
    output = _first_number(row, "max_completion_tokens", "max_output_tokens", "max_output_length")
    created = row.get("created")
    return ModelInfo(
        name=model_name(row),
        title=str(row["name"]) if row.get("id") and isinstance(row.get("name"), str) else "",
        description=row["description"] if isinstance(row.get("description"), str) else "",
        owner=row["owned_by"] if isinstance(row.get("owned_by"), str) else "",
        created=int(created) if isinstance(created, (int, float)) and not isinstance(created, bool) else None,
        context_tokens=context,
        output_tokens=output,
        capabilities=_capabilities(row.get("capabilities")),
        extra={name: value for name, value in row.items() if name not in known and value is not None},
    )


def _first_number(row: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None


def _capabilities(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(name for name, has in value.items() if has is True)
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return ()
