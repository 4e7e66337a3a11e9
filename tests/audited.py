"""Builds, loads and calls every registered object from hostile configurations, and reports what it does besides.

`python tests/audited.py REPORT [every]` writes a JSON file: how much was done, and what was seen that is not memory. It
is a process of its own, for an audit hook cannot be taken away again. `every` tries all arguments, and more files.
"""

import contextlib
import importlib
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import warnings
import zipfile
from pathlib import Path

import keras
import numpy as np

import kerasparts as kp
from tests import cases

FILE = tempfile.mkdtemp(prefix="kerasparts-audit-")
KERAS_FILE = os.path.join(FILE, "model.keras")
DECOY = "kerasparts_decoy_module"
COMMAND = "kerasparts-decoy-command"
CODE = "__import__('os').getpid()"
LATE = "turtledemo"  # of Python, and not imported by anything here
HOSTILE_WORDS = (
    FILE,
    os.path.join(FILE, "data.noun"),
    DECOY,
    LATE,
    COMMAND,
    CODE,
    "127.0.0.1",
    f"http://127.0.0.1/{DECOY}",
)
SECONDS = 30  # for one object

# What Python does without leaving its memory, by the names of its audit events.
HARMLESS = {
    "array.__new__", "builtins.id", "code.__new__", "function.__new__", "object.__delattr__", "object.__getattr__",
    "object.__setattr__", "sys._current_frames", "sys._getframe", "sys.settrace", "time.sleep",
}  # fmt: skip
FOLDERS = [*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), Path(kp.__file__).parent]
INSTALLED = tuple(os.path.realpath(folder) + os.sep for folder in FOLDERS)
IMPORTING = "<frozen importlib._bootstrap"


class Forbidden(BaseException):
    """Stops what an object was about to do; no handler of an `Exception` hides it."""


class Watch:
    """An audit hook that lets nothing pass but memory, the file that is loaded, and packages that load themselves.

    Python packages import modules late, at the first use of a function. That is let pass if no configuration names the
    module, and so are the files of installed packages, which are read for it and for tracebacks.
    """

    def __init__(self):
        self.label = None  # of what is watched now
        self.seen = []
        sys.meta_path.insert(0, self)  # `importlib.import_module` raises no audit event
        sys.addaudithook(self._hook)

    def find_spec(self, name, path=None, target=None):
        self._hook("import", (name,))

    @contextlib.contextmanager
    def over(self, label):
        self.label = label
        try:
            yield
        finally:
            self.label = None

    def _hook(self, event, args):
        if self.label is None or event in HARMLESS or event.startswith("gc."):
            return
        label, self.label = self.label, None  # what is done here is not watched
        if not self._is_allowed(event, args):
            self.seen.append({"what": label, "event": event, "arguments": repr(args)[:200]})
            self.label = label
            raise Forbidden(event)
        self.label = label

    def _is_allowed(self, event, args):
        if event == "import":
            return not any(word in args[0] for word in HOSTILE_WORDS)
        if event == "open":
            path, _, flags = args
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return False
            path = os.path.realpath(os.fsdecode(path)) if isinstance(path, str | bytes) else path
            return path in (KERAS_FILE, "/proc/meminfo") or str(path).startswith(INSTALLED)
        return _is_importing()


def _is_importing():
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename.startswith(IMPORTING):
            return True
        frame = frame.f_back
    return False


def planted():
    """Four objects that do what none of ours may do, each in its own way."""
    register = keras.saving.register_keras_serializable("planted")

    @register
    class ReadsAFile(keras.layers.Layer):
        def __init__(self, file_name="", **kwargs):
            super().__init__(**kwargs)
            self.file_name = file_name

        def call(self, inputs):
            with open(self.file_name) as file:
                file.read()
            return inputs

        def get_config(self):
            return {**super().get_config(), "file_name": self.file_name}

    @register
    class ImportsAName(keras.initializers.Initializer):
        def __init__(self, module=""):
            self.module = module
            if module:
                importlib.import_module(module)

        def __call__(self, shape, dtype=None):
            return keras.ops.zeros(shape)

        def get_config(self):
            return {"module": self.module}

    @register
    class StartsAProcess(keras.regularizers.Regularizer):
        def __init__(self, command=""):
            self.command = command

        def __call__(self, x):
            if self.command:
                subprocess.run([self.command], check=False)
            return keras.ops.sum(x)

        def get_config(self):
            return {"command": self.command}

    @register
    class EvaluatesText(keras.losses.Loss):
        def __init__(self, formula="1.0", name=None):
            super().__init__(name=name)
            self.factor = eval(formula)
            self.formula = formula

        def call(self, y_true, y_pred):
            return keras.ops.abs(y_true - y_pred) * self.factor

        def get_config(self):
            return {"formula": self.formula, "name": self.name}

    return [ReadsAFile(), ImportsAName(), StartsAProcess(), EvaluatesText()]


def serialized(value):
    return keras.saving.serialize_keras_object(value)


def rows():
    """The serialized form of every registered object of ours, with the arguments of its row, off their defaults."""
    found = {}
    for case in cases.ALL:
        if case.part.__name__ not in found:
            with contextlib.suppress(ValueError):  # a function that only its test has
                found[case.part.__name__] = serialized(case.build())
    for name, cls in keras.saving.get_custom_objects().items():
        if name.startswith("kerasparts>") and cls.__name__ not in found:
            config = {"class_name": cls.__name__, "module": cls.__module__, "registered_name": name, "config": {}}
            with contextlib.suppress(Exception):
                config = serialized(cls())
            found[cls.__name__] = config
    return found


def function(module, name):
    return {"class_name": "function", "config": name, "module": module, "registered_name": name}


def values():
    """What an attacker may write in the place of an argument."""
    words = [*HOSTILE_WORDS, "", "lambda x: x"]
    numbers = [-1, 0, 1.5, 2**70, 1e308, math.nan, True, None]
    code = {"class_name": "__lambda__", "config": {"value": ["4wAAAA==", None, None]}, "module": "builtins"}
    makers = {
        "Lambda": {"function": code, "name": "f"},
        "TFSMLayer": {"filepath": FILE, "name": "f"},
        "TextVectorization": {"vocabulary": HOSTILE_WORDS[1], "name": "f"},
    }
    objects = [{"module": "keras.layers", "class_name": name, "config": config} for name, config in makers.items()]
    objects += [code, serialized(kp.callbacks.TrainingDiagnostics(report=HOSTILE_WORDS[1], log_dir=FILE))]
    objects += [serialized(kp.layers.SynonymReplacement(0.5, FILE)), serialized(kp.optimizers.schedules.Warmup(0.1, 2))]
    functions = [function("os", "system"), function("builtins", "eval"), function("keras.utils", "get_file")]
    functions += [function("keras.applications", "MobileNet"), function("keras.datasets.mnist", "load_data")]
    functions += [function("keras.datasets.imdb", "get_word_index"), function("keras.utils", "plot_model")]
    together = [[FILE, CODE], {FILE: [DECOY]}, [], {}]
    return [*words, *numbers, *objects, *functions, *together]


def fuzzed(row, choose):
    """The same object with hostile arguments, one after another; `choose` thins them out."""
    names = list(row["config"])
    for name in names:
        for value in choose(values()):
            yield f"{row['class_name']}({name}={str(value)[:60]})", {**row, "config": {**row["config"], name: value}}


def call(thing):
    """In all ways that Keras may call it."""
    x, texts = np.ones((2, 4, 3), "float32"), ["a quick brown fox"]
    forms = [
        lambda: thing(x), lambda: thing(x, training=True), lambda: thing(x, x), lambda: thing((4, 3)), lambda: thing(3),
        lambda: thing(texts, training=True), lambda: thing(texts), lambda: thing((x, np.ones((2, 1), "float32"))),
    ]  # fmt: skip
    if isinstance(thing, keras.optimizers.Optimizer):
        weights = [keras.Variable(np.ones((4, 3), "float32"))]
        forms = [lambda: thing.apply([np.ones((4, 3), "float32")], weights)]
    for form in forms if callable(thing) or isinstance(thing, keras.optimizers.Optimizer) else ():
        attempt(form)


def built_from(thing):
    """The object, from what a file would hold: TensorFlow wraps the dicts that an object keeps."""
    text = json.dumps(thing)
    return attempt(lambda: keras.saving.deserialize_keras_object(json.loads(text)))


def attempt(action):
    """What the action returns; None where it fails or takes too long."""
    signal.alarm(SECONDS)
    try:
        return action()
    except (Exception, Forbidden):
        return None
    finally:
        signal.alarm(0)


SLOTS = {
    "layer": ("config", "layers", 1),
    "activation": ("config", "layers", 1, "config", "activation"),
    "initializer": ("config", "layers", 1, "config", "kernel_initializer"),
    "regularizer": ("config", "layers", 1, "config", "kernel_regularizer"),
    "constraint": ("config", "layers", 1, "config", "kernel_constraint"),
    "loss": ("compile_config", "loss"),
    "metric": ("compile_config", "metrics", 0),
    "optimizer": ("compile_config", "optimizer"),
}


class Files:
    """`.keras` files with an object in one of their slots."""

    def __init__(self):
        layers = [keras.layers.Dense(3, "relu"), keras.layers.Dense(3)]
        model = keras.Sequential([keras.Input((4, 3)), *layers])
        metric = keras.metrics.MeanSquaredError()
        model.compile(keras.optimizers.SGD(0.1), keras.losses.MeanSquaredError(), metrics=[metric])
        model.save(KERAS_FILE)
        with zipfile.ZipFile(KERAS_FILE) as archive:
            self._members = {name: archive.read(name) for name in archive.namelist()}
        self._config = json.loads(self._members["config.json"])

    def write(self, slot, thing, watched):
        config = json.loads(json.dumps(self._config))
        place = config
        for key in SLOTS[slot][:-1]:
            place = place[key]
        build = {"build_config": {"input_shape": [None, 4, 3]}} if slot == "layer" else {}
        place[SLOTS[slot][-1]] = {**thing, **build}
        with watched:
            model = built_from(config) if slot == "layer" else None
        if model is not None and attempt(lambda: model.save(KERAS_FILE) or True):
            return  # with the layer's own weights
        with zipfile.ZipFile(KERAS_FILE, "w") as archive:
            for name, content in {**self._members, "config.json": json.dumps(config).encode()}.items():
                archive.writestr(name, content)


def use(model):
    """What `fit` does with a loaded model, without its compilation."""
    x, y = np.ones((2, 4, 3), "float32"), np.ones((2, 4, 3), "float32")
    y_pred = attempt(lambda: model(x, training=True))
    attempt(lambda: model(x))
    if y_pred is not None and model.compiled:
        attempt(lambda: model.compute_loss(x, y, y_pred))
        attempt(lambda: model.compute_metrics(x, y, y_pred))
        gradients = [np.zeros(v.shape, "float32") for v in model.trainable_variables]
        attempt(lambda: model.optimizer.apply(gradients, model.trainable_variables))


def own_slots(thing):
    kinds = {
        "layer": keras.layers.Layer, "loss": keras.losses.Loss, "metric": keras.metrics.Metric,
        "optimizer": keras.optimizers.Optimizer, "initializer": keras.initializers.Initializer,
        "regularizer": keras.regularizers.Regularizer, "constraint": keras.constraints.Constraint,
    }  # fmt: skip
    return [slot for slot, kind in kinds.items() if isinstance(thing, kind)] or ["activation"]


def decoys():
    """A folder with files and a module that hostile configurations name, all of them good to use."""
    from tests.layers.test_text_augmentation import write_wordnet

    write_wordnet(Path(FILE))
    Path(FILE, f"{DECOY}.py").write_text("")
    Path(FILE, COMMAND).write_text("#!/bin/sh\n")
    Path(FILE, COMMAND).chmod(0o755)
    sys.path.insert(0, FILE)


def main(report, every=False):
    def too_long(*_):
        watch.seen.append({"what": label, "event": f"takes more than {SECONDS} s", "arguments": ""})
        raise Forbidden

    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, too_long)
    decoys()
    draw, label = random.Random(0), None
    ours = rows()
    gadgets = {row["class_name"]: row for row in map(serialized, planted())}
    files = Files()
    counts = {"objects": len(ours), "built": 0, "files": 0, "loaded": 0}

    # Once without watching: what packages load at the first use is not what is looked for.
    for row in ours.values():
        call(built_from(row))
    watch = Watch()

    for name, row in {**ours, **gadgets}.items():
        all_of_them = every or name in gadgets
        things = []
        for label, thing in [(name, row), *fuzzed(row, lambda vs: vs if all_of_them else draw.sample(vs, 4))]:  # noqa: B023
            with watch.over(label):
                built = built_from(thing)
                if built is not None:
                    things.append((label, thing, own_slots(built)))
                    call(built)
        counts["built"] += len(things)
        in_files = [*things[:1], *draw.sample(things, min(20 if all_of_them else 1, len(things)))]
        for label, thing, slots in in_files:
            more = list(SLOTS) if every else [draw.choice(list(SLOTS))]
            for slot in dict.fromkeys([*slots, *more] if thing is row else slots):
                files.write(slot, thing, watch.over(label))
                counts["files"] += 1
                with watch.over(f"{label} as {slot}"):
                    model = attempt(lambda: keras.models.load_model(KERAS_FILE))
                    if model is not None:
                        counts["loaded"] += 1
                        use(model)
    seen = [one for one in watch.seen if one["what"].partition("(")[0].partition(" ")[0] not in gadgets]
    caught = {name: sorted({s["event"] for s in watch.seen if s["what"].startswith(name)}) for name in gadgets}
    shutil.rmtree(FILE)
    Path(report).write_text(json.dumps({**counts, "seen": seen, "gadgets": caught}, indent=1))


if __name__ == "__main__":
    main(sys.argv[1], "every" in sys.argv[2:])
