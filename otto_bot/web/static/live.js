// Keeps an open page up to date: listens to the server (Server-Sent Events), puts new events at the top of the
// timeline, and patches the parts of the page that changed, so that focus, scrolling, selection and what was opened
// stay. Without this script the page is as it was when it was loaded.
"use strict";

(() => {
  const PAUSES = [2, 5, 15, 30]; // seconds until the next try, growing
  const FAILURES = 3; // so many in a row are told
  const SILENCE = 40; // seconds without a sign of life (the server gives one every 15) are a failure
  const ROWS = 200; // of the timeline: older ones are left out of the page, with a link to them
  const RELOADS = 10; // seconds between two loads of the page by itself

  const main = document.querySelector("main[data-live]");
  const shown = document.getElementById("live");
  const alerts = document.getElementById("alerts");
  const aloud = document.getElementById("aloud");

  // ---- patching

  const keyOf = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    if (node.id) return `#${node.id}`;
    if (node.nodeName !== "TR" && node.nodeName !== "LI") return "";
    const link = node.querySelector("a[href]");
    return link ? link.getAttribute("href") : "";
  };

  // Make `from` like `to` by the fewest changes: nodes that are the same stay in place, with all that a person did.
  const patch = (from, to) => {
    if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName || keyOf(from) !== keyOf(to)) {
      from.replaceWith(to);
      return;
    }
    if (from.nodeType !== Node.ELEMENT_NODE) {
      if (from.data !== to.data) from.data = to.data;
      return;
    }
    for (const { name } of [...from.attributes]) {
      if (!to.hasAttribute(name) && name !== "open") from.removeAttribute(name); // opened by whoever reads
    }
    for (const { name, value } of [...to.attributes]) {
      if (from.getAttribute(name) !== value && name !== "open") from.setAttribute(name, value);
    }
    patchChildren(from, to);
  };

  const patchChildren = (from, to) => {
    const wantedKeys = new Set([...to.children].map(keyOf));
    const kept = new Map();
    for (const node of [...from.children]) {
      const key = keyOf(node);
      if (key && !wantedKeys.has(key)) node.remove(); // first: what stays behind it must not be moved, it has the focus
      else if (key) kept.set(key, node);
    }
    let at = from.firstChild;
    for (const wanted of [...to.childNodes]) {
      const key = keyOf(wanted);
      const known = key ? kept.get(key) : null;
      if (known) {
        while (at && at !== known && !keyOf(at)) at = remove(at);
        if (at === known) at = at.nextSibling;
        else from.insertBefore(known, at);
        patch(known, wanted);
      } else if (at && !key && !keyOf(at)) {
        const next = at.nextSibling;
        patch(at, wanted);
        at = next;
      } else from.insertBefore(wanted, at);
    }
    while (at) at = remove(at);
  };

  const remove = (node) => {
    const next = node.nextSibling;
    node.remove();
    return next;
  };

  const parsed = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html; // our own server's, escaped there
    return template.content;
  };

  const replace = (name, html) => {
    const part = document.querySelector(`[data-part="${CSS.escape(name)}"]`);
    if (!part) return;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    patchChildren(part, parsed(html));
    if (focused?.isConnected) {
      if (document.activeElement !== focused) focused.focus({ preventScroll: true }); // it was moved
    } else if (focused) {
      // What had the focus is gone: who goes by the keyboard goes on from here, not from the top.
      part.tabIndex = -1;
      part.focus({ preventScroll: true });
    }
  };

  const headline = () => ["now", "why", "next"].map((id) => document.getElementById(id)?.textContent.trim() || "").join(". ");

  const showParts = ({ parts }) => {
    const before = headline();
    for (const [name, html] of Object.entries(parts)) replace(name, html);
    const after = headline();
    if (after === before) return;
    aloud.textContent = after; // read aloud, when there is a pause; nothing else is
    // Forms stay as they are, with what somebody types; what they count for is not what stands above them now.
    const note = document.getElementById("moved-on");
    if (note) note.hidden = false;
  };

  const showEntry = ({ seq, html }) => {
    const rows = document.getElementById("events");
    if (!rows) return over("moved"); // the page was made when there was no event at all
    if (document.getElementById(`event-${seq}`)) return;
    rows.prepend(parsed(html));
    if (rows.rows.length <= ROWS) return;
    while (rows.rows.length > ROWS) rows.rows[rows.rows.length - 1].remove();
    earlier(rows.rows[rows.rows.length - 1].id.replace("event-", ""));
  };

  // The link to earlier events begins where the rows of this page end.
  const earlier = (seq) => {
    const nav = document.getElementById("earlier");
    let link = nav.querySelector("[rel=next]");
    if (!link) {
      link = document.createElement("a");
      link.rel = "next";
      link.textContent = nav.dataset.words;
      nav.append(link);
    }
    const url = new URL(location.href);
    url.searchParams.set("before", seq);
    url.hash = "timeline";
    link.href = url.pathname + url.search + url.hash;
  };

  // ---- what the page says about itself

  const clock = (at) => at || new Date().toISOString().slice(11, 19);
  let asOf = "";
  const say = (state) => {
    shown.hidden = false;
    shown.className = `live ${state}`;
    const words = shown.dataset[state];
    const text = asOf && state !== "on" ? `${words}. ${shown.dataset.begin} ${asOf}` : words;
    if (shown.textContent !== text) shown.textContent = text;
  };

  let banner = "";
  const warn = (name, act) => {
    if (banner === name) return;
    banner = name;
    const made = document.getElementById(name).content.cloneNode(true);
    made.querySelector("button").addEventListener("click", act);
    alerts.replaceChildren(made);
  };
  const calm = () => {
    if (banner) alerts.replaceChildren();
    banner = "";
  };

  const busyHere = () => {
    const one = document.activeElement;
    const dirty = [...document.querySelectorAll("textarea, input[type=text], input:not([type])")].some(
      (field) => field.value !== field.defaultValue,
    );
    return dirty || (one && /^(INPUT|TEXTAREA|SELECT)$/.test(one.nodeName));
  };

  const over = (why) => {
    stop();
    finished = true;
    say("off");
    warn(why, () => location.reload());
  };

  const loadAnew = () => {
    const key = "otto-loaded";
    const last = Number(sessionStorage.getItem(key) || 0);
    if (busyHere() || Date.now() - last < RELOADS * 1000) return over("moved"); // never over what somebody writes
    sessionStorage.setItem(key, String(Date.now()));
    location.reload();
  };

  // ---- the connection

  let source = null;
  let failures = 0;
  let finished = false;
  let waiting = 0;
  let silence = 0;
  let after = main ? main.dataset.after : "0";
  let seen = main ? main.dataset.seen : "";

  const stop = () => {
    if (source) source.close();
    source = null;
    clearTimeout(waiting);
    clearTimeout(silence);
  };

  const alive = ({ at, away }) => {
    if (!away) asOf = clock(at);
    failures = 0;
    if (banner === "lost") calm();
    say(away ? "off" : "on");
    clearTimeout(silence);
    silence = setTimeout(failed, SILENCE * 1000);
  };

  const failed = () => {
    stop();
    failures += 1;
    say("off");
    if (failures >= FAILURES) warn("lost", connect);
    if (!document.hidden) waiting = setTimeout(connect, PAUSES[Math.min(failures, PAUSES.length) - 1] * 1000);
  };

  // A browser does not tell a script why it got no stream: whoever is logged out needs other words than a lost server.
  const ask = async (url) => {
    const asking = new AbortController();
    try {
      const { status } = await fetch(url, { signal: asking.signal });
      if ([401, 403, 404].includes(status)) over("left");
    } catch {
      return; // not reached: that was counted already
    } finally {
      asking.abort();
    }
  };

  const connect = () => {
    stop();
    if (finished || document.hidden) return;
    const url = new URL(main.dataset.live, location.href);
    url.searchParams.set("after", after);
    url.searchParams.set("seen", seen);
    const mine = new EventSource(url);
    source = mine;
    const on = (name, act) =>
      mine.addEventListener(name, (event) => {
        if (source !== mine) return; // something of a connection that was given up
        try {
          act(JSON.parse(event.data), event);
        } catch (error) {
          failed();
          throw error; // where people look for it: the browser's console
        }
      });
    on("beat", alive);
    on("entry", (entry) => {
      showEntry(entry);
      after = String(entry.seq);
    });
    on("parts", (news) => {
      showParts(news);
      seen = news.seen;
      alive(news);
    });
    on("bye", () => {
      stop();
      finished = true;
      say("over");
    });
    on("again", connect);
    on("reload", loadAnew);
    on("left", () => over("left"));
    // Not the browser's own way of coming again: it would know neither pauses nor what is shown.
    mine.onerror = () => {
      if (source !== mine) return;
      if (mine.readyState === EventSource.CLOSED) ask(url); // it was answered, and not with a stream
      failed();
    };
  };

  // ---- what every page has

  // Buttons that only a script can carry out wait for it (`data-boot`); what they say meanwhile is in their title.
  const boot = () => {
    for (const button of document.querySelectorAll("[data-boot]")) {
      button.disabled = false;
      button.removeAttribute("title");
      button.removeAttribute("data-boot");
    }
    document.documentElement.dataset.ready = "yes";
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const open = document.activeElement?.closest("details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary")?.focus();
  });

  document.addEventListener("keydown", (event) => {
    // Ctrl+Enter or Cmd+Enter sends the form that one is in, by its first button that can be pressed.
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    const form = document.activeElement?.closest("form");
    const button = form?.querySelector("button[type=submit]:not(:disabled), button:not([type]):not(:disabled)");
    if (!button) return;
    event.preventDefault();
    form.requestSubmit(button);
  });

  boot();
  if (!main || !window.EventSource) return;
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : connect()));
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => event.persisted && connect());
  window.addEventListener("online", connect);
  connect();
})();
