/** What of a Service says on which ports nodes take its connections. */
interface WithNodePorts {
  ports?: readonly { nodePort?: number | undefined }[] | null | undefined;
  healthCheckNodePort?: number | undefined;
}

/** Where Services have their node ports when nothing else is said: the first and the last. */
export const NODE_PORTS: readonly [number, number] = [30_000, 32_767];

/** The node ports of a Service, each once: ports of several protocols may share one. */
export function nodePortsOf(spec: WithNodePorts | undefined): number[] {
  const ports = (spec?.ports ?? []).map(({ nodePort = 0 }) => nodePort);
  return [...new Set([...ports, spec?.healthCheckNodePort ?? 0])].filter((port) => port !== 0);
}
