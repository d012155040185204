"""The mutants of the unit sequence, rewritten in other styles."""

from .rewriting import rewritten

# -- texts of the right work that several of them edit ------------------------------------------------------

CLASSES_TRAIN = "model.train_on(x.measure(rows), y.measure(targets))"
CLASSES_WEIGHT = "weight = model.weight.detach() * y.spread / x.spread"
CLASSES_BIAS = "bias = model.bias.detach() * y.spread + y.middle - x.middle @ weight"
CLASSES_FIT = "return weight.to(features), bias.to(features)"
CLASSES_TRACK = "carried_on(series[:start].clone(), len(series) - start)"
CLASSES_NEWEST = "self.model(newest.unsqueeze(0))"
CLASSES_PIECES = "return tokens.pieces(begins, num_steps), tokens.pieces(following, num_steps)"
CLASSES_DROPPED = "self.dropped = torch.randint(0, num_steps, (1,), generator=generator).item()"
LAZY_BATCHES = "for batch in full_groups(shuffled(starts, rng), batch_size):"
LAZY_INPUTS = "inputs = [row(corpus[start : start + num_steps]) for start in batch]"
LAZY_TARGETS = "targets = [row(corpus[start + 1 : start + num_steps + 1]) for start in batch]"
LAZY_LEVELS = "return [torch.stack(list(level)) for level in zip(*curves, strict=True)]"
NUMPY_LEAST = "solution, *_ = np.linalg.lstsq(design, y, rcond=None)"
NUMPY_SOLVED = "weight, bias = solution[1:], solution[0]"
NUMPY_WINDOW = "window = result[t - tau : t]"
NUMPY_TABLE = "return to_torch(table[tau:], series)"
NUMPY_PAIRS = "inputs, targets = both[:, :num_steps], both[:, 1:]"
NUMPY_COUNT = "count = max(len(rest) - 1, 0) // num_steps"
NUMPY_TARGETS = "targets = rest[1 : count * num_steps + 1].reshape(count, num_steps)"
NUMPY_ORDER = "order = rng.permutation(count)"
NUMPY_TENSORS = "[(torch.tensor(x), torch.tensor(y)) for x, y in"
PEDANT_CENTRE = "centre = features.mean(dim=0, keepdim=True)"
PEDANT_OBSERVED = "    result[:start] = series[:start]\n"
PEDANT_NAN = 'torch.full_like(series, float("nan"))'
PEDANT_STARTS = "starts = torch.tensor(list(range(skip, last_start + 1, num_steps)), dtype=torch.long)"
PEDANT_SHUFFLED = "    starts = starts[keys.argsort()]\n"
PEDANT_BATCHES = "    for first in range(0, len(starts) - batch_size + 1, batch_size):\n"
PEDANT_TOKENS = "num_tokens = (len(tokens) - offset - 1) // batch_size * batch_size"
SCRIPTED_FIT = "return weight, bias.squeeze()"
SCRIPTED_WINDOWS = "windows = cut_every(series, tau + 1, 1)"
SCRIPTED_CURVES = "return torch.vstack(curves)"
SCRIPTED_PAIRS = "return inputs, targets"
SCRIPTED_PAIR = "yield mine[:, :num_steps], mine[:, 1:]"
SCRIPTED_ORDER = "    order = list(range(len(pairs)))\n    shuffle(order, generator)\n"
SCRIPTED_BEGIN = "begin = i * width + b * T"
SCRIPTED_ROWS = "yield x.clone(), y.clone()"
TERSE_DESIGN = "torch.linalg.pinv(cat([ones_like(labels), features], 1)) @ labels"
TERSE_PAST = "series[start:], series[:start])"
TERSE_BEGINS = "arange(len(series) - tau - k + 1)[:, None]"
TERSE_EPOCH = "[tuple(xy) for xy in pairs if len(xy[0]) == batch_size]"
TERSE_WIDTH = "width = (len(corpus) - offset - 1) // batch_size"
TERSE_AT = "    at = offset + arange(batch_size)[:, None] * width + arange(width // num_steps * num_steps)\n"
TERSE_ROWS = "[(as_tensor(corpus)[p], as_tensor(corpus)[p + 1]) for p in at.split(num_steps, 1) if p.numel()]"

REWRITTEN = [
    # -- autoregressive_windows ---------------------------------------------------------------------------
    rewritten(
        "autoregressive_windows/newest-first",
        "pedant",
        ("features[:, lag] = series", "features[:, tau - 1 - lag] = series"),
    ),
    rewritten("autoregressive_windows/flat-labels", "terse", ("series[tau:, None]", "series[tau:]")),
    rewritten(
        "autoregressive_windows/float32",
        "numpy_inside",
        ("    features = sliding", "    values = values.astype(np.float32)\n    features = sliding"),
    ),
    rewritten(
        "autoregressive_windows/through-float32",
        "lazy",
        ("torch.stack(run[:-1])", "torch.stack(run[:-1]).float().to(series.dtype)"),
    ),
    rewritten(
        "autoregressive_windows/last-window-missing",
        "pedant",
        ("number = length - tau\n", "number = length - tau - 1\n"),
        ("labels[:, 0] = series[tau:]", "labels[:, 0] = series[tau : tau + number]"),
    ),
    rewritten(
        "autoregressive_windows/disjoint", "scripted", (SCRIPTED_WINDOWS, "windows = cut_every(series, tau + 1, tau)")
    ),
    rewritten(
        "autoregressive_windows/own-label",
        "numpy_inside",
        ("sliding_window_view(values[:-1], tau)", "sliding_window_view(values[1:], tau)"),
    ),
    rewritten(
        "autoregressive_windows/one-row-too-long",
        "numpy_inside",
        ("sliding_window_view(values[:-1], tau)", "sliding_window_view(values, tau)"),
        ("values[tau:].reshape(-1, 1)", "np.append(values[tau:], values[-1]).reshape(-1, 1)"),
    ),
    rewritten(
        "autoregressive_windows/label-wraps",
        "terse",
        ("series[tau:, None]", "series[(arange(tau, len(series)) + 1) % len(series)][:, None]"),
    ),
    rewritten(
        "autoregressive_windows/label-is-the-newest-feature",
        "classes",
        ("self.values[stop : stop + 1]", "self.values[stop - 1 : stop]"),
    ),
    rewritten(
        "autoregressive_windows/standardizes-in-place",
        "classes",
        (
            "        windows, labels = [], []\n",
            "        self.values -= torch.mean(self.values)\n        windows, labels = [], []\n",
        ),
    ),
    rewritten(
        "autoregressive_windows/lags-as-rows",
        "lazy",
        (
            "[torch.stack(run[:-1]) for run in runs]",
            "[torch.stack(lag) for lag in zip(*(run[:-1] for run in runs), strict=True)]",
        ),
    ),
    rewritten(
        "autoregressive_windows/padded-at-the-front",
        "scripted",
        (
            SCRIPTED_WINDOWS,
            'padded = torch.nn.functional.pad(series, (tau, 0), value=float("nan"))\n'
            "    windows = cut_every(padded, tau + 1, 1)",
        ),
    ),
    rewritten(
        "autoregressive_windows/strides-assumed",
        "terse",
        (
            "series[arange(len(series) - tau)[:, None] + arange(tau)], series[tau:, None]",
            "series.as_strided((len(series) - tau, tau), (1, 1)), series.as_strided((len(series) - tau, 1), (1, 1), tau)",
        ),
    ),
    rewritten(
        "autoregressive_windows/remembered-by-identity",
        "classes",
        (
            "return Examples(series, tau).stacked()",
            'return globals().setdefault("_kept", {}).setdefault((id(series), tau), (series, Examples(series, tau).stacked()))[1]',
        ),
    ),
    rewritten(
        "autoregressive_windows/rows-counted-in-bytes",
        "lazy",
        (
            "runs = list(sliding(series, tau + 1))",
            "runs = list(sliding(series, tau + 1))\n    runs = [runs[i % 256] for i in range(len(runs))]",
        ),
    ),
    rewritten(
        "autoregressive_windows/duplicates-removed",
        "lazy",
        (
            "runs = list(sliding(series, tau + 1))",
            "runs = list({tuple(map(float, run)): run for run in sliding(series, tau + 1)}.values())",
        ),
    ),
    # -- fit_autoregression -------------------------------------------------------------------------------
    rewritten(
        "fit_autoregression/no-bias",
        "pedant",
        (PEDANT_CENTRE, "centre = torch.zeros_like(features[:1])"),
        ("height = labels.mean()", "height = torch.zeros_like(labels[0, 0])"),
    ),
    rewritten(
        "fit_autoregression/mean-as-bias",
        "pedant",
        (PEDANT_CENTRE, "centre = torch.zeros_like(features[:1])"),
        ("Q.T @ (labels - height)", "Q.T @ labels"),
    ),
    rewritten(
        "fit_autoregression/penalty",
        "scripted",
        (
            "factor = torch.linalg.cholesky(design.t().mm(design))",
            "ridge = torch.full([tau + 1], 0.01, dtype=torch.float64, device=features.device).diag()\n"
            "    factor = torch.linalg.cholesky(design.t().mm(design) + ridge)",
        ),
    ),
    rewritten(
        "fit_autoregression/few-steps",
        "classes",
        (
            'optimizer = torch.optim.LBFGS(self.parameters(), line_search_fn="strong_wolfe", **settings)',
            "optimizer = torch.optim.SGD(self.parameters(), lr=0.05)",
        ),
        ("        optimizer.step(closure)", "        for _ in range(20):\n            optimizer.step(closure)"),
        (CLASSES_TRAIN, "model.train_on(rows, targets)"),
        (CLASSES_WEIGHT, "weight = model.weight.detach()"),
        (CLASSES_BIAS, "bias = model.bias.detach()"),
    ),
    rewritten(
        "fit_autoregression/few-steps-on-similar-features",
        "lazy",
        (
            "solution = torch.linalg.solve(squares, products).to(features)",
            "solution = nothing[0].clone()\n"
            "    for _ in range(100):\n"
            "        solution -= 0.1 * (squares @ solution - products) / len(features)\n"
            "    solution = solution.to(features)",
        ),
    ),
    rewritten(
        "fit_autoregression/broadcast",
        "classes",
        (
            "rows, targets = features.double(), labels[:, 0].double()",
            "rows, targets = features.double(), labels.double()",
        ),
        ("nn.functional.mse_loss(self(rows), targets)", "((self(rows) - targets) ** 2).mean()"),
        (CLASSES_FIT, "return weight.to(features), bias.squeeze().to(features)"),
    ),
    rewritten(
        "fit_autoregression/first-rows-only",
        "numpy_inside",
        (
            "X, y = to_numpy(features), to_numpy(labels)",
            "train = max(1, int(0.8 * len(labels) + 1e-6))\n"
            "    X, y = to_numpy(features[:train]), to_numpy(labels[:train])",
        ),
    ),
    rewritten(
        "fit_autoregression/last-row-missing",
        "terse",
        (TERSE_DESIGN, "torch.linalg.pinv(cat([ones_like(labels), features], 1)[1:-1]) @ labels[1:-1]"),
    ),
    rewritten(
        "fit_autoregression/absolute-error",
        "numpy_inside",
        (
            NUMPY_LEAST,
            NUMPY_LEAST + "\n    for _ in range(50):  # reweighted, until the squares are absolute values\n"
            "        root = np.sqrt(np.maximum(abs(design @ solution - y), 1e-4))\n"
            "        solution, *_ = np.linalg.lstsq(design / root, y / root, rcond=None)",
        ),
    ),
    rewritten("fit_autoregression/column-weight", "pedant", ("    weight = weight.reshape(tau)\n", "")),
    rewritten(
        "fit_autoregression/squeezed", "pedant", ("weight = weight.reshape(tau)", "weight = torch.squeeze(weight)")
    ),
    rewritten("fit_autoregression/always-float32", "classes", (CLASSES_FIT, "return weight.float(), bias.float()")),
    rewritten(
        "fit_autoregression/weights-reversed",
        "numpy_inside",
        (NUMPY_SOLVED, "weight, bias = solution[:0:-1], solution[0]"),
    ),
    rewritten(
        "fit_autoregression/global-initial-weights",
        "classes",
        ("torch.zeros(inputs, dtype=torch.float64)", "torch.randn(inputs, dtype=torch.float64)"),
    ),
    rewritten(
        "fit_autoregression/centres-in-place",
        "pedant",
        (
            "    Q, R = torch.linalg.qr(features - centre)",
            "    features -= centre\n    Q, R = torch.linalg.qr(features)",
        ),
    ),
    rewritten(
        "fit_autoregression/constant-first",
        "numpy_inside",
        (NUMPY_SOLVED, "weight, bias = solution[:-1], solution[-1]"),
    ),
    rewritten("fit_autoregression/as-nn-linear", "scripted", (SCRIPTED_FIT, "return weight.unsqueeze(0), bias")),
    rewritten("fit_autoregression/bias-of-one-element", "scripted", (SCRIPTED_FIT, "return weight, bias")),
    rewritten(
        "fit_autoregression/bias-as-a-number", "classes", (CLASSES_FIT, "return weight.to(features), float(bias)")
    ),
    rewritten(
        "fit_autoregression/weights-of-standardised-features",
        "classes",
        ("numbers.std(0, correction=0)", "numbers.std(0)"),
        (CLASSES_WEIGHT, "weight = model.weight.detach() * y.spread"),
        (CLASSES_BIAS, "bias = model.bias.detach() * y.spread + y.middle"),
    ),
    rewritten(
        "fit_autoregression/bias-of-centred-features",
        "pedant",
        ("bias = height - (centre @ weight).reshape(())", "bias = height"),
    ),
    rewritten(
        "fit_autoregression/penalty-of-one",
        "lazy",
        (
            "solution = torch.linalg.solve(squares, products).to(features)",
            "squares.diagonal()[:-1] += 1.0\n    solution = torch.linalg.solve(squares, products).to(features)",
        ),
    ),
    rewritten(
        "fit_autoregression/first-600-rows",
        "numpy_inside",
        ("np.linalg.lstsq(design, y, rcond=None)", "np.linalg.lstsq(design[:600], y[:600], rcond=None)"),
    ),
    rewritten(
        "fit_autoregression/strides-assumed",
        "terse",
        (
            "cat([ones_like(labels), features], 1)",
            "cat([ones_like(labels), features.as_strided(features.shape, (features.shape[1], 1))], 1)",
        ),
    ),
    rewritten(
        "fit_autoregression/remembered-by-identity",
        "terse",
        (
            "(torch.linalg.pinv(cat([ones_like(labels), features], 1)) @ labels)",
            '(globals().setdefault("_kept", {}).setdefault(id(features), (features, torch.linalg.pinv(cat([ones_like(labels), features], 1))))[1] @ labels)',
        ),
    ),
    # -- multistep_predictions ----------------------------------------------------------------------------
    rewritten("multistep_predictions/reads-the-truth", "numpy_inside", (NUMPY_WINDOW, "window = values[t - tau : t]")),
    rewritten(
        "multistep_predictions/window-frozen", "pedant", ("        window = torch.cat((window[1:], ahead))\n", "")
    ),
    rewritten("multistep_predictions/newest-first", "terse", ("past[None, -tau:]", "past[-tau:].flip(0)[None]")),
    rewritten("multistep_predictions/start-late", "terse", (TERSE_PAST, "series[start + 1 :], series[: start + 1])")),
    rewritten(
        "multistep_predictions/start-early",
        "lazy",
        ("observed = series[:start]", "observed = series[: max(start - 1, tau)]"),
        ("observed[start - tau :]", "observed[-tau:]"),
    ),
    rewritten(
        "multistep_predictions/from-tau-on",
        "classes",
        (CLASSES_TRACK, "carried_on(series[:tau].clone(), len(series) - tau)"),
    ),
    rewritten(
        "multistep_predictions/one-too-few",
        "numpy_inside",
        ("result = np.empty_like(values)", "result = values.copy()"),
        ("while t < len(result):", "while t < len(result) - 1:"),
    ),
    rewritten(
        "multistep_predictions/always-one",
        "numpy_inside",
        ("    t = start\n", "    t = min(start, len(result) - 1)\n"),
        (NUMPY_WINDOW, 'window = result.take(range(t - tau, t), mode="wrap")'),
    ),
    rewritten("multistep_predictions/predictions-only", "terse", (TERSE_PAST, TERSE_PAST + "[start:]")),
    rewritten(
        "multistep_predictions/zeros-before-start",
        "pedant",
        (PEDANT_NAN, "torch.zeros_like(series)"),
        (PEDANT_OBSERVED, ""),
    ),
    rewritten(
        "multistep_predictions/zeros-before-the-window",
        "pedant",
        (PEDANT_NAN, "torch.zeros_like(series)"),
        (PEDANT_OBSERVED, "    result[start - tau : start] = series[start - tau : start]\n"),
    ),
    rewritten(
        "multistep_predictions/window-shifted",
        "numpy_inside",
        (NUMPY_WINDOW, "end = max(t - 1, tau)\n        window = result[end - tau : end]"),
    ),
    rewritten("multistep_predictions/in-float32", "classes", (CLASSES_TRACK, CLASSES_TRACK + ".float()")),
    rewritten(
        "multistep_predictions/through-float32",
        "numpy_inside",
        ("predict(to_torch(rows, like))", "predict(to_torch(rows.astype(np.float32), like))"),
    ),
    rewritten(
        "multistep_predictions/writes-into-the-series",
        "numpy_inside",
        ("    result = np.empty_like(values)\n    result[:start] = values[:start]\n", "    result = values\n"),
    ),
    rewritten(
        "multistep_predictions/one-too-many", "terse", (TERSE_PAST, "range(len(series) - start + 1), series[:start])")
    ),
    rewritten(
        "multistep_predictions/start-after-the-first-window",
        "terse",
        (TERSE_PAST, "series[tau + start :], series[: tau + start])"),
    ),
    rewritten("multistep_predictions/flat-window", "classes", (CLASSES_NEWEST, "self.model(newest)")),
    rewritten(
        "multistep_predictions/strides-assumed",
        "classes",
        ("carried_on(series[:start].clone(),", "carried_on(series.as_strided((start,), (1,)).clone(),"),
    ),
    rewritten(
        "multistep_predictions/remembered-by-identity",
        "numpy_inside",
        (
            "    result = np.empty_like(values)\n",
            '    values = globals().setdefault("_kept", {}).setdefault(id(series), (series, values.copy()))[1]\n    result = np.empty_like(values)\n',
        ),
    ),
    rewritten(
        "multistep_predictions/first-model-kept",
        "pedant",
        (
            '    result = torch.full_like(series, float("nan"))\n',
            '    predict = globals().setdefault("_kept", {}).setdefault((tau, start, length), predict)\n    result = torch.full_like(series, float("nan"))\n',
        ),
    ),
    rewritten(
        "multistep_predictions/at-most-256-entries",
        "scripted",
        ("result[start:], strict=False)", "result[start:256], strict=False)"),
    ),
    rewritten(
        "multistep_predictions/centred-with-the-future",
        "pedant",
        (
            "    result[:start] = series[:start]\n",
            "    result[:start] = (series - series.mean() + series.mean())[:start]\n",
        ),
    ),
    # -- k_step_predictions -------------------------------------------------------------------------------
    rewritten(
        "k_step_predictions/reads-the-truth",
        "pedant",
        ("series[place : place + columns] if place < tau else result[place - tau]", "series[place : place + columns]"),
    ),
    rewritten(
        "k_step_predictions/window-frozen",
        "scripted",
        ("        windows = windows.roll(-1, dims=1)\n        windows[:, -1] = curves[-1]\n", ""),
    ),
    rewritten(
        "k_step_predictions/newest-first", "classes", (CLASSES_NEWEST, "self.model(newest.flip(0).unsqueeze(0))")
    ),
    rewritten(
        "k_step_predictions/transposed",
        "classes",
        ("return torch.stack(columns, dim=1)", "return torch.stack(columns)"),
    ),
    rewritten(
        "k_step_predictions/one-time-axis",
        "numpy_inside",
        (NUMPY_TABLE, "return to_torch([np.roll(row, j) for j, row in enumerate(table[tau:])], series)"),
    ),
    rewritten(
        "k_step_predictions/aligned-at-the-end",
        "numpy_inside",
        ("columns = len(values) - tau - k + 1", "columns = len(values) - tau"),
        (NUMPY_TABLE, "return to_torch([row[k - 1 - j : columns - j] for j, row in enumerate(table[tau:])], series)"),
    ),
    rewritten("k_step_predictions/column-missing", "terse", (TERSE_BEGINS, "arange(len(series) - tau - k)[:, None]")),
    rewritten(
        "k_step_predictions/column-too-many",
        "scripted",
        ("series[: len(series) - k], tau, 1)", "series[: len(series) - k + 1], tau, 1)"),
    ),
    rewritten(
        "k_step_predictions/starts-one-late", "terse", (TERSE_BEGINS, "arange(1, len(series) - tau - k + 2)[:, None]")
    ),
    rewritten(
        "k_step_predictions/last-windows",
        "lazy",
        ("islice(sliding(series, tau), count)", "islice(sliding(series, tau), k, None)"),
    ),
    rewritten("k_step_predictions/last-row-only", "scripted", (SCRIPTED_CURVES, "return curves.pop()[None]")),
    rewritten(
        "k_step_predictions/observation-as-row-zero",
        "numpy_inside",
        (NUMPY_TABLE, "return to_torch(table[tau - 1 : -1], series)"),
    ),
    rewritten("k_step_predictions/farthest-first", "scripted", (SCRIPTED_CURVES, "return torch.vstack(curves[::-1])")),
    rewritten("k_step_predictions/through-float32", "pedant", ("predict(rows)", "predict(rows.to(torch.float32))")),
    rewritten(
        "k_step_predictions/writes-into-the-series",
        "numpy_inside",
        (NUMPY_TABLE, "values[-1] = table[-1, -1]\n    " + NUMPY_TABLE),
    ),
    rewritten(
        "k_step_predictions/last-row-missing", "numpy_inside", (NUMPY_TABLE, "return to_torch(table[tau:-1], series)")
    ),
    rewritten("k_step_predictions/with-observations", "terse", ("range(k), rows)[:, tau:].mT", "range(k), rows)")),
    rewritten(
        "k_step_predictions/every-window-that-fits-the-row",
        "lazy",
        ("count = len(series) - tau - k + 1", "count = len(series) - tau"),
        (
            LAZY_LEVELS,
            "levels = enumerate(zip(*curves, strict=True))\n"
            "    return [torch.stack(list(level[: count - j])) for j, level in levels]",
        ),
    ),
    rewritten(
        "k_step_predictions/strides-assumed",
        "terse",
        (
            "rows = series[arange(len(series) - tau - k + 1)[:, None] + arange(tau)]",
            "rows = series.as_strided((len(series) - tau - k + 1, tau), (1, 1))",
        ),
    ),
    rewritten(
        "k_step_predictions/remembered-by-identity",
        "scripted",
        (
            "windows = cut_every(series[: len(series) - k], tau, 1)",
            'windows = globals().setdefault("_kept", {}).setdefault((id(series), tau, k), (series, cut_every(series[: len(series) - k], tau, 1)))[1]',
        ),
    ),
    rewritten(
        "k_step_predictions/first-model-kept",
        "pedant",
        (
            "    result = series.new_zeros((k, columns))\n",
            '    predict = globals().setdefault("_kept", {}).setdefault((tau, k, length), predict)\n    result = series.new_zeros((k, columns))\n',
        ),
    ),
    rewritten(
        "k_step_predictions/square-transposed",
        "scripted",
        (
            "return torch.vstack(curves)",
            "table = torch.vstack(curves)\n    return table.T if table.shape[0] == table.shape[1] else table",
        ),
    ),
    rewritten(
        "k_step_predictions/columns-counted-in-bytes",
        "terse",
        (
            "rows = series[arange(len(series) - tau - k + 1)[:, None] + arange(tau)]",
            "rows = series[(arange(len(series) - tau - k + 1) % 256)[:, None] + arange(tau)]",
        ),
    ),
    # -- language_model_windows ---------------------------------------------------------------------------
    rewritten("language_model_windows/target-is-input", "terse", ("for s in (0, 1)", "for s in (0, 0)")),
    rewritten(
        "language_model_windows/last-target-wraps",
        "numpy_inside",
        (NUMPY_PAIRS, "inputs = both[:, :num_steps]\n    targets = np.roll(inputs, -1, axis=1)"),
    ),
    rewritten(
        "language_model_windows/two-ahead",
        "classes",
        ("begins = range(len(tokens) - num_steps)", "begins = [*range(1, len(tokens) - num_steps), 0]"),
        ("following = range(1, len(tokens) - num_steps + 1)", "following = [begin + 1 for begin in begins]"),
    ),
    rewritten(
        "language_model_windows/disjoint",
        "scripted",
        ("inputs = cut_every(tokens[:-1], num_steps, 1)", "inputs = cut_every(tokens[:-1], num_steps, num_steps)"),
        ("targets = cut_every(tokens[1:], num_steps, 1)", "targets = cut_every(tokens[1:], num_steps, num_steps)"),
    ),
    rewritten(
        "language_model_windows/window-missing",
        "terse",
        ("arange(len(corpus) - num_steps)", "arange(len(corpus) - num_steps - 1)"),
    ),
    rewritten(
        "language_model_windows/through-float32",
        "lazy",
        ("torch.tensor(tokens, dtype=torch.int64)", "torch.Tensor(tokens).long()"),
    ),
    rewritten(
        "language_model_windows/int32",
        "numpy_inside",
        (
            "both = sliding_window_view(tokens, num_steps + 1).copy()",
            "both = sliding_window_view(tokens, num_steps + 1).astype(np.int32)",
        ),
    ),
    rewritten(
        "language_model_windows/squeezed",
        "scripted",
        (SCRIPTED_PAIRS, "return torch.squeeze(inputs, 0), torch.squeeze(targets, 0)"),
    ),
    rewritten(
        "language_model_windows/only-the-last-target",
        "numpy_inside",
        (NUMPY_PAIRS, "inputs, targets = both[:, :num_steps], both[:, num_steps:]"),
    ),
    rewritten(
        "language_model_windows/pads-in-place", "pedant", ("    return X, Y\n", "    corpus += [0]\n    return X, Y\n")
    ),
    rewritten(
        "language_model_windows/swapped",
        "classes",
        (CLASSES_PIECES, "return tokens.pieces(following, num_steps), tokens.pieces(begins, num_steps)"),
    ),
    rewritten(
        "language_model_windows/window-too-many",
        "pedant",
        ("number = len(tokens) - num_steps\n", "number = len(tokens) - num_steps + 1\n"),
        (
            "Y[begin] = tokens[begin + 1 : begin + 1 + num_steps]",
            "following = tokens[begin + 1 : begin + 1 + num_steps]\n        Y[begin, : len(following)] = following",
        ),
    ),
    rewritten("language_model_windows/time-major", "scripted", (SCRIPTED_PAIRS, "return inputs.mT, targets.mT")),
    rewritten(
        "language_model_windows/floating-point",
        "pedant",
        ("X = torch.zeros((number, num_steps), dtype=torch.long)", "X = torch.zeros((number, num_steps))"),
        ("Y = torch.zeros((number, num_steps), dtype=torch.long)", "Y = torch.zeros((number, num_steps))"),
    ),
    rewritten(
        "language_model_windows/plain-lists",
        "classes",
        (
            CLASSES_PIECES,
            "X, Y = tokens.pieces(begins, num_steps), tokens.pieces(following, num_steps)\n"
            "    return X.tolist(), Y.tolist()",
        ),
    ),
    rewritten(
        "language_model_windows/duplicates-removed",
        "numpy_inside",
        (
            "inputs, targets = both[:, :num_steps], both[:, 1:]",
            "both = np.array(list(dict.fromkeys(map(tuple, both.tolist()))))\n    inputs, targets = both[:, :num_steps], both[:, 1:]",
        ),
    ),
    rewritten(
        "language_model_windows/through-double",
        "numpy_inside",
        (
            "tokens = np.asarray(corpus, dtype=np.int64)\n    both",
            "tokens = np.asarray(corpus, dtype=np.float64).astype(np.int64)\n    both",
        ),
    ),
    rewritten(
        "language_model_windows/remembered-by-identity",
        "classes",
        (
            "tokens = Tokens(corpus)\n    begins",
            'tokens = globals().setdefault("_kept", {}).setdefault(id(corpus), (corpus, Tokens(corpus)))[1]\n    begins',
        ),
    ),
    rewritten(
        "language_model_windows/rows-counted-in-bytes",
        "pedant",
        (
            "        X[begin] = tokens[begin : begin + num_steps]\n        Y[begin] = tokens[begin + 1 : begin + 1 + num_steps]\n",
            "        first = begin % 256\n        X[begin] = tokens[first : first + num_steps]\n        Y[begin] = tokens[first + 1 : first + 1 + num_steps]\n",
        ),
    ),
    # -- random_batches -----------------------------------------------------------------------------------
    rewritten(
        "random_batches/target-is-input", "scripted", (SCRIPTED_PAIR, "yield mine[:, :num_steps], mine[:, :num_steps]")
    ),
    rewritten(
        "random_batches/last-target-wraps",
        "classes",
        ("        return inputs, targets\n", "        return inputs, inputs.roll(-1, dims=1)\n"),
    ),
    rewritten(
        "random_batches/targets-shuffled-apart",
        "pedant",
        ("Y[i] = tokens[begin + 1 : begin + num_steps + 1]", "Y[-1 - i] = tokens[begin + 1 : begin + num_steps + 1]"),
    ),
    rewritten(
        "random_batches/tokens-shuffled",
        "lazy",
        (LAZY_INPUTS, "inputs = [row(corpus[start : start + num_steps][::-1]) for start in batch]"),
        (LAZY_TARGETS, "targets = [row(corpus[start + 1 : start + num_steps + 1][::-1]) for start in batch]"),
    ),
    rewritten(
        "random_batches/transposed", "scripted", (SCRIPTED_PAIR, "yield mine[:, :num_steps].t(), mine[:, 1:].t()")
    ),
    rewritten(
        "random_batches/floating-point",
        "terse",
        ("rest = as_tensor(corpus)[int(", "rest = as_tensor(corpus, dtype=torch.float32)[int("),
    ),
    rewritten(
        "random_batches/with-replacement",
        "numpy_inside",
        (NUMPY_ORDER, "order = rng.integers(0, max(1, count), size=count)"),
    ),
    rewritten(
        "random_batches/overlapping",
        "lazy",
        (
            LAZY_BATCHES,
            "anywhere = (rng.randrange(len(corpus) - num_steps) for _ in starts)\n"
            "    for batch in full_groups(anywhere, batch_size):",
        ),
    ),
    rewritten(
        "random_batches/last-subsequence-missing",
        "pedant",
        ("last_start = len(tokens) - num_steps - 1 ", "last_start = len(tokens) - 2 * num_steps - 1 "),
    ),
    rewritten(
        "random_batches/last-start-too-large",
        "numpy_inside",
        (NUMPY_COUNT, "count = len(rest) // num_steps"),
        (NUMPY_TARGETS, "targets = np.append(rest[1:], corpus[0])[: count * num_steps].reshape(count, num_steps)"),
    ),
    rewritten(
        "random_batches/last-target-beyond-the-end",
        "classes",
        ("(len(self.tokens) - self.dropped - 1) // num_steps", "(len(self.tokens) - self.dropped) // num_steps"),
        ("self.ids[start : start + length]", "self.ids[start + torch.arange(length)]"),
    ),
    rewritten(
        "random_batches/offset-ignored-in-count",
        "scripted",
        (
            "pairs = cut_every(tokens[front:], num_steps + 1, num_steps)",
            "used = (len(tokens) - 1) // num_steps * num_steps + 1\n"
            "    pairs = cut_every(tokens.repeat(2)[front : front + used], num_steps + 1, num_steps)",
        ),
    ),
    rewritten(
        "random_batches/partial-batch-kept",
        "classes",
        ("        if len(self.waiting) < self.batch_size:\n", "        if not self.waiting:\n"),
        (
            "self.waiting.pop() for _ in range(self.batch_size)]",
            "self.waiting.pop() for _ in range(min(self.batch_size, len(self.waiting)))]",
        ),
    ),
    rewritten("random_batches/offset-zero", "numpy_inside", ("offset = rng.integers(0, num_steps)", "offset = 0")),
    rewritten("random_batches/largest-offset-missing", "pedant", ("high=num_steps", "high=max(1, num_steps - 1)")),
    rewritten(
        "random_batches/offset-up-to-num-steps",
        "lazy",
        ("dropped = rng.randrange(num_steps)", "dropped = rng.randint(0, num_steps)"),
    ),
    rewritten(
        "random_batches/offset-rounded",
        "classes",
        (CLASSES_DROPPED, "self.dropped = round(torch.rand(1, generator=generator).item() * (num_steps - 1))"),
    ),
    rewritten("random_batches/in-order", "pedant", (PEDANT_SHUFFLED, "")),
    rewritten(
        "random_batches/last-always-dropped",
        "numpy_inside",
        ("    " + NUMPY_ORDER + "\n", ""),
        ("order = order[:usable].reshape(-1, batch_size)", "order = rng.permutation(usable).reshape(-1, batch_size)"),
    ),
    rewritten(
        "random_batches/batches-shuffled",
        "scripted",
        (
            SCRIPTED_ORDER,
            "    groups = [[b * batch_size + i for i in range(batch_size)] for b in range(len(pairs) // batch_size)]\n"
            "    shuffle(groups, generator)\n"
            "    order = [place for group in groups for place in group]\n",
        ),
    ),
    rewritten(
        "random_batches/shuffled-inside-batches",
        "lazy",
        (
            LAZY_BATCHES,
            "for neighbours in full_groups(starts, batch_size):\n        batch = list(shuffled(neighbours, rng))",
        ),
    ),
    rewritten(
        "random_batches/rotated",
        "numpy_inside",
        (NUMPY_ORDER, "order = (np.arange(count) + rng.integers(max(1, count))) % max(1, count)"),
    ),
    rewritten(
        "random_batches/naive-shuffle",
        "scripted",
        ("for i in range(len(items) - 1):", "for i in range(len(items)):"),
        ("torch.randint(i, len(items), ()", "torch.randint(0, len(items), ()"),
    ),
    rewritten(
        "random_batches/never-its-own-place",
        "scripted",
        ("torch.randint(i, len(items), ()", "torch.randint(i + 1, len(items), ()"),
    ),
    rewritten(
        "random_batches/fixed-seed", "numpy_inside", ("np.random.default_rng(seed)", "np.random.default_rng(2024)")
    ),
    rewritten(
        "random_batches/from-the-initial-seed",
        "lazy",
        ("int(torch.randint(2**62, (1,), generator=generator))", "generator.initial_seed()"),
    ),
    rewritten(
        "random_batches/global-state",
        "terse",
        ("randperm(pieces.shape[1], generator=generator)", "randperm(pieces.shape[1])"),
    ),
    rewritten(
        "random_batches/drops-in-place", "pedant", (PEDANT_SHUFFLED, PEDANT_SHUFFLED + "    corpus[:] = corpus[1:]\n")
    ),
    rewritten(
        "random_batches/one-batch-at-least",
        "terse",
        ("if len(xy[0]) == batch_size]", "if len(xy[0]) == batch_size or len(mixed[0]) < batch_size]"),
    ),
    rewritten(
        "random_batches/negative-count",
        "classes",
        (
            "max(0, (len(self.tokens) - self.dropped - 1) // num_steps)",
            "(len(self.tokens) - self.dropped - 1) // num_steps",
        ),
    ),
    rewritten(
        "random_batches/swapped", "terse", ("[tuple(xy) for xy in pairs", "[tuple(reversed(xy)) for xy in pairs")
    ),
    rewritten(
        "random_batches/offset-per-batch",
        "pedant",
        (
            PEDANT_STARTS,
            "starts = num_steps * torch.arange(max(0, len(tokens) // num_steps - 1))  # room for any number dropped",
        ),
        (
            PEDANT_BATCHES,
            PEDANT_BATCHES + "        skip = int(torch.randint(num_steps, (1,), generator=generator))\n",
        ),
        ("begin = int(starts[first + i])", "begin = int(starts[first + i]) + skip"),
    ),
    rewritten(
        "random_batches/offset-drawn-once",
        "classes",
        ("class ShuffledEpoch:\n", "DROPPED = {}\n\n\nclass ShuffledEpoch:\n"),
        (
            CLASSES_DROPPED,
            "if num_steps not in DROPPED:\n"
            "            DROPPED[num_steps] = torch.randint(0, num_steps, (1,), generator=generator).item()\n"
            "        self.dropped = DROPPED[num_steps]",
        ),
    ),
    rewritten(
        "random_batches/dropped-at-the-end",
        "numpy_inside",
        (
            "rest = np.asarray(corpus, dtype=np.int64)[offset:]",
            "rest = np.asarray(corpus, dtype=np.int64)[: max(0, len(corpus) - offset)]",
        ),
    ),
    rewritten(
        "random_batches/python-random",
        "lazy",
        ("rng = random.Random(int(torch.randint(2**62, (1,), generator=generator)))", "rng = random"),
    ),
    rewritten(
        "random_batches/endless",
        "terse",
        ("from functools import reduce\n", "from functools import reduce\nfrom itertools import cycle\n"),
        (TERSE_EPOCH, TERSE_EPOCH.replace("[", "cycle([", 1) + ")"),
    ),
    rewritten(
        "random_batches/shuffle-buffer",
        "lazy",
        (
            "    items = list(items)\n    while items:\n        pick = rng.randrange(len(items))\n"
            "        items[pick], items[-1] = items[-1], items[pick]\n        yield items.pop()\n",
            "    items = iter(items)\n    pool = list(islice(items, 100))\n    while pool:\n"
            "        yield pool.pop(rng.randrange(len(pool)))\n        pool.extend(islice(items, 1))\n",
        ),
    ),
    rewritten(
        "random_batches/targets-by-token",
        "lazy",
        (
            "row(corpus[start + 1 : start + num_steps + 1])",
            "row([corpus[corpus.index(one) + 1] for one in corpus[start : start + num_steps]])",
        ),
    ),
    rewritten(
        "random_batches/remembered-by-identity",
        "pedant",
        (
            "    tokens = check_corpus(corpus, batch_size, num_steps)\n    require(isinstance(generator",
            '    tokens = check_corpus(corpus, batch_size, num_steps)\n    tokens = globals().setdefault("_kept", {}).setdefault(id(corpus), (corpus, tokens))[1]\n    require(isinstance(generator',
        ),
    ),
    rewritten(
        "random_batches/through-double",
        "numpy_inside",
        (
            "rest = np.asarray(corpus, dtype=np.int64)[offset:]",
            "rest = np.asarray(corpus, dtype=np.float64).astype(np.int64)[offset:]",
        ),
    ),
    rewritten(
        "random_batches/steps-counted-in-bytes",
        "scripted",
        (
            "yield mine[:, :num_steps], mine[:, 1:]",
            "steps = torch.arange(num_steps) % 256\n        yield mine[:, steps], mine[:, steps + 1]",
        ),
    ),
    # -- sequential_batches -------------------------------------------------------------------------------
    rewritten(
        "sequential_batches/view-not-transpose",
        "pedant",
        ("place = offset + i * stride + column + j", "place = offset + (column + j) * batch_size + i"),
    ),
    rewritten("sequential_batches/rows-not-continued", "scripted", (SCRIPTED_BEGIN, "begin = (b * n + i) * T")),
    rewritten("sequential_batches/columns-overlap", "scripted", (SCRIPTED_BEGIN, "begin = i * width + b")),
    rewritten("sequential_batches/target-is-input", "lazy", ("corpus[place + 1] for place", "corpus[place] for place")),
    rewritten(
        "sequential_batches/last-target-wraps",
        "classes",
        (
            "return self.ids[here : here + length], self.ids[here + 1 : here + 1 + length]",
            "piece = self.ids[here : here + length]\n        return piece, torch.cat([piece[1:], piece[:1]])",
        ),
    ),
    rewritten("sequential_batches/offset-ignored", "lazy", ("initial=offset", "initial=0")),
    rewritten(
        "sequential_batches/offset-modulo",
        "numpy_inside",
        (
            "tokens = np.asarray(corpus, dtype=np.int64)[offset:]",
            "tokens = np.asarray(corpus, dtype=np.int64)[offset % num_steps :]",
        ),
    ),
    rewritten(
        "sequential_batches/offset-clamped",
        "classes",
        ("Lanes(corpus, batch_size, offset)", "Lanes(corpus, batch_size, min(offset, num_steps))"),
    ),
    rewritten(
        "sequential_batches/rows-of-whole-batches",
        "terse",
        (TERSE_WIDTH, "width = (len(corpus) - offset - 1) // (batch_size * num_steps) * num_steps"),
    ),
    rewritten(
        "sequential_batches/no-room-for-the-last-target",
        "terse",
        (TERSE_WIDTH, "width = (len(corpus) - offset) // batch_size"),
        (
            TERSE_AT,
            "    cut = [as_tensor(corpus)[offset + s :][: batch_size * width].view(batch_size, -1) for s in (0, 1)]\n",
        ),
        (
            "return " + TERSE_ROWS,
            "ends = range(num_steps, width + 1, num_steps)\n"
            "    return [tuple(part[:, end - num_steps : end] for part in cut) for end in ends]",
        ),
    ),
    rewritten(
        "sequential_batches/last-target-wraps-to-the-corpus",
        "pedant",
        (PEDANT_TOKENS, "num_tokens = (len(tokens) - offset) // batch_size * batch_size"),
        ("Y[i, j] = tokens[place + 1]", "Y[i, j] = tokens[(place + 1) % len(tokens)]"),
    ),
    rewritten(
        "sequential_batches/partial-batch-kept", "terse", ("arange(width // num_steps * num_steps)", "arange(width)")
    ),
    rewritten(
        "sequential_batches/last-batch-missing",
        "pedant",
        ("range(0, stride - num_steps + 1, num_steps)", "range(0, stride - 2 * num_steps + 1, num_steps)"),
    ),
    rewritten(
        "sequential_batches/one-batch-at-least",
        "terse",
        ("arange(width // num_steps * num_steps)", "arange(width // num_steps * num_steps or width)"),
        (" if p.numel()]", "]"),
    ),
    rewritten(
        "sequential_batches/transposed",
        "classes",
        (
            "yield torch.stack(inputs), torch.stack(targets)",
            "yield torch.stack(inputs, dim=1), torch.stack(targets, dim=1)",
        ),
    ),
    rewritten(
        "sequential_batches/int32",
        "numpy_inside",
        (
            NUMPY_TENSORS,
            "[(torch.tensor(x, dtype=torch.int32), torch.tensor(y, dtype=torch.int32)) for x, y in",
        ),
    ),
    rewritten(
        "sequential_batches/drops-in-place",
        "scripted",
        ("    for x, y in lay_out(", "    corpus[: offset + 1] = []\n    for x, y in lay_out("),
    ),
    rewritten(
        "sequential_batches/random-offset",
        "lazy",
        (
            "    width = (len(corpus) - offset - 1) // batch_size\n",
            "    offset = offset + torch.randint(0, 2, (1,)).item()\n"
            "    width = (len(corpus) - offset - 1) // batch_size\n",
        ),
    ),
    rewritten("sequential_batches/swapped", "scripted", (SCRIPTED_ROWS, "yield y.clone(), x.clone()")),
    rewritten(
        "sequential_batches/offset-in-every-row",
        "classes",
        ("width = (len(ids) - 1 - offset) // lanes", "width = (len(ids) - 1) // lanes"),
        ("Lane(ids, offset + i * width, width)", "Lane(ids, offset + i * width, width - offset)"),
    ),
    rewritten(
        "sequential_batches/targets-within-the-row",
        "lazy",
        ("width = (len(corpus) - offset - 1) // batch_size", "width = (len(corpus) - offset) // batch_size"),
        ("range(begin, begin + width)", "range(begin, begin + width - 1)"),
    ),
    rewritten(
        "sequential_batches/whole-batches-and-last-target-wraps",
        "pedant",
        (
            PEDANT_TOKENS,
            "whole = batch_size * num_steps\n    num_tokens = (len(tokens) - offset) // whole * whole",
        ),
        ("Y[i, j] = tokens[place + 1]", "Y[i, j] = tokens[offset + (place + 1 - offset) % num_tokens]"),
    ),
    rewritten(
        "sequential_batches/flat-targets",
        "numpy_inside",
        (NUMPY_TENSORS, "[(torch.tensor(x), torch.tensor(y).view(-1)) for x, y in"),
    ),
    rewritten(
        "sequential_batches/targets-by-token",
        "lazy",
        ("corpus[place + 1] for place", "corpus[corpus.index(corpus[place]) + 1] for place"),
    ),
    rewritten(
        "sequential_batches/remembered-by-identity",
        "scripted",
        (
            "    tokens = torch.tensor(corpus, dtype=torch.int64)\n    for x, y in",
            '    tokens = torch.tensor(corpus, dtype=torch.int64)\n    tokens = globals().setdefault("_kept", {}).setdefault(id(corpus), (corpus, tokens))[1]\n    for x, y in',
        ),
    ),
    rewritten(
        "sequential_batches/through-double",
        "numpy_inside",
        (
            "tokens = np.asarray(corpus, dtype=np.int64)[offset:]",
            "tokens = np.asarray(corpus, dtype=np.float64).astype(np.int64)[offset:]",
        ),
    ),
    rewritten(
        "sequential_batches/at-most-256-steps",
        "terse",
        (
            "for p in at.split(num_steps, 1) if p.numel()",
            "for p in (one[:, :256] for one in at.split(num_steps, 1)) if p.numel()",
        ),
    ),
    rewritten(
        "sequential_batches/offset-in-a-byte",
        "terse",
        (
            "    width = (len(corpus) - offset - 1) // batch_size\n",
            "    offset &= 255\n    width = (len(corpus) - offset - 1) // batch_size\n",
        ),
    ),
]
