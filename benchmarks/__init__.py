"""What Headway costs: pages, answers, drafts. `make bench` runs it all; docs/benchmarks.md keeps the figures."""
