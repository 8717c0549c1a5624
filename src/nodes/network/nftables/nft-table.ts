/** A chain: `hook` as in `type nat hook prerouting priority -100; policy accept;` where it has one. */
export interface NftChain {
  hook?: string;
  rules: readonly string[];
}

/** A set, or a map: then its elements have values. */
export interface NftSet {
  kind: 'set' | 'map';
  /** as in `type ipv4_addr; flags interval;` */
  spec: string;
  /** key → value, which a set leaves empty; undefined: the kernel fills it, and it is left alone */
  elements: ReadonlyMap<string, string> | undefined;
}

/** All that a table of the family `ip` has. Names are nft's identifiers: letters, digits and `/.-_`. */
export interface NftTable {
  name: string;
  chains: ReadonlyMap<string, NftChain>;
  sets: ReadonlyMap<string, NftSet>;
}

/** Elements in one command; the kernel takes a message of some 64 KiB. */
const CHUNK = 500;

/** Makes the table from nothing, in place of whatever has its name. */
export function createTable(table: NftTable): string {
  const head = [`add table ip ${table.name}`, `delete table ip ${table.name}`, `add table ip ${table.name}`];
  const nothing: NftTable = { name: table.name, chains: new Map(), sets: new Map() };
  return [...head, ...changes(nothing, table), ''].join('\n');
}

/**
 * The commands of one transaction that make `after` of `before`; '' when nothing differs. What is not touched keeps what
 * the kernel knows of it. A chain's hook does not change.
 */
export function updateTable(before: NftTable, after: NftTable): string {
  const lines = changes(before, after);
  return lines.length ? `${lines.join('\n')}\n` : '';
}

export const deleteTable = (name: string): string => `add table ip ${name}\ndelete table ip ${name}\n`;

/** In an order in which nothing refers to what is not there yet, or is not there any more. */
function changes(before: NftTable, after: NftTable): string[] {
  const { name } = after;
  const made: string[] = [];
  const emptied: string[] = [];
  const taken: string[] = [];
  const rules: string[] = [];
  const given: string[] = [];
  const removed: string[] = [];
  for (const [set, { kind, spec, elements }] of after.sets) {
    const old = before.sets.get(set);
    if (old?.spec !== spec) {
      if (old) throw new Error(`set ${set} cannot become another`);
      made.push(`add ${kind} ip ${name} ${set} { ${spec} }`);
    }
    if (!elements || elements === old?.elements) continue;
    const { gone, come } = difference(old?.elements ?? new Map(), elements);
    for (const each of chunks(gone)) taken.push(`delete element ip ${name} ${set} { ${each} }`);
    for (const each of chunks(come)) given.push(`add element ip ${name} ${set} { ${each} }`);
  }
  for (const [chain, { hook, rules: wanted }] of after.chains) {
    const old = before.chains.get(chain);
    if (old && (old.rules === wanted || sameLines(old.rules, wanted))) continue;
    if (old) emptied.push(`flush chain ip ${name} ${chain}`);
    else made.push(`add chain ip ${name} ${chain}${hook ? ` { ${hook} }` : ''}`);
    for (const rule of wanted) rules.push(`add rule ip ${name} ${chain} ${rule}`);
  }
  for (const chain of before.chains.keys()) {
    if (after.chains.has(chain)) continue;
    emptied.push(`flush chain ip ${name} ${chain}`);
    removed.push(`delete chain ip ${name} ${chain}`);
  }
  for (const [set, { kind }] of before.sets) if (!after.sets.has(set)) removed.push(`delete ${kind} ip ${name} ${set}`);
  return [...made, ...emptied, ...taken, ...rules, ...given, ...removed];
}

function difference(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): { gone: string[]; come: string[] } {
  const gone: string[] = [];
  const come: string[] = [];
  for (const [key, value] of before) if (after.get(key) !== value) gone.push(key);
  for (const [key, value] of after) if (before.get(key) !== value) come.push(value ? `${key} : ${value}` : key);
  return { gone, come };
}

const sameLines = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, n) => line === b[n]);

function* chunks(elements: readonly string[]): Generator<string> {
  for (let n = 0; n < elements.length; n += CHUNK) yield elements.slice(n, n + CHUNK).join(', ');
}
