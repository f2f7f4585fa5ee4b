"""Stability AI: images, edits, upscaling and control, by the v2beta API."""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client.families.stability import StabilityBinding, seed_of
from lollms_client.families.stability.image_form import ImageForm, facts, image_form
from lollms_client.flow import HttpReply
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.job import JobHandle

BindingName = "StabilityImages"

_MOST_SEED = 4294967294


class StabilityImages(StabilityBinding, LollmsTTIBinding):
    """POST /v2beta/stable-image/…; GET /v2beta/results/{id} for what takes longer."""

    async def image_flow(self, request: ImageRequest) -> ImageResult:
        """Make or edit images; several are made one after the other, since the service makes one at a time."""
        count = max(1, request.count or 1)
        form = self._form(request)
        if form.later and count == 1:
            result: ImageResult = await self.run_job(request)
            return result
        replies: list[HttpReply] = []
        for number in range(count):
            fields = dict(form.fields)
            if "seed" in fields and number:
                fields["seed"] = (int(fields["seed"]) + number) % (_MOST_SEED + 1) or 1
            if count > 1:
                await self.report(number / count, "making")
            replies.append(await self.make(request, self.form(form.path, fields, form.files)))
        return ImageResult(
            images=tuple(self.medium(reply) for reply in replies),
            seed=seed_of(replies[0].headers, request.seed),
            usage=Usage(images=count),
            warnings=tuple(form.warnings),
            model=form.model,
            extra={"operation": form.operation},
        )

    async def submit(self, request: ImageRequest) -> JobHandle:
        """Start one of the operations that work as jobs. Raises Unsupported for those that answer at once."""
        form = self._form(request)
        if not form.later:
            raise self.unsupported(f"jobs for {form.operation}, which answers at once")
        warnings = [msgspec.to_builtins(warning) for warning in form.warnings]
        sent = self.form(form.path, form.fields, form.files)
        return await self.start(request, sent, warnings=warnings, seed=request.seed, operation=form.operation)

    async def collect(self, handle: JobHandle) -> ImageResult:
        """The image of a job that is done."""
        reply = await self.result(handle)
        return ImageResult(
            images=(self.medium(reply),),
            seed=seed_of(reply.headers, handle.state.get("seed")),
            usage=Usage(images=1),
            warnings=tuple(msgspec.convert(item, CallWarning) for item in handle.state.get("warnings", ())),
            id=handle.id,
            extra={"operation": handle.state.get("operation")},
        )

    def _form(self, request: ImageRequest) -> ImageForm:
        names = {name for row in facts()["operations"].values() for name in row["takes"]} | {"operation"}
        method = "edit_image" if request.images else "generate_image"
        extra: dict[str, Any] = {
            name: self.parameter(request, name, method) for name in names - {"prompt", "mask", "model", "mode"}
        }
        return image_form(request, str(request.model or self.settings.get("model_name")), extra)

    async def models_flow(self) -> list[ModelInfo]:
        """The models, which the service does not list itself."""
        return [ModelInfo(name=row["name"], title=row["title"], owner="stability") for row in facts()["models"]]
