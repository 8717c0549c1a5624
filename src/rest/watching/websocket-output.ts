import type { WebSocket } from 'ws';
import type { WatchOutput } from './watcher.ts';

/** A watch as a web socket: one message a frame (a large one in fragments), text for JSON and binary for protobuf. */
export function webSocketOutput(socket: WebSocket, binary: boolean): WatchOutput {
  let waiting: (() => void) | undefined;
  const written = (): void => {
    const callback = waiting;
    if (!callback || socket.bufferedAmount > 0) return;
    waiting = undefined;
    callback();
  };
  return {
    write(frames, more) {
      for (const [i, frame] of frames.entries()) {
        const fin = !more || i < frames.length - 1;
        socket.send(frame.length === 1 ? frame[0]! : Buffer.concat(frame), { binary, fin }, written);
      }
    },
    pending: () => socket.bufferedAmount,
    onDrain(callback) {
      waiting = callback;
    },
    end: () => socket.close(1000),
    cut: () => socket.terminate(),
  };
}
