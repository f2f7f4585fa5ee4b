"""Choosing a voice: what espeak-ng offers, by name, by language, with a variant, and near names for a wrong one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from lollms_client.engines.espeak.library import Library, RawVoice
from lollms_client.errors import NotFound
from lollms_client.types import Voice

_WITHOUT_SPACES = ("cmn", "yue", "hak", "ja", "th", "my", "shn")
_TAG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?")  # language, script and region of BCP 47
_SAME_LANGUAGE = {"iw": "he", "in": "id", "zh-hk": "yue", "zh-mo": "yue"}  # older and regional codes


class EspeakVoice(msgspec.Struct, frozen=True, kw_only=True):
    """A voice or a variant: `name` is ours, `identifier` the library's, languages with their priorities."""

    name: str
    title: str
    identifier: str
    languages: tuple[tuple[int, str], ...] = ()
    gender: str = ""

    @property
    def language(self) -> str:
        """The first language as a BCP 47 tag, such as `en-US`."""
        return _tag(self.languages[0][1]) if self.languages else ""

    @property
    def has_spaces(self) -> bool:
        """Whether the language puts spaces between its words."""
        return not self.name.startswith(_WITHOUT_SPACES)


class Catalogue:
    """All voices and variants of the installed data."""

    def __init__(self, voices: Iterable[EspeakVoice], variants: Iterable[EspeakVoice]) -> None:
        self.voices = {voice.name: voice for voice in voices}
        self.variants = {variant.name: variant for variant in variants}

    @classmethod
    def of(cls, library: Library) -> Catalogue:
        """Read the catalogue out of the library, without voices whose dictionary is not installed."""
        taken: set[str] = set()
        voices: list[EspeakVoice] = []
        for raw in library.voices():
            if raw.identifier.startswith("mb/") or not _has_dictionary(raw, library.data_path):
                continue
            name = raw.languages[0][1].lower()
            name = name if name not in taken else raw.identifier.rpartition("/")[2].lower()
            taken.add(name)
            voices.append(_voice(name, raw))
        variants = [_voice(raw.identifier.removeprefix("!v/"), raw) for raw in library.voices("variant")]
        return cls(voices, variants)

    def find(self, name: str | None, language: str | None, default: str) -> tuple[EspeakVoice, EspeakVoice | None]:
        """Choose a voice and its variant: `en-us`, `en-us+f3`, `+f3`, `English (America)`, or the best for a language.

        `default` is the voice where neither a name nor a language says anything. Raises NotFound, naming near names.
        """
        base_name, _, variant_name = (name or "").partition("+")
        if base_name.strip():
            base = self._named(base_name.strip())
        elif language:
            base = self._speaking(language)
        else:
            base_name, _, default_variant = default.partition("+")
            base, variant_name = self._named(base_name.strip()), variant_name or default_variant
        return base, self._variant(variant_name.strip()) if variant_name.strip() else None

    def _named(self, name: str) -> EspeakVoice:
        wanted = name.lower().replace("_", "-")
        for voice in self.voices.values():
            if wanted in (voice.name, voice.identifier.lower(), voice.title.lower()):
                return voice
        found = (self.best_for(wanted) if _TAG.fullmatch(wanted) else None) or self._of_file(wanted)
        if found is None:
            raise _unknown("voice", name, [*self.voices, *(voice.title for voice in self.voices.values())])
        return found

    def _of_file(self, name: str) -> EspeakVoice | None:
        files = {voice.identifier.rpartition("/")[2].lower(): voice for voice in self.voices.values()}
        return files.get(name)

    def _speaking(self, language: str) -> EspeakVoice:
        found = self.best_for(language)
        if found is None:
            codes = {code for voice in self.voices.values() for _, code in voice.languages}
            raise _unknown("language", language, sorted(codes))
        return found

    def best_for(self, language: str) -> EspeakVoice | None:
        """The voice that suits a BCP 47 tag best; `de-AT` falls back to `de`. None where nobody speaks it."""
        wanted = language.lower().replace("_", "-")
        while wanted:
            wanted = _SAME_LANGUAGE.get(wanted, wanted)
            speakers = [
                (priority, voice.name)
                for voice in self.voices.values()
                for priority, code in voice.languages
                if code.lower() == wanted
            ]
            if speakers:
                return self.voices[min(speakers, key=lambda speaker: speaker[0])[1]]
            wanted = wanted.rpartition("-")[0]
        return None

    def _variant(self, name: str) -> EspeakVoice:
        wanted = name.lower()
        for variant in self.variants.values():
            if wanted in (variant.name.lower(), variant.title.lower()):
                return variant
        raise _unknown("variant", name, list(self.variants))

    def listed(self) -> list[Voice]:
        """Every voice, then every variant as `+name`, which goes with any voice."""
        voices = [
            Voice(name=voice.name, title=voice.title, language=voice.language, gender=voice.gender)
            for voice in self.voices.values()
        ]
        variants = [
            Voice(
                name=f"+{variant.name}",
                title=variant.title,
                gender=variant.gender,
                description=f"a variant for any voice, as in en-us+{variant.name}",
                extra={"variant": True},
            )
            for variant in self.variants.values()
        ]
        return voices + variants


def _voice(name: str, raw: RawVoice) -> EspeakVoice:
    return EspeakVoice(
        name=name, title=raw.title, identifier=raw.identifier, languages=raw.languages, gender=raw.gender
    )


def _has_dictionary(raw: RawVoice, data: Path) -> bool:
    names = [raw.languages[0][1].partition("-")[0]]
    file = data / "lang" / raw.identifier
    if file.is_file():
        lines = file.read_text("utf-8", "replace").splitlines()
        names += [line.split()[1] for line in lines if line.startswith("dictionary") and len(line.split()) > 1]
    return any((data / f"{name}_dict").is_file() for name in names)


def _tag(code: str) -> str:
    """Write a language code with the customary capitals: `zh-hant-tw` as `zh-Hant-TW`."""
    first, *rest = code.split("-")
    parts = [first.lower()]
    for part in rest:
        private = any(len(known) == 1 for known in parts)
        if private:
            parts.append(part.lower())
        else:
            parts.append(part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower())
    return "-".join(parts)


def _unknown(what: str, name: str, known: list[str]) -> NotFound:
    by_lower = {one.lower(): one for one in known}
    wanted = name.lower()
    near = [one for one in by_lower if len(wanted) > 2 and wanted in one][:4]
    near = near or difflib.get_close_matches(wanted, by_lower, n=4, cutoff=0.5) or sorted(by_lower)[:4]
    shown = ", ".join(by_lower[one] for one in near)
    return NotFound(
        f"espeak-ng has no {what} {name!r}; near ones: {shown} (`lollms voices espeak` lists all)",
        setting="language" if what == "language" else "voice",
        options=[by_lower[one] for one in near],
    )
