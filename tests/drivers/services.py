"""A small HTTP binding for the driver tests: one of everything that the verbs offer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lollms_client.binding import Construction, constructing
from lollms_client.families.http import HttpBinding
from lollms_client.families.jobs import JobBinding
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
from lollms_client.manifest import Manifest, Parameter
from lollms_client.settings import resolve_settings
from lollms_client.types import Media, Progress, VideoRequest, VideoResult
from lollms_client.types.job import JobHandle, JobStatus

KEY = "canary-key-5f3a9b71"


class Service(JobBinding, HttpBinding, LollmsTTVBinding):
    """A film service in jobs."""

    poll_first = 0.01
    poll_longest = 0.02

    async def submit(self, request: VideoRequest) -> JobHandle:
        reply = await self.post("jobs", {"prompt": request.prompt})
        return self.handle(request, reply["id"])

    async def check(self, handle: JobHandle) -> JobStatus:
        reply = await self.get(f"jobs/{handle.id}")
        return JobStatus(
            state=reply["state"],
            progress=Progress(fraction=reply["progress"], stage="rendering") if "progress" in reply else None,
            error=reply.get("failure"),
        )

    async def collect(self, handle: JobHandle) -> VideoResult:
        return VideoResult(video=await self.download(f"jobs/{handle.id}/content"), id=handle.id)

    async def cancel_job(self, handle: JobHandle) -> None:
        await self.delete(f"jobs/{handle.id}")

    async def texts(self) -> list[bytes]:
        """All data of a server-sent stream."""
        found: list[bytes] = []
        async for events in self.events(self.request("POST", "stream", json={"stream": True})):
            found.extend(event.data for event in events)
        return found

    async def rows(self) -> list[Any]:
        """All rows of a stream of JSON lines."""
        found: list[Any] = []
        async for rows in self.lines(self.request("POST", "lines", json={})):
            found.extend(rows)
        return found

    async def sound(self) -> Media:
        """A sound as the body of a reply."""
        return await self.media(self.request("POST", "sound", json={}), "audio")


_PARAMETERS = (
    Parameter(name="host_address", type="str"),
    Parameter(name="service_key", type="str", is_secret=True),
    Parameter(name="proxy", type="str"),
    Parameter(name="timeout", type="float"),
    Parameter(name="max_retries", type="int"),
    Parameter(name="extra_headers", type="dict"),
    Parameter(name="verify_ssl_certificate", type="bool"),
    Parameter(name="certificate_file_path", type="str"),
)


def service(address: str, **settings: Any) -> Service:
    """The binding, pointed at a test server; nothing of this machine's proxies."""
    manifest = Manifest(name="films", folder=Path(), binding_type="ttv", input_parameters=_PARAMETERS)
    given = {"host_address": address, "service_key": KEY, "proxy": "", **settings}
    resolved = resolve_settings(manifest, given, environment={}, saved={}, keyring=False)
    with constructing(Construction("films", manifest, resolved)):
        return Service()
