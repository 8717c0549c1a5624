import { errorMessage } from '../../meta/error-message.ts';
import type { Clock } from '../../rules/clock.ts';
import type { Machine } from '../machine.ts';

/** How often it is looked whether the machine has another address, ms. */
const LOOK_MS = 5000;

export interface FollowOptions {
  machine: Pick<Machine, 'address' | 'owns'>;
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  /** Listens there and nowhere else. What it throws is told, and it is called again. */
  use(addresses: readonly string[]): Promise<void>;
  log(message: string, fields?: Record<string, unknown>): void;
}

/** The loopback and the address by which the machine is known, which stays the same for as long as it has it. */
export class FollowAddress {
  current: readonly string[];
  private known: string | undefined;
  private timer: unknown;
  private stopped = false;

  constructor(private readonly options: FollowOptions) {
    this.known = options.machine.address();
    this.current = this.addresses();
  }

  /** From now on `use` is told when the machine has another address. */
  start(): void {
    this.timer = this.options.clock.setTimeout(() => {
      void this.look().finally(() => this.stopped || this.start());
    }, LOOK_MS);
  }

  stop(): void {
    this.stopped = true;
    this.options.clock.clearTimeout(this.timer);
  }

  private addresses(): string[] {
    return ['127.0.0.1', ...(this.known === undefined ? [] : [this.known])];
  }

  private async look(): Promise<void> {
    const { machine, use, log } = this.options;
    if (this.known === undefined || !machine.owns(this.known)) this.known = machine.address();
    const addresses = this.addresses();
    if (addresses.join() === this.current.join()) return;
    try {
      await use(addresses);
      this.current = addresses;
      log('takes requests at another address', { addresses });
    } catch (error) {
      log('requests are not taken at an address of this machine', { addresses, error: errorMessage(error) });
    }
  }
}
