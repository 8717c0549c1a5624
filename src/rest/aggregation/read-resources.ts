import { isRecord } from '../../meta/record.ts';
import type { ApiResource } from '../discovery/api-resource.ts';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];

/**
 * What another server lists of its resources. Its list is its own affair, and discovery that of all: what has no name or
 * no kind is left out, and of a resource what is not as meta/v1 has it.
 */
export function readResources(list: unknown): ApiResource[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown): ApiResource[] => {
    if (!isRecord(each)) return [];
    const [name, kind] = [textOf(each['name']), textOf(each['kind'])];
    if (!name || !kind) return [];
    const [group, version] = [textOf(each['group']), textOf(each['version'])];
    return [
      {
        name,
        singularName: textOf(each['singularName']),
        namespaced: each['namespaced'] === true,
        kind,
        verbs: textsOf(each['verbs']),
        shortNames: textsOf(each['shortNames']),
        categories: textsOf(each['categories']),
        ...(group && { group }),
        ...(version && { version }),
      },
    ];
  });
}
