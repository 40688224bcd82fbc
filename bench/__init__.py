"""Speed, memory and request counts as ratios within one run; absolute times say nothing on shared machines."""
