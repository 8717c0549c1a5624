import { decodeRawUrl } from '../go/base64.ts';
import path from 'node:path';
import { unmarshalError } from '../go/json-unmarshal.ts';
import { jsonSyntaxError } from '../go/json-syntax.ts';
import { badRequest } from '../meta/status.ts';

/** Where a list goes on: at which revision (undefined: the newest, not consistent with the pages before), after which object. */
export interface ContinueToken {
  revision: number | undefined;
  /** first key of the next page: namespace and name */
  namespace: string;
  name: string;
}

const VERSION = 'meta.k8s.io/v1';
const INCONSISTENT = -1;
const NUL = '\u0000';

/** base64url JSON, as kube-apiserver's: `{v, rv, start}` */
export function encodeContinue({ revision, namespace, name }: ContinueToken): string {
  const start = `${namespace ? `${namespace}/` : ''}${name}`;
  return Buffer.from(JSON.stringify({ v: VERSION, rv: revision ?? INCONSISTENT, start })).toString('base64url');
}

const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);

function decodeToken(token: string): Buffer {
  const bytes = decodeRawUrl(token);
  if (typeof bytes === 'number') throw refuse(`illegal base64 data at input byte ${bytes}`);
  return bytes;
}

function parseToken(text: string): { v?: unknown; rv?: unknown; start?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(jsonSyntaxError(text) ?? 'unexpected end of JSON input');
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw refuse(unmarshalError(value, 'storage.continueToken'));
  }
  return value;
}

/** Throws 400 for a token that no list gave. */
export function decodeContinue(token: string): ContinueToken {
  const { v, rv, start } = parseToken(decodeToken(token).toString('utf8'));
  for (const [name, field, type] of [
    ['v', v, 'string'],
    ['start', start, 'string'],
  ] as const) {
    if (field !== undefined && field !== null && typeof field !== type)
      throw refuse(unmarshalError(field, type, `Go struct field continueToken.${name}`));
  }
  if (rv !== undefined && rv !== null && !Number.isSafeInteger(rv))
    throw refuse(unmarshalError(rv, 'int64', 'Go struct field continueToken.rv'));
  if (v !== VERSION) throw refuse(`server does not recognize this encoded version ${JSON.stringify(v ?? '')}`);
  if (!rv) throw refuse(`incorrect encoded start resourceVersion (version ${VERSION})`);
  if (typeof start !== 'string' || start === '') throw refuse(`encoded start key empty (version ${VERSION})`);
  // a key that climbs out of its collection is none
  const key = start.startsWith('/') ? start : `/${start}`;
  if (path.posix.normalize(key).replace(/(.)\/$/, '$1') !== key) throw refuse(start);
  const own = key.slice(1);
  const slash = own.indexOf('/');
  return {
    revision: (rv as number) < 0 ? undefined : (rv as number),
    namespace: slash < 0 ? '' : own.slice(0, slash),
    name: own.slice(slash + 1).replaceAll(NUL, ''),
  };
}
