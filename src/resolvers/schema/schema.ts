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
  private readonly checked = new WeakSet<Kind>();
  /** definitions that refer to resources which are not there: they may come */
  private readonly unresolved = new Set<string>();
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

  /** Makes what does not change and looks at what comes, in slices, until the returned function is called. */
  start(log: (error: unknown) => void): () => void {
    const check = (): void => void this.check().catch(log);
    void this.types
      .prepare(() => this.stopped)
      .then(check)
      .catch(log);
    const ignore = this.registry.onChange(check);
    return () => {
      this.stopped = true;
      ignore();
    };
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

  /** Looks at custom kinds that have come: one whose types cannot be made is left out, and reported. */
  async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      const slice = new Slice();
      await nextTurn();
      for (let generation = 0; generation !== this.registry.generation && !this.stopped;) {
        ({ generation } = this.registry);
        await this.checkAll(slice);
      }
    } finally {
      this.checking = false;
    }
  }

  /** Until all kinds of now have been looked at, or there are others. */
  private async checkAll(slice: Slice): Promise<void> {
    const { generation } = this.registry;
    const ofDefinition = new Map<string, Kind[]>();
    for (const kind of this.registry.all()) {
      const { key } = kind.storage;
      if (kind.custom) ofDefinition.set(key, [...(ofDefinition.get(key) ?? []), kind]);
    }
    for (const [key, kinds] of ofDefinition) {
      if (kinds.every((kind) => this.checked.has(kind)) && !this.unresolved.has(key)) continue;
      for (const kind of kinds) {
        if (this.stopped || this.registry.generation !== generation) return;
        if (!this.checked.has(kind)) await this.checkKind(kind, slice);
      }
      const now =
        this.registry.generation === generation
          ? kinds
          : this.registry.all().filter(({ storage }) => storage.key === key);
      this.report(key, this.faultsOf(now));
    }
  }

  private async checkKind(kind: Kind, slice: Slice): Promise<void> {
    this.checked.add(kind);
    try {
      this.fields.settle(kind);
      for (const _ of this.types.walkOf(kind)) if (slice.over) await slice.next();
    } catch (error) {
      this.fields.leaveOut(kind, (error as Error).message);
    }
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
    if (missing.length) this.unresolved.add(kind.storage.key);
    else this.unresolved.delete(kind.storage.key);
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
    for (const _ of schema.steps()) if (slice.over) await slice.next();
    return schema;
  }
}

/** The schema of all kinds that are served now. */
export const buildSchema = (registry: Registry): GraphQLSchema => new Schema(registry).completeNow();
