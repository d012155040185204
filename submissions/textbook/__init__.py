"""A complete solution in the style of the course's book: its classes, written anew, and beside each the hook that it
serves. Section numbers are those of Dive into Deep Learning 1.0."""

from .attention import *
from .batching import *
from .bptt import *
from .gated import *
from .markov import *
from .rnn import *
from .sequence import *
from .text import *
