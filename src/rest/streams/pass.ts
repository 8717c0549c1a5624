import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Exchange } from '../exchange.ts';

/**
 * What another server answers, after its head, at the client's pace; the head is not kept back for it. The end of one is
 * the end of both. (Node's pipeline leaves seven listeners at an answer, of the ten that it may have without a warning.)
 */
export async function pass({ res }: Exchange, answer: IncomingMessage): Promise<void> {
  res.flushHeaders?.();
  const gone = once(res, 'close');
  answer.on('error', () => res.destroy());
  answer.pipe(res);
  await gone;
  answer.destroy();
}
