import { STATIC_SERVER } from './static-server.ts';

/** Which programs of the machine stand for an image. */
export interface HostProgram {
  entrypoint: readonly string[];
  cmd: readonly string[];
}

/** A program that only waits to be ended, as the pause image does. */
const PAUSE = ['sh', '-c', 'trap "exit 0" TERM INT; while :; do sleep 3600 & wait $!; done'];
const shell: HostProgram = { entrypoint: [], cmd: ['sh'] };
const server = (directory: string): HostProgram => ({
  entrypoint: ['node', '-e', STATIC_SERVER, directory, '80'],
  cmd: [],
});

/** Images by repository, without tag: any tag runs the machine's own version. */
export const CATALOGUE: Readonly<Record<string, HostProgram>> = {
  'docker.io/library/node': { entrypoint: [], cmd: ['node'] },
  'docker.io/library/busybox': shell,
  'docker.io/library/alpine': shell,
  'docker.io/library/debian': { entrypoint: [], cmd: ['bash'] },
  'docker.io/library/ubuntu': { entrypoint: [], cmd: ['bash'] },
  'docker.io/library/bash': { entrypoint: [], cmd: ['bash'] },
  'docker.io/library/python': { entrypoint: [], cmd: ['python3'] },
  'docker.io/library/perl': { entrypoint: [], cmd: ['perl'] },
  'docker.io/library/nginx': server('/usr/share/nginx/html'),
  'docker.io/library/httpd': server('/usr/local/apache2/htdocs'),
  'registry.k8s.io/pause': { entrypoint: PAUSE, cmd: [] },
};
