import { expect, it } from 'vitest';
import type { Service } from '../../schema/types.ts';
import { serviceportrepair } from '../../src/reconcilers/serviceportrepair.ts';

const service = (name: string, ...ports: number[]): Service =>
  ({
    metadata: { name, namespace: 'a' },
    spec: { ports: ports.map((nodePort) => ({ port: 80, nodePort })) },
  }) as Service;

it('a port of two Services, which no API gives, is the first one’s: the second is told, until it is the only one', async () => {
  const services = [service('y', 30_001, 30_002), service('x', 30_001)];
  const repair = serviceportrepair([30_000, 30_999]);
  const said: string[] = [];
  const ctx: any = {
    informer: () => ({
      get: (_: string, name: string) => services.find(({ metadata }) => metadata.name === name),
      index: (by: string, value: string) =>
        services.filter((one) => repair.indexes?.services?.[by]?.(one as never).includes(value)),
    }),
    events: { event: (about: Service, _: string, reason: string) => said.push(`${about.metadata.name} ${reason}`) },
  };
  const [watch] = repair.watches;
  const keys: any = (now: Service | undefined, old: Service | undefined) => [...(watch as any).keys(now, old, ctx)];
  for (const key of keys(services[1], undefined)) await repair.reconcile(key, ctx);
  expect(new Set(said)).toEqual(new Set(['y PortAlreadyAllocated']));
  said.length = 0;
  const [gone] = services.splice(1, 1);
  expect(keys(undefined, gone)).toEqual(['a/y']);
  expect(await repair.reconcile('a/y', ctx)).toBeUndefined();
  expect(said).toEqual([]);
});
