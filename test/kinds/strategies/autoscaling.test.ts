import { describe, expect, test } from 'vitest';
import { rulesOf } from './support.ts';
import { at } from '../../support/at.ts';

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const good = { scaleTargetRef, maxReplicas: 3 };
const target = { type: 'AverageValue', averageValue: '1' };

describe('a HorizontalPodAutoscaler', () => {
  const { create, status, defaulted, stored } = rulesOf('autoscaling', 'v2', 'horizontalpodautoscalers');
  const first = rulesOf('autoscaling', 'v1', 'horizontalpodautoscalers');

  test.each<[string, Record<string, unknown>, string[]]>([
    ['is good with a target', good, []],
    [
      'scales between bounds',
      { ...good, minReplicas: 0, maxReplicas: 0 },
      [
        'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
        'spec.maxReplicas: Invalid value: 0: must be greater than 0',
        'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
      ],
    ],
    [
      'scales what has a group',
      { ...good, scaleTargetRef: { ...scaleTargetRef, apiVersion: 'v1' } },
      ['spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
    ],
    [
      'scales a ReplicationController',
      { ...good, scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'r' } },
      [],
    ],
    [
      'scales what could be an object',
      { ...good, scaleTargetRef: { apiVersion: 'a/b/c', kind: 'a/b', name: '' } },
      [
        'spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain \'/\'',
        'spec.scaleTargetRef.name: Required value',
        'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      ],
    ],
  ])('%s', (_, spec, errors) => expect(create({ spec })).toEqual(errors));

  const SOURCE = 'must populate information for the given metric source';
  test.each<[string, object, string[]]>([
    [
      'with a type',
      {},
      [
        'type: Required value: must specify a metric source type',
        ...Array(2).fill(
          'type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
        ),
      ],
    ],
    ['with what its type says', { type: 'Pods' }, [`pods: Required value: ${SOURCE}`]],
    [
      'of one kind',
      { type: 'Resource', resource: { name: 'cpu', target }, pods: { metric: { name: 'q' }, target } },
      ['pods: Forbidden: must populate the given metric source only'],
    ],
    [
      'of a resource with an aim',
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } },
      [
        'resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
      ],
    ],
    [
      'of a resource with one aim',
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0, averageValue: '1' } },
      },
      [
        'resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
        'resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization',
      ],
    ],
    [
      'of a container that is named',
      { type: 'ContainerResource', containerResource: { name: 'cpu', target } },
      ['containerResource.container: Required value: must specify a container'],
    ],
    [
      'of pods with an average',
      { type: 'Pods', pods: { metric: {}, target: { type: 'X', value: '0' } } },
      [
        'pods.metric.name: Required value: must specify a metric name',
        'pods.target.type: Invalid value: "X": must be either Utilization, Value, or AverageValue',
        'pods.target.value: Invalid value: "0": must be positive',
        'pods.target.averageValue: Required value: must specify a positive target averageValue',
      ],
    ],
    [
      'of an object of any group',
      {
        type: 'Object',
        object: {
          describedObject: { apiVersion: 'v1', kind: 'Service', name: 's' },
          metric: { name: 'm' },
          target: { type: 'Value' },
        },
      },
      ['object.target.averageValue: Required value: must set either a target value or averageValue'],
    ],
    [
      'from elsewhere with one aim',
      {
        type: 'External',
        external: { metric: { name: 'm' }, target: { type: 'Value', value: '1', averageValue: '1' } },
      },
      ['external.target.value: Forbidden: may not set both a target value for metric and a per-pod target'],
    ],
  ])('has metrics %s', (_, metric, errors) =>
    expect(create({ spec: { ...good, metrics: [metric] } })).toEqual(errors.map((e) => `spec.metrics[0].${e}`)),
  );

  test('behaves within bounds', () => {
    const behavior = {
      scaleUp: {
        stabilizationWindowSeconds: 4000,
        selectPolicy: 'X',
        policies: [{ type: 'X', value: 0, periodSeconds: 1801 }],
        tolerance: '-1',
      },
      scaleDown: { policies: [], stabilizationWindowSeconds: -1 },
    };
    expect(create({ spec: { ...good, behavior } })).toEqual([
      'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600',
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "X": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleUp.policies[0].type: Unsupported value: "X": supported values: "Percent", "Pods"',
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      'spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0',
      'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero',
      'spec.behavior.scaleDown.policies: Required value: must specify at least one Policy',
    ]);
  });
  test('gets a behaviour only when it has one', () => {
    expect(at(stored({ spec: good }), 'spec.behavior')).toBeUndefined();
    expect(
      at(stored({ spec: { ...good, behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } } }), 'spec.behavior'),
    ).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: {
        stabilizationWindowSeconds: 5,
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      },
    });
  });
  test('keeps to the CPU when it names no metric, in each version in its own words', () => {
    expect(at(defaulted({ spec: good }, {}), 'spec.metrics')).toHaveLength(1);
    expect(first.defaulted({ spec: good }, {}).spec).toMatchObject({
      minReplicas: 1,
      targetCPUUtilizationPercentage: 80,
    });
    const annotations = {
      'autoscaling.alpha.kubernetes.io/metrics':
        '[{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":70}}]',
    };
    expect(at(first.defaulted({ spec: good }, { annotations }), 'spec.targetCPUUtilizationPercentage')).toBeUndefined();
  });
  test('counts no less than nought', () => {
    expect(status({ spec: good }, {}, { currentReplicas: -1, desiredReplicas: 0 })).toEqual([
      'status.currentReplicas: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});
