import { MessageChannel } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { createClient } from '../../src/client/client.ts';
import type { Executor } from '../../src/client/transports/executor.ts';
import { portTransport, servePort } from '../../src/client/transports/port.ts';
import { Channel } from '../../src/meta/channel.ts';
import { conflict, tooManyRequests } from '../../src/meta/status.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { FakeApi } from '../support/fake-api.ts';

const open: { close(): void }[] = [];
afterEach(() => open.splice(0).forEach((port) => port.close()));
function over(executor: Executor) {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  servePort(port1, executor);
  return { transport: portTransport(port2), server: port1 };
}
const tick = () => new Promise(setImmediate);

test('the client works over a port as it does in process', async () => {
  const api = await FakeApi.open();
  const client = createClient(over(api.graphql.executor).transport, { manager: 'loop' });
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name: 'x' }, data: { k: 'v' } };
  await client.create('configmaps', object);
  const { whole } = await client.query<{ whole: KubeObject }>(
    '{ whole: object(resource: "configmaps", namespace: "a", name: "x") }',
  );
  expect(whole.metadata.managedFields).toMatchObject([{ manager: 'loop' }]);
  await expect(client.create('configmaps', object)).rejects.toMatchObject({ reason: 'AlreadyExists', code: 409 });
  expect((await client.list('configmaps', { namespace: 'a' })).items).toHaveLength(1);
  const watch = client.watch('configmaps', { namespace: 'a' });
  expect((await watch.next()).value).toMatchObject([{ type: 'ADDED' }]);
  await watch.return!();
  await api.client.delete('configmaps', 'a', 'x');
  expect(await watch.next()).toEqual({ done: true, value: undefined });
  await api.close();
});

test('a reader that waits is not sent more than the window', async () => {
  const pulled: number[] = [];
  const source: Executor = {
    execute: () => Promise.reject(conflict({ group: '', resource: 'pods' }, 'x', 'why')),
    subscribe: () => {
      let i = 0;
      const iterator: AsyncIterableIterator<string> = {
        next: () => {
          pulled.push(i);
          return Promise.resolve({ done: false, value: JSON.stringify({ data: { i: i++ } }) });
        },
        return: () => Promise.resolve({ done: true, value: undefined }),
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
  };
  const { transport } = over(source);
  const results = transport.subscribe({ query: '' });
  for (let i = 0; i < 20; i++) await tick();
  expect(pulled).toHaveLength(32);
  for (let i = 0; i < 100; i++) expect((await results.next()).value).toEqual({ data: { i } });
  await results.return!();
  await expect(transport.execute({ query: '' })).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
});

test('an error of a subscription arrives with its Status, after what came before it', async () => {
  const channel = new Channel<string>(10, () => new Error('full'));
  const { transport } = over({ execute: () => Promise.resolve('{}'), subscribe: () => channel });
  channel.push('{"data":{"i":1}}');
  channel.end(tooManyRequests('slow', 1));
  const results = transport.subscribe({ query: '' });
  expect((await results.next()).value).toEqual({ data: { i: 1 } });
  await expect(results.next()).rejects.toMatchObject({ code: 429 });
});

test('a closed port ends all with 503', async () => {
  const { transport, server } = over({
    execute: () => new Promise(() => undefined),
    subscribe: () => new Channel(1, () => new Error('full')),
  });
  const call = transport.execute({ query: '' });
  const next = transport.subscribe({ query: '' }).next();
  server.close();
  await expect(call).rejects.toMatchObject({ code: 503 });
  await expect(next).rejects.toMatchObject({ code: 503 });
  await expect(transport.execute({ query: '' })).rejects.toMatchObject({ code: 503 });
});
