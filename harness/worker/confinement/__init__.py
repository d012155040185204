"""Confinement of a worker, one module a mechanism; `confine` applies what a level asks for."""
