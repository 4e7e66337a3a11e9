"""The last steps of a quasi-Newton method and what they changed in the gradient, as tensors."""

from typing import Any, NamedTuple

from keras import ops


class Curvature(NamedTuple):
    """Pairs of steps and changes of the gradient, from old to new; rows that are not in use are zero.

    Attributes:
        steps: `(memory, P)`.
        changes: `(memory, P)`.
        products: `(memory, memory)`, `steps[i] . changes[j]` where `i <= j`, else zero.
        squares: `(memory, memory)`, `changes[i] . changes[j]`.
    """

    steps: Any
    changes: Any
    products: Any
    squares: Any


def is_empty(curvature):
    """Whether there is no pair."""
    return curvature.products[-1, -1] == 0


def forgotten(curvature, condition):
    """No pairs, where a scalar tensor is true."""
    return Curvature(*(ops.where(condition, 0.0, x) for x in curvature))


def remembered(curvature, step, change, condition):
    """The curvature with one more pair and without the oldest, where a scalar tensor is true."""
    steps = ops.concatenate([curvature.steps[1:], step[None]])
    changes = ops.concatenate([curvature.changes[1:], change[None]])
    column, square = ops.matmul(steps, change), ops.matmul(changes, change)
    rows = ops.concatenate([curvature.products[1:, 1:], ops.zeros_like(column[None, 1:])])
    products = ops.concatenate([rows, column[:, None]], axis=1)
    rows = ops.concatenate([curvature.squares[1:, 1:], square[None, :-1]])
    squares = ops.concatenate([rows, square[:, None]], axis=1)
    after = steps, changes, products, squares
    return Curvature(*(ops.where(condition, new, old) for new, old in zip(after, curvature, strict=True)))


def direction(curvature, gradient):
    """`-H g`, with the inverse Hessian `H` that the pairs stand for: Byrd, Nocedal and Schnabel 1994, equation 3.1.

    With the pairs as columns of `S` and `Y`, `R` the upper triangle of `S'Y` and `D` its diagonal:

        q = inv(R) S'g
        p = inv(R)' ((D + scale * Y'Y) q - scale * Y'g)
        H g = scale * g + S p - scale * Y q,   scale = s'y / y'y of the newest pair

    which is the two-loop recursion, in four products with all of `S` or `Y` instead of four for each pair.
    """
    steps, changes, r, squares = curvature
    d = ops.diagonal(r)
    is_unused = ops.cast(d == 0, d.dtype)
    scale = (d[-1] + is_unused[-1]) / (squares[-1, -1] + is_unused[-1])
    r = r + ops.diag(is_unused)
    s_g, y_g = ops.matmul(steps, gradient), ops.matmul(changes, gradient)
    q = _solved(r, s_g, lower=False)
    p = _solved(ops.transpose(r), d * q + scale * (ops.matmul(squares, q) - y_g), lower=True)
    return -(scale * gradient + ops.matmul(p, steps) - scale * ops.matmul(q, changes))


def _solved(triangle, right, lower):
    return ops.solve_triangular(triangle, right[:, None], lower=lower)[:, 0]
