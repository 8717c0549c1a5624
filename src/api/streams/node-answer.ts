import type { ClientRequest, IncomingMessage } from 'node:http';

/** Rejects with Error where there is none that can be passed on: a protocol that nobody has asked for. */
export function headOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const refuse = (): void => {
      reject(new Error('it switches protocols, which nobody asked for'));
      request.destroy();
    };
    request.once('response', (answer) => ((answer.statusCode ?? 0) < 200 ? refuse() : resolve(answer)));
    request.once('upgrade', (_answer, socket) => {
      socket.destroy();
      refuse();
    });
    request.on('error', reject);
  });
}

/** At most `limit` bytes of an answer, for an error's text. */
export async function shortText(answer: IncomingMessage, limit = 64 * 1024): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if ((size += chunk.length) >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString();
}
