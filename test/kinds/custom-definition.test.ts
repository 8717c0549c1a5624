import { describe, expect, test } from 'vitest';
import { customResourceDefinitionStrategy as strategy } from '../../src/kinds/strategies/custom-resource-definition.ts';
import type { StrategyContext } from '../../src/kinds/kind.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { atOnce } from '../../src/meta/steps.ts';

type Any = Record<string, any>;
const ctx: StrategyContext = {
  now: '2025-01-01T00:00:00Z',
  user: 'u',
  warn: () => {},
  subresource: '',
  apiVersion: 'apiextensions.k8s.io/v1',
};

const version = (schema: object = { type: 'object' }, more: object = {}): Any => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...more,
});
function definition(spec: Any = {}, metadata: Any = {}): KubeObject {
  const object = {
    metadata: { name: 'widgets.example.com', ...metadata },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [version()],
      ...spec,
    },
  } as unknown as KubeObject;
  strategy.defaults?.(object);
  strategy.prepareForCreate?.(object, ctx);
  return object;
}
const errorsOf = (object: KubeObject): string[] =>
  atOnce(strategy.validateSteps!(object, undefined, ctx))
    .map((e) => `${e.field}: ${e.body}`)
    .sort();
const ofSchema = (schema: object): string[] =>
  errorsOf(definition({ versions: [version(schema)] })).map((line) =>
    line.replace('spec.validation.openAPIV3Schema', '$'),
  );
const ofProperty = (schema: object): string[] =>
  ofSchema({ type: 'object', properties: { a: schema } }).map((line) => line.replace('$.properties[a]', 'a'));

describe('a definition', () => {
  test('that is good has no errors', () => expect(errorsOf(definition())).toEqual([]));

  test('may have any bundle of certificates until it is established', () => {
    const conversion = {
      strategy: 'Webhook',
      webhook: { clientConfig: { url: 'https://a.b/c', caBundle: 'Cg==' }, conversionReviewVersions: ['v1'] },
    };
    const awaited = definition({ conversion });
    expect(errorsOf(awaited)).toEqual([]);
    const established = { conditions: [{ type: 'Established', status: 'True' }] };
    const changed = (before: Any): string[] =>
      atOnce(strategy.validateSteps!(awaited, { ...definition(before), status: established } as KubeObject, ctx)).map(
        (e) => `${e.field}: ${e.body}`,
      );
    expect(changed({ conversion })).toEqual([]);
    expect(changed({})).toEqual([
      'spec.conversion.webhookClientConfig.caBundle: Invalid value: "Cg==": unable to load root certificates: unable to parse bytes as PEM block',
    ]);
  });

  test.each<[string, Any, string[]]>([
    [
      'a webhook without a namespace',
      {
        conversion: {
          strategy: 'Webhook',
          webhook: { clientConfig: { service: { name: 'a' } }, conversionReviewVersions: ['v1'] },
        },
      },
      ['spec.conversion.webhookClientConfig.service.name: Required value'],
    ],
    [
      'fields to select by of no schema',
      { versions: [{ ...version(), schema: undefined, selectableFields: [{ jsonPath: '.spec.a' }] }] },
      [
        'spec.selectableFields: Invalid value: "": may only be set when validations.schema is included',
        'spec.versions[0].schema.openAPIV3Schema: Required value',
      ],
    ],
    [
      'group without a dot',
      { group: 'example' },
      [
        'metadata.name: Invalid value: "widgets.example.com": must be spec.names.plural+"."+spec.group',
        'spec.group: Invalid value: "example": should be a domain with at least one dot',
      ],
    ],
    [
      'scope',
      { scope: 'Galaxy' },
      ['spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"'],
    ],
    [
      'listKind as kind',
      { names: { plural: 'widgets', kind: 'Widget', listKind: 'Widget' } },
      ['spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same'],
    ],
    [
      'short name',
      { names: { plural: 'widgets', kind: 'Widget', shortNames: ['W'] } },
      [
        `spec.names.shortNames[0]: Invalid value: "W": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      ],
    ],
    [
      'strategy',
      { conversion: { strategy: 'Magic' } },
      ['spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"'],
    ],
    [
      'webhook without one',
      { conversion: { strategy: 'Webhook' } },
      [
        'spec.conversion.conversionReviewVersions: Required value',
        'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
      ],
    ],
    [
      'webhook by http',
      {
        conversion: {
          strategy: 'Webhook',
          webhook: { clientConfig: { url: 'http://a.b/c' }, conversionReviewVersions: ['v2'] },
        },
      },
      [
        'spec.conversion.conversionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
        `spec.conversion.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      ],
    ],
    [
      'preserveUnknownFields',
      { preserveUnknownFields: true },
      [
        'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ],
    ],
    [
      'columns',
      { versions: [version(undefined, { additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: 'spec' }] })] },
      [
        'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec": must be a simple json path starting with .',
        'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      ],
    ],
    [
      'scale',
      {
        versions: [
          version(undefined, { subresources: { scale: { specReplicasPath: '.status.a', labelSelectorPath: '.x' } } }),
        ],
      },
      [
        'spec.subresources.scale.labelSelectorPath: Invalid value: ".x": should be a json path under either .spec or .status',
        'spec.subresources.scale.specReplicasPath: Invalid value: ".status.a": should be a json path under .spec',
        'spec.subresources.scale.statusReplicasPath: Required value',
      ],
    ],
    [
      'selectable fields',
      {
        versions: [
          version(
            { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } } },
            {
              selectableFields: [
                { jsonPath: '.spec' },
                { jsonPath: '.spec.b' },
                { jsonPath: '.spec.a' },
                { jsonPath: '.spec.a' },
              ],
            },
          ),
        ],
      },
      [
        'spec.selectableFields[0].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        'spec.selectableFields[1].jsonPath: Invalid value: ".spec.b": is an invalid path: does not refer to a valid field',
        'spec.selectableFields[3].jsonPath: Duplicate value: ".spec.a"',
      ],
    ],
    [
      'a warning of a version that is not deprecated',
      { versions: [version(undefined, { deprecationWarning: 'gone soon' })] },
      ['spec.versions[0].deprecationWarning: Invalid value: "gone soon": can only be set for deprecated versions'],
    ],
  ])('is refused for its %s', (_, spec, expected) => expect(errorsOf(definition(spec))).toEqual(expected));

  test('of a community group needs an approval', () => {
    const spec = { group: 'x.k8s.io' };
    const metadata = { name: 'widgets.x.k8s.io' };
    expect(errorsOf(definition(spec, metadata))).toEqual([
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ]);
    expect(
      errorsOf(definition(spec, { ...metadata, annotations: { 'api-approved.kubernetes.io': 'unapproved, a trial' } })),
    ).toEqual([]);
  });

  test('keeps its versions as long as objects may be stored in them', () => {
    const old = definition({ versions: [version()] });
    const object = definition({ versions: [{ ...version(), name: 'v2' }] });
    strategy.prepareForUpdate?.(object, old, ctx);
    expect(errorsOf(object).map((e) => e.slice(0, 60))).toEqual([
      'status.storedVersions[0]: Invalid value: "v1": missing from ',
    ]);
  });

  test('warns of formats that nobody checks', () => {
    const object = definition({
      versions: [
        version({
          type: 'object',
          properties: { a: { type: 'string', format: 'colour' }, b: { type: 'integer', format: 'int32' } },
        }),
      ],
    });
    expect(strategy.warnings?.(object, undefined)).toEqual(['unrecognized format "colour"']);
    expect(strategy.warnings?.(object, object)).toEqual([]);
  });
});

describe('a schema', () => {
  test.each<[string, object, string[]]>([
    ['type at the root', { type: 'string' }, ['$.type: Invalid value: "string": must be object at the root']],
    [
      'additionalProperties at the root',
      { type: 'object', additionalProperties: { type: 'string' } },
      ['$.additionalProperties: Forbidden: must not be used at the root'],
    ],
    [
      'nullable at the root',
      { type: 'object', nullable: true },
      ['$.nullable: Forbidden: nullable cannot be true at the root'],
    ],
    [
      'metadata',
      { type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } },
      [
        '$.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
      ],
    ],
    [
      'restriction of what is not there',
      { type: 'object', anyOf: [{ properties: { a: { minimum: 1 } } }] },
      [
        '$.properties[a]: Required value: because it is defined in spec.validation.openAPIV3Schema.anyOf[0].properties[a]',
      ],
    ],
  ])('is refused for its %s', (_, schema, expected) => expect(ofSchema(schema)).toEqual(expected));

  test.each<[string, object, string[]]>([
    ['reference', { $ref: '#/x', type: 'object' }, ['a.$ref: Forbidden: $ref is not supported']],
    [
      'type of items',
      { type: 'array', items: {} },
      ['a.items.type: Required value: must not be empty for specified array items'],
    ],
    [
      'unknown type',
      { type: 'text' },
      [
        'a.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"',
      ],
    ],
    [
      'uniqueItems',
      { type: 'array', uniqueItems: true, items: { type: 'string' } },
      ['a.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic'],
    ],
    [
      'type in anyOf',
      { type: 'string', anyOf: [{ type: 'string' }] },
      ['a.anyOf[0].type: Forbidden: must be empty to be structural'],
    ],
    [
      'default of another type',
      { type: 'integer', default: 'x' },
      ['a.default: Invalid value: "string":  in body must be of type integer: "string"'],
    ],
    [
      'default with unknown fields',
      { type: 'object', default: { b: 1 } },
      ['a.default: Invalid value: {"b":1}: must not have unknown fields'],
    ],
    [
      'list type',
      { type: 'string', 'x-kubernetes-list-type': 'set' },
      ['a.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified'],
    ],
    [
      'set of objects',
      { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } },
      [
        'a.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set',
      ],
    ],
    [
      'map without keys',
      { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'object' } },
      ['a.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map'],
    ],
    [
      'map with a key that may be missing',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: { type: 'object', properties: { k: { type: 'string' } } },
      },
      [
        'a.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      ],
    ],
    [
      'preserve-unknown-fields false',
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': false },
      ['a.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined'],
    ],
    [
      'embedded resource without fields',
      { type: 'object', 'x-kubernetes-embedded-resource': true },
      [
        'a.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ],
    ],
    [
      'pattern',
      { type: 'string', pattern: '(' },
      [
        'a.pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
      ],
    ],
    [
      'rule without text',
      { type: 'string', 'x-kubernetes-validations': [{ rule: ' ' }] },
      ['a.x-kubernetes-validations[0].rule: Required value: rule is not specified'],
    ],
    [
      'reason',
      { type: 'string', 'x-kubernetes-validations': [{ rule: 'true', reason: 'Because' }] },
      [
        'a.x-kubernetes-validations[0].reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
      ],
    ],
    [
      'oldSelf in a list',
      {
        type: 'array',
        maxItems: 9,
        items: { type: 'string', maxLength: 9, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
      },
      [
        'a.items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[a]',
      ],
    ],
    [
      'optionalOldSelf',
      { type: 'string', 'x-kubernetes-validations': [{ rule: 'true', optionalOldSelf: true }] },
      [
        'a.x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule',
      ],
    ],
  ])('is refused for its %s', (_, schema, expected) => expect(ofProperty(schema)).toEqual(expected));

  test('is that of all versions where they differ in lists of nothing only', () => {
    const schemas = [{ type: 'object' }, { type: 'object', required: [], properties: undefined }];
    const versions = schemas.map((schema, i) => ({ ...version(schema), name: `v${i + 1}`, storage: i === 0 }));
    expect(
      errorsOf(definition({ versions: versions.map((v) => ({ ...v, selectableFields: [{ jsonPath: '.a' }] })) })),
    ).toEqual([expect.stringMatching(/^spec\.selectableFields\[0\]\.jsonPath: Invalid value/)]);
  });

  test('tells what is wrong with a default in the words of its validator', () => {
    const list = { type: 'array', items: { type: 'string', enum: ['a'] }, default: ['b'] };
    expect(ofProperty(list)).toEqual(['a.default.[0]: Unsupported value: "b": supported values: "a"']);
    expect(ofProperty({ type: 'string', maxLength: -1, default: 'b' })).toEqual([
      'a.default: Too long: value is too long',
    ]);
  });

  test('may be int or string in the two known patterns', () => {
    const anyOf = [{ type: 'integer' }, { type: 'string' }];
    expect(ofProperty({ 'x-kubernetes-int-or-string': true, anyOf })).toEqual([]);
    expect(ofProperty({ 'x-kubernetes-int-or-string': true, allOf: [{ anyOf }, { maxLength: 3 }] })).toEqual([]);
  });
});
