"""What Replicate's bindings share: models and their schemas, files, predictions as jobs, outputs.

Wire: https://replicate.com/docs/reference/http, November 2026, and the official Python SDK 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import msgspec

from lollms_client import errors
from lollms_client.families.http import Headers, HttpBinding
from lollms_client.families.jobs import JobBinding
from lollms_client.families.multipart import FormFile
from lollms_client.families.replicate.inputs import Inputs
from lollms_client.types.accounting import CallWarning, Progress
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.job import JobHandle, JobState, JobStatus
from lollms_client.types.media import Media

_STATES: dict[str, JobState] = {
    "queued": "queued",
    "starting": "queued",
    "processing": "running",
    "succeeded": "done",
    "successful": "done",
    "failed": "failed",
    "canceled": "cancelled",
    "aborted": "cancelled",
}
_LARGEST_DATA_URL = 256 * 1024  # bytes
_PERCENT = re.compile(r"(\d{1,3})%\s*\|")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//|data:", re.IGNORECASE)
_SEED = re.compile(r"seed:?\s+(\d+)", re.IGNORECASE)
_WITHHELD = ("nsfw", "flagged as sensitive", "content policy", "safety", "sensitive content", "(e005)")


class ModelPlace(NamedTuple):
    """Where predictions of a model are made, and what it takes."""

    path: str
    version: str | None
    schema: Mapping[str, Any] | None
    spare_version: str | None = None  # to fall back on where `path` does not exist


class ReplicateBinding(JobBinding, HttpBinding):
    """Base of the bindings of all modalities: each fills the inputs, and reads the output."""

    default_address: ClassVar[str] = "https://api.replicate.com/v1"
    collection: ClassVar[str] = ""

    def auth_headers(self) -> Headers:
        """The key as a bearer; nothing is offered without one."""
        return {"Authorization": self.required_key().derive("Bearer {}")}

    def fill(self, request: Any, inputs: Inputs) -> None:
        """Put the request's fields into the model's inputs."""
        raise NotImplementedError(f"{type(self).__name__} has no fill()")

    # --- the job ---

    async def submit(self, request: Any) -> JobHandle:
        """Create the prediction, with the inputs that the model's schema offers."""
        model = str(request.model or self.settings.get("model_name"))
        place = await self._place(model)
        inputs = Inputs(place.schema)
        self.fill(request, inputs)
        given = {**inputs.values, **(self.parameter(request, "input") or {})}
        body = {"input": {name: await self._sendable(value) for name, value in given.items()}}
        row = await self._create(place, {**body, **(self.settings.get("extra_body") or {})})
        if not isinstance(row, Mapping) or not row.get("id"):
            raise errors.BadReply("the service's reply names no prediction")
        warnings = [msgspec.to_builtins(warning) for warning in inputs.warnings]
        return self.handle(request, str(row["id"]), model=model, warnings=warnings, seed=getattr(request, "seed", None))

    async def _create(self, place: ModelPlace, body: dict[str, Any]) -> Any:
        body = {"version": place.version, **body} if place.version else body
        try:
            return await self.post(place.path, body)
        except errors.NotFound:
            if place.spare_version is None:
                raise
        return await self.post("predictions", {"version": place.spare_version, **body})

    async def check(self, handle: JobHandle) -> JobStatus:
        """How the prediction stands, with the progress that its log tells."""
        row = await self.row(handle)
        state = _STATES.get(str(row.get("status")), "running")
        percents = _PERCENT.findall(str(row.get("logs") or ""))
        fraction = min(1.0, int(percents[-1]) / 100) if percents else None
        progress = Progress(fraction=fraction, stage=str(row.get("status") or ""))
        if state != "failed":
            return JobStatus(state=state, progress=progress)
        reason = str(row.get("error") or "the model gave no reason")
        kind = errors.ContentFiltered if any(word in reason.lower() for word in _WITHHELD) else errors.JobFailed
        return JobStatus(
            state=state, progress=progress, error=kind(f"the model failed: {reason}", job=handle.id).as_dict()
        )

    async def cancel_job(self, handle: JobHandle) -> None:
        """Stop the prediction."""
        await self.send(self.request("POST", f"predictions/{handle.id}/cancel"))

    async def row(self, handle: JobHandle) -> Mapping[str, Any]:
        """The prediction. Raises JobExpired where the service has removed it or its output."""
        try:
            row = await self.get(f"predictions/{handle.id}")
        except errors.NotFound as error:
            raise errors.JobExpired(f"the service no longer knows the prediction {handle.id}", job=handle.id) from error
        if not isinstance(row, Mapping):
            raise errors.BadReply("the service's reply is no prediction")
        if row.get("data_removed"):
            raise errors.JobExpired(f"the service has removed the output of {handle.id}", job=handle.id)
        return row

    async def media_of(self, handle: JobHandle) -> tuple[list[Media], Mapping[str, Any]]:
        """All files of the output, downloaded, and the prediction. Raises BadReply where there are none."""
        row = await self.row(handle)
        found = [await self.download(address) for address in _addresses(row.get("output"))]
        if not found:
            raise errors.BadReply(f"the prediction {handle.id} holds no file; is {handle.state.get('model')} right?")
        return found, row

    def facts(self, handle: JobHandle, row: Mapping[str, Any]) -> dict[str, Any]:
        """What every result tells: the model, the prediction's name, warnings, and how long it computed."""
        metrics = row.get("metrics") or {}
        extra = {"predict_time": metrics["predict_time"]} if metrics.get("predict_time") is not None else {}
        return {
            "model": handle.state.get("model"),
            "id": handle.id,
            "warnings": tuple(msgspec.convert(item, CallWarning) for item in handle.state.get("warnings", ())),
            "extra": {**extra, **({"version": row["version"]} if row.get("version") else {})},
        }

    def seed_of(self, handle: JobHandle, row: Mapping[str, Any]) -> int | None:
        """The seed that was asked for, else the one that the log tells."""
        asked = handle.state.get("seed")
        told = _SEED.search(str(row.get("logs") or ""))
        return asked if isinstance(asked, int) else int(told[1]) if told else None

    # --- models and files ---

    async def _place(self, model: str) -> ModelPlace:
        """Where to send predictions of `owner/name`, `owner/name:version`, a version, or `deployments/owner/name`."""
        name, _, version = model.partition(":")
        parts = [part for part in name.split("/") if part]
        if len(parts) == 3 and parts[0] == "deployments":
            path = "/".join(parts)
            release = (await self.get(path)).get("current_release") or {}
            schema = await self._schema(str(release.get("model")), str(release.get("version")))
            return ModelPlace(f"{path}/predictions", None, schema)
        if len(parts) == 1 and not version:
            return ModelPlace("predictions", parts[0], None)
        if len(parts) != 2:
            raise errors.BadSetting(
                "a model on Replicate is named owner/name or owner/name:version", setting="model_name"
            )
        if version:
            return ModelPlace("predictions", version, await self._schema(name, version))
        row = await self.get(f"models/{name}")
        latest = row.get("latest_version") or {}
        schema, identity = latest.get("openapi_schema"), latest.get("id")
        if row.get("is_official") is False and identity:
            return ModelPlace("predictions", identity, schema)
        return ModelPlace(f"models/{name}/predictions", None, schema, identity)

    async def _schema(self, name: str, version: str) -> Mapping[str, Any] | None:
        row = await self.get(f"models/{name}/versions/{version}")
        schema = row.get("openapi_schema") if isinstance(row, Mapping) else None
        return schema if isinstance(schema, Mapping) else None

    async def _sendable(self, value: Any) -> Any:
        """An input as JSON: small files as data URLs, larger ones uploaded."""
        if isinstance(value, (list, tuple)):
            return [await self._sendable(item) for item in value]
        if not isinstance(value, (bytes, bytearray)):
            return value
        media = Media.of(value)
        if len(media) <= _LARGEST_DATA_URL:
            return media.data_url()
        row = await self.upload("files", {}, [FormFile("content", media)])
        address = (row.get("urls") or {}).get("get") if isinstance(row, Mapping) else None
        if not address:
            raise errors.BadReply("the service's reply to an upload gives no address")
        return address

    async def models_flow(self) -> list[ModelInfo]:
        """The models of the service's collection for this modality; any other public model works too."""
        reply = await self.get(f"collections/{self.collection}")
        rows = reply.get("models") if isinstance(reply, Mapping) else None
        if not isinstance(rows, list):
            raise errors.BadReply("the service's collection has another shape than documented")
        return [
            ModelInfo(
                name=f"{row['owner']}/{row['name']}",
                title=row["name"],
                description=row.get("description") or "",
                owner=str(row["owner"]),
                extra={"runs": row["run_count"]} if row.get("run_count") else {},
            )
            for row in rows
            if isinstance(row, Mapping) and all(row.get(key) and isinstance(row[key], str) for key in ("owner", "name"))
        ]

    def reply_error(self, value: Any) -> Any:
        """A prediction that carries the reason of its failure is no failed exchange."""
        if isinstance(value, Mapping) and value.get("id") and value.get("status"):
            return None
        return super().reply_error(value)


def _addresses(output: Any) -> Iterator[str]:
    """The addresses of files anywhere in an output."""
    if isinstance(output, str):
        if _ADDRESS.match(output):  # whatever its scheme: what must not be fetched is refused there
            yield output
    elif isinstance(output, Mapping):
        for value in output.values():
            yield from _addresses(value)
    elif isinstance(output, list):
        for value in output:
            yield from _addresses(value)
