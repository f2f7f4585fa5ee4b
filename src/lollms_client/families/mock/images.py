"""The mock image maker: pictures of the size asked for, the same for the same request."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, ClassVar

import msgspec

from lollms_client.errors import BadSetting, MissingDependency
from lollms_client.families.mock.binding import MockMediaBinding
from lollms_client.families.mock.picture import check_picture, picture_size, png
from lollms_client.families.mock.plan import Turn
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.types.accounting import Usage
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.media import Media

_LARGEST = 16384  # pixels
_FORMATS = ("png", "jpeg", "webp", "gif", "bmp", "tiff")


class MockImages(MockMediaBinding, LollmsTTIBinding):
    """Makes and edits pictures for tests."""

    request_type: ClassVar[Any] = ImageRequest

    def image_request(self, method: str, given: Mapping[str, Any]) -> ImageRequest:
        """The typed request; arguments that only another binding knows are kept in `extra`."""
        ours, others = self.lenient(ImageRequest, given, method)
        request = super().image_request(method, ours)
        return msgspec.structs.replace(request, extra={**request.extra, **others})

    async def image_flow(self, request: ImageRequest) -> ImageResult:
        """Make or edit pictures. An edit has the size of the first image given, unless another is asked for."""
        result: ImageResult = await self.produce(request)
        return result

    def make(self, request: ImageRequest, plan: Turn) -> ImageResult:
        """The pictures of a request."""
        count = 1 if request.count is None else request.count
        if not 1 <= count <= 100:
            raise BadSetting(f"a mock makes 1 to 100 images at once, not {count}", setting="count")
        given, seed = self.given_file(plan), self.seed_of(request)
        width, height = self._size(request)
        form = request.output_format or self.settings.get("output_format") or "png"
        images = [given or _picture(width, height, seed + number, request.prompt, form) for number in range(count)]
        return ImageResult(
            images=tuple(images),
            seed=seed if request.seed is None else request.seed,
            usage=Usage(images=count),
            warnings=tuple(self.warnings_for(request, plan)),
            model=self.model_of(request),
            id=f"mock-{plan.number}",
        )

    def _size(self, request: ImageRequest) -> tuple[int, int]:
        for image in (*request.images, *((request.mask,) if request.mask else ())):
            check_picture(image)
        source = picture_size(request.images[0]) if request.images else None
        usual = source or (int(self.settings.get("width") or 512), int(self.settings.get("height") or 512))
        size = (request.width or usual[0], request.height or usual[1])
        if not all(1 <= side <= _LARGEST for side in size):
            raise BadSetting(f"a mock picture has 1 to {_LARGEST} pixels a side, not {size[0]} x {size[1]}")
        return size


def _picture(width: int, height: int, seed: int, prompt: str, form: str) -> Media:
    form = {"jpg": "jpeg"}.get(form.lower(), form.lower())
    data = png(width, height, seed, prompt)
    if form == "png":
        return Media(data, "image/png")
    if form not in _FORMATS:
        raise BadSetting(f"no mock picture is written as {form!r}: {', '.join(_FORMATS)}", setting="output_format")
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingDependency(
            f"a mock picture as {form} needs the package pillow; install it, or ask for png", package="pillow"
        ) from error
    written = BytesIO()
    Image.open(BytesIO(data)).save(written, form)
    return Media(written.getvalue(), f"image/{form}")
