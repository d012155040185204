"""Right work in chatty style: it prints, logs and warns about all it does, and keeps old habits (range(len(...)))."""

import logging
import math
import sys
import warnings

import torch

from harness import hookimpl

log = logging.getLogger("homework")
print("homework on recurrent networks: hello!")


@hookimpl
def one_hot(indices, vocab_size):
    print("one_hot of", tuple(indices.shape), "over", vocab_size, "tokens")
    table = []
    for i in range(vocab_size):
        table.append([1.0 if i == j else 0.0 for j in range(vocab_size)])
    rows = torch.tensor(table, dtype=torch.float32, device=indices.device)
    out = []
    for t in range(indices.shape[1]):
        out.append(rows.index_select(0, indices[:, t]))
    return tuple(out)


@hookimpl
def rnn_scratch(inputs, state, params):
    print(f"rnn_scratch: {len(inputs)} steps", file=sys.stderr)
    if state is None:
        warnings.warn("no state was given: starting from zeros", stacklevel=2)
        state = inputs.new_zeros([inputs.shape[1], params["b_h"].shape[0]])
    outputs = [None] * len(inputs)
    for t in range(len(inputs)):
        a = torch.nn.functional.linear(inputs[t], params["W_xh"].T, params["b_h"])
        a = a + torch.nn.functional.linear(state, params["W_hh"].T)
        state = torch.tanh(a)
        outputs[t] = state
        log.warning("step %d done", t)
    return (tuple(outputs), state)


@hookimpl
def rnn_concise(num_inputs, num_hiddens):
    net = torch.nn.RNN(num_inputs, num_hiddens)
    print(net)
    for name, p in net.named_parameters():
        print("   ", name, tuple(p.shape), sep="\t")
    return net


@hookimpl
def output_layer(hiddens, params):
    print("output_layer: before", hiddens.shape)
    out = []
    for i in range(hiddens.shape[1]):
        out.append(hiddens[:, i] @ params["W_hq"] + params["b_q"].reshape(1, -1))
    print("output_layer: after", len(out), out[0].shape)
    return out


@hookimpl
def language_model_loss(logits, targets):
    total = 0.0
    for i in range(len(targets)):
        log_p = torch.log_softmax(logits[i], dim=1)
        for t in range(len(targets[i])):
            total = total - log_p[t, targets[i, t]]
    loss = total / targets.numel()
    print(f"loss {float(loss):.3f}, perplexity {math.exp(min(float(loss), 50.0)):.1f}")
    return loss


@hookimpl
def clip_gradients(parameters, max_norm):
    squares = []
    for p in parameters:
        if p.grad is None:
            warnings.warn("a parameter has no gradient", stacklevel=2)
        else:
            squares += [float(v) ** 2 for v in p.grad.flatten()]
    norm = math.sqrt(math.fsum(squares))
    print("gradient norm", norm)
    if norm > max_norm:
        warnings.warn(f"clipping {norm:.3g} to {max_norm:.3g}", stacklevel=2)
        for p in parameters:
            if p.grad is not None:
                p.grad.div_(norm / max_norm)
    return norm


@hookimpl
def generate(prefix, num_preds, step, state):
    if prefix == []:
        print("no prefix!")
        raise ValueError("I need a prefix, even if it is a short one")
    out = []
    pending = list(prefix)
    while len(out) < len(prefix) + num_preds - 1:
        out.append(pending.pop(0))
        logits, state = step(torch.tensor(out[-1]), state)
        if not pending:
            pending.append(max(range(len(logits)), key=logits.tolist().__getitem__))
        print("so far:", *out)
    return out + pending


@hookimpl
def train_language_model(
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    print(f"training on {len(corpus)} tokens")
    net = torch.nn.Module()
    s = 1 / math.sqrt(num_hiddens)
    net.W_xh = torch.nn.Parameter((torch.rand(vocab_size, num_hiddens, generator=generator) - 0.5) * s)
    net.W_hh = torch.nn.Parameter((torch.rand(num_hiddens, num_hiddens, generator=generator) - 0.5) * s)
    net.b_h = torch.nn.Parameter(torch.zeros(num_hiddens))
    net.W_hq = torch.nn.Parameter((torch.rand(num_hiddens, vocab_size, generator=generator) - 0.5) * s)
    net.b_q = torch.nn.Parameter(torch.zeros(vocab_size))
    data = torch.tensor(corpus)
    for epoch in range(num_epochs):
        begin = int(torch.randint(num_steps, (1,), generator=generator))
        starts = list(range(begin, len(corpus) - num_steps, num_steps))
        starts = [starts[i] for i in torch.randperm(len(starts), generator=generator).tolist()]
        done, total = 0, 0.0
        while done + batch_size <= len(starts):
            X = torch.stack([data[s : s + num_steps] for s in starts[done : done + batch_size]])
            Y = torch.stack([data[s + 1 : s + 1 + num_steps] for s in starts[done : done + batch_size]])
            done += batch_size
            H = torch.zeros(batch_size, num_hiddens)
            loss = 0
            for t in range(num_steps):
                H = torch.tanh(net.W_xh[X[:, t]] + H @ net.W_hh + net.b_h)
                loss = loss + torch.nn.functional.cross_entropy(H @ net.W_hq + net.b_q, Y[:, t])
            loss = loss / num_steps
            net.zero_grad()
            loss.backward()
            norm = sum(p.grad.square().sum() for p in net.parameters()).sqrt()
            for p in net.parameters():
                p.data -= learning_rate * p.grad / max(1.0, norm / max_norm)
            total += loss.item()
        print(f"epoch {epoch}: perplexity {math.exp(total / max(1, done // batch_size)):.2f}")
    return dict(net.named_parameters())
