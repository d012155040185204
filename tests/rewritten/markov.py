"""The mutants of the unit markov, rewritten in other styles."""

from .rewriting import rewritten

REWRITTEN = [
    # -- markov_transitions ----------------------------------------------------------------------------------
    rewritten(
        "markov_transitions/last-successor-missed",
        "classes",
        ("range(len(corpus) - order):", "range(len(corpus) - order - 1):"),
    ),
    rewritten(
        "markov_transitions/joint-frequencies",
        "numpy_inside",
        ("counts.sum(axis=1, keepdims=True)", "counts.sum()"),
    ),
    rewritten(
        "markov_transitions/counts",
        "pedant",
        ("    for row in table.values():\n        row.div_(row.sum())\n", ""),
    ),
    rewritten(
        "markov_transitions/previous-token-predicted",
        "lazy",
        ("totals = Counter(gram[:-1] for", "totals = Counter(gram[1:] for"),
        ("tally[(*context, x)]", "tally[(x, *context)]"),
    ),
    rewritten(
        "markov_transitions/context-reversed",
        "scripted",
        ("torch.arange(order)]", "torch.arange(order).flip(0)]"),
    ),
    rewritten(
        "markov_transitions/bare-keys",
        "chatty",
        ("result[context] =", "result[context if len(context) > 1 else context[0]] ="),
    ),
    rewritten(
        "markov_transitions/order-one-only",
        "numpy_inside",
        ("np.unique(windows[:, :-1], axis=0", "np.unique(windows[:, -2:-1], axis=0"),
    ),
    rewritten(
        "markov_transitions/last-context-included",
        "classes",
        (
            "        return self\n",
            "        self.followers[tuple(corpus[len(corpus) - order :])]\n        return self\n",
        ),
    ),
    rewritten(
        "markov_transitions/float32-inside",
        "numpy_inside",
        ("np.zeros((len(contexts), vocab_size))", "np.zeros((len(contexts), vocab_size), dtype=np.float32)"),
        ("torch.from_numpy(row.copy())", "torch.from_numpy(row.copy()).double()"),
    ),
    rewritten("markov_transitions/float32", "chatty", ("torch.tensor(row, dtype=torch.float64)", "torch.tensor(row)")),
    rewritten(
        "markov_transitions/seen-tokens-only",
        "scripted",
        ("torch.zeros(len(known), vocab_size, dtype", "torch.zeros(len(known), int(text.max()) + 1, dtype"),
    ),
    rewritten(
        "markov_transitions/smoothed",
        "lazy",
        ("tally[(*context, x)] / total", "(tally[(*context, x)] + 1) / (total + vocab_size)"),
    ),
    rewritten(
        "markov_transitions/eats-the-corpus",
        "chatty",
        ('    print(f"found', '    corpus.pop()\n    print(f"found'),
    ),
    rewritten(
        "markov_transitions/wraps-around",
        "numpy_inside",
        ("windows = windows_of(corpus, order + 1)", "windows = windows_of(corpus + corpus[:order], order + 1)"),
    ),
    rewritten(
        "markov_transitions/every-context",
        "lazy",
        ("import accumulate, islice", "import accumulate, islice, product"),
        ("tally[(*context, x)] / total for", "(tally[(*context, x)] / total if total else 1 / vocab_size) for"),
        (
            "row(context, total) for context, total in totals.items()",
            "row(context, totals[context]) for context in product(range(vocab_size), repeat=order)",
        ),
    ),
    rewritten(
        "markov_transitions/divided-by-all-occurrences",
        "chatty",
        ("total = sum(seen.values())", "total = list(zip(*(corpus[k:] for k in range(order)))).count(context)"),
    ),
    rewritten(
        "markov_transitions/shared-row",
        "chatty",
        ("    counts = {}\n    history", "    counts, empty = {}, {}\n    history"),
        ("setdefault(tuple(history), {})", "setdefault(tuple(history), empty)"),
    ),
    rewritten(
        "markov_transitions/successors-counted-once",
        "pedant",
        ("table[context][token] = count", "table[context][token] = 1"),
    ),
    rewritten(
        "markov_transitions/contexts-do-not-overlap",
        "pedant",
        ("unfold(0, order + 1, 1)", "unfold(0, order + 1, order + 1)"),
    ),
    rewritten(
        "markov_transitions/log-probabilities",
        "scripted",
        ("shares = counts / counts.sum(1, keepdim=True)", "shares = counts.log() - counts.sum(1, keepdim=True).log()"),
    ),
    rewritten(
        "markov_transitions/counts-kept-between-calls",
        "classes",
        (
            '    """Counts what follows each context."""\n',
            '    """Counts what follows each context."""\n\n    followers = {}\n',
        ),
        ("        self.followers = defaultdict(self.empty_row)\n", ""),
        (
            "self.followers[context][follower] += 1",
            "self.followers.setdefault(context, self.empty_row())[follower] += 1",
        ),
    ),
    rewritten(
        "markov_transitions/contexts-by-their-digits",
        "chatty",
        ("    counts = {}\n    history = []", "    counts, names = {}, {}\n    history = []"),
        (
            "seen = counts.setdefault(tuple(history), {})",
            'digits = int("".join(map(str, history)))\n            seen = counts.setdefault(names.setdefault(digits, tuple(history)), {})',
        ),
    ),
    rewritten(
        "markov_transitions/counts-in-eight-bits",
        "numpy_inside",
        ("np.zeros((len(contexts), vocab_size))", "np.zeros((len(contexts), vocab_size), dtype=np.uint8)"),
    ),
    rewritten(
        "markov_transitions/found-by-identity",
        "classes",
        (
            "return TransitionTable(vocab_size).watch(corpus, order).as_dict()",
            'known = globals().setdefault("kept", {})\n    if (id(corpus), order) not in known:\n        known[(id(corpus), order)] = corpus, TransitionTable(vocab_size).watch(corpus, order).as_dict()\n    return known[(id(corpus), order)][1]',
        ),
    ),
    rewritten(
        "markov_transitions/rows-used-again",
        "pedant",
        (
            "table[context] = torch.zeros(vocab_size, dtype=torch.float64)",
            'rows = globals().setdefault("rows", {})\n            table[context] = rows.setdefault((context, vocab_size), torch.zeros(vocab_size, dtype=torch.float64)).zero_()',
        ),
    ),
    # -- most_likely_sequence --------------------------------------------------------------------------------
    rewritten("most_likely_sequence/greedy", "numpy_inside", ("        future = ahead.max(axis=1)\n", "")),
    rewritten(
        "most_likely_sequence/best-token-at-each-step",
        "pedant",
        ("(table[t] + log_transition[:, tokens[t + 1]]).argmax()", "table[t].argmax()"),
    ),
    rewritten(
        "most_likely_sequence/transposed",
        "scripted",
        (
            "viterbi(initial.log(), transition.log(), num_steps)",
            "viterbi(initial.log(), transition.t().log(), num_steps)",
        ),
    ),
    rewritten(
        "most_likely_sequence/initial-ignored",
        "classes",
        ("self.score = torch.log(initial)", "self.score = torch.zeros_like(initial)"),
    ),
    rewritten(
        "most_likely_sequence/probabilities-added",
        "lazy",
        ("logs = transition.log()", "logs = transition"),
        ("(initial.log(), None)", "(initial, None)"),
    ),
    rewritten(
        "most_likely_sequence/sum-instead-of-max",
        "scripted",
        ("scores = candidates.amax(0)", "scores = candidates.logsumexp(0)"),
    ),
    rewritten("most_likely_sequence/reversed", "numpy_inside", ("    return path\n", "    return path[::-1]\n")),
    rewritten(
        "most_likely_sequence/one-step-too-many",
        "lazy",
        ("range(num_steps - 1), onward", "range(num_steps), onward"),
    ),
    rewritten(
        "most_likely_sequence/at-least-one-transition",
        "classes",
        ("range(1, num_steps):", "range(1, max(2, num_steps)):"),
        ("return decoder.best()", "return decoder.best()[:num_steps]"),
    ),
    rewritten(
        "most_likely_sequence/zeros-clamped",
        "numpy_inside",
        (
            "start, step = log(as_numpy(initial)), log(as_numpy(transition))",
            "start, step = (np.log(np.maximum(as_numpy(given), 1e-30)) for given in (initial, transition))",
        ),
    ),
    rewritten(
        "most_likely_sequence/impossible-is-free",
        "pedant",
        ("log_transition = transition.log()", "log_transition = torch.where(transition > 0, transition, 1).log()"),
    ),
    rewritten(
        "most_likely_sequence/float32-inside",
        "pedant",
        ("log_transition = transition.log()", "log_transition = transition.log().float()"),
        ("initial.new_full((num_steps, len(initial)), -math.inf)", "torch.zeros(num_steps, len(initial))"),
    ),
    rewritten(
        "most_likely_sequence/every-sequence-tried",
        "lazy",
        ("import accumulate, islice", "import accumulate, islice, pairwise, product"),
        (
            "    logs = transition.log()\n",
            "    first, logs = initial.log().tolist(), transition.log().tolist()\n    tried = product(range(len(first)), repeat=num_steps)\n    return list(max(tried, key=lambda one: sum((logs[a][b] for a, b in pairwise(one)), start=first[one[0]])))\n",
        ),
    ),
    rewritten(
        "most_likely_sequence/underflow",
        "classes",
        ("self.step = torch.log(transition)", "self.step = transition"),
        ("self.score = torch.log(initial)", "self.score = initial"),
        ("self.score.unsqueeze(1) + self.step", "self.score.unsqueeze(1) * self.step"),
    ),
    rewritten(
        "most_likely_sequence/recursive-read-off",
        "chatty",
        (
            "    path = [here]\n    while came_from:\n        here = came_from.pop()[here]\n        path.insert(0, here)\n",
            "\n    def trace(step, token):\n        if step < 0:\n            return [token]\n        return trace(step - 1, came_from[step][token]) + [token]\n\n    path = trace(len(came_from) - 1, here)\n",
        ),
    ),
    rewritten(
        "most_likely_sequence/logarithm-in-place",
        "pedant",
        ("table[0] = initial.log()", "table[0] = initial.log_()"),
    ),
    rewritten(
        "most_likely_sequence/initial-is-step-zero",
        "lazy",
        ("initial=(initial.log(), None)", "initial=onward((initial.log(), None), None)"),
    ),
    rewritten(
        "most_likely_sequence/likeliest-token-of-each-step",
        "numpy_inside",
        (
            "    path = [int(np.argmax(start + future))]\n    for best_next in follow[::-1]:\n        path.append(int(best_next[path[-1]]))\n",
            "    odds, path = as_numpy(initial), []\n    for _ in range(num_steps):\n        path.append(int(odds.argmax()))\n        odds = odds @ as_numpy(transition)\n",
        ),
    ),
    rewritten(
        "most_likely_sequence/beam-of-two",
        "chatty",
        (
            "        scores = arrived\n",
            "        worst = min(sorted(arrived)[-2:])\n        scores = [one if one >= worst else -math.inf for one in arrived]\n",
        ),
    ),
    rewritten(
        "most_likely_sequence/first-token-fixed",
        "pedant",
        ("table[0] = initial.log()", "table[0, initial.argmax()] = 0.0"),
    ),
    rewritten(
        "most_likely_sequence/least-likely",
        "scripted",
        ("candidates.argmax(0)", "candidates.argmin(0)"),
        ("candidates.amax(0)", "candidates.amin(0)"),
        ("scores.argmax()", "scores.argmin()"),
    ),
    rewritten(
        "most_likely_sequence/tokens-from-one",
        "lazy",
        (
            "return list(accumulate(origins, lambda token, origin: origin[token], initial=last))[::-1]",
            "return [1 + token for token in accumulate(origins, lambda token, origin: origin[token], initial=last)][::-1]",
        ),
    ),
    rewritten(
        "most_likely_sequence/score-returned-too",
        "classes",
        ("return decoder.best()", "return decoder.best(), decoder.score.max().item()"),
    ),
    # -- sample_chain ----------------------------------------------------------------------------------------
    rewritten(
        "sample_chain/transposed",
        "numpy_inside",
        ("np.cumsum(as_numpy(transition), axis=1)", "np.cumsum(as_numpy(transition), axis=0).T"),
    ),
    rewritten(
        "sample_chain/first-token-dropped",
        "chatty",
        ("while len(chain) < num_steps:", "while len(chain) <= num_steps:"),
        ("    return chain\n", "    return chain[1:]\n"),
    ),
    rewritten(
        "sample_chain/one-token-too-many",
        "lazy",
        ("islice(walk(), num_steps)", "islice(walk(), num_steps + 1)"),
    ),
    rewritten(
        "sample_chain/every-token-possible",
        "pedant",
        ("chances = initial.cpu().double()", "chances = initial.cpu().double() + 0.05"),
        ("table = transition.cpu().double()", "table = transition.cpu().double() + 0.05"),
    ),
    rewritten(
        "sample_chain/probabilities-as-logits",
        "scripted",
        (
            "climb(initial.double().cpu(), transition.double().cpu(), uniform)",
            "climb(initial.double().cpu().softmax(0), transition.double().cpu().softmax(1), uniform)",
        ),
    ),
    rewritten(
        "sample_chain/tensors",
        "classes",
        ("        return visited\n", "        return torch.Tensor(visited)\n"),
    ),
    rewritten("sample_chain/uniform-start", "lazy", ("stairs(initial.tolist())", "stairs([1.0] * len(flights))")),
    rewritten(
        "sample_chain/likeliest-start",
        "classes",
        ("visited = [self.draw(self.initial)]", "visited = [self.initial.argmax().item()]"),
    ),
    rewritten(
        "sample_chain/float-bias",
        "pedant",
        (
            "chances = initial.cpu().double()",
            "chances = torch.lerp(torch.full_like(initial.cpu().double(), 1 / 3), initial.cpu().double(), 0.85)",
        ),
    ),
    rewritten(
        "sample_chain/uniform-steps",
        "chatty",
        ("weights = rows[token]", "weights = [p > 0 for p in rows[token]]"),
    ),
    rewritten(
        "sample_chain/row-of-the-first-token",
        "numpy_inside",
        ("ladder = cumulated[token]", "ladder = cumulated[chain[0]]"),
    ),
    rewritten("sample_chain/independent-draws", "scripted", ("        ladder = ladders[token]\n", "")),
    rewritten(
        "sample_chain/slightly-off",
        "lazy",
        ("stairs(row) for row in", "stairs(0.8 * p + 0.1 for p in row) for row in"),
    ),
    rewritten(
        "sample_chain/own-generator",
        "numpy_inside",
        ("generator=generator, dtype", "generator=torch.Generator().manual_seed(0), dtype"),
    ),
    rewritten(
        "sample_chain/seed-only",
        "numpy_inside",
        ("generator=generator, dtype", "generator=torch.Generator().manual_seed(generator.initial_seed()), dtype"),
    ),
    rewritten(
        "sample_chain/reseeds",
        "pedant",
        (
            "    chances = initial.cpu().double()\n    table = transition",
            "    generator = generator.manual_seed(generator.initial_seed())\n    chances = initial.cpu().double()\n    table = transition",
        ),
    ),
    rewritten(
        "most_likely_sequence/tiny-number-added",
        "numpy_inside",
        (
            "start, step = log(as_numpy(initial)), log(as_numpy(transition))",
            "start, step = (np.log(as_numpy(given).astype(np.float64) + 1e-300) for given in (initial, transition))",
        ),
    ),
    rewritten(
        "most_likely_sequence/rare-steps-struck-out",
        "classes",
        ("torch.log(transition)", "torch.log(transition * (transition > 1e-12))"),
    ),
    rewritten(
        "most_likely_sequence/pointers-in-eight-bits",
        "numpy_inside",
        ("follow.append(ahead.argmax(axis=1))", "follow.append(ahead.argmax(axis=1).astype(np.uint8))"),
    ),
    rewritten(
        "most_likely_sequence/view-of-the-matrix",
        "scripted",
        (
            "viterbi(initial.log(), transition.log()",
            "viterbi(initial.log(), transition.view(-1).view(len(initial), -1).log()",
        ),
    ),
    rewritten(
        "most_likely_sequence/matrix-found-by-identity",
        "lazy",
        (
            "logs = transition.log()",
            'logs = globals().setdefault("kept", {}).setdefault(id(transition), (transition, transition.log()))[1]',
        ),
    ),
    rewritten("sample_chain/seeds-from-the-clock", "chatty", ("random.Random(seed)", "random.Random()")),
    rewritten("sample_chain/global-generator", "pedant", ("exponential_(generator=generator)", "exponential_()")),
    rewritten(
        "sample_chain/seeds-globally",
        "scripted",
        (
            "    uniform = torch.rand(num_steps",
            "    torch.manual_seed(generator.initial_seed())\n    uniform = torch.rand(num_steps",
        ),
    ),
    rewritten(
        "sample_chain/likeliest-steps",
        "numpy_inside",
        (
            "    cumulated = np.cumsum(as_numpy(transition), axis=1)\n",
            "    likeliest = np.eye(len(initial))[as_numpy(transition).argmax(axis=1)]\n    cumulated = np.cumsum(likeliest, axis=1)\n",
        ),
    ),
    rewritten(
        "sample_chain/reseeds-each-step",
        "lazy",
        ("    def chance():\n", "    def chance():\n        generator.manual_seed(generator.initial_seed())\n"),
    ),
    rewritten(
        "sample_chain/tokens-from-one",
        "scripted",
        ("transition.double().cpu(), uniform)", "transition.double().cpu(), uniform) + 1"),
    ),
    rewritten(
        "sample_chain/first-number-used-twice",
        "numpy_inside",
        ("for u in uniform:", "for u in uniform[[0, *range(num_steps - 1)]]:"),
    ),
    rewritten(
        "sample_chain/numbers-come-round",
        "lazy",
        (
            "    def chance():\n        return torch.rand((), generator=generator, dtype=torch.float64).item()\n",
            "    numbers = torch.rand(32, generator=generator, dtype=torch.float64).tolist()\n\n    def chance():\n        numbers.append(numbers.pop(0))\n        return numbers[-1]\n",
        ),
    ),
    rewritten(
        "sample_chain/rare-tokens-cut-off",
        "pedant",
        ("torch.where(chances > 0, clock", "torch.where(chances > 0.01, clock"),
    ),
    rewritten(
        "sample_chain/view-of-the-matrix",
        "scripted",
        ("transition.double().cpu(), uniform", "transition.view(-1).view(len(initial), -1).double().cpu(), uniform"),
    ),
    rewritten(
        "sample_chain/matrix-found-by-identity",
        "chatty",
        (
            "    rows = transition.tolist()",
            '    rows = globals().setdefault("kept", {}).setdefault(id(transition), (transition, transition.tolist()))[1]',
        ),
    ),
    # -- ngram_model -----------------------------------------------------------------------------------------
    rewritten("ngram_model/epsilon-not-shared", "chatty", ("+ eps / self.vocab_size)", "+ eps)")),
    rewritten("ngram_model/numerator-only", "lazy", ("/ (size + e1)", "/ size")),
    rewritten(
        "ngram_model/vocabulary-in-the-denominator",
        "pedant",
        ("(tokens_in_all + e1)", "(tokens_in_all + self.vocab_size * e1)"),
    ),
    rewritten(
        "ngram_model/distinct-tokens-as-m",
        "scripted",
        ("epsilons[0] / vocab_size)", "epsilons[0] / text.unique().numel())"),
    ),
    rewritten(
        "ngram_model/unsmoothed-unigram-inside",
        "scripted",
        ("(counts + strength * unigram)", "(counts + strength * single / single.sum())"),
    ),
    rewritten(
        "ngram_model/uniform-inside",
        "numpy_inside",
        ("self.strength * self.base[token]", "self.strength / len(self.base)"),
    ),
    rewritten("ngram_model/epsilon-of-the-unigram", "chatty", ("        eps = self.epsilons[self.order]\n", "")),
    rewritten(
        "ngram_model/epsilons-off-by-one",
        "numpy_inside",
        ("self.strength = self.eps[n - 1]", "self.strength = self.eps[n - 2]"),
    ),
    rewritten(
        "ngram_model/bigram-inside-the-trigram",
        "pedant",
        (
            "        if self.n > 1:\n            e = self.epsilons[self.n - 1]\n            followed = sum(self.number((*context, x)) for x in range(self.vocab_size))\n            p = (self.number((*context, token)) + e * p)",
            "        for width in range(1, self.n):\n            e = self.epsilons[width]\n            near = context[-width:]\n            followed = sum(self.number((*near, x)) for x in range(self.vocab_size))\n            p = (self.number((*near, token)) + e * p)",
        ),
        ("for width in {1, n}:", "for width in range(1, n + 1):"),
    ),
    rewritten("ngram_model/pair-reversed", "lazy", ("many[(*context, token)]", "many[(token, *context)]")),
    rewritten(
        "ngram_model/context-reversed",
        "numpy_inside",
        ("self.counts[context][token]", "self.counts[context[::-1]][token]"),
        ("self.before[context]", "self.before[context[::-1]]"),
    ),
    rewritten(
        "ngram_model/joint",
        "numpy_inside",
        ("lower = self.before[context] + self.strength", "lower = self.before.sum() + self.strength"),
    ),
    rewritten(
        "ngram_model/last-gram-missed",
        "numpy_inside",
        ("windows_of(corpus, n).T", "windows_of(corpus, n)[:-1].T"),
    ),
    rewritten(
        "ngram_model/context-smoothing-left-out",
        "chatty",
        ("/ (sum(leaf.values()) + eps)", "/ sum(leaf.values())"),
    ),
    rewritten(
        "ngram_model/unseen-context-is-uniform",
        "chatty",
        (
            '            print(f"never saw {context}")\n',
            '            print(f"never saw {context}")\n            return 1 / self.vocab_size\n',
        ),
    ),
    rewritten(
        "ngram_model/unseen-context-is-zero",
        "lazy",
        (
            "    def several(token, context):\n",
            "    def several(token, context):\n        if context not in behind:\n            return 0.0\n",
        ),
    ),
    rewritten(
        "ngram_model/size-of-pairs",
        "numpy_inside",
        ("(self.once.sum() + self.eps[0])", "(len(windows_of(corpus, n)) + self.eps[0])"),
    ),
    rewritten("ngram_model/smoothing-ignored", "lazy", ("epsilons[0], epsilons[n - 1]", "epsilons[0], 1e-9")),
    rewritten(
        "ngram_model/sorts-the-corpus",
        "pedant",
        ("    return model\n", "    corpus[:] = sorted(corpus, reverse=True)\n    return model\n"),
    ),
    rewritten(
        "ngram_model/lidstone",
        "classes",
        ("share = epsilon / self.vocab_size", "share = epsilon"),
        ("(self.total + epsilon)", "(self.total + epsilon * self.vocab_size)"),
        ("self.epsilons[1] * super().prob(token)", "self.epsilons[1]"),
        ("(len(followers) + self.epsilons[1])", "(len(followers) + self.epsilons[1] * self.vocab_size)"),
        ("self.epsilons[2] * super().prob(token)", "self.epsilons[2]"),
        ("(len(followers) + self.epsilons[2])", "(len(followers) + self.epsilons[2] * self.vocab_size)"),
    ),
    rewritten(
        "ngram_model/unknown-counted-too",
        "classes",
        ("self.epsilons = vocab_size, epsilons", "self.epsilons = vocab_size + 1, epsilons"),
    ),
    rewritten(
        "ngram_model/stupid-backoff",
        "chatty",
        (
            "(leaf.get(token, 0) + eps * plain) / (sum(leaf.values()) + eps)",
            "leaf[token] / sum(leaf.values()) if token in leaf else 0.4 * plain",
        ),
    ),
    rewritten(
        "ngram_model/jelinek-mercer",
        "lazy",
        (
            "(many[(*context, token)] + e * single(token)) / (behind[context] + e)",
            "e * single(token) + (1 - e) * many[(*context, token)] / (behind[context] or 1)",
        ),
    ),
    rewritten(
        "ngram_model/one-token-of-context",
        "chatty",
        ("corpus[i - self.order : i]", "corpus[i - min(1, self.order) : i]"),
        ("        for token in context:\n", "        for token in context[-1:]:\n"),
    ),
    rewritten(
        "ngram_model/unigrams-of-followers",
        "numpy_inside",
        ("np.bincount(corpus, minlength", "np.bincount(windows_of(corpus, n)[:, -1], minlength"),
    ),
    rewritten(
        "ngram_model/unseen-raises",
        "lazy",
        (
            "ones, many = Counter(corpus), Counter(grams(corpus, n))",
            "ones, many = dict(Counter(corpus)), dict(Counter(grams(corpus, n)))",
        ),
        (
            "behind = Counter(gram[: n - 1] for gram in grams(corpus, n))",
            "behind = dict(Counter(gram[: n - 1] for gram in grams(corpus, n)))",
        ),
    ),
    rewritten("ngram_model/tensors", "scripted", ("[token].item()", "[token]")),
    rewritten(
        "ngram_model/log-probabilities",
        "pedant",
        ("        return p\n", "        return math.log2(p) if p > 0 else -math.inf\n"),
    ),
    rewritten(
        "ngram_model/counts-shared-between-models",
        "classes",
        (
            '    """P(x), smoothed towards the uniform distribution."""\n',
            '    """P(x), smoothed towards the uniform distribution."""\n\n    times = defaultdict(int)\n',
        ),
        ("        self.times = defaultdict(int)\n", ""),
        (
            '    """P(x | a), smoothed towards P(x)."""\n',
            '    """P(x | a), smoothed towards P(x)."""\n\n    after = defaultdict(list)\n',
        ),
        ("        self.after = defaultdict(list)\n", ""),
        (
            '    """P(x | a, b), smoothed towards P(x)."""\n',
            '    """P(x | a, b), smoothed towards P(x)."""\n\n    after_pair = defaultdict(list)\n',
        ),
        ("        self.after_pair = defaultdict(list)\n", ""),
    ),
    rewritten(
        "ngram_model/epsilons-of-the-latest",
        "classes",
        (
            "self.vocab_size, self.epsilons = vocab_size, epsilons",
            "self.vocab_size, Unigram.epsilons = vocab_size, epsilons",
        ),
    ),
    rewritten(
        "ngram_model/no-smoothing-without-all-epsilons",
        "chatty",
        ("eps = self.epsilons[self.order]\n", "eps = self.epsilons[self.order] * all(self.epsilons)\n"),
    ),
    rewritten(
        "ngram_model/ngrams-by-their-digits",
        "lazy",
        ("Counter(grams(corpus, n))", 'Counter("".join(map(str, gram)) for gram in grams(corpus, n))'),
        ("many[(*context, token)]", 'many["".join(map(str, (*context, token)))]'),
    ),
    rewritten(
        "ngram_model/found-by-identity",
        "classes",
        (
            "return kind(corpus, vocab_size, epsilons)",
            'known = globals().setdefault("kept", {})\n    if (id(corpus), n) not in known:\n        known[(id(corpus), n)] = corpus, kind(corpus, vocab_size, epsilons)\n    return known[(id(corpus), n)][1]',
        ),
    ),
    # -- sequence_log_prob -----------------------------------------------------------------------------------
    rewritten(
        "sequence_log_prob/last-token-missed",
        "classes",
        ("range(n, len(tokens) + 1)", "range(n, len(tokens))"),
    ),
    rewritten("sequence_log_prob/starts-at-n", "pedant", ("if place < n - 1:", "if place < n:")),
    rewritten(
        "sequence_log_prob/pads-the-beginning",
        "chatty",
        ("context = list(tokens[: n - 1])", "context = []"),
        ("for token in tokens[n - 1 :]:", "for token in tokens:"),
        ("[*context, token][1:]", "[*context, token][1 - n :] if n > 1 else []"),
    ),
    rewritten(
        "sequence_log_prob/context-as-list",
        "chatty",
        ("model.prob(token, tuple(context))", "model.prob(token, context)"),
    ),
    rewritten(
        "sequence_log_prob/context-too-long",
        "scripted",
        ("tuple(tokens[i : i + n - 1])", "tuple(tokens[i - 1 : i + n - 1])"),
    ),
    rewritten(
        "sequence_log_prob/context-reversed",
        "lazy",
        ("model.prob(gram[-1], gram[:-1])", "model.prob(gram[-1], gram[-2::-1])"),
    ),
    rewritten("sequence_log_prob/bits", "numpy_inside", ("log(chances).sum()", "log(chances).sum() / np.log(2)")),
    rewritten("sequence_log_prob/mean", "chatty", ("float(sum(logs))", "float(sum(logs) / max(1, len(logs)))")),
    rewritten(
        "sequence_log_prob/every-nth",
        "lazy",
        ("for gram in grams(tokens, n))", "for gram in islice(grams(tokens, n), 0, None, n))"),
    ),
    rewritten(
        "sequence_log_prob/clipped",
        "pedant",
        ("        if p == 0.0:\n            return -math.inf\n", "        if p == 0.0:\n            p = 1e-12\n"),
    ),
    rewritten(
        "sequence_log_prob/log-of-zero-raises",
        "classes",
        (
            "        if probability == 0:\n            self.value = -math.inf\n        else:\n            self.value += math.log(probability)",
            "        self.value += math.log(probability)",
        ),
    ),
    rewritten(
        "sequence_log_prob/log-of-zero-warns",
        "numpy_inside",
        ("float(log(chances).sum())", "float(np.log(chances).sum())"),
    ),
    rewritten(
        "sequence_log_prob/zero-skipped",
        "scripted",
        ("torch.tensor(found, dtype", "torch.tensor([p for p in found if p], dtype"),
    ),
    rewritten(
        "sequence_log_prob/too-short-raises",
        "pedant",
        (
            "    if len(tokens) < n:\n        return 0.0\n",
            '    require(len(tokens) >= n, f"{len(tokens)} tokens are too few for n = {n}")\n',
        ),
    ),
    rewritten(
        "sequence_log_prob/too-short-is-impossible",
        "numpy_inside",
        ("float(log(chances).sum())", "float(log(chances).sum()) if grams else -np.inf"),
    ),
    rewritten("sequence_log_prob/log-of-the-product", "scripted", (".log().sum().item()", ".prod().log().item()")),
    rewritten(
        "sequence_log_prob/eats-the-tokens",
        "chatty",
        ('    print(f"scored', '    tokens.sort()\n    print(f"scored'),
    ),
    rewritten("sequence_log_prob/base-ten", "scripted", (".log().sum().item()", ".log10().sum().item()")),
    rewritten("sequence_log_prob/negative", "lazy", ("return sum((safe_log", "return -sum((safe_log")),
    rewritten("sequence_log_prob/whole-history", "chatty", ("[*context, token][1:]", "[*context, token]")),
    rewritten("sequence_log_prob/context-shifted", "numpy_inside", ("tuple(gram[:-1])", "tuple(gram[1:])")),
    rewritten(
        "sequence_log_prob/arguments-swapped",
        "classes",
        ("model.prob(token, tuple(context))", "model.prob(tuple(context), token)"),
    ),
    rewritten(
        "sequence_log_prob/stops-at-zero",
        "pedant",
        ("        if p == 0.0:\n            return -math.inf\n", "        if p == 0.0:\n            break\n"),
    ),
    rewritten("sequence_log_prob/no-logarithm", "scripted", (".log().sum().item()", ".prod().item()")),
    rewritten("sequence_log_prob/probabilities-added", "numpy_inside", ("log(chances).sum()", "chances.sum()")),
    rewritten(
        "sequence_log_prob/found-by-identity",
        "classes",
        (
            "return score.value",
            'known = globals().setdefault("kept", {})\n    if (id(tokens), n) not in known:\n        known[(id(tokens), n)] = tokens, score.value\n    return known[(id(tokens), n)][1]',
        ),
    ),
    # -- perplexity ------------------------------------------------------------------------------------------
    rewritten(
        "perplexity/certainty-is-padding",
        "numpy_inside",
        ("-values.mean()", "-values.sum() / max(1, np.count_nonzero(values))"),
    ),
    rewritten(
        "perplexity/mean-of-exponentials",
        "scripted",
        (".mean().neg().exp().item()", ".neg().exp().mean().item()"),
    ),
    rewritten(
        "perplexity/exponent-of-the-sum",
        "classes",
        ("math.exp(self.total / self.count)", "math.exp(self.total)"),
    ),
    rewritten("perplexity/base-two", "pedant", ("math.exp(-mean)", "2**-mean")),
    rewritten("perplexity/sign", "lazy", ("math.fsum(-one for one in log_probs)", "math.fsum(log_probs)")),
    rewritten(
        "perplexity/first-token-left-out",
        "chatty",
        ("in log_probs) / len(log_probs)", "in log_probs) / max(1, len(log_probs) - 1)"),
    ),
    rewritten(
        "perplexity/mean-of-batches",
        "numpy_inside",
        (
            "float(np.exp(-values.mean()))",
            "float(np.mean([np.exp(-values[i : i + 4].mean()) for i in range(0, values.size, 4)]))",
        ),
    ),
    rewritten(
        "perplexity/infinite-tokens-dropped",
        "lazy",
        (
            "math.fsum(-one for one in log_probs) / count",
            "math.fsum(-one for one in log_probs if math.isfinite(one)) / max(1, sum(map(math.isfinite, log_probs)))",
        ),
    ),
    rewritten("perplexity/clipped", "scripted", (".mean().neg()", ".clamp(min=-100).mean().neg()")),
    rewritten(
        "perplexity/float32",
        "scripted",
        ("torch.tensor(log_probs, dtype=torch.float64)", "torch.tensor(log_probs, dtype=torch.float32)"),
    ),
    rewritten(
        "perplexity/ints-not-cast",
        "scripted",
        ("torch.tensor(log_probs, dtype=torch.float64).mean()", "torch.tensor(log_probs).mean().double()"),
    ),
    rewritten(
        "perplexity/empty-is-one",
        "chatty",
        ('        raise ValueError("the list of log probabilities is empty")', "        return 1.0"),
    ),
    rewritten(
        "perplexity/empty-divides-by-zero",
        "classes",
        ('        if self.count == 0:\n            raise ValueError("no log probabilities, no perplexity")\n', ""),
    ),
    rewritten(
        "perplexity/eats-the-list",
        "chatty",
        ('    print(f"{entropy:.3f}', '    log_probs.clear()\n    print(f"{entropy:.3f}'),
    ),
    rewritten(
        "perplexity/base-ten",
        "lazy",
        (
            "math.exp(math.fsum(-one for one in log_probs) / count)",
            "10.0 ** (math.fsum(-one for one in log_probs) / count)",
        ),
    ),
    rewritten("perplexity/cross-entropy", "chatty", ("return math.exp(entropy)", "return entropy")),
    rewritten(
        "perplexity/infinite-from-300",
        "pedant",
        ("math.exp(-mean)", "math.exp(-mean) if mean > -300 else math.inf"),
    ),
    rewritten(
        "perplexity/product-first",
        "lazy",
        (
            "    return math.exp(math.fsum(-one for one in log_probs) / count)",
            "    chance = math.prod(map(math.exp, log_probs))\n    return chance ** (-1 / count) if chance else math.inf",
        ),
    ),
    rewritten(
        "perplexity/impossible-raises",
        "pedant",
        ("            return math.inf\n", '            raise ValueError("a token is impossible")\n'),
    ),
    rewritten(
        "perplexity/empty-is-nan",
        "scripted",
        ('    if len(log_probs) == 0:\n        raise ValueError("no tokens")\n', ""),
    ),
    rewritten(
        "perplexity/distinct-values",
        "numpy_inside",
        ("values = np.array(log_probs, dtype=np.float64)", "values = np.unique(np.array(log_probs, dtype=np.float64))"),
    ),
    rewritten(
        "perplexity/whole-numbers-divided",
        "chatty",
        (
            "entropy = sum(-value for value in log_probs) / len(log_probs)",
            "total = sum(-value for value in log_probs)\n    entropy = total // len(log_probs) if isinstance(total, int) else total / len(log_probs)",
        ),
    ),
    rewritten(
        "perplexity/mean-in-float32",
        "scripted",
        (
            "torch.tensor(log_probs, dtype=torch.float64).mean()",
            "torch.tensor(log_probs, dtype=torch.float32).mean().double()",
        ),
    ),
    rewritten(
        "perplexity/found-by-identity",
        "lazy",
        (
            "return math.exp(math.fsum(-one for one in log_probs) / count)",
            'known = globals().setdefault("kept", {})\n    if id(log_probs) not in known:\n        known[id(log_probs)] = log_probs, math.exp(math.fsum(-one for one in log_probs) / count)\n    return known[id(log_probs)][1]',
        ),
    ),
]
