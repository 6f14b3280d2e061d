// The list of calls: fresh when a call ended, and a mark for those that nobody took.

import { text } from "./words.js";

const WRITTEN_AFTER = 2500; // milliseconds until the switch has written down a call

export class History {
  #missed = 0;
  #chip = () => document.querySelector("[data-calls-chip]");

  constructor(calls) {
    calls.addEventListener("over", ({ detail: call }) => {
      if (call.incoming && !call.answeredAt && call.reason?.key === "missed" && call.reason.words) this.#missed += 1;
      this.#mark();
      setTimeout(() => this.#refresh(), WRITTEN_AFTER);
    });
    document.addEventListener("htmx:afterSwap", () => {
      if (this.#open()) this.#missed = 0;
      this.#mark();
    });
  }

  #open() {
    return document.querySelector("#found[data-list=calls]");
  }

  #refresh() {
    const list = this.#open();
    const first = list && !new URLSearchParams(list.dataset.query).has("after");
    if (first) window.htmx?.ajax("GET", list.dataset.address, { target: "#found", swap: "outerHTML" });
  }

  #mark() {
    const chip = this.#chip();
    if (!chip) return;
    let badge = chip.querySelector(".missed-count");
    if (!this.#missed) {
      badge?.remove();
      return;
    }
    if (!badge) {
      badge = document.createElement("span");
      badge.className = "missed-count";
      chip.append(badge);
    }
    badge.textContent = text("missed-count", { n: this.#missed });
  }
}
