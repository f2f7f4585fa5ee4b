"""Recognising speech with pocketsphinx: a decoder for each expectation, utterances in small steps, words with times."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.engines import audio
from lollms_client.engines.pocketsphinx.grammar import Grammar
from lollms_client.engines.pocketsphinx.prompt import Prompt
from lollms_client.engines.pocketsphinx.pronunciations import pronunciations
from lollms_client.engines.pocketsphinx.segments import RATE, Utterance, utterances
from lollms_client.errors import BadSetting, EngineFailed, MissingAsset, MissingDependency
from lollms_client.types import Segment, Word

_STEP = RATE // 10  # samples decoded between two looks at `stop`
_FRAMES_A_SECOND = 100
_BOOST = 100.0  # how much likelier than an average word a word of the prompt is
_VOCABULARY = 20_000  # words of the general language model, about
_MARK = "\N{MODIFIER LETTER VERTICAL LINE}"  # ends the names of the prompt's words in the dictionary
_GAP = "\N{MODIFIER LETTER LOW VERTICAL LINE}"  # stands between the words of a phrase there
_FILLER = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+|\(NULL\)")
_VARIANT = re.compile(r"\(\d+\)$")


class ModelFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The acoustic model's folder, the dictionary, the language model. None: American English, as in the package."""

    acoustic_model: str | None = None
    dictionary: str | None = None
    language_model: str | None = None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What a whole sound says."""

    seconds: float
    segments: tuple[Segment, ...]
    words: tuple[Word, ...]


class Recogniser:
    """pocketsphinx with one set of models. Not for several threads at once."""

    def __init__(self, files: ModelFiles | None = None) -> None:
        try:
            import pocketsphinx
        except ImportError as error:
            raise MissingDependency(
                "the package pocketsphinx is not installed: run `lollms install pocketsphinx`", package="pocketsphinx"
            ) from error
        self._native: Any = pocketsphinx
        self._options = self._model_options(files or ModelFiles())
        self._plain = self._decoder()
        self._level = self._level_meter()
        self._latest: tuple[Any, tuple[Any, list[str]]] | None = None
        self._first_mean: str = self._plain.get_cmn()

    def _model_options(self, files: ModelFiles) -> dict[str, str]:
        given = {"hmm": files.acoustic_model, "dict": files.dictionary, "lm": files.language_model}
        options = {name: str(Path(path).expanduser()) for name, path in given.items() if path}
        for path in options.values():
            if not Path(path).exists():
                raise MissingAsset(f"there is no model file {path}", path=path)
        return options

    def _decoder(self, **more: Any) -> Any:
        try:
            return self._native.Decoder(loglevel="FATAL", **{**self._options, **more})
        except (RuntimeError, ValueError) as error:
            raise EngineFailed(f"pocketsphinx cannot load its models: {error}") from error

    def _level_meter(self) -> Any:
        """A decoder that knows one word only: its quick pass over an utterance finds the mean of the features."""
        meter = self._decoder(lm=None)
        meter.add_jsgf_string("one", "#JSGF V1.0; grammar one; public <one> = yes;")
        meter.activate_search("one")
        return meter

    # --- what is expected ---

    def expecting(self, prompt: Prompt | None, grammar: Grammar | None, only_prompt: bool) -> tuple[Any, list[str]]:
        """A decoder for what is expected, and the words that it cannot expect for want of a pronunciation.

        It is kept for the next call, in case that one expects the same.

        Raises BadSetting where the grammar is wrong, or no word of it or of an exclusive prompt can be pronounced.
        """
        wanted = (prompt, grammar, only_prompt)
        if grammar is None and (prompt is None or not prompt.words):
            return self._plain, []
        if self._latest is None or self._latest[0] != wanted:
            self._latest = None  # its memory goes before the next one takes as much
            self._latest = (wanted, self._made_for(*wanted))
        return self._latest[1]

    def _made_for(self, prompt: Prompt | None, grammar: Grammar | None, only_prompt: bool) -> tuple[Any, list[str]]:
        if grammar is not None:
            return self._with_grammar(grammar), []
        assert prompt is not None
        return self._with_only(prompt) if only_prompt else self._with_boosted(prompt)

    def _with_grammar(self, grammar: Grammar) -> Any:
        decoder = self._decoder(lm=None)
        missing = self._teach(decoder, grammar.words)
        if missing:
            raise BadSetting(
                f"nobody knows how to pronounce these words of the grammar: {', '.join(missing[:10])}",
                setting="grammar",
            )
        try:
            decoder.add_jsgf_string("grammar", grammar.text)
            decoder.activate_search("grammar")
        except (RuntimeError, ValueError) as error:
            raise BadSetting("the grammar is not valid JSGF, or has no public rule", setting="grammar") from error
        return decoder

    def _with_boosted(self, prompt: Prompt) -> tuple[Any, list[str]]:
        """The general language model with the prompt's words and phrases made likelier.

        They go into it as words of their own, so the rest of the model stays as it is.
        """
        decoder = self._decoder()
        model = self._native.NGramModel(decoder.get_config(), decoder.get_logmath(), decoder.get_config()["lm"])
        missing: list[str] = []
        sounds = {word: pronunciations(word, decoder.lookup_word) for word in prompt.words}
        for word, variants in sounds.items():
            name = word + _MARK
            if not variants:
                missing.append(word)
            elif not self._is_frequent(model, decoder, word) and self._add(decoder, name, variants):
                model.add_word(name, _BOOST)
        for phrase in prompt.phrases:
            parts = [sounds.get(word) or [] for word in phrase]
            name = _GAP.join(phrase) + _MARK
            if all(parts) and self._add(decoder, name, [" ".join(variants[0] for variants in parts)]):
                model.add_word(name, _BOOST)
        decoder.add_lm("prompt", model)
        decoder.activate_search("prompt")
        return decoder, missing

    def _is_frequent(self, model: Any, decoder: Any, word: str) -> bool:
        """Whether the general model expects the word more than a boost would make it."""
        return bool(decoder.get_logmath().exp(model.prob([word.lower()])) > _BOOST / _VOCABULARY)

    def _with_only(self, prompt: Prompt) -> tuple[Any, list[str]]:
        """A language model made of the prompt's sentences alone: no other word can be heard.

        Its dictionary holds the prompt's words alone too, or the engine takes seconds to map the rest.
        """
        from pocketsphinx.lm import ArpaBoLM

        sounds = {word.lower(): pronunciations(word, self._plain.lookup_word) for word in prompt.words}
        missing = [word for word in prompt.words if not sounds[word.lower()]]
        lines = [" ".join(word.lower() for word in line if sounds[word.lower()]) for line in prompt.sentences]
        text = "\n".join(line for line in lines if line)
        if not text:
            raise BadSetting("no word of the prompt can be pronounced", setting="prompt")
        model = ArpaBoLM(text=text, add_start=True)
        model.compute()
        entries = [
            f"{word}{f'({number})' if number > 1 else ''} {phones}\n"
            for word, variants in sounds.items()
            for number, phones in enumerate(variants, start=1)
        ]
        with tempfile.TemporaryDirectory(prefix="pocketsphinx-") as folder:
            dictionary, language_model = Path(folder, "words.dict"), Path(folder, "prompt.lm")
            dictionary.write_text("".join(entries), "utf-8", newline="\n")
            model.write_file(str(language_model))
            return self._decoder(dict=str(dictionary), lm=str(language_model)), missing

    def _teach(self, decoder: Any, words: tuple[str, ...]) -> list[str]:
        """Put words into the dictionary that it lacks; gives those that cannot be pronounced."""
        missing: list[str] = []
        for word in words:
            if decoder.lookup_word(word.lower()):
                continue
            variants = pronunciations(word, decoder.lookup_word)
            if not variants or not self._add(decoder, word.lower(), variants):
                missing.append(word)
        return missing

    def _add(self, decoder: Any, name: str, variants: list[str]) -> bool:
        if decoder.lookup_word(name):
            return False
        try:
            for number, phones in enumerate(variants, start=1):
                decoder.add_word(name if number == 1 else f"{name}({number})", phones, False)
        except RuntimeError:
            return False
        return True

    # --- what is heard ---

    def hear(
        self, media: bytes, decoder: Any, stop: Callable[[], bool] = lambda: False
    ) -> Generator[float, None, Heard]:
        """Recognise the speech of a sound or film; yields the fraction done, returns what was heard.

        Where `stop` says True it ends within a fraction of a second with what was heard until then. Raises BadMedia
        for a file that cannot be read.
        """
        length = max(audio.duration(media), 0.01)
        segments: list[Segment] = []
        words: list[Word] = []
        position = 0
        for found in utterances(audio.decode_blocks(media, RATE)):
            if isinstance(found, int):
                position = found
                yield min(1.0, position / RATE / length)
                continue
            position = found.end
            for done in self._decode(found, decoder):
                if stop():
                    break
                yield min(1.0, done / RATE / length)
            heard = list(self._words(found, decoder))
            words += heard
            segments += _segment(heard)
            if stop():
                break
        return Heard(seconds=max(length, position / RATE), segments=tuple(segments), words=tuple(words))

    def _decode(self, utterance: Utterance, decoder: Any) -> Iterator[int]:
        """Feed an utterance to the decoder bit by bit; gives the position in the sound after each.

        Fed in bits, the decoder would have to guess the mean of the features that it subtracts, so a quick pass
        measures it first: that keeps the accuracy of feeding all at once.
        """
        data = utterance.samples.tobytes()
        self._level.set_cmn(self._first_mean)
        self._level.start_utt()
        self._level.process_raw(data, full_utt=True)
        self._level.end_utt()
        decoder.set_cmn(self._level.get_cmn(False))
        decoder.start_utt()
        try:
            for start in range(0, len(utterance.samples), _STEP):
                decoder.process_raw(data[start * 2 : (start + _STEP) * 2])
                yield utterance.start + start
        finally:
            decoder.end_utt()

    def _words(self, utterance: Utterance, decoder: Any) -> Iterator[Word]:
        start = utterance.start / RATE
        for part in decoder.seg() or ():
            if _FILLER.fullmatch(part.word):
                continue
            began = start + part.start_frame / _FRAMES_A_SECOND
            ended = min(start + (part.end_frame + 1) / _FRAMES_A_SECOND, utterance.end / RATE)
            confidence = min(1.0, max(0.0, float(part.prob)))
            names = _VARIANT.sub("", part.word).removesuffix(_MARK).split(_GAP)
            letters = sum(map(len, names))
            for name in names:
                share = (ended - began) * len(name) / letters
                yield Word(
                    text=name, start=round(began, 3), end=round(began + share, 3), confidence=round(confidence, 4)
                )
                began, letters = began + share, letters - len(name)


def _segment(words: list[Word]) -> list[Segment]:
    if not words:
        return []
    sure = [word.confidence for word in words if word.confidence is not None]
    return [
        Segment(
            text=" ".join(word.text for word in words),
            start=words[0].start,
            end=words[-1].end,
            confidence=round(sum(sure) / len(sure), 4) if sure else None,
        )
    ]
