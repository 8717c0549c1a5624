import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ATTRIBUTE, CLONE, SPREAD } from './kernel.ts';
import { Launch, type Launcher } from './launch.ts';
import type { Step } from './plan.ts';
import { mapUsers } from './pod-namespaces.ts';
import type { Users } from './users.ts';

/**
 * A process that lives as long as the agent and has Perl mounted read-only over itself. Launchers are started through
 * its view of the files: whoever finds such a process from within a container and opens its program by /proc/PID/exe
 * finds what nobody can write to, as no mount of his leads there.
 */
export class Keeper {
  private current: Promise<Launcher> | undefined;
  private turn: Promise<void> = Promise.resolve();

  /** @param script where the launcher's text is to be */
  constructor(
    private readonly perl: string,
    private readonly script: string,
    private readonly users: Users,
    private readonly text: string,
  ) {}

  /**
   * Starts the keeper, anew where it has ended. Each caller gets a turn of the event loop for itself: to start a process
   * takes milliseconds, and many may ask at once.
   * @throws LaunchError
   */
  async launcher(): Promise<Launcher> {
    this.turn = this.turn.then(() => new Promise((resolve) => setImmediate(resolve)));
    await this.turn;
    return (this.current ??= this.start());
  }

  private async start(): Promise<Launcher> {
    const folder = join(dirname(this.script), 'keeper');
    mkdirSync(folder, { recursive: true });
    writeFileSync(this.script, this.text, { mode: 0o600 });
    const steps: Step[] = [
      ...mapUsers(this.users),
      ['unshare', CLONE.mounts],
      ['spread', '/', SPREAD.slave | SPREAD.recursive],
      ['tree', 'perl', this.perl, '', ATTRIBUTE.readOnly, SPREAD.private, 0],
      ['filesystem', 'root', 'tmpfs', 0, 'size', '4k'],
      ['system', 'root', folder],
      ['chdir', folder],
      // what the host mounted when the agent began is not held by it
      ['pivot'],
      ['attach', 'perl', '/perl'],
      ['protect', '/', ATTRIBUTE.readOnly],
      ['wait'],
    ];
    const launch = new Launch({ perl: this.perl, script: this.script }, steps, ['ignore', 'ignore', 'ignore']);
    launch.child.once('exit', () => (this.current = undefined));
    try {
      const pid = await launch.begun;
      launch.unref();
      return { perl: `/proc/${pid}/root/perl`, script: this.script };
    } catch (error) {
      this.current = undefined;
      throw error;
    }
  }
}
