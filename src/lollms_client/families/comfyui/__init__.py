"""What ComfyUI's bindings share: files up, workflows queued, history polled, results down, interrupting, errors.

Wire: the routes of ComfyUI's server (https://docs.comfy.org/development/comfyui-server/comms_routes, November 2026).
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from lollms_client import errors
from lollms_client.families.comfyui.workflow import Workflow
from lollms_client.families.download import refuse_text
from lollms_client.families.http import HttpBinding, error_body
from lollms_client.families.jobs import JobBinding
from lollms_client.families.multipart import FormFile
from lollms_client.types.accounting import CallWarning, Progress
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.job import JobHandle, JobStatus
from lollms_client.types.media import Media

_LOADERS = (("CheckpointLoaderSimple", "ckpt_name"), ("UNETLoader", "unet_name"))


class ComfyBinding(JobBinding, HttpBinding):
    """Base of the bindings for images and films: each names a workflow and fills it."""

    default_address: ClassVar[str] = "http://127.0.0.1:8188"
    poll_longest = 5.0
    job_limit = 6 * 3600.0

    def workflow_of(self, request: Any) -> str:
        """The name of our own workflow that fits the request."""
        raise NotImplementedError(f"{type(self).__name__} has no workflow_of()")

    async def fill(self, request: Any, workflow: Workflow) -> dict[str, Any]:
        """Put the request into the workflow; gives what the job's handle is to remember."""
        raise NotImplementedError(f"{type(self).__name__} has no fill()")

    # --- the job ---

    async def submit(self, request: Any) -> JobHandle:
        """Queue the workflow."""
        name = self.parameter(request, "workflow") or self.settings.get("workflow") or self.workflow_of(request)
        extra = self.settings.get("workflow_inputs")
        workflow = Workflow(name, extra) if isinstance(name, Mapping) else Workflow.load(str(name), extra)
        state = await self.fill(request, workflow)
        workflow.put("model", request.model or self.settings.get("model_name"))
        await self._first_model(workflow)
        for place, value in (self.parameter(request, "inputs") or {}).items():
            workflow.set(workflow.place(place), await self.uploaded(value) if isinstance(value, bytes) else value)
        reply = await self.post("prompt", {"prompt": workflow.nodes, **(self.settings.get("extra_body") or {})})
        if not isinstance(reply, Mapping) or not reply.get("prompt_id"):
            raise errors.BadReply("ComfyUI's reply names no job")
        if reply.get("node_errors"):
            workflow.warn("other", "workflow", f"a part of it was left out: {_node_errors(reply['node_errors'])}")
        warnings = [msgspec.to_builtins(warning) for warning in workflow.warnings]
        return self.handle(request, str(reply["prompt_id"]), warnings=warnings, model=workflow.value("model"), **state)

    async def check(self, handle: JobHandle) -> JobStatus:
        """How the job stands. Raises JobExpired where the server no longer knows it."""
        row = await self._history(handle)
        if row is None:
            queue = await self.get("queue")
            waiting = _jobs(queue, "queue_pending")
            if handle.id in waiting:
                return JobStatus(state="queued", progress=Progress(stage="queued", detail=_place(waiting, handle.id)))
            if handle.id in _jobs(queue, "queue_running"):
                return JobStatus(state="running", progress=Progress(stage="running"))
            row = await self._history(handle)  # it may have ended between the two looks
        if row is None:
            raise errors.JobExpired(f"ComfyUI no longer knows the job {handle.id}", job=handle.id)
        return _status(row, handle)

    async def cancel_job(self, handle: JobHandle) -> None:
        """Take the job out of the queue, and interrupt it where it runs."""
        await self.send(self.request("POST", "queue", json={"delete": [handle.id]}, repeatable=True))
        if handle.id in _jobs(await self.get("queue"), "queue_running"):
            await self.send(self.request("POST", "interrupt", json={"prompt_id": handle.id}))

    async def results(self, handle: JobHandle) -> list[Media]:
        """The files that the workflow made: those saved, else its previews. Raises BadReply where there are none."""
        row = await self._history(handle)
        if row is None:
            raise errors.JobExpired(f"ComfyUI no longer knows the job {handle.id}", job=handle.id)
        files = list(_files(row.get("outputs") or {}))
        saved = [file for file in files if file.get("type", "output") == "output"] or files
        if not saved:
            raise errors.BadReply("the workflow made no file; does it end in a node that saves?")
        return [await self._view(file) for file in saved]

    def facts(self, handle: JobHandle) -> dict[str, Any]:
        """What every result tells."""
        state = handle.state
        return {
            "model": state.get("model"),
            "seed": state.get("seed"),
            "id": handle.id,
            "warnings": tuple(msgspec.convert(item, CallWarning) for item in state.get("warnings", ())),
        }

    async def _history(self, handle: JobHandle) -> Mapping[str, Any] | None:
        reply = await self.get(f"history/{handle.id}")
        row = reply.get(handle.id) if isinstance(reply, Mapping) else None
        return row if isinstance(row, Mapping) else None

    # --- files and models ---

    async def uploaded(self, data: bytes) -> str:
        """The server's name for a file after its upload; the same bytes get the same name."""
        media = Media.of(data)
        name = f"lollms-{hashlib.sha256(media).hexdigest()[:24]}{media.extension}"
        reply = await self.upload(
            "upload/image", {"type": "input", "overwrite": "true"}, [FormFile("image", media, name)]
        )
        if not isinstance(reply, Mapping) or not reply.get("name"):
            raise errors.BadReply("ComfyUI's reply to an upload names no file")
        return "/".join(part for part in (reply.get("subfolder"), str(reply["name"])) if part)

    async def _view(self, file: Mapping[str, Any]) -> Media:
        query = {name: file.get(name) for name in ("filename", "subfolder", "type")}
        request = self.request("GET", "view", query=query, max_bytes=1024 * 1024 * 1024)
        request.headers["Accept"] = "*/*"
        reply = await self.send(request)
        if not reply.body:
            raise errors.BadReply(f"ComfyUI sent an empty file for {file.get('filename')}")
        refuse_text(reply.body, "the file that ComfyUI sent is")
        declared = reply.headers.get("content-type", "").partition(";")[0]
        told = declared if declared not in ("", "application/octet-stream") else None
        return Media(reply.body, told or mimetypes.guess_type(str(file.get("filename")))[0])

    async def _first_model(self, workflow: Workflow) -> None:
        """Where neither the user nor the workflow names a model, the server's first one is used."""
        if workflow.value("model") != "":
            return
        found = await self.models_flow()
        if not found:
            raise errors.NotFound("ComfyUI has no model; put a checkpoint into its folder models/checkpoints")
        workflow.put("model", found[0].name)
        workflow.warn("other", "model", f"none was named; {found[0].name} is used")

    async def models_flow(self) -> list[ModelInfo]:
        """The checkpoints and diffusion models in the server's folders."""
        models: list[ModelInfo] = []
        for node, name in _LOADERS:
            reply = await self.get(f"object_info/{node}")
            required = ((reply or {}).get(node) or {}).get("input", {}).get("required", {})
            models += [ModelInfo(name=option, extra={"node": node}) for option in _options(required.get(name))]
        return models

    def reply_error(self, value: Any) -> Any:
        """A history may speak of errors without being one."""
        return value if isinstance(value, Mapping) and value.get("error") and "node_errors" in value else None

    def error_of(self, status: int, headers: Mapping[str, str], raw: bytes, body: Any = None) -> errors.LollmsError:
        """The error; one of the workflow's validation names the node and the input."""
        body = error_body(raw, body)
        if isinstance(body, Mapping) and isinstance(body.get("node_errors"), Mapping) and body["node_errors"]:
            detail = _node_errors(body["node_errors"])
            node = next(iter(body["node_errors"]), "")
            return errors.Rejected(f"ComfyUI refused the workflow: {detail}", status=status, node=str(node))
        return super().error_of(status, headers, raw, body)


def _node_errors(found: Any) -> str:
    texts: list[str] = []
    for node, row in found.items() if isinstance(found, Mapping) else ():
        for error in (row.get("errors") or ()) if isinstance(row, Mapping) else ():
            name = (error.get("extra_info") or {}).get("input_name")
            place = f"node {node} ({row.get('class_type')})" + (f", input {name}" if name else "")
            texts.append(f"{place}: {error.get('message')} {error.get('details') or ''}".strip())
    return "; ".join(texts[:5]) or "no explanation was given"


def _place(waiting: list[str], identity: str) -> str:
    return f"{waiting.index(identity) + 1} of {len(waiting)} in the queue"


def _jobs(queue: Any, name: str) -> list[str]:
    """The names of the jobs in a part of the queue; each row is a number, a name, and the workflow."""
    rows = queue.get(name) if isinstance(queue, Mapping) else None
    return [str(row[1]) for row in rows or () if isinstance(row, list) and len(row) > 1]


def _status(row: Mapping[str, Any], handle: JobHandle) -> JobStatus:
    status = row.get("status") or {}
    pairs = [item for item in status.get("messages") or () if isinstance(item, list) and len(item) == 2]
    messages: dict[str, Any] = {str(name): told if isinstance(told, Mapping) else {} for name, told in pairs}
    if "execution_interrupted" in messages:
        return JobStatus(state="cancelled")
    if status.get("status_str") == "error":
        told = messages.get("execution_error") or {}
        text = f"node {told.get('node_id')} ({told.get('node_type')}) failed: {told.get('exception_message')}"
        return JobStatus(state="failed", error=errors.JobFailed(text.strip(), job=handle.id).as_dict())
    return JobStatus(state="done")


def _files(outputs: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for node in outputs.values():
        for rows in node.values() if isinstance(node, Mapping) else ():
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, Mapping) and row.get("filename"):
                    yield row


def _options(row: Any) -> list[Any]:
    """What an input offers, in the older and the newer form of a node's description."""
    if not isinstance(row, list) or not row:
        return []
    if isinstance(row[0], list):
        return row[0]
    return list((row[1] or {}).get("options") or ()) if len(row) > 1 and isinstance(row[1], Mapping) else []
