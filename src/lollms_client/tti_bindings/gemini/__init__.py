"""Google's image models as a binding: Gemini's own (generateContent), and Imagen on Vertex (predict).

Wire: https://ai.google.dev/gemini-api/docs/image-generation, discovery document v1beta of 2026-08-21; Imagen:
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api, as of November 2026.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client import errors
from lollms_client.families.gemini.contents import inline
from lollms_client.families.gemini.reply import inline_media, media_parts, usage_of, why_nothing
from lollms_client.families.gemini.service import GeminiService
from lollms_client.families.gemini.shapes import exact_ratio, nearest_ratio
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.media import Media

BindingName = "GeminiBinding"
_RATIOS = ("1:1", "1:4", "4:1", "1:8", "8:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_IMAGEN_RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
_STEPS = {512: "512", 1024: "1K", 2048: "2K", 4096: "4K"}
_PARAMETERS = {
    "person_generation": "personGeneration", "safety_filter_level": "safetySetting", "language": "language",
    "enhance_prompt": "enhancePrompt", "add_watermark": "addWatermark", "include_rai_reason": "includeRaiReason",
}  # fmt: skip


class GeminiBinding(GeminiService, LollmsTTIBinding):
    """Images by Gemini's image models or Imagen."""

    async def image_flow(self, request: ImageRequest) -> ImageResult:
        """Make or edit images. Raises ContentFiltered where the service's rules withhold them."""
        model = self.model_of(request.model)
        warnings: list[CallWarning] = []
        if model.startswith("imagen"):
            if not self.vertex:
                raise errors.Unsupported(
                    "the Gemini API shut Imagen down on 2026-08-17: use a Gemini image model, or set vertex_project",
                    setting="model_name",
                )
            result = await self._imagen(request, model, warnings)
        else:
            result = await self._gemini(request, model, warnings)
        asked = (request.output_format or "").lower().replace("jpg", "jpeg")
        if asked and result.image.mime_type != f"image/{asked}":
            _warn(warnings, "replaced", "output_format", f"the service sent {result.image.mime_type}")
        return msgspec.structs.replace(result, warnings=tuple(warnings))

    # --- Gemini ---

    async def _gemini(self, request: ImageRequest, model: str, warnings: list[CallWarning]) -> ImageResult:
        body = self._gemini_body(request, model, warnings)
        images: list[Media] = []
        words: list[str] = []
        usage = Usage()
        reply: dict[str, Any] = {}
        for number in range(request.count or 1):
            await self.report(number / (request.count or 1), "drawing")
            reply = await self.generate(model, body)
            media, text = media_parts(reply)
            pictures = [item for item in media if item.kind == "image"]
            if not pictures:
                raise why_nothing(reply, "image")
            images += pictures
            words.append(text)
            usage = _sum(usage, usage_of(reply) or Usage())
        return ImageResult(
            images=tuple(images),
            text="\n".join(filter(None, words)),
            usage=msgspec.structs.replace(usage, images=len(images)),
            model=reply.get("modelVersion") or model,
            id=reply.get("responseId"),
        )

    def _gemini_body(self, request: ImageRequest, model: str, warnings: list[CallWarning]) -> dict[str, Any]:
        prompt = request.prompt
        if request.negative_prompt:
            prompt += f"\n\nLeave out: {request.negative_prompt}"
            _warn(warnings, "replaced", "negative_prompt", "Gemini has no such setting; it was asked for in the prompt")
        for name in ("mask", "steps", "guidance", "style", "quality", "strength"):
            if getattr(request, name) is not None:
                _warn(warnings, "dropped", name, "Gemini's image models have no such setting; say it in the prompt")
        config: dict[str, Any] = {"responseModalities": ["TEXT", "IMAGE"]}
        if image_config := self._size(request, _RATIOS, warnings, sized=not model.startswith("gemini-2.5")):
            config["imageConfig"] = image_config
        for ours, value in (("seed", request.seed), ("temperature", self.parameter(request, "temperature"))):
            if value is not None:
                config[ours] = value
        if (level := self.parameter(request, "thinking_level")) is not None:
            config["thinkingConfig"] = {"thinkingLevel": level}
        parts = [*map(inline, request.images), {"text": prompt}]
        body: dict[str, Any] = {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}
        if self.parameter(request, "google_search"):
            body["tools"] = [{"googleSearch": {}}]
        if safety := self.parameter(request, "safety_settings"):
            body["safetySettings"] = safety
        return body

    def _size(
        self, request: ImageRequest, ratios: tuple[str, ...], warnings: list[CallWarning], *, sized: bool
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        width, height = request.width or request.height, request.height or request.width
        if width and height:
            found["aspectRatio"] = nearest_ratio(width, height, ratios)
            step = min(_STEPS, key=lambda side: abs(side - max(width, height)))
            if sized:
                found["imageSize"] = _STEPS[step]
            if not (sized and width == height == step) or not exact_ratio(width, height, found["aspectRatio"]):
                detail = f"{width}x{height} became {' '.join(found.values())}: the service takes a ratio and a step"
                _warn(warnings, "replaced", "width", detail)
        for name, theirs in (("aspect_ratio", "aspectRatio"), ("image_size", "imageSize")):
            if (value := self.parameter(request, name)) is not None:
                found[theirs] = value
        return found

    # --- Imagen ---

    async def _imagen(self, request: ImageRequest, model: str, warnings: list[CallWarning]) -> ImageResult:
        body = self._imagen_body(request, warnings)
        body = {**body, **(self.settings.get("extra_body") or {})}
        reply = await self.post(self.method(model, "predict"), body)
        rows = reply.get("predictions") if isinstance(reply, dict) else None
        rows = [row for row in rows or () if isinstance(row, dict)]
        made = [row for row in rows if row.get("bytesBase64Encoded")]
        if not made:
            reason = next((str(row["raiFilteredReason"]) for row in rows if row.get("raiFilteredReason")), "")
            if reason or isinstance(reply, dict):
                raise errors.ContentFiltered(f"Imagen withheld the image: {reason or 'no reason was given'}")
            raise errors.BadReply("Imagen's reply holds no images", binding=self.binding_name)
        if len(made) < (request.count or 1):
            _warn(warnings, "other", "count", f"{len(made)} of {request.count} images came; the others were withheld")
        images = [inline_media({"data": row["bytesBase64Encoded"], "mimeType": row.get("mimeType")}) for row in made]
        return ImageResult(
            images=tuple(images), text=str(made[0].get("prompt") or ""), usage=Usage(images=len(images)), model=model
        )

    def _imagen_body(self, request: ImageRequest, warnings: list[CallWarning]) -> dict[str, Any]:
        size = self._size(request, _IMAGEN_RATIOS, warnings, sized=True)
        parameters: dict[str, Any] = {"sampleCount": request.count or 1, **size}
        if "imageSize" in parameters:
            parameters["sampleImageSize"] = parameters.pop("imageSize")
        own = {"negativePrompt": request.negative_prompt, "seed": request.seed, "guidanceScale": request.guidance}
        own |= {theirs: self.parameter(request, ours) for ours, theirs in _PARAMETERS.items()}
        parameters.update({name: value for name, value in own.items() if value is not None})
        if request.output_format:
            parameters["outputOptions"] = {"mimeType": f"image/{request.output_format.lower().replace('jpg', 'jpeg')}"}
        for name in ("style", "quality", "strength"):
            if getattr(request, name) is not None:
                _warn(warnings, "dropped", name, "Imagen has no such setting; say it in the prompt")
        instance: dict[str, Any] = {"prompt": request.prompt}
        if request.images:
            parameters.pop("aspectRatio", None)
            parameters.pop("sampleImageSize", None)
            instance["referenceImages"] = _references(request)
            parameters["editMode"] = self.parameter(request, "edit_mode") or (
                "EDIT_MODE_INPAINT_INSERTION" if request.mask else "EDIT_MODE_DEFAULT"
            )
            if request.steps is not None:
                parameters["editConfig"] = {"baseSteps": request.steps}
        elif request.steps is not None:
            _warn(warnings, "dropped", "steps", "Imagen takes steps for edits alone")
        return {"instances": [instance], "parameters": parameters}


def _references(request: ImageRequest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"referenceType": "REFERENCE_TYPE_RAW", "referenceId": number, "referenceImage": encoded(image)}
        for number, image in enumerate(request.images, 1)
    ]
    if request.mask is not None:
        found.append(
            {
                "referenceType": "REFERENCE_TYPE_MASK",
                "referenceId": len(found) + 1,
                "referenceImage": encoded(request.mask),
                "maskImageConfig": {"maskMode": "MASK_MODE_USER_PROVIDED"},
            }
        )
    return found


def encoded(media: Media) -> dict[str, str]:
    """Media as `predict` takes it."""
    return {"bytesBase64Encoded": media.base64(), "mimeType": media.mime_type}


def _warn(warnings: list[CallWarning], kind: Any, setting: str, detail: str) -> None:
    warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))


def _sum(first: Usage, second: Usage) -> Usage:
    def total(name: str) -> int | None:
        counts = [getattr(usage, name) for usage in (first, second) if getattr(usage, name) is not None]
        return sum(counts) if counts else None

    return Usage(input_tokens=total("input_tokens"), output_tokens=total("output_tokens"))
