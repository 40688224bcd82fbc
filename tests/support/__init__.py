"""What tests of several folders and the benchmarks share: servers, processes that die, measured loads."""
