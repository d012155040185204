"""Attention: kernels, pooling, scoring functions, many heads, and positions."""

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


@hookimpl
def masked_softmax(scores, valid_lens):
    """Turn scores into weights over the keys within the valid length.

    Shapes: `scores` (n, q, k); `valid_lens` None, (n,) or (n, q), int32 or int64; weights (n, q, k) out.
    Conventions: softmax over the keys; those at index >= the length get weight exactly 0, the others share all
        of it. (n,) holds a length for each batch element, (n, q) one for each query; None masks nothing. Lengths
        stand on the scores' device. Stable for scores of +-1e4, those of masked keys included: finite, and
        within 1e-2 in float32 (full accuracy in float64). The scores are not mutated. Gradients with respect
        to the scores are graded.
        Ungraded: a length of 0 or above k; scores that are inf or nan.
    Source: D2L 11.3.2.1.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    """Attend by scaled dot products of queries and keys.

    Shapes: `queries` (n, q, d), `keys` (n, k, d), `values` (n, k, v); `valid_lens` None, (n,) or (n, q), as in
        masked_softmax; (output (n, q, v), weights (n, q, k)) out.
    Conventions: output = softmax(Q K^T / sqrt(d)) V [11.3.6]; keys at index >= the length get weight exactly 0. No
        dropout. Stable for scores of +-1e4: finite, and within 1e-2 in float32 (full accuracy in float64).
        Gradients with respect to queries, keys and values are graded, through output and weights alike.
        Ungraded: a length of 0 or above k; inf and nan.
    Source: D2L 11.3.3, equation 11.3.6.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    """Attend by additive scores, a small network of each query and key.

    Shapes: `queries` (n, q, dq), `keys` (n, k, dk), `values` (n, k, v); `valid_lens` None, (n,) or (n, q), as in
        masked_softmax; params W_q (dq, h), W_k (dk, h), w_v (h,); (output (n, q, v), weights (n, q, k)) out.
    Conventions: the score of a query and a key is w_v . tanh(q W_q + k W_k) [11.3.7], without bias and without
        scaling; output = softmax of the scores over the keys, times the values; keys at index >= the length
        get weight exactly 0. No dropout. Stable for scores of +-1e4: finite, and within 1e-2 in float32 (full
        accuracy in float64). Gradients with respect to queries, keys, values and every parameter are graded,
        through output and weights alike.
        Ungraded: a length of 0 or above k; inf and nan.
    Source: D2L 11.3.4, equation 11.3.7.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    """Attend with several heads side by side, each to its own columns of the projections.

    Shapes: `queries` (n, q, d), `keys` and `values` (n, k, d); `valid_lens` None, (n,) or (n, q), as in
        masked_softmax, the same for all heads; params W_q, W_k, W_v, W_o (d, d); (n, q, d) out.
    Conventions: num_heads divides d. Q = queries W_q, K = keys W_k, V = values W_v, no bias; head i takes the
        d/num_heads columns from i * d/num_heads onward of each, and computes softmax(Q K^T / sqrt(d/num_heads)) V
        with its own; the heads' outputs are joined in order and multiplied by W_o. No dropout. Stable for scores of
        +-1e4: finite, and within 1e-2 in float32 (full accuracy in float64). Gradients with respect to queries,
        keys, values and every parameter are graded.
        Ungraded: a length of 0 or above k; inf and nan.
    Source: D2L 11.5, equations 11.5.1 and 11.5.2.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def causal_self_attention(inputs, num_heads, params):
    """Let each position of a sequence attend to itself and to those before it, with several heads.

    Shapes: `inputs` (n, T, d), batch first; params W_q, W_k, W_v, W_o (d, d); (n, T, d) out.
    Conventions: multi_head_attention in which queries, keys and values all are the inputs, and position t attends
        to the positions <= t only, its own included. No bias, no dropout, no positional encoding. Gradients with
        respect to inputs and every parameter are graded.
    Source: D2L 11.6.1 and 11.7.5.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    """Make the fixed positional encoding of sines and cosines.

    Shapes: two ints in, T = num_steps at most 1000, d = num_hiddens; (T, d) out.
    Conventions: P[i, 2j] = sin(i / 10000^(2j/d)), P[i, 2j+1] = cos of the same [11.6.2]; positions i count from 0,
        sines and cosines take turns. float32, on the CPU, within 1e-4.
        Ungraded: odd num_hiddens.
    Source: D2L 11.6.3, equation 11.6.2.
    """
    raise NotImplementedError("not implemented yet")
