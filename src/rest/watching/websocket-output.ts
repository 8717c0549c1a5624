import type { WebSocket } from 'ws';
import type { WatchOutput } from './watcher.ts';

/** A watch as a web socket: one message a frame, text for JSON and binary for protobuf. */
export function webSocketOutput(socket: WebSocket, binary: boolean): WatchOutput {
  let waiting: (() => void) | undefined;
  const written = (): void => {
    const callback = waiting;
    if (!callback || socket.bufferedAmount > 0) return;
    waiting = undefined;
    callback();
  };
  return {
    write(frames) {
      for (const frame of frames)
        socket.send(frame.length === 1 ? frame[0]! : Buffer.concat(frame), { binary }, written);
    },
    pending: () => socket.bufferedAmount,
    onDrain(callback) {
      waiting = callback;
    },
    end: () => socket.close(1000),
    cut: () => socket.terminate(),
  };
}
