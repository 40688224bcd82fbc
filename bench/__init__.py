"""Benchmarks of speed, memory and request counts, as ratios within one run.

Absolute times are not comparable between machines, so each figure has a reference of the same run.
"""
