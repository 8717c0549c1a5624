import { DYN, isDyn, listOf, mapOf, opaque, parameter, same, typeOf, type Type } from './types.ts';

const isDynOrError = (type: Type): boolean => isDyn(type) || type.kind === 'error';
/** Kinds for which null stands too. */
const NULLABLE = new Set<Type['kind']>(['opaque', 'object', 'any', 'duration', 'timestamp', 'null']);

/** Of two types that fit each other: does the first say less? */
function isLessSpecific(a: Type, b: Type): boolean {
  if (isDyn(a) || a.kind === 'parameter') return true;
  if (isDyn(b) || b.kind === 'parameter') return false;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'opaque':
      return (
        a.name === b.name &&
        a.parameters.length === b.parameters.length &&
        a.parameters.every((p, i) => isLessSpecific(p, b.parameters[i] as Type))
      );
    case 'list':
    case 'map':
      return a.parameters.every((p, i) => isLessSpecific(p, b.parameters[i] as Type));
    case 'type':
      return true;
    default:
      return same(a, b);
  }
}
export const moreGeneral = (a: Type, b: Type): Type => (isLessSpecific(a, b) ? a : b);

/** What type parameters stand for, as far as it is known: Hindley and Milner's unification, with `dyn` for anything. */
export class Bindings {
  private readonly bound = new Map<string, Type>();
  /** what to put back when an attempt fails, latest last */
  private readonly trail: [name: string, before: Type | undefined][] = [];
  private count = 0;

  fresh(): Type {
    return parameter(`_var${this.count++}`);
  }

  private bind(name: string, type: Type): void {
    this.trail.push([name, this.bound.get(name)]);
    this.bound.set(name, type);
  }
  /** Keeps what an attempt bound only where it succeeds. */
  private attempt(run: () => boolean): boolean {
    const mark = this.trail.length;
    if (run()) return true;
    while (this.trail.length > mark) {
      const [name, before] = this.trail.pop() as [string, Type | undefined];
      if (before) this.bound.set(name, before);
      else this.bound.delete(name);
    }
    return false;
  }
  assignable(a: Type, b: Type): boolean {
    return this.attempt(() => this.fits(a, b));
  }
  allAssignable(a: readonly Type[], b: readonly Type[]): boolean {
    return a.length === b.length && this.attempt(() => a.every((type, i) => this.fits(type, b[i] as Type)));
  }

  private fits(a: Type, b: Type): boolean {
    if (b.kind === 'parameter') {
      const { fits, known } = this.substitutes(a, b);
      if (fits) return true;
      if (known) return false;
    }
    if (a.kind === 'parameter') return this.substitutes(b, a).fits;
    if (isDynOrError(a) || isDynOrError(b)) return true;
    if (a.kind === 'null') return NULLABLE.has(b.kind);
    if (b.kind === 'null') return NULLABLE.has(a.kind);
    if (a.kind !== b.kind) return false;
    if (a.kind === 'type') return true;
    if (a.kind !== 'opaque' && a.kind !== 'list' && a.kind !== 'map') return same(a, b);
    return (
      a.name === b.name &&
      a.parameters.length === b.parameters.length &&
      a.parameters.every((p, i) => this.fits(p, b.parameters[i] as Type))
    );
  }

  /** Can a parameter stand for a type? `known`: it stands for one already. */
  private substitutes(type: Type, of: Type): { fits: boolean; known: boolean } {
    if (same(type, of)) return { fits: true, known: true };
    const before = this.bound.get(of.name);
    if (before) {
      if (same(type, before)) return { fits: true, known: true };
      if (!this.fits(type, before)) return { fits: false, known: true };
      const general = moreGeneral(type, before);
      if (!this.mentions(general, of)) this.bind(of.name, general);
      return { fits: true, known: true };
    }
    if (this.mentions(type, of)) return { fits: false, known: false };
    this.bind(of.name, type);
    return { fits: true, known: false };
  }

  /** Is a parameter part of a type? */
  private mentions(type: Type, of: Type): boolean {
    if (type.kind === 'parameter') {
      if (same(type, of)) return true;
      const bound = this.bound.get(type.name);
      return bound !== undefined && this.mentions(bound, of);
    }
    return type.parameters.some((p) => this.mentions(p, of));
  }

  /** A type with what is known of its parameters. @param toDyn what is not known may be anything */
  resolve(type: Type, toDyn = false): Type {
    if (type.kind === 'parameter') {
      const bound = this.bound.get(type.name);
      if (bound) return this.resolve(bound, toDyn);
      return toDyn ? DYN : type;
    }
    if (type.parameters.length === 0) return type;
    const parameters = type.parameters.map((p) => this.resolve(p, toDyn));
    if (parameters.every((p, i) => p === type.parameters[i])) return type;
    return rebuilt(type, parameters);
  }
}

/** The same type of other parameters. */
export function rebuilt(type: Type, parameters: readonly Type[]): Type {
  const [first = DYN, second = DYN] = parameters;
  switch (type.kind) {
    case 'list':
      return listOf(first);
    case 'map':
      return mapOf(first, second);
    case 'type':
      return typeOf(first);
    default:
      return opaque(type.name, ...parameters);
  }
}

/** A type whose own parameters are replaced, by name. */
export function replaced(type: Type, by: ReadonlyMap<string, Type>): Type {
  if (type.kind === 'parameter') return by.get(type.name) ?? type;
  if (type.parameters.length === 0) return type;
  return rebuilt(
    type,
    type.parameters.map((p) => replaced(p, by)),
  );
}
