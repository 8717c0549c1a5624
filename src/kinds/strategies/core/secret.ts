import type { Secret } from '../../../../schema/types.ts';
import { invalid, Path, required, tooLong, type FieldError } from '../../../meta/field.ts';
import type { Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateImmutable } from '../../validation/values.ts';
import { dataSize, MAX_DATA, validateDataKeys, validateImmutableData } from './config-map.ts';
import { jsonObjectError } from '../../../go/json-unmarshal.ts';
import { keyPairError } from './key-pair.ts';
import { since, size } from '../../cells.ts';

type Errors = FieldError[];
const data = Path.root('data');
const ACCOUNT = 'kubernetes.io/service-account.name';

/** A key that must be there and hold a JSON object. What is wrong with it must not show what it holds. */
function dockerConfig(values: Record<string, string>, key: string): Errors {
  if (values[key] === undefined) return [required(data.key(key))];
  const why = jsonObjectError(Buffer.from(values[key], 'base64').toString());
  return why ? [invalid(data.key(key), '<secret contents redacted>', why)] : [];
}

/** What each type of Secret must have. */
const TYPES: Readonly<Record<string, (values: Record<string, string>, secret: Unchecked<Secret>) => Errors>> = {
  'kubernetes.io/service-account-token': (_, { metadata }) =>
    metadata.annotations?.[ACCOUNT] ? [] : [required(Path.root('metadata').child('annotations').key(ACCOUNT))],
  'kubernetes.io/dockercfg': (values) => dockerConfig(values, '.dockercfg'),
  'kubernetes.io/dockerconfigjson': (values) => dockerConfig(values, '.dockerconfigjson'),
  'kubernetes.io/basic-auth': (values) =>
    values['username'] === undefined && values['password'] === undefined
      ? [required(data.key('username')), required(data.key('password'))]
      : [],
  'kubernetes.io/ssh-auth': (values) => (values['ssh-privatekey'] ? [] : [required(data.key('ssh-privatekey'))]),
  'kubernetes.io/tls': (values) =>
    ['tls.crt', 'tls.key'].filter((key) => values[key] === undefined).map((key) => required(data.key(key))),
};

/** What clients write as text is stored as data, and owned as such. */
function mergeStringData(object: Unchecked<Secret>): void {
  for (const [key, value] of Object.entries(object.stringData ?? {})) {
    (object.data ??= {})[key] = Buffer.from(value).toString('base64');
  }
  delete object.stringData;
}

export const secretStrategy: Strategy<Secret> = {
  metadata: { whole: 1 },
  defaults(object) {
    object.type ||= 'Opaque';
    mergeStringData(object);
  },
  validate(object) {
    const errors = validateDataKeys(object.data, data);
    if (dataSize(object.data, true) > MAX_DATA) errors.push(tooLong(data, MAX_DATA));
    const { type = '' } = object;
    const rule = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
    return rule ? [...errors, ...rule(object.data ?? {}, object)] : errors;
  },
  validateUpdate: (object, old) => [
    ...validateImmutable(object.type, old.type, Path.root('type')),
    ...validateImmutableData(object, old, ['data']),
  ],
  warnings({ type, data: values }) {
    if (type !== 'kubernetes.io/tls') return [];
    const text = (key: string): string => Buffer.from(values?.[key] ?? '', 'base64').toString('latin1');
    const error = keyPairError(text('tls.crt'), text('tls.key'));
    return error ? [error] : [];
  },
  fields: (object) => ({ type: object.type ?? '' }),
  generation: false,
  relations: [
    {
      field: 'serviceAccount',
      description: 'The account that it has a token of.',
      to: 'serviceaccounts',
      back: 'tokens',
      form: 'name',
      name: ({ metadata }) => metadata.annotations?.['kubernetes.io/service-account.name'],
    },
  ],
  cells,
};

function cells({ metadata, type, data }: Unchecked<Secret>, now: number): Cell[] {
  return [metadata.name, type ?? '', size(data), since(metadata.creationTimestamp, now)];
}
