"""L-BFGS by the two-loop recursion, with a line search that sees gradients alone, in NumPy float64.

Nocedal and Wright 2006, Algorithms 7.4 and 7.5; acceptance: Hager and Zhang 2005, equation 4.4 (approximate Wolfe).
"""

import numpy as np


class LBFGS:
    """`step(w, g)`: the gradient at `w` in, the weights to evaluate next out."""

    def __init__(self, learning_rate=1.0, memory=10, c1=0.1, c2=0.9, max_evaluations=20, gradient_tolerance=1e-5):
        self.learning_rate, self.memory, self.c1, self.c2 = learning_rate, memory, c1, c2
        self.max_evaluations, self.gradient_tolerance = max_evaluations, gradient_tolerance
        self.pairs = []
        self.base = None
        self.checked = self.done = False
        self.accepted = self.evaluations = 0

    def step(self, w, g):
        self.evaluations += 1
        if self.base is None:
            if not np.isfinite(g).all():
                return w
            self.base, self.gradient = w.copy(), g.copy()
            self.done = np.abs(g).max() <= self.gradient_tolerance
            return w
        if self.done:
            return self.base
        if not self.checked:
            self.checked = True
            return self._search()
        slope = g @ self.direction
        finite = np.isfinite(g).all()
        steep = self.c2 * self.slope
        flat = (2 * self.c1 - 1) * self.slope
        self.tries += 1
        if finite and ((steep <= slope <= flat) or self.forced):
            return self._accept(w, g)
        if finite and slope < steep:
            self.low, self.slope_low, previous = (self.length, slope, (self.low, self.slope_low))
        else:
            self.high, self.slope_high, previous = self.length, slope if finite else np.inf, None
        if self.tries >= self.max_evaluations:
            return self._give_up()
        if np.isinf(self.high):
            self.length = self._extrapolated(previous)
        else:
            self.length = self._interpolated()
        return self._trial()

    def _accept(self, w, g):
        s, y = w - self.base, g - self.gradient
        self.accepted += 1
        self.base, self.gradient = w.copy(), g.copy()
        if s @ y > 1.2e-7 * self.length * abs(self.slope):
            self.pairs = [*self.pairs, (s, y)][-self.memory :]
        if np.abs(g).max() <= self.gradient_tolerance:
            self.done = True
            return self.base
        return self._search()

    def _search(self):
        self.direction = self._two_loop()
        self.slope = self.gradient @ self.direction
        if not self.slope < 0:
            self.pairs = []
            self.direction = -self.gradient
            self.slope = self.gradient @ self.direction
        self.length = self.learning_rate
        if not self.pairs:
            self.length *= min(1.0, 1 / np.linalg.norm(self.gradient))
        self.low, self.high, self.slope_low, self.slope_high = 0.0, np.inf, self.slope, np.inf
        self.tries, self.forced = 0, False
        return self._trial()

    def _trial(self):
        return self.base + self.length * self.direction

    def _give_up(self):
        if self.low > 0 and not self.forced:
            self.length, self.forced = self.low, True
            return self._trial()
        if self.pairs:
            self.pairs = []
            return self._search()
        self.done = True
        return self.base

    def _extrapolated(self, previous):
        low, slope_low = previous
        width = self.low - low
        rise = self.slope_low - slope_low
        secant = self.low - self.slope_low * width / rise if rise > 0 else np.inf
        return np.clip(secant, self.low + 1.1 * width, self.low + 4 * width)

    def _interpolated(self):
        width = self.high - self.low
        if np.isinf(self.slope_high) or self.tries > 3:
            return self.low + 0.5 * width
        secant = self.low - self.slope_low * width / (self.slope_high - self.slope_low)
        return np.clip(secant, self.low + 0.1 * width, self.high - 0.1 * width)

    def _two_loop(self):
        q, alphas = self.gradient.copy(), []
        for s, y in reversed(self.pairs):
            alpha = (s @ q) / (s @ y)
            q = q - alpha * y
            alphas.append(alpha)
        if self.pairs:
            s, y = self.pairs[-1]
            q = q * (s @ y) / (y @ y)
        for (s, y), alpha in zip(self.pairs, reversed(alphas), strict=True):
            q = q + s * (alpha - (y @ q) / (s @ y))
        return -q
