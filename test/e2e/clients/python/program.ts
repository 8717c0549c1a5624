import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare, type ClientProgram } from '../program.ts';

/** The program beside this file, with the client library in a virtual environment that later runs find again. */
export async function pythonClient(): Promise<ClientProgram> {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const folder = path.join(os.tmpdir(), `ku7s-client-python-${process.getuid?.() ?? 0}`);
  const python = path.join(folder, 'bin', 'python');
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', path.join(here, 'requirements.txt')];
  return prepare(
    [
      { command: 'python3', args: ['-m', 'venv', folder], timeout: 60_000 },
      { command: python, args: install, timeout: 180_000 },
    ],
    [python, path.join(here, 'main.py')],
  );
}
