import type { Exchange } from '../exchange.ts';
import type { WatchOutput } from './watcher.ts';

/** A watch as an HTTP answer without end: frames one after the other. */
export function httpOutput(exchange: Exchange, contentType: string): WatchOutput {
  const { res } = exchange;
  res.writeHead(200, { ...exchange.commonHeaders(), 'Content-Type': contentType });
  res.flushHeaders?.();
  let unread = 0;
  let waiting: (() => void) | undefined;
  const written = (): void => {
    if (--unread > 0) return;
    const callback = waiting;
    waiting = undefined;
    callback?.();
  };
  return {
    write(frames) {
      if (exchange.gone) return;
      const parts = frames.length === 1 ? frames[0]! : frames.flat();
      unread++;
      res.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts), written);
    },
    pending: () => exchange.pendingBytes(),
    // not of the stream's own mark, which may be above a share
    onDrain(callback) {
      waiting = callback;
    },
    end: () => void res.end(),
    cut: () => void res.destroy(),
  };
}
