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


def prodigy(
    w,
    gradients,
    learning_rate,
    beta_1,
    beta_2,
    beta_3,
    epsilon,
    d0,
    d_coef,
    growth_rate,
    safeguard_warmup,
    bias_correction,
    weight_decay=None,
    **_,
):
    """Mishchenko and Defazio 2023, Algorithm 4, with the options of the authors' program; all weights in one array."""
    w = start = np.array(w, "float64")
    m, v, s, r = (np.zeros_like(w) for _ in range(4))
    r, d, largest = 0.0, d0, d0
    beta_3 = np.sqrt(beta_2) if beta_3 is None else beta_3
    path = []
    for t, g in enumerate(gradients, 1):
        correction = np.sqrt(1 - beta_2**t) / (1 - beta_1**t) if bias_correction else 1.0
        rate = d * learning_rate * correction
        m = beta_1 * m + (1 - beta_1) * d * g
        v = beta_2 * v + (1 - beta_2) * d**2 * g**2
        r = beta_3 * r + d / d0 * rate * np.sum(g * (start - w))
        s = beta_3 * s + d / d0 * (d if safeguard_warmup else rate) * g
        w = w - rate * m / (np.sqrt(v) + d * epsilon) - rate * (weight_decay or 0.0) * w
        path.append(w)
        if np.abs(s).sum() > 0:
            estimate = d_coef * r / np.abs(s).sum()
            d = max(d, estimate) if d == d0 else d
            largest = max(largest, estimate)
            d = min(largest, d * (growth_rate or np.inf))
    return np.array(path)


def adamw_step(learning_rate, beta_1, beta_2, epsilon, weight_decay):
    """The step of AdamW, `(w, g, t) -> w`, for the optimizers around it: Loshchilov and Hutter 2019, Algorithm 2."""
    m, v = 0.0, 0.0

    def step(w, g, t):
        nonlocal m, v
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        change = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
        return w - learning_rate * (change + weight_decay * w)

    return step


def lookahead(w, gradients, step, sync_period, slow_step_size, **_):
    """Zhang et al. 2019, Algorithm 1, around a `step` as `adamw_step` gives: the fast weights after each of its steps,
    the slow ones where they meet.
    """
    slow = fast = np.array(w, "float64")
    path = []
    for t, g in enumerate(gradients, 1):
        fast = step(fast, g, t)
        if t % sync_period == 0:
            slow = fast = slow + slow_step_size * (fast - slow)
        path.append(fast)
    return np.array(path)


def schedule_free(
    w,
    gradients,
    step,
    learning_rate,
    beta,
    weight_lr_power,
    weight_step_power,
    averages=False,
    from_average=(),
    **_,
):
    """Defazio et al. 2024, equations 3 to 5, with the weights of Algorithm 1: the points `y` that gradients are taken
    at, or with `averages` the points `x`; at the steps `from_average` the gradient is taken at `x`.
    """
    x = y = z = np.array(w, "float64")
    total, path = 0.0, []
    for t, g in enumerate(gradients, 1):
        y = x if t in from_average else y
        z = z + (step(y, g, t) - y)
        weight = learning_rate**weight_lr_power * t**weight_step_power
        total += weight
        x = (1 - weight / total) * x + weight / total * z
        y = (1 - beta) * z + beta * x
        path.append(x if averages else y)
    return np.array(path)


def proximal(w, gradients, step, learning_rate, l1, group, axis, **_):
    """Parikh and Boyd 2014, sections 6.5.1 and 6.5.2, of a matrix: soft-thresholding of its numbers, and then of its
    rows (`axis=0`) or columns (`axis=1` or -1).
    """
    w, path = np.array(w, "float64"), []
    for t, g in enumerate(gradients, 1):
        w = step(w, g, t)
        w = np.maximum(w - learning_rate * l1, 0) - np.maximum(-w - learning_rate * l1, 0)
        lines = w if axis == 0 else w.T
        for line in lines:
            norm = np.linalg.norm(line)
            threshold = learning_rate * group * np.sqrt(len(line))
            line *= 0.0 if norm <= threshold else 1 - threshold / norm
        path.append(w.copy())
    return np.array(path)
