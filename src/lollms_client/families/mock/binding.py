"""What all mock bindings share: calls are kept for assertions, wait, report, and fail as the settings say."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.calls import _ALIASES
from lollms_client.families import plain_data
from lollms_client.families.jobs import JobBinding
from lollms_client.families.mock.plan import Turn, turn
from lollms_client.families.mock.words import number_of
from lollms_client.flow import Now, Report, Sleep
from lollms_client.manifest.values import near_names
from lollms_client.settings.resolution import checked_value
from lollms_client.types.accounting import CallWarning, Progress
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.job import JobHandle, JobStatus
from lollms_client.types.media import Media


class MockBinding(LollmsBinding):
    """A binding for tests of applications. `calls` holds the typed requests in the order in which they came."""

    speaks_flows: ClassVar[bool] = True

    def __init__(self, binding_name: str | None = None, **keywords: Any) -> None:
        super().__init__(binding_name, **keywords)
        self.calls: list[Any] = []
        self._lock = threading.Lock()

    @property
    def last_call(self) -> Any:
        """The newest typed request, None before the first."""
        return self.calls[-1] if self.calls else None

    def reset(self) -> None:
        """Forget the calls; the answers begin anew with the first."""
        with self._lock:
            self.calls = []

    def settings_changed(self, names: tuple[str, ...]) -> None:
        """Changed answers and failures begin anew with the first call."""
        if {"answers", "fail_at"} & set(names):
            self.reset()

    async def begin(self, request: Any) -> Turn:
        """Keep the request, wait as long as the call shall take, and say what to answer.

        Raises the planned failure, unless it is to come in the middle of a stream.
        """
        with self._lock:
            self.calls.append(request)
            number = len(self.calls)
        plan = turn(self.settings, number, self.binding_name)
        await self._wait(plan.latency)
        if plan.failure is not None and plan.after_chunks == 0:
            raise plan.failure
        return plan

    async def _wait(self, seconds: float) -> None:
        await Now()  # a call that was cancelled before it began ends here
        steps = int(self.settings.get("progress_steps") or 0)
        if steps == 0 and seconds > 0:
            await Sleep(seconds)
        for step in range(1, steps + 1):
            if seconds > 0:
                await Sleep(seconds / steps)
            await Report(Progress(fraction=step / steps, stage="mock", detail=f"step {step} of {steps}"))

    def seed_of(self, request: Any) -> int:
        """The number that everything made up for a request depends on."""
        return number_of(self.settings.get("seed"), type(request).__name__, request)

    def warnings_for(self, request: Any, plan: Turn) -> list[CallWarning]:
        """The scripted warnings, and one for a model that nobody listed.

        Raises NotFound for a model that is not among those that the setting `models` lists.
        """
        found = list(plan.warnings(self.settings))
        listed = [str(name) for name in self.settings.get("models") or ()]
        unknown = self.unlisted("model", request.model, listed, self.settings.get("model_name"))
        return [*found, unknown] if unknown else found

    def unlisted(self, setting: str, name: str | None, listed: list[str], usual: Any) -> CallWarning | None:
        """A warning for a name that is none of the usual ones; NotFound where the settings list others."""
        if name is None or name == usual or name in listed:
            return None
        if listed:
            near = near_names(name, listed, limit=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; the settings list {', '.join(listed)}"
            raise errors.NotFound(f"the mock binding has no {setting} {name!r}{hint}", setting=setting)
        detail = f"any {setting} is taken while the settings list none; this one is {name!r}"
        return CallWarning(kind="other", setting=setting, detail=detail)

    def model_of(self, request: Any) -> str:
        """The model that the request names, else the setting's."""
        return str(request.model or self.settings.get("model_name") or "mock")

    def lenient(self, kind: Any, given: Mapping[str, Any], method: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The arguments that we or the manifest know, and the others, which a real binding may know.

        Raises BadSetting for a value outside of the manifest's range or options.
        """
        aliases = _ALIASES.get(kind.__name__, {})
        described = {item.name: item for item in (self.manifest.method(method) if self.manifest else ())}
        known = {*kind.__struct_fields__, *aliases, *described}
        for name, value in given.items():
            parameter = described.get(aliases.get(name, name))
            if parameter is not None and value is not None:
                checked_value(parameter, value, binding=self.binding_name, where=f"for {method}")
        ours = {name: value for name, value in given.items() if name in known and name != "extra"}
        others = {name: value for name, value in given.items() if name not in known and value is not None}
        return ours, {**(given.get("extra") or {}), **others}

    async def models_flow(self) -> list[ModelInfo]:
        """The models that the setting names."""
        names = self.settings.get("models") or [self.settings.get("model_name") or "mock"]
        return [ModelInfo(name=str(name), title=f"Mock model {name}", owner="lollms_client") for name in names]


class MockMediaBinding(MockBinding, JobBinding):
    """A mock binding that makes media: at once, or in jobs of some steps."""

    request_type: ClassVar[Any]

    def __init__(self, binding_name: str | None = None, **keywords: Any) -> None:
        super().__init__(binding_name, **keywords)
        self.cancelled_jobs: list[str] = []
        self._steps: dict[str, int] = {}

    def make(self, request: Any, plan: Turn) -> Any:
        """The result of a request."""
        raise NotImplementedError(f"{type(self).__name__} has no make()")

    async def produce(self, request: Any) -> Any:
        """The result: made at once, or by a job where `job_steps` is set."""
        if self.settings.get("job_steps"):
            return await self.run_job(request)
        plan = await self.begin(request)
        if plan.failure is not None:
            raise plan.failure
        return self.make(request, plan)

    def given_file(self, plan: Turn) -> Media | None:
        """The media out of the file that the answer names. Raises BadMedia where it cannot be read."""
        name = plan.answer.get("file") or plan.answer.get("text")
        return Media.of(str(name)) if name else None

    async def submit(self, request: Any) -> JobHandle:
        """Start a job; the handle holds all of it, so any process can go on with it."""
        plan = await self.begin(request)
        state = {"asked": plain_data.plain(request, plain_data.inline), "number": plan.number, "step": 0}
        return self.handle(request, f"mock-{uuid.uuid4().hex[:12]}", **state)

    async def check(self, handle: JobHandle) -> JobStatus:
        """One step further. How it ends is up to the setting `job_ends`."""
        await Now()
        if handle.id in self.cancelled_jobs:
            return JobStatus(state="cancelled")
        with self._lock:
            step = max(self._steps.get(handle.id, 0), int(handle.state.get("step", 0))) + 1
            self._steps[handle.id] = step
        steps = int(self.settings.get("job_steps") or 0)
        ends = self.settings.get("job_ends") or "done"
        newer = msgspec.structs.replace(handle, state={**handle.state, "step": step})
        if step <= steps or ends == "never":
            fraction = min(1.0, step / (steps + 1))
            pause = self.settings.get("job_pause")
            return JobStatus(state="running", progress=Progress(fraction=fraction, stage="mock job"), handle=newer,
                             retry_after=pause)  # fmt: skip
        if ends == "vanishes":
            raise errors.JobExpired(f"the mock service no longer knows the job {handle.id}", job=handle.id)
        if ends == "failed":
            return JobStatus(state="failed", error={"message": "the mock job was told to fail", "code": "job_failed"})
        return JobStatus(state="cancelled" if ends == "cancelled" else "done", handle=newer)

    async def collect(self, handle: JobHandle) -> Any:
        """The result of a job. Raises BadSetting for a handle of something else."""
        await Now()
        try:
            request = plain_data.typed(handle.state["asked"], self.request_type, plain_data.from_inline)
            number = int(handle.state["number"])
        except (KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
            raise errors.BadSetting(f"this is no handle of a mock job: {error}", setting="handle") from error
        return self.make(request, turn(self.settings, number, self.binding_name))

    async def cancel_job(self, handle: JobHandle) -> None:
        """Stop a job; `cancelled_jobs` keeps its id."""
        self.cancelled_jobs.append(handle.id)
