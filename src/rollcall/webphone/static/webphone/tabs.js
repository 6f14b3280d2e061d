// One tab of a browser is the phone; the others know, and can take over.

const NAME = "rollcall-phone";
const ANSWERS_WITHIN = 500;

// Events: "mine" this tab is the phone now; "elsewhere" another one is (detail.busy: in a call);
// "call" with a number from another page of ours; "asked" whether the phone can take calls.
export class Tabs extends EventTarget {
  mine = false;
  #channel = new BroadcastChannel(NAME);
  #busy;

  constructor(busy) {
    super();
    this.#busy = busy;
    this.#channel.addEventListener("message", ({ data }) => this.#hear(data ?? {}));
  }

  begin() {
    this.#request({ ifAvailable: true }, (lock) => {
      if (lock) return this.#hold();
      this.#wait();
      this.#say("who");
      return null;
    });
  }

  // Become the phone: the other tab gives way, unless it says that it is in a call.
  async take() {
    const busy = new Promise((tell) => {
      this.addEventListener("refused", () => tell(true), { once: true });
      setTimeout(() => tell(false), ANSWERS_WITHIN);
    });
    this.#say("yield");
    if (!(await busy) && !this.mine) this.#request({ steal: true }, () => this.#hold());
  }

  // That this phone can take calls, for pages that wait for it.
  ready() {
    this.#say("ready");
  }

  // That a call ended here: another tab may take over again.
  free() {
    if (this.mine) this.#say("free");
  }

  // Wait until the other tab is closed.
  #wait() {
    this.#tell("elsewhere", { busy: false });
    this.#request({}, () => this.#hold());
  }

  #request(options, got) {
    navigator.locks.request(NAME, options, got).catch(() => this.#lose());
  }

  #hold() {
    if (this.mine) return null;
    this.mine = true;
    this.#tell("mine");
    return new Promise(() => {}); // until the tab is closed, or another one takes it
  }

  #lose() {
    if (!this.mine) return;
    this.mine = false;
    this.#wait();
  }

  #hear({ type, number }) {
    if (!this.mine) {
      if (type === "busy") {
        this.#tell("elsewhere", { busy: true });
        this.#tell("refused");
      } else if (type === "free") this.#tell("elsewhere", { busy: false });
    } else if (type === "hello") this.#tell("asked");
    else if (type === "call" && typeof number === "string") this.#tell("call", { number });
    else if ((type === "who" || type === "yield") && this.#busy()) this.#say("busy");
  }

  #say(type) {
    this.#channel.postMessage({ type });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
