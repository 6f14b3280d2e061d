// The line to the switch: short-lived credentials, registration, and getting it back when it is lost.
//
// Events: "state" (see STATES), "incoming" with a session, "back" when a lost connection is there again
// (detail.moved: perhaps by another network).

import { UA } from "./vendor/jssip.js";
import { PhoneSocket } from "./socket.js";

export const STATES = {
  starting: "starting", // asking the server for credentials
  connecting: "connecting", // to the switch, for the first time or again
  registered: "registered",
  refused: "refused", // the switch or the server says no; detail has the sentence
  unreachable: "unreachable", // the switch does not answer
  serverless: "serverless", // the web server does not answer
  offline: "offline", // the browser has no network
  signedOut: "signed-out",
  closed: "closed", // another tab is the phone
};

const RENEW_BEFORE = 5 * 60; // seconds
const REGISTERED_FOR = 300;
const ANSWERS_WITHIN = 5000; // milliseconds
const LONGEST_WAIT = 30_000;
const BEAT = 5000;
const SLEPT = 20_000;
const NO_ANSWER = 24 * 3600; // how long it may ring is for the switch to say

const wait = (attempt) => Math.min(LONGEST_WAIT, 1000 * 2 ** attempt) * (0.5 + Math.random() / 2);

export class Line extends EventTarget {
  state = STATES.closed;
  detail = "";
  since = new Date();
  number = "";
  domain = "";
  socketUrl = "";
  urgent = () => false; // whether somebody talks
  #page;
  #ua = null;
  #socket = null;
  #renewal = 0;
  #retry = 0;
  #attempts = 0;
  #lost = 0;
  #wasRegistered = false;
  #probe = 0;
  #moved = false;
  #open = false;
  #uri = "";

  constructor(page) {
    super();
    this.#page = page;
    let seen = Date.now();
    setInterval(() => {
      const slept = Date.now() - seen > SLEPT;
      seen = Date.now();
      if (slept) this.check();
      else if (this.urgent() && this.#ua && !this.#ua.isConnected() && navigator.onLine) {
        this.#ua.transport.connect(); // sooner than a phone that nobody talks with
      }
    }, BEAT);
    addEventListener("online", () => this.#move());
    addEventListener("offline", () => this.#lose());
    navigator.connection?.addEventListener?.("change", () => this.#move());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.state !== STATES.registered) this.check();
    });
  }

  get registered() {
    return this.state === STATES.registered;
  }

  open() {
    if (this.#open) return;
    this.#open = true;
    this.#set(STATES.starting);
    this.#renew();
  }

  close() {
    this.#open = false;
    clearTimeout(this.#renewal);
    clearTimeout(this.#retry);
    clearTimeout(this.#probe);
    this.#ua?.stop();
    this.#ua = null;
    this.#set(STATES.closed);
  }

  // Place a call; the session comes back. `target` is a number as dialled.
  call(target, options) {
    return this.#ua.call(this.address(target), options);
  }

  address(number) {
    return `sip:${encodeURIComponent(number).replaceAll("%2B", "+")}@${this.domain}`;
  }

  // Is the connection still there? After a sleep, or when the network became another one.
  check() {
    if (!this.#open) return;
    if (!navigator.onLine) {
      this.#lose();
    } else if (!this.#ua) {
      clearTimeout(this.#retry);
      this.#renew();
    } else if (this.#ua.isConnected()) {
      this.#ask();
    } else {
      this.#ua.transport.connect();
    }
  }

  #move() {
    this.#moved = true;
    this.check();
  }

  // A lively connection answers to a registration; one that does not is given up.
  #ask() {
    const asked = Date.now();
    clearTimeout(this.#probe);
    this.#probe = setTimeout(() => {
      if (this.#socket.heardAt < asked) this.#socket.drop();
    }, ANSWERS_WITHIN);
    this.#ua.register();
  }

  #lose() {
    if (!this.#open) return;
    this.#set(STATES.offline);
    this.#socket?.drop();
  }

  async #renew() {
    clearTimeout(this.#renewal);
    let answer;
    try {
      answer = await fetch(this.#page.address, {
        method: "POST",
        headers: { "X-CSRFToken": this.#page.csrf, Accept: "application/json" },
        redirect: "manual",
      });
    } catch {
      return this.#again(navigator.onLine ? STATES.serverless : STATES.offline);
    }
    if (!this.#open) return;
    if (answer.type === "opaqueredirect" || answer.status === 404) return this.#leave();
    if (answer.status === 409) {
      const { error } = await answer.json();
      return this.#again(STATES.refused, error);
    }
    if (!answer.ok) return this.#again(STATES.serverless);
    this.#use(await answer.json());
  }

  #leave() {
    clearTimeout(this.#renewal);
    this.#set(STATES.signedOut);
  }

  #again(state, detail = "") {
    if (!this.#open) return;
    if (!this.#ua?.isRegistered()) this.#set(state, detail);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#renew(), wait(this.#attempts++));
  }

  #use(credentials) {
    const { username, password, seconds } = credentials;
    this.#renewal = setTimeout(
      () => this.#renew(), 1000 * Math.max(10, seconds > 2 * RENEW_BEFORE ? seconds - RENEW_BEFORE : seconds / 2)
    );
    if (this.#ua && credentials.uri === this.#uri && credentials.socket === this.socketUrl) {
      this.#ua.set("authorization_user", username);
      this.#ua.set("password", password);
      this.#ua.register();
      return;
    }
    this.#ua?.stop();
    this.#uri = credentials.uri;
    this.number = credentials.number;
    this.domain = credentials.domain;
    this.socketUrl = credentials.socket;
    this.#socket = new PhoneSocket(credentials.socket);
    this.#ua = new UA({
      sockets: [this.#socket],
      uri: credentials.uri,
      display_name: credentials.display_name,
      authorization_user: username,
      password,
      register: true,
      register_expires: REGISTERED_FOR,
      no_answer_timeout: NO_ANSWER,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: LONGEST_WAIT / 1000,
      user_agent: "Rollcall web phone",
    });
    this.#listen(this.#ua);
    this.#ua.start();
  }

  #listen(ua) {
    const mine = (handle) => (event) => {
      if (ua === this.#ua) handle(event);
    };
    ua.on("connecting", mine(() => {
      if (this.#lost < 2) this.#set(STATES.connecting);
    }));
    ua.on("connected", mine(() => { this.#lost = 0; }));
    ua.on("disconnected", mine(() => {
      this.#lost += 1;
      clearTimeout(this.#probe);
      if (!navigator.onLine) this.#set(STATES.offline);
      else this.#set(this.#lost < 2 ? STATES.connecting : STATES.unreachable);
    }));
    ua.on("registered", mine(() => this.#registered()));
    ua.on("registrationFailed", mine(({ response }) => this.#refused(response)));
    ua.on("newRTCSession", mine(({ originator, session, request }) => {
      if (originator !== "remote") return;
      this.dispatchEvent(new CustomEvent("incoming", { detail: { session, request } }));
    }));
  }

  #registered() {
    const back = this.#wasRegistered && this.state !== STATES.registered;
    clearTimeout(this.#probe);
    this.#attempts = 0;
    this.#wasRegistered = true;
    this.#set(STATES.registered);
    if (back) this.dispatchEvent(new CustomEvent("back", { detail: { moved: this.#moved } }));
    this.#moved = false;
  }

  #refused(response) {
    if (!response) return; // the connection went: that is told apart
    clearTimeout(this.#probe);
    const { status_code: code } = response;
    if (code === 401 || code === 403) {
      this.#again(STATES.refused); // the credentials may have ended: with new ones
      return;
    }
    this.#set(STATES.refused, code === 503 ? "" : `SIP ${code}`);
    const asked = 1000 * Number.parseInt(response.getHeader("Retry-After") || "0", 10);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(
      () => this.#ua?.register(), Math.max(asked || 0, wait(this.#attempts++))
    );
  }

  #set(state, detail = "") {
    if (state === this.state && detail === this.detail) return;
    if (state !== this.state) this.since = new Date();
    this.state = state;
    this.detail = detail;
    this.dispatchEvent(new Event("state"));
  }
}
