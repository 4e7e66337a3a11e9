"""What an error is made of at each test point, for each loss, from a sum over replicas, so that one can be left out.

Each class has

* `statistic(r)`: array of replica `r`; all that counts of the replicas is the sum of theirs;
* `parts(total, count)`: arrays by test point, by name, of such a sum over `count` replicas; the error is the sum of
  noise, bias and variance;
* `main(total, count)`: the main prediction at each test point;
* `is_smooth`: whether the parts change little when one replica is left out, as the jackknife needs it.
"""

import numpy as np


class Squared:
    """Mean over the outputs of `(f - y)**2`.

        mean (f - y)**2 = noise + ((mean f - y)**2 - noise) + mean (f - mean f)**2

    Reference: Geman, Bienenstock and Doursat 1992, https://doi.org/10.1162/neco.1992.4.1.1, equation 4.1.
    """

    is_smooth = True

    def __init__(self, values, y, noise):
        self._center = np.mean(values, axis=0, dtype="float64")  # sums of squares of large numbers would lose digits
        self._values, self._y, self._noise = values, y - self._center, noise

    def statistic(self, r):
        f = self._values[r] - self._center
        return np.stack([f, f**2])

    def parts(self, total, count):
        mean, mean_of_squares = total / count
        variance = by_row(mean_of_squares - mean**2)
        bias_and_noise = by_row((mean - self._y) ** 2)
        error = bias_and_noise + variance
        return {"error": error, "noise": self._noise, "bias": bias_and_noise - self._noise, "variance": variance}

    def main(self, total, count):
        return total[0] / count + self._center


class ZeroOne:
    """Share of wrong classes.

    The main prediction is the class that most replicas say, the smallest one of a tie. Where it is the most probable
    class, variance makes errors; where it is not, which is bias 1, variance mends them. The noise has the factor that
    it has in the error.

    Reference: Domingos 2000, A Unified Bias-Variance Decomposition and its Applications, Theorem 2 and section 3.3.
    """

    is_smooth = False  # a single replica can turn a majority

    def __init__(self, labels, shares):
        self._labels, self._shares = labels, shares
        self._classes, self._best = np.arange(shares.shape[-1]), shares.argmax(axis=-1)

    def statistic(self, r):
        return (self._labels[r][..., None] == self._classes).astype("float64")

    def parts(self, total, count):
        said = total / count
        error = 1 - (said * self._shares).sum(axis=-1)
        right = np.take_along_axis(said, self._best[..., None], axis=-1)[..., 0]
        bias = total.argmax(axis=-1) != self._best
        unbiased_variance = np.where(bias, 0.0, 1 - right)
        biased_variance = np.where(bias, right, 0.0)
        parts = {
            "error": error,
            "noise": error - (1 - right),
            "bias": bias,
            "variance": unbiased_variance - biased_variance,
            "unbiased_variance": unbiased_variance,
            "biased_variance": biased_variance,
        }
        return {name: by_row(values) for name, values in parts.items()}

    def main(self, total, count):
        return total.argmax(axis=-1)


class CrossEntropy:
    """Entropy of the targets, divergence of the main prediction from them, and of the predictions from it.

        mean -sum(y * log f) = entropy(y) + KL(y, main) + mean KL(main, f)

    with `main` the geometric mean of the probabilities `f`, made to sum to 1.

    Reference: Heskes 1998, https://doi.org/10.1162/089976698300017232, equations 2 to 5.
    """

    is_smooth = True

    def __init__(self, log_shares, shares, noise):
        self._log_shares, self._shares, self._noise = log_shares, shares, noise

    def statistic(self, r):
        return self._log_shares[r]

    def parts(self, total, count):
        mean = total / count
        variance = by_row(-log_sum(mean))  # what mean KL(main, f) comes to
        error = by_row(-(self._shares * mean).sum(axis=-1))
        return {"error": error, "noise": self._noise, "bias": error - variance - self._noise, "variance": variance}

    def main(self, total, count):
        mean = total / count
        return np.exp(mean - log_sum(mean))


def by_row(values):
    """The mean of each row."""
    return values.reshape(len(values), -1).mean(axis=1, dtype="float64")


def log_sum(log_p):
    """`log(sum(exp(log_p)))` along the last axis, which stays."""
    highest = log_p.max(axis=-1, keepdims=True)
    return highest + np.log(np.exp(log_p - highest).sum(axis=-1, keepdims=True))
