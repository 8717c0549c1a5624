import type { ServicePort, ServiceSpec } from '../../../schema/types.ts';
import { invalid, type FieldError } from '../../meta/field.ts';
import { internalError, StatusError } from '../../meta/status.ts';
import { drawsNodePorts } from './service-needs.ts';

/** The node ports that one write takes. */
export class NodePorts {
  constructor(
    private readonly range: readonly [number, number],
    private readonly dryRun: boolean,
    private readonly isFree: (port: number) => boolean,
    private readonly take: (port: number) => void,
    private readonly random: () => number,
  ) {}

  /** Takes one; why it is not to be had, undefined when it is taken. A dry run does not look at the range. */
  allocate(port: number): string | undefined {
    const [from, to] = this.range;
    if (!this.dryRun && (port < from || port > to))
      return `provided port is not in the valid range. The range of valid ports is ${from}-${to}`;
    if (!this.isFree(port)) return 'provided port is already allocated';
    this.take(port);
    return undefined;
  }

  /** Draws one. Throws 500 where none is left. @param what it is for, in the message */
  next(what: string): number {
    const [from, to] = this.range;
    const count = to - from + 1;
    const start = Math.floor(this.random() * count);
    for (let i = 0; i < count; i++) {
      const port = from + ((start + i) % count);
      if (!this.isFree(port)) continue;
      this.take(port);
      return port;
    }
    throw internalError(`failed to allocate a ${what}: range is full`);
  }
}

const refuse = (i: number, port: number, why: string): FieldError => invalid(`spec.ports[${i}].nodePort`, port, why);

/** Ports of a new Service; those of one number (TCP and UDP) share a node port. The first that is not to be had. */
export function setPorts(spec: ServiceSpec, ports: NodePorts): FieldError | undefined {
  const given = new Map<number, number>();
  const list = spec.ports ?? [];
  for (const [i, port] of list.entries()) {
    if (!port.nodePort && !drawsNodePorts(spec)) continue;
    const shared = given.get(port.port);
    if (shared === undefined) {
      const asked = list.find((one) => one.port === port.port && one.nodePort)?.nodePort;
      const why = asked ? ports.allocate(asked) : undefined;
      if (why) return refuse(i, asked!, why);
      port.nodePort = asked || ports.next('nodePort');
      given.set(port.port, port.nodePort);
    } else if (!port.nodePort) port.nodePort = shared;
    else if (port.nodePort !== shared) {
      const why = ports.allocate(port.nodePort);
      if (why) return refuse(i, port.nodePort, why);
    }
  }
  return undefined;
}

/** Ports of a Service that changes: it keeps those that it has. */
export function updatePorts(spec: ServiceSpec, old: ServiceSpec, ports: NodePorts): FieldError | undefined {
  const held = new Set((old.ports ?? []).map((port: ServicePort) => port.nodePort ?? 0));
  const seen = new Set<string>();
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (!port.nodePort && !drawsNodePorts(spec)) continue;
    if (!port.nodePort) port.nodePort = ports.next('nodePort');
    else if (!held.has(port.nodePort)) {
      const why = ports.allocate(port.nodePort);
      if (why) return refuse(i, port.nodePort, why);
    }
    held.add(port.nodePort);
    const key = `{${port.protocol} ${port.nodePort}}`;
    if (seen.has(key)) throw new StatusError({ message: `duplicate nodePort: ${key}`, code: 500 });
    seen.add(key);
  }
  return undefined;
}
