/**
 * Channels of a container's streams in a web socket: the first byte of each message says which it is
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/ and KEP-4006, `v5.channel.k8s.io`).
 */
export const PROTOCOL = 'v5.channel.k8s.io';

export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A message with a text on a channel. */
export function messageOf(channel: number, text: string): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(text);
  const message = new Uint8Array(bytes.length + 1);
  message[0] = channel;
  message.set(bytes, 1);
  return message;
}

/** How large the terminal is, in characters, as the process in it is told. */
export const resizeMessage = (columns: number, rows: number): Uint8Array<ArrayBuffer> =>
  messageOf(CHANNEL.resize, JSON.stringify({ Width: columns, Height: rows }));

/** The channel and bytes of a message; undefined of one that has none. */
export function readMessage(data: ArrayBuffer): { channel: number; bytes: Uint8Array } | undefined {
  const [channel] = new Uint8Array(data, 0, Math.min(1, data.byteLength));
  return channel === undefined ? undefined : { channel, bytes: new Uint8Array(data, 1) };
}

interface Status {
  status?: string;
  message?: string;
  reason?: string;
  details?: { causes?: readonly { reason?: string; message?: string }[] };
}

/** How a process ended, in words, as the last message of the error channel (a Status) has it. */
export function endOf(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  let status: Status;
  try {
    status = JSON.parse(text) as Status;
  } catch {
    return text;
  }
  if (status.status === 'Success') return 'It ended.';
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  return code === undefined ? (status.message ?? 'It failed.') : `It ended with exit code ${code}.`;
}
