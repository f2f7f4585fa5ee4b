"""Finds out of an OpenAPI document where a service answers, and how the key travels there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lollms_client.manifest.secret_names import says_secret
from lollms_client.scaffold.openapi_schemas import Document

_BEARER = ("Authorization", "Bearer ", "")


def key_of(document: Document, operation: Mapping[str, Any], parameters: list[Any]) -> tuple[str, str, str]:
    """The header that carries the key, what stands before it there, and its name where it travels in the address.

    Documents without security schemes often name the header among the parameters of each route.
    """
    schemes = document.mapping(document.mapping(document.root.get("components")).get("securitySchemes"))
    wanted = operation.get("security", document.root.get("security")) or []
    names = [str(name) for item in wanted if isinstance(item, Mapping) for name in item] or list(map(str, schemes))
    for name in names:
        scheme = document.mapping(schemes.get(name))
        if scheme.get("type") == "http" and str(scheme.get("scheme")).lower() == "bearer":
            return _BEARER
        if scheme.get("type") == "apiKey":
            return _api_key(scheme)
    named = [str(item.get("name")) for item in parameters if item.get("in") == "header"]
    found = next((name for name in named if is_key_header(name)), "")
    return (found, "", "") if found else _BEARER


def _api_key(scheme: Mapping[str, Any]) -> tuple[str, str, str]:
    header, words = str(scheme.get("name") or "Authorization"), str(scheme.get("description") or "")
    if scheme.get("in") == "query":
        return "", "", header
    said = re.search(rf"{re.escape(header)}:\s*(\w+)\s+[<$\[{{]", words)
    usual = "Bearer " if header.lower() == "authorization" else ""
    return header, f"{said[1]} " if said else usual, ""


def is_key_header(name: str) -> bool:
    """Whether a header's name says that it carries the key by itself, without a word before it."""
    return says_secret(name) and name.lower() != "authorization"


def address_of(document: Document, item: Mapping[str, Any], operation: Mapping[str, Any]) -> tuple[str, str]:
    """The path that stands before all routes where no host is known, and the address where one is."""
    before = ""
    for place in (operation, item, document.root):
        servers = place.get("servers")
        for server in servers if isinstance(servers, list) else []:
            url = _filled(document, document.mapping(server))
            parts = urlsplit(url)
            if parts.scheme in ("http", "https") and parts.netloc and "{" not in url:
                return "", url.rstrip("/")
            if re.fullmatch(r"/[^{}?#\s]+", url) and not url.startswith("//"):
                before = before or url.rstrip("/")
    return before, ""


def _filled(document: Document, server: Mapping[str, Any]) -> str:
    """A server's address with the defaults of its variables."""
    url = str(server.get("url") or "")
    for name, variable in document.mapping(server.get("variables")).items():
        url = url.replace(f"{{{name}}}", str(document.mapping(variable).get("default", name)))
    return url
