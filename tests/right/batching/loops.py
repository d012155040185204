"""Loops over everything: sequence by sequence, token by token, with plain lists in between."""

import torch

from harness import hookimpl


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    ids = []
    for position, word in enumerate(source):
        if position == max_len:
            break
        if word in source_index:
            ids.append(source_index[word])
        else:
            ids.append(source_index["<unk>"])
    labels = [target_index["<sos>"]]
    for word in target:
        if len(labels) == max_len - 1:
            break
        if word in target_index:
            labels.append(target_index[word])
        else:
            labels.append(target_index["<unk>"])
    labels.append(target_index["<eos>"])
    return ids, labels


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    smallest_source, largest_source = 10**9, 0
    smallest_target, largest_target = 10**9, 0
    for a, b in lengths:
        smallest_source, largest_source = min(a, smallest_source), max(a, largest_source)
        smallest_target, largest_target = min(b, smallest_target), max(b, largest_target)
    batches = []
    for low in range(smallest_source, largest_source + 1, width):
        for bottom in range(smallest_target, largest_target + 1, width):
            batch = []
            for i, (a, b) in enumerate(lengths):
                if low <= a < low + width and bottom <= b < bottom + width:
                    batch.append(i)
                    if len(batch) == batch_size:
                        batches.append(batch)
                        batch = []
            if batch:
                batches.append(batch)
    for i in range(len(batches) - 1, 0, -1):
        j = int(torch.randint(0, i + 1, (1,), generator=generator))
        batches[i], batches[j] = batches[j], batches[i]
    return batches


@hookimpl
def collate_pairs(pairs, pad):
    waiting, rows = list(pairs), []
    while waiting:
        best = 0
        for i in range(1, len(waiting)):
            if len(waiting[i][0]) > len(waiting[best][0]):
                best = i
        rows.append(waiting.pop(best))
    source_width = target_width = 0
    for source, target in rows:
        source_width, target_width = max(source_width, len(source)), max(target_width, len(target))
    sources = torch.full((len(rows), source_width), pad)
    targets = torch.full((len(rows), target_width), pad)
    for i, (source, target) in enumerate(rows):
        for j, token in enumerate(source):
            sources[i, j] = token
        for j, token in enumerate(target):
            targets[i, j] = token
    return sources, targets


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    outputs, lasts = [], []
    for sequence, length in zip(inputs, lengths.tolist(), strict=True):
        run, state = rnn(sequence[None, :length])
        rest = sequence.new_zeros(len(sequence) - length, run.shape[-1])
        outputs.append(torch.cat([run[0], rest]))
        lasts.append(state[0, 0])
    return outputs, lasts


@hookimpl
def many_to_one(outputs, lengths, params):
    answers = []
    for i in range(outputs.shape[1]):
        h = outputs[lengths[i] - 1][i]
        answers.append(h @ params["W"] + params["b"])
    return answers


@hookimpl
def many_to_many(outputs, params):
    steps = []
    for step in outputs:
        rows = []
        for h in step:
            rows.append(torch.mv(params["W"].T, h) + params["b"])
        steps.append(torch.stack(rows))
    return steps


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    rows = [[] for _ in first]
    tokens = first
    for _ in range(max_len):
        logits, state = step(tokens, state)
        chosen = []
        for row, scores in zip(rows, logits.tolist(), strict=True):
            if eos in row:
                row.append(eos)
            else:
                row.append(scores.index(max(scores)))
            chosen.append(row[-1])
        tokens = torch.tensor(chosen, device=first.device)
    return torch.tensor(rows, device=first.device)
