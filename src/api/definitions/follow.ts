import { customKinds } from '../../kinds/custom.ts';
import { fromStorage, storedForm } from '../../kinds/encode.ts';
import { CLEANUP } from '../../kinds/strategies/custom-resource-definition.ts';
import { REFERENCES_ANNOTATION } from '../../kinds/custom/references.ts';
import { formatTime } from '../../meta/time.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { removeAuthorized } from '../delete.ts';
import { follow } from '../follow.ts';
import { copyAs, type ObjectOf } from '../object-as.ts';
import { updateManagedFields } from '../patch/apply/managed.ts';
import { operationOf } from '../write/operation.ts';
import { ownershipOf } from '../write/ownership.ts';
import { deleteOf, writeOf } from '../write/stored-write.ts';
import { GroupNames } from './group-names.ts';
import { API_SERVICES } from './own-services.ts';
import { ServedVersions } from './served-versions.ts';
import { isEstablished } from '../../rules/established.ts';
import { wantedStatus } from './status.ts';
import type { DefinitionFault } from '../contract.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
type Definition = ObjectOf<typeof DEFINITIONS>;
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
export async function followDefinitions(
  core: Core,
): Promise<{ stop(): void; note(name: string, fault: DefinitionFault | null): void }> {
  const definitions = new Definitions(core, new Map(await core.store.created(DEFINITIONS)));
  definitions.follow();
  return definitions;
}

/** A kind whose objects are taken as they are stored: they go whether or not a webhook can say what they are in its version. */
function asStored({ definition: _, ...kind }: Kind): Kind {
  return { ...kind, convert: { toStorage: (object) => object, fromStorage: (object) => object } };
}

class Definitions {
  private over = false;
  private unfollow = (): void => undefined;
  private readonly cleaning = new Set<string>();
  private readonly names = new GroupNames();
  private readonly versions: ServedVersions;
  /** what the kinds in the registry were made of, by their definition's name */
  private readonly served = new Map<string, string>();

  /** what façades have found of them */
  private readonly faults = new Map<string, DefinitionFault | null>();
  /** definitions that have a condition for such */
  private readonly faulty = new Set<string>();

  constructor(
    private readonly core: Core,
    /** revisions at which they were made, by `/name` */
    private readonly created: Map<string, number>,
  ) {
    this.versions = new ServedVersions(core, system, (what) => this.report(what));
  }

  /** Says what a façade cannot serve of a definition's kinds; null: it can serve all. */
  note(name: string, fault: DefinitionFault | null): void {
    this.faults.set(name, fault);
    if (!fault && !this.faulty.has(name)) return;
    const stored = this.core.store.get({ resource: DEFINITIONS, namespace: '', name });
    if (!stored) return;
    const definition = copyAs(DEFINITIONS, stored);
    if (!definition.metadata.deletionTimestamp)
      void this.settle(stored, definition).catch(this.report(`definition ${name}`));
  }

  follow(): void {
    const { store } = this.core;
    const unfollow = follow(
      store,
      { resource: DEFINITIONS },
      {
        seen: (stored, isNew) => {
          if (isNew) this.created.set(`/${stored.name}`, stored.revision);
          this.seen(stored);
        },
        gone: (stored) => this.gone(stored),
      },
    );
    const look = ({ name }: Stored): void => this.versions.seen(name);
    const unfollowServices = follow(store, { resource: API_SERVICES }, { seen: look, gone: look });
    this.unfollow = () => {
      unfollow();
      unfollowServices();
    };
  }

  stop(): void {
    this.over = true;
    this.unfollow();
  }

  private forget(name: string): void {
    this.created.delete(`/${name}`);
    this.faults.delete(name);
    this.faulty.delete(name);
    this.served.delete(name);
    this.core.registry.setCustom(name, []);
  }

  /** What is read here is a copy: definitions are large, and kept in memory a thousand of them would be of no use. */
  private seen(stored: Stored): void {
    const definition = copyAs(DEFINITIONS, stored);
    this.names.put(definition);
    this.versions.put(definition);
    if (definition.status?.conditions?.some(({ type }) => type === 'GraphQL')) this.faulty.add(stored.name);
    else this.faulty.delete(stored.name);
    this.serve(stored, definition);
    const { deletionTimestamp, finalizers } = definition.metadata;
    if (deletionTimestamp) {
      if (finalizers?.includes(CLEANUP)) void this.cleanUp(stored.name).catch(this.report(`definition ${stored.name}`));
    } else void this.settle(stored, definition).catch(this.report(`definition ${stored.name}`));
  }

  /** Names that a definition had are free for those of its group that want them. */
  private gone(stored: Stored): void {
    this.forget(stored.name);
    this.versions.remove(stored.name);
    for (const name of this.names.remove(stored.name)) {
      const other = this.core.store.get({ resource: DEFINITIONS, namespace: '', name });
      if (other) this.seen(other);
    }
  }

  /** Kinds are made anew only when something is said of them that was not: all that was made of them would be made anew. */
  private serve(stored: Stored, definition: Definition): void {
    if (!isEstablished(definition)) return;
    const { uid, generation, annotations } = definition.metadata;
    const said = `${uid} ${generation} ${annotations?.[REFERENCES_ANNOTATION] ?? ''}`;
    if (this.served.get(stored.name) === said) return;
    try {
      const since = this.created.get(`/${stored.name}`);
      this.core.registry.setCustom(
        stored.name,
        customKinds(definition, since, () => stored.copy()),
      );
      this.served.set(stored.name, said);
    } catch (error) {
      this.report(`definition ${stored.name}`)(error);
    }
  }

  /** @param definition the same, read */
  private async settle(stored: Stored, definition: Definition): Promise<void> {
    const others = this.names.others(stored.name);
    const status = wantedStatus(definition, others, formatTime(this.core.clock.now()), this.faults.get(stored.name));
    if (!status) return;
    // the spec is the same in both, so that nobody has to compare its parts
    const wanted: KubeObject = { ...definition, metadata: { ...definition.metadata }, status };
    const { kind } = this.target(stored.name);
    const op = operationOf(this.core, system, this.target(stored.name), 'establish', {});
    const ownership = ownershipOf(this.core.registry, kind, 'status');
    updateManagedFields({
      ...ownership,
      live: fromStorage(kind, definition),
      object: wanted,
      manager: op.by.manager,
      subresource: 'status',
      now: op.now,
    });
    // a conflict means that another process has done it, or that a new event comes
    const write = writeOf(op, storedForm(kind.storage, false, wanted), stored.revision);
    // nobody asks for the object soon: the store need not keep it beside its bytes
    if (write.type === 'update') delete write.object;
    await this.core.store.commit(write);
  }

  private async cleanUp(name: string): Promise<void> {
    if (this.over || this.cleaning.has(name)) return;
    this.cleaning.add(name);
    try {
      if (!(await this.emptied(name)))
        this.core.clock.setTimeout(() => void this.cleanUp(name).catch(this.report(`definition ${name}`)), AGAIN_MS);
    } finally {
      this.cleaning.delete(name);
    }
  }

  /** True when no object is left and the definition has been let go. */
  private async emptied(name: string): Promise<boolean> {
    const definition = this.core.store.get({ resource: DEFINITIONS, namespace: '', name });
    if (!definition?.object.metadata.deletionTimestamp) return true;
    const served = this.core.registry.preferred(name);
    const kind = served && asStored(served);
    const items = [...this.core.store.list({ resource: name }).items].filter(
      (i) => !i.object.metadata.deletionTimestamp,
    );
    const worker = async (): Promise<void> => {
      for (let item = items.pop(); item && kind && !this.over; item = items.pop()) {
        await removeAuthorized(
          this.core,
          system,
          { kind, namespace: item.namespace, name: item.name, subresource: '' },
          {},
        ).catch(this.report(`${name} ${item.name}`));
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
    if (this.core.store.count({ resource: name }) > 0) return this.over;
    return this.letGo(definition);
  }

  /** Takes the finalizer away, and the definition with the last one. Its spec is what it was: nothing of it is judged again. */
  private async letGo(stored: Stored): Promise<boolean> {
    const target = this.target(stored.name);
    const op = operationOf(this.core, system, target, 'finalize', {});
    const finalizers = stored.object.metadata.finalizers?.filter((f) => f !== CLEANUP) ?? [];
    if (!finalizers.length) return (await this.core.store.commit(deleteOf(op, stored.name, stored.revision))).ok;
    const object = stored.copy();
    object.metadata.finalizers = finalizers;
    const form = storedForm(target.kind.storage, false, object);
    return (await this.core.store.commit(writeOf(op, form, stored.revision))).ok;
  }

  private target(name: string): Target {
    return { kind: this.core.registry.preferred(DEFINITIONS)!, namespace: '', name, subresource: '' };
  }

  private report(what: string): (error: unknown) => void {
    return (error) => this.core.log(`${what}: ${(error as Error).message}`);
  }
}
