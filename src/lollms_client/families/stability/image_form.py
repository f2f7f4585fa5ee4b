"""From an image request to the form of one of Stability's operations, with warnings for what it cannot take."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from lollms_client.errors import BadSetting
from lollms_client.families.multipart import FormFile
from lollms_client.types.accounting import CallWarning
from lollms_client.types.image import ImageRequest
from lollms_client.types.media import Media

_COMMON = {
    "negative_prompt": "negative_prompt",
    "seed": "seed",
    "style": "style_preset",
    "guidance": "cfg_scale",
    "strength": "strength",
}
_USUAL_STRENGTH = 0.5


@functools.cache
def facts() -> dict[str, Any]:
    """The table of operations, models and aspect ratios."""
    table: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("operations.yaml").read_text(encoding="utf-8"))
    return table


class ImageForm(NamedTuple):
    """What is sent for a request."""

    operation: str
    path: str
    later: bool
    model: str | None
    fields: dict[str, Any]
    files: list[FormFile]
    warnings: list[CallWarning]


def operation_of(request: ImageRequest, model: str, extra: dict[str, Any]) -> str:
    """The operation: the one asked for, else the one that the request's images and parameters speak of."""
    wanted = extra.get("operation")
    if wanted is not None:
        return str(wanted)
    generating = next((row["operation"] for row in facts()["models"] if row["name"] == model), "sd3")
    if not request.images:
        return str(generating)
    if request.mask is not None:
        return "inpaint"
    for name, operation in (("search_prompt", "search-and-replace"), ("select_prompt", "search-and-recolor")):
        if extra.get(name):
            return operation
    if any(extra.get(side) for side in ("left", "right", "up", "down")):
        return "outpaint"
    return "ultra" if generating == "core" else str(generating)


def image_form(request: ImageRequest, model: str, extra: dict[str, Any]) -> ImageForm:
    """The form. Raises BadSetting for an unknown operation, and for images missing or too many."""
    table = facts()
    model = table["aliases"].get(model, model)
    name = operation_of(request, model, extra)
    row = table["operations"].get(name)
    if row is None:
        raise BadSetting(
            f"Stability has no operation {name}; choose {', '.join(table['operations'])}", setting="operation"
        )
    warnings: list[CallWarning] = []
    takes = set(row["takes"])
    files = _files(request, name, row)
    fields = {field: extra[field] for field in row["takes"] if extra.get(field) is not None}
    if request.prompt and "prompt" in takes:
        fields[row.get("prompt_field", "prompt")] = request.prompt
    elif request.prompt:
        warnings.append(CallWarning(kind="dropped", setting="prompt", detail=f"{name} does not take it"))
    for ours, theirs in _COMMON.items():
        value = getattr(request, ours)
        if value is None:
            continue
        if theirs in takes and not (theirs == "strength" and not request.images):
            fields[theirs] = value
        else:
            warnings.append(CallWarning(kind="dropped", setting=ours, detail=f"{name} does not take it"))
    _mode(request, name, model, fields, warnings)
    _size(request, name, takes, fields, warnings)
    if request.mask is not None and "mask" not in takes:
        warnings.append(CallWarning(kind="dropped", setting="mask", detail=f"{name} does not take it"))
    for ours in ("steps", "quality"):
        if getattr(request, ours) is not None:
            warnings.append(CallWarning(kind="dropped", setting=ours, detail="the service does not take it"))
    fields["output_format"] = _format(request, row, warnings)
    sent_model = {"sd3": model, "core": "core", "ultra": "ultra"}.get(name)
    return ImageForm(
        name, f"v2beta/stable-image/{row['path']}", bool(row.get("later")), sent_model, fields, files, warnings
    )


def _files(request: ImageRequest, name: str, row: dict[str, Any]) -> list[FormFile]:
    most = {"no": 0}.get(row["image"], 2 if row.get("second_image") else 1)
    if row["image"] == "must" and not request.images:
        raise BadSetting(f"{name} needs an image", setting="images")
    if len(request.images) > most:
        raise BadSetting(f"{name} takes {most or 'no'} image{'s' * (most > 1)}", setting="images")
    if row.get("second_image") and len(request.images) < most:
        raise BadSetting(f"{name} needs two images: the one to change, and one of the style", setting="images")
    names = [row.get("image_field", "image"), row.get("second_image", "")]
    found = [FormFile(field, Media(image)) for field, image in zip(names, request.images, strict=False)]
    if request.mask is not None and "mask" in row["takes"]:
        found.append(FormFile("mask", Media(request.mask)))
    return found


def _mode(request: ImageRequest, name: str, model: str, fields: dict[str, Any], warnings: list[CallWarning]) -> None:
    """Which model makes the image, and whether it starts from one."""
    if name == "sd3":
        fields["model"] = model
        fields["mode"] = "image-to-image" if request.images else "text-to-image"
    elif name in ("core", "ultra") and request.images and model == "core":
        warnings.append(CallWarning(kind="replaced", setting="model", detail="core takes no image; ultra is used"))
    if name in ("sd3", "ultra") and request.images:
        fields.setdefault("strength", _USUAL_STRENGTH)


def _size(
    request: ImageRequest, name: str, takes: set[str], fields: dict[str, Any], warnings: list[CallWarning]
) -> None:
    """The nearest aspect ratio: the service chooses the pixels."""
    starts_from_image = bool(request.images) and name != "style"
    if starts_from_image and fields.pop("aspect_ratio", None):
        warnings.append(CallWarning(kind="dropped", setting="aspect_ratio", detail="the image gives the size"))
    if request.width is None and request.height is None:
        return
    if "aspect_ratio" not in takes or starts_from_image:
        detail = "the image gives the size"
        warnings += [
            CallWarning(kind="dropped", setting=side, detail=detail)
            for side in ("width", "height")
            if getattr(request, side) is not None
        ]
        return
    ratio = fields.setdefault("aspect_ratio", nearest_ratio(request.width or 1024, request.height or 1024))
    warnings.append(CallWarning(kind="replaced", setting="width, height", detail=f"sent as the aspect ratio {ratio}"))


def nearest_ratio(width: int, height: int) -> str:
    """The offered aspect ratio nearest to that of a size in pixels."""
    if width < 1 or height < 1:
        raise BadSetting("width and height must be positive", setting="width")

    def distance(ratio: str) -> float:
        across, _, down = ratio.partition(":")
        offered = int(across) / int(down)
        return max(offered / (width / height), (width / height) / offered)

    return str(min(facts()["aspect_ratios"], key=distance))


def _format(request: ImageRequest, row: dict[str, Any], warnings: list[CallWarning]) -> str | None:
    if request.output_format is None:
        return None
    wanted = request.output_format.lower().replace("jpg", "jpeg")
    offered = row.get("formats", ["png", "jpeg", "webp"])
    if wanted in offered:
        return wanted
    warnings.append(CallWarning(kind="replaced", setting="output_format", detail=f"{offered[0]} is made instead"))
    return str(offered[0])
