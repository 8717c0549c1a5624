import type { Kind, Registry } from '../../kinds/kind.ts';
import type { Place } from '../../store/contract.ts';
import { attributesOf, type ResourceAttributes } from '../authorization/attributes.ts';
import { EVER, pastOf } from '../authorization/past.ts';
import type { RequestContext } from '../contract.ts';
import type { Core } from '../core.ts';
import { Slice } from '../fairness/turns.ts';
import type { Within } from './contract.ts';

/** Decisions between two looks at the clock. */
const LOOK_EVERY = 64;

/**
 * Where the caller may list, of what is asked for: the rest is left out, as if it were not there. The present rights
 * count, for the past too, as far as they reach.
 */
export async function listablePlaces(core: Core, ctx: RequestContext, { kinds, namespaces }: Within): Promise<Place[]> {
  const places: Place[] = [];
  const all = [...new Set(namespaces ?? core.store.list({ resource: 'namespaces' }).items.map(({ name }) => name))];
  const slice = new Slice();
  let looked = 0;
  const asked = async (kind: Kind, namespace: string): Promise<ResourceAttributes> => {
    if (++looked % LOOK_EVERY === 0 && slice.over) await slice.next();
    return attributesOf('list', { kind, namespace, name: '', subresource: '' });
  };
  for (const kind of storedKinds(core.registry, kinds)) {
    const { key: resource } = kind.storage;
    if (!kind.namespaced && namespaces) continue;
    const everywhere = core.authorizer.decide(ctx.user, await asked(kind, '')).allowed;
    if (everywhere && !namespaces) places.push({ resource });
    else if (kind.namespaced)
      for (const namespace of all) {
        const since = everywhere ? EVER : await pastOf(core, ctx.user, await asked(kind, namespace));
        if (since) places.push({ resource, namespace, above: since.revision - 1 });
      }
  }
  return places;
}

/** The preferred version of each kind that is stored and listed. */
function storedKinds(registry: Registry, wanted: readonly string[] | undefined): Kind[] {
  const keys = wanted ? new Set(wanted) : new Set(registry.all().map(({ storage }) => storage.key));
  return [...keys].flatMap((key) => {
    const kind = registry.preferred(key);
    return kind?.storage.persisted && kind.verbs.includes('list') ? kind : [];
  });
}
