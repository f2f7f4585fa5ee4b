"""What image bindings inherit in the public package, and how each of them wants images handed over."""

from __future__ import annotations

import base64
import inspect
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lollms_client.binding import overrides
from lollms_client.compatibility.bindings.image_result import TTIGenerationResult
from lollms_client.compatibility.bindings.inherited import Inherited
from lollms_client.compatibility.bindings.media_forms import every_image
from lollms_client.lollms_tti_binding import LollmsTTIBinding, image_keywords
from lollms_client.plain import check_reply, dropped, fitting, media_of
from lollms_client.types.accounting import CallWarning
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.media import Media

_IMAGES = ("images", "image", "input_images", "input_image", "init_image", "source_image")
_PROMPTS = ("prompt", "text", "instruction")


class EraImageBinding(Inherited, LollmsTTIBinding):
    """The base of image bindings that somebody else wrote."""

    supports_omni: Any = False
    supports_text_output: Any = False
    watermark_path: Any = None
    watermark_size: Any = (64, 64)
    watermark_pos: Any = (10, 10)
    author: Any = ""
    system: Any = "lollms"

    def _prepare(self, construction: Any, keywords: Mapping[str, Any]) -> None:
        super()._prepare(construction, keywords)
        self._take_attributes(self.config)

    def __init__(self, binding_name: str | None = None, *arguments: Any, **keywords: Any) -> None:
        super().__init__(binding_name, *arguments, **keywords)
        for name in ("supports_omni", "supports_text_output", "watermark_path", "author", "system"):
            if keywords.get(name) is not None:
                setattr(self, name, keywords[name])

    def list_services(self, **kwargs: Any) -> list[dict[str, str]]:
        """The service behind the binding."""
        return [{"name": self.binding_name, "caption": self.binding_name, "help": ""}]

    def process_image(self, image_bytes: bytes, **kwargs: Any) -> bytes:
        """The image with a note inside that it was made, and with the watermark where one is set."""
        from lollms_client.compatibility.bindings.pictures import mark_image

        facts = {"Software": "lollms_client", "Binding": self.binding_name, "AI-Generated": "True"}
        facts |= {"Model": str(self.config.get("model_name") or self.model_name or ""), "Author": str(self.author)}
        given = kwargs.get("metadata")
        facts |= {str(name): str(value) for name, value in given.items()} if isinstance(given, Mapping) else {}
        size = (
            kwargs.get("watermark_size_x", self.watermark_size[0]),
            kwargs.get("watermark_size_y", self.watermark_size[1]),
        )
        place = (
            kwargs.get("watermark_pos_x", self.watermark_pos[0]),
            kwargs.get("watermark_pos_y", self.watermark_pos[1]),
        )
        return mark_image(image_bytes, facts, kwargs.get("watermark_path", self.watermark_path), size, place)

    def generate(
        self,
        prompt: str,
        negative_prompt: str = "",
        width: int | None = None,
        height: int | None = None,
        images: Any = None,
        mask: Any = None,
        n: int = 1,
        modalities: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> TTIGenerationResult:
        """Make images, or change those that are given; raises what the binding reports."""
        given = {"negative_prompt": negative_prompt or None, "width": width, "height": height, **kwargs}
        made: list[bytes] = []
        for _ in range(max(1, n)):
            if images:
                reply = every_image(self, "edit_image")(images, prompt, mask=mask, **given)
            else:
                reply = every_image(self, "generate_image")(prompt, **given)
            made.extend(media_of(check_reply(reply), "image"))
            if len(made) >= n:
                break
        return TTIGenerationResult(images=made[: max(1, n)], metadata={"binding": self.binding_name})

    async def image_flow(self, request: ImageRequest) -> ImageResult:
        """Make or change images through whatever method the class has, by the names of its parameters."""
        name = "edit_image" if request.images else "generate_image"
        if not overrides(self, name, EraImageBinding):
            if not overrides(self, "generate", EraImageBinding):
                raise self.unsupported("editing of images" if request.images else "making images")
            name = "generate"
        method = every_image(self, name)
        keywords = image_keywords(request)
        if not keywords.get("n") or keywords["n"] == 1:
            keywords.pop("n", None)
        warnings: list[CallWarning] = []
        with ExitStack() as files:
            if keywords.get("mask") is not None:
                keywords["mask"] = _in_form(method, "mask", [keywords["mask"]], files)[0]
            if request.images:
                parameter = _parameter(method, _IMAGES) or "images"
                images = _in_form(method, parameter, list(request.images), files)
                single = not parameter.endswith("s")
                if single and len(images) > 1:
                    warnings.append(
                        CallWarning(kind="dropped", setting="images", detail="this binding changes one image")
                    )
                keywords[parameter] = images[0] if single else images
            keywords[_parameter(method, _PROMPTS) or "prompt"] = request.prompt
            _, unknown = fitting(method, keywords)
            reply = await self.call_plain(method, **keywords)
            found = media_of(reply, "image")
        text = str(getattr(reply, "text", None) or "")
        return ImageResult(images=tuple(found), text=text, warnings=(*dropped(unknown), *warnings))


def _parameter(method: Callable[..., Any], names: Sequence[str]) -> str | None:
    """The first of these names that the method has among its parameters."""
    known = inspect.signature(method).parameters
    return next((name for name in names if name in known), None)


def _in_form(method: Callable[..., Any], name: str, images: Sequence[Media], files: ExitStack) -> list[Any]:
    """The images as the parameter's annotation wants them: a file's path, base64, else bytes."""
    parameter = inspect.signature(method).parameters.get(name)
    wanted = "" if parameter is None or parameter.annotation is parameter.empty else str(parameter.annotation)
    if "Path" in wanted:
        folder = Path(files.enter_context(tempfile.TemporaryDirectory(prefix="lollms-image-")))
        return [str(image.save(folder / f"{place}{image.extension}")) for place, image in enumerate(images)]
    if "str" in wanted and "bytes" not in wanted:
        return [base64.b64encode(image).decode("ascii") for image in images]
    return list(images)
