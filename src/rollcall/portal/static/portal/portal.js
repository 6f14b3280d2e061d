// What pages do in the browser beyond links and forms; each part looks for its own data- attribute.

const say = (text) => {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
};

// Copy buttons: <button data-copy="value">
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    say(button.dataset.copied || "Copied");
    setTimeout(() => button.classList.remove("done"), 1500);
  } catch {
    const code = button.parentElement.querySelector("code");
    if (code) getSelection().selectAllChildren(code);
  }
});

// The drawer of the navigation on narrow screens.
const drawer = document.querySelector("[data-drawer]");
if (drawer) {
  const open = (on) => {
    document.body.classList.toggle("drawer-open", on);
    drawer.setAttribute("aria-expanded", String(on));
  };
  drawer.addEventListener("click", () => open(!document.body.classList.contains("drawer-open")));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("drawer-open")) {
      open(false);
      drawer.focus();
    }
  });
}

// Light or dark.
document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch { /* for this page only, then */ }
});

// Forms that change with what is chosen: <… data-shown-by="name=value name=other">
const show = (form) => {
  for (const part of form.querySelectorAll("[data-shown-by]")) {
    const shown = part.dataset.shownBy.split(" ").some((condition) => {
      const [name, value] = condition.split("=");
      const control = form.elements[name];
      if (!control) return false;
      if (control.type === "checkbox") return control.checked === (value !== "off");
      return control.value === value;
    });
    part.hidden = !shown;
  }
};
for (const form of document.querySelectorAll("form")) {
  show(form);
  form.addEventListener("change", () => show(form));
}

// Ask before what cannot be undone: <button data-confirm="sentence">
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (button && !confirm(button.dataset.confirm)) event.preventDefault();
});

// Bulk actions: tick all, and say how many are ticked. <table data-ticks> … <input data-tick-all>
for (const table of document.querySelectorAll("[data-ticks]")) {
  const boxes = () => [...table.querySelectorAll("tbody input[type=checkbox]")];
  const update = () => {
    const count = boxes().filter((box) => box.checked).length;
    const bar = document.getElementById(table.dataset.ticks);
    if (!bar) return;
    bar.hidden = count === 0;
    const number = bar.querySelector("[data-count]");
    if (number) number.textContent = String(count);
  };
  table.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    update();
  });
  update();
}

// A form that is sent says so, and is not sent twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.dataset.again !== undefined || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button:not([type=button])")) button.classList.add("busy");
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button.busy")) button.classList.remove("busy");
});

/* On a phone the tabs may be wider than the window: the present one is in sight. */
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 16;
}

// Calls: <button data-call="number as dialled">. The web phone that is open takes it; else one is
// opened. A phone says {type: "ready"} when it can take calls, and again when it is asked.
const ANSWERS_WITHIN = 250;
const OPENS_WITHIN = 120_000; // one may have to sign in first
const toPhone = "BroadcastChannel" in window ? new BroadcastChannel("rollcall-phone") : null;
let waiting = null;

const dial = (number) => {
  toPhone.postMessage({ type: "call", number });
  clearTimeout(waiting.timer);
  waiting = null;
};
toPhone?.addEventListener("message", ({ data }) => {
  if (data?.type === "ready" && waiting) dial(waiting.number);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-call]");
  if (!button || !toPhone) return;
  clearTimeout(waiting?.timer);
  const open = () => {
    const phone = window.open(button.dataset.phone, "rollcall-phone");
    if (!phone) say(button.dataset.blocked);
    waiting.timer = setTimeout(() => { waiting = null; }, OPENS_WITHIN);
  };
  waiting = { number: button.dataset.call, timer: setTimeout(open, ANSWERS_WITHIN) };
  say(button.dataset.calling);
  toPhone.postMessage({ type: "hello" });
});
