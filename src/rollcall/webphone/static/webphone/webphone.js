// The search of the web phone: keys, what a screen reader is told, and trouble with the server.

// Parts of the page are exchanged: what is in them is looked up each time.
const search = () => document.getElementById("q");
const trouble = (on) => {
  const notice = document.querySelector("[data-trouble]");
  if (notice) notice.hidden = !on;
};
const narrow = matchMedia("(max-width: 899px)");

const say = (text) => {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
};
const rows = () => [...document.querySelectorAll("#found [data-row]")];
const mark = () => {
  const open = document.getElementById("detail")?.dataset.open;
  for (const row of rows()) {
    if (new URL(row.href).pathname === open) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
};

const clear = () => {
  const input = search();
  input.focus();
  if (!input.value) return;
  input.value = "";
  input.dispatchEvent(new Event("input", { bubbles: true }));
};

const move = (from, step) => {
  const all = rows();
  const next = all.indexOf(from) + step;
  if (next < 0) search().focus();
  else all[Math.min(next, all.length - 1)]?.focus();
};

const KEYS = {
  ArrowDown: (from) => move(from, 1),
  ArrowUp: (from) => {
    if (from) move(from, -1);
  },
  Escape: () => clear(),
};

const typing = (target) => target.matches?.("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  const input = search();
  if (!input || event.defaultPrevented || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = event.target.closest?.("[data-row]");
  if (event.key === "/" && !typing(event.target)) {
    event.preventDefault();
    input.focus();
    input.select();
  } else if (KEYS[event.key] && (row || event.target === input)) {
    event.preventDefault();
    KEYS[event.key](row);
  } else if (event.key === "Escape" && event.target.closest?.("#detail")) {
    event.preventDefault();
    input.focus();
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  trouble(false);
  const target = event.detail?.target ?? event.target;
  const name = document.getElementById("chosen");
  mark();
  if (target.id !== "detail") {
    say(document.getElementById("found")?.dataset.said ?? "");
  } else if (name && narrow.matches) {
    scrollTo(0, 0);
    name.focus({ preventScroll: true });
  } else if (name) {
    say(name.textContent);
  }
});

for (const problem of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(problem, () => trouble(true));
}

mark();
const input = search();
if (input && !narrow.matches && !document.querySelector("#detail[data-open]")) {
  input.focus();
  input.setSelectionRange(input.value.length, input.value.length);
}
