import type { ExecSession, RunningContainer } from '../runtimes/runtime.ts';

/** A running container's own streams as a session. Its end is the container's; leaving does not touch the container. */
export function attachSession(container: RunningContainer, stdin: boolean, stdinOnce: boolean): ExecSession {
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
        void container.exited.then(({ exitCode }) => resolve(exitCode));
      });
    }),
    write: (chunk) => input?.write(chunk),
    endInput: () => input?.end(stdinOnce),
    resize: () => undefined,
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
