"""Augmentations of texts, each by itself."""

import threading
import warnings
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.layers.augmentation.text.character_noise import NEIGHBOURS
from kerasparts.layers.augmentation.text.synonyms import OWN_SYNONYMS
from kerasparts.layers.augmentation.text.word_net import WordNet

WORDNET = Path("/usr/share/wordnet")
WORDS = [f"w{i}" for i in range(20)]
TEXT = " ".join(WORDS)


def distance(one, other):
    """Fewest insertions, deletions, substitutions and transpositions of neighbours, each character once."""
    table = np.zeros((len(one) + 1, len(other) + 1), int)
    table[:, 0], table[0] = range(len(one) + 1), range(len(other) + 1)
    for i, a in enumerate(one, 1):
        for j, b in enumerate(other, 1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a != b))
            if i > 1 and j > 1 and (a, b) == (other[j - 2], one[i - 2]):
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[-1, -1]


def test_deletion_leaves_out_each_word_with_its_probability_and_keeps_the_order():
    texts = kp.layers.RandomDeletion(0.3, seed=0)([TEXT] * 1000, training=True)
    left = [text.split() for text in texts]
    assert all(words == sorted(words, key=WORDS.index) for words in left)
    assert np.mean([len(words) for words in left]) == pytest.approx(14.0, abs=0.3)  # 4.6 standard errors
    shares = Counter(word for words in left for word in words)
    assert all(600 < shares[word] < 800 for word in WORDS)  # 7 standard deviations


def test_deletion_of_all_words_leaves_one_of_them_by_chance():
    texts = kp.layers.RandomDeletion(1.0, seed=0)(["a b c"] * 300, training=True)
    assert {text: 60 < count < 140 for text, count in Counter(texts).items()} == dict.fromkeys("abc", True)


def test_deletion_keeps_line_breaks_and_the_space_around():
    layer = kp.layers.RandomDeletion(0.5, seed=0)
    for _ in range(50):
        text = layer("\n one  two\n\nthree\tfour \n", training=True)
        assert text.startswith("\n ")
        assert text.endswith(" \n")
        if {"one", "four"} <= set(text.split()):
            assert "\n\n" in text.strip()


@pytest.mark.parametrize(("rate", "moved"), [(0.05, 2), (0.1, 4), (0.99, 38)])
def test_swap_exchanges_as_many_pairs_as_the_rate_says(rate, moved):
    for text in kp.layers.RandomSwap(rate, seed=0)([TEXT] * 100, training=True):
        words = text.split()
        assert sorted(words) == sorted(WORDS)
        assert 0 < sum(a != b for a, b in zip(words, WORDS, strict=True)) <= moved or rate > 0.05


def test_swap_moves_words_and_no_white_space():
    assert kp.layers.RandomSwap(0.1, seed=0)(" a\n\tb ", training=True) == " b\n\ta "


def test_a_pair_to_swap_is_any_with_the_same_chance():
    texts = kp.layers.RandomSwap(0.1, seed=0)(["a b c"] * 900, training=True)
    assert {text: 240 < count < 360 for text, count in Counter(texts).items()} == dict.fromkeys(
        ("b a c", "a c b", "c b a"), True
    )


def test_replacement_changes_as_many_known_words_as_the_rate_says_and_no_others():
    synonyms = {f"w{i}": [f"s{i}", f"t{i}"] for i in range(0, 20, 2)}
    layer = kp.layers.SynonymReplacement(0.25, synonyms, seed=0)
    replaced = Counter()
    for text in layer([TEXT] * 400, training=True):
        words = text.split()
        changed = [i for i, word in enumerate(words) if word != f"w{i}"]
        assert len(changed) == 5
        assert all(words[i] in synonyms[f"w{i}"] for i in changed)
        replaced.update(words[i] for i in changed)
    assert len(replaced) == 20
    assert all(60 < count < 140 for count in replaced.values())  # 400 * 5 / 20 each


def test_case_and_punctuation_stay_with_the_word():
    layer = kp.layers.SynonymReplacement(1.0, {"big": ["large"], "don't": ["do not"]}, seed=0)
    assert layer('"Big," BIG! (big) bigger Don\'t', training=True) == '"Large," LARGE! (large) bigger Do not'


def test_insertion_adds_as_many_synonyms_as_the_rate_says_anywhere():
    layer = kp.layers.RandomInsertion(0.1, {"w3": ["new"], "w7": ["fresh"]}, seed=0)
    places = Counter()
    for text in layer([TEXT] * 1000, training=True):
        words = text.split()
        assert [word for word in words if word not in {"new", "fresh"}] == WORDS
        assert {"new", "fresh"} <= set(words)
        assert len(words) == 22
        places[words.index("new")] += 1
    assert set(places) >= set(range(21))


def test_insertion_without_known_words_leaves_the_text():
    assert kp.layers.RandomInsertion(1.0, {}, seed=0)(TEXT, training=True) == TEXT


def test_the_own_table_is_two_sided_and_in_lower_case():
    for word, others in OWN_SYNONYMS.items():
        assert others, word
        for other in others:
            assert word in OWN_SYNONYMS[other]
            assert other == other.lower() != word


def test_letters_are_hit_with_their_probability():
    text = "abcdefghij" * 10
    for kinds in (("substitute",), ("delete",), ("insert",)):
        layer = kp.layers.CharacterNoise(0.1, kinds, seed=0)
        assert np.mean([distance(text, layer(text, training=True)) for _ in range(20)]) == pytest.approx(10, abs=2.7)


@pytest.mark.parametrize("kind", ["insert", "delete", "substitute", "transpose"])
def test_each_kind_of_error_does_what_it_says(kind):
    layer = kp.layers.CharacterNoise(0.05, (kind,), seed=0)
    text = "the quick brown fox"
    changed = [new for new in layer([text] * 200, training=True) if new != text]
    assert changed
    lengths = {"insert": 1, "delete": -1}.get(kind, 0)
    for new in changed:
        errors = distance(text, new)
        assert len(new) - len(text) == (errors * lengths if lengths else 0)
        if kind == "transpose":
            assert sorted(new) == sorted(text)


def test_errors_leave_white_space_punctuation_and_signs_alone():
    text = "ab, cd!\n(ef) 👩‍👩‍👧 e\u0301 -- “gh”"
    kept = [character for character in text if not character.isalnum()]
    for kinds in (("insert",), ("substitute",), ("transpose",), ("insert", "delete", "substitute", "transpose")):
        for new in kp.layers.CharacterNoise(0.5, kinds, seed=0)([text] * 20, training=True):
            assert [character for character in new if not character.isalnum()] == kept


def test_fingers_hit_neighbouring_keys_in_the_case_of_the_letter():
    assert set(NEIGHBOURS["g"]) == set("ftyhbv")
    assert set(NEIGHBOURS["q"]) == set("wa")
    layer = kp.layers.CharacterNoise(1.0, ("substitute",), seed=0)
    for new in layer(["gG"] * 50, training=True):
        assert new[0] in NEIGHBOURS["g"]
        assert new[1].lower() in NEIGHBOURS["g"]
        assert new[1].isupper()


def test_other_scripts_get_letters_of_their_own():
    for new in kp.layers.CharacterNoise(0.5, seed=0)(["Привет мир"] * 50, training=True):
        assert set(new) <= set("Привет мир")


class Service:
    """Counts its calls, and fails when told to."""

    def __init__(self):
        self.calls = []
        self.answer = None

    def __call__(self, texts):
        self.calls.append(list(texts))
        if isinstance(self.answer, Exception):
            raise self.answer
        return [text.upper() for text in texts] if self.answer is None else self.answer


def test_a_service_is_asked_in_batches_and_once_for_each_text():
    service = Service()
    layer = kp.layers.Paraphrase(service, rate=1.0, batch_size=2)
    assert layer(["a", "b", "a", "", " ", "c"], training=True) == ["A", "B", "A", "", " ", "C"]
    assert service.calls == [["a", "b"], ["c"]]
    assert layer(["c", "a"], training=True) == ["C", "A"]
    assert len(service.calls) == 2


def test_what_was_not_asked_for_longest_is_forgotten_first():
    service = Service()
    layer = kp.layers.Paraphrase(service, rate=1.0, cache_size=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        layer(text, training=True)
    assert service.calls == [["a"], ["b"], ["c"], ["b"]]
    none = kp.layers.Paraphrase(service, rate=1.0, cache_size=0)
    assert none(["d", "d"], training=True) == ["D", "D"]


def test_back_translation_goes_there_and_back():
    layer = kp.layers.BackTranslation(
        lambda texts: [f"({t})" for t in texts], lambda texts: [f"[{t}]" for t in texts], 1.0
    )
    assert layer(["a", "b"], training=True) == ["[(a)]", "[(b)]"]


def test_texts_are_rewritten_with_the_probability():
    texts = [f"t{i}" for i in range(1000)]
    changed = kp.layers.Paraphrase(Service(), rate=0.3, seed=0)(texts, training=True)
    assert sum(a != b for a, b in zip(texts, changed, strict=True)) == pytest.approx(300, abs=75)


@pytest.mark.parametrize(
    "answer", [ConnectionError("no route"), ["A"], "AB", [1, 2], None.__class__, np.array(["A", "B"])], ids=repr
)
def test_a_service_that_fails_loses_no_batch_and_is_warned_of_once(answer):
    service = Service()
    service.answer = answer
    layer = kp.layers.Paraphrase(service, rate=1.0)
    with pytest.warns(UserWarning, match="2 texts stay as they are"):
        assert layer(["a", "b"], training=True) == ["a", "b"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert layer(["a", "b"], training=True) == ["a", "b"]
    assert layer.failures == 4
    service.answer = None
    assert layer(["a", "b"], training=True) == ["A", "B"]  # a failure is not remembered
    assert layer.failures == 4


def test_an_error_of_a_service_is_raised_on_request():
    service = Service()
    service.answer = ConnectionError("no route")
    with pytest.raises(ConnectionError, match="no route"):
        kp.layers.Paraphrase(service, rate=1.0, on_error="raise")(["a"], training=True)
    service.answer = ["a", "b"]
    with pytest.raises(ValueError, match="`generate` must be a function that gives a list of 1 texts"):
        kp.layers.Paraphrase(service, rate=1.0, on_error="raise")(["a"], training=True)


def test_an_empty_answer_keeps_the_text():
    assert kp.layers.Paraphrase(lambda texts: [""] * len(texts), rate=1.0)(["a"], training=True) == ["a"]


def test_functions_that_keras_does_not_know_are_refused_when_saved():
    for function in (lambda texts: texts, Service()):
        with pytest.raises(ValueError, match=r"`generate` must be registered"):
            keras.saving.serialize_keras_object(kp.layers.Paraphrase(function))


def test_many_threads_may_ask_at_once():
    layer = kp.layers.Paraphrase(Service(), rate=1.0, cache_size=50)
    replace = kp.layers.SynonymReplacement(1.0, {f"t{i}": [f"s{i}"] for i in range(200)})
    errors = []

    def ask(start):
        texts = [f"t{(start + i) % 200}" for i in range(200)]
        for _ in range(10):
            if layer(texts, training=True) != [text.upper() for text in texts]:
                errors.append(texts)
            if replace(texts, training=True) != [text.replace("t", "s") for text in texts]:
                errors.append(texts)

    threads = [threading.Thread(target=ask, args=(37 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_no_file_is_opened_before_the_first_call(tmp_path):
    layer = kp.layers.SynonymReplacement(0.5, str(tmp_path / "nowhere"))
    assert layer([], training=True) == []
    with pytest.raises(ValueError, match=r"`synonyms` must be a folder with WordNet's files; missing: index\.noun"):
        layer("a quick fox", training=True)


WORDNET_FILES = {
    "index.noun": ("  1 licence\nfox n 2 1 @ 2 1 00000010 00000060  \nquick n 1 1 @ 1 0 00000060  \n"),
    "index.verb": "  1 licence\n",
    "index.adj": "  1 licence\nquick a 2 1 & 2 2 00000000 00000034  \n",
    "index.adv": "  1 licence\n",
    "data.noun": "",
    "data.verb": "x\n",
    "data.adj": "00000000 00 a 02 quick 0 fast(p) 0\n00000035 00 s 02 quick 0 high_speed 1 000 | gloss\n",
    "data.adv": "x\n",
}


def write_wordnet(folder):
    first = "00000010 05 n 02 fox 0 vixen 0 001 @ 00000000 n 0000 | gloss\n"
    files = dict(WORDNET_FILES)
    files["data.noun"] = " " * 9 + "\n" + first
    second = len(files["data.noun"])
    files["data.noun"] += f"{second:08d} 05 n 02 fox 0 trickster 0 000 | gloss\n"
    files["index.noun"] = files["index.noun"].replace("00000060", f"{second:08d}")
    files["index.adj"] = files["index.adj"].replace("00000034", "00000035")
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder


def test_wordnet_is_read_by_the_senses_that_texts_contain(tmp_path):
    folder = write_wordnet(tmp_path)
    find = kp.layers.SynonymReplacement(1.0, folder)._thesaurus
    assert find.synonyms("fox") == ("vixen",)
    assert find.synonyms("Quick!") == ("fast", "high speed")
    assert find.replacements("Quick!") == ("Fast!", "High speed!")
    assert find.synonyms("unheard") == ()


@pytest.mark.parametrize("part", [kp.layers.SynonymReplacement, kp.layers.RandomInsertion])
def test_a_folder_that_a_configuration_names_is_never_opened(part, tmp_path):
    layer = part(1.0, str(write_wordnet(tmp_path)))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config()["synonyms"] == str(tmp_path)
    with pytest.raises(ValueError, match="`synonyms` must be given to a new layer"):
        again("a quick fox", training=True)
    assert part(1.0, again.synonyms)


@pytest.mark.skipif(not WORDNET.exists(), reason="needs Debian's wordnet-base")
def test_wordnet_of_the_machine():
    find = kp.layers.RandomInsertion(0.1, WORDNET)._thesaurus
    assert {"auto", "automobile"} <= set(find.synonyms("car"))
    assert {"large"} <= set(find.synonyms("big"))
    assert find.synonyms("the") == find.synonyms("a") == find.synonyms("xyzzyx") == ()
    files = WordNet(WORDNET)
    for line in (WORDNET / "index.verb").read_text().splitlines()[40::50]:
        lemma, _, count = line.split()[:3]
        assert len(files._senses("verb", lemma.encode())[1]) == int(count)
