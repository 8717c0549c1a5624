import type { Target } from '../../../src/api/contract.ts';
import { keyOf } from '../../../src/api/target.ts';
import { applyDefaults } from '../../../src/api/write/defaults.ts';
import { writeOf } from '../../../src/api/write/stored-write.ts';
import { storedForm, toStorage } from '../../../src/kinds/encode.ts';
import type { Kind } from '../../../src/kinds/kind.ts';
import { apiVersionOf } from '../../../src/meta/gvk.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { systemClock } from '../../../src/rules/clock.ts';
import { TestApi } from '../support.ts';
import type { Sent } from './endpoints.ts';
import { CUSTOM, OBJECTS } from './objects.ts';

/** It stands, so that times that are set are equal. */
const NOW = Date.parse('2026-01-01T00:00:00Z');
const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** Objects that are put straight into the store of an API, with the status that a controller would give them. */
export class Stock {
  private made = 0;
  private constructor(
    readonly test: TestApi,
    /** as the API's own loop leaves it */
    private readonly definition: KubeObject,
  ) {}

  /** With the definition of the custom kind that OBJECTS has. */
  static async open(): Promise<Stock> {
    const test = await TestApi.open({ clock: { ...systemClock, now: () => NOW } });
    const { name, spec } = OBJECTS[DEFINITIONS]!;
    await test.create(DEFINITIONS, { metadata: { name }, spec }, '');
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!test.api.registry.preferred(CUSTOM)) return;
        stop();
        resolve();
      };
      const stop = test.api.registry.onChange(look);
      look();
    });
    const { object } = await test.get(DEFINITIONS, name!, '');
    return new Stock(test, object);
  }
  close(): Promise<void> {
    return this.test.close();
  }

  versions(resource: string): Kind[] {
    return this.test.api.registry.all().filter(({ storage }) => storage.key === resource);
  }
  target(kind: Kind, name: string): Target {
    return { kind, namespace: kind.namespaced ? 't' : '', name, subresource: '' };
  }

  /** A new object of the kind; where OBJECTS names it, the one of that name as it was. */
  async put(kind: Kind): Promise<Target> {
    const { name = `x${++this.made}`, ...parts } = OBJECTS[kind.storage.key]!;
    const { store } = this.test.api;
    const target = this.target(kind, name);
    const there = store.get(keyOf(target));
    const form = kind.storage.key === DEFINITIONS ? this.definition : formOf(target, parts);
    const by = { user: 'test', manager: 'test', verb: 'create' };
    await store.commit(writeOf({ target, by }, structuredClone(form), there?.revision));
    return target;
  }

  async read(target: Target): Promise<Sent> {
    const { object } = await this.test.api.get(this.test.ctx(), target, {});
    return structuredClone(object) as Sent;
  }
}

function formOf({ kind, namespace, name }: Target, parts: object): KubeObject {
  const object = {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      name,
      ...(namespace && { namespace }),
      uid: `uid-${name}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(kind.storage.strategy.generation !== false && { generation: 1 }),
    },
    ...structuredClone(parts),
  } as unknown as KubeObject;
  applyDefaults(kind, object);
  return storedForm(kind.storage, kind.custom, toStorage(kind, object));
}
