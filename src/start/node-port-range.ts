import { NODE_PORTS } from '../rules/node-ports.ts';
import { StartError } from './start-error.ts';

const FLAG = 'service-node-port-range';

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
