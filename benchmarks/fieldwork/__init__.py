"""The parts of `benchmarks/field.py`: data sets, generators, measures, the cells that they make, and their tables."""
