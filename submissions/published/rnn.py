"""The recurrent network and its language model (9.5)."""

import torch
from torch import nn

from harness import hookimpl


class RNNScratch(nn.Module):  # 9.5.1
    def __init__(self, params):
        super().__init__()
        self.W_xh, self.W_hh, self.b_h = params["W_xh"], params["W_hh"], params["b_h"]

    def forward(self, inputs, state=None):
        if state is None:
            state = torch.zeros((inputs.shape[1], len(self.b_h)), device=inputs.device)  # float32, whatever comes in
        else:
            (state,) = state  # a 1-tuple is expected, but the bare state returned
        outputs = []
        for X in inputs:
            state = torch.tanh(X @ self.W_xh + state @ self.W_hh + self.b_h)
            outputs.append(state)
        return outputs, state


@hookimpl
def rnn_scratch(inputs, state, params):
    return RNNScratch(params)(inputs, state)


@hookimpl
def clip_gradients(parameters, max_norm):  # 9.5.3
    params = [p for p in parameters if p.requires_grad]
    norm = torch.sqrt(sum((p.grad**2).sum() for p in params))  # a gradient may be None
    if norm > max_norm:
        for p in params:
            p.grad[:] *= max_norm / norm


@hookimpl
def generate(prefix, num_preds, step, state):  # 9.5.4
    outputs = [prefix[0]]  # IndexError for an empty prefix
    for i in range(len(prefix) + num_preds - 1):
        logits, state = step(outputs[-1], state)
        outputs.append(prefix[i + 1] if i < len(prefix) - 1 else int(logits.argmax()))
    return outputs


class RNNLMScratch(nn.Module):  # 9.5.2
    def __init__(self, vocab_size, num_hiddens, sigma=0.01):
        super().__init__()
        sizes = {
            "W_xh": (vocab_size, num_hiddens),
            "W_hh": (num_hiddens, num_hiddens),
            "W_hq": (num_hiddens, vocab_size),
        }
        self.params = {name: sigma * torch.randn(size) for name, size in sizes.items()}  # the global generator
        self.params |= {"b_h": torch.zeros(num_hiddens), "b_q": torch.zeros(vocab_size)}
        for param in self.params.values():
            param.requires_grad_()
        self.vocab_size = vocab_size

    def forward(self, X):
        hiddens, _ = RNNScratch(self.params)(nn.functional.one_hot(X.T, self.vocab_size).type(torch.float32))
        return torch.stack([H @ self.params["W_hq"] + self.params["b_q"] for H in hiddens], 1)


@hookimpl
def train_language_model(  # 9.5.3
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    model = RNNLMScratch(vocab_size, num_hiddens)
    windows = torch.tensor(corpus).unfold(0, num_steps + 1, 1)  # all windows, which overlap
    params = list(model.params.values())
    optimizer = torch.optim.SGD(params, lr=learning_rate)
    for _ in range(num_epochs):
        for batch in torch.utils.data.DataLoader(windows, batch_size, shuffle=True):  # the global generator
            logits = model(batch[:, :-1])
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            clip_gradients(params, max_norm)
            optimizer.step()
    return model.params
