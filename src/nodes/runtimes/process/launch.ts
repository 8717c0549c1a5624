import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { encodePlan, type Step } from './plan.ts';
import { NATIVE, systemCall } from './seccomp/system-calls.ts';

/** by which the launcher reads the plan that tells it the numbers of all others */
const READ = String(systemCall('read', NATIVE));

/** The program that runs plans: Perl, and the file with its text. */
export interface Launcher {
  perl: string;
  script: string;
}

/** A plan on its way: what the launcher says of it. */
export class Launch {
  /** Once it has made what others must open before it goes on. @throws what went wrong before */
  readonly ready: Promise<void>;
  /** Resolves to the process id that was made, once the command runs or the process holds. @throws what went wrong */
  readonly begun: Promise<number>;
  readonly child: ChildProcess;
  private readonly words: Duplex;

  /** @param stdio descriptors 0 to 2 of the launcher, which its commands get */
  constructor(launcher: Launcher, steps: readonly Step[], stdio: StdioOptions & readonly unknown[]) {
    const child = spawn(launcher.perl, [launcher.script, READ], {
      detached: true,
      cwd: '/',
      env: {},
      stdio: [...(stdio as 'ignore'[]), 'pipe', 'pipe'],
    });
    this.child = child;
    const [words, reports] = [child.stdio[3] as Duplex, child.stdio[4] as Readable];
    this.words = words;
    // it may have ended by then: its report, or its end, says why
    words.on('error', () => undefined);
    words.write(encodePlan(steps));
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    let [text, told] = ['', (): void => undefined];
    const ready = new Promise<void>((resolve) => (told = resolve));
    const ended = new Promise<number>((resolve, reject) => {
      reports.setEncoding('utf8');
      reports.on('data', (chunk: string) => {
        text += chunk;
        if (text.includes('ready\n')) told();
      });
      reports.on('error', reject);
      reports.once('end', () => {
        const why = /^error ([^]*)/m.exec(text)?.[1]?.trimEnd();
        const pid = /^pid (\d+)$/m.exec(text)?.[1];
        if (why !== undefined) reject(new LaunchError(why, pid !== undefined));
        else if (pid === undefined) reject(new LaunchError('the launcher ended', false));
        else resolve(Number(pid));
      });
    });
    this.begun = Promise.race([ended, failed]);
    this.ready = Promise.race([ready, this.begun.then(() => undefined)]);
    this.begun.catch(() => undefined);
    this.ready.catch(() => undefined);
  }

  /** After `ready`: what it waited for is done. */
  go(): void {
    this.words.write('g');
  }

  /** Of the terminal on which its command runs. */
  resize(columns: number, rows: number): void {
    if (columns > 0 && rows > 0 && this.words.writable) this.words.write(`${rows} ${columns}\n`);
  }

  /** The agent may end before it. */
  unref(): void {
    this.child.unref();
    (this.child.stdio[3] as { unref?(): void }).unref?.();
    (this.child.stdio[4] as { unref?(): void }).unref?.();
  }
}

/** Why a plan was not done to its end. */
export class LaunchError extends Error {
  constructor(
    message: string,
    /** whether a process had been made by then, whose end is told as that of a command */
    readonly begun: boolean,
  ) {
    super(message);
  }
}
