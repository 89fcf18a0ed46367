"""The parts of the documentation that are written by the code itself, at each `make docs`.

A page of docs/ holds a line `<!-- generated: NAME -->` where such a part belongs; `hook.py` lists the names.
"""
