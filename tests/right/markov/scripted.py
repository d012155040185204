"""TorchScript and tensors throughout: compiled loops, tables in buffers, tensors of int64 for lists of int."""

import torch
from torch import Tensor, nn

from harness import hookimpl


@torch.jit.script
def viterbi(scores: Tensor, steps: Tensor, num_steps: int) -> Tensor:
    pointers = torch.zeros([num_steps, scores.size(0)], dtype=torch.long, device=scores.device)
    for t in range(1, num_steps):
        candidates = scores[:, None] + steps
        pointers[t] = candidates.argmax(0)
        scores = candidates.amax(0)
    out = torch.empty([num_steps], dtype=torch.long, device=scores.device)
    token = scores.argmax()
    for i in range(num_steps):
        t = num_steps - 1 - i
        out[t] = token
        token = pointers[t][token]
    return out


@torch.jit.script
def pick(ladder: Tensor, u: Tensor) -> Tensor:
    return torch.searchsorted(ladder, u * ladder[-1], right=True)


@torch.jit.script
def climb(first: Tensor, rows: Tensor, uniform: Tensor) -> Tensor:
    chain = torch.zeros([uniform.size(0)], dtype=torch.long)
    ladder = first.cumsum(0)
    ladders = rows.cumsum(1)
    for t in range(uniform.size(0)):
        token = pick(ladder, uniform[t])
        chain[t] = token
        ladder = ladders[token]
    return chain


@hookimpl
def markov_transitions(corpus, vocab_size, order):
    text = torch.tensor(corpus, dtype=torch.long)
    if len(corpus) <= order:
        return {}
    places = torch.arange(len(corpus) - order)
    contexts = text[places[:, None] + torch.arange(order)]
    known, which = contexts.unique(dim=0, return_inverse=True)
    counts = torch.zeros(len(known), vocab_size, dtype=torch.float64)
    counts.index_put_((which, text[order:]), torch.ones((), dtype=torch.float64), accumulate=True)
    shares = counts / counts.sum(1, keepdim=True)
    return dict(zip(map(tuple, known.tolist()), shares.unbind(0), strict=True))


@hookimpl
def most_likely_sequence(initial, transition, num_steps):
    return viterbi(initial.log(), transition.log(), num_steps)


@hookimpl
def sample_chain(initial, transition, num_steps, generator):
    uniform = torch.rand(num_steps, dtype=torch.float64, generator=generator)
    return climb(initial.double().cpu(), transition.double().cpu(), uniform)


class Grams(nn.Module):
    """Probabilities of all n-grams, computed once, as a buffer with n axes."""

    def __init__(self, corpus, vocab_size, n, epsilons):
        super().__init__()
        text = torch.tensor(corpus, dtype=torch.long)
        single = torch.bincount(text, minlength=vocab_size).double()
        unigram = (single + epsilons[0] / vocab_size) / (len(corpus) + epsilons[0])
        table = unigram
        if n > 1:
            counts = torch.zeros((vocab_size,) * n, dtype=torch.float64)
            for i in range(n - 1, len(corpus)):
                counts[tuple(corpus[i - n + 1 : i + 1])] += 1
            strength = epsilons[n - 1]
            table = (counts + strength * unigram) / (counts.sum(-1, keepdim=True) + strength)
        self.register_buffer("table", table)

    def prob(self, token, context):
        return self.table[tuple(context)][token].item()


@hookimpl
def ngram_model(corpus, vocab_size, n, epsilons):
    return Grams(corpus, vocab_size, n, epsilons)


@hookimpl
def sequence_log_prob(model, tokens, n):
    found = [model.prob(tokens[i + n - 1], tuple(tokens[i : i + n - 1])) for i in range(len(tokens) - n + 1)]
    return torch.tensor(found, dtype=torch.float64).log().sum().item()


@hookimpl
def perplexity(log_probs):
    if len(log_probs) == 0:
        raise ValueError("no tokens")
    return torch.tensor(log_probs, dtype=torch.float64).mean().neg().exp().item()
