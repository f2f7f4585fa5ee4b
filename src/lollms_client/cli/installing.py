"""`lollms install` and `lollms uninstall`: show what would be done, ask, and do it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lollms_client.cli.choosing import entry_named, manifest_of, registry_for
from lollms_client.cli.manifest_options import add_output_options, add_place_options
from lollms_client.cli.parsing import Parser, UsageError
from lollms_client.cli.terminal import ProgressDisplay, visible
from lollms_client.manifest.model import Manifest
from lollms_client.requirements import InstallPlan, install_requirements, plan_install

if TYPE_CHECKING:
    from lollms_client.installing import Offer

_KINDS = ("startup-code", "install-code", "links", "setuid", "shadowing", "builds")


class _InstallCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument(
            "binding", metavar="SOURCE",
            help="the name of a binding that is there (MODALITY.NAME where several share it), to install what it "
            "needs; or a folder, a .whl, a .zip or a git address (https, ssh, file; @REF, #subdirectory=FOLDER) with a "
            "new one",
        )  # fmt: skip
        parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
        parser.add_argument("--dry-run", action="store_true", help="only show what would be done")
        parser.add_argument("--assets", action="store_true", help="fetch its weights and data now, not on first use")
        parser.add_argument(
            "--allow", action="append", default=[], choices=_KINDS, metavar="WHAT",
            help="take what is refused otherwise: " + ", ".join(_KINDS),
        )  # fmt: skip
        parser.add_argument(
            "--allow-builds", action="store_const", const="builds", dest="allow_builds",
            help="let its packages be built from source, which runs their code (the same as --allow builds)",
        )  # fmt: skip
        group = parser.add_argument_group("a new binding")
        group.add_argument("--upgrade", action="store_true", help="replace the one that was installed before")
        group.add_argument("--name", default="", metavar="NAME", help="what to call it here")
        group.add_argument("--only", default="", metavar="BINDING", help="of several bindings in the source, this one")
        add_place_options(parser)
        add_output_options(parser)

    def run(self, arguments: Namespace) -> int:
        source = _source_of(arguments)
        if source:
            return _install_source(source, arguments)
        manifest = manifest_of(entry_named(registry_for(arguments), arguments.binding))
        plan = plan_install(manifest)
        print(visible(plan.summary()))
        if plan.packages and not arguments.dry_run:
            builds = "builds" in _allowed(arguments)
            install_requirements(manifest, confirm=None if arguments.yes else _agree, allow_builds=builds)
            print(f"{manifest.name}: installed")
        if arguments.assets:
            _fetch_assets(manifest, arguments)
        return 0


def _allowed(arguments: Namespace) -> list[str]:
    """What is taken though it is refused otherwise."""
    return sorted({*arguments.allow, *([arguments.allow_builds] if arguments.allow_builds else [])})


def _source_of(arguments: Namespace) -> str:
    """The source that is meant; "" for a binding that is there already."""
    from lollms_client.installing.sources import looks_like_source

    given: str = arguments.binding
    if looks_like_source(given) or (Path(given).is_dir() and not _is_known(given, arguments)):
        return given
    if not arguments.upgrade:
        return ""
    from lollms_client.installing.records import installed_bindings

    found = [item for item in installed_bindings().values() if given in (item.name, item.full_name)]
    if len(found) != 1:
        raise UsageError(f"{given!r} was not installed by `lollms install`; --upgrade needs the source again")
    arguments.name, arguments.only = found[0].name, found[0].full_name
    return found[0].source


def _is_known(name: str, arguments: Namespace) -> bool:
    """Whether there is a binding of that name, which then is what is meant rather than a folder here."""
    return any(name in (item.name, f"{item.binding_type}.{item.name}") for item in registry_for(arguments).list())


def _install_source(text: str, arguments: Namespace) -> int:
    from lollms_client.installing import Staging, install, read_source

    allowed = _allowed(arguments)
    with Staging(read_source(text)) as staging:
        offers = staging.offers(name=arguments.name, only=arguments.only, allowed=allowed)
        _show(offers, arguments)
        offers = [offer for offer in offers if not offer.unchanged]
        if arguments.dry_run or not offers:
            return 0
        if not arguments.yes and not _agree_to(offers, text):
            raise UsageError("nothing was installed")
        for offer in offers:
            record = install(offer, upgrade=arguments.upgrade, allowed=allowed)
            if not arguments.json:
                print(f"{record.full_name}: installed into {record.folder}")
            if arguments.assets:
                _fetch_assets(offer.candidate.manifest, arguments)
    return 0


def _show(offers: Sequence[Offer], arguments: Namespace) -> None:
    from lollms_client.testing.tier_records import tier_of

    tiers = [tier_of(f"{item.candidate.binding_type}.{item.candidate.name}", item.candidate.folder) for item in offers]
    if arguments.json:
        from lollms_client.cli.call_command import print_json

        print_json({"offers": [_facts(offer, tier) for offer, tier in zip(offers, tiers, strict=True)]})
        return
    for offer, tier in zip(offers, tiers, strict=True):
        for line in offer.lines(tier):
            print(visible(line.replace("\n", " ")))  # one of theirs looks like none of ours


def _facts(offer: Offer, tier: str | None) -> dict[str, Any]:
    manifest = offer.candidate.manifest
    return {
        "name": offer.candidate.name, "binding_type": offer.candidate.binding_type, "title": manifest.title,
        "author": manifest.author, "license": manifest.license, "version": manifest.version,
        "requirements": list(manifest.requirements), "reach": manifest.reach or None, "tier": tier,
        "source": offer.source.shown, "commit": offer.commit, "files": offer.files, "allowed": list(offer.notes),
        "warnings": list(offer.warnings),
        "unchanged": offer.unchanged,
    }  # fmt: skip


def _agree_to(offers: Sequence[Offer], source: str) -> bool:
    if not sys.stdin.isatty():
        names = ", ".join(offer.candidate.name for offer in offers)
        raise UsageError(f"nobody is there to agree; to install {names} say: lollms install {source} --yes")
    return _answered_yes()


def _agree(plan: InstallPlan) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            f"nobody is there to agree; to install {', '.join(plan.packages)} say: lollms install {plan.binding} --yes"
        )
    return _answered_yes()


def _answered_yes() -> bool:
    return input("Install? [y/N] ").strip().lower() in ("y", "yes")


def _fetch_assets(manifest: Manifest, arguments: Namespace) -> None:
    from lollms_client.assets import ensure, is_present
    from lollms_client.engines.asset_catalogue import ALL

    names = {item.get("name") for item in manifest.assets if isinstance(item, dict)}
    wanted = [asset for asset in ALL if asset.name in names]
    if not wanted:
        print(f"{manifest.name}: fetches nothing")
    for asset in wanted:
        words = f"{asset.title}, {asset.megabytes} MB, licence {asset.license}"
        if is_present(asset):
            print(f"  = {words} (already there)")
        elif arguments.dry_run:
            print(f"  + {words}")
        else:
            with ProgressDisplay(asset.title, quiet=arguments.quiet) as display:
                folder = ensure(asset, report=display)
            print(f"  + {words}, in {folder}")


class _UninstallCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument("binding", metavar="BINDING", help="its name, or MODALITY.NAME where several share it")
        add_output_options(parser)

    def run(self, arguments: Namespace) -> int:
        from lollms_client.installing import uninstall

        record = uninstall(arguments.binding)
        if not arguments.quiet:
            print(f"{record.full_name}: removed from {record.folder}; packages that it needed were left")
        return 0


INSTALL = _InstallCommand()
UNINSTALL = _UninstallCommand()
