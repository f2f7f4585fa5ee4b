"""Images on OpenAI's wire: generations, edits, variations, partial images streamed, base64 or addresses back.

Wire: https://platform.openai.com/docs/api-reference/images and OpenAI's API document as of 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from lollms_client import errors
from lollms_client.families.multipart import FormFile
from lollms_client.families.openai_compatible.image_stream import ImageStream
from lollms_client.families.openai_compatible.masks import transparent_mask
from lollms_client.families.openai_compatible.media import (
    MediaBinding,
    form_fields,
    media_from_base64,
    text_or_none,
    usage_of,
)
from lollms_client.families.openai_compatible.parameters import Parameters
from lollms_client.families.openai_compatible.sizes import (
    nearest_ratio,
    nearest_size,
    parse_size,
    ratio_of,
    wanted_size,
)
from lollms_client.flow import HttpRequest
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.media import Media

_COMMON = {
    "negative_prompt": "negative_prompt",
    "count": "n",
    "seed": "seed",
    "steps": "steps",
    "guidance": "guidance_scale",
    "style": "style",
    "quality": "quality",
    "output_format": "output_format",
    "strength": "strength",
}
_OF_THIS_SIDE = ("variation", "raw_mask", "stream", "partial_images", "size", "aspect_ratio")


class ImageQuirks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs between services that make images; `service: quirks: media:` of a tti manifest."""

    size: Literal["size", "width_height", "aspect_ratio"] = "size"
    size_field: str = "size"
    response_format: str = ""  # asked for where the model takes the field; "" leaves it to the service
    edits: Literal["form", "json", "generations", ""] = "form"  # how images travel in; "" where there are no edits
    image_field: str = "image"
    many_images_field: str = "image[]"  # with several images; `name[]` in JSON is a list, `a,b,c` are single fields
    image_form: Literal["url", "image_url", "typed"] = "url"  # in JSON: the address, or an object that holds it
    mask_field: str = "mask"
    mask: Literal["transparent", "white"] = "transparent"  # what marks the part to change
    most_images: int = 16
    needs_model: bool = True


class OpenAIImageBinding(MediaBinding, LollmsTTIBinding):
    """A service that makes images on OpenAI's wire."""

    async def image_flow(self, request: ImageRequest) -> ImageResult:
        """Make, edit or vary images."""
        quirks = self.media_quirks(ImageQuirks)
        call = _ImageCall(self, request, quirks)
        http = self.patient(await self.run(call.build), silence=call.streamed)
        if call.streamed:
            return await self._streamed(http, call)
        reply = self.adapt_reply(call.route, self.decoded(await self.send(http)))
        return await self._result(reply, call)

    async def _streamed(self, http: HttpRequest, call: _ImageCall) -> ImageResult:
        stream = ImageStream(call.partial_images)
        async for events in self.events(http):
            for event in events:
                if event.data == b"[DONE]":
                    continue
                value = self.adapt_reply(call.route, event.json())
                if _is_error(value, event.event):
                    raise self.stream_error(value)
                progress = stream.take(value)
                if progress is not None:
                    await self.report(progress.fraction, progress.stage, progress.detail)
        return await self._result(stream.finish(), call, {"partial_images": stream.partials} if stream.partials else {})

    async def _result(self, reply: Any, call: _ImageCall, more: Mapping[str, Any] | None = None) -> ImageResult:
        rows = image_rows(reply)
        images = [await self._image_of(row) for row in rows]
        if not images:
            raise _without_images(reply)
        return ImageResult(
            images=tuple(images),
            text=next((text for row in rows if (text := text_or_none(row.get("revised_prompt")))), "")
            or str(reply.get("text") or ""),
            seed=reply["seed"] if isinstance(reply.get("seed"), int) else None,
            usage=usage_of(reply, images=len(images)),
            warnings=tuple(call.parameters.warnings),
            model=text_or_none(reply.get("model")) or call.model or None,
            id=text_or_none(reply.get("id")),
            extra={**_facts(reply), **(more or {})},
        )

    async def _image_of(self, row: Mapping[str, Any]) -> Media:
        for name in ("b64_json", "base64", "image_base64"):
            if row.get(name):
                return media_from_base64(row[name])
        return await self.download(str(row["url"]))


class _ImageCall:
    """One call on its way to a request: the route, the body, and the warnings."""

    def __init__(self, binding: OpenAIImageBinding, request: ImageRequest, quirks: ImageQuirks) -> None:
        self.binding = binding
        self.request = request
        self.quirks = quirks
        self.model = binding.model_of(request, needed=quirks.needs_model)
        self.method = "edit_image" if request.images else "generate_image"
        self.parameters = Parameters(binding, request, self.method, self.model)
        self.varied = bool(binding.parameter(request, "variation", self.method)) and bool(request.images)
        self.partial_images = 0
        self.streamed = self._streamed()
        self.route = self._route()

    def _route(self) -> str:
        if not self.request.images or self.quirks.edits == "generations":
            return "images"
        return "image_variations" if self.varied else "image_edits"

    def _streamed(self) -> bool:
        """Whether partial images are asked for and may be."""
        value = self.binding.parameter(self.request, "partial_images", self.method)
        asked = bool(self.binding.parameter(self.request, "stream", self.method)) or bool(value)
        if not asked or self.varied:
            return False
        if self.binding.refuses(self.model, "stream"):
            self.parameters.warn("dropped", "partial_images", f"the model {self.model} does not stream images")
            return False
        self.partial_images = int(value or 0)
        return True

    def build(self) -> HttpRequest:
        """The request. Reads and converts images, so it may take a while."""
        request, binding = self.request, self.binding
        if request.images and not self.quirks.edits:
            raise binding.unsupported("editing of images")
        body = self._body()
        if not request.images:
            self.parameters.drop(("mask", "strength"), "it needs an image to change")
            return binding.request("POST", self._path(), json=binding.finished_body(self.route, body, request))
        if len(request.images) > self.quirks.most_images:
            raise errors.BadSetting(
                f"{binding.binding_name} takes {self.quirks.most_images} images at most, not {len(request.images)}",
                setting="images",
            )
        if self.quirks.edits == "form":
            return self._form(body)
        body.update(self._images_in_json())
        mask = self._mask()
        if mask is not None:
            body[self.quirks.mask_field] = self._wrapped(mask)
        return binding.request("POST", self._path(), json=binding.finished_body(self.route, body, request))

    def _path(self) -> str:
        return self.binding.path(self.route, self.model)

    def _body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model} if self.model else {}
        if not self.varied:
            body["prompt"] = self.request.prompt
        elif self.request.prompt:
            self.parameters.warn("dropped", "prompt", "a variation takes no prompt")
        common = {name: wire for name, wire in _COMMON.items() if self.request.images or name != "strength"}
        if self.varied:
            common = {"count": "n"}
        body.update(self.parameters.common(common))
        self._put_size(body)
        body.update(self.parameters.own(leave=_OF_THIS_SIDE))
        if self.quirks.response_format and not self.binding.refuses(self.model, "response_format"):
            body.setdefault("response_format", self.quirks.response_format)
        if self.streamed:
            body["stream"] = True
            if self.binding.parameter(self.request, "partial_images", self.method) is not None:
                body["partial_images"] = self.partial_images
        return body

    # --- size ---

    def _put_size(self, body: dict[str, Any]) -> None:
        parameters, quirks = self.parameters, self.quirks
        size = wanted_size(self.request.width, self.request.height)
        plain = self.binding.parameter(self.request, "size", self.method)
        ratio = self.binding.parameter(self.request, "aspect_ratio", self.method)
        if size is None and isinstance(plain, str):
            size = parse_size(plain)
        if quirks.size == "aspect_ratio":
            self._put_ratio(body, size, ratio)
            return
        if ratio is not None:
            body["aspect_ratio"] = ratio
        if size is None:
            if plain is not None:
                body[quirks.size_field] = plain
            return
        if not parameters.open and "width" not in parameters.declared and "size" not in parameters.declared:
            parameters.drop(("width", "height"), f"{self.binding.binding_name} decides the size")
            return
        if quirks.size == "width_height":
            for name, value in zip(("width", "height"), size, strict=True):
                body[parameters.wire_name(name)] = parameters.allowed(name, value)
            return
        body[quirks.size_field] = self._offered(size)

    def _offered(self, size: tuple[int, int]) -> str:
        facts, declared = self.parameters.facts, self.parameters.declared.get("size")
        offered = (facts.accepts.get("size") if facts else None) or (declared.options if declared else ())
        text = f"{size[0]}x{size[1]}"
        if not offered or text in offered:
            return text
        nearest = nearest_size(size, offered)
        if nearest is None:
            return text
        self.parameters.warn("clamped", "size", f"{text} is not offered, {nearest} is sent")
        return nearest

    def _put_ratio(self, body: dict[str, Any], size: tuple[int, int] | None, ratio: Any) -> None:
        if ratio is not None:
            body["aspect_ratio"] = ratio
        elif size is not None:
            declared = self.parameters.declared.get("aspect_ratio")
            nearest = nearest_ratio(size, declared.options if declared else ()) or ratio_of(size)
            body["aspect_ratio"] = nearest
            self.parameters.warn("replaced", "size", f"the service takes shapes: {nearest} is sent for {size}")

    # --- images in ---

    def _form(self, body: dict[str, Any]) -> HttpRequest:
        images, quirks = self.request.images, self.quirks
        if self.varied and len(images) > 1:
            self.parameters.warn("dropped", "images", "a variation takes one image, the first one is sent")
            images = images[:1]
        field = quirks.image_field if len(images) == 1 else quirks.many_images_field
        files = [FormFile(field, image, f"image{number}{image.extension}") for number, image in enumerate(images)]
        mask = self._mask()
        if mask is not None:
            files.append(FormFile(quirks.mask_field, mask, "mask.png"))
        finished = self.binding.finished_body(self.route, body, self.request)
        return self.binding.form_request(self._path(), form_fields(finished), files)

    def _mask(self) -> Media | None:
        mask = self.parameters.take("mask")
        if not isinstance(mask, Media):
            return None
        if self.varied:
            self.parameters.warn("dropped", "mask", "a variation takes no mask")
            return None
        raw = self.quirks.mask == "white" or self.binding.parameter(self.request, "raw_mask", self.method)
        return mask if raw else transparent_mask(mask)

    def _images_in_json(self) -> dict[str, Any]:
        images, quirks = [self._wrapped(image) for image in self.request.images], self.quirks
        if len(images) == 1 and quirks.image_field:
            name, _, is_list = quirks.image_field.partition("[")
            return {name: images if is_list else images[0]}
        if "," in quirks.many_images_field:
            return dict(zip(quirks.many_images_field.split(","), images, strict=False))
        return {quirks.many_images_field.removesuffix("[]"): images}

    def _wrapped(self, image: Media) -> Any:
        url = image.data_url()
        if self.quirks.image_form == "image_url":
            return {"image_url": url}
        return {"url": url, "type": "image_url"} if self.quirks.image_form == "typed" else url


def image_rows(reply: Any) -> list[Mapping[str, Any]]:
    """The rows of a reply that hold an image. Raises BadReply for a shape that is not known."""
    if not isinstance(reply, Mapping):
        raise errors.BadReply("the service's reply is no JSON object")
    rows: list[Any] = next((reply[name] for name in ("data", "images") if isinstance(reply.get(name), list)), [])
    found = [{"url": row} if isinstance(row, str) else row for row in rows]
    names = ("b64_json", "base64", "image_base64", "url")
    return [row for row in found if isinstance(row, Mapping) and any(row.get(name) for name in names)]


def _without_images(reply: Mapping[str, Any]) -> errors.LollmsError:
    filtered = reply.get("content_filter")
    rows = reply.get("data")
    for row in rows if isinstance(rows, list) else []:
        filtered = filtered or (isinstance(row, Mapping) and row.get("finish_reason") == "content_filter")
    if filtered:
        return errors.ContentFiltered("the service's content rules withheld the image", service_code="content_filter")
    return errors.BadReply("the service's reply holds no image")


def _facts(reply: Mapping[str, Any]) -> dict[str, Any]:
    names = ("size", "quality", "background", "output_format", "created", "timings")
    return {name: reply[name] for name in names if reply.get(name) is not None}


def _is_error(value: Any, event: str) -> bool:
    if not isinstance(value, Mapping):
        return False
    kind = str(value.get("type") or event)
    return event == "error" or kind == "error" or kind.endswith(".failed") or bool(value.get("error"))
