"""The update step alone, ours against Keras' own, and against `torch.optim` or optax, in turn in one process.

    KERAS_BACKEND=torch python benchmarks/optimizers.py [--optimizers AdamW ...] [--lists large ...] [--rounds N]

A step takes gradients that are there already, and updates weights and state in place in one compiled program, as a
training does: on TensorFlow as a graph and compiled by XLA, which is what `fit` takes where it can; on JAX with the old
values donated; on Torch eagerly. Torch's own are fused where they can be.

Prints the median time of a step; what it reads and writes at least, which is the gradients once, and weights and state
once each way, in GB a second; that as a share of what the framework reaches when it copies a large array; and the
median ratio of ours to each peer, round by round. Keras' against Keras' own is the error of the measurement.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rows import compared

import kerasparts as kp

BACKEND = keras.backend.backend()
SECONDS = 0.3  # of a round, about


def resnet50():
    return [tuple(v.shape) for v in keras.applications.ResNet50(weights=None).trainable_variables]


LISTS = {
    "20 of 1,000,000": lambda: [(1000, 1000)] * 20,
    "200 of 2,000": lambda: [(40, 50)] * 200,
    "ResNet-50": resnet50,
}

# With arguments that all libraries call the same.
OPTIMIZERS = {
    "SGD": {"momentum": 0.9},
    "Adagrad": {},
    "RMSprop": {},
    "Adadelta": {},
    "Adam": {},
    "AdamW": {"weight_decay": 0.01},
    "Nadam": {},
}


def of_ours(name):
    return getattr(kp.optimizers, name)(1e-3, weight_decay_exclude=None, **OPTIMIZERS[name])


def of_keras(name):
    return getattr(keras.optimizers, name)(1e-3, **OPTIMIZERS[name])


def arrays(shapes, seed):
    random = np.random.default_rng(seed)
    return [random.normal(size=shape).astype("float32") for shape in shapes]


class OfKeras:
    """Steps of a Keras optimizer, ours or theirs."""

    def __init__(self, optimizer, shapes, is_xla):
        self.weights = [keras.Variable(x, name="kernel") for x in arrays(shapes, 0)]
        self.gradients = [keras.ops.convert_to_tensor(x) for x in arrays(shapes, 1)]
        optimizer.build(self.weights)
        state = sum(int(np.prod(v.shape)) for v in optimizer.variables)
        weights = sum(int(np.prod(shape)) for shape in shapes)
        self.bytes = 4 * (3 * weights + 2 * state)
        if BACKEND == "tensorflow":
            import tensorflow as tf

            step = tf.function(lambda: optimizer.apply(self.gradients, self.weights), jit_compile=is_xla)
            self.run = lambda: step() or self.weights[-1].value
        elif BACKEND == "jax":
            import jax

            step = jax.jit(
                lambda weights, state, gradients: optimizer.stateless_apply(state, gradients, weights),
                donate_argnums=(0, 1),
            )
            now = [[jax.numpy.array(v.value) for v in variables] for variables in (self.weights, optimizer.variables)]

            def run():
                now[:] = step(*now, self.gradients)  # what is donated takes the place of the same shape in order
                return now[0][-1]

            self.run = run
        else:
            import torch

            apply = torch.no_grad()(optimizer.apply)
            self.run = lambda: apply(self.gradients, self.weights) or self.weights[-1].value


class OfTorch:
    def __init__(self, name, shapes):
        import torch

        device = keras.ops.convert_to_tensor(0.0).device
        self.weights = [torch.nn.Parameter(torch.tensor(x, device=device)) for x in arrays(shapes, 0)]
        for weight, gradient in zip(self.weights, arrays(shapes, 1), strict=True):
            weight.grad = torch.tensor(gradient, device=device)
        arguments = OPTIMIZERS[name] | ({"fused": True} if name in ("SGD", "Adagrad", "Adam", "AdamW") else {})
        kind = getattr(torch.optim, {"Nadam": "NAdam"}.get(name, name))
        optimizer = kind(self.weights, lr=1e-3, **arguments)
        self.run = lambda: optimizer.step() or self.weights[-1]


class OfOptax:
    def __init__(self, name, shapes):
        import jax
        import jax.numpy as jnp
        import optax

        optimizer = getattr(optax, name.lower())(1e-3, **OPTIMIZERS[name])
        gradients = list(map(jnp.asarray, arrays(shapes, 1)))
        weights = list(map(jnp.asarray, arrays(shapes, 0)))
        now = [optimizer.init(weights), weights]

        def update(state, weights, gradients):
            updates, state = optimizer.update(gradients, state, weights)
            return state, optax.apply_updates(weights, updates)

        step = jax.jit(update, donate_argnums=(0, 1))

        def run():
            now[:] = step(*now, gradients)
            return now[1][-1]

        self.run = run


class Copy:
    """Copies of an array of 20,000,000 numbers."""

    bytes = 2 * 4 * 20_000_000

    def __init__(self):
        x = keras.ops.convert_to_tensor(arrays([20_000_000], 0)[0])
        if BACKEND == "tensorflow":
            import tensorflow as tf

            source, out = tf.Variable(x), tf.Variable(x)

            @tf.function(jit_compile=True)
            def step():
                out.assign(source)

            self.run = lambda: step() or out
        elif BACKEND == "jax":
            import jax

            step, out = jax.jit(lambda out, x: jax.numpy.copy(x), donate_argnums=0, keep_unused=True), [x + 1]

            def run():
                out[0] = step(out[0], x)
                return out[0]

            self.run = run
        else:
            import torch

            out = torch.empty_like(x)
            self.run = lambda: out.copy_(x)


def wait(x):
    if BACKEND == "jax":
        x.block_until_ready()
    elif BACKEND == "torch" and x.is_cuda:
        import torch

        torch.cuda.synchronize()
    else:
        keras.ops.shape(x)


def seconds(runner, repeats):
    begin = time.perf_counter()
    for _ in range(repeats):
        x = runner.run()
    wait(x)
    return (time.perf_counter() - begin) / repeats


def repeats_of(runner):
    seconds(runner, 2)  # compile
    return max(1, round(SECONDS / max(1e-6, seconds(runner, 2))))


def measure(runners, rounds):
    """Seconds a step, by name, a number for every round; in every round in another order."""
    repeats = {name: repeats_of(runner) for name, runner in runners.items()}
    times = {name: [] for name in runners}
    names = list(runners)
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            times[name].append(seconds(runners[name], repeats[name]))
    return times


def ratio(times, one, two):
    if two not in times:
        return f"{'':>7}"
    return f"{statistics.median(a / b for a, b in zip(times[one], times[two], strict=True)):7.2f}"


def main(optimizers=tuple(OPTIMIZERS), lists=tuple(LISTS), rounds=7, short=False):
    """`short`: two of the optimizers and of the lists, fewer rounds."""
    if short:
        optimizers, lists, rounds = ("SGD", "AdamW"), ("20 of 1,000,000", "200 of 2,000"), 5
    peer = {"tensorflow": "", "jax": "optax", "torch": "torch.optim"}[BACKEND]
    print(f"{BACKEND}, {os.cpu_count()} processors, {rounds} rounds; a copy: ", end="", flush=True)
    copies = Copy()
    bandwidth = Copy.bytes / statistics.median(measure({"copy": copies}, rounds)["copy"]) / 1e9
    print(f"{bandwidth:.1f} GB/s")
    print(
        f"{'variables':16} {'':5} {'optimizer':9} {'ms':>8} {'GB/s':>6} {'share':>6} "
        f"{'/Keras':>7} {'Keras/Keras':>11} {'/' + peer if peer else '':>12}"
    )
    rows = []
    for title in lists:
        shapes = LISTS[title]()
        for mode in ("graph", "XLA") if BACKEND == "tensorflow" else ("",):
            for name in optimizers:
                makers = {"ours": of_ours, "Keras": of_keras, "again": of_keras}
                runners = {who: OfKeras(make(name), shapes, mode == "XLA") for who, make in makers.items()}
                if BACKEND == "torch":
                    runners["peer"] = OfTorch(name, shapes)
                if BACKEND == "jax":
                    runners["peer"] = OfOptax(name, shapes)
                times = measure(runners, rounds)
                median = statistics.median(times["ours"])
                speed = runners["ours"].bytes / median / 1e9
                print(
                    f"{title:16} {mode:5} {name:9} {1e3 * median:8.2f} {speed:6.1f} {speed / bandwidth:6.2f} "
                    f"{ratio(times, 'ours', 'Keras')} {ratio(times, 'again', 'Keras'):>11} "
                    f"{ratio(times, 'ours', 'peer'):>12}",
                    flush=True,
                )
                what = (
                    f"a step of {name}, {title if title == 'ResNet-50' else title + ' numbers'}{mode and f', {mode}'}"
                )
                rows.append(compared(what, "Keras", times["ours"], times["Keras"], times["again"]))
                if "peer" in times:
                    rows.append(compared(what, peer, times["ours"], times["peer"]))
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--optimizers", nargs="+", default=list(OPTIMIZERS), choices=OPTIMIZERS)
    parser.add_argument("--lists", nargs="+", default=list(LISTS), choices=LISTS)
    parser.add_argument("--rounds", type=int, default=7)
    main(**vars(parser.parse_args()))
