import { expect, test } from 'vitest';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { StrategyContext } from '../../../src/kinds/kind.ts';
import type { KubeObject } from '../../../src/meta/object.ts';

const KEY = 'storageversionmigrations.storagemigration.k8s.io';
const { strategy } = createRegistry(['storagemigration.k8s.io/v1beta1']).storage(KEY)!;
const ctx: StrategyContext = {
  now: '2025-01-01T00:00:00Z',
  user: 'u',
  warn: () => {},
  subresource: '',
  apiVersion: 'storagemigration.k8s.io/v1beta1',
};

const migration = (resource: object, status: object = {}): KubeObject => ({
  metadata: { name: 'm', uid: 'u', creationTimestamp: '2025-01-01T00:00:00Z', resourceVersion: '1' },
  spec: { resource },
  status,
});
const widgets = { group: 'example.com', resource: 'widgets' };
const condition = (type: string, status = 'True') => ({
  type,
  status,
  reason: 'R',
  message: '',
  lastTransitionTime: '2025-01-01T00:00:00Z',
});
const says = (errors: readonly { field: string; body: string }[]) =>
  errors.map(({ field, body }) => `${field}: ${body.slice(0, 44)}`);

test('is not there unless it is asked for', () => {
  expect(createRegistry().storage(KEY)).toBeUndefined();
  expect(
    createRegistry()
      .groups()
      .map(({ group }) => group),
  ).not.toContain('storagemigration.k8s.io');
});

test.each([
  [{}, ['spec.resource.resource: Required value: resource is required to be s']],
  [widgets, []],
  [{ resource: 'pods' }, []],
  [
    { group: 'A_b', resource: 'B/x' },
    [
      'spec.resource.resource: Invalid value: "B/x": a DNS-1035 label must ',
      'spec.resource.group: Invalid value: "A_b": a lowercase RFC 1123 s',
    ],
  ],
])('what it migrates is checked: %j', (resource, wanted) => {
  expect(says(strategy.validate!(migration(resource), ctx))).toEqual(wanted);
});

test('what it migrates is fixed', () => {
  const errors = strategy.validateUpdate!(migration({ resource: 'pods' }), migration(widgets), ctx);
  expect(errors.map(({ field, body }) => `${field}: ${body}`)).toEqual([
    'spec: Invalid value: {"Resource":{"group":"","resource":"pods"}}: field is immutable',
  ]);
});

const running = [condition('Running')];
const succeeded = [condition('Running', 'False'), condition('Succeeded')];
test.each<[string, object, object, string[]]>([
  ['a first version', {}, { resourceVersion: '5' }, []],
  ['none', {}, {}, ['status.resourceVersion: Invalid value: "": resource version is not w']],
  ['a zero', {}, { resourceVersion: '0' }, ['status.resourceVersion: Invalid value: "0": resource version is not ']],
  [
    'another version',
    { resourceVersion: '5' },
    { resourceVersion: '6' },
    ['status.resourceVersion: Invalid value: "6": field is immutable'],
  ],
  ['an end', { resourceVersion: '5', conditions: running }, { resourceVersion: '5', conditions: succeeded }, []],
  [
    'an end that runs',
    {},
    { resourceVersion: '5', conditions: [condition('Running'), condition('Failed')] },
    ['status.conditions: Invalid value: [{"type":"Running","status":"'],
  ],
  [
    'an end taken back',
    { resourceVersion: '5', conditions: succeeded },
    { resourceVersion: '5', conditions: running },
    ['status.conditions: Invalid value: [{"type":"Running","status":"'],
  ],
])('its status: %s', (_what, old, status, wanted) => {
  const { validateUpdate } = strategy.subresources!['status']!;
  expect(says(validateUpdate!(migration(widgets, status), migration(widgets, old), ctx))).toEqual(wanted);
});

test('a Table tells what it migrates, and the last condition that is true', () => {
  const cells = (status: object, resource: object = widgets) => strategy.cells!(migration(resource, status), 0);
  expect(cells({})).toEqual(['m', 'widgets.example.com', 'Unknown']);
  expect(cells({ conditions: running }, { resource: 'pods' })).toEqual(['m', 'pods', 'Running']);
  expect(cells({ conditions: succeeded })).toEqual(['m', 'widgets.example.com', 'Succeeded']);
});
