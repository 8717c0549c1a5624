import type { OpenConnection, Target } from '../../api/contract.ts';
import type { Dialer } from '../../api/streams/dialer.ts';
import { NodeWebSocket } from '../../api/streams/node-web-socket.ts';
import { unreachable } from '../../api/streams/node-errors.ts';
import { isRecord } from '../../meta/record.ts';
import {
  badRequest,
  internalError,
  isStatusError,
  serviceUnavailable,
  timeout,
  type Status,
  type StatusError,
} from '../../meta/status.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { OperationContext } from '../context.ts';
import { targetOf } from '../targets.ts';
import { CommandOutput } from './command-output.ts';

export interface ExecArguments {
  namespace: string;
  name: string;
  container?: string | null | undefined;
  command: readonly string[];
  stdin?: string | null | undefined;
  timeoutSeconds?: number | null | undefined;
}

/** How a command went. */
export interface ExecResult {
  stdout: string;
  stderr: string;
  truncated: boolean;
  /** undefined where it has none: it could not be started, or did not end in time */
  exitCode: number | undefined;
  /** as the node says it */
  status: Status;
}

/** The newest protocol of exec: what a client has no more of can be told (KEP-4006). */
const PROTOCOL = 'v5.channel.k8s.io';
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3 } as const;
const CLOSE_SIGNAL = 255;
/** s that a command may take when nothing is said, and at most: a request takes no longer than 60 s */
export const DEFAULT_SECONDS = 30;
export const MAX_SECONDS = 55;
/** Words of a command, which go into a URL, and their characters. */
const MAX_WORDS = 256;
const MAX_COMMAND = 8 * 1024;
/** Bytes of what a command reads; and of it in one message. */
export const MAX_INPUT = 1024 * 1024;
const PIECE = 32 * 1024;

/**
 * Runs a command in a container once, to its end: what `kubectl exec` does without a terminal, for who may get and create
 * pods/exec. Throws what the API refuses it with, 400 for what cannot be asked, and what the node answers in place of a
 * stream; how the command itself went is the result.
 */
export async function execOnce(
  {
    api,
    request,
    dialer,
    commands,
    budget,
  }: Pick<OperationContext, 'api' | 'request' | 'dialer' | 'commands' | 'budget'>,
  kind: Kind,
  args: ExecArguments,
): Promise<ExecResult> {
  const { namespace, name, stdin } = args;
  const query = queryOf(args);
  const seconds = secondsOf(args);
  const over = new AbortController();
  const target = targetOf(kind, { namespace, name, subresource: 'exec' });
  try {
    const own = { ...request, signal: over.signal };
    const to = await api.connect(own, target, { verb: 'get', query });
    if (!dialer) throw serviceUnavailable('no node is reached from here');
    commands.open(own);
    const command = new RunningCommand(dialer, to, target);
    const input = stdin ? Buffer.from(stdin) : undefined;
    return await budget.away(() => command.run(input, seconds * 1000, request.signal));
  } finally {
    over.abort();
  }
}

/** Throws 400. */
function queryOf({ command, container, stdin }: ExecArguments): URLSearchParams {
  if (!command.length) throw badRequest('command: at least one word is needed');
  if (command.length > MAX_WORDS) throw badRequest(`command: more than ${MAX_WORDS} words`);
  if (command.reduce((sum, word) => sum + word.length, 0) > MAX_COMMAND)
    throw badRequest(`command: more than ${MAX_COMMAND} characters`);
  if (stdin && Buffer.byteLength(stdin) > MAX_INPUT) throw badRequest(`stdin: more than ${MAX_INPUT} bytes`);
  const query = new URLSearchParams(command.map((word): [string, string] => ['command', word]));
  if (container) query.set('container', container);
  for (const stream of stdin ? ['stdin', 'stdout', 'stderr'] : ['stdout', 'stderr']) query.set(stream, 'true');
  return query;
}

/** Throws 400. */
function secondsOf({ timeoutSeconds }: ExecArguments): number {
  const seconds = timeoutSeconds ?? DEFAULT_SECONDS;
  if (seconds < 1 || seconds > MAX_SECONDS) throw badRequest(`timeoutSeconds must be between 1 and ${MAX_SECONDS}`);
  return seconds;
}

/** One command, from the handshake with its node to its end. */
class RunningCommand {
  private readonly output = new CommandOutput();
  private status: Status | undefined;
  private late = false;
  private lost: StatusError | undefined;
  private socket: NodeWebSocket | undefined;
  private stopDialling: () => void = () => undefined;

  constructor(
    private readonly dialer: Dialer,
    private readonly to: OpenConnection,
    private readonly target: Target,
  ) {}

  /** @param signal the caller has left */
  async run(input: Buffer | undefined, ms: number, signal: AbortSignal | undefined): Promise<ExecResult> {
    const letGo = this.to.hold((why) => {
      this.lost = why;
      this.stop();
    });
    const timer = setTimeout(() => {
      this.late = true;
      this.stop();
    }, ms);
    const left = (): void => this.stop();
    signal?.addEventListener('abort', left);
    try {
      await this.converse(input);
    } catch (error) {
      if (!this.late && !this.lost)
        throw isStatusError(error) ? error : unreachable('GET', this.to.url, error as Error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', left);
      letGo();
      this.stop();
    }
    if (this.lost) throw this.lost;
    return this.result(ms);
  }

  private stop(): void {
    this.stopDialling();
    this.socket?.destroy();
  }

  private async converse(input: Buffer | undefined): Promise<void> {
    const socket = await NodeWebSocket.open(this.dialer, this.to, PROTOCOL, this.target, (request) => {
      this.stopDialling = () => void request.destroy();
    });
    this.socket = socket;
    if (input) {
      for (let at = 0; at < input.length; at += PIECE)
        socket.send(Buffer.concat([Buffer.from([CHANNEL.stdin]), input.subarray(at, at + PIECE)]));
      socket.send(Buffer.from([CLOSE_SIGNAL, CHANNEL.stdin]));
    }
    for await (const message of socket.messages()) {
      const data = message.subarray(1);
      if (message[0] === CHANNEL.stdout) this.output.add('stdout', data);
      else if (message[0] === CHANNEL.stderr) this.output.add('stderr', data);
      else if (message[0] === CHANNEL.error) this.status = statusOf(data);
    }
  }

  private result(ms: number): ExecResult {
    const { output } = this;
    const unsaid = this.late
      ? timeout(`the command has not ended in ${ms / 1000} s`)
      : internalError('the node has not said how the command ended');
    const status = this.status ?? unsaid.status;
    return {
      stdout: output.text('stdout'),
      stderr: output.text('stderr'),
      truncated: output.truncated,
      exitCode: exitCodeOf(status),
      status,
    };
  }
}

function statusOf(data: Buffer): Status | undefined {
  try {
    const status: unknown = JSON.parse(data.toString());
    return isRecord(status) ? (status as unknown as Status) : undefined;
  } catch {
    return undefined;
  }
}

/** As clients of exec read it. */
function exitCodeOf({ status, reason, details }: Status): number | undefined {
  if (status === 'Success') return 0;
  if (reason !== 'NonZeroExitCode') return undefined;
  const code = Number(details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message);
  return Number.isInteger(code) ? code : undefined;
}
