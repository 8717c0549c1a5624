import { AddressPool } from '../addons/cloud/local/address-pool.ts';
import { errorMessage } from '../meta/error-message.ts';
import { StartError } from './start-error.ts';

export const CLOUD_FLAGS = { 'load-balancer-range': { type: 'string' } } as const;

export const CLOUD_USAGE = `  --load-balancer-range LIST  addresses of LoadBalancer Services, of this machine: CIDRs or FIRST-LAST (default 127.64.0.0/24)`;

/** Throws StartError. */
export function cloudSettings(given: { 'load-balancer-range'?: string | undefined }): { loadBalancerRange: string } {
  const loadBalancerRange = given['load-balancer-range'] ?? '127.64.0.0/24';
  try {
    new AddressPool(loadBalancerRange);
  } catch (error) {
    throw new StartError(`--load-balancer-range: ${errorMessage(error)}`);
  }
  return { loadBalancerRange };
}
