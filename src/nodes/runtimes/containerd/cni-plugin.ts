import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../shell-quote.ts';

const NAME = 'ku7s';
const CNI_VERSION = '1.0.0';

/**
 * The network plugin of our containerd (https://www.cni.dev/docs/spec/): the agent has made each pod's network already,
 * so its namespace is mounted over the empty one that containerd has made, whose path the pod's containers are given.
 */
export class CniPlugin {
  readonly binDir: string;
  readonly confDir: string;
  private readonly podsDir: string;

  constructor(directory: string) {
    this.binDir = join(directory, 'bin');
    this.confDir = join(directory, 'conf');
    this.podsDir = join(directory, 'pods');
  }

  install(): void {
    for (const each of [this.binDir, this.confDir, this.podsDir]) mkdirSync(each, { recursive: true, mode: 0o700 });
    for (const [name, text] of [
      [NAME, script(this.podsDir)],
      ['loopback', LOOPBACK],
    ] as const) {
      writeFileSync(join(this.binDir, name), text);
      chmodSync(join(this.binDir, name), 0o700);
    }
    const list = { cniVersion: CNI_VERSION, name: NAME, plugins: [{ type: NAME }] };
    writeFileSync(join(this.confDir, `10-${NAME}.conflist`), JSON.stringify(list));
  }

  /** What the plugin is to give a pod, before containerd asks it. @param netns path of its namespace */
  prepare(uid: string, netns: string, ip: string): void {
    const file = join(this.podsDir, uid);
    writeFileSync(`${file}.netns`, netns);
    const result = {
      cniVersion: CNI_VERSION,
      interfaces: [{ name: 'eth0', sandbox: netns }],
      ips: [{ address: `${ip}/32`, interface: 0 }],
    };
    writeFileSync(file, JSON.stringify(result));
  }

  forget(uid: string): void {
    for (const end of ['', '.netns']) rmSync(join(this.podsDir, `${uid}${end}`), { force: true });
  }
}

/** containerd asks for it by itself; the agent has set up the loopback of the network that it has made. */
const LOOPBACK = `#!/bin/sh
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"0.3.1","supportedVersions":["0.3.1"]}' ;;
ADD) echo '{"cniVersion":"0.3.1","interfaces":[{"name":"lo"}],"ips":[]}' ;;
esac
`;

const script = (podsDir: string): string => `#!/bin/sh
uid=\${CNI_ARGS#*K8S_POD_UID=}; uid=\${uid%%;*}
f=${shellQuote(podsDir)}/$uid
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"${CNI_VERSION}","supportedVersions":["0.4.0","${CNI_VERSION}"]}' ;;
ADD)
  mount --bind "$(cat "$f.netns")" "$CNI_NETNS" >/dev/null 2>&1 && exec cat "$f"
  echo '{"cniVersion":"${CNI_VERSION}","code":100,"msg":"the network namespace of the pod cannot be mounted"}'; exit 1 ;;
DEL) if [ -n "$CNI_NETNS" ]; then umount "$CNI_NETNS" 2>/dev/null; fi; exit 0 ;;
esac
`;
