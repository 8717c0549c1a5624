import type { Kind } from '../../kinds/kind.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { Stored } from '../../store/contract.ts';
import type { Reach } from './convert.ts';
import { inKindsVersion } from './stored-version.ts';

/** What is asked for in one turn of the loop, of one kind in one version. */
interface Wave {
  readonly items: Set<Stored>;
  readonly made: Promise<ReadonlyMap<Stored, Stored>>;
}

/** Converts for those who read objects one by one: what they want in the same turn is asked of the webhook together. */
export class Conversions {
  private readonly waves = new Map<string, Wave>();

  constructor(private readonly reach: Reach) {}

  /**
   * Stored objects of a kind that has a webhook in its version, or another, in their order. Throws 500.
   * @param apiVersion `example.com/v1`
   */
  async converted(kind: Kind, items: readonly Stored[], apiVersion = apiVersionOf(kind)): Promise<readonly Stored[]> {
    const wave = this.waveOf(kind, apiVersion);
    for (const item of items) wave.items.add(item);
    const made = await wave.made;
    return items.map((item) => made.get(item) ?? item);
  }

  private waveOf(kind: Kind, apiVersion: string): Wave {
    const id = `${kind.definition?.id} ${apiVersion}`;
    const known = this.waves.get(id);
    if (known) return known;
    const items = new Set<Stored>();
    const made = (async (): Promise<ReadonlyMap<Stored, Stored>> => {
      await new Promise(setImmediate);
      this.waves.delete(id);
      const all = [...items];
      const converted = await inKindsVersion(this.reach, kind, all, apiVersion);
      return new Map(all.map((item, i) => [item, converted[i] ?? item]));
    })();
    const wave: Wave = { items, made };
    this.waves.set(id, wave);
    return wave;
  }
}
