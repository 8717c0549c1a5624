import type { Kind } from '../../kinds/kind.ts';
import type { ObjectSchema, Schema } from '../../kinds/schema.ts';
import { bounded, fieldNames, namesOf, upper } from './names.ts';

const pascal = (word: string): string =>
  /^[A-Za-z0-9]*$/.test(word)
    ? upper(word)
    : word
        .split(/[^A-Za-z0-9]+/)
        .map(upper)
        .join('');
const shortName = ({ name }: ObjectSchema): string => pascal(name.slice(name.lastIndexOf('.') + 1));
/** `io.k8s.api.autoscaling.v2.MetricSpec` → `AutoscalingV2MetricSpec` */
const longName = (definition: string): string => definition.split('.').slice(-3).map(pascal).join('');

/** What types of ours end with: a property that ends so is told apart by a `_`. */
const OURS = /(Input|Where|OrderBy|Field|Connection|Edge|Event|Entry|Item|Value|List|Enum|Aggregate|Group|Having)$/;

/**
 * Names of types. A kind has its own (namesOf). Another struct of the facts has the last part of its OpenAPI name
 * (`io.k8s.api.core.v1.PodSpec` → `PodSpec`); where several structs end alike, all of them have group and version before
 * it, so that none depends on the order. What a custom kind has inside is named by its path from the kind:
 * `Cluster_example_com_v1_Spec_NodesItem`.
 */
export class TypeNames {
  /** types of the generic schema, of built-in kinds and their structs */
  private readonly fixed: Set<string>;
  private readonly structs = new Map<string, string>();
  /** paths of what custom kinds have inside, as far as it was asked for */
  private readonly parts = new WeakMap<Schema, string>();
  private readonly opened = new WeakSet<ObjectSchema>();

  constructor(builtin: readonly Kind[], generic: Iterable<string>) {
    this.fixed = new Set(generic);
    for (const kind of builtin) {
      const { type } = namesOf(kind);
      this.fixed.add(type);
      if (!this.structs.has(kind.schema.name)) this.structs.set(kind.schema.name, type);
    }
    this.nameStructs(builtin);
  }

  /** From now on what a custom kind has inside is named: each part when the one that it stands in is asked for. */
  add(kind: Kind): void {
    this.namePart(kind.schema, namesOf(kind).type);
    this.open(kind.schema, namesOf(kind).type);
  }

  /** @param path what to call a part of which no kind was added */
  of(schema: Schema, path: string): string {
    if (schema.type === 'object' && schema.name) return this.structs.get(schema.name) ?? bounded(pascal(path));
    const known = this.parts.get(schema);
    if (known !== undefined && schema.type === 'object') this.open(schema, known);
    return bounded(known ?? pascal(path));
  }

  /** `name`, with a `_` behind it where that is a kind, a struct or a type that no kind changes. */
  claim(name: string): string {
    return this.fixed.has(name) ? `${name}_` : name;
  }

  private nameStructs(kinds: readonly Kind[]): void {
    const seen = new Map<string, ObjectSchema>();
    const visit = (schema: Schema): void => {
      if (schema.type === 'list') return visit(schema.item);
      if (schema.type === 'map') return visit(schema.value);
      if (schema.type !== 'object' || !schema.name || seen.has(schema.name)) return;
      seen.set(schema.name, schema);
      for (const field of schema.fields.values()) visit(field.schema);
    };
    for (const kind of kinds) visit(kind.schema);
    const others = [...seen.values()].filter(({ name }) => !this.structs.has(name));
    const count = new Map<string, number>();
    for (const schema of others) count.set(shortName(schema), (count.get(shortName(schema)) ?? 0) + 1);
    for (const schema of others) {
      const short = shortName(schema);
      const ambiguous = this.fixed.has(short) || (count.get(short) ?? 0) > 1;
      this.structs.set(schema.name, ambiguous ? longName(schema.name) : short);
    }
    for (const name of this.structs.values()) this.fixed.add(name);
  }

  private namePart(schema: Schema, path: string): void {
    if (schema.type === 'list') return this.namePart(schema.item, `${path}Item`);
    if (schema.type === 'map') return this.namePart(schema.value, `${path}Value`);
    if (!this.isUnnamed(schema)) return;
    this.parts.set(schema, path);
  }

  /** Whether it has a type of its own, which is to be named. */
  private isUnnamed(schema: Schema): boolean {
    if (schema.type === 'list') return this.isUnnamed(schema.item);
    if (schema.type === 'map') return this.isUnnamed(schema.value);
    return schema.type === 'object' ? !schema.name && !this.parts.has(schema) : 'enum' in schema;
  }

  private open(schema: ObjectSchema, path: string): void {
    if (this.opened.has(schema)) return;
    this.opened.add(schema);
    const fields = [...schema.fields.values()];
    if (!fields.some((field) => this.isUnnamed(field.schema))) return;
    const alike = new Map<string, number>();
    const names = fieldNames(schema);
    for (const [json, field] of schema.fields) {
      const part = pascal(names.get(json) ?? json).replace(OURS, '$&_');
      const before = alike.get(part) ?? 0;
      alike.set(part, before + 1);
      this.namePart(field.schema, `${path}_${part}${before ? `_${before}` : ''}`);
    }
  }
}
