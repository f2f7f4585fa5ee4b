"""What bindings with one fault each show under attack, as data: for rules whose faults take long to be played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lollms_client.testing import attack_evidence
from lollms_client.testing.attack_ends import Trial
from lollms_client.testing.attack_evidence import AttackEvidence
from lollms_client.testing.rules import SUITES
from lollms_client.testing.subject import Subject, find_subject
from tests.kit.faults.samples import write_sample

ATTACKED = ("errors", "cancellation", "adversaries")
_WAITS = {"kind": "error", "code": "rate_limited", "codes": ("rate_limited",), "text": "slow down"}

# by the rule that must find it: how one trial of a good binding ends otherwise
TRIALS: dict[str, dict[str, Any]] = {
    "E101": {"kind": "value", "text": "<html>"},
    "E102": {"rule": "E110", "kind": "foreign", "type": "KeyError", "text": "'text'"},
    "E103": {"rule": "E101", "codes": ("rate_limited",), "code": "rejected"},
    "E104": {**_WAITS, "asked_to_wait": 7.0},
    "E105": {"rule": "E101", "text": " "},
    "E106": {"kind": "foreign", "type": "OSError", "attack": "generate_text: status 500"},
    "E107": {"rule": "E101", "secret": "service_key"},
    "E109": {"asked": 50},
    "E110": {"kind": "value", "text": "nothing"},
    "E111": {"kind": "hung", "text": "it did not come to an end within 12 s"},
    "E112": {"rule": "E101", "after": "it gives another result"},
    "A114": {"kind": "error", "code": "unavailable", "carried": ("another server",)},
    "A115": {"kind": "error", "code": "unavailable", "reached": ("http://10.11.12.13",)},
    "A111": {"kind": "error", "code": "bad_reply", "left": "it took all 160 MiB of a reply that has no end"},
    "A122": {"rule": "A101", "after": "it gives another result"},
    "A123": {"rule": "A101", "secret": "service_key"},
    "X107": {"rule": "X101", "after": "it gives another result"},
    **{f"X10{number}": {"kind": "value", "text": "all of it"} for number in range(1, 7)},
    **{f"A{number}": {"kind": "value", "text": "half"} for number in (*range(101, 111), 112, 113, 116, 117, 118)},
}
# what the process as a whole shows
WHOLE: dict[str, dict[str, Any]] = {
    "E113": {"finished": False, "ended": "it ended with code 3", "busy": "status 500"},
    "X108": {"finished": False, "ended": "it ended with code 3", "busy": "a token is tripped"},
    "A119": {"finished": False, "ended": "it ended with code 3", "busy": "the job never finishes"},
    "A120": {"grown": {"threads": 5.0}},
    "A121": {"megabytes": 900.0},
}
_RULES = {
    "errors": ("E101", "E104", "E106", "E109", "E110", "E111"),
    "cancellation": tuple(f"X10{number}" for number in range(1, 7)),
    "adversaries": tuple(f"A{number}" for number in range(101, 119)),
}


def evidence(code: str = "", suite: str = "") -> AttackEvidence:
    """What a binding with the fault that `code` must find shows in its suite; a good one without a code."""
    suite = suite or SUITES[code[0]]
    trials = [_good(rule) for rule in _RULES[suite]]
    if code in TRIALS:
        changes = TRIALS[code]
        bad = _good(changes.get("rule", code))
        for name, value in changes.items():
            setattr(bad, name, value)
        trials.append(bad)
    facts = {"grown": {"threads": 4.0}, "megabytes": 700.0, **WHOLE.get(code, {})}
    return AttackEvidence(**{"finished": True, "is_flow": True, "trials": trials, **facts})


def _good(rule: str) -> Trial:
    """A call that ends with an error where an error is right."""
    codes = ("cancelled",) if rule.startswith("X") else ()
    found = Trial(
        rule=rule, case="a case", attack="an attack", driver="scripted", expect="error", codes=codes, kind="error",
        code=codes[0] if codes else "unavailable", type="Unavailable", text="the service is not there", asked=1,
    )  # fmt: skip
    if rule == "E106":
        found.kind = "dictionary"
    return found


def judged_subject(folder: Path, code: str = "") -> Subject:
    """A binding of which that is known already; without a code, a good one."""
    subject = find_subject(write_sample(folder, "plain"))
    subject.__dict__["kept_for_judging"] = {
        suite: evidence(code if code and SUITES[code[0]] == suite else "", suite) for suite in ATTACKED
    }
    return subject


def show(subject: Subject) -> None:
    """Have rules see what is known of the binding, in place of what a process would find out."""
    attack_evidence._known.clear()
    for suite, found in subject.__dict__["kept_for_judging"].items():
        attack_evidence._known[id(subject), suite] = (subject, found)
