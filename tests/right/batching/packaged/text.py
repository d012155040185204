"""Words to indices."""


class Frame:
    """A map with what goes around each sentence."""

    def __init__(self, index, *around):
        self.index = index
        self.begin = list(around[:1])
        self.end = list(around[1:])

    def ids(self, words, limit=None):
        if limit is not None:
            words = words[: limit - len(self.begin) - len(self.end)]
        tokens = self.begin + list(words) + self.end
        return [self.index[token if token in self.index else "<unk>"] for token in tokens]
