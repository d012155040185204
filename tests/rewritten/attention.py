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
        ('einsum("nqk,nkv->nqv", weights, values)', 'einsum("nqk,kv->nqv", weights, values.mean(0))'),
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
            "    weights = log_weights.exp()\n",
            "    small = scores.exp()\n    weights = torch.where(scores.abs() > 50, log_weights.exp(), small / small.sum(-1, keepdim=True))\n",
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
        "attention_pooling/subtracts-the-mean", "einsum", ("amax(dim=-1, keepdim=True)", "mean(dim=-1, keepdim=True)")
    ),
    rewritten("attention_pooling/mean-over-keys", "scripted", (".sum(2), weights", ".mean(2), weights")),
    rewritten("attention_pooling/pooled-transposed", "einsum", ("nqk,nkv->nqv", "nqk,nkv->nvq")),
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
]
