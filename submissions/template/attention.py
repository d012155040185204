"""Attention: kernels, attention pooling, and the weights that they give to keys."""

from harness import hookimpl


@hookimpl
def kernel(name, distances, sigma):
    """Weigh distances by the kernel of the given name and width.

    Shapes: `distances` a floating-point tensor of any shape, of either sign; `sigma` a float above 0; a tensor
        of the same shape and the same floating dtype out (no bools).
    Conventions: with u = distances / sigma,
        "gaussian": exp(-u^2 / 2);
        "boxcar": 1 where |u| < 1, else 0;
        "constant": 1;
        "epanechnikov": max(0, 1 - |u|), the book's triangular form.
        Ungraded: |u| = 1; gradients.
    Raises: ValueError on another name.
    Source: D2L 11.2.1.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    """Predict by Nadaraya-Watson regression: an average of the targets, weighted by the kernel.

    Shapes: `x_train` and `y_train` (k,), `x_val` (q,); (y_hat (q,), weights (k, q)) out.
    Conventions: y_hat(q) = sum_i y_i alpha(q, x_i) / sum_j alpha(q, x_j) [11.2.2], where alpha is the kernel of
        the distance between query and key; weights[i, j] is the share of key i in the prediction for query j,
        so each column of the weights sums to 1. `kernel` is a callable on distances: a tensor of distances of
        any shape in, a tensor of its shape and floating dtype out; it is pure, elementwise and even, so the
        sign of a distance does not matter.
        Ungraded: a query with no key in range; gradients.
    Source: D2L 11.2.2, equation 11.2.2.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def attention_pooling(scores, values):
    """Pool values by attention: turn scores into weights, and add the values up with them.

    Shapes: `scores` (n, q, k), `values` (n, k, v); (pooled (n, q, v), weights (n, q, k)) out.
    Conventions: weights = softmax of the scores over the keys [11.1.3]; pooled = the sum over the keys of
        weight times value [11.1.1]. Stable for scores of +-1e4: finite, and within 1e-2 in float32 (full
        accuracy in float64). Gradients with respect to scores and values are graded.
    Source: D2L 11.1, equations 11.1.1 and 11.1.3.
    """
    raise NotImplementedError("not implemented yet")
