import { stringifyExact } from '../../go/json-numbers.ts';
import { printType } from '../../go/print-value.ts';
import { invalid, type FieldError } from '../../meta/field.ts';
import type { KubeObject } from '../../meta/object.ts';
import { isObject } from './json-schema.ts';

/** spec.versions[].subresources.scale of a definition: dotted paths such as `.spec.replicas`. */
export interface ScalePaths {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

/** A value by a dotted path, undefined where it is absent; throws the words of the accessor where a part is no object. */
export function atPath(object: unknown, path: string): unknown {
  let value = object;
  for (const key of path.replace(/^\./, '').split('.')) {
    if (value === undefined || value === null) return undefined;
    if (!isObject(value)) {
      const shown = typeof value === 'object' ? stringifyExact(value) : String(value);
      throw new Error(
        `${path} accessor error: ${shown} is of the type ${printType(value)}, expected map[string]interface{}`,
      );
    }
    value = value[key];
  }
  return value;
}

/** Replica counts of the scale subresource must be whole numbers that are not negative. */
export function validateScale(object: KubeObject, paths: ScalePaths, hasStatus: boolean): FieldError[] {
  const counts = [paths.specReplicasPath, ...(hasStatus ? [paths.statusReplicasPath] : [])];
  return counts.flatMap((path) => {
    try {
      const value = atPath(object, path);
      if (typeof value !== 'number') return [];
      if (value < 0) return [invalid(path, value, 'should be a non-negative integer')];
      return value > 2147483647 ? [invalid(path, value, 'should be less than or equal to 2147483647')] : [];
    } catch (error) {
      return [invalid(path, 0, (error as Error).message)];
    }
  });
}
