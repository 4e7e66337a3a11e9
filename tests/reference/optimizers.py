"""Optimizers: `(weights, gradients of each step, arguments) -> weights after each step`, in NumPy float64."""

import numpy as np


def _path(w, gradients, step, learning_rate, weight_decay=None):
    """Weights after each step, `step(w, g, t)` giving what to take off, without decoupled decay."""
    w, path = np.array(w, "float64"), []
    for t, g in enumerate(gradients, 1):
        w = w - step(w, g, t) - learning_rate * (weight_decay or 0.0) * w
        path.append(w)
    return np.array(path)


def sgd(w, gradients, learning_rate, momentum, nesterov, momentum_form, weight_decay=None, **_):
    """Polyak 1964 as `v = g * v + lr * grad`; Sutskever et al. 2013, equations 3 and 4, for Nesterov's."""
    v = np.zeros_like(np.array(w, "float64"))

    def step(w, g, t):
        nonlocal v
        rate = momentum(t - 1) if callable(momentum) else momentum
        if momentum_form == "heavy_ball":
            v = rate * v + learning_rate * g
            return rate * v + learning_rate * g if nesterov else v
        v = rate * v + (1 - rate) * g
        return learning_rate * (rate * v + (1 - rate) * g if nesterov else v)

    return _path(w, gradients, step, learning_rate, weight_decay)


def adagrad(w, gradients, learning_rate, epsilon, initial_accumulator_value, weight_decay=None, **_):
    """Duchi et al. 2011, the diagonal form of figure 1."""
    total = np.full_like(np.array(w, "float64"), initial_accumulator_value)

    def step(w, g, t):
        nonlocal total
        total = total + g**2
        return learning_rate * g / (np.sqrt(total) + epsilon)

    return _path(w, gradients, step, learning_rate, weight_decay)


def rmsprop(w, gradients, learning_rate, rho, epsilon, epsilon_inside, centered, momentum, weight_decay=None, **_):
    """Hinton 2012, lecture 6e; centered: Graves 2013, equations 38 to 41."""
    v, mean, b = (np.zeros_like(np.array(w, "float64")) for _ in range(3))

    def step(w, g, t):
        nonlocal v, mean, b
        v = rho * v + (1 - rho) * g**2
        mean = rho * mean + (1 - rho) * g
        spread = v - mean**2 if centered else v
        root = np.sqrt(spread + epsilon) if epsilon_inside else np.sqrt(spread) + epsilon
        b = momentum * b + learning_rate * g / root
        return b

    return _path(w, gradients, step, learning_rate, weight_decay)


def adadelta(w, gradients, learning_rate, rho, epsilon, weight_decay=None, **_):
    """Zeiler 2012, Algorithm 1."""
    v, d = (np.zeros_like(np.array(w, "float64")) for _ in range(2))

    def step(w, g, t):
        nonlocal v, d
        v = rho * v + (1 - rho) * g**2
        change = np.sqrt(d + epsilon) / np.sqrt(v + epsilon) * g
        d = rho * d + (1 - rho) * change**2
        return learning_rate * change

    return _path(w, gradients, step, learning_rate, weight_decay)


def adam(
    w,
    gradients,
    learning_rate,
    beta_1,
    beta_2,
    epsilon,
    bias_correction=True,
    amsgrad=False,
    weight_decay=None,
    **_,
):
    """Kingma and Ba 2015, Algorithm 1; AMSGrad: Reddi et al. 2018, with the maximum before the correction as in Torch.

    With weight decay it is AdamW: Loshchilov and Hutter 2019, Algorithm 2, its multiplier in the learning rate.
    """
    m, v, top = (np.zeros_like(np.array(w, "float64")) for _ in range(3))

    def step(w, g, t):
        nonlocal m, v, top
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        top = np.maximum(top, v)
        second = top if amsgrad else v
        m_hat = m / (1 - beta_1**t) if bias_correction else m
        v_hat = second / (1 - beta_2**t) if bias_correction else second
        return learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)

    return _path(w, gradients, step, learning_rate, weight_decay)


def nadam(w, gradients, learning_rate, beta_1, beta_2, epsilon, weight_decay=None, **_):
    """Dozat 2016, Algorithm 2, with the schedule of section 3."""
    m, v = (np.zeros_like(np.array(w, "float64")) for _ in range(2))
    product = 1.0

    def mu(t):
        return beta_1 * (1 - 0.5 * 0.96 ** (t / 250))

    def step(w, g, t):
        nonlocal m, v, product
        product *= mu(t)
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_bar = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
        return learning_rate * m_bar / (np.sqrt(v / (1 - beta_2**t)) + epsilon)

    return _path(w, gradients, step, learning_rate, weight_decay)


def rectified_adam(w, gradients, learning_rate, beta_1, beta_2, epsilon, threshold, weight_decay=None, **_):
    """Liu et al. 2020, Algorithm 2."""
    m, v = (np.zeros_like(np.array(w, "float64")) for _ in range(2))
    most = 2 / (1 - beta_2) - 1

    def step(w, g, t):
        nonlocal m, v
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat = m / (1 - beta_1**t)
        rho = most - 2 * t * beta_2**t / (1 - beta_2**t)
        if rho <= threshold:
            return learning_rate * m_hat
        r = np.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
        return learning_rate * r * m_hat / (np.sqrt(v / (1 - beta_2**t)) + epsilon)

    return _path(w, gradients, step, learning_rate, weight_decay)


def adabelief(w, gradients, learning_rate, beta_1, beta_2, epsilon, weight_decay=None, **_):
    """Zhuang et al. 2020, Algorithm 2."""
    m, s = (np.zeros_like(np.array(w, "float64")) for _ in range(2))

    def step(w, g, t):
        nonlocal m, s
        m = beta_1 * m + (1 - beta_1) * g
        s = beta_2 * s + (1 - beta_2) * (g - m) ** 2 + epsilon
        return learning_rate * m / (1 - beta_1**t) / (np.sqrt(s / (1 - beta_2**t)) + epsilon)

    return _path(w, gradients, step, learning_rate, weight_decay)


def yogi(w, gradients, learning_rate, beta_1, beta_2, epsilon, initial_accumulator_value, weight_decay=None, **_):
    """Zaheer et al. 2018, Algorithm 2, with the bias corrections of Adam."""
    m = np.zeros_like(np.array(w, "float64"))
    v = np.full_like(m, initial_accumulator_value)

    def step(w, g, t):
        nonlocal m, v
        m = beta_1 * m + (1 - beta_1) * g
        v = v - (1 - beta_2) * np.sign(v - g**2) * g**2
        return learning_rate * m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)

    return _path(w, gradients, step, learning_rate, weight_decay)


def novograd(w, gradients, learning_rate, beta_1, beta_2, epsilon, weight_decay=None, **_):
    """Ginsburg et al. 2019, Algorithm 1, for one layer; the decay is part of the moment."""
    m, v = None, None

    def step(w, g, t):
        nonlocal m, v
        square = np.sum(g**2)
        v = square if v is None else beta_2 * v + (1 - beta_2) * square
        direction = g / (np.sqrt(v) + epsilon) + (weight_decay or 0.0) * w
        m = direction if m is None else beta_1 * m + direction
        return learning_rate * m

    return _path(w, gradients, step, learning_rate)


def adaptive_clip(gradients, variables, factor, epsilon, **_):
    """Brock et al. 2021, equation 3, unit by unit: a column of a kernel, a number of a vector."""
    clipped = []
    for g, w in zip(gradients, variables, strict=True):
        g = np.array(g, "float64")
        for unit in range(g.shape[-1]):
            limit = factor * max(np.linalg.norm(w[..., unit]), epsilon)
            g[..., unit] *= min(1.0, limit / np.linalg.norm(g[..., unit]))
        clipped.append(g)
    return clipped


def centralize(gradients, variables):
    """Yong et al. 2020, equation 1."""
    return [g - g.reshape(-1, g.shape[-1]).mean(axis=0) if g.ndim > 1 else g for g in gradients]


def normalize(gradients, variables, scope, epsilon):
    norms = [np.linalg.norm(g) for g in gradients]
    if scope == "all":
        norms = [np.linalg.norm(norms)] * len(norms)
    return [g / max(norm, epsilon) for g, norm in zip(gradients, norms, strict=True)]
