// The two windows over the page: sound and microphone, and the keys.

import { microphoneTrouble } from "./reasons.js";
import { ask, askable, allowed } from "./notices.js";
import { text } from "./words.js";

const fill = (select, devices, chosen, standard) => {
  const options = devices
    .filter((each) => each.deviceId && each.deviceId !== "default")
    .map((each, index) => new Option(each.label || text("device", { n: index + 1 }), each.deviceId));
  select.replaceChildren(new Option(standard, ""), ...options);
  select.value = chosen;
  if (select.selectedIndex < 0) select.value = "";
};

export class Panels {
  #devices;
  #tones;
  #sound = document.querySelector("[data-dialog=sound]");
  #help = document.querySelector("[data-dialog=help]");

  constructor({ devices, tones }) {
    this.#devices = devices;
    this.#tones = tones;
    document.addEventListener("click", (event) => {
      const opener = event.target.closest("[data-opens]");
      if (opener?.dataset.opens === "sound") this.openSound();
      if (opener?.dataset.opens === "help") this.openHelp();
    });
    this.#sound.addEventListener("close", () => devices.stopMeter());
    this.#sound.addEventListener("change", ({ target }) => this.#choose(target));
    this.#sound.addEventListener("click", ({ target }) => this.#try(target.closest("button")));
    devices.addEventListener("changed", () => {
      if (this.#sound.open) this.#list();
    });
    for (const dialog of [this.#sound, this.#help]) {
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
      });
    }
  }

  openHelp() {
    this.#help.showModal();
  }

  async openSound() {
    const { volume } = this.#devices.chosen;
    this.#field("volume").value = volume;
    this.#field("speaker-row").hidden = !this.#devices.canChooseSpeaker;
    this.#field("ringer-row").hidden = !this.#devices.canChooseRinger;
    this.#notify();
    this.#sound.showModal();
    await this.#listen();
    await this.#list();
  }

  #field(name) {
    return this.#sound.querySelector(`[data-sound=${name}]`);
  }

  async #list() {
    const { microphones, speakers } = await this.#devices.list();
    const { microphone, speaker, ringer } = this.#devices.chosen;
    const standard = text("standard-device");
    fill(this.#field("microphone"), microphones, microphone, standard);
    fill(this.#field("speaker"), speakers, speaker, standard);
    fill(this.#field("ringer"), speakers, ringer, standard);
  }

  async #listen() {
    const meter = this.#field("meter");
    const trouble = this.#field("trouble");
    meter.value = 0;
    try {
      await this.#devices.startMeter((loud) => { meter.value = loud; });
      trouble.hidden = true;
    } catch (error) {
      trouble.hidden = false;
      trouble.textContent = microphoneTrouble(error);
    }
  }

  #choose(target) {
    const kind = target.dataset.sound;
    if (!kind || kind === "meter") return;
    this.#devices.choose(kind, kind === "volume" ? Number(target.value) : target.value);
    if (kind === "microphone") this.#listen();
    if (kind === "volume" || kind === "ringer") this.#tones.tryRinger();
  }

  #try(button) {
    if (!button) return;
    if (button.dataset.try === "speaker") this.#tones.trySpeaker();
    if (button.dataset.try === "ringer") this.#tones.tryRinger();
    if (button.dataset.try === "notices") ask().then(() => this.#notify());
  }

  #notify() {
    this.#field("notices-ask").hidden = !askable();
    const key = allowed() ? "notices-on" : askable() ? "notices-ask" : "notices-off";
    this.#field("notices").textContent = text(key);
  }
}
