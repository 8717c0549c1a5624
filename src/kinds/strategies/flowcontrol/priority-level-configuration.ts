import { isDeepStrictEqual } from 'node:util';
import type {
  LimitResponse,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from '../../../../schema/types.ts';
import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { internalValue } from '../../internal-value.ts';
import type { Cell } from '../../kind.ts';
import { statusAlone, withStatus } from '../status-split.ts';
import { conditionErrors } from './conditions.ts';
import { MANDATORY_LEVELS } from './mandatory.ts';
import { NONE, since } from '../../cells.ts';
import { keysOf } from '../../../meta/record.ts';

const SPEC = Path.root('spec');
const TYPES = ['Exempt', 'Limited'];
const RESPONSES = ['Queue', 'Reject'];
const MAX_QUEUES = 10_000_000;
/** Shuffle sharding deals a hand from one hash of this many bits. */
const MAX_HASH_BITS = 60;
const LIMITED_SHARES = 30;
const QUEUING = { handSize: 8, queues: 64, queueLengthLimit: 50 } as const;

function percentErrors(value: number | undefined, at: Path): FieldError[] {
  return value !== undefined && (value < 0 || value > 100)
    ? [invalid(at, value, 'must be between 0 and 100, inclusive')]
    : [];
}

function sharesErrors(value: number | undefined, at: Path): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(at, value, 'must be a non-negative integer')] : [];
}

function queuingErrors(
  { queues = 0, handSize = 0, queueLengthLimit = 0 }: Parts<QueuingConfiguration>,
  at: Path,
): FieldError[] {
  const errors: FieldError[] = [];
  if (queueLengthLimit <= 0) errors.push(invalid(at.child('queueLengthLimit'), queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(at.child('queues'), queues, 'must be positive'));
  else if (queues > MAX_QUEUES)
    errors.push(invalid(at.child('queues'), queues, `must not be greater than ${MAX_QUEUES}`));
  const hand = at.child('handSize');
  if (handSize <= 0) errors.push(invalid(hand, handSize, 'must be positive'));
  else if (handSize > queues) errors.push(invalid(hand, handSize, `should not be greater than queues (${queues})`));
  else if (Math.ceil(Math.log2(queues) * handSize) > MAX_HASH_BITS) {
    const why = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`;
    errors.push(invalid(hand, handSize, why));
  }
  return errors;
}

function responseErrors({ type = '', queuing }: Parts<LimitResponse>, at: Path): FieldError[] {
  if (!RESPONSES.includes(type)) return [notSupported(at.child('type'), type, RESPONSES)];
  const here = at.child('queuing');
  if (type === 'Reject')
    return queuing ? [forbidden(here, 'must be nil if limited.limitResponse.type is not Limited')] : [];
  return queuing
    ? queuingErrors(queuing, here)
    : [required(here, 'must not be empty if limited.limitResponse.type is Limited')];
}

function limitedErrors(limited: Parts<LimitedPriorityLevelConfiguration>, at: Path): FieldError[] {
  const borrowing = limited.borrowingLimitPercent;
  return [
    ...sharesErrors(limited.nominalConcurrencyShares, at.child('nominalConcurrencyShares')),
    ...responseErrors(limited.limitResponse ?? {}, at.child('limitResponse')),
    ...percentErrors(limited.lendablePercent, at.child('lendablePercent')),
    ...(borrowing !== undefined && borrowing < 0
      ? [invalid(at.child('borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer')]
      : []),
  ];
}

function specErrors({ metadata: { name }, spec = {} }: Unchecked<PriorityLevelConfiguration>): FieldError[] {
  const { type = '', exempt, limited } = spec;
  const errors: FieldError[] = [];
  if ((name === 'exempt') !== (type === 'Exempt'))
    errors.push(invalid(SPEC.child('type'), type, "type must be 'Exempt' if and only if name is 'exempt'"));
  if (type === 'Exempt') {
    if (limited) errors.push(forbidden(SPEC.child('limited'), 'must be nil if the type is not Limited'));
    if (!exempt) return [...errors, required(SPEC.child('exempt'), 'must not be empty when type is Exempt')];
    const at = SPEC.child('exempt');
    errors.push(...sharesErrors(exempt.nominalConcurrencyShares, at.child('nominalConcurrencyShares')));
    return [...errors, ...percentErrors(exempt.lendablePercent, at.child('lendablePercent'))];
  }
  if (!TYPES.includes(type)) return [...errors, notSupported(SPEC.child('type'), type, TYPES)];
  if (exempt) errors.push(forbidden(SPEC.child('exempt'), 'must be nil if the type is Limited'));
  if (!limited) return [...errors, required(SPEC.child('limited'), 'must not be empty when type is Limited')];
  return [...errors, ...limitedErrors(limited, SPEC.child('limited'))];
}

/** Levels that flow control cannot do without have one spec only; what the exempt one lends may be changed. */
function mandatoryErrors({ metadata: { name }, spec = {} }: Unchecked<PriorityLevelConfiguration>): FieldError[] {
  const wanted = Object.hasOwn(MANDATORY_LEVELS, name) ? MANDATORY_LEVELS[name] : undefined;
  if (!wanted) return [];
  const { exempt: _, ...rest } = spec;
  const compared = name === 'exempt' ? rest : spec;
  if (isDeepStrictEqual(JSON.parse(JSON.stringify(compared)), wanted)) return [];
  const what = name === 'exempt' ? `spec of '${name}' except the 'spec.exempt' field` : `spec of '${name}'`;
  return [
    invalid(
      SPEC,
      internalValue('io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec', spec),
      `${what} must equal the fixed value`,
    ),
  ];
}

/** flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration (KEP-1040) */
export const priorityLevelConfigurationStrategy = withStatus<PriorityLevelConfiguration>({
  metadata: { whole: 1, update: false },
  defaults({ spec }) {
    const { exempt, limited } = spec ?? {};
    if (exempt) {
      exempt.nominalConcurrencyShares ??= 0;
      exempt.lendablePercent ??= 0;
    }
    if (!limited) return;
    limited.nominalConcurrencyShares ??= LIMITED_SHARES;
    limited.lendablePercent ??= 0;
    const queuing = limited.limitResponse?.queuing;
    if (queuing) for (const field of keysOf(QUEUING)) queuing[field] ||= QUEUING[field];
  },
  validate: (object) => [...specErrors(object), ...mandatoryErrors(object), ...conditionErrors(object)],
  subresources: { status: { ...statusAlone, validateUpdate: conditionErrors } },
  cells,
});

function cells({ metadata, spec }: Unchecked<PriorityLevelConfiguration>, now: number): Cell[] {
  const queuing = spec?.limited?.limitResponse?.queuing;
  return [
    metadata.name,
    spec?.type ?? '',
    (spec?.limited ?? spec?.exempt)?.nominalConcurrencyShares ?? NONE,
    queuing?.queues ?? NONE,
    queuing?.handSize ?? NONE,
    queuing?.queueLengthLimit ?? NONE,
    since(metadata.creationTimestamp, now),
  ];
}
