"""MiniLM in numpy gives the vectors that its authors' own implementation gives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import pytest

from lollms_client.assets import ensure
from lollms_client.engines.asset_catalogue import MINILM
from lollms_client.engines.sentence_embedding import SentenceEmbedder, shared_embedder
from lollms_client.engines.wordpiece import WordPiece
from lollms_client.errors import MissingAsset

# the first numbers of each vector as transformers 5.23 with torch 2.13 computes them from the same weights
REFERENCE = {
    "a cat": [0.06173, 0.04146, 0.00876, 0.06251, -0.1272],
    "a kitten": [0.00248, 0.01587, -0.02004, 0.03118, -0.04109],
    "a rocket in space": [-0.02669, 0.0264, -0.02887, -0.0394, -0.08579],
    "Über naïve Café 日本語 don't!": [0.06494, -0.00245, 0.08667, -0.0723, -0.02799],
    "the quick brown fox " * 80: [-0.03447, -0.03379, 0.00018, -0.02553, -0.03886],
}


def test_vectors_are_those_of_the_reference() -> None:
    vectors = shared_embedder().embed(list(REFERENCE))
    assert vectors.shape == (5, 384)
    assert numpy.allclose(vectors[:, :5], numpy.array(list(REFERENCE.values())), atol=1e-5)
    assert numpy.allclose(numpy.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


# as the tokenizers library 0.23 cuts them with the model's own tokenizer.json
TOKENS = {
    "": [101, 102],
    "Unbelievable embeddings!": [101, 23653, 7861, 8270, 4667, 2015, 999, 102],
    "ΣΑΣ ς İstanbul": [101, 1173, 14608, 29733, 1172, 9960, 102],
    "a\tb\u200bc\x00d \ufffd": [101, 1037, 4647, 2094, 102],
    "日本語 kana カナ": [101, 1864, 1876, 1950, 22827, 2050, 1700, 30241, 102],
    "x" * 101: [101, 100, 102],
    "résumé naïve": [101, 13746, 15743, 102],
    "don't-stop (now)": [101, 2123, 1005, 1056, 1011, 2644, 1006, 2085, 1007, 102],
}


@pytest.mark.parametrize("text", TOKENS)
def test_texts_are_cut_as_the_models_own_tokenizer_cuts_them(text: str) -> None:
    words = WordPiece(ensure(MINILM) / "vocab.txt")
    assert words.encode(text, 256) == TOKENS[text]
    assert words.encode(text, 4) == ([*TOKENS[text][:3], 102] if len(TOKENS[text]) > 3 else TOKENS[text])


def test_meaning_decides_what_is_near() -> None:
    kitten, cat, rocket = shared_embedder().embed(["a kitten", "a cat", "a rocket in space"])
    assert kitten @ cat > 0.7 > kitten @ rocket


def test_neighbours_in_a_batch_change_nothing() -> None:
    embedder = shared_embedder()
    texts = [f"{'long ' * (number % 40)}text number {number}" for number in range(60)]
    together = embedder.embed(texts)
    assert numpy.allclose(together[[0, 39]], embedder.embed([texts[0], texts[39]]), atol=1e-5)


def test_empty_inputs() -> None:
    embedder = shared_embedder()
    assert embedder.embed([]).shape == (0, 384)
    assert numpy.isfinite(embedder.embed([""])).all()


def test_words_beyond_the_limit_do_not_count_and_it_is_said() -> None:
    embedder = shared_embedder()
    short, long = "word " * 254, "word " * 255
    assert (embedder.is_cut(short), embedder.is_cut(long)) == (False, True)
    vectors = embedder.embed([long + "rocket", long + "kitten"])
    assert numpy.allclose(vectors[0], vectors[1], atol=1e-5)


def test_all_threads_share_one_embedder() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: shared_embedder(), range(8)))
    assert len({id(one) for one in found}) == 1


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingAsset, match="holds no sentence embedding model"):
        SentenceEmbedder(tmp_path)
