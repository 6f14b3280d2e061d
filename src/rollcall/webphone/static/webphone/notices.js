// What is told where nobody looks at the page: a notification, and the title of the window.

import { text } from "./words.js";

const TAG = "rollcall-call";
const LOGO = "/static/webphone/icon-192.png";

let shown = null;
let flash = 0;
let title = "";

export const allowed = () => "Notification" in window && Notification.permission === "granted";
export const askable = () => "Notification" in window && Notification.permission === "default";
export const ask = () => Notification.requestPermission();

export const callComes = async (name, number) => {
  clearInterval(flash);
  title ||= document.title;
  const ringing = `☎ ${name || number}`;
  flash = setInterval(() => {
    document.title = document.title === ringing ? title : ringing;
  }, 1000);
  if (!document.hidden || !allowed()) return;
  const options = { body: text("incoming"), tag: TAG, requireInteraction: true, icon: LOGO };
  try {
    shown = new Notification(name || number, options);
    shown.onclick = () => {
      window.focus();
      shown?.close();
    };
  } catch {
    // Phones want it from the service worker.
    const registration = await navigator.serviceWorker?.getRegistration?.();
    registration?.showNotification(name || number, options);
  }
};

export const callWent = async () => {
  clearInterval(flash);
  if (title) document.title = title;
  title = "";
  shown?.close();
  shown = null;
  const registration = await navigator.serviceWorker?.getRegistration?.();
  for (const each of (await registration?.getNotifications?.({ tag: TAG })) ?? []) each.close();
};
