"""Autoregression and batches of a corpus."""

import torch
from torch.utils.data import Dataset

from harness import hookimpl


class Windows(Dataset):
    """All overlapping windows of a series, each with the value that follows it."""

    def __init__(self, series, tau):
        self.series, self.tau = series, tau

    def __len__(self):
        return len(self.series) - self.tau

    def __getitem__(self, i):
        return self.series[i : i + self.tau], self.series[i + self.tau]


class CorpusReader:
    """Cuts a corpus into (X, Y) batches."""

    def __init__(self, corpus, batch_size, num_steps):
        self.corpus = torch.as_tensor(corpus, dtype=torch.int64)
        self.batch_size, self.num_steps = batch_size, num_steps

    def random(self, generator):
        drop = torch.randint(self.num_steps, (1,), generator=generator).item()
        count = max(0, (len(self.corpus) - drop - 1) // self.num_steps)
        starts = torch.randperm(count, generator=generator) * self.num_steps + drop
        for batch in starts.split(self.batch_size):
            if len(batch) == self.batch_size:
                yield self.windows(batch), self.windows(batch + 1)

    def windows(self, starts):
        return torch.stack([self.corpus[s : s + self.num_steps] for s in starts.tolist()])

    def sequential(self, offset):
        width = (len(self.corpus) - offset - 1) // self.batch_size
        size = width * self.batch_size
        x = self.corpus[offset : offset + size].view(self.batch_size, width)
        y = self.corpus[offset + 1 : offset + 1 + size].view(self.batch_size, width)
        for i in range(0, width - self.num_steps + 1, self.num_steps):
            yield x[:, i : i + self.num_steps], y[:, i : i + self.num_steps]


@hookimpl
def autoregressive_windows(series, tau):
    windows = Windows(series, tau)
    pairs = [windows[i] for i in range(len(windows))]
    if not pairs:
        return series.new_zeros(0, tau), series.new_zeros(0, 1)
    features, labels = zip(*pairs)
    return torch.stack(features), torch.stack(labels).reshape(-1, 1)


@hookimpl
def fit_autoregression(features, labels):
    design = torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
    solution = torch.linalg.lstsq(design, labels).solution.flatten()
    return solution[:-1], solution[-1]


@hookimpl
def multistep_predictions(series, tau, start, predict):
    values = list(series[:start])
    while len(values) < len(series):
        values.append(predict(torch.stack(values[-tau:]).reshape(1, tau)).reshape(()))
    return torch.stack(values)


@hookimpl
def k_step_predictions(series, tau, k, predict):
    columns = len(series) - tau - k + 1
    history = torch.stack([series[i : i + tau] for i in range(columns)])
    curves = []
    for _ in range(k):
        following = predict(history)
        curves.append(following.reshape(columns))
        history = torch.cat([history[:, 1:], following.reshape(columns, 1)], dim=1)
    return torch.stack(curves)


@hookimpl
def language_model_windows(corpus, num_steps):
    rows = torch.tensor(corpus).unfold(0, num_steps + 1, 1)
    return rows[:, :-1], rows[:, 1:]


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):
    return CorpusReader(corpus, batch_size, num_steps).random(generator)


@hookimpl
def sequential_batches(corpus, batch_size, num_steps, offset):
    return CorpusReader(corpus, batch_size, num_steps).sequential(offset)
