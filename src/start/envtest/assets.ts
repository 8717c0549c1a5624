import { accessSync, constants, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTemplate } from '../../store/embedded-template.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** In the folder of the programs: the data with which each `etcd` begins. */
const TEMPLATE = '.template';

/**
 * Writes `etcd`, `kube-apiserver` and `kubectl` to a folder for KUBEBUILDER_ASSETS: the first two run this installation
 * with this Node, the third the kubectl that is found on the path.
 * Beside them is an empty database, which each start copies.
 * @returns what to tell the user
 */
export async function writeAssets(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const target = path.resolve(folder);
  mkdirSync(target, { recursive: true });
  // what is started for a test ends with the test, however that ends; and is compiled once for all starts
  const environment = `NODE_ENV=production KU7S_WITH_PARENT=1 NODE_COMPILE_CACHE=${quoted(path.join(target, '.compiled'))}`;
  const template = path.join(target, TEMPLATE);
  await makeTemplate(template);
  for (const name of ['etcd', 'kube-apiserver']) {
    const program = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    script(
      target,
      name,
      `${environment} KU7S_TEMPLATE=${quoted(template)} exec ${quoted(process.execPath)} ${quoted(program)} "$@"`,
    );
  }
  const kubectl = findProgram('kubectl', env['PATH'] ?? '', target);
  script(
    target,
    'kubectl',
    kubectl === undefined
      ? `echo ${quoted(`kubectl: none was on the path when ${target} was made; install one and run: ku7s envtest ${target}`)} >&2\nexit 127`
      : `exec ${quoted(kubectl)} "$@"`,
  );
  const missing = kubectl === undefined ? 'There is no kubectl on the path: suites that run it will fail.\n' : '';
  return `${missing}export KUBEBUILDER_ASSETS=${quoted(target)}`;
}

function script(folder: string, name: string, command: string): void {
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
}

/** The first program of a name on a path, without those of one folder. */
export function findProgram(name: string, searched: string, except: string): string | undefined {
  return searched
    .split(path.delimiter)
    .filter((folder) => folder !== '' && path.resolve(folder) !== realOr(except) && path.resolve(folder) !== except)
    .map((folder) => path.resolve(folder, name))
    .find((file) => isProgram(file));
}

function realOr(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
