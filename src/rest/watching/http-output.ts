import type { Exchange } from '../exchange.ts';
import type { WatchOutput } from './watcher.ts';

/** A watch as an HTTP answer without end: frames one after the other. */
export function httpOutput(exchange: Exchange, contentType: string): WatchOutput {
  const { res } = exchange;
  res.writeHead(200, { ...exchange.commonHeaders(), 'Content-Type': contentType });
  res.flushHeaders?.();
  return {
    write(frames) {
      if (exchange.gone) return;
      const parts = frames.length === 1 ? frames[0]! : frames.flat();
      res.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    },
    pending: () => exchange.pendingBytes(),
    onDrain(callback) {
      res.once('drain', callback);
    },
    end: () => void res.end(),
    cut: () => void res.destroy(),
  };
}
