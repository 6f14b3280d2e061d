// Who can be called now: asked again for the colleagues that are on the screen.

import { text } from "./words.js";

const EVERY = 20_000;
const SOON = 300;

export const follow = (address) => {
  let timer = 0;
  const places = () => [...document.querySelectorAll("[data-presence]")];

  const show = (registered) => {
    for (const place of places()) {
      const on = registered.has(place.dataset.presence);
      place.classList.toggle("on", on);
      const words = place.querySelector("[data-presence-words]");
      if (words) words.textContent = text(on ? "reachable" : "no-phone");
    }
  };

  const ask = async () => {
    clearTimeout(timer);
    const numbers = [...new Set(places().map((place) => place.dataset.presence))];
    if (numbers.length && !document.hidden) {
      const query = new URLSearchParams(numbers.slice(0, 200).map((number) => ["number", number]));
      try {
        const answer = await fetch(`${address}?${query}`, { redirect: "manual" });
        if (answer.ok) show(new Set((await answer.json()).registered));
      } catch { /* the next time, then */ }
    }
    timer = setTimeout(ask, EVERY * (0.8 + Math.random() * 0.4));
  };

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) setTimeout(ask, SOON);
  });
  timer = setTimeout(ask, EVERY);
  return () => setTimeout(ask, SOON);
};
