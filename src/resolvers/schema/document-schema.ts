import {
  getNamedType,
  GraphQLObjectType,
  isObjectType,
  Kind as Node,
  type DocumentNode,
  type GraphQLNamedType,
  type SelectionSetNode,
} from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { fragmentsOf, type Fragments } from '../expansion.ts';
import { groupField, KindSchema, versionType } from './kind-schema.ts';
import type { FieldConfigs } from './output-types.ts';
import { ROOTS, type Found, type Root, type RootFields } from './root-fields.ts';
import type { SchemaTypes } from './schema-types.ts';
import { hasWide } from './struct-types.ts';

/** Names that a document has at the top of a root type, or of a group in it. */
type Names = Map<string, SelectionSetNode[]>;

/**
 * The schema of one document: the fields of the root types that it names, and the types that these lead to, as far as it
 * asks for them. So a definition that comes costs nobody anything who does not ask for it, and a document is good for as
 * long as the kinds are the same that it names.
 */
export class DocumentSchema extends KindSchema {
  private readonly fragments: Fragments;
  private readonly names: Readonly<Record<Root, Names>>;
  private readonly types = new Map<string, GraphQLNamedType | undefined>();
  /** what was looked up, and what was found */
  private readonly lookups: { look: () => Found | undefined; kind: Kind | undefined; group: string | undefined }[] = [];
  /** what is used, and in which state */
  private readonly uses = new Map<Kind, object>();
  private generation: number;

  /** @param also names to offer besides, to who has misspelt one */
  constructor(
    fields: RootFields,
    private readonly all: SchemaTypes,
    document: DocumentNode,
    also: Partial<Record<Root, readonly string[]>> = {},
  ) {
    super(fields);
    this.generation = all.generation;
    this.fragments = fragmentsOf(document);
    this.names = topOf(document, this.fragments);
    for (const root of ROOTS)
      for (const name of also[root] ?? []) if (!this.names[root].has(name)) this.names[root].set(name, []);
    // what is found now is what the document is about
    for (const root of ROOTS) this.root(root);
  }

  /** Whether it would be the same if it were made now. */
  isCurrent(): boolean {
    const { generation } = this.all;
    if (this.generation === generation) return true;
    const same =
      this.lookups.every(({ look, kind, group }) => {
        const found = look();
        return found?.kind === kind && found?.group === group;
      }) && [...this.uses].every(([kind, state]) => this.fields.types.stateOf(kind) === state);
    if (same) this.generation = generation;
    return same;
  }

  /** Names of the root types that nobody has. */
  missing(): Partial<Record<Root, readonly string[]>> {
    return Object.fromEntries(
      ROOTS.map((root) => [root, [...this.names[root].keys()].filter((name) => !this.fields.find(root, name))]),
    );
  }

  /** Whether names that are nearly right can be looked for: graphql compares with all that a type has. */
  get offersNames(): boolean {
    return ![...this.uses.keys()].some(({ schema }) => hasWide(schema));
  }

  override getType(name: string): GraphQLNamedType | undefined {
    if (this.types.has(name)) return this.types.get(name);
    const type = super.getType(name) ?? this.all.find(name);
    const kind = this.fields.kindOfType(name);
    if (kind) this.use(kind);
    this.types.set(name, type);
    return type;
  }

  /** The types that were asked for; rules of validation look for those that a document names. */
  override getTypeMap(): ReturnType<KindSchema['getTypeMap']> {
    return new Proxy(this.introspection, {
      get: (_, name) => (typeof name === 'string' ? this.getType(name) : undefined),
    });
  }

  override getPossibleTypes(): [] {
    return [];
  }

  protected override makeRoot(root: Root, typeName: string): GraphQLObjectType {
    const configs: FieldConfigs = {};
    for (const [name, sets] of this.names[root]) {
      const found = this.look(() => this.fields.find(root, name));
      if (found?.config) configs[name] = found.config;
      else if (found) configs[name] = this.keep(groupField(root, found.group, this.groupOf(root, found.group, sets)));
    }
    return new GraphQLObjectType({ name: typeName, fields: configs });
  }

  private *groupOf(
    root: Root,
    group: string,
    sets: readonly SelectionSetNode[],
  ): Generator<[string, GraphQLObjectType]> {
    const versions = this.fields.versionsOf(group);
    for (const [name, inside] of below(sets, this.fragments)) {
      const version = versions.get(name);
      if (version === undefined) continue;
      const configs: FieldConfigs = {};
      for (const local of below(inside, this.fragments).keys()) {
        const found = this.look(() => this.fields.findIn(root, group, version, local));
        if (found?.config) configs[local] = found.config;
      }
      yield [name, new GraphQLObjectType({ ...versionType(root, group, name), fields: configs })];
    }
  }

  /** A document may have fragments on the types of groups and versions. */
  private keep(field: FieldConfigs[string]): FieldConfigs[string] {
    const type = getNamedType(field.type);
    this.types.set(type.name, type);
    if (isObjectType(type))
      for (const { type: version } of Object.values(type.getFields()))
        this.types.set(getNamedType(version).name, getNamedType(version));
    return field;
  }

  private look(look: () => Found | undefined): Found | undefined {
    const found = look();
    this.lookups.push({ look, kind: found?.kind, group: found?.group });
    if (found?.kind) this.use(found.kind);
    return found;
  }

  private use(kind: Kind): void {
    this.uses.set(kind, this.fields.types.stateOf(kind));
    if (kind.custom) this.all.onUse(kind);
  }
}

/** What a document's operations and fragments have at the top of the root types. */
function topOf(document: DocumentNode, fragments: Fragments): Readonly<Record<Root, Names>> {
  const sets: Record<Root, SelectionSetNode[]> = { query: [], mutation: [], subscription: [] };
  for (const definition of document.definitions) {
    if (definition.kind === Node.OPERATION_DEFINITION) sets[definition.operation].push(definition.selectionSet);
    if (definition.kind !== Node.FRAGMENT_DEFINITION) continue;
    const root = ROOTS.find((one) => one === definition.typeCondition.name.value.toLowerCase());
    if (root) sets[root].push(definition.selectionSet);
  }
  return {
    query: below(sets.query, fragments),
    mutation: below(sets.mutation, fragments),
    subscription: below(sets.subscription, fragments),
  };
}

/** The fields that selection sets have at their top, with what each selects. */
function below(sets: readonly SelectionSetNode[], fragments: Fragments): Names {
  const names: Names = new Map();
  const visited = new Set<string>();
  const open = [...sets];
  for (let set = open.pop(); set; set = open.pop())
    for (const selection of set.selections) {
      if (selection.kind === Node.INLINE_FRAGMENT) open.push(selection.selectionSet);
      else if (selection.kind === Node.FRAGMENT_SPREAD) {
        const { value } = selection.name;
        const fragment = visited.has(value) ? undefined : fragments.get(value);
        visited.add(value);
        if (fragment) open.push(fragment.selectionSet);
      } else {
        const inside = names.get(selection.name.value) ?? [];
        names.set(selection.name.value, inside);
        if (selection.selectionSet) inside.push(selection.selectionSet);
      }
    }
  return names;
}
