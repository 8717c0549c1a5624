import { isIP } from 'node:net';
import type { EdgeSettings } from '../addons/addon.ts';
import { StartError } from './start-error.ts';

const text = { type: 'string' } as const;

export const INGRESS_FLAGS = {
  'ingress-address': text,
  'ingress-http-port': text,
  'ingress-https-port': text,
  'ingress-access-log': { type: 'boolean' },
} as const;

export const INGRESS_USAGE = `  --ingress-address ADDRESS  where Ingresses are served (default 127.0.0.1 and the machine's own)
  --ingress-http-port PORT, --ingress-https-port PORT  (default 80 and 443, or others where these cannot be had; 0: free ones)
  --ingress-access-log      a line of the log for each request that an Ingress gets`;

interface Given {
  'ingress-address'?: string | undefined;
  'ingress-http-port'?: string | undefined;
  'ingress-https-port'?: string | undefined;
  'ingress-access-log'?: boolean | undefined;
}

/** Throws StartError. */
export function ingressSettings(given: Given): EdgeSettings {
  const address = given['ingress-address'];
  if (address !== undefined && !isIP(address))
    throw new StartError(`--ingress-address: ${address} is not an IP address`);
  return {
    address,
    httpPort: portOf('ingress-http-port', given),
    httpsPort: portOf('ingress-https-port', given),
    accessLog: given['ingress-access-log'] ?? false,
  };
}

function portOf(flag: 'ingress-http-port' | 'ingress-https-port', given: Given): number | undefined {
  const said = given[flag];
  if (said === undefined) return undefined;
  const port = Number(said);
  if (!/^\d+$/.test(said) || port > 65_535) throw new StartError(`--${flag}: ${said} is not a port`);
  return port;
}
