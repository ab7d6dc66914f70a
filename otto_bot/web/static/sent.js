// After a run was asked for: asks the same page again until it leads to the run. Without this there is a link.
"use strict";

const STEPS_MS = [2_000, 2_000, 3_000, 5_000, 10_000, 30_000];

async function look(step) {
  const again = () => setTimeout(() => look(step + 1), STEPS_MS[Math.min(step, STEPS_MS.length - 1)]);
  if (document.hidden) return again();
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
    const there = new URL(answer.url);
    if (answer.ok && answer.redirected && there.pathname.startsWith("/runs/")) {
      location.replace(there.pathname);
      return;
    }
  } catch {
    // No connection: the link on the page stays, and the next look comes later.
  }
  again();
}

if (document.querySelector("#sent[data-waits]")) setTimeout(() => look(0), STEPS_MS[0]);
