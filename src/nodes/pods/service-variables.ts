import type { Service } from '../../../schema/types.ts';

/**
 * The variables by which a container finds services (docker-link style): of the services of its own namespace when
 * `links`, and always the API server's.
 */
export function serviceVariables(
  services: readonly Service[],
  namespace: string,
  links: boolean,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const service of services) {
    const { name, namespace: own } = service.metadata;
    const ip = service.spec?.clusterIP;
    if (!ip || ip === 'None' || !service.spec?.ports?.length) continue;
    const apiServer = own === 'default' && name === 'kubernetes';
    if (!apiServer && !(links && own === namespace)) continue;
    Object.assign(env, variablesOf(name, ip, service.spec.ports));
  }
  return env;
}

function variablesOf(
  name: string,
  ip: string,
  ports: NonNullable<Service['spec']>['ports'] & object,
): Record<string, string> {
  const prefix = name.toUpperCase().replaceAll('-', '_');
  const host = ip.includes(':') ? `[${ip}]` : ip;
  const env: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: ip,
    [`${prefix}_SERVICE_PORT`]: String(ports[0]!.port),
  };
  for (const [index, port] of ports.entries()) {
    if (port.name) env[`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`] = String(port.port);
    const protocol = (port.protocol ?? 'TCP').toLowerCase();
    const url = `${protocol}://${host}:${port.port}`;
    const base = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
    if (index === 0) env[`${prefix}_PORT`] = url;
    Object.assign(env, {
      [base]: url,
      [`${base}_PROTO`]: protocol,
      [`${base}_PORT`]: String(port.port),
      [`${base}_ADDR`]: ip,
    });
  }
  return env;
}
