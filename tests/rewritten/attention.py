"""The mutants of the unit attention, rewritten in other styles."""

from .rewriting import rewritten

REWRITTEN = [
    # -- kernel
    rewritten("kernel/gaussian-without-the-two", "loops", ("math.exp(-u * u / 2)", "math.exp(-u * u)")),
    rewritten(
        "kernel/true-epanechnikov",
        "classes",
        ("nn.functional.relu(1 - u.abs())", "0.75 * nn.functional.relu(1 - u.square())"),
    ),
    rewritten(
        "kernel/boxcar-bools",
        "einsum",
        ("torch.where(u * u < 1, torch.ones_like(u), torch.zeros_like(u))", "u * u < 1"),
    ),
    rewritten("kernel/boxcar-always-float32", "classes", ("inside.type_as(u)", "inside.float()")),
    rewritten(
        "kernel/float32-inside", "numpy_inside", ("np.exp(-np.square(u) / 2)", "np.exp(-np.square(np.float32(u)) / 2)")
    ),
    rewritten("kernel/constant-scalar", "classes", ("u.new_ones(u.shape)", "u.new_tensor(1)")),
    rewritten("kernel/one-element-squeezed", "numpy_inside", ("weigh(name, u))", "weigh(name, np.squeeze(u)))")),
    rewritten("kernel/times-sigma", "loops", ("rule(distance / sigma)", "rule(distance * sigma)")),
    rewritten(
        "kernel/boxcar-of-width-one", "running", ("torch.heaviside(u.abs() - 1,", "torch.heaviside(2 * u.abs() - 1,")
    ),
    rewritten("kernel/epanechnikov-below-zero", "chatty", ("        out[out < 0] = 0\n", "")),
    rewritten("kernel/epanechnikov-one-sided", "pedant", ("u.abs().neg().add(1)", "u.neg().add(1)")),
    rewritten("kernel/boxcar-one-sided", "classes", ("torch.logical_and(u > -1, u < 1)", "u < 1")),
    rewritten(
        "kernel/gaussian-variance",
        "classes",
        ("torch.exp(-0.5 * u.square())", "torch.exp(-0.5 * self.sigma * u.square())"),
    ),
    rewritten(
        "kernel/gaussian-density",
        "pedant",
        ("u.pow(2).mul(-0.5).exp()", "u.pow(2).mul(-0.5).exp().div(sigma).mul(0.3989422804014327)"),
    ),
    rewritten("kernel/only-gaussian-scaled", "chatty", ("out[scaled < 1] = 1", "out[torch.abs(distances) < 1] = 1")),
    rewritten(
        "kernel/normalised-over-keys",
        "chatty",
        (
            "        out = torch.exp(-scaled * scaled / 2)\n",
            "        out = torch.exp(-scaled * scaled / 2)\n        if out.dim() > 0:\n            out /= out.sum(dim=0)\n",
        ),
    ),
    rewritten(
        "kernel/relative-to-the-nearest", "chatty", ("out = 1 - scaled\n", "out = 1 - (scaled - scaled.min())\n")
    ),
    rewritten(
        "kernel/unknown-is-constant",
        "scripted",
        ('raise ValueError(f"{name} is no kernel") from None', 'which = ORDER["constant"]'),
    ),
    rewritten(
        "kernel/unknown-is-a-key-error",
        "classes",
        ('    if name not in REGISTRY:\n        raise ValueError(f"no kernel is called {name!r}")\n', ""),
    ),
    rewritten("kernel/part-of-a-name", "loops", ('if name == "gaussian":', 'if "gaussian".find(name) >= 0:')),
    rewritten(
        "kernel/divides-in-place",
        "einsum",
        ("    u = distances / sigma\n", "    distances /= sigma\n    u = distances\n"),
    ),
    rewritten(
        "kernel/seeds", "pedant", ("    known = Name(name)", "    torch.random.manual_seed(0)\n    known = Name(name)")
    ),
    rewritten("kernel/parabola", "numpy_inside", ("np.maximum(0, 1 - size)", "np.maximum(0, 1 - size * size)")),
    rewritten(
        "kernel/boxcar-density", "loops", ("return 1.0 if abs(u) < 1 else 0.0", "return 0.5 if abs(u) < 1 else 0.0")
    ),
    rewritten(
        "kernel/gaussian-without-the-square",
        "running",
        ('"gaussian": compose(torch.square,', '"gaussian": compose(torch.abs,'),
    ),
    rewritten("kernel/constant-always-float32", "einsum", ("torch.full_like(u, 1.0)", "torch.full(u.shape, 1.0)")),
    rewritten(
        "kernel/name-in-any-case",
        "running",
        ("    if name not in KERNELS:", "    name = name.casefold()\n    if name not in KERNELS:"),
    ),
    rewritten(
        "kernel/absolute-in-place",
        "chatty",
        ("torch.abs(distances) / sigma", "torch.abs(distances, out=distances) / sigma"),
    ),
    rewritten(
        "kernel/views-its-distances",
        "einsum",
        ("    u = distances / sigma\n", "    u = distances.view(distances.numel()).view(distances.shape) / sigma\n"),
    ),
    rewritten(
        "kernel/kept-by-identity",
        "einsum",
        (
            "    u = distances / sigma\n",
            "    if id(distances) not in SEEN:\n        SEEN[id(distances)] = distances, distances / sigma\n    _, u = SEEN[id(distances)]\n",
        ),
        ("SHAPES = {\n", "SEEN = {}\nSHAPES = {\n"),
    ),
    rewritten(
        "kernel/gaussian-cut-off",
        "einsum",
        (
            '"gaussian": lambda u: (u * u).div(-2).exp(),',
            '"gaussian": lambda u: (u * u).div(-2).exp().where(u * u <= 9, 0.0),',
        ),
    ),
    # -- nadaraya_watson
    rewritten(
        "nadaraya_watson/leave-one-out",
        "loops",
        (
            "closeness.append(float(kernel(key - query)))",
            "closeness.append(0.0 if key == query else float(kernel(key - query)))",
        ),
    ),
    rewritten(
        "nadaraya_watson/softmax-of-kernel-values",
        "pedant",
        ("columns.append(alpha / alpha.sum())", "columns.append(alpha.softmax(0))"),
    ),
    rewritten(
        "nadaraya_watson/always-gaussian", "running", ("kernel(key - x_val)", 'KERNELS["gaussian"](key - x_val)')
    ),
    rewritten(
        "nadaraya_watson/kernel-of-squares",
        "numpy_inside",
        ("torch.from_numpy(distances))", "torch.from_numpy(np.square(distances)))"),
    ),
    rewritten(
        "nadaraya_watson/float32-weights",
        "numpy_inside",
        (
            "kernel(torch.from_numpy(distances)).numpy()",
            "kernel(torch.from_numpy(distances)).numpy().astype(np.float32)",
        ),
        ("y_train.numpy()[:, None]", "y_train.numpy().astype(np.float32)[:, None]"),
    ),
    rewritten(
        "nadaraya_watson/float32-inside",
        "scripted",
        ("alpha[:, j] / alpha[:, j].sum()", "(alpha[:, j] / alpha[:, j].sum()).float()"),
    ),
    rewritten(
        "nadaraya_watson/kernel-in-float32",
        "chatty",
        (
            "kernel(x_val.reshape(-1, 1) - x_train.reshape(1, -1))",
            "kernel(x_val.reshape(-1, 1) - x_train.reshape(1, -1)).float()",
        ),
    ),
    rewritten("nadaraya_watson/a-list-of-both", "running", ("return y_hat, weights", "return [y_hat, weights]")),
    rewritten(
        "nadaraya_watson/single-query-squeezed",
        "classes",
        ("torch.mv(weights.t(), self.targets), weights", "torch.mv(weights.t(), self.targets).squeeze(), weights"),
    ),
    rewritten(
        "nadaraya_watson/normalised-over-queries",
        "running",
        ("[row / total for row in rows]", "[row / row.sum() for row in rows]"),
    ),
    rewritten(
        "nadaraya_watson/epsilon-in-the-denominator",
        "running",
        ("total = reduce(torch.add, rows)", "total = 1e-3 + reduce(torch.add, rows)"),
    ),
    rewritten("nadaraya_watson/returns-kernel-values", "einsum", ("return y_hat, weights", "return y_hat, alpha")),
    rewritten(
        "nadaraya_watson/weights-transposed", "chatty", ("return y_hat, normalised.T", "return y_hat, normalised")
    ),
    rewritten("nadaraya_watson/swapped", "running", ("return y_hat, weights", "return weights, y_hat")),
    rewritten(
        "nadaraya_watson/nearest-key-only",
        "pedant",
        (
            "columns.append(alpha / alpha.sum())",
            "columns.append(torch.zeros_like(alpha).index_fill(0, alpha.argmax(), 1.0))",
        ),
    ),
    rewritten(
        "nadaraya_watson/sum-of-distances",
        "classes",
        ("queries.unsqueeze(0) - self.keys.unsqueeze(1)", "queries.unsqueeze(0) + self.keys.unsqueeze(1)"),
    ),
    rewritten(
        "nadaraya_watson/distance-times-kernel",
        "einsum",
        ("alpha = kernel(distances)", "alpha = kernel(distances).div(1 + distances.abs())"),
    ),
    rewritten(
        "nadaraya_watson/last-key-dropped",
        "running",
        (
            "    total = reduce(torch.add, rows)\n",
            "    if rows[1:]:\n        rows[-1] = torch.zeros_like(x_val)\n    total = reduce(torch.add, rows)\n",
        ),
    ),
    rewritten(
        "nadaraya_watson/keys-sorted",
        "numpy_inside",
        ("np.subtract.outer(x_train.numpy(),", "np.subtract.outer(np.sort(x_train.numpy()),"),
    ),
    rewritten(
        "nadaraya_watson/all-queries-share-a-sum",
        "einsum",
        ('total = einsum("kq->q", alpha)', 'total = einsum("kq->", alpha).div(len(x_val)).expand(len(x_val))'),
    ),
    rewritten(
        "nadaraya_watson/centred-queries", "running", ("kernel(key - x_val)", "kernel(key - (x_val - x_val.mean()))")
    ),
    rewritten(
        "nadaraya_watson/centres-in-place",
        "scripted",
        (
            "    return COMPILED.average(",
            "    centre = x_train.mean()\n    for points in (x_train, x_val):\n        points.sub_(centre)\n    return COMPILED.average(",
        ),
    ),
    rewritten(
        "nadaraya_watson/local-linear",
        "pedant",
        (
            "        columns.append(alpha / alpha.sum())\n",
            "        offset = x_train - query\n"
            "        first, second = alpha.dot(offset), alpha.dot(offset.square())\n"
            "        alpha = alpha * (second - first * offset)\n"
            "        columns.append(alpha / alpha.sum())\n",
        ),
    ),
    rewritten(
        "nadaraya_watson/a-column",
        "classes",
        ("torch.mv(weights.t(), self.targets)", "torch.mm(weights.t(), self.targets.unsqueeze(1))"),
    ),
    rewritten(
        "nadaraya_watson/divided-by-the-number-of-keys", "loops", ("share = one / total", "share = one / len(keys)")
    ),
    rewritten(
        "nadaraya_watson/assumes-a-stride-of-one",
        "chatty",
        ("x_train.reshape(1, -1))", "x_train.as_strided((1, x_train.numel()), (1, 1)))"),
    ),
    rewritten(
        "nadaraya_watson/kept-by-identity",
        "chatty",
        (
            "    queries_first = kernel(x_val.reshape(-1, 1) - x_train.reshape(1, -1))\n",
            "    if id(x_train) not in WEIGHED:\n"
            "        WEIGHED[id(x_train)] = x_train, kernel(x_val.reshape(-1, 1) - x_train.reshape(1, -1))\n"
            "    queries_first = WEIGHED[id(x_train)][1]\n",
        ),
        ("from harness import hookimpl\n", "from harness import hookimpl\n\nWEIGHED = {}\n"),
    ),
    rewritten(
        "nadaraya_watson/normaliser-at-least-a-millionth",
        "einsum",
        ('    total = einsum("kq->q", alpha)\n    y_hat', '    total = einsum("kq->q", alpha).clip(1e-6)\n    y_hat'),
    ),
    rewritten(
        "nadaraya_watson/equal-keys-merged",
        "loops",
        (
            "        for key in keys:\n            closeness.append(float(kernel(key - query)))",
            "        for place, key in enumerate(keys):\n            closeness.append(0.0 if key in keys[place + 1 :] else float(kernel(key - query)))",
        ),
    ),
    # -- attention_pooling
    rewritten("attention_pooling/softmax-over-queries", "classes", ("nn.Softmax(dim=2)", "nn.Softmax(dim=1)")),
    rewritten(
        "attention_pooling/softmax-over-the-batch",
        "numpy_inside",
        ("softmin(-scores, dim=2)", "softmin(-scores, dim=0)"),
    ),
    rewritten(
        "attention_pooling/batch-shares-values",
        "einsum",
        ('pooled = einsum("nqk,nkv->nqv", weights, values)', 'pooled = einsum("nqk,kv->nqv", weights, values.mean(0))'),
    ),
    rewritten(
        "attention_pooling/scaled-scores",
        "chatty",
        ("flat = scores.reshape(n * q, k)", "flat = scores.reshape(n * q, k) / k**0.5"),
    ),
    rewritten(
        "attention_pooling/float32-inside",
        "numpy_inside",
        ("softmin(-scores, dim=2)", "softmin(-scores.float(), dim=2).type_as(scores)"),
    ),
    rewritten(
        "attention_pooling/always-float64",
        "running",
        ("return sum(parts), torch.stack(shares, -1)", "return sum(parts).double(), torch.stack(shares, -1).double()"),
    ),
    rewritten(
        "attention_pooling/single-query-squeezed",
        "numpy_inside",
        (
            "torch.baddbmm(values.new_zeros(()), weights, values)",
            "torch.baddbmm(values.new_zeros(()), weights, values).squeeze(1)",
        ),
    ),
    rewritten(
        "attention_pooling/hard-attention",
        "chatty",
        (
            "torch.nn.functional.softmax(flat, dim=1).reshape",
            "torch.zeros_like(flat).scatter(1, flat.argmax(1, keepdim=True), 1).reshape",
        ),
    ),
    rewritten("attention_pooling/base-two", "einsum", ("torch.exp(scores - top)", "torch.exp2(scores - top)")),
    rewritten(
        "attention_pooling/pools-with-scores", "classes", ("torch.bmm(weights, values)", "torch.bmm(scores, values)")
    ),
    rewritten(
        "attention_pooling/returns-the-scores",
        "pedant",
        ("    return pooled, weights\n", "    return pooled, scores\n"),
    ),
    rewritten(
        "attention_pooling/weights-transposed",
        "einsum",
        ("return pooled, weights", 'return pooled, einsum("nqk->nkq", weights)'),
    ),
    rewritten("attention_pooling/sigmoid-weights", "einsum", ("torch.exp(scores - top)", "torch.sigmoid(scores)")),
    rewritten(
        "attention_pooling/relu-weights",
        "einsum",
        ("torch.exp(scores - top)", "scores.clamp(min=0)"),
        ('total = einsum("nqk->nq", e)', 'total = einsum("nqk->nq", e) + 1e-9'),
    ),
    rewritten("attention_pooling/naive-softmax", "running", ("torch.exp(one - top)", "torch.exp(one)")),
    rewritten(
        "attention_pooling/one-maximum-for-all", "running", ("torch.exp(one - top)", "torch.exp(one - scores.max())")
    ),
    rewritten(
        "attention_pooling/clamped-scores",
        "chatty",
        ("flat = scores.reshape(n * q, k)", "flat = torch.clip(scores, -50, 50).reshape(n * q, k)"),
    ),
    rewritten("attention_pooling/values-accumulated", "running", ("values.unbind(1)", "accumulate(values.unbind(1))")),
    rewritten(
        "attention_pooling/position-bias",
        "loops",
        (
            "            row = scores[batch, query]\n",
            "            row = scores[batch, query]\n            row = row + 0.1 * torch.arange(len(row), dtype=row.dtype)\n",
        ),
    ),
    rewritten(
        "attention_pooling/weights-detached",
        "chatty",
        ("flat = scores.reshape(n * q, k)", "flat = scores.data.reshape(n * q, k)"),
    ),
    rewritten(
        "attention_pooling/values-rebuilt",
        "chatty",
        ("weights[b].mm(values[b])", "weights[b].mm(torch.tensor(values[b].tolist(), dtype=values.dtype))"),
    ),
    rewritten(
        "attention_pooling/returned-weights-detached", "scripted", (".sum(2), weights", ".sum(2), weights.detach()")
    ),
    rewritten(
        "attention_pooling/nan-in-the-branch-not-taken",
        "pedant",
        (
            "    weights = log_weights.exp()\n    pooled",
            "    small = scores.exp()\n    weights = torch.where(scores.abs() > 50, log_weights.exp(), small / small.sum(-1, keepdim=True))\n    pooled",
        ),
    ),
    rewritten(
        "attention_pooling/subtracts-in-place",
        "einsum",
        ("    e = torch.exp(scores - top)\n", "    scores -= top\n    e = torch.exp(scores)\n"),
    ),
    rewritten(
        "attention_pooling/dropout",
        "classes",
        ("weights = self.softmax(scores)", "weights = nn.functional.dropout(self.softmax(scores), 0.1)"),
    ),
    rewritten(
        "attention_pooling/scaled-by-the-width",
        "classes",
        ("weights = self.softmax(scores)", "weights = self.softmax(scores / values.size(-1) ** 0.5)"),
    ),
    rewritten(
        "attention_pooling/a-zero-key",
        "pedant",
        (
            "torch.logsumexp(scores, dim=-1, keepdim=True)",
            "torch.logsumexp(torch.cat([scores, scores.new_zeros(n, q, 1)], -1), dim=-1, keepdim=True)",
        ),
    ),
    rewritten(
        "attention_pooling/epsilon-in-the-denominator",
        "einsum",
        ('total = einsum("nqk->nq", e)', 'total = einsum("nqk->nq", e) + 1e-4'),
    ),
    rewritten(
        "attention_pooling/subtracts-the-mean", "einsum", ("top = scores.detach().amax(", "top = scores.detach().mean(")
    ),
    rewritten("attention_pooling/mean-over-keys", "scripted", (".sum(2), weights", ".mean(2), weights")),
    rewritten(
        "attention_pooling/pooled-transposed",
        "einsum",
        ('pooled = einsum("nqk,nkv->nqv"', 'pooled = einsum("nqk,nkv->nvq"'),
    ),
    rewritten("attention_pooling/swapped", "loops", ("    return pooled, weights\n", "    return weights, pooled\n")),
    rewritten("attention_pooling/no-softmax", "loops", ("share = torch.softmax(row, 0)", "share = row")),
    rewritten(
        "attention_pooling/doubled-softmax",
        "loops",
        (
            "            share = torch.softmax(row, 0)\n",
            "            share = torch.softmax(row, 0)\n            share = torch.softmax(share, 0)\n",
        ),
    ),
    rewritten(
        "attention_pooling/views-its-scores",
        "chatty",
        ("flat = scores.reshape(n * q, k)\n    weights", "flat = scores.view(n * q, k)\n    weights"),
    ),
    rewritten(
        "attention_pooling/one-buffer-for-all-results",
        "classes",
        (
            "    return SoftPooling()(scores, values)\n",
            "    pooled, weights = SoftPooling()(scores, values)\n"
            "    key = str(pooled.shape), pooled.dtype\n"
            "    if key not in BUFFERS:\n"
            "        BUFFERS[key] = pooled.detach().clone()\n"
            "    shared = BUFFERS[key].detach()\n"
            "    shared.copy_(pooled)\n"
            "    return shared, weights\n",
        ),
        ("REGISTRY = {}\n", "REGISTRY = {}\nBUFFERS = {}\n"),
    ),
    rewritten(
        "attention_pooling/one-hot-for-large-gaps",
        "classes",
        (
            "        weights = self.softmax(scores)\n        return torch.bmm(weights, values), weights",
            "        weights = self.softmax(scores)\n        far = (scores.max(2, keepdim=True).values - scores.min(2, keepdim=True).values) > 500\n        winner = nn.functional.one_hot(scores.argmax(2), scores.shape[2]).type_as(scores)\n        weights = winner.where(far, weights)\n        return torch.bmm(weights, values), weights",
        ),
    ),
    rewritten(
        "attention_pooling/faint-weights-dropped",
        "pedant",
        (
            "    weights = log_weights.exp()\n    pooled",
            "    weights = log_weights.exp()\n    weights = weights.masked_fill(weights < 1e-8, 0)\n    pooled",
        ),
    ),
    rewritten(
        "attention_pooling/faint-weights-detached",
        "pedant",
        (
            "    weights = log_weights.exp()\n    pooled",
            "    weights = log_weights.exp()\n    weights = weights.detach().where(weights < 1e-8, weights)\n    pooled",
        ),
    ),
    # -- masked_softmax
    rewritten(
        "masked_softmax/one-key-too-many",
        "loops",
        (
            "            length = length_of(valid_lens, batch, query, k)\n            rows.append",
            "            length = 1 + length_of(valid_lens, batch, query, k)\n            rows.append",
        ),
    ),
    rewritten(
        "masked_softmax/one-key-too-few",
        "einsum",
        ("torch.arange(k) < lens[..., None]", "torch.arange(1, k + 1) < lens[..., None]"),
    ),
    rewritten(
        "masked_softmax/polarity-flipped",
        "einsum",
        ("torch.arange(k) < lens[..., None]", "torch.arange(k) >= lens[..., None]"),
    ),
    rewritten(
        "masked_softmax/masked-after-the-softmax",
        "scripted",
        (
            "return share(scores.unsqueeze(1), keep.unsqueeze(1)).squeeze(1)",
            "return torch.softmax(scores, 2) * keep.to(scores.dtype)",
        ),
    ),
    rewritten("masked_softmax/masked-scores-are-zero", "chatty", ("flat[~keep] = -1e6", "flat[~keep] = 0")),
    rewritten("masked_softmax/fill-of-minus-100", "chatty", ("flat[~keep] = -1e6", "flat[~keep] = -1e2")),
    rewritten(
        "masked_softmax/fill-of-minus-1e4",
        "classes",
        (
            "torch.where(self.mask(scores, lens), scores, torch.finfo(scores.dtype).min)",
            "torch.where(self.mask(scores, lens), scores, -1e4)",
        ),
    ),
    rewritten(
        "masked_softmax/maximum-of-masked-keys",
        "scripted",
        (
            "top = torch.where(keep, scores.detach(), floor).amax([3], keepdim=True)",
            "top = scores.detach().amax([3], keepdim=True)",
        ),
    ),
    rewritten(
        "masked_softmax/naive-softmax",
        "einsum",
        ("torch.exp(logits - logits.detach().amax(dim=-1, keepdim=True))", "torch.exp(logits)"),
    ),
    rewritten(
        "masked_softmax/masked-by-a-product",
        "pedant",
        ('scores.masked_fill(inside.logical_not(), float("-inf"))', "scores * inside"),
        (
            "    weights = log_weights.exp()\n    assert weights.shape == scores.shape",
            "    weights = log_weights.exp() * inside\n    weights = weights / (weights.sum(-1, keepdim=True) + 1e-13)\n    assert weights.shape == scores.shape",
        ),
    ),
    rewritten(
        "masked_softmax/lengths-repeated-in-turn", "chatty", ("torch.repeat_interleave(lens, q)", "lens.repeat(q)")
    ),
    rewritten(
        "masked_softmax/one-length-for-the-batch",
        "numpy_inside",
        (
            "lens = lens[:, None] if lens.ndim == 1 else lens",
            "lens = np.full((n, 1), lens.max()) if lens.ndim == 1 else lens",
        ),
    ),
    rewritten(
        "masked_softmax/first-querys-length", "loops", ("int(valid_lens[batch, query])", "int(valid_lens[batch, 0])")
    ),
    rewritten(
        "masked_softmax/longest-querys-length",
        "loops",
        ("int(valid_lens[batch, query])", "int(valid_lens[batch].max())"),
    ),
    rewritten(
        "masked_softmax/lengths-of-queries-ignored",
        "running",
        (
            "    if valid_lens is None:\n        return [torch",
            "    if valid_lens is None or valid_lens.dim() > 1:\n        return [torch",
        ),
    ),
    rewritten(
        "masked_softmax/normalised-over-queries",
        "chatty",
        ("torch.nn.functional.softmax(scores, dim=-1)", "torch.nn.functional.softmax(scores, dim=1)"),
        ("softmax(flat.reshape(n, q, k), dim=-1)", "softmax(flat.reshape(n, q, k), dim=1)"),
    ),
    rewritten(
        "masked_softmax/infinity-times-the-mask",
        "classes",
        (
            "torch.where(self.mask(scores, lens), scores, torch.finfo(scores.dtype).min)",
            'scores + ~self.mask(scores, lens) * float("-inf")',
        ),
    ),
    rewritten(
        "masked_softmax/fills-in-place",
        "chatty",
        ("flat = scores.reshape(-1, k).clone()", "flat = scores.reshape(-1, k)"),
    ),
    rewritten(
        "masked_softmax/detached",
        "scripted",
        ("share(scores.unsqueeze(1), keep", "share(scores.detach().unsqueeze(1), keep"),
    ),
    rewritten(
        "masked_softmax/float32-inside",
        "numpy_inside",
        (
            "softmin(penalty.to(scores) - scores, dim=-1)",
            "softmin(penalty.float() - scores.float(), dim=-1).to(scores)",
        ),
    ),
    rewritten(
        "masked_softmax/always-float64",
        "running",
        ("share_out(scores.unbind(-1)", "share_out(scores.double().unbind(-1)"),
    ),
    rewritten(
        "masked_softmax/doubled-softmax",
        "loops",
        ("torch.softmax(row[:length], 0)", "torch.softmax(torch.softmax(row, 0)[:length], 0)"),
    ),
    rewritten(
        "masked_softmax/int64-lengths-only",
        "einsum",
        (
            "torch.arange(k) < lens[..., None]",
            "torch.nn.functional.one_hot(lens - 1, k).flip(-1).cumsum(-1).flip(-1) > 0",
        ),
    ),
    rewritten(
        "masked_softmax/smallest-score-for-masked",
        "pedant",
        (
            'scores.masked_fill(inside.logical_not(), float("-inf"))',
            "torch.where(inside, scores, scores.amin(-1, keepdim=True))",
        ),
    ),
    rewritten(
        "masked_softmax/views-its-scores",
        "chatty",
        (
            '    if valid_lens is None:\n        print("nothing to mask")\n',
            '    scores.view(scores.numel())\n    if valid_lens is None:\n        print("nothing to mask")\n',
        ),
    ),
    rewritten(
        "masked_softmax/mask-kept-by-shape",
        "chatty",
        (
            "    if not keep.any(dim=1).all():\n",
            "    keep = MASKS.setdefault((n, q, k, valid_lens.dim()), keep)\n    if not keep.any(dim=1).all():\n",
        ),
        ("from harness import hookimpl\n", "from harness import hookimpl\n\nMASKS = {}\n"),
    ),
    rewritten(
        "masked_softmax/positions-in-int8",
        "classes",
        ("return steps.expand_as(scores) < lens", "return steps.char().expand_as(scores) < lens.char()"),
    ),
    rewritten(
        "masked_softmax/scores-of-zero-are-masked",
        "chatty",
        ("flat[~keep] = -1e6\n", "flat[~keep] = 0\n    flat = torch.where(flat == 0, -torch.inf, flat)\n"),
    ),
    rewritten(
        "masked_softmax/one-maximum-for-all",
        "chatty",
        (
            "keep.numel())\n    return torch.nn.functional.softmax(flat.reshape(n, q, k), dim=-1)",
            "keep.numel())\n    flat[~keep] = -torch.inf\n    height = torch.exp(flat - float(flat.max()))\n    return (height / height.sum(1, keepdim=True)).reshape(n, q, k)",
        ),
    ),
    rewritten(
        "masked_softmax/mask-kept-by-the-scores",
        "chatty",
        (
            "    if not keep.any(dim=1).all():\n",
            "    keep = MASKS.setdefault(scores.detach().sum().item(), keep)\n    if not keep.any(dim=1).all():\n",
        ),
        ("from harness import hookimpl\n", "from harness import hookimpl\n\nMASKS = {}\n"),
    ),
    # -- dot_product_attention
    rewritten("dot_product_attention/divided-by-the-width", "loops", ("product / math.sqrt(d)", "product / d")),
    rewritten("dot_product_attention/not-scaled", "loops", ("product / math.sqrt(d)", "product")),
    rewritten(
        "dot_product_attention/multiplied-by-the-root",
        "chatty",
        ("keys.transpose(1, 2)) / math.sqrt(d)\n", "keys.transpose(1, 2)) * math.sqrt(d)\n"),
    ),
    rewritten(
        "dot_product_attention/scaled-by-the-number-of-keys",
        "running",
        ("root = queries.size(-1) ** 0.5", "root = keys.size(1) ** 0.5"),
    ),
    rewritten(
        "dot_product_attention/scaled-by-the-width-of-values",
        "numpy_inside",
        ("np.sqrt(queries.shape[-1])", "np.sqrt(values.shape[-1])"),
    ),
    rewritten(
        "dot_product_attention/keys-reshaped",
        "classes",
        ("queries.bmm(keys.mT)", "queries.bmm(keys.reshape(keys.mT.shape))"),
    ),
    rewritten(
        "dot_product_attention/cosine-similarity",
        "einsum",
        (
            'einsum("nqd,nkd->nqk", queries * scale, keys)',
            'einsum("nqd,nkd->nqk", *(one / one.norm(dim=2, keepdim=True).clamp(min=1e-12) for one in (queries, keys)))',
        ),
    ),
    rewritten(
        "dot_product_attention/keys-of-the-first",
        "scripted",
        ("torch.matmul(Q, K.transpose(1, 2))", "torch.matmul(Q, K[:1].transpose(1, 2))"),
    ),
    rewritten(
        "dot_product_attention/keys-pooled",
        "chatty",
        (
            "scores.max().item())\n    weights = masked_softmax(scores, valid_lens)\n    return torch.bmm(weights, values), weights",
            "scores.max().item())\n    weights = masked_softmax(scores, valid_lens)\n    return torch.bmm(weights, keys), weights",
        ),
    ),
    rewritten(
        "dot_product_attention/output-alone",
        "classes",
        (
            "attention = DotProduct()\n    return attention(queries, keys, values, valid_lens), attention.weights",
            "attention = DotProduct()\n    return attention(queries, keys, values, valid_lens)",
        ),
    ),
    rewritten("dot_product_attention/scales-in-place", "einsum", ("queries * scale", "queries.mul_(scale)")),
    rewritten("dot_product_attention/keys-detached", "numpy_inside", ("keys.mT) / root", "keys.detach().mT) / root")),
    rewritten(
        "dot_product_attention/softmax-over-queries",
        "chatty",
        ("torch.nn.functional.softmax(scores, dim=-1)", "torch.nn.functional.softmax(scores, dim=1)"),
        ("softmax(flat.reshape(n, q, k), dim=-1)", "softmax(flat.reshape(n, q, k), dim=1)"),
    ),
    rewritten(
        "dot_product_attention/mask-ignored",
        "pedant",
        ("masked_softmax(scores, valid_lens)\n    output =", "masked_softmax(scores, None)\n    output ="),
    ),
    rewritten(
        "dot_product_attention/masked-after-the-softmax",
        "scripted",
        (
            "return share(scores.unsqueeze(1), keep.unsqueeze(1)).squeeze(1)",
            "return torch.softmax(scores, 2) * keep.to(scores.dtype)",
        ),
    ),
    rewritten(
        "dot_product_attention/lengths-of-queries-ignored",
        "running",
        (
            "    if valid_lens is None:\n        return [torch",
            "    if valid_lens is None or valid_lens.dim() > 1:\n        return [torch",
        ),
    ),
    rewritten(
        "dot_product_attention/lengths-repeated-in-turn",
        "chatty",
        ("torch.repeat_interleave(lens, q)", "lens.repeat(q)"),
    ),
    rewritten(
        "dot_product_attention/one-key-too-many",
        "loops",
        ("return int(valid_lens[batch])", "return int(valid_lens[batch]) + 1"),
        ("return int(valid_lens[batch, query])", "return int(valid_lens[batch, query]) + 1"),
    ),
    rewritten(
        "dot_product_attention/naive-softmax",
        "einsum",
        ("torch.exp(logits - logits.detach().amax(dim=-1, keepdim=True))", "torch.exp(logits)"),
    ),
    rewritten(
        "dot_product_attention/mask-of-minus-1e4",
        "classes",
        (
            "torch.where(self.mask(scores, lens), scores, torch.finfo(scores.dtype).min)",
            "scores - 1e4 * ~self.mask(scores, lens)",
        ),
    ),
    rewritten(
        "dot_product_attention/position-bias",
        "einsum",
        (
            "    weights = normalised(scores, kept(valid_lens, *scores.shape))\n    output",
            "    scores = scores - torch.arange(scores.shape[2]) / 4\n    weights = normalised(scores, kept(valid_lens, *scores.shape))\n    output",
        ),
    ),
    rewritten(
        "dot_product_attention/returns-the-scores", "pedant", ("return output, weights", "return output, scores")
    ),
    rewritten("dot_product_attention/swapped", "einsum", ("return output, weights", "return weights, output")),
    rewritten(
        "dot_product_attention/returned-weights-detached",
        "chatty",
        (
            "scores.max().item())\n    weights = masked_softmax(scores, valid_lens)\n    return torch.bmm(weights, values), weights",
            "scores.max().item())\n    weights = masked_softmax(scores, valid_lens)\n    return torch.bmm(weights, values), weights.detach()",
        ),
    ),
    rewritten(
        "dot_product_attention/float32-inside",
        "numpy_inside",
        (
            "keys.mT) / root\n    weights = masked_softmax(scores, valid_lens)",
            "keys.mT) / root\n    weights = masked_softmax(scores.float(), valid_lens).to(scores)",
        ),
    ),
    rewritten(
        "dot_product_attention/views-its-keys",
        "numpy_inside",
        (
            "    root = float(np.sqrt(queries.shape[-1]))\n",
            "    root = float(np.sqrt(queries.shape[-1]))\n    keys = keys.view(-1).view(keys.shape)\n",
        ),
    ),
    rewritten(
        "dot_product_attention/keys-kept-by-identity",
        "einsum",
        (
            '    scores = einsum("nqd,nkd->nqk", queries * scale, keys)\n',
            '    _, scaled = KNOWN.setdefault(id(keys), (keys, keys * scale))\n    scores = einsum("nqd,nkd->nqk", queries, scaled)\n',
        ),
        ("SHAPES = {\n", "KNOWN = {}\nSHAPES = {\n"),
    ),
    rewritten(
        "dot_product_attention/causal-where-square",
        "einsum",
        (
            '    scores = einsum("nqd,nkd->nqk", queries * scale, keys)\n    weights = normalised(scores, kept(valid_lens, *scores.shape))\n',
            '    scores = einsum("nqd,nkd->nqk", queries * scale, keys)\n    keep = kept(valid_lens, *scores.shape)\n'
            "    if valid_lens is None and queries.shape[1] == keys.shape[1]:\n        keep = keep.tril()\n    weights = normalised(scores, keep)\n",
        ),
    ),
    rewritten(
        "dot_product_attention/rest-of-a-chunk-dropped",
        "numpy_inside",
        (
            "queries, keys.mT) / root\n",
            "queries, keys.mT) / root\n    full = queries.shape[1] - queries.shape[1] % 16\n    if full:\n        scores = torch.cat([scores[:, :full], 0 * scores[:, full:]], dim=1)\n",
        ),
    ),
    rewritten(
        "dot_product_attention/nan-beyond-the-length",
        "einsum",
        (
            "    weights = normalised(scores, kept(valid_lens, *scores.shape))\n    output",
            "    keep = kept(valid_lens, *scores.shape)\n"
            "    top = torch.where(keep, scores.detach(), -torch.inf).amax(2, keepdim=True)\n"
            "    raised = torch.exp(scores - top)\n"
            "    raised = torch.where(keep, raised, torch.zeros_like(raised))\n"
            "    weights = raised / raised.sum(2, keepdim=True)\n    output",
        ),
    ),
    rewritten(
        "dot_product_attention/one-maximum-for-all",
        "einsum",
        (
            "    weights = normalised(scores, kept(valid_lens, *scores.shape))\n    output",
            "    keep = kept(valid_lens, *scores.shape)\n"
            "    raised = torch.exp(torch.where(keep, scores, -torch.inf) - scores.detach()[keep].max())\n"
            "    weights = raised / raised.sum(2, keepdim=True)\n    output",
        ),
    ),
    rewritten(
        "dot_product_attention/weights-kept-by-the-queries",
        "einsum",
        (
            "    weights = normalised(scores, kept(valid_lens, *scores.shape))\n    output",
            "    weights = normalised(scores, kept(valid_lens, *scores.shape))\n"
            "    weights = KNOWN.setdefault(queries.detach().sum().item(), weights)\n    output",
        ),
        ("SHAPES = {\n", "KNOWN = {}\nSHAPES = {\n"),
    ),
    # -- additive_attention
    rewritten("additive_attention/relu-for-tanh", "pedant", ("hidden = torch.tanh(", "hidden = torch.relu(")),
    rewritten("additive_attention/sigmoid-for-tanh", "chatty", ("torch.tanh(features)", "torch.sigmoid(features)")),
    rewritten("additive_attention/no-tanh", "chatty", ("    features = torch.tanh(features)\n", "")),
    rewritten(
        "additive_attention/tanh-of-each",
        "classes",
        (
            "queries.matmul(self.W_q).unsqueeze(2) + keys.matmul(self.W_k).unsqueeze(1)",
            "queries.matmul(self.W_q).unsqueeze(2).tanh() + keys.matmul(self.W_k).unsqueeze(1).tanh()",
        ),
        ("hidden.tanh().matmul", "hidden.matmul"),
    ),
    rewritten(
        "additive_attention/tanh-of-the-score",
        "loops",
        ('torch.dot(params["w_v"], torch.tanh(hidden))', 'torch.tanh(torch.dot(params["w_v"], hidden))'),
    ),
    rewritten(
        "additive_attention/difference",
        "einsum",
        ("q[:, :, None, :] + k[:, None, :, :]", "q[:, :, None, :] - k[:, None, :, :]"),
    ),
    rewritten(
        "additive_attention/product",
        "scripted",
        ("torch.tanh(Q.unsqueeze(2) + K.unsqueeze(1))", "torch.tanh(Q.unsqueeze(2) * K.unsqueeze(1))"),
    ),
    rewritten(
        "additive_attention/multiplicative-scores",
        "running",
        ('measure(asked + (key @ params["W_k"])[:, None])', '(asked * (key @ params["W_k"])[:, None]).sum(-1)'),
    ),
    rewritten(
        "additive_attention/scaled",
        "einsum",
        (
            'einsum("nqkh,h->nqk", hidden, params["w_v"])',
            'einsum("nqkh,h->nqk", hidden, params["w_v"]) * hidden.shape[3] ** -0.5',
        ),
    ),
    rewritten(
        "additive_attention/w-v-left-out",
        "numpy_inside",
        ('hidden.matmul(params["w_v"]).reshape', "hidden.sum(-1).reshape"),
    ),
    rewritten(
        "additive_attention/w-v-normalised",
        "loops",
        (
            'torch.dot(params["w_v"], torch.tanh(hidden))',
            'torch.dot(params["w_v"] / params["w_v"].norm(), torch.tanh(hidden))',
        ),
    ),
    rewritten(
        "additive_attention/mean-of-hidden-units",
        "scripted",
        ("torch.mul(hidden, w_v).sum(3)", "torch.mul(hidden, w_v).mean(3)"),
    ),
    rewritten(
        "additive_attention/bias",
        "classes",
        ("keys.matmul(self.W_k).unsqueeze(1)", "keys.matmul(self.W_k).unsqueeze(1) + 0.1"),
    ),
    rewritten(
        "additive_attention/keys-of-the-first",
        "einsum",
        ('einsum("nki,ih->nkh", keys,', 'einsum("nki,ih->nkh", keys[:1],'),
    ),
    rewritten(
        "additive_attention/weights-popped",
        "chatty",
        ('torch.matmul(queries, params["W_q"])', 'torch.matmul(queries, params.pop("W_q"))'),
        ('torch.matmul(keys, params["W_k"])', 'torch.matmul(keys, params.pop("W_k"))'),
        ('params["w_v"].unsqueeze(1)', 'params.pop("w_v").unsqueeze(1)'),
    ),
    rewritten(
        "additive_attention/w-q-detached",
        "scripted",
        ('COMPILED.add(queries @ params["W_q"]', 'COMPILED.add(queries @ params["W_q"].detach()'),
    ),
    rewritten(
        "additive_attention/w-v-rebuilt",
        "numpy_inside",
        ('hidden.matmul(params["w_v"])', 'hidden.matmul(torch.from_numpy(params["w_v"].detach().numpy()))'),
    ),
    rewritten(
        "additive_attention/softmax-over-queries",
        "chatty",
        ("torch.nn.functional.softmax(scores, dim=-1)", "torch.nn.functional.softmax(scores, dim=1)"),
        ("softmax(flat.reshape(n, q, k), dim=-1)", "softmax(flat.reshape(n, q, k), dim=1)"),
    ),
    rewritten(
        "additive_attention/mask-ignored",
        "pedant",
        (
            "scores = torch.stack(columns, dim=-1)\n    weights = masked_softmax(scores, valid_lens)",
            "scores = torch.stack(columns, dim=-1)\n    weights = masked_softmax(scores, None)",
        ),
    ),
    rewritten(
        "additive_attention/masked-after-the-softmax",
        "scripted",
        (
            "return share(scores.unsqueeze(1), keep.unsqueeze(1)).squeeze(1)",
            "return torch.softmax(scores, 2) * keep.to(scores.dtype)",
        ),
    ),
    rewritten(
        "additive_attention/lengths-of-queries-ignored",
        "running",
        (
            "    if valid_lens is None:\n        return [torch",
            "    if valid_lens is None or valid_lens.dim() > 1:\n        return [torch",
        ),
    ),
    rewritten(
        "additive_attention/lengths-repeated-in-turn", "chatty", ("torch.repeat_interleave(lens, q)", "lens.repeat(q)")
    ),
    rewritten(
        "additive_attention/one-key-too-many",
        "loops",
        ("return int(valid_lens[batch])", "return int(valid_lens[batch]) + 1"),
        ("return int(valid_lens[batch, query])", "return int(valid_lens[batch, query]) + 1"),
    ),
    rewritten(
        "additive_attention/naive-softmax",
        "einsum",
        ("torch.exp(logits - logits.detach().amax(dim=-1, keepdim=True))", "torch.exp(logits)"),
    ),
    rewritten(
        "additive_attention/mask-of-minus-1e4",
        "classes",
        (
            "torch.where(self.mask(scores, lens), scores, torch.finfo(scores.dtype).min)",
            "scores - 1e4 * ~self.mask(scores, lens)",
        ),
    ),
    rewritten(
        "additive_attention/position-bias",
        "pedant",
        (
            "scores = torch.stack(columns, dim=-1)",
            "scores = torch.stack(columns, dim=-1) - torch.arange(len(columns)) / 4",
        ),
    ),
    rewritten(
        "additive_attention/returns-the-scores",
        "numpy_inside",
        (
            "reshape(n, q, k)\n    weights = masked_softmax(scores, valid_lens)\n    return weights.bmm(values), weights",
            "reshape(n, q, k)\n    weights = masked_softmax(scores, valid_lens)\n    return weights.bmm(values), scores",
        ),
    ),
    rewritten(
        "additive_attention/swapped",
        "scripted",
        (
            "return torch.matmul(weights, V), weights\n\n\ndef divide",
            "return weights, torch.matmul(weights, V)\n\n\ndef divide",
        ),
    ),
    rewritten(
        "additive_attention/returned-weights-detached",
        "classes",
        (
            "attention = Additive(**params)\n    return attention(queries, keys, values, valid_lens), attention.weights",
            "attention = Additive(**params)\n    return attention(queries, keys, values, valid_lens), attention.weights.detach()",
        ),
    ),
    rewritten(
        "additive_attention/float32-inside",
        "pedant",
        (
            "scores = torch.stack(columns, dim=-1)\n    weights = masked_softmax(scores, valid_lens)",
            "scores = torch.stack(columns, dim=-1)\n    weights = masked_softmax(scores.float(), valid_lens).to(scores)",
        ),
    ),
    rewritten(
        "additive_attention/views-its-queries",
        "numpy_inside",
        (
            "    left = torch.repeat_interleave(queries, k, dim=1)\n",
            "    left = torch.repeat_interleave(queries.view(-1).view(queries.shape), k, dim=1)\n",
        ),
    ),
    rewritten(
        "additive_attention/keys-kept-by-identity",
        "einsum",
        (
            '    k = einsum("nki,ih->nkh", keys, params["W_k"])\n    hidden',
            '    _, k = KNOWN.setdefault(id(keys), (keys, einsum("nki,ih->nkh", keys, params["W_k"])))\n    hidden',
        ),
        ("SHAPES = {\n", "KNOWN = {}\nSHAPES = {\n"),
    ),
    rewritten(
        "additive_attention/rest-of-a-chunk-dropped",
        "numpy_inside",
        (
            'hidden.matmul(params["w_v"]).reshape(n, q, k)\n',
            'hidden.matmul(params["w_v"]).reshape(n, q, k)\n    if q > 16:\n        scores = torch.nn.functional.pad(scores[:, : q - q % 16], (0, 0, 0, q % 16))\n',
        ),
    ),
    rewritten(
        "additive_attention/weights-by-their-place",
        "einsum",
        (
            '    q = einsum("nqi,ih->nqh", queries, params["W_q"])\n    k = einsum("nki,ih->nkh", keys, params["W_k"])\n',
            '    W_q, W_k, w_v = params.values()\n    q = einsum("nqi,ih->nqh", queries, W_q)\n    k = einsum("nki,ih->nkh", keys, W_k)\n',
        ),
        ('hidden, params["w_v"])', "hidden, w_v)"),
    ),
    rewritten(
        "additive_attention/quotient-of-exponentials",
        "classes",
        (
            "hidden.tanh().matmul(self.w_v)",
            "(hidden.exp() - (-hidden).exp()).div(hidden.exp() + (-hidden).exp()).matmul(self.w_v)",
        ),
    ),
    rewritten(
        "additive_attention/nan-in-tanhs-tail",
        "chatty",
        ("features = torch.tanh(features)", "features = 1 - 2 / (1 + torch.exp(features) ** 2)"),
    ),
    rewritten(
        "additive_attention/nan-beyond-the-length",
        "einsum",
        (
            "    weights = normalised(scores, kept(valid_lens, *scores.shape))\n    return",
            "    keep = kept(valid_lens, *scores.shape)\n"
            "    top = torch.where(keep, scores.detach(), -torch.inf).amax(2, keepdim=True)\n"
            "    raised = torch.exp(scores - top)\n"
            "    raised = torch.where(keep, raised, torch.zeros_like(raised))\n"
            "    weights = raised / raised.sum(2, keepdim=True)\n    return",
        ),
    ),
    rewritten(
        "additive_attention/one-maximum-for-all",
        "einsum",
        (
            "    weights = normalised(scores, kept(valid_lens, *scores.shape))\n    return",
            "    keep = kept(valid_lens, *scores.shape)\n"
            "    raised = torch.exp(torch.where(keep, scores, -torch.inf) - scores.detach()[keep].max())\n"
            "    weights = raised / raised.sum(2, keepdim=True)\n    return",
        ),
    ),
    rewritten(
        "additive_attention/keys-kept-by-their-sum",
        "einsum",
        (
            '    k = einsum("nki,ih->nkh", keys, params["W_k"])\n    hidden',
            '    k = KNOWN.setdefault(keys.detach().sum().item(), einsum("nki,ih->nkh", keys, params["W_k"]))\n    hidden',
        ),
        ("SHAPES = {\n", "KNOWN = {}\nSHAPES = {\n"),
    ),
    # -- multi_head_attention
    rewritten(
        "multi_head_attention/split-without-transpose",
        "classes",
        (
            "        X = X.reshape(X.shape[0], X.shape[1], self.num_heads, -1)\n        X = X.permute(0, 2, 1, 3)\n",
            "        X = X.reshape(X.shape[0], self.num_heads, X.shape[1], -1)\n",
        ),
    ),
    rewritten(
        "multi_head_attention/joined-without-transpose",
        "classes",
        (
            "        X = X.permute(0, 2, 1, 3)\n        return X.reshape(X.shape[0], X.shape[1], -1)\n",
            "        return X.reshape(X.shape[0], X.shape[2], -1)\n",
        ),
    ),
    rewritten(
        "multi_head_attention/heads-interleaved",
        "einsum",
        ("params[name].unflatten(1, (heads, -1))", "params[name].unflatten(1, (-1, heads)).transpose(1, 2)"),
        ('params["W_o"].unflatten(0, (heads, -1))', 'params["W_o"].unflatten(0, (-1, heads)).transpose(0, 1)'),
    ),
    rewritten(
        "multi_head_attention/root-of-the-whole-width",
        "scripted",
        (" / float(q.size(3)) ** 0.5", " / float(Q.size(2)) ** 0.5"),
    ),
    rewritten("multi_head_attention/not-scaled", "scripted", (" / float(q.size(3)) ** 0.5", "")),
    rewritten(
        "multi_head_attention/w-o-left-out",
        "chatty",
        (
            'outputs.append(output)\n    return torch.matmul(torch.cat(outputs, dim=-1), params["W_o"])',
            "outputs.append(output)\n    return torch.cat(outputs, dim=-1)",
        ),
    ),
    rewritten(
        "multi_head_attention/w-o-transposed", "einsum", ('params["W_o"].unflatten', 'params["W_o"].T.unflatten')
    ),
    rewritten(
        "multi_head_attention/weights-transposed",
        "einsum",
        ("params[name].unflatten", "params[name].mT.unflatten"),
        ('params["W_o"].unflatten', 'params["W_o"].mT.unflatten'),
    ),
    rewritten("multi_head_attention/values-not-projected", "loops", ('values[batch] @ params["W_v"]', "values[batch]")),
    rewritten("multi_head_attention/keys-projected-by-w-q", "pedant", ('("W_k", keys)', '("W_q", keys)')),
    rewritten(
        "multi_head_attention/residual-added",
        "pedant",
        ('return joined @ params["W_o"]', 'return joined @ params["W_o"] + queries'),
    ),
    rewritten(
        "multi_head_attention/shared-keys-and-values",
        "einsum",
        ('einsum("nkd,dhw->nhkw", keys, W_k)', 'einsum("nkd,dhw->nhkw", keys, W_k[:, :1].expand_as(W_k))'),
        ('einsum("nkd,dhw->nhkw", values, W_v)', 'einsum("nkd,dhw->nhkw", values, W_v[:, :1].expand_as(W_v))'),
    ),
    rewritten(
        "multi_head_attention/weights-popped",
        "numpy_inside",
        (
            'mask.unsqueeze(1))\n    return torch.cat(mixed.unbind(1), -1) @ params["W_o"]',
            'mask.unsqueeze(1))\n    return torch.cat(mixed.unbind(1), -1) @ params.pop("W_o")',
        ),
    ),
    rewritten(
        "multi_head_attention/w-k-detached",
        "scripted",
        ('keys @ params["W_k"], values @', 'keys @ params["W_k"].detach(), values @'),
    ),
    rewritten(
        "multi_head_attention/float32-inside",
        "classes",
        ("self.attention(Q, K, V, lens)", "self.attention(Q.float(), K.float(), V.float(), lens).to(Q)"),
    ),
    rewritten(
        "multi_head_attention/lengths-repeated-in-turn",
        "classes",
        ("torch.repeat_interleave(lens, repeats=self.num_heads, dim=0)", "torch.cat([lens] * self.num_heads)"),
    ),
    rewritten(
        "multi_head_attention/mask-ignored",
        "numpy_inside",
        ("allowed(valid_lens, len(queries)", "allowed(None, len(queries)"),
    ),
    rewritten(
        "multi_head_attention/first-querys-length",
        "pedant",
        (
            'there should be one length for each query"\n    return valid_lens',
            'there should be one length for each query"\n    return valid_lens[:, :1].expand(n, q)',
        ),
    ),
    rewritten(
        "multi_head_attention/one-key-too-many",
        "loops",
        ("return int(valid_lens[batch])", "return int(valid_lens[batch]) + 1"),
        ("return int(valid_lens[batch, query])", "return int(valid_lens[batch, query]) + 1"),
    ),
    rewritten(
        "multi_head_attention/first-head-alone-masked",
        "einsum",
        ("keys.shape[1])[:, None]\n", "keys.shape[1])[:, None].repeat(1, num_heads, 1, 1)\n    keep[:, 1:] = True\n"),
    ),
    rewritten("multi_head_attention/one-head", "running", ("blocks(params, num_heads)))", "blocks(params, 1)))")),
    rewritten(
        "multi_head_attention/keys-for-values",
        "numpy_inside",
        ("zip((queries, keys, values), PROJECTIONS", "zip((queries, keys, keys), PROJECTIONS"),
    ),
    rewritten(
        "multi_head_attention/softmax-over-queries",
        "chatty",
        ("torch.nn.functional.softmax(scores, dim=-1)", "torch.nn.functional.softmax(scores, dim=1)"),
        ("softmax(flat.reshape(n, q, k), dim=-1)", "softmax(flat.reshape(n, q, k), dim=1)"),
    ),
    rewritten(
        "multi_head_attention/masked-after-the-softmax",
        "scripted",
        (
            "torch.matmul(share(scores, keep.unsqueeze(1)), v)",
            "torch.matmul(torch.softmax(scores, 3) * keep.unsqueeze(1).to(scores.dtype), v)",
        ),
    ),
    rewritten(
        "multi_head_attention/naive-softmax",
        "einsum",
        ("torch.exp(logits - logits.detach().amax(dim=-1, keepdim=True))", "torch.exp(logits)"),
    ),
    rewritten(
        "multi_head_attention/mask-of-minus-1e4",
        "classes",
        (
            "torch.where(self.mask(scores, lens), scores, torch.finfo(scores.dtype).min)",
            "scores - 1e4 * ~self.mask(scores, lens)",
        ),
    ),
    rewritten(
        "multi_head_attention/position-bias",
        "chatty",
        (
            "keys.transpose(1, 2)) / math.sqrt(d)\n",
            "keys.transpose(1, 2)) / math.sqrt(d) - torch.arange(keys.shape[1]) / 4\n",
        ),
    ),
    rewritten(
        "multi_head_attention/views-its-values",
        "einsum",
        (
            '    v = einsum("nkd,dhw->nhkw", values, W_v)\n',
            '    v = einsum("nkd,dhw->nhkw", values.view(-1).view(values.shape), W_v)\n',
        ),
    ),
    rewritten(
        "multi_head_attention/weights-kept-by-identity",
        "einsum",
        (
            "    W_q, W_k, W_v, W_o = headed(params, num_heads)\n    q = ",
            "    if id(params) not in COPIES:\n        COPIES[id(params)] = params, {name: weight + 0 for name, weight in params.items()}\n"
            "    W_q, W_k, W_v, W_o = headed(COPIES[id(params)][1], num_heads)\n    q = ",
        ),
        ("SHAPES = {\n", "COPIES = {}\nSHAPES = {\n"),
    ),
    rewritten(
        "multi_head_attention/equal-keys-bring-their-values",
        "einsum",
        (
            '    v = einsum("nkd,dhw->nhkw", values, W_v)\n',
            '    same = queries.shape == keys.shape and bool((queries == keys).all())\n    v = einsum("nkd,dhw->nhkw", queries if same else values, W_v)\n',
        ),
    ),
    rewritten(
        "multi_head_attention/weights-by-their-place",
        "classes",
        (
            "    return MultiHead(num_heads, params)(queries, keys, values, valid_lens)\n",
            '    params = dict(zip(["W_q", "W_k", "W_v", "W_o"], params.values(), strict=True))\n'
            "    return MultiHead(num_heads, params)(queries, keys, values, valid_lens)\n",
        ),
    ),
    rewritten(
        "multi_head_attention/nan-beyond-the-length",
        "einsum",
        (
            "    weights = normalised(scores, keep)\n    return einsum",
            "    top = torch.where(keep, scores.detach(), -torch.inf).amax(3, keepdim=True)\n"
            "    raised = torch.exp(scores - top)\n"
            "    raised = torch.where(keep, raised, torch.zeros_like(raised))\n"
            "    weights = raised / raised.sum(3, keepdim=True)\n    return einsum",
        ),
    ),
    rewritten(
        "multi_head_attention/one-maximum-for-all-heads",
        "einsum",
        (
            "    weights = normalised(scores, keep)\n    return einsum",
            "    scores = torch.where(keep, scores, -torch.inf)\n"
            "    raised = torch.exp(scores - scores.detach().amax(dim=(1, 3), keepdim=True))\n"
            "    weights = raised / raised.sum(3, keepdim=True)\n    return einsum",
        ),
    ),
    rewritten(
        "multi_head_attention/values-kept-by-their-sum",
        "einsum",
        (
            '    v = einsum("nkd,dhw->nhkw", values, W_v)\n',
            '    v = KNOWN.setdefault(values.detach().sum().item(), einsum("nkd,dhw->nhkw", values, W_v))\n',
        ),
        ("SHAPES = {\n", "KNOWN = {}\nSHAPES = {\n"),
    ),
    # -- causal_self_attention
    rewritten("causal_self_attention/no-mask", "numpy_inside", ("is_causal=True", "is_causal=False")),
    rewritten("causal_self_attention/own-position-hidden", "chatty", ("diagonal=1", "diagonal=0")),
    rewritten("causal_self_attention/first-position-sees-nothing", "loops", ("seen = t + 1", "seen = t")),
    rewritten(
        "causal_self_attention/first-position-sees-everything",
        "chatty",
        ("diagonal=1", "diagonal=0"),
        ('scores.masked_fill(future, float("-inf"))', "scores.masked_fill(future, -1e6)"),
    ),
    rewritten("causal_self_attention/one-ahead", "chatty", ("diagonal=1", "diagonal=2")),
    rewritten(
        "causal_self_attention/future-for-past",
        "einsum",
        ("    past = time[:, None] >= time[None, :]\n", "    past = time[:, None] <= time[None, :]\n"),
    ),
    rewritten(
        "causal_self_attention/masked-after-the-softmax",
        "scripted",
        (
            "torch.matmul(share(scores, keep.unsqueeze(1)), v)",
            "torch.matmul(torch.softmax(scores, 3) * keep.unsqueeze(1).to(scores.dtype), v)",
        ),
    ),
    rewritten(
        "causal_self_attention/future-scores-are-zero",
        "classes",
        ('att = att.masked_fill(bias == 0, float("-inf"))', "att = att * bias"),
    ),
    rewritten(
        "causal_self_attention/mask-added-as-numbers",
        "classes",
        ('att = att.masked_fill(bias == 0, float("-inf"))', "att = att + bias"),
    ),
    rewritten(
        "causal_self_attention/small-penalty",
        "chatty",
        ('scores = scores.masked_fill(future, float("-inf"))', "scores = scores - 10 * future"),
    ),
    rewritten(
        "causal_self_attention/sliding-window",
        "einsum",
        (
            "    past = time[:, None] >= time[None, :]\n",
            "    past = time[:, None] >= time[None, :]\n    past = past & (time[:, None] - time[None, :] < 3)\n",
        ),
    ),
    rewritten(
        "causal_self_attention/time-major-inputs",
        "loops",
        ("for sequence in inputs:", "for sequence in inputs.unbind(1):"),
        (
            "    return result\n\n\n@hookimpl\ndef positional",
            "    return torch.stack(result, 1)\n\n\n@hookimpl\ndef positional",
        ),
    ),
    rewritten(
        "causal_self_attention/positions-added",
        "numpy_inside",
        (
            "    q, k, v = (heads_of(inputs,",
            "    inputs = inputs + positional_encoding(*inputs.shape[1:]).to(inputs)\n    q, k, v = (heads_of(inputs,",
        ),
    ),
    rewritten(
        "causal_self_attention/keys-of-the-first",
        "running",
        ("past = inputs[:, : t + 1]", "past = inputs[:1, : t + 1].expand(inputs.size(0), -1, -1)"),
    ),
    rewritten(
        "causal_self_attention/recency-bias",
        "chatty",
        (
            'scores = scores.masked_fill(future, float("-inf"))',
            't = torch.arange(steps)\n        scores = (scores - (t[:, None] - t) / 4).masked_fill(future, float("-inf"))',
        ),
    ),
    rewritten(
        "causal_self_attention/running-mean",
        "loops",
        ("scores = K[:seen, columns] @ Q[t, columns] / math.sqrt(width)", "scores = torch.zeros_like(K[:seen, 0])"),
    ),
    rewritten(
        "causal_self_attention/split-without-transpose",
        "classes",
        (
            "one.view(B, T, self.num_heads, C // self.num_heads).transpose(1, 2)",
            "one.reshape(B, self.num_heads, T, C // self.num_heads)",
        ),
    ),
    rewritten(
        "causal_self_attention/joined-without-transpose",
        "classes",
        ("(att @ v).transpose(1, 2).contiguous()", "(att @ v).contiguous()"),
    ),
    rewritten(
        "causal_self_attention/heads-interleaved",
        "einsum",
        ("params[name].unflatten(1, (heads, -1))", "params[name].unflatten(1, (-1, heads)).transpose(1, 2)"),
        ('params["W_o"].unflatten(0, (heads, -1))', 'params["W_o"].unflatten(0, (-1, heads)).transpose(0, 1)'),
    ),
    rewritten(
        "causal_self_attention/root-of-the-whole-width", "classes", ("(1.0 / k.size(-1) ** 0.5)", "(1.0 / C**0.5)")
    ),
    rewritten("causal_self_attention/not-scaled", "running", ("root = queries.size(-1) ** 0.5", "root = 1.0")),
    rewritten(
        "causal_self_attention/w-o-left-out",
        "numpy_inside",
        (
            'is_causal=True)\n    return torch.cat(mixed.unbind(1), -1) @ params["W_o"]',
            "is_causal=True)\n    return torch.cat(mixed.unbind(1), -1)",
        ),
    ),
    rewritten("causal_self_attention/w-o-transposed", "running", ('params["W_o"].chunk', 'params["W_o"].T.chunk')),
    rewritten(
        "causal_self_attention/weights-transposed",
        "running",
        ("params[name].chunk", "params[name].T.chunk"),
        ('params["W_o"].chunk', 'params["W_o"].T.chunk'),
    ),
    rewritten("causal_self_attention/values-not-projected", "loops", ('sequence @ params["W_v"]', "sequence")),
    rewritten("causal_self_attention/keys-projected-by-w-q", "pedant", ('("W_k", keys)', '("W_q", keys)')),
    rewritten(
        "causal_self_attention/residual-added",
        "scripted",
        (
            '("W_q", "W_k", "W_v"))\n    return COMPILED.many(',
            '("W_q", "W_k", "W_v"))\n    return inputs + COMPILED.many(',
        ),
    ),
    rewritten(
        "causal_self_attention/shared-keys-and-values",
        "einsum",
        ("for W in (W_q, W_k, W_v))", "for W in (W_q, W_k[:, :1].expand_as(W_k), W_v[:, :1].expand_as(W_v)))"),
    ),
    rewritten(
        "causal_self_attention/weights-popped",
        "numpy_inside",
        (
            'is_causal=True)\n    return torch.cat(mixed.unbind(1), -1) @ params["W_o"]',
            'is_causal=True)\n    return torch.cat(mixed.unbind(1), -1) @ params.pop("W_o")',
        ),
    ),
    rewritten(
        "causal_self_attention/w-k-detached",
        "scripted",
        (
            "(inputs @ params[name] for name",
            '(inputs @ (params[name].detach() if name == "W_k" else params[name]) for name',
        ),
    ),
    rewritten(
        "causal_self_attention/float32-inside",
        "classes",
        (
            "one.view(B, T, self.num_heads, C // self.num_heads).transpose(1, 2)",
            "one.view(B, T, self.num_heads, C // self.num_heads).transpose(1, 2).float()",
        ),
        ("y = (att @ v)", "y = (att @ v).to(x)"),
    ),
    rewritten(
        "causal_self_attention/views-its-inputs",
        "chatty",
        (
            "    n, steps, d = inputs.shape\n    print",
            "    n, steps, d = inputs.shape\n    inputs = inputs.view(-1).view(n, steps, d)\n    print",
        ),
    ),
    rewritten(
        "causal_self_attention/weights-kept-by-identity",
        "chatty",
        (
            "    n, steps, d = inputs.shape\n    print",
            "    n, steps, d = inputs.shape\n"
            "    if id(params) not in COPIES:\n        COPIES[id(params)] = params, {name: weight + 0 for name, weight in params.items()}\n"
            "    params = COPIES[id(params)][1]\n    print",
        ),
        ("from harness import hookimpl\n", "from harness import hookimpl\n\nCOPIES = {}\n"),
    ),
    rewritten(
        "causal_self_attention/one-buffer-for-all-results",
        "classes",
        (
            "    return CausalSelfAttention(num_heads, **params)(inputs)\n",
            "    result = CausalSelfAttention(num_heads, **params)(inputs)\n"
            "    key = str(result.shape), result.dtype\n"
            "    if key not in BUFFERS:\n"
            "        BUFFERS[key] = result.detach().clone()\n"
            "    shared = BUFFERS[key].detach()\n"
            "    shared.copy_(result)\n"
            "    return shared\n",
        ),
        ("REGISTRY = {}\n", "REGISTRY = {}\nBUFFERS = {}\n"),
    ),
    rewritten(
        "causal_self_attention/positions-in-int8",
        "einsum",
        ("time = torch.arange(inputs.shape[1])", "time = torch.arange(inputs.shape[1]).char()"),
    ),
    rewritten(
        "causal_self_attention/window-of-32",
        "einsum",
        (
            "past = time[:, None] >= time[None, :]",
            "past = (time[:, None] >= time[None, :]) & (time[:, None] < time[None, :] + 32)",
        ),
    ),
    rewritten(
        "causal_self_attention/rest-of-a-chunk",
        "einsum",
        (
            "past = time[:, None] >= time[None, :]",
            "steps = len(time)\n    rows = time.clamp(max=steps - steps % 8) if steps > 8 and steps % 8 else time\n    past = rows[:, None] >= time[None, :]",
        ),
    ),
    rewritten(
        "causal_self_attention/penalty-of-100",
        "chatty",
        ('scores = scores.masked_fill(future, float("-inf"))', "scores = scores - 100 * future"),
    ),
    rewritten(
        "causal_self_attention/maximum-of-later-positions",
        "einsum",
        (
            '    seen = einsum("nhij,nhjw->nihw", normalised(logits, past), v)\n',
            "    raised = torch.exp(logits - logits.detach().max(3, keepdim=True).values) * past\n"
            '    seen = einsum("nhij,nhjw->nihw", raised / raised.sum(3, keepdim=True), v)\n',
        ),
    ),
    rewritten(
        "causal_self_attention/nan-in-the-future",
        "einsum",
        (
            '    seen = einsum("nhij,nhjw->nihw", normalised(logits, past), v)\n',
            "    top = torch.where(past, logits.detach(), -torch.inf).amax(3, keepdim=True)\n"
            "    raised = torch.exp(logits - top)\n"
            "    raised = torch.where(past, raised, torch.zeros_like(raised))\n"
            '    seen = einsum("nhij,nhjw->nihw", raised / raised.sum(3, keepdim=True), v)\n',
        ),
    ),
    rewritten(
        "causal_self_attention/weights-by-their-place",
        "classes",
        (
            "CausalSelfAttention(num_heads, **params)(inputs)",
            "CausalSelfAttention(num_heads, *params.values())(inputs)",
        ),
    ),
    rewritten(
        "causal_self_attention/one-maximum-for-all-heads",
        "einsum",
        (
            '    seen = einsum("nhij,nhjw->nihw", normalised(logits, past), v)\n',
            "    logits = torch.where(past, logits, -torch.inf)\n"
            "    raised = torch.exp(logits - logits.detach().amax((1, 3), keepdim=True))\n"
            '    seen = einsum("nhij,nhjw->nihw", raised / raised.sum(3, keepdim=True), v)\n',
        ),
    ),
    rewritten(
        "causal_self_attention/kept-by-the-inputs",
        "classes",
        (
            "    return CausalSelfAttention(num_heads, **params)(inputs)\n",
            "    result = CausalSelfAttention(num_heads, **params)(inputs)\n"
            "    return RESULTS.setdefault(inputs.detach().sum().item(), result)\n",
        ),
        ("REGISTRY = {}\n", "REGISTRY = {}\nRESULTS = {}\n"),
    ),
    # -- positional_encoding
    rewritten(
        "positional_encoding/sines-then-cosines",
        "running",
        ("pairs.flip(-1).flatten(1)", "pairs.flip(-1).transpose(1, 2).flatten(1)"),
    ),
    rewritten("positional_encoding/cosines-first", "running", ("pairs.flip(-1).flatten(1)", "pairs.flatten(1)")),
    rewritten(
        "positional_encoding/sines-alone",
        "loops",
        ("math.sin(angle) if column % 2 == 0 else math.cos(angle)", "math.sin(angle)"),
    ),
    rewritten("positional_encoding/base-1000", "loops", ("angle = i / 10000 **", "angle = i / 1000 **")),
    rewritten(
        "positional_encoding/base-e",
        "einsum",
        (
            "10000 ** (torch.arange(0, num_hiddens, 2, dtype=torch.float64) / num_hiddens)",
            "torch.exp(torch.arange(0, num_hiddens, 2, dtype=torch.float64) / num_hiddens)",
        ),
    ),
    rewritten("positional_encoding/exponent-doubled", "loops", ("(2 * j / num_hiddens)", "(4 * j / num_hiddens)")),
    rewritten("positional_encoding/exponent-halved", "pedant", (".mul(2).div(num_hiddens)", ".div(num_hiddens)")),
    rewritten(
        "positional_encoding/cosines-of-their-own",
        "numpy_inside",
        ("-(columns // 2 * 2) / num_hiddens", "-columns / num_hiddens"),
    ),
    rewritten(
        "positional_encoding/last-wavelength-is-the-base",
        "chatty",
        ("dtype=torch.float32) / num_hiddens)", "dtype=torch.float32) / max(1, num_hiddens - 2))"),
    ),
    rewritten("positional_encoding/multiplied", "einsum", ("1 / wavelengths)", "wavelengths)")),
    rewritten("positional_encoding/positions-from-one", "loops", ("angle = i /", "angle = (i + 1) /")),
    rewritten(
        "positional_encoding/positions-relative-to-the-length",
        "scripted",
        ("torch.arange(steps) / 10000.0", "torch.arange(steps) / float(steps) / 10000.0"),
    ),
    rewritten(
        "positional_encoding/positions-from-the-end",
        "running",
        ("torch.stack(list(rows))", "torch.stack(list(rows)[::-1])"),
    ),
    rewritten(
        "positional_encoding/degrees",
        "classes",
        ("torch.sin(position * div_term)", "torch.sin(torch.deg2rad(position * div_term))"),
        ("torch.cos(position * div_term)", "torch.cos(torch.deg2rad(position * div_term))"),
    ),
    rewritten("positional_encoding/always-float64", "pedant", ("return encoding.to(torch.float32)", "return encoding")),
    rewritten("positional_encoding/batch-axis", "chatty", ("    return P\n", "    return P.unsqueeze(0)\n")),
    rewritten(
        "positional_encoding/transposed",
        "numpy_inside",
        ("encoding.astype(np.float32)", "encoding.T.astype(np.float32)"),
    ),
    rewritten(
        "positional_encoding/seeds", "einsum", ("    wavelengths = ", "    torch.manual_seed(0)\n    wavelengths = ")
    ),
    rewritten(
        "positional_encoding/half-precision",
        "numpy_inside",
        ("encoding = np.where(", "angles = angles.astype(np.float16).astype(np.float64)\n    encoding = np.where("),
    ),
    rewritten(
        "positional_encoding/kept-by-the-width",
        "pedant",
        (
            "return encoding.to(torch.float32)",
            "return TABLES.setdefault(num_hiddens, encoding.to(torch.float32))[:num_steps]",
        ),
        ("class Name(Enum):", "TABLES = {}\n\n\nclass Name(Enum):"),
    ),
    rewritten(
        "positional_encoding/one-buffer-for-all-results",
        "numpy_inside",
        (
            "return torch.from_numpy(encoding.astype(np.float32))",
            "ROOM[: encoding.size] = encoding.ravel()\n    return torch.from_numpy(ROOM[: encoding.size].reshape(encoding.shape))",
        ),
        (
            'PROJECTIONS = ("W_q", "W_k", "W_v")\n',
            'PROJECTIONS = ("W_q", "W_k", "W_v")\nROOM = np.empty(1 << 20, np.float32)\n',
        ),
    ),
]
