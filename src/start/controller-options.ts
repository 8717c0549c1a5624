import { durationError, parseDuration } from '../go/duration.ts';
import { parseRange } from '../meta/address.ts';
import { NodeCidrSet } from '../reconcilers/node-cidr-set.ts';
import { booleanFlag } from './boolean-flag.ts';
import { StartError } from './start-error.ts';

const CLEAN_UP = 'legacy-service-account-token-clean-up-period';
const AUTOSCALER = 'horizontal-pod-autoscaler-sync-period';
const ALLOCATE = 'allocate-node-cidrs';
const CLUSTER_CIDR = 'cluster-cidr';
const MASK = 'node-cidr-mask-size';
const TEXT = { type: 'string' } as const;

/** For parseArgs; the names are kube-controller-manager's. */
export const CONTROLLER_FLAGS = {
  [CLEAN_UP]: TEXT,
  [AUTOSCALER]: TEXT,
  [ALLOCATE]: TEXT,
  [CLUSTER_CIDR]: TEXT,
  [MASK]: TEXT,
  [`${MASK}-ipv4`]: TEXT,
  [`${MASK}-ipv6`]: TEXT,
} as const;

export const CONTROLLER_USAGE = `  --${CLEAN_UP} AGE  for which a token that was made for a service account by itself
                            must have been of no use before it is marked, and again before it goes (default 8760h)
  --${AUTOSCALER} TIME  between two looks at a HorizontalPodAutoscaler (default 15s)
  --${ALLOCATE} BOOL, --${CLUSTER_CIDR} CIDR  each node's podCIDRs are given out of this range, or of
                            one of each family (default false); --${MASK} N (24, of IPv6 64),
                            with two families --${MASK}-ipv4 and --${MASK}-ipv6`;

type Values = { [Name in keyof typeof CONTROLLER_FLAGS]?: string | undefined };

export interface ControllerSettings {
  /** ms; undefined: as the controller has it */
  legacyTokenCleanUp: number | undefined;
  /** ms, more than none; undefined: as the controller has it */
  autoscalerPeriod: number | undefined;
  /** by the order of podCIDRs; undefined: nodes get none */
  nodeCidrs: readonly { cidr: string; mask: number }[] | undefined;
}

/** @throws StartError */
export function controllerSettings(values: Values): ControllerSettings {
  const autoscalerPeriod = time(values, AUTOSCALER);
  if (autoscalerPeriod !== undefined && autoscalerPeriod <= 0)
    throw new StartError(`--${AUTOSCALER}: ${values[AUTOSCALER]} is no time to wait`);
  return { legacyTokenCleanUp: time(values, CLEAN_UP), autoscalerPeriod, nodeCidrs: nodeCidrs(values) };
}

/** In ms. */
function time(values: Values, flag: keyof Values): number | undefined {
  const said = values[flag];
  if (said === undefined) return undefined;
  const ms = parseDuration(said);
  if (ms === undefined) throw new StartError(`--${flag}: ${durationError(said)}`);
  return ms;
}

function nodeCidrs(values: Values): ControllerSettings['nodeCidrs'] {
  const text = values[CLUSTER_CIDR];
  if (!booleanFlag(ALLOCATE, values[ALLOCATE], false)) return undefined;
  if (!text) throw new StartError(`--${ALLOCATE} needs --${CLUSTER_CIDR}`);
  const cidrs = text.split(',');
  const families = cidrs.map((cidr) => {
    const family = parseRange(cidr)?.network.family;
    if (!family) throw new StartError(`--${CLUSTER_CIDR}: invalid CIDR address: ${cidr}`);
    return family;
  });
  if (families.length > 2 || new Set(families).size !== families.length)
    throw new StartError(`--${CLUSTER_CIDR}: ${text} is neither one range nor one of each family`);
  return cidrs.map((cidr, i) => {
    const mask = maskOf(values, families[i]!, families);
    try {
      new NodeCidrSet(cidr, mask);
    } catch (error) {
      throw new StartError(`--${CLUSTER_CIDR} ${cidr}, node mask ${mask}: ${(error as Error).message}`);
    }
    return { cidr, mask };
  });
}

/** As kube-controller-manager's setNodeCIDRMaskSizes has it, with its words. */
function maskOf(values: Values, family: 4 | 6, families: readonly number[]): number {
  const { [MASK]: any, [`${MASK}-ipv4`]: four, [`${MASK}-ipv6`]: six } = values;
  const isDual = families.length > 1;
  if (any !== undefined && isDual) throw new StartError(`usage of --${MASK} is not allowed with dual-stack clusters`);
  if (any !== undefined && (four !== undefined || six !== undefined))
    throw new StartError(
      `usage of --${MASK}-ipv4 and --${MASK}-ipv6 is not allowed if --${MASK} is set. For dual-stack clusters please unset it and use IPFamily specific flags`,
    );
  const other = family === 4 ? 6 : 4;
  if (!isDual && (family === 4 ? six : four) !== undefined)
    throw new StartError(`usage of --${MASK}-ipv${other} is not allowed for a single-stack IPv${family} cluster`);
  const said = any ?? (family === 4 ? four : six);
  if (said === undefined) return family === 4 ? 24 : 64;
  if (!/^\d{1,3}$/.test(said)) throw new StartError(`--${MASK}: ${said} is not a length of a prefix`);
  return Number(said);
}
