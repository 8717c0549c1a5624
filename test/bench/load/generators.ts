import { fork, type ChildProcess } from 'node:child_process';
import type {
  Command,
  FloodResult,
  FloodSpec,
  LoadResult,
  LoadSpec,
  Report,
  Result,
  StreamResult,
  StreamSpec,
} from './messages.ts';

/** The generator processes: one sends requests, one holds streams. */
export class Generators {
  private readonly children = new Map<string, ChildProcess>();
  private id = 0;

  /** @param file the bundled generator */
  constructor(private readonly file: string) {}

  load(spec: LoadSpec): Promise<LoadResult> {
    return this.run('requests', (id) => ({ id, type: 'load', spec })) as Promise<LoadResult>;
  }

  /** @param who one process per name */
  flood(who: string, spec: FloodSpec): Promise<FloodResult> {
    return this.run(who, (id) => ({ id, type: 'flood', spec })) as Promise<FloodResult>;
  }

  /** @param act called once all streams are open; the result comes when it is done, too: what it does would be in the way of who comes next */
  streams(spec: StreamSpec, act: () => Promise<unknown>): Promise<StreamResult> {
    return this.run('streams', (id) => ({ id, type: 'streams', spec }), act) as Promise<StreamResult>;
  }

  close(): void {
    for (const child of this.children.values()) child.kill();
    this.children.clear();
  }

  private run(which: string, command: (id: number) => Command, act?: () => Promise<unknown>): Promise<Result> {
    const child = this.child(which);
    const id = ++this.id;
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => {
        child.off('message', onReport).off('exit', onExit);
        then();
      };
      let acted: Promise<unknown> = Promise.resolve();
      const onExit = () => settle(() => reject(new Error(`the generator of ${which} has ended`)));
      const onReport = (report: Report) => {
        if (report.id !== id) return;
        if (report.type === 'result') settle(() => resolve(acted.then(() => report.result)));
        else if (report.type === 'failed') settle(() => reject(new Error(report.error)));
        else {
          child.send({ id, type: 'go' } satisfies Command);
          acted = act?.() ?? acted;
          acted.catch((error: Error) => settle(() => reject(error)));
        }
      };
      child.on('message', onReport).on('exit', onExit);
      child.send(command(id));
    });
  }

  private child(which: string): ChildProcess {
    let child = this.children.get(which);
    if (!child?.connected) {
      child = fork(this.file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
      this.children.set(which, child);
    }
    return child;
  }
}
