// Keys of the keyboard. Those of calls want Alt, so that nobody answers by typing a name.

const typing = (target) => target.matches?.("input, textarea, select, [contenteditable]");

export const listen = ({ calls, screen, openPad, openHelp }) => {
  const current = () => calls.current;
  const ACTIONS = {
    KeyA: () => screen.press("answer", calls.ringing),
    KeyX: () => {
      const call = calls.ringing ?? current();
      screen.press(call?.state === "incoming" ? "decline" : "end", call);
    },
    KeyM: () => screen.press("mute", current()),
    KeyH: () => screen.press("hold", current() ?? calls.going.find((call) => call.held)),
    KeyT: () => screen.press("transfer", current()),
    KeyK: () => screen.press("keypad", current()),
    KeyP: () => openPad(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.repeat) return;
    if (event.altKey && !event.ctrlKey && !event.metaKey && ACTIONS[event.code]) {
      event.preventDefault();
      ACTIONS[event.code]();
      return;
    }
    if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.key === "?" && !typing(event.target)) {
      event.preventDefault();
      openHelp();
    } else if (/^[0-9*#]$/.test(event.key) && event.target.closest?.(".call [data-keypad]")) {
      const call = calls.all.find((each) => each.id === event.target.closest(".call").id);
      if (call?.talking) {
        event.preventDefault();
        screen.type(call, event.key);
      }
    }
  });
};
