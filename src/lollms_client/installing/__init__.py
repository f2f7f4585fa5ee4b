"""Installs bindings of third parties: from a folder, a wheel, a zip or a git repository, running nothing of them."""

from __future__ import annotations

from lollms_client.installing.objections import KINDS, InstallRefused, Objection
from lollms_client.installing.offers import Offer, Staging, install, uninstall
from lollms_client.installing.records import InstalledBinding, changes_since, installed_bindings, record_of
from lollms_client.installing.sources import Source, looks_like_source, read_source

__all__ = [
    "KINDS",
    "InstallRefused",
    "InstalledBinding",
    "Objection",
    "Offer",
    "Source",
    "Staging",
    "changes_since",
    "install",
    "installed_bindings",
    "looks_like_source",
    "read_source",
    "record_of",
    "uninstall",
]
