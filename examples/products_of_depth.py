"""Products of depth: why signals and gradients explode or vanish, and from which depth on numbers cannot hold them.

    python examples/products_of_depth.py

The notes' net: L linear layers of 2 units without bias, each kernel 1.5 or 0.5 times the identity. What comes out is
1.5**L or 0.5**L times what went in, and the gradient of the first kernel changes with L just so: both are measured on
Keras models and held against the formula. So is the depth from which on the output is infinite or zero in float16,
bfloat16 and float32.

Beside it the same depth of layers drawn by `VarianceMatched` and `ScaledOrthogonal`, of 2 units and of 64, and what
`TrainingDiagnostics` says of nets of 20 such layers of 2 units that are to learn the sum of their inputs.
"""

import math
from pathlib import Path

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow
from side_by_side import dense

import kerasparts as kp
from kerasparts import backend

FOLDER = Path(__file__).resolve().parent / "figures"
DEPTHS = (1, 5, 10, 20, 50, 100)
KERNELS = {
    "1.5 I": lambda seed: keras.initializers.Identity(1.5),
    "0.5 I": lambda seed: keras.initializers.Identity(0.5),
    "VarianceMatched": lambda seed: kp.initializers.VarianceMatched("linear", seed=seed),
    "ScaledOrthogonal": lambda seed: kp.initializers.ScaledOrthogonal("linear", seed=seed),
}
FLOATS = {  # from where on a number is infinite, and from where on it is zero; Torch keeps smaller ones but in float16
    "float16": (2.0**16, 2.0**-25),
    "bfloat16": (2.0**128, 2.0**-127),
    "float32": (2.0**128, 2.0**-127),
}


def products(units, depths, seeds):
    """Length of the output over that of the input and of the gradient of the first kernel over that at depth 1.

    Returns:
        `{kernels: array}` by output or gradient, depth and seed.
    """
    networks = [(name, seed) for name in KERNELS for seed in range(seeds)]
    makers = [KERNELS[name](seed) for name, seed in networks]
    shape = (units, units)
    kernels = [np.stack([keras.ops.convert_to_numpy(make(shape)) for make in makers]) for _ in range(max(depths))]
    x = np.random.default_rng(0).normal(size=(1, 1, units)).repeat(len(networks), axis=1).astype("float32")
    found = []
    for depth in depths:
        layers = [dense(len(networks), units, bias_axes=None) for _ in range(depth)]
        model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
        for layer, kernel in zip(layers, kernels, strict=False):
            layer.kernel.assign(kernel)
        model.compile("sgd", lambda targets, outputs: keras.ops.sum(targets * outputs))
        outputs = keras.ops.convert_to_numpy(model(x)).astype("float64")
        _, gradients = backend.model_value_and_gradients(model)(x, np.ones_like(x))
        gradient = keras.ops.convert_to_numpy(gradients[0]).astype("float64")
        length = np.linalg.norm(x[0, 0])
        found.append(
            [
                np.linalg.norm(outputs[0], axis=-1) / length,
                np.linalg.norm(gradient, axis=(1, 2)) / (length * math.sqrt(units)),
            ]
        )
    table = np.array(found).transpose(1, 0, 2).reshape(2, len(depths), len(KERNELS), seeds)
    return {name: table[:, :, number] for number, name in enumerate(KERNELS)}


def limits(dtype):
    """After how many layers the outputs are infinite and zero, of 1.5 I and 0.5 I, in Keras and by the formula."""
    found = []
    layer = keras.layers.Dense(2, use_bias=False, dtype=dtype)
    layer.build((None, 2))
    for factor, end, bound in ((1.5, math.inf, FLOATS[dtype][0]), (0.5, 0.0, FLOATS[dtype][1])):
        layer.kernel.assign(factor * np.eye(2))
        x, depth = keras.ops.ones((1, 2), dtype), 0
        while keras.ops.convert_to_numpy(x)[0, 0] != end:
            x, depth = layer(x), depth + 1
        found.append((depth, math.ceil(math.log(bound) / math.log(factor))))
    return found


def diagnosis(kernels, depth, epochs, units=2):
    """What `TrainingDiagnostics` says of a fit, and its last loss; the targets have a variance of 2."""
    x = np.random.default_rng(0).normal(size=(256, units))
    make = KERNELS[kernels](0)
    layers = [keras.layers.Dense(units, use_bias=False, kernel_initializer=make) for _ in range(depth)]
    model = keras.Sequential([keras.Input((units,)), *layers, keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=jit_compile)
    gauges = kp.callbacks.TrainingDiagnostics(stop_on={"exploding_gradient"}, verbose=0)
    fit = model.fit(x, x[:, :1] + x[:, 1:2], epochs=epochs, verbose=0, callbacks=[gauges])
    return gauges.diagnosis, fit.history["loss"][-1]


def main(folder=FOLDER, depths=DEPTHS, seeds=5, dtypes=tuple(FLOATS), layers=20, epochs=5):
    """Runs the example; returns the products by units and kernels, and the limits by type of number."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = {units: products(units, depths, seeds) for units in (2, 64)}
    print(f"Length of the output over that of the input, median of {seeds} seeds, and all at the last depth")
    print(f"{'units':5} {'kernels':16} " + "".join(f"{f'L = {depth}':>9}" for depth in depths[1:]))
    for units, by_kernels in found.items():
        for name, (outputs, _) in by_kernels.items():
            medians = "".join(f"{np.median(row):9.1e}" for row in outputs[1:])
            print(f"{units:5} {name:16} {medians}   ({outputs[-1].min():.0e} to {outputs[-1].max():.0e})")
    depth = np.array(depths, dtype="float64")
    for factor in (1.5, 0.5):
        outputs, gradients = found[2][f"{factor} I"][:, :, 0]
        off = max(np.abs(outputs / factor**depth - 1).max(), np.abs(gradients / factor ** (depth - 1) - 1).max())
        print(f"Output against {factor}**L and gradient against {factor}**(L - 1): at most {off:.0e} off")
    heads = f"{'infinite with 1.5 I':>22} {'by the formula':>15} {'zero with 0.5 I':>17} {'by the formula':>15}"
    print(f"\n{'':10} {heads}")
    found["limits"] = {dtype: limits(dtype) for dtype in dtypes}
    for dtype, ((high, high_by_formula), (low, low_by_formula)) in found["limits"].items():
        print(f"{dtype:10} {f'{high} layers':>22} {high_by_formula:15} {f'{low} layers':>17} {low_by_formula:15}")
    print(f"\nTrained for {epochs} epochs: {layers} layers of 2 units, and what TrainingDiagnostics names")
    for name in ("1.5 I", "0.5 I", "ScaledOrthogonal"):
        said, loss = diagnosis(name, layers, epochs)
        print(f"{name:16} last loss {loss:8.2g}   {', '.join(said.faults) or 'nothing'}")
    picture = folder / "products_of_depth.png"
    draw(found, depths).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return found


def draw(found, depths):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True, sharex=True)
    for ax, units in zip(axes, (2, 64), strict=True):
        for color, (name, (outputs, _)) in zip(("C3", "C0", "C1", "C2"), found[units].items(), strict=True):
            ax.plot(depths, np.median(outputs, axis=1), "o-", color=color, label=name, markersize=4)
            ax.fill_between(depths, outputs.min(axis=1), outputs.max(axis=1), color=color, alpha=0.2, linewidth=0)
        ax.axhspan(2.0**16, 1e22, color="0.93", zorder=0)
        ax.axhspan(1e-35, 2.0**-25, color="0.93", zorder=0)
        ax.set(title=f"{units} units", xlabel="depth L", yscale="log", ylim=(1e-35, 1e22))
        ax.spines[["top", "right"]].set_visible(False)
    note = {"ha": "right", "va": "bottom", "color": "0.4", "fontsize": 9, "transform": axes[0].get_yaxis_transform()}
    axes[0].text(0.97, 2.0**17, "too large for float16", **note)
    axes[0].text(0.97, 1e-34, "zero in float16", **note)
    axes[0].set_ylabel("length of the output / that of the input")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    figure.suptitle("Products of depth: 1.5$^L$, 0.5$^L$, and kernels that keep the signal", x=0.01, ha="left")
    return figure


if __name__ == "__main__":
    main()
