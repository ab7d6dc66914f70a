"use strict";
/* A log of any size: at most RING characters of it are here at a time, whole parts come and go at both ends.
   Everything of the log is put in as text; colours are classes. Without this script the page has links instead. */
(() => {
  const RING = 1024 * 1024, PART = 128 * 1024, LIVE = 2000, BACKOFF = [2000, 5000, 15000, 30000], EDGE = 600;
  const KNOWN = 5000, TONES = { final: "done", live: "work", loading: "work", waiting: "wait" };
  const view = document.getElementById("log-view");
  if (!view) return;
  const url = view.dataset.part;
  const marked = { first: Number(view.dataset.first), last: Number(view.dataset.last) };
  let marks = view.dataset.marks ? new Set(view.dataset.marks.split(",").map(Number)) : null;
  const isMarkedLine = (number) =>
    marks ? marks.has(number) : marked.first > 0 && number >= marked.first && number <= marked.last;
  const state = document.getElementById("log-state"), age = document.getElementById("log-age");
  const form = document.getElementById("log-find"), found = document.getElementById("log-found");
  const nav = document.getElementById("log-nav");

  let parts = [], held = 0, size = 0, lines = 0, standing = view.dataset.standing, final = false;
  let heard = Date.now(), failures = 0, timer = 0, busy = false, closed = false, shown = "";

  const make = (tag, name, text) => {
    const one = document.createElement(tag);
    if (name) one.className = name;
    if (text !== undefined) one.textContent = text;
    return one;
  };
  const button = (text, act) => {
    const one = make("button", "", text);
    one.type = "button";
    one.addEventListener("click", act);
    return one;
  };

  /* ---- what is on the page ---- */
  const box = make("div", "log ring");
  box.id = "log-box";
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Lines of the log. Arrow and page keys move; / searches, Escape leaves the search.");
  const counts = make("p", "small");
  counts.id = "log-counts";
  const retry = button("Retry", () => { failures = 0; retry.hidden = true; look(true); });
  retry.id = "log-retry";
  retry.hidden = true;
  const trouble = make("span");
  trouble.id = "log-trouble";
  trouble.setAttribute("role", "status");

  /* ---- colours: the few that a page can show on both grounds; everything else is left out ---- */
  const SGR = /\x1b\[([0-9;]*)m/g;
  const ON = { 1: "b", 2: "f", 3: "i", 4: "u" }, OFF = { 22: ["b", "f"], 23: ["i"], 24: ["u"] };
  const coloured = (look, colour) => {
    const plain = look.filter((one) => !one.startsWith("c"));
    return colour >= 1 && colour <= 6 ? [...plain, "c" + colour] : plain;
  };
  const after = (look, codes) => {
    const numbers = codes.split(";").map(Number);
    for (let at = 0; at < numbers.length; at += 1) {
      const code = numbers[at];
      if (code === 38 || code === 48) {
        const given = numbers[at + 1] === 5 ? numbers[at + 2] : -1;
        if (code === 38) look = coloured(look, given >= 0 && given < 16 ? given % 8 : 0);
        at += numbers[at + 1] === 5 ? 2 : numbers[at + 1] === 2 ? 4 : 1;
      } else if (code === 0) look = [];
      else if (ON[code]) look = [...look.filter((one) => one !== ON[code]), ON[code]];
      else if (OFF[code]) look = look.filter((one) => !OFF[code].includes(one));
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) look = coloured(look, code % 10);
      else if (code === 39) look = coloured(look, 0);
    }
    return look;
  };
  const put = (line, into) => {
    let look = [], at = 0;
    const add = (text) => {
      if (text) into.append(look.length ? make("span", look.join(" "), text) : text);
    };
    for (const match of line.matchAll(SGR)) {
      add(line.slice(at, match.index));
      look = after(look, match[1]);
      at = match.index + match[0].length;
    }
    add(line.slice(at));
  };

  /* A part is two elements: its numbers, and its lines; lines without a look share one piece of text. */
  const drawn = (told, goesOn) => {
    const part = { from: told.from, next: told.next, line: told.line, length: told.text.length, el: make("div", "part") };
    const ends = told.text.endsWith("\n"), rows = told.text.split("\n");
    if (ends) rows.pop();
    part.open = !ends;
    part.lines = rows.length;
    const numbers = make("pre", "nums"), code = make("pre", "code");
    numbers.setAttribute("aria-hidden", "true");
    numbers.textContent = rows.map((_, n) => (n === 0 && goesOn ? "" : String(told.line + n))).join("\n");
    let plain = [];
    const flush = () => {
      if (plain.length) code.append(plain.join("\n") + "\n");
      plain = [];
    };
    rows.forEach((row, n) => {
      const number = told.line + n, isMarked = isMarkedLine(number);
      if (!isMarked && !row.includes("\x1b")) { plain.push(row); return; }
      flush();
      const into = isMarked ? make("mark") : make("span");
      if (isMarked) into.dataset.line = String(number);
      put(row, into);
      code.append(into, "\n");
    });
    flush();
    part.el.append(numbers, code);
    return part;
  };

  const drop = (end) => {
    const gone = end ? parts.pop() : parts.shift();
    held -= gone.length;
    if (end) gone.el.remove();
    else {
      const height = gone.el.offsetHeight, top = box.scrollTop;
      gone.el.remove();
      box.scrollTop = top - height;
    }
  };
  const append = (told) => {
    if (!told.text) return;
    const last = parts[parts.length - 1], part = drawn(told, last !== undefined && last.open && last.next === told.from);
    parts.push(part);
    held += part.length;
    box.append(part.el);
    while (held > RING && parts.length > 1) drop(false);
  };
  const prepend = (told) => {
    if (!told.text) return;
    const part = drawn(told, false);
    parts.unshift(part);
    held += part.length;
    box.prepend(part.el);
    box.scrollTop += part.el.offsetHeight;
    while (held > RING && parts.length > 1) drop(true);
  };
  const clear = () => { parts = []; held = 0; box.replaceChildren(); };

  const kb = (bytes) => (bytes < 1e6 ? Math.round(bytes / 1e3) + " kB" : (bytes / 1e6).toFixed(1) + " MB");
  const tell = () => {
    const from = parts.length ? parts[0].from : 0, next = parts.length ? parts[parts.length - 1].next : 0;
    const first = parts.length ? parts[0].line : 0;
    counts.textContent = parts.length
      ? `Here: ${kb(next - from)} of ${kb(size)} from line ${first.toLocaleString("en")} of ${lines.toLocaleString("en")}. ` +
        `Not held here: ${kb(from)} before, ${kb(Math.max(0, size - next))} after.`
      : "";
    counts.dataset.before = String(from);
    counts.dataset.after = String(Math.max(0, size - next));
    counts.dataset.held = String(held);
  };
  const sayAge = () => {
    if (final || !heard) { age.textContent = ""; return; }
    const seconds = Math.round((Date.now() - heard) / 1000);
    age.textContent = `last update ${seconds} s ago` + (document.hidden ? ", paused" : "");
  };

  /* ---- asking ---- */
  const ask = async (query) => {
    const answer = await fetch(`${url}?${query}`, { credentials: "same-origin", cache: "no-store" });
    if (answer.status === 404) { closed = true; throw new Error("there is no such log any more; reload the page"); }
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const told = await answer.json();
    size = told.size; lines = told.lines; standing = told.standing; final = told.final;
    heard = Date.now() - (standing === "final" ? 0 : told.age * 1000);
    if (told.words !== shown) { state.textContent = told.words; shown = told.words; }
    state.className = "state " + (TONES[standing] || "bad");
    return told;
  };
  const wait = (milliseconds) => {
    clearTimeout(timer);
    timer = 0;
    if (!closed && !document.hidden) timer = setTimeout(() => look(false), milliseconds);
  };
  const failed = (error) => {
    const pause = BACKOFF[Math.min(failures, BACKOFF.length - 1)];
    failures += 1;
    trouble.textContent = closed ? String(error.message) : `No update: ${error.message}. Again in ${pause / 1000} s.`;
    retry.hidden = closed;
    wait(pause);
  };
  const worked = () => {
    failures = 0;
    trouble.textContent = "";
    retry.hidden = true;
  };
  const alone = async (work) => {
    if (busy) return;
    busy = true;
    try {
      await work();
      worked();
      if (final) { clearTimeout(timer); timer = 0; } else wait(LIVE);
    } catch (error) {
      failed(error);
    } finally {
      busy = false;
      tell();
      sayAge();
      setTimeout(scrolled, 0);
    }
  };

  const atEnd = () => box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  const begin = async (query) => {
    const told = await ask(query);
    if (told.text === undefined) return;
    clear();
    append(told);
  };
  const more = async () => {
    const last = parts[parts.length - 1], follow = atEnd();
    const told = await ask(last ? `from=${last.next}&most=${PART}` : `tail=1&most=${PART}`);
    if (told.text) append(told);
    if (told.text && follow && !final) box.scrollTop = box.scrollHeight;
  };
  const look = (again) => alone(async () => {
    if (!parts.length || (!final && atEnd())) await (parts.length ? more() : first(again));
    else await ask(`from=${size}&most=4096`);
  });
  const first = async (again) => {
    const from = view.dataset.start, tail = !marked.first && from === "";
    const where = marked.first ? `line=${Math.max(1, marked.first - 200)}` : tail ? "tail=1" : `from=${from}`;
    await begin(`${where}&most=${PART}${again ? "&again=1" : ""}`);
    if (tail) box.scrollTop = box.scrollHeight;
    else await toMark();
  };
  const toMark = async () => {
    for (let tries = 0; tries < 4 && marked.first && !box.querySelector("mark"); tries += 1) {
      if (parts.length && parts[parts.length - 1].next >= size) break;
      await more();
    }
    const mark = box.querySelector("mark");
    if (mark) box.scrollTop = mark.offsetTop - box.clientHeight / 3;
  };
  const go = (query, end) => alone(async () => {
    await begin(`${query}&most=${PART}`);
    box.scrollTop = end ? box.scrollHeight : 0;
    box.focus();
  });
  const scrolled = () => {
    if (busy || !parts.length) return;
    const from = parts[0].from, next = parts[parts.length - 1].next;
    if (box.scrollTop < EDGE && from > 0) alone(async () => prepend(await ask(`before=${from}&most=${PART}`)));
    else if (box.scrollHeight - box.scrollTop - box.clientHeight < EDGE && next < size) alone(more);
  };

  /* ---- searching ---- */
  let words = "", matches = [], at = -1, following = 0;
  const search = async () => {
    const told = await ask(`find=${encodeURIComponent(words)}&after=${following}`);
    matches = matches.concat(told.matches).slice(0, KNOWN);
    following = matches.length >= KNOWN ? null : told.following;
  };
  const goTo = async (number) => {
    const line = matches[number][1];
    marked.first = marked.last = line;
    marks = null;
    await begin(`line=${Math.max(1, line - 100)}&most=${PART}`);
    await toMark();
    found.textContent =
      `Match ${number + 1} of ${matches.length}${following === null ? "" : " so far"}, line ${line.toLocaleString("en")}.`;
  };
  const step = (by) => alone(async () => {
    const input = form.elements.namedItem("find");
    if (input.value !== words) { words = input.value; matches = []; at = -1; following = 0; by = 1; }
    if (!words) { found.textContent = ""; return; }
    while (at + by >= matches.length && following !== null) {
      await search();
      found.textContent = `${matches.length} matches so far…`;
    }
    if (!matches.length) { found.textContent = "Not found."; return; }
    at = Math.max(0, Math.min(at + by, matches.length - 1));
    await goTo(at);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); step(1); });
  for (const link of form.querySelectorAll("a")) link.remove();
  form.append(button("Previous match", () => step(-1)), button("Next match", () => step(1)));
  document.addEventListener("keydown", (event) => {
    const input = form.elements.namedItem("find");
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    } else if (event.key === "Escape" && event.target === input) box.focus();
  });

  /* ---- take the place of what the server drew ---- */
  nav.replaceChildren(
    button("First lines", () => go("from=0", false)),
    button("Last lines", () => go("tail=1", true)),
  );
  for (const id of ["log-lines", "log-empty"]) document.getElementById(id)?.remove();
  nav.after(trouble, retry, box, counts);
  document.getElementById("log-again").addEventListener("click", (event) => {
    if (final && standing === "final") return;
    event.preventDefault();
    failures = 0;
    look(true);
  });
  box.addEventListener("scroll", scrolled, { passive: true });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { clearTimeout(timer); timer = 0; sayAge(); } else if (!final && !closed) look(false);
  });
  window.addEventListener("pagehide", () => { closed = true; clearTimeout(timer); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) { closed = false; look(false); } });
  setInterval(sayAge, 1000);
  look(false);
})();
