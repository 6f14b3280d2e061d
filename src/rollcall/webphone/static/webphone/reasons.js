// Why a call did not come about, or ended, in words.

import { text } from "./words.js";

const BY_CODE = {
  403: "not-allowed",
  404: "nobody",
  408: "no-answer",
  410: "nobody",
  480: "not-reachable",
  484: "incomplete",
  486: "busy",
  487: "cancelled",
  488: "no-common-sound",
  600: "busy",
  603: "declined",
  604: "nobody",
  606: "no-common-sound",
};
const BY_CAUSE = {
  "Connection Error": "connection-lost",
  "Request Timeout": "no-reply",
  "RTP Timeout": "sound-lost",
  "User Denied Media Access": "microphone-refused",
  "No Answer": "no-answer",
  Canceled: "cancelled",
};
const BUSY = new Set(["busy", "declined"]);

// By what the switch says. Too many calls of the page's own are another matter than the switch's bounds.
const BY_TOKEN = {
  "no-trunk": "no-trunk",
  "no-number-to-show": "no-number-to-show",
  "carrier-silent": "carrier-silent",
  "no-such-number": "no-such-number",
  "too-many-calls": "too-many-outside",
  "switch-starting": "switch-starting",
  "emergency-not-possible": "emergency-not-possible",
};

// What the switch says besides the code, a token and a sentence: Warning: 399 domain "token: sentence".
const saidBy = (message) => {
  const said = message?.getHeader?.("Warning")?.match(/"([^"]{1,300})"/)?.[1] ?? "";
  const [, token = "", sentence = said] = said.match(/^([a-z-]+): (.*)$/) ?? [];
  return { token, sentence };
};

// `originator` and `cause` are JsSIP's; `grave` asks to be shown large.
export const reasonOf = ({ message, cause, originator }, call) => {
  const code = message?.status_code ?? 0;
  const values = { name: call.name || call.shown, number: call.shown, code };
  if (call.incoming) return incomingReason(message, originator, values);
  if (originator === "local" && cause === "Canceled") return { key: "cancelled", words: "", grave: false };
  const { token, sentence } = saidBy(message);
  const told = Object.hasOwn(BY_TOKEN, token) ? BY_TOKEN[token] : "";
  if (told) return { key: told, words: text(told, values), grave: true };
  const key = BY_CODE[code] || BY_CAUSE[cause];
  return {
    key: key ?? "failed",
    words: text(key ?? (code >= 500 ? "cannot-now" : "failed"), values),
    addition: sentence,
    code: key ? 0 : code,
    grave: code === 403 || !key || Boolean(sentence),
    busy: BUSY.has(key),
  };
};

const incomingReason = (message, originator, values) => {
  const elsewhere = /completed elsewhere/i.test(message?.getHeader?.("Reason") ?? "");
  const key = elsewhere ? "answered-elsewhere" : "missed";
  return { key, words: originator === "local" ? "" : text(key, values), grave: false };
};

// Why the browser gave no microphone.
export const microphoneTrouble = (error) => {
  if (!window.isSecureContext) return text("not-secure");
  switch (error?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return text("microphone-refused");
    case "NotFoundError":
    case "OverconstrainedError":
      return text("no-microphone");
    case "NotReadableError":
    case "AbortError":
      return text("microphone-taken");
    default:
      return text("microphone-trouble");
  }
};
