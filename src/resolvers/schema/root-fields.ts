import { GraphQLObjectType, getNullableType, type GraphQLSchema } from 'graphql';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { errorMessage } from '../../meta/error-message.ts';
import type { FacetFields } from './kind-types.ts';
import { comesBefore, FieldForms, KindsByName } from './kinds-by-name.ts';
import type { MadeTypes } from './made-types.ts';
import { groupName, namesOf } from './names.ts';
import type { FieldConfigs } from './output-types.ts';

export const ROOTS = ['query', 'mutation', 'subscription'] as const;
export type Root = (typeof ROOTS)[number];
type FieldConfig = FieldConfigs[string];

/** What stands behind a field of a root type. */
export type Found =
  { config: FieldConfig; kind?: Kind; group?: undefined } | { group: string; config?: undefined; kind?: undefined };

/** Characters of the name of a field; no longer one is anybody's. */
const MAX_NAME = 1024;

/**
 * The fields of the root types, and who has them. ku7s' own, and those of built-in kinds, come first and never change.
 * A custom kind has its fields under its group and version (`example_com { v1 { clusters } }`), and, in the preferred
 * version, flat (`example_com_clusters`) and short (`clusters`); in subscriptions, where nothing can stand under another,
 * also flat with the version (`example_com_v1_clustersWatch`). A name that several would have is that of the definition
 * that was made first, for as long as it is there.
 */
export class RootFields {
  private readonly fixed: Readonly<Record<Root, Map<string, Found>>>;
  private readonly forms = new FieldForms();
  private readonly short = new Map<string, Set<Kind>>();
  /** what of `short` is a kind's */
  private readonly shortOf = new Map<Kind, readonly string[]>();
  /** kinds whose short names have not been asked for: what makes them takes long when many come at once */
  private readonly unnamed = new KindsByName(this.forms);
  private readonly flat = new Map<string, KindsByName>();
  private readonly groups = new Map<string, Map<string, KindsByName>>();
  private readonly byGroupName = new Map<string, string>();
  private readonly byType = new Map<string, Kind>();
  private readonly known = new Set<Kind>();
  private readonly faults = new WeakMap<Kind, string>();
  private generation = 0;

  constructor(
    private readonly registry: Registry,
    readonly types: MadeTypes,
    private readonly generic: GraphQLSchema,
  ) {
    const own = (type: GraphQLObjectType | null | undefined): [string, FieldConfig][] =>
      Object.entries((type?.toConfig().fields ?? {}) as FieldConfigs);
    const found = ([name, config]: [string, FieldConfig]): [string, Found] => [name, { config }];
    const nullable = ([name, config]: [string, FieldConfig]): [string, Found] =>
      found([name, { ...config, type: getNullableType(config.type) }]);
    // one that fails hides nothing of what the others beside it tell
    this.fixed = {
      query: new Map(own(generic.getQueryType()).map(nullable)),
      mutation: new Map(own(generic.getMutationType()).map(nullable)),
      subscription: new Map(own(generic.getSubscriptionType()).map(found)),
    };
    for (const kind of registry.all())
      if (!kind.custom)
        for (const root of ROOTS)
          for (const [name, config] of this.localFields(kind, root)) {
            if (this.fixed[root].has(name)) throw new Error(`two fields of ${root} are called ${name}`);
            this.fixed[root].set(name, { config, kind });
            this.forms.learn(kind, name);
          }
  }

  /** Undefined: nobody has it. */
  find(root: Root, name: string): Found | undefined {
    const fixed = this.fixed[root].get(name);
    if (fixed || name.length > MAX_NAME) return fixed;
    this.follow();
    const group = root === 'subscription' ? undefined : this.byGroupName.get(name);
    if (group !== undefined && !group.includes('.')) return { group };
    let best: Found | undefined = group === undefined ? undefined : { group };
    let since = group === undefined ? Infinity : this.ageOf(group);
    const offer = (kind: Kind, local: string): void => {
      if (
        kind.since > since ||
        (kind.since === since && best && (best.group ?? best.kind!.storage.key) <= kind.storage.key)
      )
        return;
      const config = this.localField(kind, root, local);
      if (config) [best, since] = [{ config, kind }, kind.since];
    };
    for (const kind of this.short.get(`${root} ${name}`) ?? []) offer(kind, name);
    for (const kind of this.unnamed.called(name)) {
      if (kind.since > since) break;
      this.settle(kind);
      if (this.isPreferred(kind)) offer(kind, name);
    }
    for (let at = name.indexOf('_'); at > 0; at = name.indexOf('_', at + 1))
      for (const kind of this.flat.get(name.slice(0, at))?.called(name.slice(at + 1)) ?? [])
        if (root === 'subscription' || this.isPreferred(kind)) offer(kind, name.slice(at + 1));
    return best;
  }

  /** A kind's field under its group and version. */
  findIn(root: Root, group: string, version: string, name: string): Found | undefined {
    this.follow();
    for (const kind of this.groups.get(group)?.get(version)?.called(name) ?? []) {
      const config = this.localField(kind, root, name);
      if (config) return { config, kind };
    }
    return undefined;
  }

  /** Versions of a group, as they are called in GraphQL, with their own names. */
  versionsOf(group: string): Map<string, string> {
    this.follow();
    return new Map(
      [...(this.groups.get(group)?.keys() ?? [])].map((version) => [version.replaceAll('-', '__'), version]),
    );
  }

  kindsOf(group: string, version: string): Kind[] {
    this.follow();
    return [...(this.groups.get(group)?.get(version) ?? [])].filter((kind) => !this.faults.has(kind));
  }

  /** All names of a root type, as often as they are somebody's; of kinds that are not settled, all that they may have. */
  *names(root: Root): Generator<string> {
    this.follow();
    yield* this.fixed[root].keys();
    if (root !== 'subscription') yield* this.byGroupName.keys();
    for (const key of this.short.keys()) if (key.startsWith(`${root} `)) yield key.slice(root.length + 1);
    for (const kind of this.unnamed) yield* this.forms.fieldsOf(kind);
    for (const [prefix, kinds] of this.flat)
      for (const kind of kinds)
        if (this.unnamed.has(kind)) for (const local of this.forms.fieldsOf(kind)) yield `${prefix}_${local}`;
        else if (root === 'subscription' || this.isPreferred(kind))
          for (const [local] of this.localFields(kind, root)) yield `${prefix}_${local}`;
  }

  /** The kind of which the type is, or whose types begin with its name. */
  kindOfType(name: string): Kind | undefined {
    this.follow();
    if (name.length > MAX_NAME) return undefined;
    for (let end = name.length; end > 0; end--) {
      const kind = this.byType.get(name.slice(0, end));
      if (kind) return this.faults.has(kind) ? undefined : kind;
    }
    return undefined;
  }

  /** All kinds that have types. */
  kinds(): Kind[] {
    this.follow();
    return [...this.known].filter((kind) => !this.faults.has(kind));
  }

  /** Of kinds that cannot be served: they are left out from now on. */
  leaveOut(kind: Kind, why: string): void {
    this.faults.set(kind, why);
  }

  /** Why a kind is left out. */
  faultOf(kind: Kind): string | undefined {
    return this.faults.get(kind);
  }

  /** Whether a kind's list has a name that no older one has: under its group, or flat. */
  isReachable(kind: Kind): boolean {
    this.follow();
    const { group, version } = kind;
    const { many } = namesOf(kind);
    // in most cases nothing else can have the name, and no field has to be made to see so
    const called = this.groups.get(group)?.get(version)?.called(many) ?? [];
    if (this.find('query', groupName(group))?.group === group && called.every((one) => one === kind)) return true;
    const flat = this.find('query', `${groupName(group)}_${many}`);
    if (flat?.kind === kind) return true;
    return (
      this.find('query', groupName(group))?.group === group && this.findIn('query', group, version, many)?.kind === kind
    );
  }

  genericType(name: string): ReturnType<GraphQLSchema['getType']> {
    return this.generic.getType(name);
  }

  /** The fields of a kind in a root type, by their names under its group and version. */
  *localFields(kind: Kind, root: Root): Generator<[string, FieldConfig]> {
    if (this.faults.has(kind)) return;
    for (const fields of this.types.fieldsOf(kind)) yield* Object.entries(fields[root] ?? {});
  }

  /** All fields of kinds under their group and version; of a name that comes again the first one's is found. */
  *fieldsIn(root: Root, group: string, version: string): Generator<[string, FieldConfig]> {
    const kinds = this.kindsOf(group, version).sort((a, b) => (comesBefore(a, b) ? -1 : 1));
    for (const kind of kinds) yield* this.localFields(kind, root);
  }

  private localField(kind: Kind, root: Root, name: string): FieldConfig | undefined {
    if (this.faults.has(kind)) return undefined;
    for (const fields of this.made(kind)) {
      const of = fields[root];
      if (of && Object.hasOwn(of, name)) return of[name];
    }
    return undefined;
  }

  /** A kind of which they cannot be made is left out. */
  private made(kind: Kind): readonly FacetFields[] {
    try {
      return this.types.fieldsOf(kind);
    } catch (error) {
      if (!kind.custom) throw error;
      this.leaveOut(kind, errorMessage(error));
      return [];
    }
  }

  private isPreferred(kind: Kind): boolean {
    return this.registry.preferred(kind.storage.key) === kind;
  }

  private ageOf(group: string): number {
    let age = Infinity;
    for (const kinds of this.groups.get(group)?.values() ?? [])
      for (const kind of kinds) age = Math.min(age, kind.since);
    return age;
  }

  /** Takes in what has come, and lets go of what has gone; what is the same costs nothing. */
  private follow(): void {
    if (this.generation === this.registry.generation) return;
    this.generation = this.registry.generation;
    const now = new Set(this.registry.all());
    for (const kind of this.known) if (!now.has(kind)) this.remove(kind);
    for (const kind of now) if (!this.known.has(kind)) this.add(kind);
  }

  private add(kind: Kind): void {
    this.known.add(kind);
    const { group, version, custom } = kind;
    let versions = this.groups.get(group);
    if (!versions) {
      this.groups.set(group, (versions = new Map<string, KindsByName>()));
      this.byGroupName.set(groupName(group), group);
    }
    this.addTo(versions, version, kind);
    this.byType.set(namesOf(kind).type, kind);
    if (!custom) return;
    for (const prefix of prefixesOf(kind)) this.addTo(this.flat, prefix, kind);
    this.unnamed.add(kind);
  }

  /** Takes in the short names of a kind that has come. */
  settle(kind: Kind): void {
    if (!this.unnamed.delete(kind) || !this.isPreferred(kind)) return;
    try {
      const names = ROOTS.flatMap((root) => [...this.localFields(kind, root)].map(([name]) => `${root} ${name}`));
      this.shortOf.set(kind, names);
      for (const name of names) {
        const kinds = this.short.get(name);
        if (kinds) kinds.add(kind);
        else this.short.set(name, new Set([kind]));
      }
    } catch (error) {
      this.leaveOut(kind, (error as Error).message);
    }
  }

  private addTo(map: Map<string, KindsByName>, key: string, kind: Kind): void {
    let kinds = map.get(key);
    if (!kinds) map.set(key, (kinds = new KindsByName(this.forms)));
    kinds.add(kind);
  }

  private remove(kind: Kind): void {
    this.known.delete(kind);
    const { group, version } = kind;
    const versions = this.groups.get(group);
    if (versions) removeFrom(versions, version, kind);
    if (versions?.size === 0) {
      this.groups.delete(group);
      this.byGroupName.delete(groupName(group));
    }
    if (this.byType.get(namesOf(kind).type) === kind) this.byType.delete(namesOf(kind).type);
    for (const prefix of prefixesOf(kind)) removeFrom(this.flat, prefix, kind);
    this.unnamed.delete(kind);
    for (const name of this.shortOf.get(kind) ?? []) removeFrom(this.short, name, kind);
    this.shortOf.delete(kind);
  }
}

const prefixesOf = ({ group, version }: Kind): string[] => [
  groupName(group),
  `${groupName(group)}_${version.replaceAll('-', '__')}`,
];

type Kinds = KindsByName | Set<Kind>;

function removeFrom(map: Map<string, Kinds>, key: string, kind: Kind): void {
  const kinds = map.get(key);
  kinds?.delete(kind);
  if (kinds?.size === 0) map.delete(key);
}
