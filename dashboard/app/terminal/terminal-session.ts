import { CHANNEL, endOf, messageOf, PROTOCOL, readMessage, resizeMessage } from './channels.ts';

/** What a terminal is connected with. */
export interface Wanted {
  namespace: string;
  pod: string;
  container: string;
  /** run in the container; none: what the container runs itself (attach) */
  command?: readonly string[];
}

interface Hears {
  opened(): void;
  output(bytes: Uint8Array): void;
  /** once, with how it ended */
  ended(how: string): void;
}

/** Keys that are pressed before the connection is there, bytes; what comes above that is lost. */
const MAX_EARLY = 64 * 1024;

/** The path of a container's stream with a terminal, as kubectl asks for it. */
export function pathOf({ namespace, pod, container, command }: Wanted): string {
  const query = new URLSearchParams({ container, stdin: 'true', stdout: 'true', tty: 'true' });
  for (const word of command ?? []) query.append('command', word);
  const names = [namespace, pod].map(encodeURIComponent);
  return `/api/v1/namespaces/${names[0]}/pods/${names[1]}/${command ? 'exec' : 'attach'}?${query}`;
}

/** A terminal's connection with a container, over one web socket that has the session of the page. */
export class TerminalSession {
  readonly #socket: WebSocket;
  #end: string | undefined;
  /** what was typed before the connection was there, in its order */
  #early = '';

  constructor(wanted: Wanted, hears: Hears) {
    const { host, protocol } = globalThis.location;
    this.#socket = new WebSocket(`${protocol === 'http:' ? 'ws' : 'wss'}://${host}${pathOf(wanted)}`, PROTOCOL);
    this.#socket.binaryType = 'arraybuffer';
    let isOpen = false;
    this.#socket.onopen = () => {
      isOpen = true;
      hears.opened();
      if (this.#early) this.send(this.#early);
      this.#early = '';
    };
    this.#socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      const message = readMessage(data);
      if (!message) return;
      if (message.channel === CHANNEL.error) this.#end = endOf(message.bytes);
      else if (message.channel === CHANNEL.stdout || message.channel === CHANNEL.stderr) hears.output(message.bytes);
    };
    this.#socket.onclose = () =>
      hears.ended(
        this.#end ?? (isOpen ? 'The connection is lost.' : 'It could not be opened: is the container running?'),
      );
  }

  send(text: string): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      if (this.#early.length + text.length <= MAX_EARLY) this.#early += text;
      return;
    }
    this.#write(messageOf(CHANNEL.stdin, text));
  }
  resize(columns: number, rows: number): void {
    this.#write(resizeMessage(columns, rows));
  }
  /** Ends it without a word. */
  close(): void {
    this.#socket.onmessage = this.#socket.onclose = this.#socket.onopen = null;
    this.#socket.close();
  }

  #write(message: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(message);
  }
}
