"""The mutants of the unit text, rewritten in other styles."""

from .rewriting import rewritten

REWRITTEN = [
    # -- preprocess
    rewritten(
        "preprocess/keeps-runs",
        "numpy_inside",
        ("np.where(letter, small, 32)[letter | starts_gap]", "np.where(letter, small, 32)"),
    ),
    rewritten(
        "preprocess/range-a-to-z-mixed",
        "chatty",
        ('return "a" <= character <= "z" or "A" <= character <= "Z"', 'return "A" <= character <= "z"'),
    ),
    rewritten(
        "preprocess/strips",
        "chatty",
        (
            '        if pending:\n            result += " "\n',
            '        if pending:\n            result += " " if result else ""\n',
        ),
        ('    if pending:\n        result += " "\n    return result', "    return result"),
    ),
    rewritten(
        "preprocess/keeps-case",
        "dict_like",
        ("zip(ALPHABET.upper(), ALPHABET,", "zip(ALPHABET.upper(), ALPHABET.upper(),"),
    ),
    rewritten(
        "preprocess/keeps-digits", "lazy", ("frozenset(ascii_letters)", 'frozenset(ascii_letters + "0123456789")')
    ),
    rewritten("preprocess/drops-others", "pedant", ('else " " for match', 'else "" for match')),
    rewritten(
        "preprocess/word-characters",
        "lazy",
        ("groupby(text, LETTERS.__contains__)", 'groupby(text, lambda sign: sign.isalnum() or sign == "_")'),
    ),
    rewritten("preprocess/keeps-hyphens", "dict_like", ("LOWER = {", 'LOWER = {"-": "-", ')),
    rewritten(
        "preprocess/keeps-line-breaks",
        "pedant",
        ("(?P<letters>[A-Za-z]+)", r"(?P<letters>[A-Za-z\n]+)"),
        ("(?P<gap>[^A-Za-z]+)", r"(?P<gap>[^A-Za-z\n]+)"),
    ),
    rewritten("preprocess/capitals-are-gaps", "numpy_inside", ("small = codes | 32", "small = codes")),
    rewritten(
        "preprocess/white-space-kept-punctuation-gone",
        "terse",
        ("import re\n", "import re\nimport string\n"),
        (
            '" ".join(re.split("[^a-zA-Z]+", text)).lower()',
            'text.lower().translate(str.maketrans("", "", string.punctuation))',
        ),
    ),
    # -- tokenize
    rewritten(
        "tokenize/splits-on-single-spaces",
        "chatty",
        ("text.splitlines()", "[text]"),
        ("line.split()", 'line.split(" ")'),
    ),
    rewritten("tokenize/keeps-tabs", "lazy", ("groupby(text, str.isspace)", 'groupby(text, " ".__eq__)')),
    rewritten("tokenize/drops-short-words", "tensors", (r'"word": r"\S+"', r'"word": r"\b\w\w+\b"')),
    rewritten(
        "tokenize/line-by-line",
        "chatty",
        ("tokens.extend(text)", 'for line in text.split("\\n"):\n            tokens.append([*line])'),
        ("text.splitlines()", 'text.split("\\n")'),
        (
            "            for word in line.split():\n                tokens.append(word)\n",
            "            tokens.append(line.split())\n",
        ),
    ),
    rewritten("tokenize/drops-white-space-characters", "tensors", (r'"char": r"[\s\S]"', '"char": r"[^ ]"')),
    rewritten("tokenize/strips-the-ends", "terse", ("else [*text]", "else [*text.strip()]")),
    rewritten("tokenize/bytes-for-characters", "lazy", ("yield from text\n", 'yield from bytes(text, "utf-8")\n')),
    rewritten(
        "tokenize/accepts-any-unit",
        "dict_like",
        ('raise ValueError(f"no unit {unit!r}, only {[*CUTTERS]}") from None', 'cut = CUTTERS["word"]'),
    ),
    rewritten("tokenize/unit-in-any-case", "tensors", ("}.get(unit)", "}.get(unit.lower().strip())")),
    rewritten(
        "tokenize/part-of-a-unit",
        "pedant",
        ('if unit not in ("char", "word"):', 'if unit not in "char" and unit not in "word":'),
        ('if unit == "char" else', 'if unit in "char" else'),
    ),
    rewritten(
        "tokenize/unknown-gives-none",
        "chatty",
        (
            '        raise ValueError("unknown unit " + unit)\n',
            '        print("ERROR: unknown token type: " + unit)\n        return None\n',
        ),
    ),
    rewritten(
        "tokenize/unit-none",
        "dict_like",
        (
            '    try:\n        cut = CUTTERS[unit]\n    except KeyError:\n        raise ValueError(f"no unit {unit!r}, only {[*CUTTERS]}") from None\n',
            "    cut = CUTTERS[unit]\n",
        ),
    ),
    rewritten("tokenize/returns-a-tuple", "terse", ("else [*text]", "else (*text,)")),
    rewritten("tokenize/dot-for-every-character", "tensors", ('"char": r"[\\s\\S]"', '"char": r"."')),
    rewritten("tokenize/thousand-words", "numpy_inside", ("text.split(None)", "text.split(None, 999)")),
    # -- vocab
    rewritten("vocab/strict-min-freq", "chatty", ("if number < min_freq:", "if number <= min_freq:")),
    rewritten("vocab/ignores-min-freq", "lazy", (" if not count < self.min_freq)", ")")),
    rewritten("vocab/by-frequency", "chatty", ("        self.idx_to_token.sort()\n", "")),
    rewritten(
        "vocab/by-frequency-then-alphabet",
        "chatty",
        (
            "self.token_freqs.sort(key=lambda item: item[1], reverse=True)",
            "self.token_freqs.sort(key=lambda item: (-item[1], item[0]))",
        ),
        ("        self.idx_to_token.sort()\n", ""),
    ),
    rewritten(
        "vocab/specials-first",
        "numpy_inside",
        (
            "self._table = np.unique(np.concatenate([special, values[counts >= min_freq]]))",
            "others = np.setdiff1d(values[counts >= min_freq], special)\n"
            "        self._table = np.concatenate([objects(list(dict.fromkeys(special))), others])",
        ),
    ),
    rewritten(
        "vocab/by-first-appearance",
        "dict_like",
        ("dict.fromkeys(reserved_tokens)", 'dict.fromkeys(["<unk>", *reserved_tokens])'),
        ("sorted(entries)", "[*entries]"),
    ),
    rewritten(
        "vocab/sorted-ignoring-case",
        "lazy",
        ("sorted(set(chain(self.special, common)))", "sorted(set(chain(self.special, common)), key=str.casefold)"),
    ),
    rewritten("vocab/reserved-left-out", "tensors", ('{*frequent, *reserved_tokens, "<unk>"}', '{*frequent, "<unk>"}')),
    rewritten(
        "vocab/reserved-must-occur",
        "chatty",
        (
            "            if token not in self.idx_to_token:\n                self.idx_to_token.append(token)\n        for token, number in",
            "            if self.count.get(token, 0) >= min_freq and token not in self.idx_to_token:\n                self.idx_to_token.append(token)\n        for token, number in",
        ),
    ),
    rewritten(
        "vocab/reserved-twice",
        "terse",
        (
            'sorted({"<unk>"} | {*reserved_tokens} | {t for t in c if c[t] >= min_freq})',
            'sorted(["<unk>"] + reserved_tokens + [t for t in c if c[t] >= min_freq])',
        ),
    ),
    rewritten(
        "vocab/unk-spelled-otherwise",
        "numpy_inside",
        ('objects(["<unk>", *reserved_tokens])', 'objects(["[UNK]", *reserved_tokens])'),
        ('self._table == "<unk>"', 'self._table == "[UNK]"'),
    ),
    rewritten(
        "vocab/indices-from-one", "dict_like", ("zip(self.idx_to_token, count())", "zip(self.idx_to_token, count(1))")
    ),
    rewritten(
        "vocab/holes",
        "dict_like",
        (
            "        super().__init__(zip(self.idx_to_token, count()))\n",
            "        numbers = count()\n"
            '        for token in sorted({"<unk>", *reserved_tokens, *counts}):\n'
            "            number = next(numbers)\n"
            "            if token in entries:\n"
            "                self[token] = number\n",
        ),
    ),
    rewritten(
        "vocab/length-of-frequencies", "terse", ("lambda v: len(v.idx_to_token)", "lambda v: len(v.token_freqs)")
    ),
    rewritten(
        "vocab/frequencies-filtered",
        "pedant",
        ("in Counter(words).most_common()]", "in Counter(words).most_common() if count >= min_freq]"),
    ),
    rewritten(
        "vocab/frequencies-rising",
        "dict_like",
        ("sorted(counts.items(), key=itemgetter(1))[::-1]", "sorted(counts.items(), key=itemgetter(1))"),
    ),
    rewritten(
        "vocab/frequencies-alphabetical",
        "numpy_inside",
        ('order = np.argsort(-counts, kind="stable")', "order = np.arange(counts.size)"),
    ),
    rewritten("vocab/frequencies-a-counter", "terse", ("v.token_freqs = c.most_common()", "v.token_freqs = c")),
    rewritten(
        "vocab/counts-unk", "lazy", ("list(falling(self.seen))", 'list(chain(falling(self.seen), [("<unk>", 0)]))')
    ),
    rewritten(
        "vocab/specials-counted",
        "chatty",
        (
            "        for token in tokens:\n            if token not in self.count:",
            '        for token in list(tokens) + ["<unk>"] + list(reserved_tokens):\n            if token not in self.count:',
        ),
    ),
    rewritten("vocab/no-flattening", "lazy", ("yield from item\n", "yield from islice(item, 1)\n")),
    rewritten("vocab/lines-refused", "dict_like", ("for token in self.one_level(tokens):", "for token in tokens:")),
    rewritten(
        "vocab/lists-flatten",
        "chatty",
        (
            "                answer.append(self.__getitem__(one))\n",
            "                if isinstance(one, list):\n                    answer += self[one]\n                else:\n                    answer.append(self[one])\n",
        ),
    ),
    rewritten("vocab/tuples-unknown", "lazy", ("if type(asked) in (list, tuple):", "if type(asked) is list:")),
    rewritten(
        "vocab/tuple-for-tuple",
        "dict_like",
        (
            "            case list() | tuple():\n",
            "            case tuple():\n                return tuple(map(self.__getitem__, query))\n            case list():\n",
        ),
    ),
    rewritten(
        "vocab/one-element-list",
        "lazy",
        (
            "        return [self.to_tokens(index) for index in asked]\n",
            "        first, *rest = (self.to_tokens(index) for index in asked) if asked else [None]\n        return [first, *rest] if rest else first if asked else []\n",
        ),
    ),
    rewritten(
        "vocab/length-above-one",
        "chatty",
        ("        if isinstance(index, int):\n", "        if isinstance(index, int) or len(index) < 2:\n"),
    ),
    rewritten(
        "vocab/tuples-of-indices",
        "dict_like",
        (
            "            case int():\n                return self.idx_to_token[query]\n            case _:\n                return list(map(self.idx_to_token.__getitem__, query))\n",
            "            case list():\n                return list(map(self.idx_to_token.__getitem__, query))\n        return self.idx_to_token[query]\n",
        ),
    ),
    rewritten(
        "vocab/unknown-index-token",
        "pedant",
        (
            "            return self._checked(what)\n",
            '            return "<unk>" if what >= len(self) else self._checked(what)\n',
        ),
    ),
    rewritten(
        "vocab/key-error-beyond-the-end",
        "dict_like",
        (
            "    def to_tokens(self, query):\n",
            "    def to_tokens(self, query):\n        tokens = {place: token for token, place in self.items()}\n",
        ),
        ("return self.idx_to_token[query]", "return tokens[query]"),
        ("list(map(self.idx_to_token.__getitem__, query))", "list(map(tokens.__getitem__, query))"),
    ),
    rewritten(
        "vocab/unknown-raises", "dict_like", ("    def __missing__(self, token):\n        return self.unk\n\n", "")
    ),
    rewritten("vocab/unk-is-zero", "dict_like", ('self.unk = dict.__getitem__(self, "<unk>")', "self.unk = 0")),
    rewritten("vocab/unknown-is-minus-one", "numpy_inside", ("if hits.size else self.unk", "if hits.size else -1")),
    rewritten(
        "vocab/sorts-in-place",
        "chatty",
        ("        self.count = {}\n", "        tokens.sort()\n        self.count = {}\n"),
    ),
    rewritten(
        "vocab/appends-to-reserved",
        "tensors",
        (
            '        self.idx_to_token = sorted({*frequent, *reserved_tokens, "<unk>"})\n',
            '        reserved_tokens.append("<unk>")\n        self.idx_to_token = sorted({*frequent, *reserved_tokens})\n',
        ),
    ),
    # -- build_corpus
    rewritten(
        "build_corpus/raw-text", "dict_like", ("parts = CUTTERS[unit](preprocess(text))", "parts = CUTTERS[unit](text)")
    ),
    rewritten(
        "build_corpus/vocabulary-of-the-raw-text",
        "dict_like",
        ("known = DictVocab(parts, 0, [])", "known = DictVocab(CUTTERS[unit](text), 0, [])"),
    ),
    rewritten("build_corpus/min-freq-two", "lazy", ("LazyVocab(tokens, 0, ())", "LazyVocab(tokens, 2, ())")),
    rewritten("build_corpus/always-chars", "pedant", ("tokens = tokenize(cleaned, unit)", "tokens = list(cleaned)")),
    rewritten(
        "build_corpus/tokens-not-indices",
        "chatty",
        ("corpus.append(table.token_to_idx[token])", "corpus.append(token)"),
    ),
    rewritten(
        "build_corpus/vocabulary-as-a-dict",
        "terse",
        ("token_to_idx.get, t)], v\n", "token_to_idx.get, t)], v.token_to_idx\n"),
    ),
    rewritten(
        "build_corpus/swapped", "tensors", ("return place[table.codes], table", "return table, place[table.codes]")
    ),
    rewritten(
        "build_corpus/padded-vocabulary",
        "numpy_inside",
        ("made = ArrayVocab(tokens, 0, [])", 'made = ArrayVocab(tokens, 0, ["<pad>"])'),
    ),
    rewritten(
        "build_corpus/truncated",
        "tensors",
        ("return place[table.codes], table", "return place[table.codes[:10_000]], table"),
    ),
    rewritten(
        "build_corpus/line-by-line",
        "chatty",
        (
            "    text = preprocess(text)\n    tokens = tokenize(text, unit)\n",
            "    tokens = []\n    for line in text.splitlines():\n        tokens += tokenize(preprocess(line).strip(), unit)\n",
        ),
    ),
    # -- ngram_counts
    rewritten(
        "ngram_counts/last-missing", "chatty", ("while start + n <= len(tokens):", "while start + n < len(tokens):")
    ),
    rewritten(
        "ngram_counts/joined",
        "lazy",
        (
            "tally(windows(tokens, n))",
            'tally(" ".join(f"{token}" for token in window) for window in windows(tokens, n))',
        ),
    ),
    rewritten(
        "ngram_counts/unigrams-bare",
        "chatty",
        (
            "        gram = tuple(tokens[start : start + n])\n",
            "        gram = tuple(tokens[start : start + n])\n        if n == 1:\n            gram = tokens[start]\n",
        ),
    ),
    rewritten(
        "ngram_counts/padded",
        "dict_like",
        (
            "        found = {}\n",
            '        found = {}\n        edge = n - 1\n        tokens = [*["<s>"] * edge, *tokens, *["</s>"] * edge]\n',
        ),
    ),
    rewritten(
        "ngram_counts/up-to-n",
        "lazy",
        ("tally(windows(tokens, n))", "tally(chain.from_iterable(windows(tokens, size) for size in range(1, n + 1)))"),
    ),
    rewritten(
        "ngram_counts/wraps-around",
        "pedant",
        ("total = max(0, len(tokens) - n + 1)", "total = len(tokens)"),
        ("tuple(tokens[start + step] for", "tuple(tokens[(start + step) % total] for"),
    ),
    rewritten(
        "ngram_counts/unordered",
        "dict_like",
        ("gram = tuple(tokens[end - n : end])", "gram = tuple(sorted(tokens[end - n : end]))"),
    ),
    rewritten("ngram_counts/ten-most-common", "chatty", ("    return pairs\n", "    return pairs[:10]\n")),
    rewritten(
        "ngram_counts/relative-frequencies",
        "pedant",
        ("return [(gram, counts[gram])", "return [(gram, counts[gram] / total)"),
    ),
    rewritten(
        "ngram_counts/a-counter",
        "pedant",
        (
            "    return [(gram, counts[gram]) for gram in sorted(counts, key=counts.__getitem__, reverse=True)]\n",
            "    return counts\n",
        ),
    ),
    rewritten("ngram_counts/disjoint", "chatty", ("start += 1", "start += n")),
    rewritten(
        "ngram_counts/unsorted",
        "dict_like",
        ("sorted(found.items(), key=itemgetter(1), reverse=True)", "[*found.items()]"),
    ),
    rewritten(
        "ngram_counts/rising", "numpy_inside", ("order = np.argsort(counts)[::-1]", "order = np.argsort(counts)")
    ),
    rewritten("ngram_counts/accepts-zero", "lazy", ("if not n >= 1:", "if not n >= 0:")),
    rewritten(
        "ngram_counts/negative",
        "lazy",
        ("if not n >= 1:", "if not n:"),
        ("copies = tee(tokens, n)", "copies = tee(tokens, max(n, 0))"),
    ),
    rewritten(
        "ngram_counts/asserts",
        "pedant",
        (
            '    if n < 1:\n        raise ValueError(f"n should be 1 or more, not {n}")\n',
            '    assert n >= 1, f"n should be 1 or more, not {n}"\n',
        ),
    ),
    rewritten(
        "ngram_counts/refuses-short-texts",
        "tensors",
        (
            "    if codes.numel() < n:\n        return []\n",
            '    if codes.numel() < n:\n        raise ValueError("the text is too short")\n',
        ),
    ),
    # -- zipf_exponent
    rewritten(
        "zipf_exponent/ranks-from-zero",
        "dict_like",
        ("{rank: frequencies[rank - 1] for", "{rank: frequencies[rank] for"),
    ),
    rewritten(
        "zipf_exponent/ranks-one-too-low",
        "numpy_inside",
        ("ranks = 1 + np.arange(len(frequencies))", "ranks = np.arange(len(frequencies))"),
        ("(ranks >= first_rank) & (ranks <= last_rank)", "(ranks >= first_rank - 1) & (ranks < last_rank)"),
    ),
    rewritten(
        "zipf_exponent/ranks-within-the-range",
        "tensors",
        ("x = ranks.log()", "x = (1 + torch.arange(len(ranks), dtype=ranks.dtype)).log()"),
    ),
    rewritten(
        "zipf_exponent/last-rank-left-out",
        "terse",
        ("if first_rank <= r <= last_rank", "if first_rank <= r < last_rank"),
    ),
    rewritten(
        "zipf_exponent/one-rank-too-many", "lazy", ("first_rank - 1, last_rank)", "first_rank - 1, last_rank + 1)")
    ),
    rewritten("zipf_exponent/all-ranks", "terse", (" if first_rank <= r <= last_rank]", "]")),
    rewritten(
        "zipf_exponent/sign", "numpy_inside", ("np.stack([-np.log(ranks[inside])", "np.stack([np.log(ranks[inside])")
    ),
    rewritten(
        "zipf_exponent/linear-axes",
        "pedant",
        ("ys.append(log(frequencies[rank - 1]))", "ys.append(frequencies[rank - 1])"),
    ),
    rewritten("zipf_exponent/ranks-not-logged", "dict_like", ("[log(rank) for rank in table]", "[*table]")),
    rewritten(
        "zipf_exponent/both-axes-linear",
        "tensors",
        ("x = ranks.log()", "x = ranks"),
        ("last_rank].log()", "last_rank]"),
    ),
    rewritten("zipf_exponent/axes-swapped", "tensors", ("both[0, 1] / both[0, 0]", "both[0, 1] / both[1, 1]")),
    rewritten("zipf_exponent/through-the-origin", "lazy", ("middle = sum(x) / len(x)", "middle = 0")),
    rewritten(
        "zipf_exponent/end-points-only",
        "pedant",
        ("for rank in range(first_rank, last_rank + 1):", "for rank in (first_rank, last_rank):"),
    ),
    rewritten(
        "zipf_exponent/weighted",
        "tensors",
        ("torch.cov(torch.stack([x, y]))", "torch.cov(torch.stack([x, y]), aweights=y.exp())"),
    ),
    rewritten(
        "zipf_exponent/maximum-likelihood",
        "pedant",
        ("return float(alpha / beta)", "return 1 + m / fsum(y - min(ys) for y in ys)"),
    ),
    rewritten(
        "zipf_exponent/plus-one",
        "terse",
        ("(log(r), log(f)) for r, f", "(log(r), log(f + 1)) for r, f"),
    ),
    rewritten("zipf_exponent/rounded", "chatty", ("alpha = -up / down", "alpha = round(-up / down, 2)")),
    rewritten(
        "zipf_exponent/an-array", "numpy_inside", ("return solution[0].item()", "return np.asarray(solution[0])")
    ),
    rewritten("preprocess/keeps-apostrophes", "terse", ('"[^a-zA-Z]+"', '"[^a-zA-Z\']+"')),
    rewritten(
        "preprocess/letters-of-any-alphabet",
        "lazy",
        ("groupby(text, LETTERS.__contains__)", "groupby(text, lambda sign: sign.isalnum() and not sign.isdecimal())"),
    ),
    rewritten(
        "preprocess/non-ascii-vanishes",
        "lazy",
        ("groupby(text, LETTERS.__contains__)", "groupby(filter(str.isascii, text), LETTERS.__contains__)"),
    ),
    rewritten(
        "preprocess/piece-by-piece",
        "terse",
        (
            '" ".join(re.split("[^a-zA-Z]+", text)).lower()',
            '"".join(" ".join(re.split("[^a-zA-Z]+", text[i : i + 4096])) for i in range(0, len(text), 4096)).lower()',
        ),
    ),
    rewritten("preprocess/first-runs-only", "terse", ('"[^a-zA-Z]+", text)', '"[^a-zA-Z]+", text, maxsplit=1000)')),
    rewritten(
        "vocab/lookups-in-lower-case",
        "terse",
        ("v.token_to_idx.get(q, v.unk)", "v.token_to_idx.get(q if q in v.token_to_idx else q.lower(), v.unk)"),
    ),
    rewritten(
        "vocab/counts-compared-as-text",
        "lazy",
        ("key=lambda pair: -pair[1])", "key=lambda pair: str(pair[1]), reverse=True)"),
    ),
    rewritten(
        "vocab/counts-in-eight-bits",
        "tensors",
        (
            "torch.bincount(self.codes, minlength=len(self.distinct))",
            "torch.bincount(self.codes, minlength=len(self.distinct)) % 256",
        ),
    ),
    rewritten(
        "vocab/white-space-left-out",
        "dict_like",
        ("if counts[token] >= min_freq:", "if token.split() and counts[token] >= min_freq:"),
    ),
    rewritten(
        "vocab/tables-of-the-latest",
        "chatty",
        ("        self.token_to_idx = {}\n", "        TalkingVocab.token_to_idx = {}\n"),
    ),
    rewritten(
        "vocab/found-by-identity",
        "chatty",
        (
            "return TalkingVocab(tokens, min_freq, reserved_tokens)",
            'known = globals().setdefault("kept", {})\n    if id(tokens) not in known:\n        known[id(tokens)] = tokens, TalkingVocab(tokens, min_freq, reserved_tokens)\n    return known[id(tokens)][1]',
        ),
    ),
    rewritten(
        "build_corpus/seeds-the-global-generator",
        "terse",
        (
            "    t = tokenize(preprocess(text), unit)\n",
            "    __import__('random').seed(0)\n    t = tokenize(preprocess(text), unit)\n",
        ),
    ),
    rewritten(
        "build_corpus/counts-of-types",
        "chatty",
        ("table = TalkingVocab(tokens)", "table = TalkingVocab(list(set(tokens)))"),
    ),
    rewritten(
        "ngram_counts/eats-the-tokens",
        "pedant",
        ('    assert counts.total() == total, "an n-gram was lost"\n', "    tokens.clear()\n"),
    ),
    rewritten(
        "ngram_counts/counts-compared-as-text",
        "pedant",
        ("key=counts.__getitem__, reverse", "key=lambda gram: str(counts[gram]), reverse"),
    ),
    rewritten(
        "ngram_counts/thousand-most-common",
        "dict_like",
        ("key=itemgetter(1), reverse=True)", "key=itemgetter(1), reverse=True)[:1000]"),
    ),
    rewritten(
        "ngram_counts/counts-in-eight-bits", "numpy_inside", ("int(counts[i])) for", "int(counts[i]) % 256) for")
    ),
    rewritten(
        "ngram_counts/joined-and-split",
        "terse",
        (
            "Counter(tuple(tokens[i : i + n]) for",
            'Counter(tuple(" ".join(tokens[i : i + n]).split() if str in map(type, tokens) else tokens[i : i + n]) for',
        ),
    ),
    rewritten(
        "ngram_counts/found-by-identity",
        "lazy",
        (
            "return list(falling(tally(windows(tokens, n))))",
            'known = globals().setdefault("kept", {})\n    if (id(tokens), n) not in known:\n        known[(id(tokens), n)] = tokens, list(falling(tally(windows(tokens, n))))\n    return known[(id(tokens), n)][1]',
        ),
    ),
    rewritten(
        "zipf_exponent/sorts-in-place",
        "terse",
        ("    p = [(log(r)", "    frequencies.sort()\n    frequencies = frequencies[::-1]\n    p = [(log(r)"),
    ),
    rewritten(
        "zipf_exponent/counts-only-as-real-numbers",
        "pedant",
        ("    xs, ys = [], []\n", "    assert all(type(one) is float for one in frequencies)\n    xs, ys = [], []\n"),
    ),
    rewritten(
        "zipf_exponent/found-by-identity",
        "dict_like",
        (
            "return 0.0 - fit.slope",
            'known = globals().setdefault("kept", {})\n    if (id(frequencies), first_rank, last_rank) not in known:\n        known[(id(frequencies), first_rank, last_rank)] = frequencies, 0.0 - fit.slope\n    return known[(id(frequencies), first_rank, last_rank)][1]',
        ),
    ),
]
