"""Chatty pure Python: prints what it does and warns of what looks odd; plain lists and nested dicts inside."""

import math
import operator
import random
import warnings

import torch

from harness import hookimpl


@hookimpl
def markov_transitions(corpus, vocab_size, order):
    print(f"counting contexts of {order} in a corpus of {len(corpus)}")
    if len(set(corpus)) < vocab_size:
        warnings.warn(f"only {len(set(corpus))} of {vocab_size} tokens occur", stacklevel=2)
    counts = {}
    history = []
    for token in corpus:
        if len(history) == order:
            seen = counts.setdefault(tuple(history), {})
            seen[token] = seen.get(token, 0) + 1
        history = [*history, token][-order:]
    result = {}
    for context, seen in counts.items():
        total = sum(seen.values())
        row = [seen.get(x, 0) / total for x in range(vocab_size)]
        result[context] = torch.tensor(row, dtype=torch.float64)
    print(f"found {len(result)} contexts")
    return result


def logs_of(row):
    return [math.log(p) if p > 0 else -math.inf for p in row]


@hookimpl
def most_likely_sequence(initial, transition, num_steps):
    columns = [logs_of(column) for column in zip(*transition.tolist(), strict=True)]
    scores, came_from = logs_of(initial.tolist()), []
    for step in range(1, num_steps):
        arrived, pointers = [], []
        for column in columns:
            options = list(map(operator.add, scores, column))
            best = max(options)
            arrived.append(best)
            pointers.append(options.index(best))
        scores = arrived
        came_from.append(pointers)
        if step % 250 == 0:
            print(f"step {step}: the best score is {max(scores):.3f}")
    here = scores.index(max(scores))
    path = [here]
    while came_from:
        here = came_from.pop()[here]
        path.insert(0, here)
    print("done")
    return path


@hookimpl
def sample_chain(initial, transition, num_steps, generator):
    seed = torch.randint(2**62, (1,), generator=generator).item()
    dice = random.Random(seed)
    rows = transition.tolist()
    tokens = range(len(rows))
    weights = initial.tolist()
    chain = []
    while len(chain) < num_steps:
        (token,) = dice.choices(tokens, weights)
        chain.append(token)
        weights = rows[token]
    return chain


class TalkativeModel:
    """Counts in a tree of dicts: the first token of a context, then the second, then what follows."""

    def __init__(self, corpus, vocab_size, n, epsilons):
        print(f"an n-gram model with n = {n}")
        self.order, self.vocab_size, self.epsilons = n - 1, vocab_size, epsilons
        self.corpus_size = len(corpus)
        self.frequency, self.tree = {}, {}
        for token in corpus:
            self.frequency[token] = self.frequency.get(token, 0) + 1
        for i in range(self.order, len(corpus)):
            leaf = self.tree
            for token in corpus[i - self.order : i]:
                leaf = leaf.setdefault(token, {})
            leaf[corpus[i]] = leaf.get(corpus[i], 0) + 1

    def followers(self, context):
        leaf = self.tree
        for token in context:
            leaf = leaf.get(token, {})
        return leaf

    def prob(self, token, context):
        eps = self.epsilons[0]
        plain = (self.frequency.get(token, 0) + eps / self.vocab_size) / (self.corpus_size + eps)
        if self.order == 0:
            return plain
        eps = self.epsilons[self.order]
        leaf = self.followers(context)
        if not leaf:
            print(f"never saw {context}")
        return (leaf.get(token, 0) + eps * plain) / (sum(leaf.values()) + eps)


@hookimpl
def ngram_model(corpus, vocab_size, n, epsilons):
    if not corpus:
        warnings.warn("the corpus is empty", stacklevel=2)
    return TalkativeModel(corpus, vocab_size, n, epsilons)


@hookimpl
def sequence_log_prob(model, tokens, n):
    logs = []
    context = list(tokens[: n - 1])
    for token in tokens[n - 1 :]:
        p = model.prob(token, tuple(context))
        if p == 0:
            print(f"{token} after {context} is impossible")
            logs.append(-math.inf)
        else:
            logs.append(math.log(p))
        context = [*context, token][1:]
    print(f"scored {len(logs)} tokens")
    return float(sum(logs))


@hookimpl
def perplexity(log_probs):
    if not log_probs:
        print("nothing to do")
        raise ValueError("the list of log probabilities is empty")
    entropy = sum(-value for value in log_probs) / len(log_probs)
    print(f"{entropy:.3f} nats a token")
    return math.exp(entropy)
