import type { Addon } from './addon.ts';
import { cloud } from './cloud/cloud.ts';
import { customMetrics } from './custom-metrics/custom-metrics.ts';
import { dns } from './dns/dns.ts';
import { ingress } from './ingress/ingress.ts';
import { logs } from './logs/logs.ts';
import { metrics } from './metrics/metrics.ts';
import type { AddonName } from './names.ts';
import { storage } from './storage/storage.ts';

/** Every add-on, by the name that `--addons` has for it. */
export const ADDONS: Readonly<Record<string, Addon>> = {
  cloud,
  'custom-metrics': customMetrics,
  dns,
  ingress,
  logs,
  metrics,
  storage,
} satisfies Record<AddonName, Addon>;
