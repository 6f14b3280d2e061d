// The web phone: puts the parts together. The page's data attributes say where the server is.

import { Calls, cleaned } from "./calls.js";
import { Devices } from "./devices.js";
import { History } from "./history.js";
import { listen } from "./keys.js";
import { Line, STATES } from "./line.js";
import { callComes, callWent } from "./notices.js";
import { Panels } from "./panels.js";
import { follow } from "./presence.js";
import { Screen } from "./screen.js";
import { Tabs } from "./tabs.js";
import { Tones } from "./tones.js";
import { announce, clock, text } from "./words.js";

const page = document.querySelector("[data-phone-page]")?.dataset;
const part = (name) => document.querySelector(`[data-${name}]`);

const able = () =>
  "RTCPeerConnection" in window && "locks" in navigator && "BroadcastChannel" in window && "WebSocket" in window;

const notice = (words, { link = null, grave = true } = {}) => {
  const place = part("phone-notice");
  place.hidden = !words;
  place.className = `notice ${grave ? "error" : "warning"}`;
  place.replaceChildren(words);
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.address;
    anchor.textContent = link.words;
    if (link.away) {
      anchor.target = "_blank";
      anchor.rel = "noopener noreferrer";
    }
    place.append(" ", anchor);
  }
};

const KIND = {
  [STATES.registered]: "good",
  [STATES.starting]: "quiet",
  [STATES.connecting]: "quiet",
  [STATES.closed]: "quiet",
};

const showState = (line) => {
  const { state, detail, since } = line;
  const place = part("line-state");
  const kind = KIND[state] ?? "bad";
  place.className = `line-state state ${kind}`;
  const words = text(`line-${state}`, { number: line.number, since: clock(since) });
  part("line-words").textContent = words;
  part("line-since").textContent = kind === "bad" ? text("since", { time: clock(since) }) : "";
  document.body.dataset.line = state;
  if (kind === "bad" || state === STATES.registered) announce(words);
  if (state === STATES.unreachable) {
    const { host } = new URL(line.socketUrl);
    const link = { address: `https://${host}/`, words: text("open-socket", { host }), away: true };
    notice(text("unreachable-help"), { link, grave: false });
  } else if (state === STATES.signedOut) {
    const address = `${page.signIn}?next=${encodeURIComponent(location.pathname)}`;
    notice(text("signed-out-help"), { link: { address, words: text("sign-in-again") } });
  } else if (state === STATES.refused && detail) notice(detail);
  else notice("");
};

const who = async (number) => {
  if (!number) return null;
  try {
    const answer = await fetch(`${page.who}?${new URLSearchParams({ number })}`, { redirect: "manual" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
};

const sounds = (calls, tones) => {
  const ringing = calls.ringing;
  const talking = calls.going.some((call) => call.talking);
  const waiting = calls.going.find((call) => !call.incoming && call.state === "ringing" && !call.early);
  const wanted = ringing ? (talking ? "waiting" : "ring") : waiting ? "ringback" : "";
  if (sounds.now === wanted) return;
  sounds.now = wanted;
  tones.quiet();
  if (wanted) tones[wanted]();
};

const startPad = (calls, tones, screen) => {
  const form = part("dial");
  const pad = part("pad");
  const toggle = part("pad-toggle");
  const { number } = form.elements;
  const open = (on) => {
    pad.hidden = !on;
    toggle.setAttribute("aria-expanded", String(on));
    if (!matchMedia("(pointer: coarse)").matches) number.focus(); // no keyboard over the pad
    form.scrollIntoView({ block: "nearest" });
  };
  const dial = async () => {
    const written = number.value.trim();
    if (!written) return number.focus();
    if (await calls.dial(written)) number.value = "";
  };
  toggle.addEventListener("click", () => open(pad.hidden));
  pad.addEventListener("click", ({ target }) => {
    const { key } = target.closest("[data-key]")?.dataset ?? {};
    if (!key) return;
    tones.key(key);
    number.setRangeText(key, number.selectionStart, number.selectionEnd, "end");
  });
  // A long press of 0 is the plus of a number abroad.
  let long = 0;
  const zero = pad.querySelector('[data-key="0"]');
  zero.addEventListener("pointerdown", () => {
    long = setTimeout(() => {
      zero.addEventListener("click", (event) => event.stopPropagation(), { once: true, capture: true });
      number.setRangeText("+", number.selectionStart, number.selectionEnd, "end");
    }, 600);
  });
  for (const end of ["pointerup", "pointerleave"]) zero.addEventListener(end, () => clearTimeout(long));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dial();
  });
  document.addEventListener("phone:key", ({ detail }) => tones.key(detail));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-call]");
    if (!button || document.body.dataset.line === STATES.closed) return;
    event.stopImmediatePropagation(); // this page is the phone: nobody else is asked
    if (!screen.fill(button.dataset.call)) calls.dial(button.dataset.call);
  }, { capture: true });
  return { open: () => open(true), fill: (written) => { number.value = written; open(true); } };
};

const begin = () => {
  const line = new Line({ address: page.line, csrf: part("phone-page").querySelector("input").value });
  const devices = new Devices();
  const tones = new Tones();
  const calls = new Calls({ line, devices, who });
  const screen = new Screen(calls);
  line.urgent = () => calls.going.length > 0;
  const panels = new Panels({ devices, tones });
  const tabs = new Tabs(() => calls.going.length > 0);
  const pad = startPad(calls, tones, screen);
  const elsewhere = part("elsewhere");
  new History(calls);
  listen({ calls, screen, openPad: pad.open, openHelp: () => panels.openHelp() });
  const askPresence = follow(page.presenceAt);

  let wanted = null; // a number that another page sent before the phone was ready
  const dialWanted = () => {
    if (!wanted || !line.registered) return;
    calls.dial(wanted);
    wanted = null;
  };

  const use = () => tones.use({ ...devices.chosen });
  devices.addEventListener("chosen", use);
  use();

  line.addEventListener("state", () => {
    showState(line);
    if (line.registered) {
      tabs.ready();
      askPresence();
    }
    dialWanted();
  });
  calls.addEventListener("change", () => sounds(calls, tones));
  calls.addEventListener("trouble", ({ detail }) => notice(detail));
  calls.addEventListener("added", ({ detail: call }) => {
    notice("");
    if (call.incoming) callComes(call.name, call.number);
    call.addEventListener("change", () => {
      if (!calls.ringing) callWent();
    });
    scrollTo({ top: 0 });
  });
  calls.addEventListener("over", ({ detail: call }) => {
    if (!calls.ringing) callWent();
    if (!calls.going.length) tabs.free();
    if (call.reason?.busy) tones.busy();
    else if (call.answeredAt) tones.ended();
  });

  tabs.addEventListener("mine", () => {
    elsewhere.hidden = true;
    part("calling").hidden = false;
    line.open();
  });
  tabs.addEventListener("elsewhere", ({ detail }) => {
    line.close();
    showState(line);
    part("calling").hidden = true;
    elsewhere.hidden = false;
    part("elsewhere-words").textContent = text(detail.busy ? "elsewhere-busy" : "elsewhere");
    part("take").hidden = detail.busy;
  });
  tabs.addEventListener("call", ({ detail }) => {
    wanted = detail.number;
    window.focus();
    dialWanted();
  });
  tabs.addEventListener("asked", () => {
    if (line.registered) tabs.ready();
  });
  part("take").addEventListener("click", () => tabs.take());
  tabs.begin();

  addEventListener("beforeunload", (event) => {
    if (calls.going.length) event.preventDefault();
  });
  addEventListener("pagehide", () => {
    for (const call of calls.going) if (call.state !== "incoming") call.terminate();
  });
  // While somebody talks, ways to other pages open beside this one.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-away]");
    if (link) link.target = calls.going.length ? "_blank" : "";
  });
  addEventListener("pointerdown", () => tones.wake(), { once: true });
  addEventListener("keydown", () => tones.wake(), { once: true });

  const given = new URLSearchParams(location.search).get("call");
  if (given) pad.fill(cleaned(given).slice(0, 40));
  else if (location.hash === "#dial") pad.open();
};

if (page) {
  if (page.switch !== "on") document.body.dataset.line = "off";
  else if (!window.isSecureContext) notice(text("not-secure"));
  else if (!able()) notice(text("too-old"));
  else begin();
  navigator.serviceWorker?.register(page.worker, { scope: page.scope }).catch(() => {});
}
