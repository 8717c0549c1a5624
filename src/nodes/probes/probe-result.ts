/** One run of a probe. `message` says what failed, in the words of the kubelet's event. */
export interface ProbeResult {
  ok: boolean;
  message: string;
}
export const success: ProbeResult = { ok: true, message: '' };
export const failure = (message: string): ProbeResult => ({ ok: false, message });

/** How a failed connection reads in Go's words, which is what operators search for. */
export function dialError(error: NodeJS.ErrnoException, address: string): string {
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connect: connection refused',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ETIMEDOUT: 'i/o timeout',
    ECONNRESET: 'read: connection reset by peer',
  };
  return `dial tcp ${address}: ${reasons[error.code ?? ''] ?? error.message}`;
}
