import { describe, expect, it, test } from 'vitest';
import { FilterError, parseFilter } from '../../../dashboard/app/list/filter.ts';

describe('the filter of a list as it is written', () => {
  test.each<[string, unknown]>([
    ['web', [{ path: ['metadata', 'name'], op: 'contains', value: 'web' }]],
    ['status.phase=Running', [{ path: ['status', 'phase'], op: 'eq', value: 'Running' }]],
    ['status.phase!=Running', [{ path: ['status', 'phase'], op: 'ne', value: 'Running' }]],
    ['spec.replicas>=3', [{ path: ['spec', 'replicas'], op: 'gte', value: '3' }]],
    ['spec.nodeName~n', [{ path: ['spec', 'nodeName'], op: 'contains', value: 'n' }]],
    ['spec.nodeName:exists', [{ path: ['spec', 'nodeName'], op: 'exists', value: '' }]],
    ['spec.x="a b"', [{ path: ['spec', 'x'], op: 'eq', value: 'a b' }]],
    ['spec.x=a=b', [{ path: ['spec', 'x'], op: 'eq', value: 'a=b' }]],
    [
      'metadata.labels.app.kubernetes.io/name=x',
      [{ path: ['metadata', 'labels', 'app', 'kubernetes', 'io/name'], op: 'eq', value: 'x' }],
    ],
    ['', []],
  ])('%s', (text, conditions) => {
    expect(parseFilter(text)).toEqual({ conditions, labelSelector: '' });
  });

  it('has labels as kubectl has them', () => {
    expect(parseFilter('label:app=web label:tier!=cache')).toEqual({
      conditions: [],
      labelSelector: 'app=web,tier!=cache',
    });
  });

  test.each(['=x', 'spec.x!y', 'a..b=c', '"open', 'x'.repeat(1001)])('refuses %s', (text) => {
    expect(() => parseFilter(text)).toThrow(FilterError);
  });
});
