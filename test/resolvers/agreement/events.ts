import { isDeepStrictEqual } from 'node:util';
import type { Loose } from '../../support/fake-api.ts';
import { atRevision, type Model } from './model.ts';
import { answerOf, type ListQuestion } from './reading.ts';

/** What a watch tells. */
export interface Told {
  type: string;
  object: Loose;
  /** what MODIFIED has changed */
  oldObject: Loose | null;
  /** the beginnings of the paths that differ, two names long */
  changed: string[] | null;
  resourceVersion: string;
}

/** What a watch of this tells: the state if it begins with that, and then what enters, changes and leaves. */
export function eventsOf(model: Model, asked: ListQuestion, from: number, withState: boolean): Told[] {
  const { subject, namespaces, labels, fields, question } = asked;
  const holds = (object: Loose | undefined): boolean =>
    object !== undefined && labels.holds(object) && fields.holds(object) && (question?.holds(object) ?? true);
  const state = withState ? answerOf(model, asked, from).map((object) => told('ADDED', object)) : [];
  const changes = model.changes
    .filter((change) => change.revision > from && change.subject === subject)
    .filter(({ object }) => !namespaces.length || namespaces.includes(object.metadata.namespace!))
    .flatMap(({ type, object, before, revision }): Told[] => {
      const [was, is] = [holds(before), type !== 'DELETED' && holds(object)];
      if (is) return [was ? told('MODIFIED', object, before) : told('ADDED', object)];
      // as it was when it last belonged, at the revision at which it left
      return was ? [told('DELETED', atRevision(before!, revision))] : [];
    });
  return [...state, ...changes];
}

const told = (type: string, object: Loose, before?: Loose): Told => ({
  type,
  object,
  oldObject: before ?? null,
  changed: before ? differences(before, object) : null,
  resourceVersion: object.metadata.resourceVersion!,
});

type Fields = Record<string, any>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The names of what differs, and of what differs in that. */
function differences(before: Fields, after: Fields): string[] {
  const names = (a: Fields, b: Fields): string[] =>
    [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !isDeepStrictEqual(a[name], b[name]));
  const found = names(before, after).flatMap((name) => {
    const [a, b] = [before[name], after[name]];
    return isFields(a) && isFields(b) ? names(a, b).map((inner) => `${name}.${inner}`) : [name];
  });
  return found.sort();
}

/** Of paths the beginnings. */
export const beginnings = (paths: readonly string[]): string[] =>
  [
    ...new Set(
      paths.map((path) =>
        path
          .replaceAll('[', '.[')
          .split('.')
          .slice(0, 2)
          .join('.')
          .replace(/\.\[.*/, ''),
      ),
    ),
  ].sort();
