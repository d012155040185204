"""A package of helper modules, and a chatty one: it prints what it does and warns of what it drops."""

from harness import hookimpl

from .batches import in_random_order, in_rows
from .fitting import conjugate_gradients
from .forecasting import continued
from .windows import cut, cut_tokens


@hookimpl
def autoregressive_windows(series, tau):
    features, labels = cut(series, tau)
    print(f"{len(features)} windows of {tau} values")
    return features, labels


@hookimpl
def fit_autoregression(features, labels):
    weight, bias = conjugate_gradients(features.double(), labels.double())
    print("fitted", weight.tolist(), "and", bias.item())
    return weight.to(features.dtype), bias.to(features.dtype)


@hookimpl
def multistep_predictions(series, tau, start, predict):
    print(f"{len(series) - start} predictions from {start} on")
    rows = continued(series[None, :start], len(series) - start, tau, predict)
    return rows[0]


@hookimpl
def k_step_predictions(series, tau, k, predict):
    windows, _ = cut(series, tau)
    inside = windows[: len(series) - tau - k + 1]
    return continued(inside, k, tau, predict)[:, tau:].transpose(0, 1).contiguous()


@hookimpl
def language_model_windows(corpus, num_steps):
    return cut_tokens(corpus, num_steps)


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):
    return in_random_order(corpus, batch_size, num_steps, generator)


@hookimpl
def sequential_batches(corpus, batch_size, num_steps, offset):
    return list(in_rows(corpus[offset:], batch_size, num_steps))
