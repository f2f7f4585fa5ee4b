"""What a discussion's size costs: each operation in one of 1,000 and in one of 100,000 messages, and their ratio.

Run it with `python benchmarks/discussion.py [--messages 100000] [--url sqlite:///path.db]`; without a URL it measures
in memory and in a temporary SQLite file. A ratio near 1 means that the size does not matter.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lollms_client.lollms_discussion import LollmsDataManager, LollmsDiscussion, LollmsMessage

SMALL = 1_000
BRANCH = 100  # messages in each branch of the wide tree
WINDOW = 50


def messages(count: int, branch: int) -> list[LollmsMessage]:
    """Chains of `branch` messages, all hanging below one root."""
    made = [LollmsMessage(id="m0", sender="user", content="root")]
    for number in range(1, count):
        parent = "m0" if number % branch == 1 or branch == 1 else f"m{number - 1}"
        speaker = "assistant" if number % 2 else "user"
        text = f"message {number} with a few words"
        made.append(LollmsMessage(id=f"m{number}", parent_id=parent, sender=speaker, content=text))
    return made


def build(store: Any, count: int, branch: int) -> LollmsDiscussion:
    """A discussion that is opened anew, so that nothing is at hand already."""
    discussion = LollmsDiscussion(None, db_manager=store)
    discussion.attach_all(messages(count, branch))
    return LollmsDiscussion(None, db_manager=store, discussion_id=discussion.id) if store is not None else discussion


def best(operation: Callable[[], object], repeats: int = 15) -> float:
    """Seconds of the fastest of some runs."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        operation()
        times.append(time.perf_counter() - began)
    return min(times)


def measured(store: Any, count: int) -> dict[str, float]:
    """Seconds of each operation: in a wide tree (short branches) and in a deep one (a single branch)."""
    wide, deep = build(store, count, BRANCH), build(store, count, count)
    tip = f"m{count // BRANCH // 2 * BRANCH}"  # the last of a branch in the middle
    other = f"m{count // BRANCH // 2 * BRANCH - BRANCH + 1}"  # the first of it
    return {
        "append, wide": best(lambda: wide.add_message(sender="user", content="new")),
        "append, deep": best(lambda: deep.add_message(sender="user", content="new")),
        f"read a branch of {BRANCH}": best(lambda: wide.get_branch(tip)),
        f"switch to a branch of {BRANCH}": best(lambda: wide.switch_to_branch(other)),
        f"export the newest {WINDOW}, deep": best(lambda: deep.export("openai_chat", limit=WINDOW)),
        "export 2,000 tokens, deep": best(
            lambda: deep.export("openai_chat", max_allowed_tokens=2_000, count=lambda text: len(text) // 4)
        ),
        "edit, wide": best(lambda: wide.edit_message(tip, "else")),
    }


def report(name: str, store: Any, count: int) -> None:
    """Print one table."""
    began = time.perf_counter()
    small, large = measured(store, SMALL), measured(store, count)
    print(f"\n{name} ({time.perf_counter() - began:.1f} s in all)")
    print(f"{'operation':34} {SMALL:>12,} {count:>12,}   ratio")
    for operation, seconds in small.items():
        ratio = large[operation] / seconds
        print(f"{operation:34} {seconds * 1e3:9.3f} ms {large[operation] * 1e3:9.3f} ms {ratio:7.2f}")
    if store is not None:
        began = time.perf_counter()
        store.search_messages("message 77777")
        print(f"{'full-text search':34} {'':12} {(time.perf_counter() - began) * 1e3:9.3f} ms")


def main() -> None:
    """Measure in memory and in a database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--url", help="a database to measure in, instead of a temporary SQLite file")
    arguments = parser.parse_args()
    report("In memory", None, arguments.messages)
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.url or f"sqlite:///{Path(folder) / 'benchmark.db'}"
        with LollmsDataManager(url) as store:
            report(url.partition(":")[0], store, arguments.messages)


if __name__ == "__main__":
    main()
