"""`lollms image` and `lollms edit`: pictures into files, shown in terminals that can."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from lollms_client.cli.call_command import CallCommand, add_output_file, present_media
from lollms_client.cli.outputs import text_of
from lollms_client.cli.parsing import Parser
from lollms_client.types.image import ImageRequest, ImageResult

if TYPE_CHECKING:
    from lollms_client.client import LollmsClient


class _PictureCommand(CallCommand):
    binding_type = "tti"
    title = "drawing"

    @property
    def request_type(self) -> type:
        return ImageRequest

    def _add_common(self, parser: Parser) -> None:
        add_output_file(parser, "the image")
        parser.add_argument("--preview", action="store_true", help="show the image here, in coloured blocks if need be")
        parser.add_argument("--no-preview", action="store_true", help="do not show the image in the terminal")

    def present(self, result: ImageResult, arguments: Namespace, seconds: float) -> None:
        from lollms_client.cli.terminal_pictures import show_picture

        size = _size_words(result)
        files = present_media(
            result.images, result, arguments, prompt=arguments.prompt_text, seconds=seconds,
            facts={"size": size, "text": result.text or None},
        )  # fmt: skip
        if not arguments.json and not arguments.no_preview and files != ["-"]:
            for image in result.images:
                show_picture(image, insist=arguments.preview)


def _size_words(result: ImageResult) -> str | None:
    if not result.images or result.image.mime_type == "image/svg+xml":
        return None
    import importlib.util

    if importlib.util.find_spec("PIL") is None:
        return None
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(result.image)) as picture:
            return f"{picture.width} × {picture.height}"
    except OSError:
        return None


class _ImageCommand(_PictureCommand):
    methods = ("generate_image",)
    own = frozenset({"prompt"})

    def add_arguments(self, parser: Parser) -> None:
        parser.add_argument("prompt", nargs="*", help="what to draw (from the standard input where it is missing)")
        self._add_common(parser)

    def call(self, client: LollmsClient, arguments: Namespace, options: dict[str, Any]) -> ImageResult:
        arguments.prompt_text = text_of(arguments.prompt, "a prompt")
        return client.image(arguments.prompt_text, **options)


class _EditCommand(_PictureCommand):
    methods = ("edit_image", "generate_image")
    own = frozenset({"prompt", "images", "mask", "image"})

    def add_arguments(self, parser: Parser) -> None:
        parser.add_argument("image", metavar="IMAGE", help="the image to change")
        parser.add_argument("prompt", nargs="*", help="how to change it (from the standard input where it is missing)")
        parser.add_argument("--also", action="append", default=[], metavar="IMAGE", help="a further image, to combine")
        parser.add_argument("--mask", metavar="IMAGE", help="an image that is white where the change is to happen")
        self._add_common(parser)

    def call(self, client: LollmsClient, arguments: Namespace, options: dict[str, Any]) -> ImageResult:
        arguments.prompt_text = text_of(arguments.prompt, "a prompt")
        images = [arguments.image, *arguments.also]
        return client.edit_image(images, arguments.prompt_text, arguments.mask, **options)


IMAGE = _ImageCommand()
EDIT = _EditCommand()
