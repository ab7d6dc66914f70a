"use strict";
/* Says when the branch has moved on from what is shown: asked each minute while somebody looks, and never otherwise. */
(() => {
  const here = document.getElementById("diff-now");
  if (!here) return;
  const moved = document.getElementById("diff-moved"), words = document.getElementById("diff-moved-words");
  let timer = 0;
  const look = async () => {
    clearTimeout(timer);
    if (document.hidden || !moved.hidden) return;
    try {
      const answer = await fetch(here.dataset.now, { credentials: "same-origin", cache: "no-store" });
      const told = answer.ok ? await answer.json() : {};
      if (told.head && told.head !== here.dataset.head) {
        words.textContent = `The branch has moved since this was taken: it is at ${told.head.slice(0, 12)} now.`;
        moved.hidden = false;
      }
    } catch {
      /* Asked again in a minute: what is shown says itself when it was taken. */
    }
    timer = setTimeout(look, 60000);
  };
  document.addEventListener("visibilitychange", look);
  timer = setTimeout(look, 60000);
})();
