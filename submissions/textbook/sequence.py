"""Autoregression (9.1) and minibatches of a corpus (9.3.3)."""

import torch

from harness import hookimpl


class Data:
    """A series, as features and labels (9.1.3)."""

    def __init__(self, x, tau):
        self.x, self.T, self.tau = x, len(x), tau

    def features(self):
        columns = [self.x[i : self.T - self.tau + i] for i in range(self.tau)]
        return torch.stack(columns, 1)

    def labels(self):
        return self.x[self.tau :].reshape(-1, 1)


class LinearRegression:
    """Fitted in closed form, which five epochs of descent do not reach (9.1.3)."""

    def fit(self, X, y):
        X = torch.cat([X, torch.ones_like(y)], 1)
        self.w = torch.linalg.lstsq(X, y).solution.reshape(-1)
        return self

    def get_w_b(self):
        return self.w[:-1], self.w[-1]


class Predictor:
    """A model at work beyond the data (9.1.4)."""

    def __init__(self, data, model):
        self.data, self.model = data, model

    def multistep(self, start):
        preds = self.data.x.clone()
        for i in range(start, self.data.T):
            preds[i] = self.model(preds[i - self.data.tau : i].reshape(1, -1)).reshape(())
        return preds

    def k_step(self, k):
        x, tau = self.data.x, self.data.tau
        width = self.data.T - tau - k + 1
        known = [x[i : i + width] for i in range(tau)]
        for i in range(k):
            known.append(self.model(torch.stack(known[i:], 1)).reshape(-1))
        return known[tau:]


class Corpus:
    """Token indices, to be partitioned (9.3.3)."""

    def __init__(self, corpus, num_steps):
        self.tokens, self.num_steps = torch.tensor(corpus, dtype=torch.int64), num_steps

    def all_windows(self):
        starts = range(len(self.tokens) - self.num_steps)
        array = torch.stack([self.tokens[i : i + self.num_steps + 1] for i in starts])
        return array[:, :-1], array[:, 1:]

    def random_batches(self, batch_size, generator):
        d = int(torch.randint(0, self.num_steps, (1,), generator=generator))
        m = max(0, len(self.tokens) - d - 1) // self.num_steps  # the last target needs a token as well
        starts = d + self.num_steps * torch.randperm(m, generator=generator)
        for i in range(0, m - batch_size + 1, batch_size):
            places = starts[i : i + batch_size].reshape(-1, 1) + torch.arange(self.num_steps)
            yield self.tokens[places], self.tokens[places + 1]

    def sequential_batches(self, batch_size, offset):
        num_tokens = (len(self.tokens) - offset - 1) // batch_size * batch_size
        Xs = self.tokens[offset : offset + num_tokens].reshape(batch_size, -1)
        Ys = self.tokens[offset + 1 : offset + 1 + num_tokens].reshape(batch_size, -1)
        num_batches = Xs.shape[1] // self.num_steps
        for i in range(0, num_batches * self.num_steps, self.num_steps):
            yield Xs[:, i : i + self.num_steps], Ys[:, i : i + self.num_steps]


@hookimpl
def autoregressive_windows(series, tau):
    data = Data(series, tau)
    return data.features(), data.labels()


@hookimpl
def fit_autoregression(features, labels):
    return LinearRegression().fit(features, labels).get_w_b()


@hookimpl
def multistep_predictions(series, tau, start, predict):
    return Predictor(Data(series, tau), predict).multistep(start)


@hookimpl
def k_step_predictions(series, tau, k, predict):
    return Predictor(Data(series, tau), predict).k_step(k)


@hookimpl
def language_model_windows(corpus, num_steps):
    return Corpus(corpus, num_steps).all_windows()


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):
    return Corpus(corpus, num_steps).random_batches(batch_size, generator)


@hookimpl
def sequential_batches(corpus, batch_size, num_steps, offset):
    return Corpus(corpus, num_steps).sequential_batches(batch_size, offset)
