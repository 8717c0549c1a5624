import type { Taint } from '../../schema/types.ts';
import { cpus, totalmem } from 'node:os';
import type { Cluster } from '../addons/addon.ts';
import { AddressPool } from '../addons/cloud/local/address-pool.ts';
import {
  AUTOSCALER_DEFAULTS,
  type AutoscalerSettings,
  type NodeGroupSpec,
} from '../addons/cloud/node-group-settings.ts';
import { durationError, parseDuration } from '../go/duration.ts';
import { errorMessage } from '../meta/error-message.ts';
import { isDns1123Label } from '../meta/names.ts';
import { parseQuantity } from '../meta/quantity.ts';
import { booleanFlag } from './boolean-flag.ts';
import { StartError } from './start-error.ts';

/** What a simulated node has when its group does not say. */
const SIMULATED = { cpu: '4', memory: '16Gi', pods: '110', zone: 'zone-a' };
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;
const MAX_NAME = 50;

const text = { type: 'string' } as const;

export const CLOUD_FLAGS = {
  'load-balancer-range': text,
  'node-groups': text,
  'scan-interval': text,
  'max-node-provision-time': text,
  'max-pod-eviction-time': text,
  'scale-down-enabled': text,
  'scale-down-unneeded-time': text,
  'scale-down-unready-time': text,
  'scale-down-delay-after-add': text,
  'scale-down-delay-after-delete': text,
  'scale-down-delay-after-failure': text,
  'scale-down-utilization-threshold': text,
  'skip-nodes-with-system-pods': text,
  'skip-nodes-with-local-storage': text,
} as const;

export const CLOUD_USAGE = `  --load-balancer-range LIST  addresses of LoadBalancer Services, of this machine: CIDRs or FIRST-LAST (default 127.64.0.0/24)
  --node-groups LIST        NAME:MIN-MAX,cpu=4,memory=16Gi,pods=110,zone=zone-a,label=KEY=VALUE,taint=KEY=VALUE:EFFECT, apart
                            by spaces or +; simulated nodes, or with runtime=process nodes of this machine. The
                            autoscaler takes cluster-autoscaler's --scan-interval 10s, --max-node-provision-time 15m,
                            --max-pod-eviction-time 2m, --scale-down-{enabled,unneeded-time 10m,unready-time 20m,
                            delay-after-add 10m,delay-after-delete 0s,delay-after-failure 3m,utilization-threshold 0.5},
                            --skip-nodes-with-{system-pods,local-storage}`;

type Given = { readonly [K in keyof typeof CLOUD_FLAGS]?: string | undefined };

/** Throws StartError. */
export function cloudSettings(given: Given): Pick<Cluster, 'loadBalancerRange' | 'nodeGroups'> {
  const loadBalancerRange = given['load-balancer-range'] ?? '127.64.0.0/24';
  try {
    new AddressPool(loadBalancerRange);
  } catch (error) {
    throw new StartError(`--load-balancer-range: ${errorMessage(error)}`);
  }
  return {
    loadBalancerRange,
    nodeGroups: { groups: parseNodeGroups(given['node-groups'] ?? ''), autoscaler: autoscalerSettings(given) },
  };
}

function autoscalerSettings(given: Given): AutoscalerSettings {
  const time = (flag: keyof Given, usual: number): number => {
    const said = given[flag];
    if (said === undefined) return usual;
    const ms = parseDuration(said);
    if (ms === undefined || ms < 0) throw new StartError(`--${flag}: ${durationError(said)}`);
    return ms;
  };
  const yes = (flag: keyof Given, usual: boolean): boolean => booleanFlag(flag, given[flag], usual);
  const usual = AUTOSCALER_DEFAULTS;
  const said = given['scale-down-utilization-threshold'];
  const threshold = said === undefined ? usual.scaleDownUtilizationThreshold : Number(said);
  if (!(threshold >= 0 && threshold <= 1))
    throw new StartError(`--scale-down-utilization-threshold: ${said} is not between 0 and 1`);
  return {
    ...usual,
    scanInterval: Math.max(1000, time('scan-interval', usual.scanInterval)),
    maxNodeProvisionTime: time('max-node-provision-time', usual.maxNodeProvisionTime),
    maxPodEvictionTime: time('max-pod-eviction-time', usual.maxPodEvictionTime),
    scaleDownEnabled: yes('scale-down-enabled', usual.scaleDownEnabled),
    scaleDownUnneededTime: time('scale-down-unneeded-time', usual.scaleDownUnneededTime),
    scaleDownUnreadyTime: time('scale-down-unready-time', usual.scaleDownUnreadyTime),
    scaleDownDelayAfterAdd: time('scale-down-delay-after-add', usual.scaleDownDelayAfterAdd),
    scaleDownDelayAfterDelete: time('scale-down-delay-after-delete', usual.scaleDownDelayAfterDelete),
    scaleDownDelayAfterFailure: time('scale-down-delay-after-failure', usual.scaleDownDelayAfterFailure),
    scaleDownUtilizationThreshold: threshold,
    skipNodesWithSystemPods: yes('skip-nodes-with-system-pods', usual.skipNodesWithSystemPods),
    skipNodesWithLocalStorage: yes('skip-nodes-with-local-storage', usual.skipNodesWithLocalStorage),
  };
}

/** `small:0-10,cpu=4,memory=16Gi big:1-3,cpu=16`. Throws StartError. */
export function parseNodeGroups(list: string): NodeGroupSpec[] {
  const groups = list
    .split(/[\s+]+/)
    .filter(Boolean)
    .map(parseNodeGroup);
  const twice = groups.find(({ name }, i) => groups.findIndex((each) => each.name === name) !== i);
  if (twice) throw new StartError(`--node-groups: ${twice.name} is there twice`);
  return groups;
}

function parseNodeGroup(one: string): NodeGroupSpec {
  const fail = (why: string): never => {
    throw new StartError(`--node-groups ${one}: ${why}`);
  };
  const [head = '', ...settings] = one.split(',');
  const [, name = '', min = '', max = ''] = /^([^:]*):(\d{1,5})-(\d{1,5})$/.exec(head) ?? [];
  // Its nodes' names begin with it.
  const isName = !isDns1123Label(name).length && name.length <= MAX_NAME;
  if (!isName || Number(min) > Number(max)) fail('a group is NAME:MIN-MAX');
  const known: Record<string, string> = { runtime: 'simulated', ...SIMULATED };
  const labels: Record<string, string> = {};
  const taints: Taint[] = [];
  for (const setting of settings) {
    const [, key = '', value = ''] = /^([a-z]+)=(.+)$/.exec(setting) ?? [];
    const [, mark = '', is = '', effect = ''] = /^([^=:]+)(?:=([^:]*))?(?::(\w+))?$/.exec(value) ?? [];
    if (key === 'label' && mark) labels[mark] = is;
    else if (key === 'taint') {
      const found = EFFECTS.find((each) => each === effect) ?? fail(`a taint is KEY=VALUE:EFFECT`);
      taints.push({ key: mark, effect: found, ...(is && { value: is }) });
    } else if (Object.hasOwn(known, key)) known[key] = value;
    else fail(`unknown setting ${setting}`);
  }
  const { runtime, zone = '' } = known;
  if (runtime !== 'simulated' && runtime !== 'process') return fail('runtimes are simulated and process');
  if (runtime === 'process') Object.assign(known, { cpu: String(cpus().length), memory: String(totalmem()) });
  const { cpu = '', memory = '', pods = '' } = known;
  for (const amount of [cpu, memory, pods]) {
    try {
      parseQuantity(amount);
    } catch {
      fail(`${amount} is not a quantity`);
    }
  }
  return { name, min: Number(min), max: Number(max), runtime, cpu, memory, pods, zone, labels, taints };
}
