"""What the page of insight says: titles of plots and tables, and what their parts are."""

from __future__ import annotations

NO_GATES = "No gate was decided yet in these runs."
DECIDERS = "What decisions were worth"
DECIDING = "What deciding cost"
WEEKS = "Week by week"
CAUSES = "By cause"
CLASSES = "By class"
ESTIMATES = "How estimates held"
ESTIMATED_TITLE = "Estimates, run by run"
SECOND = "Attempts that decisions reopened"
WASTED_PLOT = "Wasted: reopened, and failed again"
SKIPS = "Tasks that were left out"
COST = "US dollars a gate: median, line to the 95th percentile"
LATENCY = "Seconds of deciding: median, line to the 95th percentile"
SECOND_WEEKS = "Reopened attempts, by the week of their gate"
COST_WEEKS = "Cents that deciding cost, by week"
ESTIMATED = "Estimated range, and a mark where the cost came"
PASSED, FAILED, OPEN = "passed", "failed", "open"
OPEN_LEGEND = "open: no result yet"
WASTED, NOBODY = "failed again", "nobody's fault here"
WRONG, OUT = "brought back and merged", "stayed out"
CENTS = "cents"
UNCALLED = "No model was called, so nothing was paid and no reply waited for: {names}."
WEEK_NOTE = "Weeks begin on Monday, UTC; columns show the newest twelve."
WEEK_HEAD = ("week from", "gates", "reopened attempts passed", "wasted", "$ in all", "seconds in all")
ESTIMATED_HEAD = ("run", "estimate", "cost", "came")
INSIDE, BELOW, ABOVE = "inside", "below", "above"
RANGE_LEGEND = (("done", "inside the range"), ("off", "below it"), ("bad", "above it"))
