import type { ExecOptions, ExecSession } from '../runtime.ts';
import type { CommandStreams } from './cri-streams.ts';

/** Exit code of a command that could not be started. */
const NOT_STARTED = 126;
/** bytes of input that wait for the connection, before no more is taken */
const MAX_WAITING = 1024 * 1024;

interface Status {
  status?: string;
  message?: string;
  reason?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** A command that is being connected: what is said to it meanwhile waits. @param open its streams, once it runs */
export function execSession(open: Promise<CommandStreams>, { tty = false, stdin = false }: ExecOptions): ExecSession {
  let listener: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void) | undefined;
  let early: [stream: 'stdout' | 'stderr', chunk: Buffer][] = [];
  const told = (stream: 'stdout' | 'stderr', chunk: Buffer): void =>
    listener ? listener(stream, chunk) : void early.push([stream, chunk]);
  let waiting = 0;
  let isFull = false;
  let drained = noop;
  let killed = false;
  const then = (act: (streams: CommandStreams) => void): void => void open.then(act, () => undefined);

  const exited = open.then(
    (streams) =>
      new Promise<number>((resolve) => {
        let words = Buffer.alloc(0);
        streams.stdout.listen((chunk) => told('stdout', chunk), noop);
        streams.stderr?.listen((chunk) => told('stderr', chunk), noop);
        streams.error.listen(
          (chunk) => (words = Buffer.concat([words, chunk])),
          () => finish(),
        );
        const finish = (): void => {
          const { code, message } = outcome(words.toString());
          if (message) told(tty ? 'stdout' : 'stderr', Buffer.from(message));
          resolve(code);
          streams.close();
        };
        streams.onClose(() => resolve(words.length ? outcome(words.toString()).code : 137));
        if (killed) streams.close();
      }),
    (error: Error) => {
      told(tty ? 'stdout' : 'stderr', Buffer.from(`${error.message}\n`));
      return NOT_STARTED;
    },
  );
  return {
    exited,
    write(chunk) {
      if (!stdin) return true;
      waiting += chunk.length;
      then(({ stdin: input }) => {
        waiting -= chunk.length;
        isFull = input?.write(chunk) === false;
        if (waiting === 0 && !isFull) drained();
      });
      return waiting < MAX_WAITING && !isFull;
    },
    onInputDrain(listener) {
      drained = listener;
      then(({ stdin: input }) =>
        input?.on('drain', () => {
          isFull = false;
          listener();
        }),
      );
    },
    endInput: () => then((streams) => streams.stdin?.end()),
    resize: (columns, rows) => then(({ resize }) => resize?.write(sizeText(columns, rows))),
    onOutput(next) {
      listener = next;
      for (const [stream, chunk] of early) next(stream, chunk);
      early = [];
    },
    pause: () => then((streams) => streams.pause()),
    resume: () => then((streams) => streams.resume()),
    kill() {
      killed = true;
      then((streams) => streams.close());
    },
  };
}

const noop = (): void => undefined;

/** A terminal's size as it is sent. */
export const sizeText = (columns: number, rows: number): Buffer =>
  Buffer.from(JSON.stringify({ Width: columns, Height: rows }));

/** What the error stream has said: nothing of a command that succeeded. */
function outcome(text: string): { code: number; message?: string } {
  if (!text) return { code: 0 };
  try {
    const status = JSON.parse(text) as Status;
    if (status.status === 'Success') return { code: 0 };
    const exit = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
    if (exit !== undefined) return { code: Number(exit) };
    return { code: NOT_STARTED, message: `${status.message ?? text}\n` };
  } catch {
    return { code: NOT_STARTED, message: `${text}\n` };
  }
}
