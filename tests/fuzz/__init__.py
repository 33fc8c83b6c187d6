"""Spoiled input for every reader of what comes from outside: `python -m tests.fuzz` and `make fuzz`.

A reader is fuzzed by a module in `targets/` with a `TARGET` (see `target.Target`); nothing else is to be done. The
harness makes its inputs from the target's own good ones, runs them in processes with little memory and an alarm clock,
and knows one outcome that is right: findings, each with an Italian sentence that may be shown.
"""
