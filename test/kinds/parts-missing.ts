import { decode } from '../../src/kinds/decode.ts';
import type { Kind, StrategyContext } from '../../src/kinds/kind.ts';
import { normalizeObject } from '../../src/kinds/normalize.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { Schema } from '../../src/kinds/schema.ts';
import { apiVersionOf } from '../../src/meta/gvk.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { isStatusError } from '../../src/meta/status.ts';
import { full } from './full.ts';
import { atOnce } from '../../src/meta/steps.ts';

type Node = Record<string | number, unknown>;
function containers(
  value: unknown,
  path: string,
  found: [Node, string | number, string][] = [],
): [Node, string | number, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    const child = (value as Node)[key];
    if (typeof child !== 'object' || child === null) continue;
    found.push([value as Node, key, `${path}.${key}`]);
    containers(child, `${path}.${key}`, found);
  }
  return found;
}

/** Everything that a strategy does with an object; a Status is an answer, all else is a defect. */
function exercise({ storage: { strategy } }: Kind, ctx: StrategyContext, object: KubeObject, old: KubeObject): void {
  const copy = () => structuredClone(object);
  for (const act of [
    () => strategy.defaults?.(copy()),
    () => strategy.prepareForCreate?.(copy(), ctx),
    () => strategy.prepareForUpdate?.(copy(), old, ctx),
    () => finish(strategy.validateSteps?.(copy(), undefined, ctx)),
    () => finish(strategy.validateSteps?.(copy(), old, ctx)),
    () => strategy.validate?.(copy(), ctx),
    () => strategy.validateCreate?.(copy(), ctx),
    () => strategy.validateUpdate?.(copy(), old, ctx),
    () => strategy.validateUpdate?.(structuredClone(old), object, ctx),
    () => strategy.warnings?.(copy(), old),
    () => strategy.warnings?.(structuredClone(old), object),
    () => strategy.fields?.(copy()),
    () => strategy.cells?.(copy(), 0),
    () => strategy.rowConditions?.(copy()),
    ...Object.values(strategy.subresources ?? {}).flatMap((sub) => [
      () => sub.prepareForUpdate?.(copy(), old, ctx),
      () => finish(sub.validateSteps?.(copy(), old, ctx)),
      () => sub.validateUpdate?.(copy(), old, ctx),
    ]),
  ]) {
    try {
      act();
    } catch (error) {
      if (!isStatusError(error)) throw error;
    }
  }
}

/** One place of an object: where it is found, and what it is a field of. */
interface Place {
  at: number;
  path: string;
  /** the same for the same field of the same type, wherever that type is used */
  field: string;
}

/** The rules of one kind, to be tried on its whole object with one part after the other left out. */
export interface Subject {
  title: string;
  places: readonly Place[];
  /** what is wrong with leaving out the part: `.spec.template: TypeError …`; '' when nothing is */
  fault(place: Place): string;
}

const KINDS = createRegistry()
  .all()
  .filter(({ storage, convert }) => storage.persisted && !convert);

/** Every built-in kind that is stored. */
export const subjects = (): Subject[] => KINDS.map(subjectOf);

function subjectOf(kind: Kind): Subject {
  const warn = (): void => undefined;
  const ctx: StrategyContext = {
    now: '2026-01-01T00:00:00Z',
    user: 'u',
    warn,
    subresource: '',
    apiVersion: apiVersionOf(kind),
  };
  const whole = {
    ...(full(kind.schema) as object),
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata: { name: 'a', namespace: 'b', uid: 'u' },
  } as unknown as KubeObject;
  const old = normalizeObject(kind.schema, whole);
  return {
    title: `${apiVersionOf(kind)} ${kind.kind}`,
    places: containers(whole, '')
      .map(([, , path], at) => ({ at, path, field: fieldAt(kind.schema, path) }))
      .filter(({ path }) => !path.startsWith('.metadata')),
    fault({ at, path }) {
      const sent = structuredClone(whole);
      const [where, key] = containers(sent, '')[at]!;
      if (Array.isArray(where)) where[key as number] = null;
      else delete where[key];
      try {
        const object = decode(sent, '', kind, 'Ignore', warn);
        exercise(kind, ctx, object, old);
        // as an update sees it: lists that are always written are null
        exercise(kind, ctx, normalizeObject(kind.schema, object, false), old);
        return '';
      } catch (error) {
        return `${path}: ${(error as Error).message} ${(error as Error).stack?.split('\n')[1]?.trim()}`;
      }
    },
  };
}

/** `io.k8s.api.core.v1.Container.livenessProbe` */
function fieldAt(schema: Schema, path: string): string {
  let type: Schema | undefined = schema;
  let field = '';
  for (const part of path.split('.').slice(1)) {
    if (type?.type === 'object') {
      field = `${type.name}.${part}`;
      type = type.fields.get(part)?.schema;
    } else {
      field += `.${part}`;
      type = type?.type === 'list' ? type.item : type?.type === 'map' ? type.value : undefined;
    }
  }
  return field;
}

const finish = (steps: Generator<void, unknown> | undefined): unknown => steps && atOnce(steps);
