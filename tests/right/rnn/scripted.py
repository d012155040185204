"""Right work in torch.jit.script: the arithmetic is compiled, the rest stays Python."""

import torch
from torch import Tensor, nn

from harness import hookimpl


@torch.jit.script
def encode(indices: Tensor, vocab_size: int) -> Tensor:
    n, T = indices.shape
    vectors = torch.zeros([n, T, vocab_size], device=indices.device)
    for i in range(n):
        for t in range(T):
            vectors[i, t, int(indices[i, t])] = 1.0
    return vectors.transpose(0, 1)


@torch.jit.script
def unroll(inputs: Tensor, state: Tensor, W_xh: Tensor, W_hh: Tensor, b_h: Tensor) -> tuple[Tensor, Tensor]:
    outputs: list[Tensor] = []
    for x in inputs.unbind(0):
        state = torch.tanh(x @ W_xh + state @ W_hh + b_h)
        outputs.append(state)
    return torch.stack(outputs), state


@torch.jit.script
def score(hiddens: Tensor, W_hq: Tensor, b_q: Tensor) -> Tensor:
    return torch.matmul(hiddens, W_hq).permute(1, 0, 2) + b_q


@torch.jit.script
def loss_of(logits: Tensor, targets: Tensor) -> Tensor:
    log_probs = torch.log_softmax(logits, dim=-1)
    chosen = log_probs.gather(2, targets.unsqueeze(2))
    return chosen.mean().neg()


@torch.jit.script
def rescale(grads: list[Tensor], max_norm: float) -> None:
    total = torch.zeros([], dtype=torch.float64)
    for grad in grads:
        total = total + grad.double().square().sum()
    norm = float(total.sqrt())
    if norm > max_norm:
        for grad in grads:
            grad.mul_(max_norm / norm)


@hookimpl
def one_hot(indices, vocab_size):
    return encode(indices, vocab_size)


@hookimpl
def rnn_scratch(inputs, state, params):
    start = inputs.new_zeros(inputs.shape[1], len(params["b_h"])) if state is None else state
    return unroll(inputs, start, **params)


@hookimpl
def rnn_concise(num_inputs, num_hiddens):
    return nn.RNN(num_inputs, num_hiddens)


@hookimpl
def output_layer(hiddens, params):
    return score(hiddens, **params)


@hookimpl
def language_model_loss(logits, targets):
    return loss_of(logits, targets)


@hookimpl
def clip_gradients(parameters, max_norm):
    rescale([p.grad for p in parameters if p.grad is not None], max_norm)


@hookimpl
def generate(prefix, num_preds, step, state):
    if not prefix:
        raise ValueError("nothing to start from")
    text = list(prefix)
    for i in range(len(prefix) - 1 + num_preds):
        logits, state = step(text[i], state)
        if i + 1 == len(text):
            text.append(logits.max(dim=0).indices.item())
    return text


@hookimpl
def train_language_model(
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    def draw(*shape):
        return torch.randn(shape, generator=generator).div_(10).requires_grad_()

    V, h = vocab_size, num_hiddens
    layer = {"W_xh": draw(V, h), "W_hh": draw(h, h), "b_h": torch.zeros(h, requires_grad=True)}
    head = {"W_hq": draw(h, V), "b_q": torch.zeros(V, requires_grad=True)}
    weights = [*layer.values(), *head.values()]
    text = torch.tensor(corpus)
    rounds = (len(text) - 1) // (num_steps * batch_size)
    strip = rounds * num_steps
    for _ in range(num_epochs):
        first = int(torch.randint(len(text) - strip * batch_size, (), generator=generator))
        at = first + strip * torch.arange(batch_size)[:, None] + torch.arange(strip)
        state = torch.zeros(batch_size, h)
        for places in at.split(num_steps, dim=1):
            hiddens, state = unroll(encode(text[places], V), state.detach(), **layer)
            loss = loss_of(score(hiddens, **head), text[places + 1])
            grads = torch.autograd.grad(loss, weights)
            rescale(grads, max_norm)
            torch._foreach_sub_([w.data for w in weights], grads, alpha=learning_rate)
    return layer | head
