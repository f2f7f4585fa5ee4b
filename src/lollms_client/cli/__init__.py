"""The console command `lollms`: finds the command, runs it, and turns every failure into a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lollms_client.cli.command_table import COMMANDS, load_command

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run `lollms` with these arguments (by default the process's own) and return its exit code.

    0: done; 1: the call failed; 2: wrong usage or a wrong setting; 3: a key, a package or data are missing;
    130: interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except SystemExit as stop:  # argparse, after --help
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _silence_output()
        return 141
    except Exception as error:  # noqa: BLE001 (the outermost edge: a person reads a message, not a traceback)
        from lollms_client.cli.failing import report

        return report(error, as_json="--json" in words, debug="--debug" in words)


def _dispatch(words: list[str]) -> int:
    name = words[0] if words else "--help"
    if name in ("-h", "--help", "help"):
        if len(words) > 1 and words[1] in COMMANDS:
            return _run(words[1], ["--help"])
        print(_overview())
        return 0
    if name in ("-V", "--version"):
        from lollms_client import __version__

        print(f"lollms_client {__version__}")
        return 0
    if name not in COMMANDS:
        from lollms_client.cli.parsing import UsageError
        from lollms_client.manifest.values import near_names

        near = near_names(name, COMMANDS, limit=1)
        hint = f"did you mean `lollms {near[0]}`?" if near else "`lollms --help` lists the commands"
        raise UsageError(f"there is no command {name!r}; {hint}")
    return _run(name, words[1:])


def _run(name: str, words: list[str]) -> int:
    from lollms_client.cli.parsing import Parser

    command = load_command(name)
    parser = Parser(prog=f"lollms {name}", description=COMMANDS[name].help)
    command.configure(parser, words)
    return command.run(parser.parse_all(words))


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = ["usage: lollms COMMAND [OPTIONS]", "", "Any AI model, in six modalities. Commands:", ""]
    lines += [f"  {name:<{width}}  {entry.help}" for name, entry in COMMANDS.items()]
    lines += [
        "",
        "`lollms COMMAND --help` tells a command's options; those of the chosen binding are among them.",
        "`lollms --version` tells the version.",
    ]
    return "\n".join(lines)


def _silence_output() -> None:
    """Whoever read our output is gone: keep the interpreter from complaining about it at its end."""
    import os

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
