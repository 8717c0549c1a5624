import { isDynamic, listOf, unify, type CelType } from './types.ts';

/** What a function takes and gives; a receiver, where it has one, is the first. */
export type Overload = readonly [parameters: readonly CelType[], result: CelType];

const TIME = 'timestamp';
const DURATION = 'duration';
const NUMBERS = ['int', 'uint', 'double'];
const same = (types: readonly CelType[], result?: CelType): Overload[] =>
  types.map((type) => [[type, type], result ?? type]);

const ORDER: readonly Overload[] = [
  ...same(['bool', 'string', 'bytes', TIME, DURATION], 'bool'),
  ...NUMBERS.flatMap((a) => NUMBERS.map((b): Overload => [[a, b], 'bool'])),
];
const NUMERIC = same(NUMBERS);
const LOGIC = same(['bool']);

/** Operators by the names that messages give them. */
export const OPERATORS: Readonly<Record<string, readonly Overload[]>> = {
  '_+_': [
    ...same(['int', 'uint', 'double', 'string', 'bytes', DURATION, listOf('dyn')]),
    [[TIME, DURATION], TIME],
    [[DURATION, TIME], TIME],
  ],
  '_-_': [...NUMERIC, [[DURATION, DURATION], DURATION], [[TIME, TIME], DURATION], [[TIME, DURATION], TIME]],
  '_*_': NUMERIC,
  '_/_': NUMERIC,
  '_%_': same(['int', 'uint']),
  '_<_': ORDER,
  '_<=_': ORDER,
  '_>_': ORDER,
  '_>=_': ORDER,
  '_&&_': LOGIC,
  '_||_': LOGIC,
  '!_': [[['bool'], 'bool']],
  '-_': [
    [['int'], 'int'],
    [['double'], 'double'],
  ],
};

const text = (...rest: CelType[]): Overload => [['string', ...rest], 'bool'];
const clock: Overload[] = [
  [[TIME], 'int'],
  [[TIME, 'string'], 'int'],
];

/** Methods whose types are worth telling; of others only the name is known. */
export const METHODS: Readonly<Record<string, readonly Overload[]>> = {
  contains: [text('string')],
  startsWith: [text('string')],
  endsWith: [text('string')],
  matches: [text('string')],
  lowerAscii: [[['string'], 'string']],
  upperAscii: [[['string'], 'string']],
  trim: [[['string'], 'string']],
  charAt: [[['string', 'int'], 'string']],
  replace: [
    [['string', 'string', 'string'], 'string'],
    [['string', 'string', 'string', 'int'], 'string'],
  ],
  split: [
    [['string', 'string'], listOf('string')],
    [['string', 'string', 'int'], listOf('string')],
  ],
  substring: [
    [['string', 'int'], 'string'],
    [['string', 'int', 'int'], 'string'],
  ],
  join: [
    [[listOf('string')], 'string'],
    [[listOf('string'), 'string'], 'string'],
  ],
  getFullYear: clock,
  getMonth: clock,
  getDayOfMonth: clock,
  getHours: [...clock, [[DURATION], 'int']],
  getMinutes: [...clock, [[DURATION], 'int']],
  getSeconds: [...clock, [[DURATION], 'int']],
};

const to = (result: CelType, ...from: CelType[]): Overload[] => from.map((type) => [[type], result]);

export const FUNCTIONS: Readonly<Record<string, readonly Overload[]>> = {
  size: [],
  int: to('int', 'int', 'uint', 'double', 'string', TIME, DURATION),
  uint: to('uint', 'uint', 'int', 'double', 'string'),
  double: to('double', 'double', 'int', 'uint', 'string'),
  string: to('string', 'string', 'bool', 'int', 'uint', 'double', 'bytes', TIME, DURATION),
  bytes: to('bytes', 'bytes', 'string'),
  bool: to('bool', 'bool', 'string'),
  timestamp: to(TIME, TIME, 'string', 'int'),
  duration: to(DURATION, DURATION, 'string', 'int'),
  matches: [text('string')],
  isURL: [text()],
  isIP: [text()],
  isCIDR: [text()],
  isQuantity: [text()],
};

/** Names that a Kubernetes API server knows besides (its libraries, and those of CEL); their types are not told apart here. */
export const OTHER_NAMES: ReadonlySet<string> = new Set(
  `type dyn size url ip cidr quantity semver isSemver format sets optional of none ofNonZeroValue hasValue value or orValue
  find findAll indexOf lastIndexOf isSorted sum min max getScheme getHost getHostname getPort getEscapedPath getQuery
  getDayOfWeek getDayOfYear getDate getMilliseconds reverse quote
  isGreaterThan isLessThan compareTo asInteger asApproximateFloat isInteger sign add sub
  family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast isCanonical containsIP containsCIDR masked prefixLength
  path group serviceAccount resource subresource namespace name check allowed reason errored error fieldSelector labelSelector
  major minor patch equivalent intersects validate dns1123Label dns1123Subdomain dns1035Label qualifiedName dns1123LabelPrefix
  dns1123SubdomainPrefix dns1035LabelPrefix labelValue uri uuid byte date datetime named includes first last unwrapOpt flatten`.split(
    /\s+/,
  ),
);

/** The result of the overloads that fit; undefined where none does. */
export function resolve(overloads: readonly Overload[], parameters: readonly CelType[]): CelType | undefined {
  const fitting = overloads.filter(
    ([wanted]) =>
      wanted.length === parameters.length && wanted.every((type, i) => unify(type, parameters[i]!) !== undefined),
  );
  if (fitting.length === 0) return undefined;
  const results = new Set(fitting.map(([, result]) => JSON.stringify(result)));
  if (results.size > 1) return 'dyn';
  const [[, result]] = fitting as [Overload];
  // lists that are added keep the type of what is in them
  if (typeof result !== 'string' && result.type === 'list' && parameters.every((p) => !isDynamic(p))) {
    return unify(parameters[0]!, parameters[1] ?? parameters[0]!) ?? result;
  }
  return result;
}
