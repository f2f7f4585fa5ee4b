"""The rule of certificates: a binding checks whom it talks to, unless the user says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lollms_client.testing.certificate_checks import unchecked
from lollms_client.testing.rules import NotApplicable, rule
from lollms_client.testing.subject import Subject

_NEGATED = re.compile(r"insecure|unsafe|skip|disable|ignore|self_?signed|without|no_?(verify|check|tls|ssl)", re.I)


@rule(
    "S201",
    "certificates are checked",
    reason="Without that, whoever stands between takes the key and changes the answers.",
    cure="Leave verification on; let a setting that checks by default (verify_ssl_certificate) decide, if anything.",
)
def _checked(subject: Subject) -> Iterator[str]:
    if not subject.trees:
        raise NotApplicable("there is no code")
    names = list(subject.setting_names())
    on = {name for name in names if _is_on(subject, name)}
    told: set[tuple[str, int]] = set()
    for file, tree in subject.trees:
        where = file.relative_to(subject.folder).as_posix()
        for place in unchecked(tree, names):
            if place.decided_by & on or (place.off and not place.off - on) or (where, place.line) in told:
                continue
            told.add((where, place.line))
            hangs = f", which hangs on {' and '.join(sorted(place.off - on))}" if place.off else ""
            yield f"{where}, line {place.line}: {place.what}{hangs}"


def _is_on(subject: Subject, name: str) -> bool:
    """Whether certificates are checked as long as nobody touches a setting of that name."""
    setting = subject.manifest.setting(name)
    default = setting.default if setting is not None else None
    if _NEGATED.search(name):
        return not default
    return default is not False and default not in ("false", "no", "off", 0)
