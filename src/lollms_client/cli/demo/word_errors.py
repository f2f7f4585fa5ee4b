"""Word error rate: how many words of a transcript are wrong, missing or too many, and which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Kind = Literal["same", "wrong", "missing", "added"]


class Step(NamedTuple):
    """One place of an alignment: the word said and the word heard ("" for none)."""

    kind: Kind
    said: str
    heard: str


def word_error_rate(said: Sequence[str], heard: Sequence[str]) -> float:
    """Errors for each word said: 0.0 is perfect; above 1.0 there are more errors than words."""
    if not said:
        return 0.0 if not heard else 1.0
    return sum(step.kind != "same" for step in align(said, heard)) / len(said)


def align(said: Sequence[str], heard: Sequence[str]) -> list[Step]:
    """The alignment with the fewest errors, from the first word to the last."""
    costs = [list(range(len(heard) + 1))]
    for row, word in enumerate(said, start=1):
        line = [row]
        for column, other in enumerate(heard, start=1):
            change = costs[row - 1][column - 1] + (word != other)
            line.append(min(change, costs[row - 1][column] + 1, line[column - 1] + 1))
        costs.append(line)
    steps: list[Step] = []
    row, column = len(said), len(heard)
    while row or column:
        cost = costs[row][column]
        if row and column and cost == costs[row - 1][column - 1] + (said[row - 1] != heard[column - 1]):
            kind: Kind = "same" if said[row - 1] == heard[column - 1] else "wrong"
            steps.append(Step(kind, said[row - 1], heard[column - 1]))
            row, column = row - 1, column - 1
        elif row and cost == costs[row - 1][column] + 1:
            steps.append(Step("missing", said[row - 1], ""))
            row -= 1
        else:
            steps.append(Step("added", "", heard[column - 1]))
            column -= 1
    return steps[::-1]
