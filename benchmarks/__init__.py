"""How fast geopush is, beside what else there is: ``python -m benchmarks``."""
