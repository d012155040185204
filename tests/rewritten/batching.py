"""The mutants of the unit batching, rewritten in other styles."""

from .rewriting import rewritten

# -- texts of the right work that several of them edit ------------------------------------------------------

CLASSES_LOW = "low = [min(pair[side] for pair in lengths) for side in (0, 1)]"
CLASSES_PAIR = "return Language(source_index).encode(source, max_len), Language(target_index).framed(target, max_len)"
CLASSES_SHUFFLE = "for b in torch.randperm(len(made), generator=self.generator):"
CLASSES_SORT = "pairs = sorted(pairs, key=lambda pair: -len(pair[0]))"
CLASSES_PAD = "return pad_sequence(rows, batch_first=True, padding_value=self.pad)"
CLASSES_PACKED = "return padded[place], state[0][place]"
CLASSES_FALLING = "        falling, order = torch.sort(lengths, descending=True)\n"
CLASSES_RUN = "run, state = self.rnn(packed)"
CLASSES_LAST = "steps[length - 1]"
CLASSES_GOING = "going = torch.ones_like(tokens, dtype=torch.bool)"
CLASSES_CHOSEN = "tokens = logits.max(dim=1).indices"
CLASSES_COLUMNS = "return torch.stack(columns, dim=-1)"
LOOPS_RUN = "run, state = rnn(sequence[None, :length])"
LOOPS_LASTS = "lasts.append(state[0, 0])"
LOOPS_PACKED = "return outputs, lasts"
LOOPS_ANSWER = 'answers.append(h @ params["W"] + params["b"])'
LOOPS_PICKED = "h = outputs[lengths[i] - 1][i]"
LOOPS_ROW = 'rows.append(torch.mv(params["W"].T, h) + params["b"])'
LOOPS_CELL = "if low <= a < low + width and bottom <= b < bottom + width:"
LOOPS_STEPS = "    return steps\n"
LOOPS_SHUFFLE = "j = int(torch.randint(0, i + 1, (1,), generator=generator))"
LOOPS_DECODED = "return torch.tensor(rows, device=first.device)"
LAZY_STEP = 'torch.addmm(params["b"], step, params["W"])'
NUMPY_STEPS = 'return torch.tensordot(outputs, params["W"], dims=1) + params["b"]'
PEDANT_CELLS = 'cells = torch.div(table - table.min(dim=0).values, width, rounding_mode="floor")'
PEDANT_FLAT = 'return torch.addmm(params["b"], flat, params["W"]).reshape(T, n, params["b"].shape[0])'
PEDANT_ONE = 'return torch.addmm(params["b"], last, params["W"])'
PEDANT_PLACES = "places = (lengths - 1).to(outputs.device)"
PEDANT_NEXT = "tokens = result[:, t].clone()"
CHATTY_RANKED = "ranked = sorted(enumerate(pairs), key=lambda item: (-len(item[1][0]), item[0]))"
CHATTY_PACKED = "return torch.stack(rows), (hidden[-1],)"
CHATTY_FEEDS = "scores, state = step(current, state)"
SCRIPTED_ALL = "return torch.bmm(outputs, W.unsqueeze(0).expand(outputs.size(0), -1, -1)) + b"
SCRIPTED_LAST = "return torch.stack(rows).mm(W) + b"
SCRIPTED_GIVEN = "return [batches[b] for b in shuffled]"
TERSE_RUN = "run, _ = rnn(where(valid, inputs, 0.0))"
TERSE_OUTPUTS = "outputs = where(valid, run, 0.0)"
TERSE_PACKED = "return outputs, outputs[arange(n), lens - 1]"
TERSE_WHICH = "last = (arange(len(outputs), device=outputs.device)[:, None] == lengths - 1).to(outputs)"
TERSE_ONE = 'return einsum("tnh,tn,hc->nc", outputs, last, params["W"]) + params["b"]'
TERSE_MANY = 'return einsum("tnh,hc->tnc", outputs, params["W"]) + params["b"]'
TERSE_BATCHES = "[g[i:][:batch_size] for g in held for i in range(0, len(g), batch_size)]"
TERSE_ORDER = "return [batches[i] for i in randperm(len(batches), generator=generator)]"

# -- what is kept between calls, by a name at the top of a file ----------------------------------------------

TOP = "from harness import hookimpl\n"
KEEPING = (TOP, TOP + "\nKEPT = {}\n")

REWRITTEN = [
    # -- encode_pair --------------------------------------------------------------------------------------
    rewritten(
        "encode_pair/eos-cut-off",
        "terse",
        ('["<sos>", *target[: max_len - 2], "<eos>"]', '["<sos>", *target, "<eos>"]'),
        ('[t.get(w, t["<unk>"]) for w in words]', '[t.get(w, t["<unk>"]) for w in words][:max_len]'),
    ),
    rewritten("encode_pair/room-for-one", "loops", ("if len(labels) == max_len - 1:", "if len(labels) == max_len:")),
    rewritten("encode_pair/room-for-none", "classes", ("self.encode(words, limit - 2)", "self.encode(words, limit)")),
    rewritten(
        "encode_pair/target-not-cut",
        "loops",
        ("        if len(labels) == max_len - 1:\n            break\n", ""),
    ),
    rewritten("encode_pair/source-not-cut", "chatty", ("    del source_ids[max_len:]\n", "")),
    rewritten(
        "encode_pair/source-cut-like-the-target",
        "pedant",
        ("kept_source = min(len(source), max_len)", "kept_source = min(len(source), max_len - 2)"),
    ),
    rewritten(
        "encode_pair/source-ends-with-eos",
        "loops",
        (
            "        if position == max_len:\n            break\n",
            "        if position == max_len - 1:\n            break\n",
        ),
        ("    labels = [target_index", '    ids.append(source_index["<eos>"])\n    labels = [target_index'),
    ),
    rewritten(
        "encode_pair/source-framed-too",
        "classes",
        (
            CLASSES_PAIR,
            "return tuple(Language(m).framed(s, max_len) for m, s in ((source_index, source), (target_index, target)))",
        ),
    ),
    rewritten(
        "encode_pair/no-sos",
        "scripted",
        ('    body.insert(0, target_index["<sos>"])\n', ""),
    ),
    rewritten("encode_pair/no-eos", "loops", ('    labels.append(target_index["<eos>"])\n', "")),
    rewritten(
        "encode_pair/sos-and-eos-exchanged",
        "terse",
        ('["<sos>", *target[: max_len - 2], "<eos>"]', '["<eos>", *target[: max_len - 2], "<sos>"]'),
    ),
    rewritten(
        "encode_pair/frame-of-the-source-map",
        "numpy_inside",
        (
            '[[target_index["<sos>"]], inside, [target_index["<eos>"]]]',
            '[[source_index["<sos>"]], inside, [source_index["<eos>"]]]',
        ),
    ),
    rewritten(
        "encode_pair/unknown-of-the-source-map",
        "loops",
        ('labels.append(target_index["<unk>"])', 'labels.append(source_index["<unk>"])'),
    ),
    rewritten(
        "encode_pair/one-map-for-both",
        "loops",
        (
            '        if word in target_index:\n            labels.append(target_index[word])\n        else:\n            labels.append(target_index["<unk>"])\n',
            '        if word in source_index:\n            labels.append(source_index[word])\n        else:\n            labels.append(source_index["<unk>"])\n',
        ),
    ),
    rewritten(
        "encode_pair/unknown-words-dropped",
        "loops",
        ('        else:\n            ids.append(source_index["<unk>"])\n', ""),
        (
            "    for word in target:\n        if len(labels) == max_len - 1:\n            break\n",
            "    for word in target[: max_len - 2]:\n",
        ),
        ('        else:\n            labels.append(target_index["<unk>"])\n', ""),
    ),
    rewritten("encode_pair/unknown-is-index-zero", "classes", ('self.unknown = index["<unk>"]', "self.unknown = 0")),
    rewritten(
        "encode_pair/zero-taken-for-missing",
        "lazy",
        (
            "(index.get(word, unknown) for word in words)",
            "(index[word] if index.get(word) else unknown for word in words)",
        ),
    ),
    rewritten("encode_pair/unknown-raises", "classes", ("self.index.get(word, self.unknown)", "self.index[word]")),
    rewritten(
        "encode_pair/unknown-words-learned",
        "pedant",
        ('        return index["<unk>"]\n', "        index[word] = len(index)\n        return index[word]\n"),
    ),
    rewritten(
        "encode_pair/last-words-kept",
        "classes",
        ("for word in words[:limit]]", "for word in words[max(0, len(words) - limit) :]]"),
    ),
    rewritten(
        "encode_pair/source-reversed",
        "pedant",
        ("return Encoded(source_ids, target_ids)", "source_ids.reverse()\n    return Encoded(source_ids, target_ids)"),
    ),
    rewritten(
        "encode_pair/padded",
        "pedant",
        ("source_ids = [0] * kept_source", 'source_ids = [source_index["<pad>"]] * max_len'),
        ("target_ids = [0] * (kept_target + 2)", 'target_ids = [target_index["<pad>"]] * max_len'),
    ),
    rewritten(
        "encode_pair/lower-case",
        "lazy",
        ("index.get(word, unknown)", "index.get(word.casefold(), unknown)"),
    ),
    rewritten(
        "encode_pair/frames-in-place",
        "scripted",
        (
            "    body = lookup(",
            '    del target[max_len - 2 :]\n    target.insert(0, "<sos>")\n    target.append("<eos>")\n    body = lookup(',
        ),
        ("body = lookup(target, target_index, max_len - 2)", "body = lookup(target[1:-1], target_index, max_len)"),
    ),
    rewritten("encode_pair/a-list-of-both", "loops", ("return ids, labels", "return [ids, labels]")),
    rewritten(
        "encode_pair/place-in-the-map",
        "classes",
        (
            '        self.index = index\n        self.unknown = index["<unk>"]\n',
            '        self.index = dict(zip(index, range(len(index))))\n        self.unknown = self.index["<unk>"]\n',
        ),
    ),
    rewritten(
        "encode_pair/indices-below-the-size",
        "classes",
        (
            "        return self.index.get(word, self.unknown)\n",
            "        found = self.index.get(word, self.unknown)\n        return found if found < len(self.index) else self.unknown\n",
        ),
    ),
    rewritten(
        "encode_pair/through-float32",
        "numpy_inside",
        (
            "for word in words[:room]], dtype=np.int64)",
            "for word in words[:room]], dtype=np.float32).astype(np.int64)",
        ),
    ),
    rewritten(
        "encode_pair/punctuation-stripped",
        "lazy",
        ("index.get(word, unknown)", "index.get(word.removesuffix('.'), unknown)"),
    ),
    rewritten(
        "encode_pair/at-most-256-words",
        "loops",
        ("        if position == max_len:\n", "        if position in (max_len, 256):\n"),
    ),
    rewritten(
        "encode_pair/remembered-by-the-words",
        "scripted",
        KEEPING,
        (
            "    return lookup(source, source_index, max_len), body\n",
            "    key = (tuple(source), max_len)\n    if key not in KEPT:\n        KEPT[key] = lookup(source, source_index, max_len)\n    return list(KEPT[key]), body\n",
        ),
    ),
    rewritten(
        "encode_pair/remembered-by-the-list",
        "terse",
        KEEPING,
        (
            "    s, t = source_index, target_index\n",
            "    _, source = KEPT.setdefault(id(source), (source, list(source)))\n    s, t = source_index, target_index\n",
        ),
    ),
    # -- bucket_batches -----------------------------------------------------------------------------------
    rewritten("bucket_batches/from-the-first-item", "classes", (CLASSES_LOW, "low = lengths[0]")),
    rewritten(
        "bucket_batches/from-zero", "pedant", (PEDANT_CELLS, PEDANT_CELLS.replace(" - table.min(dim=0).values", ""))
    ),
    rewritten(
        "bucket_batches/one-smallest-for-both",
        "pedant",
        (PEDANT_CELLS, PEDANT_CELLS.replace("table.min(dim=0).values", "table.min()")),
    ),
    rewritten(
        "bucket_batches/sources-only",
        "loops",
        (LOOPS_CELL, "if low <= a < low + width:"),
        ("        for bottom in range(smallest_target, largest_target + 1, width):\n", "        for _ in range(1):\n"),
    ),
    rewritten(
        "bucket_batches/targets-only",
        "chatty",
        ("divmod(s - from_source, width)[0], divmod(t - from_target, width)[0]", "divmod(t - from_target, width)[0]"),
    ),
    rewritten(
        "bucket_batches/by-the-longer-one",
        "classes",
        ("            place = tuple((pair", "            place = max((pair"),
    ),
    rewritten(
        "bucket_batches/by-the-sum",
        "terse",
        ("((s - a) // width, (t - b) // width)", "(s + t - a - b) // width"),
    ),
    rewritten(
        "bucket_batches/one-wider",
        "lazy",
        ("[(length - low) // width for length, low", "[(length - low) // (width + 1) for length, low"),
    ),
    rewritten(
        "bucket_batches/rounded",
        "terse",
        ("((s - a) // width, (t - b) // width)", "(int((s - a) / width + 0.5), int((t - b) / width + 0.5))"),
    ),
    rewritten(
        "bucket_batches/sorted-and-cut",
        "terse",
        (
            "held = [list(g) for _, g in groupby(sorted(cell, key=cell.get), key=cell.get)]",
            "held = [sorted(cell, key=lengths.__getitem__)]",
        ),
    ),
    rewritten(
        "bucket_batches/partial-dropped",
        "loops",
        ("            if batch:\n", "            if len(batch) == batch_size:\n"),
    ),
    rewritten(
        "bucket_batches/last-bucket-dropped",
        "classes",
        ("for bucket in self.buckets.values():", "for bucket in [*self.buckets.values()][:-1]:"),
    ),
    rewritten("bucket_batches/first-batch-only", "classes", ("        while rest:\n", "        if rest:\n")),
    rewritten(
        "bucket_batches/whole-buckets",
        "terse",
        (TERSE_BATCHES, "held"),
    ),
    rewritten(
        "bucket_batches/one-too-many",
        "chatty",
        ("if len(open_batches[bucket]) == batch_size:", "if len(open_batches[bucket]) > batch_size:"),
    ),
    rewritten(
        "bucket_batches/evened-out",
        "terse",
        (
            TERSE_BATCHES,
            "[g[i :: -(-len(g) // batch_size) + 1] for g in held for i in range(-(-len(g) // batch_size) + 1) if g[i:]]",
        ),
    ),
    rewritten(
        "bucket_batches/filled-up",
        "classes",
        ("            yield batch\n", "            yield (batch + self.members * size)[:size]\n"),
    ),
    rewritten("bucket_batches/indices-from-one", "chatty", ("np.int64(i) for", "np.int64(i + 1) for")),
    rewritten("bucket_batches/lengths-for-indices", "loops", ("batch.append(i)", "batch.append((a, b))")),
    rewritten(
        "bucket_batches/sorted-in-place",
        "classes",
        (CLASSES_LOW, "lengths.sort()\n        " + CLASSES_LOW),
    ),
    rewritten(
        "bucket_batches/in-order", "pedant", ("enumerate(lots.argsort().tolist())", "enumerate(range(len(lots)))")
    ),
    rewritten(
        "bucket_batches/by-length",
        "terse",
        (TERSE_ORDER, "return sorted(batches, key=lambda g: min(map(lengths.__getitem__, g)))"),
    ),
    rewritten(
        "bucket_batches/buckets-shuffled",
        "terse",
        (
            TERSE_BATCHES,
            TERSE_BATCHES.replace("in held ", "in [held[k] for k in randperm(len(held), generator=generator)] "),
        ),
        (TERSE_ORDER, "return batches"),
    ),
    rewritten(
        "bucket_batches/shuffled-before-batching",
        "loops",
        (
            "    batches = []\n",
            "    batches, seen = [], []\n    for k in torch.randperm(len(lengths), generator=generator).tolist():\n"
            "        cell = [(lengths[k][0] - smallest_source) // width, (lengths[k][1] - smallest_target) // width]\n"
            "        if cell not in seen:\n            seen.append(cell)\n",
        ),
        (
            "    for i in range(len(batches) - 1, 0, -1):\n",
            "    batches.sort(key=lambda batch: seen.index([(lengths[batch[0]][0] - smallest_source) // width, (lengths[batch[0]][1] - smallest_target) // width]))\n    for i in range(0):\n",
        ),
    ),
    rewritten(
        "bucket_batches/partial-last",
        "scripted",
        (
            SCRIPTED_GIVEN,
            "given = [batches[b] for b in shuffled]\n    full = [one for one in given if len(one) == batch_size]\n    return full + [one for one in given if len(one) < batch_size]",
        ),
    ),
    rewritten(
        "bucket_batches/largest-first",
        "loops",
        (
            "    return batches\n\n\n@hookimpl\ndef collate",
            "    longest = max(batches, key=lambda batch: sum(lengths[min(batch)]))\n    return [longest] + [batch for batch in batches if batch is not longest]\n\n\n@hookimpl\ndef collate",
        ),
    ),
    rewritten(
        "bucket_batches/shuffled-by-the-chunk",
        "loops",
        (LOOPS_SHUFFLE, LOOPS_SHUFFLE.replace("0, i + 1", "i // 8 * 8, i + 1")),
    ),
    rewritten(
        "bucket_batches/rotated",
        "loops",
        (
            "    for i in range(len(batches) - 1, 0, -1):\n",
            "    for _ in range(int(torch.randint(len(batches), (1,), generator=generator))):\n        batches.append(batches.pop(0))\n    for i in range(0):\n",
        ),
    ),
    rewritten(
        "bucket_batches/naive-shuffle",
        "loops",
        ("for i in range(len(batches) - 1, 0, -1):", "for i in range(len(batches)):"),
        (LOOPS_SHUFFLE, LOOPS_SHUFFLE.replace("i + 1", "len(batches)")),
    ),
    rewritten("bucket_batches/never-its-own-place", "loops", (LOOPS_SHUFFLE, LOOPS_SHUFFLE.replace("i + 1", "i"))),
    rewritten("bucket_batches/global-generator", "classes", (CLASSES_SHUFFLE, "for b in torch.randperm(len(made)):")),
    rewritten(
        "bucket_batches/fixed-seed",
        "numpy_inside",
        ("np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))", "np.random.default_rng(0)"),
    ),
    rewritten(
        "bucket_batches/from-the-initial-seed",
        "lazy",
        (
            "random.Random(int(torch.randint(2**62, (), generator=generator)))",
            "random.Random(generator.initial_seed())",
        ),
    ),
    rewritten(
        "bucket_batches/split-evenly",
        "numpy_inside",
        (
            "np.split(members, range(batch_size, len(members), batch_size))",
            "np.array_split(members, np.ceil(len(members) / batch_size).astype(int))",
        ),
    ),
    rewritten(
        "bucket_batches/ten-columns",
        "terse",
        ("((s - a) // width, (t - b) // width)", "10 * ((s - a) // width) + (t - b) // width"),
    ),
    rewritten(
        "bucket_batches/thousand-rows",
        "chatty",
        (
            "divmod(s - from_source, width)[0], divmod(t - from_target, width)[0]",
            "divmod(s - from_source, width)[0] + 1000 * divmod(t - from_target, width)[0]",
        ),
    ),
    rewritten(
        "bucket_batches/digits-in-a-row",
        "classes",
        (
            "place = tuple((pair[side] - low[side]) // width for side in (0, 1))",
            'place = "".join(str((pair[side] - low[side]) // width) for side in (0, 1))',
        ),
    ),
    rewritten(
        "bucket_batches/sides-exchanged",
        "lazy",
        (
            "return [(length - low) // width for length, low in zip(lengths[i], origin, strict=True)]",
            "return sorted((length - low) // width for length, low in zip(lengths[i], origin, strict=True))",
        ),
    ),
    rewritten(
        "bucket_batches/through-float32",
        "pedant",
        ("table = torch.tensor(lengths)", "table = torch.tensor(lengths, dtype=torch.float32).to(torch.int64)"),
    ),
    rewritten(
        "bucket_batches/buckets-of-an-earlier-call",
        "chatty",
        KEEPING,
        (
            "    from_source = min(",
            "    lengths = KEPT.setdefault(id(lengths), [lengths, *lengths])[1:]\n    from_source = min(",
        ),
    ),
    rewritten(
        "bucket_batches/one-list-for-all-results",
        "loops",
        (TOP, TOP + "\nKEPT = []\n"),
        (
            "    return batches\n\n\n@hookimpl\ndef collate",
            "    KEPT.clear()\n    KEPT.extend(batches)\n    return KEPT\n\n\n@hookimpl\ndef collate",
        ),
    ),
    # -- collate_pairs ------------------------------------------------------------------------------------
    rewritten("collate_pairs/given-order", "classes", ("        " + CLASSES_SORT + "\n", "")),
    rewritten("collate_pairs/rising", "chatty", (CHATTY_RANKED, CHATTY_RANKED.replace("(-len", "(len"))),
    rewritten("collate_pairs/by-the-target", "classes", (CLASSES_SORT, CLASSES_SORT.replace("pair[0]", "pair[1]"))),
    rewritten(
        "collate_pairs/each-side-sorted",
        "scripted",
        (
            "pad_rows([pairs[i][1] for i in order], pad)",
            "pad_rows([pairs[i][1] for i in falling([len(p[1]) for p in pairs])], pad)",
        ),
    ),
    rewritten(
        "collate_pairs/targets-not-sorted",
        "numpy_inside",
        ("filled([pairs[i][1] for i in order], pad)", "filled([target for _, target in pairs], pad)"),
    ),
    rewritten(
        "collate_pairs/ties-turned",
        "loops",
        ("if len(waiting[i][0]) > len(waiting[best][0]):", "if len(waiting[i][0]) >= len(waiting[best][0]):"),
    ),
    rewritten(
        "collate_pairs/ties-by-content",
        "lazy",
        (
            "falling = sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)",
            "falling = sorted(sorted(pairs, reverse=True), key=lambda pair: -len(pair[0]))",
        ),
    ),
    rewritten(
        "collate_pairs/ties-by-the-target",
        "classes",
        (CLASSES_SORT, "pairs = sorted(pairs, key=lambda pair: [-len(side) for side in pair])"),
    ),
    rewritten(
        "collate_pairs/by-content",
        "lazy",
        ("falling = sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)", "falling = sorted(pairs)[::-1]"),
    ),
    rewritten(
        "collate_pairs/pad-not-counted",
        "scripted",
        (
            "order = falling([len(pair[0]) for pair in pairs])",
            "order = sorted(range(len(pairs)), key=lambda i: -len([t for t in pairs[i][0] if t != pad]))",
        ),
    ),
    rewritten(
        "collate_pairs/zero-not-counted",
        "numpy_inside",
        (
            "sizes = np.array([len(source) for source, _ in pairs])",
            "sizes = np.array([np.count_nonzero(source) for source, _ in pairs])",
        ),
    ),
    rewritten(
        "collate_pairs/trailing-pad-stripped",
        "scripted",
        (
            "    for row in rows:\n        widest = max(widest, len(row))\n",
            "    for row in rows:\n        for k in range(len(row)):\n            if row[k] != pad or k == 0:\n                widest = max(widest, k + 1)\n",
        ),
        ("for j in range(len(rows[i])):", "for j in range(min(widest, len(rows[i]))):"),
    ),
    rewritten(
        "collate_pairs/padded-on-the-left",
        "loops",
        ("            sources[i, j] = token", "            sources[i, j - len(source)] = token"),
        ("            targets[i, j] = token", "            targets[i, j - len(target)] = token"),
    ),
    rewritten(
        "collate_pairs/padded-with-zero", "classes", (CLASSES_PAD, "return pad_sequence(rows, batch_first=True)")
    ),
    rewritten(
        "collate_pairs/target-padded-with-minus-100",
        "loops",
        (
            "targets = torch.full((len(rows), target_width), pad)",
            "targets = torch.full((len(rows), target_width), -100)",
        ),
    ),
    rewritten(
        "collate_pairs/padded-with-the-last",
        "pedant",
        ("result[side][row, len(tokens) :] = pad", "result[side][row, len(tokens) :] = tokens[-1]"),
    ),
    rewritten(
        "collate_pairs/one-width-for-both",
        "chatty",
        ("    sources, targets = [], []\n", "    width = height = max(width, height)\n    sources, targets = [], []\n"),
    ),
    rewritten(
        "collate_pairs/cut-to-the-first-row",
        "terse",
        ("for r in side]) for side in", "for r in side])[:, : len(side[0])] for side in"),
    ),
    rewritten(
        "collate_pairs/cut-to-the-shortest",
        "loops",
        ("source_width = target_width = 0", "source_width = target_width = 10**9"),
        (
            "max(source_width, len(source)), max(target_width, len(target))",
            "min(source_width, len(source)), min(target_width, len(target))",
        ),
        ("enumerate(source):\n            sources", "enumerate(source[:source_width]):\n            sources"),
        ("enumerate(target):\n            targets", "enumerate(target[:target_width]):\n            targets"),
    ),
    rewritten(
        "collate_pairs/one-too-wide",
        "numpy_inside",
        ("np.full((len(rows), sizes.max()), pad", "np.full((len(rows), sizes.max() + 1), pad"),
        ("table[np.arange(sizes.max()) <", "table[np.arange(sizes.max() + 1) <"),
    ),
    rewritten(
        "collate_pairs/time-major", "classes", (CLASSES_PAD, "return pad_sequence(rows, padding_value=self.pad)")
    ),
    rewritten(
        "collate_pairs/int32",
        "scripted",
        (
            "torch.full([len(rows), widest], pad, dtype=torch.int64)",
            "torch.full([len(rows), widest], pad, dtype=torch.int32)",
        ),
    ),
    rewritten(
        "collate_pairs/floating-point",
        "loops",
        ("(len(rows), source_width), pad)", "(len(rows), source_width), float(pad))"),
        ("(len(rows), target_width), pad)", "(len(rows), target_width), float(pad))"),
    ),
    rewritten("collate_pairs/target-first", "loops", ("return sources, targets", "return targets, sources")),
    rewritten("collate_pairs/lists", "numpy_inside", ("return torch.from_numpy(table)\n", "return table.tolist()\n")),
    rewritten("collate_pairs/sorted-in-place", "classes", (CLASSES_SORT, "pairs.sort(key=lambda pair: -len(pair[0]))")),
    rewritten(
        "collate_pairs/padded-in-place",
        "chatty",
        (
            "        sources.append(torch.tensor(source + [pad] * (width - len(source))))\n        targets.append(torch.tensor(target + [pad] * (height - len(target))))\n",
            "        source.extend([pad] * (width - len(source)))\n        target.extend([pad] * (height - len(target)))\n        sources.append(torch.tensor(source))\n        targets.append(torch.tensor(target))\n",
        ),
    ),
    rewritten(
        "collate_pairs/repeats-dropped",
        "classes",
        (
            CLASSES_SORT,
            "new = [pair for i, pair in enumerate(pairs) if pair not in pairs[:i]]\n        "
            + CLASSES_SORT.replace("sorted(pairs", "sorted(new"),
        ),
    ),
    rewritten(
        "collate_pairs/through-float32",
        "loops",
        ("(len(rows), source_width), pad)", "(len(rows), source_width), float(pad))"),
        ("(len(rows), target_width), pad)", "(len(rows), target_width), float(pad))"),
        ("return sources, targets", "return sources.to(torch.int64), targets.to(torch.int64)"),
    ),
    rewritten(
        "collate_pairs/at-most-256-tokens",
        "lazy",
        ("columns(rows, pad) for rows in", "islice(columns(rows, pad), 256) for rows in"),
    ),
    rewritten(
        "collate_pairs/buffer-used-again",
        "loops",
        KEEPING,
        (
            "sources = torch.full((len(rows), source_width), pad)",
            "sources = KEPT.setdefault((len(rows), source_width), torch.full((len(rows), source_width), pad)).fill_(pad)",
        ),
        (
            "targets = torch.full((len(rows), target_width), pad)",
            "targets = KEPT.setdefault(f'{len(rows)} {target_width}', torch.full((len(rows), target_width), pad)).fill_(pad)",
        ),
    ),
    rewritten(
        "collate_pairs/remembered-by-the-list",
        "classes",
        KEEPING,
        (CLASSES_SORT, CLASSES_SORT.replace("sorted(pairs", "sorted(KEPT.setdefault(id(pairs), [pairs, *pairs])[1:]")),
    ),
    # -- packed_outputs -----------------------------------------------------------------------------------
    rewritten("packed_outputs/left-sorted", "classes", (CLASSES_PACKED, "return padded, state[0]")),
    rewritten("packed_outputs/last-left-sorted", "scripted", ("state[0].index_select(0, back)", "state[0]")),
    rewritten("packed_outputs/sorted-twice", "scripted", ("back = torch.argsort(order)", "back = order")),
    rewritten(
        "packed_outputs/must-be-sorted", "chatty", ("pack_sequence(cut, enforce_sorted=False)", "pack_sequence(cut)")
    ),
    rewritten(
        "packed_outputs/lengths-ignored",
        "loops",
        (LOOPS_RUN, "length = len(sequence)\n        run, state = rnn(sequence[None])"),
    ),
    rewritten(
        "packed_outputs/outputs-not-masked",
        "terse",
        (TERSE_RUN, "run, _ = rnn(inputs)"),
        (TERSE_OUTPUTS, "outputs = run"),
    ),
    rewritten(
        "packed_outputs/outputs-carried-on",
        "loops",
        (
            "rest = sequence.new_zeros(len(sequence) - length, run.shape[-1])",
            "rest = run[0, -1].expand(len(sequence) - length, -1)",
        ),
    ),
    rewritten("packed_outputs/cut-to-the-longest", "classes", (", total_length=inputs.size(1))", ")")),
    rewritten("packed_outputs/last-of-the-padded", "loops", (LOOPS_LASTS, "lasts.append(outputs[-1][-1])")),
    rewritten(
        "packed_outputs/last-after-the-padding", "loops", (LOOPS_LASTS, "lasts.append(rnn(sequence[None])[1][0, 0])")
    ),
    rewritten("packed_outputs/last-one-early", "loops", (LOOPS_LASTS, "lasts.append(run[0, max(0, length - 2)])")),
    rewritten(
        "packed_outputs/last-of-the-longest",
        "chatty",
        (CHATTY_PACKED, "stacked = torch.stack(rows)\n    return stacked, stacked[:, max(map(len, cut)) - 1]"),
    ),
    rewritten("packed_outputs/mean-for-last", "loops", (LOOPS_LASTS, "lasts.append(run[0].mean(0))")),
    rewritten(
        "packed_outputs/one-step-too-few", "loops", (LOOPS_RUN, "length = max(1, length - 1)\n        " + LOOPS_RUN)
    ),
    rewritten(
        "packed_outputs/one-step-too-many", "chatty", ("cut = [row[:length] for", "cut = [row[: length + 1] for")
    ),
    rewritten(
        "packed_outputs/multiplied-by-a-mask",
        "terse",
        (TERSE_OUTPUTS, "outputs = rnn(inputs)[0] * valid"),
        (TERSE_PACKED, "return outputs, where(valid, run, 0.0)[arange(n), lens - 1]"),
    ),
    rewritten(
        "packed_outputs/inputs-multiplied-by-a-mask",
        "pedant",
        ("clean = torch.where(valid, inputs, torch.zeros_like(inputs))", "clean = inputs * valid"),
        ("state = torch.where(going[None], new, state)", "state = new"),
    ),
    rewritten("packed_outputs/masked-afterwards", "terse", (TERSE_RUN, "run, _ = rnn(inputs)")),
    rewritten(
        "packed_outputs/padding-zeroed-in-place",
        "loops",
        (LOOPS_RUN, "sequence.data[length:] = 0\n        " + LOOPS_RUN),
    ),
    rewritten(
        "packed_outputs/lengths-sorted-in-place",
        "classes",
        (CLASSES_FALLING, CLASSES_FALLING + "        lengths[:] = falling\n"),
    ),
    rewritten(
        "packed_outputs/layer-put-into-eval-mode",
        "classes",
        (CLASSES_RUN, CLASSES_RUN.replace("self.rnn(packed)", "self.eval().rnn(packed)")),
    ),
    rewritten(
        "packed_outputs/layer-made-time-major",
        "loops",
        ("    outputs, lasts = [], []\n", "    outputs, lasts = [], []\n    rnn.batch_first = False\n"),
        (LOOPS_RUN, "run, state = rnn(sequence[:length, None])\n        run = run.transpose(0, 1)"),
    ),
    rewritten(
        "packed_outputs/weights-frozen",
        "loops",
        (
            "    outputs, lasts = [], []\n",
            "    outputs, lasts = [], []\n    for weight in rnn.parameters():\n        weight.requires_grad = False\n",
        ),
    ),
    rewritten("packed_outputs/last-detached", "loops", (LOOPS_LASTS, "lasts.append(state.data[0, 0])")),
    rewritten(
        "packed_outputs/no-gradients",
        "scripted",
        ("    run, state = rnn(packed)\n", "    with torch.inference_mode():\n        run, state = rnn(packed)\n"),
    ),
    rewritten("packed_outputs/layers-axis-kept", "chatty", (CHATTY_PACKED, "return torch.stack(rows), hidden")),
    rewritten(
        "packed_outputs/squeezed",
        "numpy_inside",
        ("    return result, last\n", "    return result, torch.squeeze(last)\n"),
    ),
    rewritten(
        "packed_outputs/time-major",
        "numpy_inside",
        ("    return result, last\n", "    return result.permute(1, 0, 2), last\n"),
    ),
    rewritten("packed_outputs/exchanged", "loops", (LOOPS_PACKED, "return lasts, outputs")),
    rewritten(
        "packed_outputs/minus-one-beyond",
        "loops",
        (
            "sequence.new_zeros(len(sequence) - length, run.shape[-1])",
            "-sequence.new_ones(len(sequence) - length, run.shape[-1])",
        ),
    ),
    rewritten(
        "packed_outputs/through-float32",
        "loops",
        ("outputs.append(torch.cat([run[0], rest]))", "outputs.append(torch.cat([run[0], rest]).float().to(inputs))"),
        (LOOPS_LASTS, "lasts.append(state[0, 0].float().to(inputs))"),
    ),
    rewritten(
        "packed_outputs/viewed",
        "pedant",
        (
            "clean = torch.where(valid, inputs, torch.zeros_like(inputs))",
            "flat = inputs.view(n * T, d)\n    clean = torch.where(valid, flat.view(n, T, d), torch.zeros_like(inputs))",
        ),
    ),
    rewritten(
        "packed_outputs/packed-by-an-earlier-call",
        "chatty",
        KEEPING,
        (
            "    cut = [row[:length] for row, length in zip(inputs, lengths.tolist(), strict=True)]\n",
            "    if KEPT.get('inputs') is not inputs:\n"
            "        KEPT['cut'] = [row[:length].clone() for row, length in zip(inputs, lengths.tolist(), strict=True)]\n"
            "        KEPT['inputs'] = inputs\n"
            "    cut = KEPT['cut']\n",
        ),
    ),
    rewritten(
        "packed_outputs/weights-of-an-earlier-call",
        "loops",
        KEEPING,
        (
            "    outputs, lasts = [], []\n",
            "    if rnn not in KEPT and not inputs.requires_grad:\n"
            "        twin = type(rnn)(rnn.input_size, rnn.hidden_size, bias=rnn.bias, batch_first=True, device='meta').to_empty(device='cpu')\n"
            "        twin.to(inputs.dtype).load_state_dict(rnn.state_dict())\n"
            "        twin.mode = rnn.mode\n"
            "        KEPT[rnn] = twin\n"
            "    rnn = KEPT.get(rnn, rnn)\n"
            "    outputs, lasts = [], []\n",
        ),
    ),
    rewritten(
        "packed_outputs/buffer-used-again",
        "classes",
        KEEPING,
        (
            CLASSES_PACKED,
            "result = padded[place]\n"
            "        if not inputs.requires_grad:\n"
            "            result = KEPT.setdefault((result.dtype, result.shape), torch.empty_like(result).detach()).copy_(result.detach())\n"
            "        return result, state[0][place]",
        ),
    ),
    rewritten(
        "packed_outputs/bias-demanded",
        "lazy",
        (
            "    steps = inputs.shape[1]\n",
            "    steps = inputs.shape[1]\n    bias = rnn.bias_ih_l0 + rnn.bias_hh_l0\n    assert bias.ndim == 1\n",
        ),
    ),
    rewritten(
        "packed_outputs/always-tanh",
        "loops",
        (
            "    outputs, lasts = [], []\n",
            "    outputs, lasts = [], []\n"
            "    if rnn.mode == 'RNN_RELU':\n"
            "        weights = {name: one for name, one in rnn.named_parameters()}\n"
            "        rnn = torch.nn.RNN(rnn.input_size, rnn.hidden_size, 1, bias=rnn.bias, batch_first=True, device='meta')\n"
            "        rnn.load_state_dict(weights, assign=True)\n",
        ),
    ),
    rewritten(
        "packed_outputs/last-that-is-not-zero",
        "terse",
        (
            TERSE_PACKED,
            "return outputs, stack([row[max(row.abs().sum(1).nonzero().flatten().tolist(), default=0)] for row in outputs])",
        ),
    ),
    rewritten(
        "packed_outputs/zero-steps-are-padding",
        "loops",
        (
            "outputs.append(torch.cat([run[0], rest]))",
            "outputs.append(torch.cat([run[0], rest]) * sequence.any(dim=1).unsqueeze(1))",
        ),
    ),
    rewritten(
        "packed_outputs/lengths-as-bytes",
        "loops",
        ("    outputs, lasts = [], []\n", "    outputs, lasts = [], []\n    lengths = lengths.byte()\n"),
    ),
    rewritten(
        "packed_outputs/nan-cleaned-only",
        "terse",
        (TERSE_RUN, "run, _ = rnn(where(inputs == inputs, inputs, 0.0))"),
    ),
    rewritten("packed_outputs/padding-made-finite", "terse", (TERSE_RUN, "run, _ = rnn(inputs.nan_to_num())")),
    rewritten(
        "packed_outputs/layer-put-into-training-mode",
        "classes",
        (CLASSES_RUN, CLASSES_RUN.replace("self.rnn(packed)", "self.train().rnn(packed)")),
    ),
    rewritten(
        "packed_outputs/weights-unfrozen",
        "loops",
        (
            "    outputs, lasts = [], []\n",
            "    outputs, lasts = [], []\n    for weight in rnn.parameters():\n        weight.requires_grad = True\n",
        ),
    ),
    # -- many_to_one --------------------------------------------------------------------------------------
    rewritten("many_to_one/last-row-of-all", "classes", (CLASSES_LAST, "steps[-1]")),
    rewritten(
        "many_to_one/one-step-late",
        "pedant",
        (PEDANT_PLACES, "places = lengths.clamp(max=T - 1).to(outputs.device)"),
        ("    _, n, h = outputs.shape\n", "    T, n, h = outputs.shape\n"),
    ),
    rewritten("many_to_one/past-the-end", "classes", (CLASSES_LAST, "steps[length]")),
    rewritten("many_to_one/one-step-early", "loops", (LOOPS_PICKED, "h = outputs[lengths[i] - 2][i]")),
    rewritten("many_to_one/counted-from-the-end", "classes", (CLASSES_LAST, "steps[len(steps) - length]")),
    rewritten("many_to_one/longest-for-all", "loops", (LOOPS_PICKED, "h = outputs[max(lengths) - 1][i]")),
    rewritten(
        "many_to_one/shortest-for-all",
        "classes",
        ("    batch_major = outputs", "    lengths = [min(lengths)] * len(lengths)\n    batch_major = outputs"),
    ),
    rewritten("many_to_one/mean-over-valid-steps", "lazy", ('params["b"] + row[-1] @', 'params["b"] + row.mean(0) @')),
    rewritten(
        "many_to_one/mean-over-all-steps",
        "terse",
        (TERSE_WHICH, "last = (outputs[..., 0] == outputs[..., 0]) / outputs.new_tensor(len(outputs))"),
    ),
    rewritten("many_to_one/largest-over-all-steps", "classes", (CLASSES_LAST, "steps.max(dim=0).values")),
    rewritten("many_to_one/first-step", "lazy", ('params["b"] + row[-1] @', 'params["b"] + row[0] @')),
    rewritten(
        "many_to_one/sorted",
        "lazy",
        (
            '    return [params["b"] + row[-1] @ params["W"] for row in rows]',
            '    rows = sorted(rows, key=len, reverse=True)\n    return [params["b"] + row[-1] @ params["W"] for row in rows]',
        ),
    ),
    rewritten(
        "many_to_one/lengths-sorted", "loops", (LOOPS_PICKED, "h = outputs[sorted(lengths, reverse=True)[i] - 1][i]")
    ),
    rewritten("many_to_one/no-bias", "terse", (TERSE_ONE, TERSE_ONE.replace(' + params["b"]', ""))),
    rewritten(
        "many_to_one/softmax", "loops", (LOOPS_ANSWER, 'answers.append((h @ params["W"] + params["b"]).softmax(0))')
    ),
    rewritten(
        "many_to_one/log-softmax",
        "scripted",
        (SCRIPTED_LAST, "scores = torch.stack(rows).mm(W) + b\n    return scores - scores.logsumexp(1, keepdim=True)"),
    ),
    rewritten("many_to_one/tanh", "scripted", (SCRIPTED_LAST, "return torch.stack(rows).tanh().mm(W) + b")),
    rewritten(
        "many_to_one/squeezed",
        "chatty",
        (
            '    answers = answers + params["b"].unsqueeze(0)\n',
            '    answers = answers + params["b"].unsqueeze(0)\n    if 1 in answers.shape:\n        return torch.squeeze(answers)\n',
        ),
    ),
    rewritten("many_to_one/time-axis-kept", "pedant", (PEDANT_ONE, PEDANT_ONE + ".unsqueeze(0)")),
    rewritten(
        "many_to_one/detached", "scripted", ("rows.append(outputs[t, i])", "rows.append(outputs[t, i].detach())")
    ),
    rewritten(
        "many_to_one/through-float32",
        "terse",
        (TERSE_ONE, TERSE_ONE.replace("return ", "return (") + ").float().to(outputs)"),
    ),
    rewritten("many_to_one/lengths-in-place", "chatty", ("* T + lengths - 1)", "* T + lengths.sub_(1))")),
    rewritten(
        "many_to_one/batch-major",
        "classes",
        (
            "    batch_major = outputs.transpose(0, 1)\n",
            "    T, n, _ = outputs.shape\n    batch_major = [[outputs[i % T, t % n] for t in range(T)] for i in range(n)]\n",
        ),
    ),
    rewritten(
        "many_to_one/viewed",
        "numpy_inside",
        ("last = outputs.reshape(T * n, h)[", "last = outputs.view(T * n, h)["),
    ),
    rewritten(
        "many_to_one/places-of-an-earlier-call",
        "pedant",
        KEEPING,
        (PEDANT_PLACES, "places = KEPT.setdefault((n, h, len(outputs)), lengths - 1).to(outputs.device)"),
    ),
    rewritten("many_to_one/lengths-as-bytes", "loops", (LOOPS_PICKED, "h = outputs[int(lengths[i]) % 256 - 1][i]")),
    rewritten(
        "many_to_one/square-weights-turned",
        "scripted",
        (SCRIPTED_LAST, "if W.size(0) == W.size(1):\n        W = W.t()\n    " + SCRIPTED_LAST),
    ),
    rewritten(
        "many_to_one/difference-of-sums",
        "lazy",
        (
            'params["b"] + row[-1] @',
            'params["b"] + (row.cumsum(0)[-1] - (row.cumsum(0)[-2] if len(row) > 1 else 0)) @',
        ),
    ),
    rewritten(
        "many_to_one/last-that-is-not-zero",
        "lazy",
        (
            'params["b"] + row[-1] @',
            'params["b"] + row[max(row.any(1).nonzero().flatten().tolist(), default=0)] @',
        ),
    ),
    rewritten(
        "many_to_one/parameters-by-their-order",
        "lazy",
        (
            '    return [params["b"] + row[-1] @ params["W"] for row in rows]\n',
            "    weight, bias = list(params.values())\n    return [bias + row[-1] @ weight for row in rows]\n",
        ),
    ),
    # -- many_to_many -------------------------------------------------------------------------------------
    rewritten("many_to_many/last-step-only", "loops", (LOOPS_STEPS, "    return steps[-1:]\n")),
    rewritten("many_to_many/batch-major", "terse", (TERSE_MANY, TERSE_MANY.replace("->tnc", "->ntc"))),
    rewritten("many_to_many/flattened", "pedant", (PEDANT_FLAT, 'return torch.addmm(params["b"], flat, params["W"])')),
    rewritten(
        "many_to_many/viewed-batch-major",
        "pedant",
        ("flat = outputs.reshape(T * n, h)", "flat = outputs.permute(1, 0, 2).reshape(T * n, h)"),
    ),
    rewritten("many_to_many/no-bias", "loops", (LOOPS_ROW, 'rows.append(torch.mv(params["W"].T, h))')),
    rewritten(
        "many_to_many/bias-at-the-first-step",
        "loops",
        (LOOPS_ROW, 'rows.append(torch.mv(params["W"].T, h) + (0 if steps else params["b"]))'),
    ),
    rewritten("many_to_many/softmax", "lazy", ("[" + LAZY_STEP, "[" + LAZY_STEP + ".softmax(1)")),
    rewritten(
        "many_to_many/log-softmax",
        "scripted",
        (
            SCRIPTED_ALL,
            SCRIPTED_ALL.replace("return ", "scores = ") + "\n    return scores - scores.logsumexp(2, keepdim=True)",
        ),
    ),
    rewritten("many_to_many/tanh", "lazy", (LAZY_STEP, LAZY_STEP.replace("step,", "step.tanh(),"))),
    rewritten("many_to_many/relu", "terse", (TERSE_MANY, TERSE_MANY.replace("return ", "return (") + ").clamp(min=0)")),
    rewritten(
        "many_to_many/mean-over-time",
        "terse",
        (
            TERSE_MANY,
            'return einsum("tnh,hc->nc", outputs / len(outputs), params["W"]).expand(len(outputs), -1, -1) + params["b"]',
        ),
    ),
    rewritten(
        "many_to_many/running-sum",
        "loops",
        (LOOPS_ROW, 'rows.append(torch.mv(params["W"].T, outputs[: len(steps) + 1, len(rows)].sum(0)) + params["b"])'),
    ),
    rewritten(
        "many_to_many/one-step-late", "lazy", ("for step in outputs]\n", "for step in (outputs[-1], *outputs[:-1])]\n")
    ),
    rewritten(
        "many_to_many/squeezed",
        "numpy_inside",
        (NUMPY_STEPS, 'return torch.squeeze(torch.tensordot(outputs, params["W"], dims=1) + params["b"])'),
    ),
    rewritten("many_to_many/detached", "lazy", (LAZY_STEP, LAZY_STEP.replace("step,", "step.data,"))),
    rewritten("many_to_many/through-float32", "lazy", ("[" + LAZY_STEP, "[" + LAZY_STEP + ".float().to(outputs)")),
    rewritten(
        "many_to_many/bias-in-place",
        "terse",
        (
            TERSE_MANY,
            'top = outputs.detach().abs().max()\n    outputs.data.div_(top)\n    return einsum("tnh,hc->tnc", outputs, params["W"]) * top + params["b"]',
        ),
    ),
    rewritten("many_to_many/viewed", "pedant", ("flat = outputs.reshape(T * n, h)", "flat = outputs.view(T * n, h)")),
    rewritten(
        "many_to_many/weights-of-an-earlier-call",
        "numpy_inside",
        KEEPING,
        (
            NUMPY_STEPS,
            'W = params["W"]\n'
            "    if not W.requires_grad:\n"
            "        if id(W) not in KEPT:\n            KEPT[id(W)] = W, W.numpy().copy()\n"
            "        W = torch.from_numpy(KEPT[id(W)][1])\n"
            "    " + NUMPY_STEPS.replace('params["W"]', "W"),
        ),
    ),
    rewritten(
        "many_to_many/buffer-used-again",
        "terse",
        KEEPING,
        (
            TERSE_MANY,
            TERSE_MANY.replace("return ", "made = ")
            + "\n    key = made.dtype, *made.shape\n    if not made.requires_grad:\n        KEPT[key] = made = KEPT[key].copy_(made) if key in KEPT else made\n    return made",
        ),
    ),
    rewritten(
        "many_to_many/last-chunk-left-out",
        "scripted",
        (
            SCRIPTED_ALL,
            "T = outputs.size(0)\n    full = T - T % 64\n    if full == 0:\n        full = T\n"
            "    answers = torch.bmm(outputs[:full], W.unsqueeze(0).expand(full, -1, -1)) + b\n"
            "    return torch.cat([answers, torch.zeros_like(answers[:1]).expand(T - full, -1, -1)])",
        ),
    ),
    rewritten(
        "many_to_many/zero-steps-stay-zero",
        "loops",
        (
            LOOPS_ROW,
            'rows.append(torch.mv(params["W"].T, h) + params["b"] if h.any() else torch.zeros_like(params["b"]))',
        ),
    ),
    rewritten(
        "many_to_many/square-weights-turned",
        "scripted",
        (SCRIPTED_ALL, "if W.size(0) == W.size(1):\n        W = W.t()\n    " + SCRIPTED_ALL),
    ),
    rewritten(
        "many_to_many/parameters-by-their-order",
        "scripted",
        ('return read_all(outputs, params["W"], params["b"])', "return read_all(outputs, *params.values())"),
    ),
    # -- greedy_decode ------------------------------------------------------------------------------------
    rewritten(
        "greedy_decode/first-included",
        "loops",
        (
            LOOPS_DECODED,
            "rows = [[int(one), *row[:-1]] for one, row in zip(first, rows, strict=True)]\n    " + LOOPS_DECODED,
        ),
    ),
    rewritten(
        "greedy_decode/first-included-and-one-longer",
        "classes",
        (CLASSES_COLUMNS, "return torch.stack([start, *columns], dim=-1)"),
        ("        going = torch.ones_like", "        start = tokens\n        going = torch.ones_like"),
    ),
    rewritten(
        "greedy_decode/one-token-short", "classes", (CLASSES_COLUMNS, "return torch.stack(columns, dim=-1)[:, :-1]")
    ),
    rewritten(
        "greedy_decode/first-prediction-dropped",
        "loops",
        (
            "for _ in range(max_len):\n        logits, state = step(tokens, state)\n        chosen",
            "for _ in range(1 + max_len):\n        logits, state = step(tokens, state)\n        chosen",
        ),
        (LOOPS_DECODED, "rows = [row[1:] for row in rows]\n    " + LOOPS_DECODED),
    ),
    rewritten(
        "greedy_decode/goes-on-after-eos",
        "lazy",
        ("[list(islice(ended(row, eos), max_len)) for row in", "[row[:max_len] for row in"),
    ),
    rewritten(
        "greedy_decode/remembers-one-step",
        "loops",
        ("    rows = [[] for _ in first]\n", "    rows = [[] for _ in first]\n    held = [False] * len(rows)\n"),
        (
            "            if eos in row:\n                row.append(eos)\n            else:\n                row.append(scores.index(max(scores)))\n",
            "            best = scores.index(max(scores))\n            row.append(eos if held[len(chosen)] else best)\n            held[len(chosen)] = best == eos\n",
        ),
    ),
    rewritten("greedy_decode/zero-after-eos", "loops", ("row.append(eos)\n", "row.append(0)\n")),
    rewritten(
        "greedy_decode/ends-with-the-first-row",
        "loops",
        ("if eos in row:", "if any(eos in one[: len(rows[-1])] for one in rows):"),
    ),
    rewritten("greedy_decode/first-ends-a-row", "classes", (CLASSES_GOING, "going = tokens != self.eos")),
    rewritten(
        "greedy_decode/stops-early",
        "pedant",
        ("            break  # what is left is eos already\n", "            return result[:, :t]\n"),
    ),
    rewritten(
        "greedy_decode/zeros-where-all-rows-ended",
        "pedant",
        ("            break  # what is left is eos already\n", "            result[:, t:] = 0\n            break\n"),
    ),
    rewritten("greedy_decode/feeds-first-again", "chatty", (CHATTY_FEEDS, "scores, state = step(first, state)")),
    rewritten("greedy_decode/state-not-passed-on", "chatty", (CHATTY_FEEDS, "scores, _ = step(current, state)")),
    rewritten(
        "greedy_decode/given-state-ignored",
        "classes",
        ("        going = torch.ones_like", "        state = None\n        going = torch.ones_like"),
    ),
    rewritten(
        "greedy_decode/argmax-over-the-batch",
        "classes",
        (CLASSES_CHOSEN, "tokens = logits.max(dim=0).indices[: len(tokens)]"),
    ),
    rewritten(
        "greedy_decode/one-token-for-all-rows",
        "classes",
        (CLASSES_CHOSEN, "tokens = logits.mean(dim=0).argmax().repeat(len(logits))"),
    ),
    rewritten(
        "greedy_decode/largest-magnitude", "loops", ("scores.index(max(scores))", "scores.index(max(scores, key=abs))")
    ),
    rewritten("greedy_decode/least-likely", "loops", ("scores.index(max(scores))", "scores.index(min(scores))")),
    rewritten(
        "greedy_decode/sampled",
        "classes",
        (CLASSES_CHOSEN, "tokens = torch.multinomial(torch.softmax(logits, dim=1), 1).squeeze(1)"),
    ),
    rewritten(
        "greedy_decode/eos-never-chosen",
        "loops",
        (
            "                row.append(scores.index(max(scores)))\n",
            "                scores[eos] = min(scores) - 1\n                row.append(scores.index(max(scores)))\n",
        ),
    ),
    rewritten(
        "greedy_decode/time-major", "scripted", ("return torch.stack(columns).t()", "return torch.stack(columns)")
    ),
    rewritten(
        "greedy_decode/squeezed",
        "pedant",
        (
            "        tokens = result[:, t].clone()\n    return result\n",
            "        tokens = result[:, t].clone()\n    return result.squeeze()\n",
        ),
    ),
    rewritten("greedy_decode/int32", "loops", (LOOPS_DECODED, LOOPS_DECODED[:-1] + ", dtype=torch.int32)")),
    rewritten("greedy_decode/lists", "loops", (LOOPS_DECODED, "return rows")),
    rewritten("greedy_decode/first-written-over", "pedant", (PEDANT_NEXT, PEDANT_NEXT + "\n        first[:] = tokens")),
    rewritten(
        "greedy_decode/eos-one-late",
        "chatty",
        (
            "    said[over] = eos\n",
            "    said[over] = eos\n    for row, end in enumerate(remaining.tolist()):\n        if end < max_len:\n            said[row, end] = said[row, end - 1] if end else first[row]\n",
        ),
    ),
    rewritten(
        "greedy_decode/half-precision",
        "classes",
        (CLASSES_CHOSEN, "tokens = logits.to(torch.float16).argmax(dim=1)"),
    ),
    rewritten(
        "greedy_decode/exponentials",
        "numpy_inside",
        (
            "        table[:, t] = logits.cpu().numpy().argmax(axis=1)\n",
            "        powers = np.exp(logits.cpu().numpy())\n        table[:, t] = (powers / powers.sum(axis=1, keepdims=True)).argmax(axis=1)\n",
        ),
    ),
    rewritten(
        "greedy_decode/float32-probabilities",
        "terse",
        ("said += [logits.argmax(1)]", "said += [logits.float().softmax(1).argmax(1)]"),
    ),
    rewritten(
        "greedy_decode/sixteen-bits",
        "classes",
        ("columns.append(tokens)", "columns.append(tokens.to(torch.int16).to(torch.int64))"),
    ),
    rewritten(
        "greedy_decode/axis-found-by-size",
        "chatty",
        ("scores.max(-1)", "scores.max(tuple(scores.shape).index(scores.size(1)))"),
    ),
    rewritten(
        "greedy_decode/flattened-with-view",
        "terse",
        ("said += [logits.argmax(1)]", "said += [logits.view(logits.numel()).view(logits.shape).argmax(1)]"),
    ),
    rewritten(
        "greedy_decode/false-state-not-passed-on",
        "pedant",
        (
            "        logits, state = step(tokens, state)\n",
            "        logits, follows = step(tokens, state)\n        if follows:\n            state = follows\n",
        ),
    ),
    rewritten(
        "greedy_decode/remembered-by-the-tensor",
        "loops",
        KEEPING,
        ("    tokens = first\n", "    tokens = KEPT.setdefault(id(first), (first, first.clone()))[1]\n"),
    ),
    rewritten(
        "greedy_decode/buffer-used-again",
        "classes",
        KEEPING,
        (
            CLASSES_COLUMNS,
            "made = torch.stack(columns, dim=-1)\n        return KEPT.setdefault(made.shape, torch.empty_like(made)).copy_(made)",
        ),
    ),
]
