import { func, type Library } from '../overload.ts';
import { STRING } from '../types.ts';

/** A key as a step of a path, RFC 6901: `a/b~c` is `a~1b~0c`. */
const escapeKey = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** What expressions have that make JSON patches. Source: apiserver's cel/library/jsonpatch.go. */
export const jsonPatches: Library = {
  'jsonpatch.escapeKey': [func('string_jsonpatch_escapeKey_string', [STRING], STRING, escapeKey)],
};
