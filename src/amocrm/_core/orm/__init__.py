"""Identity map, tracking, plan, outcome, reconciliation, filters and pages: pure decisions."""
