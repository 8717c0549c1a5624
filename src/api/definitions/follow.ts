import { customKinds } from '../../kinds/custom.ts';
import { objectOf, storedForm } from '../../kinds/encode.ts';
import { CLEANUP } from '../../kinds/strategies/custom-resource-definition.ts';
import { formatTime } from '../../meta/time.ts';
import type { Stored } from '../../store/contract.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { removeAuthorized } from '../delete.ts';
import { updateManagedFields } from '../patch/apply/managed.ts';
import { operationOf } from '../write/operation.ts';
import { ownershipOf } from '../write/ownership.ts';
import { replace } from '../write/replace.ts';
import { writeOf } from '../write/stored-write.ts';
import { isEstablished, wantedStatus } from './status.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
/** Objects that are deleted at once when their definition goes, and how soon it is looked at again. */
const AT_ONCE = 64;
const AGAIN_MS = 1_000;

const system: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  agent: 'kube-apiserver',
  warn() {},
};

/**
 * Keeps the registry's custom kinds as the definitions in the store say, gives definitions their status, and deletes
 * the objects of those that are being deleted. Every API process does so; what one has done the others find done.
 */
export function followDefinitions(core: Core): { stop(): void } {
  const { store, registry, clock } = core;
  let over = false;
  let unwatch = (): void => undefined;
  const cleaning = new Set<string>();
  const target = (name: string): Target => ({
    kind: registry.preferred(DEFINITIONS)!,
    namespace: '',
    name,
    subresource: '',
  });
  const report = (what: string) => (error: unknown) => core.log(`${what}: ${(error as Error).message}`);

  function serve(stored: Stored): void {
    const definition = stored.object;
    if (!isEstablished(definition)) return;
    try {
      registry.setCustom(stored.name, customKinds(definition));
    } catch (error) {
      report(`definition ${stored.name}`)(error);
    }
  }

  async function settle(stored: Stored): Promise<void> {
    const others = store.list({ resource: DEFINITIONS }).items.map((s) => s.object);
    const wanted = wantedStatus(stored.copy(), others, formatTime(clock.now()));
    if (!wanted) return;
    const { kind } = target(stored.name);
    const op = operationOf(core, system, target(stored.name), 'establish', {});
    const ownership = ownershipOf(registry, kind, 'status');
    updateManagedFields({
      ...ownership,
      live: objectOf(kind, stored),
      object: wanted,
      manager: op.by.manager,
      subresource: 'status',
      now: op.now,
    });
    // a conflict means that another process has done it, or that a new event comes
    await store.commit(writeOf(op, storedForm(kind.storage, false, wanted), stored.revision));
  }

  async function cleanUp(name: string): Promise<void> {
    if (over || cleaning.has(name)) return;
    cleaning.add(name);
    try {
      if (!(await emptied(name)))
        clock.setTimeout(() => void cleanUp(name).catch(report(`definition ${name}`)), AGAIN_MS);
    } finally {
      cleaning.delete(name);
    }
  }

  /** True when no object is left and the definition has been let go. */
  async function emptied(name: string): Promise<boolean> {
    const definition = store.get({ resource: DEFINITIONS, namespace: '', name });
    if (!definition?.object.metadata.deletionTimestamp) return true;
    const kind = registry.preferred(name);
    const items = [...store.list({ resource: name }).items].filter((i) => !i.object.metadata.deletionTimestamp);
    const worker = async (): Promise<void> => {
      for (let item = items.pop(); item && kind && !over; item = items.pop()) {
        await removeAuthorized(
          core,
          system,
          { kind, namespace: item.namespace, name: item.name, subresource: '' },
          {},
        ).catch(report(`${name} ${item.name}`));
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
    if (store.count({ resource: name }) > 0) return over;
    const finalizers = (all: string[] | undefined): string[] => (all ?? []).filter((f) => f !== CLEANUP);
    await replace(operationOf(core, system, target(name), 'finalize', {}), {
      createMissing: false,
      applied: true,
      next(live) {
        const object = structuredClone(live!);
        object.metadata.finalizers = finalizers(object.metadata.finalizers);
        return object;
      },
    });
    return true;
  }

  function seen(stored: Stored): void {
    serve(stored);
    if (stored.object.metadata.deletionTimestamp) {
      if (stored.object.metadata.finalizers?.includes(CLEANUP))
        void cleanUp(stored.name).catch(report(`definition ${stored.name}`));
    } else void settle(stored).catch(report(`definition ${stored.name}`));
  }

  /** Names that a definition had are free for the others of its group. */
  function gone(stored: Stored): void {
    registry.setCustom(stored.name, []);
    const groupOf = (s: Stored): unknown => (s.object['spec'] as { group?: string } | undefined)?.group;
    for (const other of store.list({ resource: DEFINITIONS }).items)
      if (groupOf(other) === groupOf(stored)) seen(other);
  }

  function follow(): void {
    const snapshot = store.list({ resource: DEFINITIONS });
    snapshot.items.forEach(seen);
    unwatch = store.watch({ resource: DEFINITIONS }, snapshot.revision, {
      onEvents(events) {
        for (const event of events) {
          if (event.type === 'DELETED') gone(event.stored);
          else seen(event.stored);
        }
      },
      onEnd: (reason) => {
        if (reason === 'expired' && !over) follow();
      },
    });
  }
  follow();
  return {
    stop() {
      over = true;
      unwatch();
    },
  };
}
