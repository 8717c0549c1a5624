import { createHash } from 'node:crypto';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { textsOf } from '../oci/manifest.ts';
import { LayerError } from './layer-tree.ts';
import { LayerWriter, type LayerEntry, type Unpacker } from './layer-writer.ts';
import type { UnpackLimits } from './limits.ts';

export interface Unpacked {
  /** digest of the archive: the layer's diff id */
  diffId: string;
  /** bytes of its files */
  size: number;
  entries: number;
  /** directories, below the folder, that hide what lower layers have in them */
  opaque: readonly string[];
  /** devices and attributes that were left out */
  dropped: number;
}

/**
 * Unpacks a layer's archive into an empty folder.
 * @param archive decompressed. @param compressed bytes that it was before
 * @throws LayerError for what a layer must not have, Error for a broken archive or a file system that is full
 */
export async function unpackLayer(
  archive: Readable,
  compressed: number,
  directory: string,
  who: Unpacker,
  limits: UnpackLimits,
): Promise<Unpacked> {
  const hash = createHash('sha256');
  const writer = new LayerWriter(directory, who);
  const meter = metered(compressed, limits, (chunk) => hash.update(chunk));
  const entries = extract();
  let count = 0;
  let size = 0;
  const read = async (): Promise<void> => {
    for await (const entry of entries) {
      if (++count > limits.entries) throw new LayerError(`the layer has more than ${limits.entries} files`);
      size += entry.header.size;
      await writer.write(entryOf(entry.header), entry);
      // what was not read is passed over
      entry.resume();
    }
  };
  const reading = read().catch((error: Error) => {
    entries.destroy(error);
    throw error;
  });
  await Promise.all([pipeline(archive, meter, entries), reading]);
  await writer.finish();
  return {
    diffId: `sha256:${hash.digest('hex')}`,
    size,
    entries: count,
    opaque: [...writer.opaque].map((path) => path.slice(directory.length)),
    dropped: writer.dropped,
  };
}

/** Passes the archive on as long as it stays within its bounds. */
function metered(compressed: number, limits: UnpackLimits, seen: (chunk: Buffer) => void): Transform {
  const most = Math.min(limits.bytes, Math.max(limits.freely, compressed * limits.ratio));
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > most) return done(new LayerError(`the layer is larger than ${most} bytes when it is unpacked`));
      seen(chunk);
      done(null, chunk);
    },
  });
}

const XATTR = 'SCHILY.xattr.';

function entryOf({ name, type, mode, uid, gid, mtime, linkname, devmajor, devminor, pax }: Header): LayerEntry {
  const more = textsOf(pax);
  const number = (key: string, otherwise: number): number => (more[key] === undefined ? otherwise : Number(more[key]));
  const time = number('mtime', mtime.getTime() / 1000);
  return {
    name,
    type,
    mode,
    uid: number('uid', uid),
    gid: number('gid', gid),
    mtime: Number.isFinite(time) ? time : 0,
    linkname: linkname ?? '',
    device: { major: devmajor, minor: devminor },
    attributes: Object.fromEntries(
      Object.entries(more).flatMap(([key, value]) => (key.startsWith(XATTR) ? [[key.slice(XATTR.length), value]] : [])),
    ),
  };
}
