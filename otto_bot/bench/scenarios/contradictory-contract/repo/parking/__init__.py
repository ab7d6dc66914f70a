"""The town's car park."""
