import type { StatusError } from '../../meta/status.ts';

/** One thing that is open. It is lost once, or let go of. */
export class Held {
  private over = false;
  private readonly parts: ((held: Held) => void)[] = [];

  constructor(
    private readonly onLost: (why: StatusError) => void,
    private readonly log: (line: string) => void,
  ) {}

  /** @param letGo where it is known, which is told when it is no more */
  knownTo(letGo: (held: Held) => void): void {
    this.parts.push(letGo);
  }

  lose(why: StatusError): void {
    if (this.over) return;
    this.letGo();
    try {
      this.onLost(why);
    } catch (error) {
      // the others are told all the same
      this.log(`ending what ${why.status.reason} has ended: ${(error as Error).message}`);
    }
  }

  letGo(): void {
    this.over = true;
    for (const letGo of this.parts.splice(0)) letGo(this);
  }
}
