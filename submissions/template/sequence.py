"""Sequences: autoregression on a series, and cutting a corpus into batches for a language model."""

from harness import hookimpl


@hookimpl
def autoregressive_windows(series, tau):
    """Cut a series into windows of `tau` values, each with the value that follows it.

    Shapes: series (T,); (features (T-tau, tau), labels (T-tau, 1)) out.
    Conventions: row i of the features is series[i : i+tau], oldest first; its label is series[i+tau].
        Dtype and device follow the series.
    Source: D2L 9.1.1, 9.1.3.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def fit_autoregression(features, labels):
    """Fit the linear autoregression labels = features · weight + bias that minimises the mean squared error.

    Shapes: features (m, tau), labels (m, 1); (weight (tau,), bias ()) out.
    Conventions: graded by the mean squared error that is reached: within 0.1 % of the optimum. Features have
        full column rank and more rows than tau+1; the data are noisy. Dtype and device follow the features.
    Source: D2L 9.1.3.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def multistep_predictions(series, tau, start, predict):
    """Predict a series from index `start` to its end, each prediction fed back into the next.

    Shapes: series (T,); (T,) out. `predict` maps (m, tau) to (m, 1).
    Conventions: entries before `start` are the observed ones; from `start` on, each is predicted from the
        previous `tau` entries of the result, oldest first, so what the series holds there is never read.
        tau <= start <= T. `predict` is pure and row-wise, and takes any number of rows.
        Dtype and device follow the series.
    Source: D2L 9.1.4.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def k_step_predictions(series, tau, k, predict):
    """Predict 1, 2, …, k steps ahead from every window of `tau` observations.

    Shapes: series (T,); (k, T-tau-k+1) out. `predict` maps (m, tau) to (m, 1).
    Conventions: row j-1, column i is the j-step-ahead prediction of time index i+tau+j-1, from observations
        up to index i+tau-1 only: what lies between is itself predicted, windows oldest first.
        `predict` is pure and row-wise, and takes any number of rows. Dtype and device follow the series.
    Source: D2L 9.1.4.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def language_model_windows(corpus, num_steps):
    """Cut a corpus into all overlapping windows of `num_steps` tokens, each with its targets.

    Shapes: a list of int; (X, Y) out, each (len(corpus)-num_steps, num_steps) int64.
    Conventions: row i of X begins at token i of the corpus; Y is X shifted by one token: Y[i, j] is the token
        that follows X[i, j] in the corpus. Ungraded: len(corpus) <= num_steps.
    Source: D2L 9.3.3.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):
    """Cut a corpus into disjoint subsequences and visit them in random order, batch by batch: one epoch.

    Shapes: a list of int; an iterable of (X, Y) out, each (batch_size, num_steps) int64.
    Conventions: drop d ~ Uniform{0, …, num_steps-1} tokens at the front; cut the rest into
        m = (len(corpus)-d-1) // num_steps subsequences, one after another; visit them in uniformly random
        order in full batches; drop the last partial batch. Y holds the tokens that follow those of X in the
        corpus (X shifted by one). Too short a corpus gives no batch. The randomness comes from `generator`
        (on the CPU), how it is drawn is free; the iterable is read once and may be lazy.
    Source: D2L 9.3.3.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def sequential_batches(corpus, batch_size, num_steps, offset):
    """Cut a corpus into batches in which every row continues in the same row of the next batch.

    Shapes: a list of int; an iterable of (X, Y) out, each (batch_size, num_steps) int64.
    Conventions: from `offset` (any 0 <= offset < len(corpus), num_steps or more included), lay
        num_tokens = ((len(corpus)-offset-1) // batch_size) · batch_size tokens out as batch_size rows, one
        row after another; batch b holds the columns b·num_steps onward, so row i continues in row i of the
        next batch; drop the last partial batch. Y holds the tokens that follow those of X in the corpus
        (X shifted by one). Too short a corpus gives no batch; the iterable is read once and may be lazy.
    Source: D2L 9.3.3.
    """
    raise NotImplementedError("not implemented yet")
