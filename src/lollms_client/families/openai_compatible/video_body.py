"""The request that creates a film, in each of the forms that services of the `/videos` shape take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import msgspec

from lollms_client.families.multipart import FormFile
from lollms_client.families.openai_compatible.media import form_fields
from lollms_client.families.openai_compatible.parameters import Parameters, put
from lollms_client.families.openai_compatible.sizes import nearest_ratio, nearest_size, ratio_of, wanted_size
from lollms_client.flow import HttpRequest
from lollms_client.types.media import Media
from lollms_client.types.video import VideoRequest

if TYPE_CHECKING:
    from lollms_client.families.openai_compatible.video import OpenAIVideoBinding

_COMMON = {
    "negative_prompt": "negative_prompt",
    "seed": "seed",
    "fps": "fps",
    "steps": "steps",
    "guidance": "guidance_scale",
    "sound": "generate_audio",
}
_OF_THIS_SIDE = ("remix_of", "thumbnail", "aspect_ratio", "resolution", "size")


class VideoQuirks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs between services of the `/videos` shape; `service: quirks: media:` of a ttv manifest."""

    body: Literal["form", "json"] = "form"
    seconds: Literal["text", "whole", "number"] = "text"  # how the length is written
    seconds_field: str = "seconds"
    size: Literal["size", "width_height", "shape"] = "size"  # shape: aspect_ratio and resolution
    image: Literal["input_reference", "image_url", "frames", "media"] = (
        "input_reference"  # how a first frame travels in
    )
    content: Literal["route", "reply", "either"] = "route"  # where the finished film is
    deletable: bool = True
    needs_model: bool = True


class VideoCall:
    """One call on its way to a request: the body, the files, and the warnings."""

    def __init__(self, binding: OpenAIVideoBinding, request: VideoRequest, quirks: VideoQuirks) -> None:
        self.binding = binding
        self.request = request
        self.quirks = quirks
        self.remix_of = str(binding.parameter(request, "remix_of", "generate_video") or "")
        self.model = binding.model_of(request, needed=quirks.needs_model and not self.remix_of)
        self.parameters = Parameters(binding, request, "generate_video", self.model)
        self.files: list[FormFile] = []

    def build(self) -> HttpRequest:
        """The request that starts the job."""
        path = self.binding.path("videos", self.model)
        if self.remix_of:
            return self.binding.request("POST", f"{path}/{quote(self.remix_of, safe='')}/remix", json=self._remix())
        body: dict[str, Any] = {"model": self.model} if self.model else {}
        body["prompt"] = self.request.prompt
        body.update({name: whole(value) for name, value in self.parameters.common(_COMMON).items()})
        self._put_seconds(body)
        self._put_size(body)
        self._put_media(body)
        body.update(self.parameters.own(leave=_OF_THIS_SIDE))
        body = self.binding.finished_body("videos", body, self.request)
        if self.quirks.body == "form":
            return self.binding.form_request(path, form_fields(body), self.files)
        return self.binding.request("POST", path, json=body)

    def _remix(self) -> dict[str, Any]:
        names = [name for name in self.request.__struct_fields__ if name not in ("prompt", "extra", "model")]
        self.parameters.drop(names, "a remix takes a new prompt only")
        return self.binding.finished_body("videos", {"prompt": self.request.prompt}, self.request)

    def _put_seconds(self, body: dict[str, Any]) -> None:
        seconds = self.parameters.take("seconds")
        if seconds is None:
            return
        declared = self.parameters.declared.get("seconds")
        value: float = float(seconds)
        if declared is not None and declared.options:
            nearest = min((float(option) for option in declared.options), key=lambda option: abs(option - value))
            if nearest != value:
                self.parameters.warn("clamped", "seconds", f"{value:g} is not offered, {nearest:g} is sent")
            value = nearest
        if self.quirks.seconds == "whole" and value != round(value):
            self.parameters.warn("clamped", "seconds", f"{value:g} is no whole number, {round(value)} is sent")
            value = round(value)
        body[self.quirks.seconds_field] = f"{value:g}" if self.quirks.seconds == "text" else whole(value)

    def _put_size(self, body: dict[str, Any]) -> None:
        parameters = self.parameters
        for name in ("aspect_ratio", "resolution", "size"):
            value = self.binding.parameter(self.request, name, "generate_video")
            if value is not None:
                body[name] = value
        size = wanted_size(self.request.width, self.request.height)
        if size is None:
            return
        if self.quirks.size == "shape":
            self._put_shape(body, size)
        elif not parameters.open and "width" not in parameters.declared:
            parameters.drop(("width", "height"), f"{self.binding.binding_name} decides the size")
        elif self.quirks.size == "width_height":
            body["width"], body["height"] = parameters.allowed("width", size[0]), parameters.allowed("height", size[1])
        else:
            declared = parameters.declared.get("size")
            text = f"{size[0]}x{size[1]}"
            offered = declared.options if declared else ()
            nearest = text if not offered or text in offered else nearest_size(size, offered) or text
            if nearest != text:
                parameters.warn("clamped", "size", f"{text} is not offered, {nearest} is sent")
            body["size"] = nearest

    def _put_shape(self, body: dict[str, Any], size: tuple[int, int]) -> None:
        declared = self.parameters.declared
        ratios = declared["aspect_ratio"].options if "aspect_ratio" in declared else ()
        heights = declared["resolution"].options if "resolution" in declared else ()
        ratio = nearest_ratio(size, ratios) or ratio_of(size)
        body.setdefault("aspect_ratio", ratio)
        lines = {str(text): int(str(text).rstrip("p")) for text in heights if str(text).rstrip("p").isdigit()}
        if lines:
            body.setdefault("resolution", min(lines, key=lambda text: abs(lines[text] - min(size))))
        sent = " ".join(str(body[name]) for name in ("aspect_ratio", "resolution") if name in body)
        self.parameters.warn("replaced", "size", f"{size[0]}x{size[1]} is sent as {sent}")

    # --- media in ---

    def _put_media(self, body: dict[str, Any]) -> None:
        take, quirks = self.parameters.take, self.quirks
        first, last, images, film = take("image"), take("last_image"), take("images"), take("video")
        references: list[Media] = list(images or ())
        if quirks.image == "frames":
            frames = [_frame(media, kind) for media, kind in ((first, "first_frame"), (last, "last_frame")) if media]
            if frames:
                body["frame_images"] = frames
            if references:
                body["input_references"] = [_reference(media) for media in references]
        elif quirks.image == "media":
            frames = [
                {"input_image": media.data_url(), "frame": at}
                for media, at in ((first, "first"), (last, "last"))
                if media
            ]
            if frames:
                put(body, "media.frame_images", frames)
            if references:
                put(body, "media.reference_images", [media.data_url() for media in references])
        else:
            self._put_one(body, first or (references.pop(0) if references else None) or film, references)

    def _put_one(self, body: dict[str, Any], media: Media | None, left: list[Media]) -> None:
        if left:
            self.parameters.warn("dropped", "images", "only one image can be given, the first one is sent")
        if media is None:
            return
        if self.quirks.image == "image_url":
            body["image_url"] = media.data_url()
        elif self.quirks.body == "form":
            self.files.append(FormFile("input_reference", media, f"input_reference{media.extension}"))
        else:
            body["input_reference"] = {"image_url": media.data_url()}


def whole(value: Any) -> Any:
    """A number without a fraction as an integer, which is what many fields insist on; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _frame(media: Media, kind: str) -> dict[str, Any]:
    return {**_reference(media), "frame_type": kind}


def _reference(media: Media) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": media.data_url()}}
