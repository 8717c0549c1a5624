import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Target } from '../../src/api/contract.ts';
import { isStream } from '../../src/api/streams/streams.ts';
import { apiVersionOf } from '../../src/meta/gvk.ts';
import { changed, changedScale, compared, expected, otherStatus } from './parts/changed.ts';
import { ENDPOINTS, type Endpoint, type Sent } from './parts/endpoints.ts';
import { CUSTOM, OBJECTS } from './parts/objects.ts';
import { Stock } from './parts/stock.ts';
import { FORMS, write } from './parts/write.ts';
import { refusal } from './support.ts';

let stock: Stock;
beforeAll(async () => {
  stock = await Stock.open();
});
afterAll(() => stock.close());

const splitPath = ({ path }: Endpoint): [string, string] => path.split('/') as [string, string];
const TITLED = ENDPOINTS.map((endpoint) => [endpoint.path, endpoint] as const);

test('every subresource that is written is in the table', () => {
  const served = stock.test.api.registry
    .all()
    .flatMap((kind) =>
      [...kind.subresources.values()]
        .filter(
          ({ name, verbs }) => verbs.includes('update') && !isStream({ kind, namespace: '', name, subresource: name }),
        )
        .map(({ name }) => `${kind.storage.key}/${name}`),
    );
  expect(ENDPOINTS.map(({ path }) => path).sort()).toEqual([...new Set(served)].sort());
});

describe.each(TITLED)('%s', (_path, endpoint) => {
  const [resource, subresource] = splitPath(endpoint);
  const forms = FORMS.filter(
    (form) =>
      !(resource === CUSTOM && form === 'strategic merge patch') && !(subresource === 'finalize' && form !== 'update'),
  );

  test.each(forms)('by %s changes its part only', async (form) => {
    for (const kind of stock.versions(resource)) {
      const target = await stock.put(kind);
      const live = await stock.read(target);
      const sent = subresource === 'scale' ? changedScale(live) : changed(kind, live, endpoint);
      await write(stock.test, { ...target, subresource }, form, sent);
      expect(compared(await stock.read(target)), apiVersionOf(kind)).toEqual(expected(live, endpoint));
    }
  });

  test.each(forms)('by %s changes nothing that says who or whether it is', async (form) => {
    const { test: t } = stock;
    for (const kind of stock.versions(resource)) {
      const target = await stock.put(kind);
      const live = await stock.read(target);
      for (const part of [
        { uid: 'other' },
        { deletionTimestamp: '2026-01-01T00:00:00Z' },
        { deletionGracePeriodSeconds: 5 },
        { name: 'other' },
        { namespace: 'other' },
      ]) {
        const sent = subresource === 'scale' ? changedScale(live) : structuredClone(live);
        Object.assign(sent.metadata, part);
        // refused or left out
        await write(t, { ...target, subresource }, form, sent).catch(() => undefined);
        const { uid, deletionTimestamp, deletionGracePeriodSeconds } = (await stock.read(target)).metadata;
        expect({ uid, deletionTimestamp, deletionGracePeriodSeconds }).toEqual({ uid: live.metadata.uid });
      }
    }
  });

  test.each(forms)('by %s makes no object', async (form) => {
    for (const kind of stock.versions(resource)) {
      const live = await stock.read(await stock.put(kind));
      const sent = subresource === 'scale' ? changedScale(live) : changed(kind, live, endpoint);
      sent.metadata.name = 'nobody';
      const target = { ...stock.target(kind, 'nobody'), subresource };
      expect((await refusal(write(stock.test, target, form, sent))).code).toBe(404);
    }
  });
});

const WITH_STATUS = [
  ...new Set(ENDPOINTS.filter(({ part }) => part === 'status').map((endpoint) => splitPath(endpoint)[0])),
];

describe.each(WITH_STATUS)('%s', (resource) => {
  const forms = FORMS.filter((form) => !(resource === CUSTOM && form === 'strategic merge patch'));

  test.each(forms)('by %s leaves status as it is', async (form) => {
    for (const kind of stock.versions(resource)) {
      const target = await stock.put(kind);
      const live = await stock.read(target);
      await write(stock.test, target, form, otherStatus(kind, structuredClone(live)));
      const after = await stock.read(target);
      expect(after.metadata.labels).toMatchObject({ tried: 'x' });
      expect(after.status, apiVersionOf(kind)).toEqual(live.status);
    }
  });

  // a kubelet's first write says what its node has
  test.runIf(resource !== 'nodes' && !OBJECTS[resource]?.name)(
    'is created without the status that is sent',
    async () => {
      const { name: _, status: __, ...parts } = OBJECTS[resource]!;
      const created = async (target: Target, object: Sent): Promise<unknown> => {
        await stock.test.api.create(stock.test.ctx(), target, { object }, {});
        return (await stock.read({ ...target, name: object.metadata.name })).status;
      };
      for (const kind of stock.versions(resource)) {
        const named = (name: string): Sent => ({ ...structuredClone(parts), metadata: { name } }) as unknown as Sent;
        const target = stock.target(kind, '');
        const plain = await created(target, named(`plain-${kind.version}`));
        const sent = otherStatus(kind, named(`sent-${kind.version}`));
        expect(await created(target, sent), apiVersionOf(kind)).toEqual(plain);
      }
    },
  );
});

/** The first version says in annotations what only the second has fields for. */
describe('horizontalpodautoscalers.autoscaling of v1', () => {
  const annotate = async (subresource: string, annotation: string, value: object[]) => {
    const [first, second] = ['v1', 'v2'].map((v) =>
      stock.versions('horizontalpodautoscalers.autoscaling').find(({ version }) => version === v)!,
    );
    const target = await stock.put(second!);
    const before = await stock.read(target);
    const sent = await stock.read({ ...target, kind: first! });
    sent.metadata.annotations = { [`autoscaling.alpha.kubernetes.io/${annotation}`]: JSON.stringify(value) };
    await write(stock.test, { ...target, kind: first!, subresource }, 'update', sent);
    return { before, after: await stock.read(target) };
  };

  test('its status changes no metrics', async () => {
    const value = [{ type: 'Resource', resource: { name: 'memory', targetAverageUtilization: 1 } }];
    const { before, after } = await annotate('status', 'metrics', value);
    expect(after.spec).toEqual(before.spec);
  });

  test.each([
    ['conditions', [{ type: 'AbleToScale', status: 'True' }]],
    ['current-metrics', [{ type: 'Resource', resource: { name: 'memory', currentAverageValue: '1' } }]],
  ])('the object itself changes no %s', async (annotation, value) => {
    const { before, after } = await annotate('', annotation, value);
    expect(after.status).toEqual(before.status);
  });
});
