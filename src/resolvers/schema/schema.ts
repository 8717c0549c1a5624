import type { GraphQLSchema } from 'graphql';
import type { DefinitionFault } from '../../api/contract.ts';
import { REFERENCES_ANNOTATION } from '../../kinds/custom/references.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { nextTurn, Slice } from '../../api/fairness/turns.ts';
import { genericSchema } from '../generic.ts';
import { MadeTypes } from './made-types.ts';
import { RootFields } from './root-fields.ts';
import { SchemaTypes } from './schema-types.ts';
import { WholeSchema } from './whole-schema.ts';

/** Says what of a definition (its storage key) is not in the schema as it has it; null: all is. */
export type ReportDefinition = (definition: string, fault: DefinitionFault | null) => void;

/**
 * All that is asked of the schema of the kinds that are served now. The part that no kind changes Pothos makes once; the
 * kinds' types are made of graphql's own classes, when they are first asked for.
 */
export class Schema {
  readonly fields: RootFields;
  readonly types: SchemaTypes;
  private readonly made: MadeTypes;
  private whole: { generation: number; schema: Promise<WholeSchema> } | undefined;
  /** kinds whose names have been looked at */
  private readonly seen = new WeakSet<Kind>();
  /** those that were there at the start: their definitions' conditions say what was found when they came */
  private early = new WeakSet<Kind>();
  /** kinds all of whose types have been made, and those that wait for it */
  private readonly checked = new WeakSet<Kind>();
  private readonly used = new Set<Kind>();
  /** what was last found of definitions that are not served as they are: what they lack may come, what has their names go */
  private readonly faulty = new Map<string, DefinitionFault>();
  /** storage keys of which there are kinds that have not been looked at */
  private readonly changed = new Set<string>();
  private checking = false;
  private stopped = false;

  constructor(
    private readonly registry: Registry,
    private readonly report: ReportDefinition = () => undefined,
  ) {
    const generic = genericSchema();
    this.made = new MadeTypes(registry, generic);
    this.fields = new RootFields(registry, this.made, generic);
    this.types = new SchemaTypes(registry, this.fields);
  }

  /** Looks at what comes or is used, in slices, until the returned function is called. */
  start(log: (error: unknown) => void): () => void {
    const check = (): void => void this.check().catch(log);
    this.early = new WeakSet(this.registry.all());
    for (const kind of this.registry.all()) if (kind.custom) this.changed.add(kind.storage.key);
    this.types.onUse = (kind) => {
      if (this.checked.has(kind) || this.used.has(kind)) return;
      this.used.add(kind);
      check();
    };
    check();
    const ignore = this.registry.onChange((keys) => {
      for (const key of keys) this.changed.add(key);
      check();
    });
    return () => {
      this.stopped = true;
      ignore();
    };
  }

  /** Makes what does not change, in slices: who asks before it is done waits for the rest. */
  prepare(log: (error: unknown) => void): void {
    void this.types.prepare(() => this.stopped).catch(log);
  }

  /** The whole one, of the kinds of now. */
  async complete(): Promise<GraphQLSchema> {
    const { generation } = this.registry;
    if (this.whole?.generation !== generation) this.whole = { generation, schema: this.inSlices() };
    return this.whole.schema;
  }

  /** The same at once, for who is alone in the process. */
  completeNow(): GraphQLSchema {
    const schema = new WholeSchema(this.fields);
    for (const _ of schema.steps()) continue;
    return schema;
  }

  /**
   * Looks at custom kinds. Of one that has come only its names are looked at, which reads no schema: of a thousand kinds
   * few are ever asked for. Its types are made when it is used; one of which they cannot be made is left out, and reported.
   */
  private async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      const slice = new Slice();
      await nextTurn();
      for (let generation = 0; !this.stopped && (generation !== this.registry.generation || this.used.size);) {
        ({ generation } = this.registry);
        await this.lookAtAll(slice);
        await this.checkUsed(slice);
      }
    } finally {
      this.checking = false;
    }
  }

  /** Until all definitions of now have been looked at, or there are others. */
  private async lookAtAll(slice: Slice): Promise<void> {
    const { generation } = this.registry;
    for (const [key, kinds] of this.open()) {
      if (this.stopped || this.registry.generation !== generation) return;
      this.lookAt(key, kinds);
      if (slice.over) await slice.next();
    }
  }

  /** Kinds of definitions of which something is new, or was wrong when they were looked at last. */
  private open(): Map<string, readonly Kind[]> {
    const keys = new Set([...this.faulty.keys(), ...this.changed]);
    return new Map([...keys].map((key) => [key, this.registry.ofKey(key).filter(({ custom }) => custom)]));
  }

  /** Reports what is wrong, where that is not known to be what the definition's condition says. */
  private lookAt(key: string, kinds: readonly Kind[]): void {
    this.changed.delete(key);
    const news = kinds.some((kind) => !this.seen.has(kind) && !this.early.has(kind));
    for (const kind of kinds) this.seen.add(kind);
    const before = this.faulty.get(key);
    const fault = this.faultsOf(kinds);
    if (fault) this.faulty.set(key, fault);
    else this.faulty.delete(key);
    if (kinds.length && (news || before?.reason !== fault?.reason || before?.message !== fault?.message))
      this.report(key, fault);
  }

  private async checkUsed(slice: Slice): Promise<void> {
    for (const kind of this.used) {
      if (this.stopped) return;
      if (!this.checked.has(kind)) await this.checkKind(kind, slice);
      this.used.delete(kind);
    }
  }

  /** Makes a kind's types; a condition that its definition has from before is right only then. */
  private async checkKind(kind: Kind, slice: Slice): Promise<void> {
    this.checked.add(kind);
    try {
      this.fields.settle(kind);
      for (const _ of this.types.walkOf(kind)) if (slice.over) await slice.next();
    } catch (error) {
      this.fields.leaveOut(kind, (error as Error).message);
    }
    this.early.delete(kind);
    this.seen.delete(kind);
    const { key } = kind.storage;
    const kinds = this.registry.ofKey(key);
    if (kinds.includes(kind)) this.lookAt(key, kinds);
    if (slice.over) await slice.next();
  }

  /** Of the kinds of one definition. */
  private faultsOf(kinds: readonly Kind[]): DefinitionFault | null {
    const message = kinds.map((one) => this.faultOf(one)).find((fault) => fault !== undefined);
    if (message !== undefined) return { reason: 'SchemaNotBuilt', message };
    const [kind] = kinds;
    if (!kind) return null;
    const missing = (kind.storage.strategy.relations ?? []).flatMap(({ to }) =>
      typeof to === 'string' && !this.registry.storage(to)
        ? `${REFERENCES_ANNOTATION}: there is no resource ${to}`
        : [],
    );
    const faults = [...(kind.storage.referenceFaults ?? []), ...missing];
    return faults.length ? { reason: 'ReferencesNotUnderstood', message: faults.join('; ') } : null;
  }

  private faultOf(kind: Kind): string | undefined {
    const { group, version } = kind;
    const fault = this.fields.faultOf(kind);
    if (fault) return `${group}/${version} is not in the GraphQL schema: ${fault}`;
    return this.fields.isReachable(kind)
      ? undefined
      : `${group}/${version} cannot be asked for over GraphQL: older definitions have its names`;
  }

  private async inSlices(): Promise<WholeSchema> {
    const schema = new WholeSchema(this.fields);
    const slice = new Slice();
    for (const kind of this.registry.all())
      if (kind.custom && !this.checked.has(kind)) await this.checkKind(kind, slice);
    for (const _ of schema.steps()) if (slice.over) await slice.next();
    return schema;
  }
}

/** The schema of all kinds that are served now. */
export const buildSchema = (registry: Registry): GraphQLSchema => new Schema(registry).completeNow();
