import { getNamedType, type GraphQLNamedType } from 'graphql';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { nextTurn, Slice } from '../../api/fairness/turns.ts';
import { ROOTS, type RootFields } from './root-fields.ts';
import { typeWalk } from './type-walk.ts';

/** Types by name: those of built-in kinds, which stay, and those of custom ones, which are looked for when they are asked for. */
export class SchemaTypes {
  private readonly builtin = new Map<string, GraphQLNamedType>();
  private readonly custom = new WeakMap<Kind, { state: object; types: ReadonlyMap<string, GraphQLNamedType> }>();
  /** Told of each custom kind that a document uses. */
  onUse: (kind: Kind) => void = () => undefined;
  private walk: Generator<GraphQLNamedType | undefined> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly fields: RootFields,
  ) {
    this.walk = typeWalk(this.ofBuiltin(), this.builtin);
  }

  get generation(): number {
    return this.registry.generation;
  }

  /** Makes what is there from the beginning, in slices: who asks before it is done waits for the rest. */
  async prepare(stopped: () => boolean): Promise<void> {
    const slice = new Slice();
    await nextTurn();
    while (this.walk && !stopped() && !this.walk.next().done) if (slice.over) await slice.next();
    if (!stopped()) this.walk = undefined;
  }

  find(name: string): GraphQLNamedType | undefined {
    if (this.walk) for (const _ of this.walk) continue;
    this.walk = undefined;
    const builtin = this.builtin.get(name);
    if (builtin) return builtin;
    const kind = this.fields.kindOfType(name);
    return kind?.custom ? this.ofKind(kind).get(name) : undefined;
  }

  /** The types that a custom kind has besides those that are always there. */
  ofKind(kind: Kind): ReadonlyMap<string, GraphQLNamedType> {
    const state = this.fields.types.stateOf(kind);
    const known = this.custom.get(kind);
    if (known?.state === state) return known.types;
    const walk = this.walkOf(kind);
    for (;;) {
      const { done, value } = walk.next();
      if (done) return value;
    }
  }

  /** The same step by step. Throws where they cannot be made. */
  *walkOf(kind: Kind): Generator<undefined, ReadonlyMap<string, GraphQLNamedType>> {
    const state = this.fields.types.stateOf(kind);
    const types = new Map<string, GraphQLNamedType>();
    const all = ROOTS.flatMap((root) => [...this.fields.localFields(kind, root)]);
    const roots = all.flatMap(([, { type, args }]) => [type, ...Object.values(args ?? {}).map((arg) => arg.type)]);
    const walk = typeWalk(
      [this.fields.types.object(kind), ...roots],
      types,
      (name) => this.builtin.has(name) || (this.fields.kindOfType(name) ?? kind) !== kind,
    );
    for (const _ of walk) yield;
    this.custom.set(kind, { state, types });
    return types;
  }

  private ofBuiltin(): GraphQLNamedType[] {
    const { types } = this.fields;
    const kinds = this.registry.all().filter(({ custom }) => !custom);
    const fields = kinds.flatMap((kind) => ROOTS.flatMap((root) => [...this.fields.localFields(kind, root)]));
    return [
      ...kinds.map((kind) => types.object(kind)),
      types.anyObject,
      ...fields.flatMap(([, { type, args }]) => [
        getNamedType(type),
        ...Object.values(args ?? {}).map((arg) => getNamedType(arg.type)),
      ]),
    ];
  }
}
