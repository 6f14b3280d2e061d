// The way to the switch: a WebSocket as JsSIP wants one, that can also be given up at once.
//
// A connection that died in its sleep looks open for minutes; then `drop` says what the browser
// does not know yet, and JsSIP connects again.

const DROPPED = 4000;

export class PhoneSocket {
  via_transport = "WSS";
  onconnect = () => {};
  ondisconnect = () => {};
  ondata = () => {};
  heardAt = 0; // when the last word came, as Date.now() says
  #socket = null;

  constructor(url) {
    this.url = url;
    this.sip_uri = `sip:${new URL(url.replace(/^ws/, "http")).host};transport=ws`;
  }

  connect() {
    if (this.isConnected() || this.isConnecting()) return;
    this.disconnect();
    try {
      const socket = new WebSocket(this.url, "sip");
      socket.binaryType = "arraybuffer";
      socket.onopen = () => this.onconnect();
      socket.onclose = ({ wasClean, code, reason }) => this.#closed(!wasClean, code, reason);
      socket.onmessage = ({ data }) => {
        this.heardAt = Date.now();
        this.ondata(data);
      };
      this.#socket = socket;
    } catch (error) {
      setTimeout(() => this.#closed(true, 0, String(error)));
    }
  }

  disconnect() {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close();
  }

  drop() {
    if (!this.#socket) return;
    this.disconnect();
    this.ondisconnect(true, DROPPED, "");
  }

  send(message) {
    if (!this.isConnected()) return false;
    this.#socket.send(message);
    return true;
  }

  isConnected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  isConnecting() {
    return this.#socket?.readyState === WebSocket.CONNECTING;
  }

  #closed(error, code, reason) {
    this.#socket = null;
    this.ondisconnect(error, code, reason);
  }
}
