"""Markov chains and n-gram language models: counting, decoding, sampling, smoothing, perplexity."""

from harness import hookimpl


@hookimpl
def markov_transitions(corpus, vocab_size, order):
    """Estimate the transition probabilities of a Markov chain of any order from a corpus.

    Shapes: a list of int in; a dict from contexts, each a tuple of `order` tokens (a 1-tuple for order 1),
        to float64 tensors (V,) out, with V = `vocab_size`.
    Conventions: entry x of a row is the relative frequency of x as the next token after that context. The
        keys are exactly the contexts that occur with a successor. Tokens lie in 0 ... V-1; V may exceed the
        tokens that occur. float64, in precision too.
    Source: D2L 9.1.2 and 9.3.1, equation 9.3.5.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def most_likely_sequence(initial, transition, num_steps):
    """Find the most likely sequence of a first-order Markov chain.

    Shapes: initial (V,), transition (V, V), transition[a, b] the probability of b after a; a list of
        `num_steps` int out.
    Conventions: the argmax over x_1 ... x_T of initial[x_1] times the product of transition[x_t, x_{t+1}],
        T = `num_steps`, by dynamic programming: time O(T V^2), so T = 500 with V = 50 takes well under a
        second. T is up to 1000: no recursion over T, no underflow. float32 or float64 arguments; float64
        ones give float64 accuracy. Probabilities may be 0. Ties: any maximiser.
        Ungraded: every sequence has probability 0.
    Source: D2L 9.1.2.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def sample_chain(initial, transition, num_steps, generator):
    """Draw one sequence from a first-order Markov chain.

    Shapes: initial (V,), transition (V, V), transition[a, b] the probability of b after a; a list of
        `num_steps` int out.
    Conventions: the first token is drawn from `initial`, each later one from the row of the token before
        it. All randomness comes from `generator`, a torch.Generator on the CPU, used as it stands: the same
        generator state gives the same chain, and the next call another. float32 or float64 arguments. A token of
        probability 0 is never drawn.
    Source: D2L 9.1.2.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def ngram_model(corpus, vocab_size, n, epsilons):
    """Build a smoothed unigram, bigram or trigram model (n = 1, 2, 3).

    Shapes: a list of int in; out, an object with `prob(token, context) -> float`, the probability of
        `token` after `context`, a tuple of n-1 tokens.
    Conventions: [9.3.6] with m = `vocab_size`, N = len(corpus), n(.) counts in the corpus and
        `epsilons` = (e1, e2, e3), always all three:
        n=1: P(x) = (n(x) + e1/m) / (N + e1);
        n=2: P(x | a) = (n(a, x) + e2 P(x)) / (n(a) + e2);
        n=3: P(x | a, b) = (n(a, b, x) + e3 P(x)) / (n(a, b) + e3),
        where P(x) is the smoothed unigram and n(context) counts the context where a token follows. Tokens
        lie in 0 ... m-1; a context may never have been seen.
        Ungraded: the context that ends the corpus; 0/0.
    Source: D2L 9.3.1, equation 9.3.6.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def sequence_log_prob(model, tokens, n):
    """Score a sequence with an n-gram model.

    Shapes: `model` is any object with `prob(token, context) -> float`, `context` a tuple of n-1 tokens; a
        list of int; a float out.
    Conventions: the sum of log P(token | the n-1 tokens before it) over the positions n-1, n, ... counted
        from 0; natural logarithms. A zero probability gives -inf, without a warning; fewer than n tokens
        give 0.0.
    Source: D2L 9.3.1, equations 9.3.2 and 9.3.4.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def perplexity(log_probs):
    """Turn per-token log probabilities into a perplexity.

    Shapes: a list of float or int in, one for each token; a float out.
    Conventions: exp(-mean of the log probabilities) [9.3.8], over all tokens at once, never a mean of
        per-batch values; natural logarithms. -inf anywhere gives inf.
        Ungraded: a finite perplexity above 1e300.
    Raises: ValueError on an empty sequence.
    Source: D2L 9.3.2, equation 9.3.8.
    """
    raise NotImplementedError("not implemented yet")
