import { isDeepStrictEqual } from 'node:util';
import type { APIService, CustomResourceDefinition } from '../../../schema/types.ts';
import { isStatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { removeAuthorized } from '../delete.ts';
import { objectAs } from '../object-as.ts';
import { update } from '../update.ts';
import { insert } from '../write/insert.ts';
import { operationOf } from '../write/operation.ts';
import { API_SERVICES, apiServiceName, AUTOMANAGED, customService } from './own-services.ts';

/** A group and version that at least one definition serves. */
interface Served {
  group: string;
  version: string;
  definitions: Set<string>;
}

/**
 * An APIService for each group and version that definitions serve, made with the first of them and taken away with the
 * last. One that somebody has made by hand stays what it is. Source: kube-apiserver's crd-autoregister controller.
 */
export class ServedVersions {
  /** by the name of the APIService */
  private readonly served = new Map<string, Served>();
  /** names of APIServices, by definition */
  private readonly of = new Map<string, readonly string[]>();
  /** what is being looked at, and whether it is to be looked at again */
  private readonly busy = new Map<string, boolean>();

  constructor(
    private readonly core: Core,
    private readonly by: RequestContext,
    private readonly report: (what: string) => (error: unknown) => void,
  ) {}

  put({ metadata: { name }, spec: { group, versions } }: CustomResourceDefinition): void {
    const before = this.of.get(name) ?? [];
    const now = versions.filter(({ served }) => served).map(({ name: version }) => apiServiceName(group, version));
    if (before.length === now.length && before.every((service) => now.includes(service))) return;
    this.of.set(name, now);
    for (const service of before) if (!now.includes(service)) this.drop(service, name);
    for (const { name: version, served } of versions) {
      if (!served) continue;
      const service = apiServiceName(group, version);
      const known = this.served.get(service);
      if (known) known.definitions.add(name);
      else {
        this.served.set(service, { group, version, definitions: new Set([name]) });
        this.look(service);
      }
    }
  }

  remove(name: string): void {
    for (const service of this.of.get(name) ?? []) this.drop(service, name);
    this.of.delete(name);
  }

  /** After an APIService has come, changed or gone: it is kept as definitions want it. */
  seen(service: string): void {
    if (this.differs(service)) this.look(service);
  }

  private drop(service: string, definition: string): void {
    const known = this.served.get(service);
    known?.definitions.delete(definition);
    if (known?.definitions.size) return;
    this.served.delete(service);
    this.look(service);
  }

  /** One look at a time: what changes meanwhile is seen by the next. */
  private look(service: string): void {
    if (this.busy.has(service)) return void this.busy.set(service, true);
    this.busy.set(service, false);
    void this.settle(service)
      .catch(this.report(`apiservice ${service}`))
      .finally(() => {
        const again = this.busy.get(service);
        this.busy.delete(service);
        if (again) this.look(service);
      });
  }

  private stored(service: string): Stored | undefined {
    return this.core.store.get({ resource: API_SERVICES, namespace: '', name: service });
  }

  /** What somebody has made by hand is as it should be. */
  private differs(service: string): boolean {
    const wanted = this.served.get(service);
    const stored = this.stored(service);
    if (!wanted || !stored) return Boolean(wanted) || isKept(stored);
    return isKept(stored) && !isDeepStrictEqual(objectAs(API_SERVICES, stored).spec, specOf(wanted));
  }

  private async settle(service: string): Promise<void> {
    const kind = this.core.registry.preferred(API_SERVICES);
    if (!kind || !this.differs(service)) return;
    const wanted = this.served.get(service);
    const stored = this.stored(service);
    const target: Target = { kind, namespace: '', name: stored ? service : '', subresource: '' };
    const manager = { fieldManager: 'kube-apiserver' };
    if (!wanted) {
      const preconditions = { uid: stored?.object.metadata.uid ?? '' };
      await unless('NotFound', removeAuthorized(this.core, this.by, target, { preconditions }));
    } else if (stored) {
      const object = { ...objectAs(API_SERVICES, stored), spec: specOf(wanted) };
      await unless('Conflict', update(this.core, this.by, target, { object }, manager));
    } else {
      const op = operationOf(this.core, this.by, target, 'create', manager);
      await unless('AlreadyExists', insert(op, customService(wanted.group, wanted.version)));
    }
  }
}

const specOf = ({ group, version }: Served) => (customService(group, version) as APIService).spec;
const isKept = (stored: Stored | undefined): boolean => stored?.labels?.[AUTOMANAGED] === 'true';

/** Another process was first, and then what it wrote is seen. */
async function unless(reason: string, done: Promise<unknown>): Promise<void> {
  await done.catch((error: unknown) => isStatusError(error, reason) || Promise.reject(error as Error));
}
