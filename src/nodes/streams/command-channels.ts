import type { ExecSession } from '../runtimes/runtime.ts';

/** The client's side of exec and attach, whatever carries it. */
export interface CommandChannels {
  onInput(listener: (chunk: Buffer) => void, end: () => void): void;
  /** nothing more is read of the client until `resumeInput` */
  pauseInput(): void;
  resumeInput(): void;
  onResize(listener: (columns: number, rows: number) => void): void;
  onClose(listener: () => void): void;
  /** false: wait for `onDrain` before more */
  write(stream: 'stdout' | 'stderr', chunk: Buffer): boolean;
  onDrain(listener: () => void): void;
  /** sends how it ended and closes */
  finish(status: CommandStatus): void;
}

/** meta/v1 Status as exec ends with it. */
export interface CommandStatus {
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: { causes: { reason: string; message: string }[] };
  code?: number;
}

export const SUCCEEDED: CommandStatus = { metadata: {}, status: 'Success' };

/** What clients read an exit code from. */
export const exitStatus = (code: number): CommandStatus =>
  code === 0
    ? SUCCEEDED
    : {
        metadata: {},
        status: 'Failure',
        message: `command terminated with non-zero exit code: exit status ${code}`,
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
      };

export const failedStatus = (message: string): CommandStatus => ({
  metadata: {},
  status: 'Failure',
  message,
  reason: 'InternalError',
  code: 500,
  details: { causes: [{ reason: '', message }] },
});

/** Joins a command to its client, with back-pressure from the client to the command's output, and to the client from its input. */
export function connectCommand(session: ExecSession, channels: CommandChannels): void {
  channels.onInput(
    (chunk) => {
      if (!session.write(chunk)) channels.pauseInput();
    },
    () => session.endInput(),
  );
  session.onInputDrain(() => channels.resumeInput());
  channels.onResize((columns, rows) => session.resize(columns, rows));
  channels.onClose(() => session.kill());
  channels.onDrain(() => session.resume());
  session.onOutput((stream, chunk) => {
    if (!channels.write(stream, chunk)) session.pause();
  });
  void session.exited.then((code) => channels.finish(exitStatus(code)));
}
