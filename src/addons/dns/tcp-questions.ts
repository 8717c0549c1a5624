import type { Socket } from 'node:net';

/** Questions of one connection that are being answered; the next ones are not read meanwhile. */
const MAX_OPEN = 16;
/** How long nothing may be asked or taken, ms. */
const IDLE_MS = 10_000;

/**
 * Answers the questions of a connection, each behind its length in two bytes (RFC 1035, 4.2.2), in the order in which
 * the answers are found (RFC 7766, 6.2.1.1). Who does not take the answers is not read any further.
 * @param answer nothing for what is no question; it does not reject
 */
export function answerQuestions(socket: Socket, answer: (question: Buffer) => Promise<Buffer | undefined>): void {
  let asked = Buffer.alloc(0);
  let open = 0;
  const go = (): void => {
    while (open < MAX_OPEN && !socket.writableNeedDrain && asked.length >= 2) {
      const end = 2 + asked.readUInt16BE(0);
      if (asked.length < end) break;
      const question = asked.subarray(2, end);
      asked = asked.subarray(end);
      open++;
      void answer(question).then((found) => {
        open--;
        if (found && socket.writable) socket.write(Buffer.concat([lengthOf(found), found]));
        go();
      });
    }
    if (open < MAX_OPEN && !socket.writableNeedDrain) socket.resume();
    else socket.pause();
  };
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('drain', go);
  socket.on('data', (chunk: Buffer) => {
    asked = Buffer.concat([asked, chunk]);
    go();
  });
}

function lengthOf({ length }: Buffer): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(length);
  return bytes;
}
