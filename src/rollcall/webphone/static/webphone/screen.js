// What is seen of calls: a card for each, made from the page's template, and changed in place.

import { alarm, announce, initials, span, text } from "./words.js";

const HEADS = {
  preparing: "preparing",
  dialling: "dialling",
  ringing: "ringing",
  incoming: "incoming",
};
const KINDS = { own: "own-contact", company: "company-contact", colleague: "colleague" };
const BUTTONS = {
  incoming: ["answer", "decline"],
  preparing: ["end"],
  dialling: ["end"],
  ringing: ["end"],
  talking: ["mute", "hold", "transfer", "keypad", "end"],
  over: ["again", "dismiss"],
};

const head = (call) => {
  if (call.over) return call.reason?.words || text("ended");
  if (call.transfer && !call.transfer.failed) return call.transfer.words;
  if (call.lost) return text("connection-lost-trying");
  if (call.held) return text("on-hold");
  if (call.heldThere) return text("held-there", { name: call.name || call.number });
  if (call.state === "incoming" && call.answering) return text("answering");
  if (call.talking) return text("talking");
  return text(HEADS[call.state]);
};

export class Screen {
  #calls;
  #place = document.querySelector("[data-calls]");
  #template = document.getElementById("call-card");
  #cards = new Map();
  #said = new Map();

  constructor(calls) {
    this.#calls = calls;
    calls.addEventListener("change", () => this.draw());
    setInterval(() => this.#tick(), 500);
    this.#place.addEventListener("click", (event) => this.#press(event));
    this.#place.addEventListener("submit", (event) => {
      event.preventDefault();
      const call = this.#of(event.target);
      const action = event.submitter?.dataset.do ?? "consult";
      const number = event.target.elements.to.value;
      if (!number.trim()) return;
      if (action === "hand-over") calls.transfer(call, number);
      else calls.consult(call, number);
      this.#fold(event.target);
    });
  }

  draw() {
    const { all } = this.#calls;
    for (const [call, card] of this.#cards) {
      if (all.includes(call)) continue;
      const focused = card.contains(document.activeElement);
      card.remove();
      this.#cards.delete(call);
      this.#said.delete(call);
      if (focused) this.focus(this.#calls.current) || document.getElementById("number")?.focus();
    }
    for (const call of all) {
      if (!this.#cards.has(call)) this.#add(call);
      this.#show(call, this.#cards.get(call));
    }
    document.body.classList.toggle("in-call", all.some((call) => !call.over));
    document.body.classList.toggle("ringing", Boolean(this.#calls.ringing));
  }

  // Put the keyboard where the call's first button is.
  focus(call) {
    const button = this.#cards.get(call)?.querySelector("[data-do]:not([hidden])");
    button?.focus();
    return Boolean(button);
  }

  // Do as a key of the keyboard says, with the card it is about.
  press(action, call) {
    const button = this.#cards.get(call)?.querySelector(`[data-do="${action}"]`);
    if (button && !button.hidden) button.click();
  }

  // The number of somebody who was chosen goes where one is asked for; tells whether one is.
  fill(number) {
    const form = this.#place.querySelector("[data-transfer]:not([hidden])");
    if (!form) return false;
    form.elements.to.value = number;
    form.elements.to.focus();
    return true;
  }

  #add(call) {
    const card = this.#template.content.firstElementChild.cloneNode(true);
    const to = card.querySelector("[name=to]");
    const label = card.querySelector("[data-to-label]");
    card.id = call.id;
    to.id = `${call.id}-to`;
    label.htmlFor = to.id;
    const heading = card.querySelector("[data-name]");
    heading.id = `${call.id}-name`;
    card.setAttribute("aria-labelledby", heading.id);
    this.#cards.set(call, card);
    if (call.incoming) this.#place.prepend(card);
    else this.#place.append(card);
  }

  #show(call, card) {
    const set = (name, words) => {
      const part = card.querySelector(`[data-${name}]`);
      if (part.textContent !== words) part.textContent = words;
      part.hidden = !words;
    };
    const name = call.name || call.shown || text("unknown-caller");
    const kind = KINDS[call.kind] ? text(KINDS[call.kind]) : "";
    card.dataset.state = call.over ? (call.reason?.grave ? "grave" : "over") : call.held ? "held" : call.state;
    set("head", head(call));
    set("name", name);
    set("from", [kind, call.about].filter(Boolean).join(" · "));
    set("number", name === call.number || name === call.shown ? "" : call.shown);
    set("more", this.#more(call));
    this.#face(call, card.querySelector("[data-face]"), name);
    this.#quality(call, card.querySelector("[data-quality]"));
    this.#buttons(call, card);
    this.#asked(call, card.querySelector("[data-asked]"));
    this.#clock(call, card);
    this.#speak(call, name, kind);
  }

  #more(call) {
    if (call.transfer?.failed) return call.transfer.words;
    if (!call.over) return call.consulting?.talking ? text("consulting", { name: call.consulting.name || call.consulting.number }) : "";
    const { addition, code } = call.reason ?? {};
    return [addition, code ? text("code", { code }) : ""].filter(Boolean).join(" ");
  }

  #face(call, place, name) {
    if (place.dataset.shown === (call.photo || name)) return;
    place.dataset.shown = call.photo || name;
    place.replaceChildren();
    if (call.photo) {
      const image = new Image(64, 64);
      image.alt = "";
      image.className = "face big";
      image.src = call.photo;
      place.append(image);
    } else {
      place.textContent = /[\p{L}]/u.test(name) ? initials(name) : "☎";
    }
  }

  #quality(call, place) {
    const { quality } = call;
    const shown = call.live && quality && !call.heldThere;
    place.hidden = !shown;
    if (!shown) return;
    place.className = `call-quality state ${quality.level}`;
    if (place.textContent !== quality.words) place.textContent = quality.words;
  }

  #buttons(call, card) {
    const waits = call.talking && call.consulting?.talking;
    const shown = new Set(BUTTONS[call.state] ?? []);
    if (waits) shown.add("connect");
    if (call.held) for (const each of ["mute", "keypad"]) shown.delete(each);
    if (call.answering) shown.delete("answer");
    if (call.over && !call.reason?.grave) shown.clear();
    if (call.over && call.incoming && !call.answeredAt) shown.add("again").add("dismiss");
    for (const button of card.querySelectorAll("[data-do]")) {
      if (button.closest("form, [data-asked]")) continue;
      button.hidden = !shown.has(button.dataset.do);
    }
    const press = (name, on) => card.querySelector(`[data-do=${name}]`).setAttribute("aria-pressed", String(on));
    press("mute", call.muted);
    press("hold", call.held);
    const hold = card.querySelector("[data-hold-words]");
    const words = text(call.held ? "take-back" : "hold");
    if (hold.textContent !== words) hold.textContent = words;
    if (!call.talking) {
      card.querySelector("[data-transfer]").hidden = true;
      if (call.over) card.querySelector("[data-keypad]").hidden = true;
    }
  }

  #asked(call, place) {
    place.hidden = !call.asked || call.over;
    if (place.hidden) return;
    place.querySelector("[data-asked-words]").textContent = text("asked", { name: call.name || call.number, other: call.asked.name });
  }

  #tick() {
    for (const [call, card] of this.#cards) this.#clock(call, card);
  }

  #clock(call, card) {
    const place = card.querySelector("[data-time]");
    const since = call.answeredAt;
    if (call.over || !since) {
      if (!since) place.textContent = "";
      return;
    }
    const shown = span(Date.now() - since);
    if (place.textContent !== shown) place.textContent = shown;
  }

  // Each turn of a call is said once.
  #speak(call, name, kind) {
    const words = `${head(call)}${call.over ? ` ${this.#more(call)}` : ""}`;
    const turn = `${call.state} ${words} ${call.state === "incoming" ? name : ""}`;
    if (this.#said.get(call) === turn) return;
    this.#said.set(call, turn);
    if (call.state === "incoming") alarm(`${words} ${name}${kind ? `, ${kind}` : ""}`);
    else if (call.over && call.reason?.grave) alarm(`${words} ${this.#more(call)}`);
    else announce(`${name}: ${words}`);
  }

  #of(element) {
    const { id } = element.closest(".call");
    return this.#calls.all.find((call) => call.id === id);
  }

  #press(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const call = this.#of(button);
    const card = this.#cards.get(call);
    if (!call || !card) return;
    if (button.dataset.key) {
      this.type(call, button.dataset.key);
      return;
    }
    const actions = {
      answer: () => this.#calls.answer(call),
      decline: () => this.#calls.decline(call),
      end: () => this.#calls.end(call),
      mute: () => call.mute(!call.muted),
      hold: () => this.#calls.hold(call, !call.held),
      connect: () => this.#calls.connect(call),
      keypad: () => this.#unfold(card, "keypad", button),
      transfer: () => this.#unfold(card, "transfer", button),
      again: () => {
        this.#calls.dismiss(call);
        this.#calls.dial(call.number);
      },
      dismiss: () => this.#calls.dismiss(call),
      agree: () => call.asked?.accept(),
      refuse: () => call.asked?.decline(),
    };
    actions[button.dataset.do]?.();
  }

  // A digit pressed in a call.
  type(call, digit) {
    call.key(digit);
    const typed = this.#cards.get(call)?.querySelector("[data-typed]");
    if (typed) typed.textContent = `${typed.textContent}${digit}`.slice(-24);
    document.dispatchEvent(new CustomEvent("phone:key", { detail: digit }));
  }

  #unfold(card, name, button) {
    const part = card.querySelector(`[data-${name}]`);
    part.hidden = !part.hidden;
    button.setAttribute("aria-expanded", String(!part.hidden));
    if (!part.hidden) part.querySelector("input, button")?.focus();
  }

  #fold(form) {
    form.hidden = true;
    form.closest(".call").querySelector("[data-do=transfer]").setAttribute("aria-expanded", "false");
    form.reset();
  }
}
