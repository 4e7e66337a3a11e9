"""Files that are damaged, hostile or of another version: an error that names the file and what is wrong with it."""

import io
import json
import random
import shutil
import signal
import warnings
import zipfile
from pathlib import Path

import keras
import pytest

import kerasparts as kp

FOLDER = Path(__file__).parents[1] / "saved_models" / kp.__version__
SEEDS = [
    pytest.param("sgd", 20),
    *(pytest.param(file.stem, 15, marks=pytest.mark.slow) for file in FOLDER.glob("*.keras")),
]
SECONDS = 60


@pytest.fixture(autouse=True)
def _in_time():
    def hangs(*_):
        raise TimeoutError(f"more than {SECONDS} s for one file")

    before = signal.signal(signal.SIGALRM, hangs)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.keras"


def members(file):
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(content, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def load(path, data):
    """The error of a file, which must name it; None where it loads."""
    path.write_bytes(data)
    error = None
    signal.alarm(SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kp.load_model(path)
    except ValueError as refusal:
        error = str(refusal)
    finally:
        signal.alarm(0)
    assert error is None or (error.startswith(str(path)) and len(error) > len(str(path)) + 20)
    return error


def flipped(data, draw):
    data = bytearray(data)
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(data)


@pytest.mark.parametrize(("seed", "count"), SEEDS)
def test_a_file_that_was_cut_off_says_so(seed, count, path):
    data = (FOLDER / f"{seed}.keras").read_bytes()
    for n in range(count):
        assert "is damaged, was cut off or is no .keras file" in load(path, data[: len(data) * n // count])


@pytest.mark.parametrize(("seed", "count"), SEEDS)
def test_a_file_with_a_flipped_bit_says_what_is_damaged(seed, count, path):
    data, draw = (FOLDER / f"{seed}.keras").read_bytes(), random.Random(0)
    for _ in range(count):
        error = load(path, flipped(data, draw))
        assert error is None or any(said in error for said in ("damaged", "cannot be loaded", "holds no model"))


@pytest.mark.parametrize(("seed", "count"), SEEDS)
def test_changed_numbers_load_or_are_refused(seed, count, path):
    content, draw = members(FOLDER / f"{seed}.keras"), random.Random(0)
    weights = content["model.weights.h5"]
    for n in range(count):
        for changed in (flipped(weights, draw), weights[: len(weights) * n // count]):
            load(path, packed({**content, "model.weights.h5": changed}))


@pytest.mark.parametrize(("seed", "count"), SEEDS)
def test_a_changed_configuration_loads_or_is_refused(seed, count, path):
    content, draw = members(FOLDER / f"{seed}.keras"), random.Random(0)
    values = [None, "x", "../../etc/passwd", -1, 1.5, 2**70, [], {}, [[]], True, float("nan")]
    places = list(all_places(json.loads(content["config.json"])))
    for _ in range(2 * count):
        config = json.loads(content["config.json"])
        *way, last = draw.choice(places)
        place = config
        for key in way:
            place = place[key]
        if draw.random() < 0.2:
            del place[last]
        else:
            place[last] = draw.choice(values)
        load(path, packed({**content, "config.json": json.dumps(config)}))


def all_places(config, way=()):
    for key, value in config.items() if isinstance(config, dict) else enumerate(config):
        yield (*way, key)
        if isinstance(value, dict | list):
            yield from all_places(value, (*way, key))


@pytest.mark.parametrize("missing", ["config.json", "model.weights.h5"])
def test_a_file_without_one_of_its_parts_says_which(missing, path):
    content = members(FOLDER / "sgd.keras")
    del content[missing]
    assert missing in load(path, packed(content))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 10**5, b"[]", b"3"], ids=repr)
def test_a_configuration_that_is_none_says_so(text, path):
    error = load(path, packed({**members(FOLDER / "sgd.keras"), "config.json": text}))
    assert "holds no model that can be read" in error or "cannot be loaded" in error


def test_what_would_fill_the_memory_is_refused(path, monkeypatch):
    monkeypatch.setattr("kerasparts.loading.LARGEST", 2**20)
    bomb = packed({**members(FOLDER / "sgd.keras"), "config.json": b" " * 2**24}, zipfile.ZIP_DEFLATED)
    assert "is refused: config.json in it would be 16777216 bytes" in load(path, bomb)


def with_unknown(name):
    content = members(FOLDER / "sgd.keras")
    config = json.loads(content["config.json"])
    activation = {"class_name": name, "module": "kerasparts.activations", "config": {}}
    config["config"]["layers"][1]["config"]["activation"] = {**activation, "registered_name": f"kerasparts>{name}"}
    return packed({**content, "config.json": json.dumps(config)})


def test_a_part_that_this_version_does_not_know_is_named_with_what_to_do(path):
    error = load(path, with_unknown("OfTomorrow"))
    assert f"has parts that kerasparts {kp.__version__} does not know: kerasparts>OfTomorrow. " in error
    assert "update kerasparts" in error


def test_an_unknown_part_that_is_given_is_known(path):
    class OfTomorrow(kp.activations.Linear):
        pass

    path.write_bytes(with_unknown("OfTomorrow"))
    model = kp.load_model(path, custom_objects={"kerasparts>OfTomorrow": OfTomorrow}, compile=False)
    assert isinstance(model.layers[0].activation, OfTomorrow)


def test_keras_alone_says_neither(path):
    data = (FOLDER / "sgd.keras").read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="File not found"):
        keras.models.load_model(path)
    path.write_bytes(with_unknown("OfTomorrow"))
    with pytest.raises(TypeError, match="decorated with"):
        keras.models.load_model(path)


def test_a_file_that_is_not_there_is_not_found(path):
    with pytest.raises(FileNotFoundError, match=r"There is no .*model\.keras"):
        kp.load_model(path)


def test_a_good_file_loads_as_with_keras(path):
    shutil.copy(FOLDER / "sgd.keras", path)
    assert kp.load_model(path).optimizer.get_config() == keras.models.load_model(path).optimizer.get_config()
    assert not kp.load_model(str(path), compile=False).compiled


def test_other_files_are_left_to_keras(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    model.save(tmp_path / "model.h5")
    assert kp.load_model(tmp_path / "model.h5", compile=False).count_params() == 16
