// Pickers: choose among what the directory found, with keys or a finger. Each stands in a
// [data-selection]; what is chosen becomes a chip with a hidden field, and goes with the form.

const say = (text) => {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
};

const close = (input) => {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  const results = list?.parentElement;
  if (results) for (const part of [...results.children]) if (part !== list) part.remove();
  list?.replaceChildren();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
};

const pick = (option) => {
  const part = option.closest("[data-selection]");
  const added = part.querySelector("[data-added]");
  const { id, line, name } = option.dataset;
  const there = [...added.querySelectorAll("input")].some((one) => one.value.startsWith(`${id} `));
  if (!there) {
    const chip = part.querySelector("template[data-chip]").content.cloneNode(true);
    const field = chip.querySelector("input");
    field.name = added.dataset.name;
    field.value = `${id} ${line}`;
    chip.querySelector(".who-name").textContent = name;
    chip.querySelector(".quiet").textContent = line === name ? "" : line;
    chip.querySelector("button .hidden").textContent += ` ${name}`;
    added.append(chip);
  }
  say(name);
  if (option.matches("li button")) {
    option.closest("li").remove();
    return;
  }
  const input = part.querySelector("[role=combobox]");
  input.value = "";
  input.dispatchEvent(new Event("input", { bubbles: true })); // so that the same words search again
  close(input);
  input.focus();
};

document.addEventListener("click", (event) => {
  const option = event.target.closest("[data-pick]");
  if (option) pick(option);
  const chip = event.target.closest("[data-unpick]")?.closest("li");
  if (chip) {
    const input = chip.closest("[data-selection]").querySelector("[role=combobox]");
    chip.remove();
    input.focus();
  }
});

const point = (input, options, index) => {
  for (const [at, option] of options.entries()) {
    option.setAttribute("aria-selected", String(at === index));
  }
  const chosen = options[index];
  if (!chosen) return;
  input.setAttribute("aria-activedescendant", chosen.id);
  chosen.scrollIntoView({ block: "nearest" });
};

const keys = (event) => {
  const input = event.target;
  const options = [...document.getElementById(input.getAttribute("aria-controls")).children];
  const now = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "Enter") {
    event.preventDefault();
    if (options[now]) pick(options[now]);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    const from = now < 0 && step < 0 ? options.length : now;
    if (options.length) point(input, options, (from + step + options.length) % options.length);
  } else if (event.key === "Escape") {
    close(input);
  }
};

for (const picker of document.querySelectorAll("[data-picker]")) {
  picker.hidden = false;
  const input = picker.querySelector("[role=combobox]");
  input.addEventListener("keydown", keys);
  input.addEventListener("input", () => {
    if (!input.value.trim()) close(input);
  });
  // Who is pointed at stays so while more letters narrow the list.
  let pointed;
  picker.addEventListener("htmx:beforeSwap", () => {
    const list = document.getElementById(input.getAttribute("aria-controls"));
    pointed = list.querySelector("[aria-selected=true]")?.dataset.id;
  });
  picker.addEventListener("htmx:afterSwap", () => {
    const list = document.getElementById(input.getAttribute("aria-controls"));
    if (!input.value.trim()) close(input);
    input.setAttribute("aria-expanded", String(list.children.length > 0));
    input.removeAttribute("aria-activedescendant");
    const options = [...list.children];
    const again = options.findIndex((option) => option.dataset.id === pointed);
    if (pointed && again >= 0) point(input, options, again);
  });
  picker.addEventListener("mousedown", (event) => {
    if (event.target.closest("[role=option]")) event.preventDefault(); // the focus stays
  });
  picker.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !picker.contains(event.relatedTarget)) close(input);
  });
  for (const problem of ["htmx:sendError", "htmx:responseError"]) {
    picker.addEventListener(problem, () => {
      const words = document.createElement("p");
      words.className = "notice warning";
      words.textContent = picker.dataset.trouble;
      close(input);
      document.getElementById(input.getAttribute("aria-controls")).after(words);
    });
  }
}

// A filter of a list is typed into, not sent with Enter.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.("[data-no-send]")) event.preventDefault();
});
