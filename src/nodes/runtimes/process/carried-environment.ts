/** What a shell can hand on; it drops all else. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const CARRIER = 'KU7S_ENV_';
/** Where the machine's own tools are, when this process has no PATH. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

type Environment = Readonly<Record<string, string>>;

/**
 * A container's environment on its way through programs of the host that run with the agent's rights: PATH, LD_PRELOAD,
 * SHELL and the like would be the container's word about what those run. So each variable travels as the value of one
 * whose name nothing reads, and is unpacked where the container's own rights begin. Not as arguments: all can read those.
 * @param own what the host's programs see
 */
export function carriedEnvironment(environment: Environment, own: Environment = {}): Record<string, string> {
  const carried: Record<string, string> = { PATH: process.env['PATH'] ?? SYSTEM_PATH, ...own };
  namesOf(environment).forEach((name, at) => (carried[`${CARRIER}${at}`] = `${name}=${environment[name]}`));
  return carried;
}

/** Shell commands that make the environment that was carried the shell's own. What the shell keeps for itself stays. */
export const UNPACK = `unset PATH
KU7S_ENV=0
while eval "test -n \\"\\\${KU7S_ENV_$KU7S_ENV+set}\\""; do
  eval "command export \\"\\$KU7S_ENV_$KU7S_ENV\\"" 2>/dev/null || :
  unset "KU7S_ENV_$KU7S_ENV"
  KU7S_ENV=$((KU7S_ENV + 1))
done
unset KU7S_ENV`;

const namesOf = (environment: Environment): string[] =>
  Object.keys(environment).filter((name) => NAME.test(name) && !name.startsWith('KU7S_ENV'));
