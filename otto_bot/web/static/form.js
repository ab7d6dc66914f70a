// Forms of pages work without this. It adds: Ctrl/Cmd+Enter sends, Esc closes, and a button never stays silent.
"use strict";

const ANSWER_MS = 15_000;

/** The button says that it was pressed, and can be pressed again once nothing came of it: the same press counts once. */
function sending(form) {
  const button = form.querySelector("button[type=submit]");
  if (!button) return;
  const words = button.textContent;
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  button.after(status);
  const again = (said) => {
    button.disabled = false;
    button.textContent = words;
    form.removeAttribute("aria-busy");
    status.textContent = said;
  };
  // Only after the browser has read what the form carries.
  setTimeout(() => {
    button.disabled = true;
    button.textContent = form.dataset.sending || "Sending …";
    form.setAttribute("aria-busy", "true");
  }, 0);
  const timer = setTimeout(() => again(form.dataset.late || "No answer yet: press again, it counts once."), ANSWER_MS);
  window.addEventListener("pageshow", () => { clearTimeout(timer); again(""); }, { once: true });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  sending(form);
});

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.defaultPrevented) return; // another script of the page has done it
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && at instanceof Element) {
    const form = at.closest("form");
    if (form && form.method === "post") {
      event.preventDefault();
      form.requestSubmit();
    }
  } else if (event.key === "Escape" && at instanceof Element) {
    const open = at.closest("details[open]");
    if (open) {
      open.open = false;
      const summary = open.querySelector("summary");
      if (summary) summary.focus();
    }
  }
});
