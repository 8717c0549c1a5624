import { decodeRawUrl } from '../go/base64.ts';
import path from 'node:path';
import { unmarshalStruct, type FieldsOf } from '../go/unmarshal-struct.ts';
import { badRequest } from '../meta/status.ts';

/** Where a list goes on: at which revision (undefined: the newest, not consistent with the pages before; a bigint: one that no store reaches), after which object. */
export interface ContinueToken {
  revision: number | bigint | undefined;
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
  return Buffer.from(JSON.stringify({ v: VERSION, rv: Number(revision ?? INCONSISTENT), start })).toString('base64url');
}

const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);

function decodeToken(token: string): Buffer {
  const bytes = decodeRawUrl(token);
  if (typeof bytes === 'number') throw refuse(`illegal base64 data at input byte ${bytes}`);
  return bytes;
}

const FIELDS = { v: 'string', rv: 'int64', start: 'string' } as const;

function parseToken(bytes: Buffer): FieldsOf<typeof FIELDS> {
  try {
    return unmarshalStruct(bytes, 'storage.continueToken', FIELDS);
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

/** Throws 400 for a token that no list gave. */
export function decodeContinue(token: string): ContinueToken {
  const { v = '', rv = 0n, start = '' } = parseToken(decodeToken(token));
  if (v !== VERSION) throw refuse(`server does not recognize this encoded version ${v}`);
  if (rv === 0n) throw refuse(`incorrect encoded start resourceVersion (version ${VERSION})`);
  if (start === '') throw refuse(`encoded start key empty (version ${VERSION})`);
  // a key that climbs out of its collection is none
  const key = start.startsWith('/') ? start : `/${start}`;
  if (path.posix.normalize(key).replace(/(.)\/$/, '$1') !== key) throw refuse(start);
  const own = key.slice(1);
  const slash = own.indexOf('/');
  return {
    revision: rv < 0n ? undefined : rv > Number.MAX_SAFE_INTEGER ? rv : Number(rv),
    namespace: slash < 0 ? '' : own.slice(0, slash),
    name: own.slice(slash + 1).replaceAll(NUL, ''),
  };
}
