import { PathTable } from './path-table.ts';
import type { Asked, Route } from './route.ts';

/**
 * All ways into the cluster through one port. The host that says more comes first: the whole name, then the longest
 * wildcard, then none; where nothing fits there, the next is asked. What fits nowhere goes to a default backend.
 */
export class RouteTable {
  private readonly rules: HostTable;
  private readonly defaults: HostTable;

  /** @param defaults routes for what no other has asked for */
  constructor(rules: readonly Route[], defaults: readonly Route[] = []) {
    this.rules = new HostTable(rules);
    this.defaults = new HostTable(defaults);
  }

  find(asked: Asked): Route | undefined {
    return this.rules.find(asked) ?? this.defaults.find(asked);
  }
}

class HostTable {
  private readonly names = new Map<string, PathTable>();
  /** by what stands behind `*.` */
  private readonly label = new Map<string, PathTable>();
  private readonly labels = new Map<string, PathTable>();
  private readonly every = new PathTable();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.tableOf(route).add(route);
    for (const table of [this.every, ...[this.names, this.label, this.labels].flatMap((map) => [...map.values()])])
      table.sort();
  }

  find(asked: Asked): Route | undefined {
    const { host } = asked;
    let found = this.names.get(host)?.find(asked);
    const first = host.indexOf('.');
    if (!found && first >= 0) found = this.label.get(host.slice(first + 1))?.find(asked);
    if (this.labels.size) {
      for (let dot = first; !found && dot >= 0; dot = host.indexOf('.', dot + 1))
        found = this.labels.get(host.slice(dot + 1))?.find(asked);
    }
    return found ?? this.every.find(asked);
  }

  private tableOf({ host, wildcard }: Route): PathTable {
    if (host === '') return this.every;
    const map = host.startsWith('*.') ? this[wildcard] : this.names;
    const key = host.startsWith('*.') ? host.slice(2) : host;
    let table = map.get(key);
    if (!table) map.set(key, (table = new PathTable()));
    return table;
  }
}
