import { Random } from './random.ts';

type Json = Record<string, unknown>;

const GROUPS = 40;
const WORDS =
  'affinity bucket certificate cluster container endpoint expression filter gateway header interval issuer label limit listener match metric mount node object parameter path peer policy pool port probe provider quota receiver reference relabel replica request resource route rule sample schedule secret selector server service shard source storage target template throttle timeout token topology traffic upstream volume weight zone'.split(
    ' ',
  );
const PROSE =
  'defines how the controller treats what it finds at this place, when it is not set the default of the provider is used, and a change of it is seen at the next reconciliation'.split(
    ' ',
  );

/** Depth at which what is nested ends. */
const DEEPEST = 9;

class Schemas {
  private size = 0;

  constructor(
    private readonly random: Random,
    private readonly bytes: number,
  ) {}

  /** Objects in objects, as types of Go become them, until there is enough. */
  object(depth = 0): Json {
    const properties: Json = {};
    const count = depth === 0 ? Infinity : this.random.below(10) + 3;
    for (let i = 0; i < count && this.size < this.bytes; i++) {
      const name = this.name(i);
      this.size += name.length + 6;
      properties[name] = this.value(depth + 1);
    }
    const required = Object.keys(properties).filter(() => this.random.chance(0.05));
    return { ...this.described(), type: 'object', properties, ...(required.length && depth > 0 && { required }) };
  }

  private value(depth: number): Json {
    const kind = this.random.below(10);
    if (depth < DEEPEST && kind < 4) return this.object(depth);
    if (depth < DEEPEST && kind === 4)
      return { ...this.described(), type: 'array', items: this.object(depth), 'x-kubernetes-list-type': 'atomic' };
    if (kind === 5) return { ...this.described(), type: 'object', additionalProperties: { type: 'string' } };
    if (kind === 6) return { ...this.described(), type: 'integer', format: 'int32' };
    if (kind === 7) return { ...this.described(), type: 'boolean' };
    if (kind === 8) return { ...this.described(), type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] };
    return { ...this.described(), type: 'string' };
  }

  private name(i: number): string {
    const { random } = this;
    const second = random.pick(WORDS);
    return `${random.pick(WORDS)}${second.charAt(0).toUpperCase()}${second.slice(1)}${i > 40 ? i : ''}`;
  }

  private described(): Json {
    const words = this.random.list(4, 24, () => this.random.pick(PROSE));
    const description = `${words.join(' ')}.`;
    // with the type and what is around it
    this.size += description.length + 60;
    return { description };
  }
}

export interface LargeDefinition extends Json {
  metadata: { name: string };
  spec: Json & { group: string; names: Json & { plural: string; kind: string } };
}

/** Kilobytes of the i-th of many definitions, as the large operators have them: 20 to 40, some 80, a few 200. */
export const kilobytesOf = (i: number): number => (i % 20 === 19 ? 200 : i % 5 === 4 ? 80 : 20 + (i % 3) * 10);

/** The i-th of many definitions: a schema of so many kilobytes, described throughout, nested as Go's types are. */
export function largeDefinition(i: number, kilobytes = kilobytesOf(i)): LargeDefinition {
  const group = `group${i % GROUPS}.provider.example.com`;
  const plural = `resources${i}`;
  const random = new Random(i);
  const schemas = new Schemas(random, kilobytes * 1000);
  const { properties, ...spec } = schemas.object();
  const status = {
    type: 'object',
    properties: {
      conditions: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
        items: {
          type: 'object',
          required: ['type', 'status'],
          properties: { type: { type: 'string' }, status: { type: 'string' }, message: { type: 'string' } },
        },
      },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: i % 7 ? 'Namespaced' : 'Cluster',
      names: {
        plural,
        singular: `resource${i}`,
        kind: `Resource${i}`,
        listKind: `Resource${i}List`,
        categories: ['many'],
      },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          schema: {
            openAPIV3Schema: { type: 'object', properties: { spec: { ...spec, properties }, status } },
          },
        },
      ],
    },
  };
}
