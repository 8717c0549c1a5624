import type { Client } from '../../../client/contract.ts';
import { unlessGone } from '../../../control/conflict.ts';
import type { Clock } from '../../../rules/clock.ts';
import { attachmentName, csiVolumeName } from '../../../rules/csi/names.ts';
import type { VolumeData } from './volume-data.ts';

/** How long one attempt waits for a volume to be attached, and how often it looks, ms. */
const WAIT_MS = 15_000;
const LOOK_MS = 500;

/** What is attached to this node for volumes that it uses, and the Node's word that it uses them. */
export class Attachments {
  /** as the Node names them */
  private readonly used = new Set<string>();
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly node: string,
    private readonly client: Client,
    private readonly clock: Clock,
  ) {}

  /** Says all at once: those that were in use when the agent started. */
  begin(volumes: readonly Pick<VolumeData, 'driver' | 'handle'>[]): Promise<void> {
    for (const { driver, handle } of volumes) this.used.add(csiVolumeName(driver, handle));
    return this.report();
  }

  /** From now on it is not to be detached. Must be said before it is mounted. */
  async use(driver: string, handle: string): Promise<void> {
    const name = csiVolumeName(driver, handle);
    if (this.used.has(name)) return;
    this.used.add(name);
    await this.report();
  }

  async release(driver: string, handle: string): Promise<void> {
    if (this.used.delete(csiVolumeName(driver, handle))) await this.report();
  }

  /**
   * Waits a while until a volume is attached here.
   * @returns what the attacher says to those who mount it
   * @throws Error when it is not attached yet, with the attacher's reason
   */
  async context(driver: string, handle: string): Promise<Record<string, string>> {
    const name = attachmentName(driver, handle, this.node);
    for (let waited = 0; ; waited += LOOK_MS) {
      const found = await unlessGone(this.client.get('volumeattachments.storage.k8s.io', '', name));
      if (found?.status?.attached && !found.metadata.deletionTimestamp) return found.status.attachmentMetadata ?? {};
      const why = found?.status?.attachError?.message;
      if (why !== undefined || waited >= WAIT_MS)
        throw new Error(`the volume is not attached to this node yet${why === undefined ? '' : `: ${why}`}`);
      await new Promise<void>((resolve) => this.clock.setTimeout(() => resolve(), LOOK_MS));
    }
  }

  private report(): Promise<void> {
    const write = async (): Promise<void> => {
      const status = { volumesInUse: [...this.used].sort() };
      await this.client.patch('nodes', '', this.node, { status }, { type: 'merge', subresource: 'status' });
    };
    const next = this.turn.then(write);
    this.turn = next.catch(() => undefined);
    return next;
  }
}
