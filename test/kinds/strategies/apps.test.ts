import { describe, expect, test } from 'vitest';
import { rulesOf, selector, template } from './support.ts';
import { at } from '../../support/at.ts';

const NEGATIVE = 'must be greater than or equal to 0';
const PERCENT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
const MISMATCH = '`selector` does not match template `labels`';
const good = { selector, template: template() };

describe('a Deployment', () => {
  const { create, update, status, stored, statusOf, warnings } = rulesOf('apps', 'v1', 'deployments');
  test.each<[string, Record<string, unknown>, string[]]>([
    ['is good with a selector and a template', good, []],
    [
      'needs a selector',
      { template: template() },
      ['spec.selector: Required value', `spec.template.metadata.labels: Invalid value: {"app":"a"}: ${MISMATCH}`],
    ],
    [
      'selects something',
      { ...good, selector: {} },
      ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    ],
    [
      'has a selector that works',
      { ...good, selector: { matchExpressions: [{ key: 'a', operator: 'X' }] } },
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "X": not a valid selector operator',
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"X"}]}: invalid label selector',
      ],
    ],
    [
      'prints labels in order',
      { ...good, selector: { matchLabels: { x: 'y' } }, template: template({}, { labels: { b: '1', a: '2' } }) },
      [`spec.template.metadata.labels: Invalid value: {"a":"2","b":"1"}: ${MISMATCH}`],
    ],
    [
      'is not negative',
      { ...good, replicas: -1, minReadySeconds: -2, revisionHistoryLimit: -3 },
      [
        `spec.replicas: Invalid value: -1: ${NEGATIVE}`,
        `spec.minReadySeconds: Invalid value: -2: ${NEGATIVE}`,
        `spec.revisionHistoryLimit: Invalid value: -3: ${NEGATIVE}`,
      ],
    ],
    [
      'takes longer than its pods need to be ready',
      { ...good, minReadySeconds: 10, progressDeadlineSeconds: 10 },
      ['spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds'],
    ],
    [
      'knows two strategies',
      { ...good, strategy: { type: 'X' } },
      [
        'spec.strategy: Unsupported value: {"Type":"X","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
      ],
    ],
    [
      'moves something',
      { ...good, strategy: { rollingUpdate: { maxSurge: '0%', maxUnavailable: 0 } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
    ],
    [
      'counts or names a share',
      { ...good, strategy: { rollingUpdate: { maxSurge: 'many', maxUnavailable: '150%' } } },
      [
        `spec.strategy.rollingUpdate.maxSurge: Invalid value: "many": ${PERCENT}`,
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%',
      ],
    ],
    [
      'has pods without a deadline',
      { ...good, template: template({ activeDeadlineSeconds: 5 }) },
      ['spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported'],
    ],
  ])('%s', (_, spec, errors) => expect(create({ spec })).toEqual(errors));

  test('keeps its selector', () => {
    const other = { selector: { matchLabels: { app: 'b' } }, template: template({}, { labels: { app: 'b' } }) };
    expect(update({ spec: good }, { spec: other })).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
    ]);
  });
  test('without a spec says what is missing', () => {
    expect(create({}).slice(0, 2)).toEqual([
      'spec.selector: Required value',
      `spec.template.metadata.labels: Invalid value: null: ${MISMATCH}`,
    ]);
  });
  test('counts pods in its status', () => {
    expect(
      status(
        { spec: good },
        { collisionCount: 2 },
        { replicas: 1, readyReplicas: 2, availableReplicas: 3, collisionCount: 1, updatedReplicas: -1 },
      ),
    ).toEqual([
      `status.updatedReplicas: Invalid value: -1: ${NEGATIVE}`,
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
      'status.collisionCount: Invalid value: 1: cannot be decremented',
    ]);
  });
  test('keeps its labels when its status is written', () => {
    const old = stored({ spec: good }, { labels: { a: 'b' } });
    const object = { ...structuredClone(old), metadata: { ...old.metadata, labels: { c: 'd' } } };
    statusOf(object, old);
    expect(object.metadata.labels).toEqual({ a: 'b' });
  });
  test('is told when its name is no host name', () => {
    expect(warnings({ spec: good }, { name: 'a.b' })).toEqual([
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
    ]);
    expect(warnings({ spec: good })).toEqual([]);
  });
});

test('a ReplicaSet that selects nothing is told in the words of a Deployment', () => {
  expect(rulesOf('apps', 'v1', 'replicasets').create({ spec: { ...good, selector: {} } })).toEqual([
    'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
  ]);
});

describe('a DaemonSet', () => {
  const { create, update, status, stored } = rulesOf('apps', 'v1', 'daemonsets');
  test.each<[string, Record<string, unknown>, string[]]>([
    [
      'does not miss its selector',
      { template: template() },
      [`spec.template.metadata.labels: Invalid value: {"app":"a"}: ${MISMATCH}`],
    ],
    [
      'selects something',
      { ...good, selector: {} },
      ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
    ],
    [
      'knows two strategies',
      { ...good, updateStrategy: { type: 'X' } },
      [
        'spec.updateStrategy: Unsupported value: {"Type":"X","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
      ],
    ],
    [
      'surges or is unavailable',
      { ...good, updateStrategy: { rollingUpdate: { maxSurge: 1 } } },
      ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
    ],
    [
      'moves something',
      { ...good, updateStrategy: { rollingUpdate: { maxUnavailable: '0%' } } },
      ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
    ],
  ])('%s', (_, spec, errors) => expect(create({ spec })).toEqual(errors));
  test('is checked once when it changes', () => {
    expect(update({ spec: good }, { spec: { ...good, minReadySeconds: -1 } })).toEqual([
      `spec.minReadySeconds: Invalid value: -1: ${NEGATIVE}`,
    ]);
  });
  test('has a status that keeps the count of its templates', () => {
    expect(status({ spec: good }, {}, { currentNumberScheduled: -1 })).toEqual([
      `status.currentNumberScheduled: Invalid value: -1: ${NEGATIVE}`,
    ]);
    expect(stored({ spec: good }).metadata.annotations).toEqual({ 'deprecated.daemonset.template.generation': '1' });
  });
});

describe('a StatefulSet', () => {
  const { create, update, defaulted, stored, warnings } = rulesOf('apps', 'v1', 'statefulsets');
  const claim = {
    metadata: { name: 'd' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  test.each<[string, Record<string, unknown>, string[]]>([
    [
      'mounts its claims by name',
      {
        ...good,
        template: template({ containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'd', mountPath: '/d' }] }] }),
        volumeClaimTemplates: [claim],
      },
      [],
    ],
    [
      'has one of two ways to start pods',
      { ...good, podManagementPolicy: 'X' },
      [`spec.podManagementPolicy: Invalid value: "X": must be 'OrderedReady' or 'Parallel'`],
    ],
    [
      'has one of two strategies',
      { ...good, updateStrategy: { type: 'X' } },
      [`spec.updateStrategy: Invalid value: {"Type":"X","RollingUpdate":null}: must be 'RollingUpdate' or 'OnDelete'`],
    ],
    [
      'rolls only where it says so',
      { ...good, updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      [
        `spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy 'RollingUpdate'`,
      ],
    ],
    [
      'keeps or deletes claims',
      { ...good, persistentVolumeClaimRetentionPolicy: { whenScaled: 'X' } },
      [
        'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "X": supported values: "Retain", "Delete"',
      ],
    ],
    [
      'counts from nought',
      { ...good, ordinals: { start: -1 } },
      [`spec.ordinals.start: Invalid value: -1: ${NEGATIVE}`],
    ],
    [
      'has a service with the name of a host',
      { ...good, serviceName: 'A' },
      [
        `spec.serviceName: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      ],
    ],
    [
      'has pods without a deadline',
      { ...good, template: template({ activeDeadlineSeconds: 5 }) },
      ['spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported'],
    ],
  ])('%s', (_, spec, errors) => expect(create({ spec })).toEqual(errors));
  test('changes in few places', () => {
    const spec = { ...good, serviceName: 's' };
    expect(
      update(
        { spec },
        {
          spec: {
            ...spec,
            replicas: 3,
            minReadySeconds: 1,
            revisionHistoryLimit: 2,
            template: template({ hostNetwork: true }),
          },
        },
      ),
    ).toEqual([]);
    expect(update({ spec }, { spec: { ...spec, serviceName: 't' } })).toEqual([
      expect.stringMatching(/^spec: Forbidden: updates to statefulset spec for fields other than 'replicas'/),
    ]);
    // what cannot change is not judged: claims that are not good, or a name of long ago
    expect(update({ spec }, { spec: { ...spec, volumeClaimTemplates: [{ metadata: { name: 'x' } }] } })).toEqual([
      expect.stringMatching(/^spec: Forbidden: updates to statefulset spec/),
    ]);
    const old = { ...spec, serviceName: 'A_', volumeClaimTemplates: [{ metadata: { name: 'x' } }] };
    expect(update({ spec: old }, { spec: { ...old, replicas: 2 } })).toEqual([]);
  });
  test('has a partition unless the strategy is named without it', () => {
    expect(at(defaulted({ spec: good }, {}), 'spec.updateStrategy')).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { partition: 0 },
    });
    expect(
      at(defaulted({ spec: { ...good, updateStrategy: { type: 'RollingUpdate' } } }, {}), 'spec.updateStrategy'),
    ).toEqual({ type: 'RollingUpdate' });
    expect(
      at(
        stored({ spec: { ...good, updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } } }),
        'spec.updateStrategy.rollingUpdate',
      ),
    ).toEqual({ partition: 0 });
  });
  test('may keep all its revisions', () => {
    expect(warnings({ spec: { ...good, revisionHistoryLimit: -1 } })).toEqual([
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    ]);
  });
});

describe('a ControllerRevision', () => {
  const { create, update } = rulesOf('apps', 'v1', 'controllerrevisions');
  test('has data that stays and a number that does not fall below nought', () => {
    expect(create({ revision: -1 })).toEqual([
      `revision: Invalid value: -1: ${NEGATIVE}`,
      'data: Required value: data is mandatory',
    ]);
    for (const data of [1, true, 'a', ['a']])
      expect(create({ revision: 1, data })).toEqual(['data: Required value: data must be a valid JSON object']);
    expect(update({ data: { a: 1 }, revision: 1 }, { data: { a: 2 }, revision: 2 })).toEqual([
      'data: Invalid value: {"a":2}: field is immutable',
    ]);
  });
});
