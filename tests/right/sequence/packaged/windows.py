"""Windows as overlapping views of memory."""

import torch


def cut(series, tau):
    base = series.contiguous()
    step = base.stride(0)
    features = base.as_strided((len(base) - tau, tau), (step, step)).clone()
    return features, base.narrow(0, tau, len(base) - tau).unsqueeze(-1).clone()


def cut_tokens(corpus, num_steps):
    tokens = torch.LongTensor(corpus)
    X, _ = cut(tokens, num_steps)
    Y = torch.stack([tokens[j : j + len(X)] for j in range(1, num_steps + 1)]).t()
    return X, Y
