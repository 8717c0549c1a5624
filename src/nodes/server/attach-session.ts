import type { ExecSession, RunningContainer } from '../runtimes/runtime.ts';

/**
 * A running container's own streams as a session. It ends with the container, and successfully whatever the container's
 * exit code is: that stands in the pod's status. Leaving does not touch the container.
 * @throws when the container has ended; kubectl shows its log then
 */
export function attachSession(container: RunningContainer, stdin: boolean, stdinOnce: boolean): ExecSession {
  if (!container.live) throw new Error('container is in CONTAINER_EXITED state');
  const input = stdin ? container.openStdin() : undefined;
  let unsubscribe: () => void = () => undefined;
  let listener: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void) | undefined;
  const subscribe = (): void => {
    unsubscribe();
    if (listener) unsubscribe = container.onOutput(listener);
  };
  return {
    exited: new Promise((resolve) => {
      container.onEnd(() => {
        unsubscribe();
        void container.exited.then(() => resolve(0));
      });
    }),
    write: (chunk) => input?.write(chunk) ?? true,
    onInputDrain: (listener) => input?.onDrain(listener),
    endInput: () => input?.end(stdinOnce),
    resize: (columns, rows) => container.resize(columns, rows),
    onOutput(next) {
      listener = next;
      subscribe();
    },
    // The container never waits for a client: what comes while it is slow, it misses; the log has it.
    pause: () => unsubscribe(),
    resume: subscribe,
    kill() {
      unsubscribe();
      input?.end(stdinOnce);
    },
  };
}
