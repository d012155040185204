"""A complete solution in class style: modules as one would write them for training, adapted to the hooks'
`(inputs, state, params)` by `torch.func.functional_call`."""

from .attention import *
from .batching import *
from .bptt import *
from .gated import *
from .markov import *
from .rnn import *
from .sequence import *
from .text import *
