import { expect, test } from 'vitest';
import { typeFacts } from '../../../src/kinds/facts.ts';
import { closure, definitionOf, refsOf } from '../../../src/rest/openapi/definitions.ts';

test('definitions refer only to what there is', () => {
  for (const version of [2, 3] as const) {
    const all = Object.fromEntries(closure(new Set(Object.keys(typeFacts)), version));
    expect([...refsOf(all)].filter((name) => !(name in all))).toEqual([]);
  }
});

test('a definition has the form that kube-openapi gives it', () => {
  const name = 'io.k8s.api.core.v1.ConfigMapList';
  expect(definitionOf(name, 3)).toMatchObject({
    type: 'object',
    required: ['items'],
    properties: {
      items: {
        type: 'array',
        items: { default: {}, allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.ConfigMap' }] },
      },
    },
    'x-kubernetes-group-version-kind': [{ group: '', kind: 'ConfigMapList', version: 'v1' }],
  });
  expect(definitionOf(name, 2)?.['properties']).toMatchObject({
    items: { type: 'array', items: { $ref: '#/definitions/io.k8s.api.core.v1.ConfigMap' } },
  });
  expect(definitionOf('io.k8s.api.core.v1.Nothing', 3)).toBeUndefined();
});
