"""Mutates the rules of the kit and tells which mutants no broken binding finds out: `python -m tests.kit.mutation`."""

from __future__ import annotations

import ast
import copy
import inspect
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from lollms_client.testing.rules import NotApplicable, Rule, Unproven, all_rules
from lollms_client.testing.subject import Subject, find_subject
from tests.kit.broken_bindings import BROKEN, write_sample
from tests.kit.engines.broken_engines import BROKEN_ENGINES
from tests.kit.engines.samples import SAMPLES, write_engine
from tests.kit.forged import forged_subjects
from tests.kit.leaks.samples import BROKEN as LEAKS
from tests.kit.leaks.samples import write_sample as write_leaking

NOTHING = "yields nothing"
# faults that show only where calls are answered: one for each of their rules
WHEN_ANSWERED = (
    "keeps_the_history", "keeps_the_callback_on_the_object", "sleeps_in_a_flow", "prints_the_answer",
    "starts_a_task_for_each_call", "seeds_random",
)  # fmt: skip
_SWAPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


class Mutant(NamedTuple):
    """A rule with one thing changed."""

    code: str
    change: str
    find: Any


def mutants(rule: Rule) -> Iterator[Mutant]:
    """Every mutant of a rule: one that finds nothing, and one for each condition turned round."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(rule.find)))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    yield _compiled(rule, tree, NOTHING, None)
    for at, node in enumerate(ast.walk(function)):
        for change in _changes(node):
            yield _compiled(rule, tree, f"line {getattr(node, 'lineno', 0)}: {change}", at, change)


def _changes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Compare):
        yield "another comparison"
    elif isinstance(node, ast.BoolOp):
        yield "and for or"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "no not"
    elif isinstance(node, ast.If | ast.IfExp):
        yield "never"
        yield "always"


def _compiled(rule: Rule, tree: ast.Module, words: str, at: int | None, change: str = "") -> Mutant:
    mutated = copy.deepcopy(tree)
    function = mutated.body[0]
    assert isinstance(function, ast.FunctionDef)
    if at is None:
        function.body = ast.parse("return\nyield").body
    else:
        _change(list(ast.walk(function))[at], change)
    ast.fix_missing_locations(mutated)
    names = vars(sys.modules[rule.find.__module__])
    space: dict[str, Any] = {}
    exec(compile(mutated, f"<mutant of {rule.code}>", "exec"), names, space)
    return Mutant(rule.code, words, space[function.name])


def _change(node: ast.AST, change: str) -> None:
    if isinstance(node, ast.Compare):
        node.ops = [_SWAPS[type(node.ops[0])](), *node.ops[1:]]
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp):
        node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.If | ast.IfExp):
        node.test = ast.Constant(change == "always")


def outcome(find: Any, subject: Subject) -> object:
    """What a rule says of a binding, in a form that can be compared."""
    try:
        return tuple(find(subject))
    except (NotApplicable, Unproven) as why:
        return f"{type(why).__name__}: {why}"
    except Exception as error:
        return f"{type(error).__name__}"


def survivors(rules: Iterable[Rule], subjects: Mapping[str, Iterable[Subject]]) -> list[Mutant]:
    """The mutants that say the same as their rule of every binding. `subjects` by code; "" for all rules."""
    found: list[Mutant] = []
    for rule in rules:
        met = [*subjects.get(rule.code, ()), *subjects.get("", ())]
        right = [outcome(rule.find, subject) for subject in met]
        for mutant in mutants(rule):
            if all(outcome(mutant.find, subject) == says for subject, says in zip(met, right, strict=True)):
                found.append(mutant)
    return found


_known: dict[str, Subject] = {}  # what is known of a binding costs a process: it is found out once


def remembered(name: str, folder: Path) -> Subject:
    """The binding in that folder, with whatever was found out about it already."""
    return _known.setdefault(name, find_subject(folder))


def broken_subjects(folder: Path) -> dict[str, list[Subject]]:
    """Every broken binding by the code of the rule that must find it, and good ones under ""."""
    found: dict[str, list[Subject]] = {}

    def add(name: str, codes: Iterable[str], write: Callable[[Path], Path]) -> None:
        subject = _known.get(name) or remembered(name, write(folder / name / "sample_voice"))
        for code in codes:
            found.setdefault(code, []).append(subject)

    add("good", [""], write_sample)
    for name, broken in BROKEN.items():
        add(name, [broken.rule], partial(write_sample, broken=broken))
    for name, sample in SAMPLES.items():
        add(f"engine {name}", [""], partial(write_engine, sample=sample))
    for name, fault in BROKEN_ENGINES.items():
        write = partial(write_engine, sample=SAMPLES[fault.sample], old=fault.old, new=fault.new)
        add(f"engine {name}", {fault.rule, *fault.also}, write)
    for name in WHEN_ANSWERED:
        add(f"leaks {name}", [LEAKS[name].rule], partial(write_leaking, name=name))
    for code, subject in forged_subjects(folder / "forged"):
        found.setdefault(code, []).append(subject)
    return found


def main() -> int:
    """Print the mutants that live; 1 where a required rule could be gone without anybody noticing."""
    with tempfile.TemporaryDirectory() as place:
        subjects = broken_subjects(Path(place))
        rules = [rule for rule in all_rules() if rule.code in subjects]
        living = survivors(rules, subjects)
    count = sum(1 for rule in rules for _ in mutants(rule))
    for mutant in living:
        print(f"{mutant.code} {mutant.change}")
    print(f"{len(rules)} rules, {count} mutants, {len(living)} live")
    missing = [rule.code for rule in all_rules() if rule.required and rule.code not in subjects]
    print(f"rules without a broken binding here: {' '.join(missing)}")
    return 1 if any(mutant.change == NOTHING for mutant in living) else 0


if __name__ == "__main__":
    sys.exit(main())
