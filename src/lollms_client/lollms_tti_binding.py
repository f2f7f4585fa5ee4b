"""The documented base class of text-to-image bindings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from lollms_client.binding import LollmsBinding, overrides
from lollms_client.calls import build
from lollms_client.errors import BadSetting
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.media import Media


class LollmsTTIBinding(LollmsBinding):
    """Images from text, and edits of images.

    Override the documented methods (`generate_image`, `edit_image`, …), or write `image_flow` on one of the families:
    each is derived from the other.
    """

    binding_type: ClassVar[str] = "tti"

    def generate_image(
        self,
        prompt: str,
        negative_prompt: str | None = None,
        width: int | None = None,
        height: int | None = None,
        **kwargs: Any,
    ) -> bytes | dict[str, Any]:
        """Make an image. Sizes in pixels. Returns the image's bytes, or an error dictionary."""
        given = {"prompt": prompt, "negative_prompt": negative_prompt, "width": width, "height": height, **kwargs}
        return self._image("generate_image", given)  # type: ignore[no-any-return]

    def edit_image(
        self,
        images: Any,
        prompt: str,
        mask: Any = None,
        negative_prompt: str | None = None,
        width: int | None = None,
        height: int | None = None,
        **kwargs: Any,
    ) -> bytes | dict[str, Any]:
        """Change an image (bytes, path, base64 or a list of them), with `mask` only where it is white.

        Returns the image's bytes, or an error dictionary.
        """
        given = {"images": images, "prompt": prompt, "mask": mask, "negative_prompt": negative_prompt}
        given |= {"width": width, "height": height, **kwargs}
        return self._image("edit_image", given)  # type: ignore[no-any-return]

    def _image(self, method: str, given: Mapping[str, Any]) -> Any:
        async def flow() -> ImageResult:
            return await self.image_flow(self.image_request(method, given))

        return self._documented(flow(), lambda result: result.image)

    def image_request(self, method: str, given: Mapping[str, Any]) -> ImageRequest:
        """The typed request for one of the documented methods."""
        if not isinstance(given.get("prompt"), str):
            raise BadSetting("prompt must be a text", setting="prompt")
        request = build(ImageRequest, self, method, given)
        if method == "edit_image" and not request.images:
            raise BadSetting("edit_image needs at least one image", setting="images")
        return request

    async def image_flow(self, request: ImageRequest) -> ImageResult:
        """Make or edit images, typed. Bindings written in flows override this."""
        from lollms_client.plain import dropped, fitting, media_of

        method = self.edit_image if request.images else self.generate_image
        name = "edit_image" if request.images else "generate_image"
        if not overrides(self, name, LollmsTTIBinding):
            raise self.unsupported("editing of images" if request.images else "making images")
        keywords = image_keywords(request)
        _, unknown = fitting(method, keywords)
        if request.images:
            images: Sequence[Media] | Media = list(request.images)
            reply = await self.call_plain(method, images, request.prompt, **keywords)
        else:
            reply = await self.call_plain(method, request.prompt, **keywords)
        return ImageResult(images=tuple(media_of(reply, "image")), warnings=dropped(unknown))


def image_keywords(request: ImageRequest) -> dict[str, Any]:
    """What a request gives the documented `generate_image`, by name; None where it says nothing."""
    names = ("negative_prompt", "width", "height", "mask", "seed", "steps", "guidance", "style", "quality", "strength")
    keywords = {name: getattr(request, name) for name in names}
    return {**keywords, "n": request.count, "model": request.model, **request.extra}


def __getattr__(name: str) -> Any:
    """What an extension adds to this module."""
    from lollms_client.extensions import module_attribute

    return module_attribute(__name__, name)
