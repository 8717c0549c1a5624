import { parseRange } from '../meta/address.ts';
import { NODE_PORTS } from '../rules/node-ports.ts';
import { StartError } from './start-error.ts';

const FLAG = 'service-node-port-range';
const CIDR_FLAG = 'service-cluster-ip-range';
/** The longest prefix: eight addresses are the least that a cluster gets along with. */
const MAX_PREFIX = 29;

/** Where Services have their addresses: one IPv4 range. @throws StartError */
export function serviceCidr(text = '10.96.0.0/16'): string {
  if (text.includes(','))
    throw new StartError(`--${CIDR_FLAG}: ${text}: Services have addresses of one family here, and one range`);
  const range = parseRange(text);
  if (range?.address.family !== 4 || range.prefix > MAX_PREFIX)
    throw new StartError(`--${CIDR_FLAG}: ${text} is not an IPv4 range of at least eight addresses`);
  return text;
}

/** `30000-32767`, or `30000+2767` for so many more. The first and the last port. @throws StartError */
export function nodePortRange(text: string | undefined): readonly [number, number] {
  if (text === undefined) return NODE_PORTS;
  const [, from = '', sign = '', to = ''] = /^(\d{1,5})([-+])(\d{1,5})$/.exec(text) ?? [];
  const first = Number(from);
  const last = sign === '+' ? first + Number(to) : Number(to);
  if (!sign || first < 1 || last > 65_535 || last < first)
    throw new StartError(`--${FLAG}: ${text} is not a range of ports such as ${NODE_PORTS.join('-')}`);
  return [first, last];
}
