import { StartError } from '../start-error.ts';

/** A flag's values in their order; a flag without one has `true`. */
export type GoFlags = ReadonlyMap<string, readonly string[]>;

/**
 * Reads a command line as Go programs do (pflag): `--name=value`, `--name value`, and `--name` alone for a switch.
 * @param switches flags that take no value of the next word
 * @throws StartError for a flag that is not `known`, in pflag's words
 */
export function parseGoFlags(
  argv: readonly string[],
  known: ReadonlySet<string>,
  switches: ReadonlySet<string>,
): GoFlags {
  const flags = new Map<string, string[]>();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    const [, name = '', , given] = /^--?([^=]+)(=([\s\S]*))?$/.exec(word) ?? [];
    if (name === '') throw new StartError(`unexpected argument ${JSON.stringify(word)}`);
    if (!known.has(name)) throw new StartError(`unknown flag: --${name}`);
    const value = given ?? (switches.has(name) ? 'true' : argv[++at]);
    if (value === undefined) throw new StartError(`flag needs an argument: --${name}`);
    flags.set(name, [...(flags.get(name) ?? []), value]);
  }
  return flags;
}

/** What `--help` prints: one flag a line, which those who start the program look for. */
export const flagUsage = (program: string, names: Iterable<string>): string =>
  `usage: ${program} [flags]\n\n${[...names].map((name) => `      --${name}\n`).join('')}`;
