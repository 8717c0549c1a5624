import type { ExecSession } from '../runtime.ts';

/** A command that says one thing and ends. @param code it ends with */
export function simulatedSession(text: string, tty: boolean, code: number): ExecSession {
  let end: (code: number) => void = () => undefined;
  const exited = new Promise<number>((resolve) => (end = resolve));
  return {
    exited,
    write: () => true,
    onInputDrain: () => undefined,
    endInput: () => undefined,
    resize: () => undefined,
    onOutput(listener) {
      listener('stdout', Buffer.from(`${text}${tty ? '\r\n' : '\n'}`));
      end(code);
    },
    pause: () => undefined,
    resume: () => undefined,
    kill: () => end(code),
  };
}
