"""`lollms install`: shows what a binding needs, asks, and installs it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from lollms_client.cli.choosing import entry_named, manifest_of, registry_for
from lollms_client.cli.manifest_options import add_output_options, add_place_options
from lollms_client.cli.parsing import Parser, UsageError
from lollms_client.cli.terminal import ProgressDisplay
from lollms_client.manifest.model import Manifest
from lollms_client.requirements import InstallPlan, install_requirements, plan_install


class _InstallCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument("binding", metavar="BINDING", help="its name, or MODALITY.NAME where several share it")
        parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
        parser.add_argument("--dry-run", action="store_true", help="only show what would be done")
        parser.add_argument("--assets", action="store_true", help="fetch its weights and data now, not on first use")
        add_place_options(parser)
        add_output_options(parser)

    def run(self, arguments: Namespace) -> int:
        manifest = manifest_of(entry_named(registry_for(arguments), arguments.binding))
        plan = plan_install(manifest)
        print(plan.summary())
        if plan.packages and not arguments.dry_run:
            install_requirements(manifest, confirm=None if arguments.yes else _ask)
            print(f"{manifest.name}: installed")
        if arguments.assets:
            _fetch_assets(manifest, arguments)
        return 0


def _ask(plan: InstallPlan) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            f"nobody is there to agree; to install {', '.join(plan.packages)} say: lollms install {plan.binding} --yes"
        )
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


INSTALL = _InstallCommand()
