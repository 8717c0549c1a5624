import { spawn } from 'node:child_process';
import { arch } from 'node:os';

/** An attribute that a file is to have. */
export interface Attribute {
  path: string;
  /** with its namespace: `user.note`, `trusted.overlay.opaque` */
  name: string;
  value: Buffer;
}

/** Linux' number of lsetxattr by Node's name of the architecture: no program that every machine has calls it by name. */
const LSETXATTR: Readonly<Record<string, number>> = {
  x64: 189,
  ia32: 227,
  arm: 227,
  arm64: 6,
  riscv64: 6,
  loong64: 6,
  ppc64: 210,
  s390x: 225,
};

/** Reads path, name and value in hexadecimal, each ended by a zero byte; writes the path of each that failed, and why. */
const PERL = `my $call = shift; $/ = "\\0"; $| = 1;
while (defined(my $path = <STDIN>)) {
  my $name = <STDIN>; my $hex = <STDIN>; chomp($path, $name, $hex);
  my $value = pack("H*", $hex);
  syscall($call + 0, $path, $name, $value, length($value), 0) == 0 or print "$path\\0$!\\0";
}`;

/**
 * Gives files extended attributes, of a link to the link itself.
 * @returns why not, by path, for those that could not be given
 * @throws Error where the machine has no means to do it
 */
export async function setAttributes(attributes: readonly Attribute[]): Promise<Map<string, string>> {
  if (!attributes.length) return new Map();
  const call = LSETXATTR[arch()];
  if (call === undefined) throw new Error(`extended attributes are not known for ${arch()}`);
  const input = attributes.map(({ path, name, value }) => `${path}\0${name}\0${value.toString('hex')}\0`).join('');
  const output = await run('perl', ['-e', PERL, String(call)], input);
  const parts = output.split('\0');
  const failed = new Map<string, string>();
  for (let at = 0; at + 1 < parts.length; at += 2) failed.set(parts[at] ?? '', parts[at + 1] ?? '');
  return failed;
}

/** Runs a program of the machine with an input. @returns what it wrote. @throws Error with what it said */
export function run(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(0, 400)));
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(new Error(`${program}: ${said.trim() || `ended with ${code}`}`));
    });
    child.stdin.end(input);
  });
}
