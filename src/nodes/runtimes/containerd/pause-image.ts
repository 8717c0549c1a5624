import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { sha256 } from '../../images/image-content.ts';

/** The image of what holds a pod's namespaces. */
export const PAUSE_IMAGE = 'ku7s.local/pause:1';

/**
 * Machine code that reaps what is left to it and waits: `rt_sigaction(SIGCHLD, {SIG_IGN})`, then `pause()` for ever, of
 * which aarch64 has no call and waits in `ppoll` for nothing. The action, all zeros but SIG_IGN, stands behind the code.
 */
const CODE: Readonly<Record<string, { machine: number; code: string }>> = {
  amd64: {
    machine: 0x3e,
    code: [
      'b80d000000', // mov eax, 13 (rt_sigaction)
      'bf11000000', // mov edi, 17 (SIGCHLD)
      '488d351b000000', // lea rsi, [rip+27]: the action
      '31d2', // xor edx, edx
      '41ba08000000', // mov r10d, 8
      '0f05', // syscall
      'b822000000', // mov eax, 34 (pause)
      '0f05', // syscall
      'ebf7', // jmp back to pause
      '0000000000000000', // padding up to the action
    ].join(''),
  },
  arm64: {
    machine: 0xb7,
    code: [
      'c81080d2', // mov x8, #134 (rt_sigaction)
      '200280d2', // mov x0, #17 (SIGCHLD)
      '61010010', // adr x1, #44: the action
      '020080d2', // mov x2, #0
      '030180d2', // mov x3, #8
      '010000d4', // svc #0
      '280980d2', // mov x8, #73 (ppoll)
      '000080d2', // mov x0, #0
      '010080d2', // mov x1, #0
      '020080d2', // mov x2, #0
      '030080d2', // mov x3, #0
      '010000d4', // svc #0
      'faffff17', // b back to ppoll
    ].join(''),
  },
};
const ACTION = Buffer.alloc(32);
ACTION.writeUInt8(1);

/** A static ELF program of one segment. @param architecture Go's name of it */
export function pauseProgram(architecture: string): Buffer {
  const known = CODE[architecture];
  if (!known) throw new Error(`no pause program for ${architecture}`);
  const body = Buffer.concat([Buffer.from(known.code, 'hex'), ACTION]);
  const header = Buffer.alloc(120);
  const base = 0x400000;
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(known.machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(base + header.length), 24);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt16LE(64, 58);
  // the one segment: loaded whole, to be read and run
  header.writeUInt32LE(1, 64);
  header.writeUInt32LE(5, 68);
  header.writeBigUInt64LE(BigInt(base), 80);
  header.writeBigUInt64LE(BigInt(base), 88);
  const size = BigInt(header.length + body.length);
  header.writeBigUInt64LE(size, 96);
  header.writeBigUInt64LE(size, 104);
  header.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([header, body]);
}

async function archive(files: Readonly<Record<string, { bytes: Buffer; mode?: number }>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, { bytes, mode = 0o644 }] of Object.entries(files))
    tar.entry({ name, mode, mtime: new Date(0) }, bytes);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The image as an archive of an OCI layout. */
export async function pauseArchive(architecture: string): Promise<Buffer> {
  const layer = await archive({ pause: { bytes: pauseProgram(architecture), mode: 0o755 } });
  const packed = gzipSync(layer);
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const config = json({
    architecture,
    os: 'linux',
    config: { Entrypoint: ['/pause'] },
    rootfs: { type: 'layers', diff_ids: [sha256(layer)] },
  });
  const descriptor = (mediaType: string, bytes: Buffer): object => ({
    mediaType,
    digest: sha256(bytes),
    size: bytes.length,
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: [descriptor('application/vnd.oci.image.layer.v1.tar+gzip', packed)],
  });
  const index = json({
    schemaVersion: 2,
    manifests: [
      {
        ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest),
        annotations: { 'io.containerd.image.name': PAUSE_IMAGE, 'org.opencontainers.image.ref.name': '1' },
      },
    ],
  });
  const blob = (bytes: Buffer) => [`blobs/${sha256(bytes).replace(':', '/')}`, { bytes }] as const;
  return archive({
    'oci-layout': { bytes: json({ imageLayoutVersion: '1.0.0' }) },
    'index.json': { bytes: index },
    ...Object.fromEntries([blob(config), blob(packed), blob(manifest)]),
  });
}
