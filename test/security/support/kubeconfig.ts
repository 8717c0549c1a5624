import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { run, type Ran } from '../../e2e/support/tools.ts';
import type { Cluster } from '../../e2e/support/cluster.ts';

interface Kubeconfig {
  users: { name: string; user: Record<string, string> }[];
}

/** kubectl as somebody who has nothing but a bearer token. */
export function withToken(cluster: Pick<Cluster, 'kubeconfig' | 'data'>, token: string, args: string): Promise<Ran> {
  const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as Kubeconfig;
  for (const one of config.users) one.user = { token };
  const file = path.join(cluster.data, `kubeconfig-${Math.random().toString(36).slice(2)}`);
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return run('kubectl', file, args.split(' '));
}
