"""A straight line through logarithms."""

import numpy as np


def exponent(frequencies, ranks):
    x = np.log(list(ranks))
    y = np.log([frequencies[rank - 1] for rank in ranks])
    line = np.polynomial.Polynomial.fit(x, y, 1).convert()
    return -float(line.coef[1])
