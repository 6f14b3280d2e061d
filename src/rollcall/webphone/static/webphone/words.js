// What the phone says: the page brings the words in the reader's language, here they are filled in.

const words = JSON.parse(document.getElementById("words")?.dataset.words || "{}");

export const text = (key, values = {}) =>
  (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

const tell = (id, said) => {
  const region = document.getElementById(id);
  if (!region) return;
  region.textContent = ""; // the same sentence twice is said twice
  requestAnimationFrame(() => { region.textContent = said; });
};

// To a screen reader: when it is quiet, or at once.
export const announce = (said) => tell("live", said);
export const alarm = (said) => tell("alarm", said);

export const span = (milliseconds) => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
};

export const clock = (moment) =>
  new Date(moment).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });

export const initials = (name) => {
  const parts = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const picked = parts.length > 1 ? [parts[0], parts.at(-1)] : parts;
  return picked.map((word) => [...word][0]).join("").toUpperCase() || "–";
};
