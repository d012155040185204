"""Training and writing."""

from random import Random

import torch

from . import cells, numbers


def write(prefix, num_preds, step, state):
    if not list(prefix):
        raise ValueError("the prefix is empty")

    def more():
        logits, now = None, state
        for token in prefix:
            yield token
            logits, now = step(token, now)
        for left in reversed(range(num_preds)):
            token = logits.argsort(descending=True)[0].item()
            yield token
            if left:
                logits, now = step(token, now)

    return [*more()]


class Course:
    def __init__(self, learning_rate, max_norm, generator):
        self.learning_rate, self.max_norm, self.generator = learning_rate, max_norm, generator
        self.chance = Random(int(torch.randint(2**31, (1,), generator=generator)))

    def enrol(self, V, h):
        self.layer = {"W_xh": self.draw(V, h), "W_hh": self.draw(h, h), "b_h": self.zeros(h)}
        self.head = {"W_hq": self.draw(h, V), "b_q": self.zeros(V)}
        self.optimizer = torch.optim.SGD(self.weights().values(), lr=self.learning_rate)

    def weights(self):
        return self.layer | self.head

    def draw(self, rows, columns):
        return torch.empty(rows, columns).uniform_(-0.2, 0.2, generator=self.generator).requires_grad_()

    def zeros(self, size):
        return torch.zeros(size, requires_grad=True)

    def epoch(self, corpus, T, n):
        text = torch.tensor(corpus[self.chance.randrange(T) :])
        windows = text.unfold(0, T + 1, T)
        order = self.chance.sample(range(len(windows)), len(windows))
        for i in range(len(windows) // n):
            self.lesson(windows[order[i * n : (i + 1) * n]])

    def lesson(self, windows):
        inputs = numbers.encode(windows[:, :-1].mT, len(self.head["b_q"]))
        hiddens = torch.stack([*cells.run(inputs, None, **self.layer)])
        self.optimizer.zero_grad(set_to_none=True)
        numbers.surprise(cells.project(hiddens, **self.head), windows[:, 1:]).backward()
        numbers.rescale([weight.grad for weight in self.weights().values()], self.max_norm)
        self.optimizer.step()
