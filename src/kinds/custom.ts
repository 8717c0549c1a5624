import type { CustomResourceDefinitionSpec, CustomResourceDefinitionStatus } from '../../schema/types.ts';
import { cloneJson } from '../meta/clone.ts';
import type { KubeObject } from '../meta/object.ts';
import { apiVersionOf } from '../meta/gvk.ts';
import { StatusError } from '../meta/status.ts';
import { headOf } from './builtin.ts';
import { customColumns, type PrinterColumn } from './custom/columns.ts';
import type { JsonSchema } from './custom/json-schema.ts';
import { prune } from './custom/prune.ts';
import { declaredReferences, type DeclaredReferences } from './custom/references.ts';
import type { ScalePaths } from './custom/scale.ts';
import { completeCustom, customStrategy, type CustomFacts } from './custom/strategy.ts';
import { sortedCopy } from './custom/sorted.ts';
import { rootSchema } from './custom/structural.ts';
import { Walk } from './decode-struct.ts';
import type { Conversion, Kind, StorageKind, SubresourceFacts, WebhookConversion } from './kind.ts';

/** spec.versions[] of a CustomResourceDefinition */
interface Version {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: JsonSchema };
  subresources?: { status?: object; scale?: ScalePaths };
  additionalPrinterColumns?: PrinterColumn[];
  selectableFields?: { jsonPath: string }[];
}

/** Definitions that are followed have been validated. */
interface Spec extends Pick<CustomResourceDefinitionSpec, 'group' | 'names' | 'scope' | 'conversion'> {
  versions: Version[];
}

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];

/** Makes it when it is first asked for. */
function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Of a thousand kinds few are ever used: what a schema says is read when somebody asks. */
function factsOf(version: Version, read: () => JsonSchema | undefined): CustomFacts {
  const json = lazily(read);
  const schema = lazily(() => rootSchema(json()));
  return {
    get json() {
      return json();
    },
    get schema() {
      return schema();
    },
    columns: customColumns(version.additionalPrinterColumns),
    hasStatus: version.subresources?.status !== undefined,
    scale: version.subresources?.scale,
    selectableFields: (version.selectableFields ?? []).map((f) => f.jsonPath),
  };
}

function subresourcesOf(
  facts: CustomFacts,
  own: { group: string; version: string; kind: string },
): ReadonlyMap<string, SubresourceFacts> {
  const found: SubresourceFacts[] = [];
  if (facts.hasStatus) found.push({ name: 'status', verbs: SUBRESOURCE_VERBS, kind: own });
  if (facts.scale)
    found.push({
      name: 'scale',
      verbs: SUBRESOURCE_VERBS,
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    });
  return new Map(found.map((s) => [s.name, s]));
}

/**
 * Objects are stored as they were written. A definition may have changed since, so a read prunes and defaults them by
 * the schema of now, as a write does.
 */
function conversionOf(facts: CustomFacts, own: string, stored: string, webhook: boolean): Conversion {
  return {
    // what a webhook converts is of the request's version until it is written
    toStorage: (object) => ({ ...object, apiVersion: webhook ? own : stored }),
    fromStorage(object) {
      const { apiVersion } = object;
      if (webhook && apiVersion !== undefined && apiVersion !== own)
        throw new StatusError({ code: 500, message: `an object of ${apiVersion} has not been converted to ${own}` });
      const { metadata, ...body } = cloneJson(object);
      prune(facts.schema, body, new Walk());
      const read = { ...body, metadata, ...(object.apiVersion && { apiVersion: own }) } as KubeObject;
      completeCustom(facts.schema, read);
      return sortedCopy(read);
    },
  };
}

function webhookOf({ conversion }: Spec): WebhookConversion | undefined {
  const { clientConfig, conversionReviewVersions: reviewVersions } = conversion?.webhook ?? {};
  if (conversion?.strategy !== 'Webhook' || !clientConfig || !reviewVersions) return undefined;
  return { clientConfig, reviewVersions };
}

const storedVersionsOf = (definition: KubeObject): readonly string[] =>
  (definition['status'] as CustomResourceDefinitionStatus | undefined)?.storedVersions ?? [];

const specOf = (definition: KubeObject): Spec => definition['spec'] as Spec;

/** What kinds are made of: a definition without its schemas, which are most of it. Functions of kinds hold no more. */
interface Bare {
  spec: Spec;
  /** of one state of one definition */
  id: string;
  /** the first version in which objects were stored; undefined where none has been yet */
  first: string | undefined;
  references: DeclaredReferences;
  since: number;
}

function bareOf(definition: KubeObject, since: number): Bare {
  const { versions, ...spec } = specOf(definition);
  const { uid, generation } = definition.metadata;
  return {
    spec: { ...spec, versions: versions.map(({ schema: _, ...version }) => version) },
    id: `${uid} ${generation}`,
    first: storedVersionsOf(definition)[0],
    references: declaredReferences(definition),
    since,
  };
}

/**
 * The kinds of a CustomResourceDefinition, one per served version; none while it has no storage version. Names are
 * those of its spec.
 * @param since revision at which it was made
 * @param source the same definition, for who looks at its schemas later; it need not be kept in memory until then
 */
export function customKinds(definition: KubeObject, since = 0, source?: () => KubeObject): Kind[] {
  return kindsOf(bareOf(definition, since), source ?? (() => definition));
}

function kindsOf({ spec, id, first, references, since }: Bare, source: () => KubeObject): Kind[] {
  const { group, scope, names, versions } = spec;
  const { relations, faults } = references;
  const stored = versions.find((v) => v.storage);
  if (!stored) return [];
  const schemaOf = (name: string) => (): JsonSchema | undefined =>
    specOf(source()).versions.find((v) => v.name === name)?.schema?.openAPIV3Schema;
  const storedFacts = factsOf(stored, schemaOf(stored.name));
  const storedAs = { group, version: stored.name, kind: names.kind };
  const webhook = webhookOf(spec);
  const firstVersion = apiVersionOf({ group, version: first ?? stored.name });
  const storageOf = (facts: CustomFacts): StorageKind => ({
    ...storedAs,
    key: `${names.plural}.${group}`,
    namespaced: scope === 'Namespaced',
    head: headOf(storedAs),
    persisted: true,
    strategy: { ...customStrategy(facts), relations },
    referenceFaults: faults,
    get schema() {
      return facts.schema;
    },
  });
  const storage = storageOf(storedFacts);
  const all: Kind[] = versions.map((v) => {
    const own = v === stored ? storedFacts : factsOf(v, schemaOf(v.name));
    const gvk = { group, version: v.name, kind: names.kind };
    return {
      ...gvk,
      resource: names.plural,
      singular: names.singular || names.kind.toLowerCase(),
      listKind: names.listKind || `${names.kind}List`,
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      namespaced: storage.namespaced,
      verbs: VERBS,
      subresources: subresourcesOf(own, gvk),
      get schema() {
        return own.schema;
      },
      custom: true,
      definition: {
        id,
        schema: schemaOf(v.name),
        firstVersion,
        get versions() {
          return all;
        },
        ...(webhook && { webhook }),
      },
      // what is written through a version is held to that version's schema
      storage: own === storedFacts ? storage : storageOf(own),
      convert: conversionOf(own, apiVersionOf(gvk), apiVersionOf(storedAs), webhook !== undefined),
      columns: own.columns,
      ...(v.deprecated && {
        deprecation: v.deprecationWarning ?? `${apiVersionOf(gvk)} ${names.kind} is deprecated`,
      }),
      since,
    };
  });
  return all.filter((_, i) => versions[i]?.served);
}
