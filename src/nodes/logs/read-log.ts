import { open, stat, type FileHandle } from 'node:fs/promises';
import { parseLogLine } from '../../rules/log-line.ts';
import { MAX_FILES } from './shift-logs.ts';
import type { LogStore } from './log-store.ts';

export interface LogOptions {
  follow?: boolean;
  tailLines?: number | undefined;
  /** ms since the epoch */
  sinceTime?: number | undefined;
  timestamps?: boolean;
  limitBytes?: number | undefined;
  /** `All` (the default), `Stdout` or `Stderr` */
  stream?: string;
}

const CHUNK = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * A container's log as a client sees it, rotated files first.
 * @param live tells whether the container still writes; without `follow` or when it ends, so does the log
 * @param signal ends a `follow`
 */
export async function* readLog(
  logs: LogStore,
  path: string,
  options: LogOptions,
  live: () => boolean,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const render = renderer(options);
  const files = await existing(path);
  const start = await startOf(files, options.tailLines);
  for (let index = start.file; index < files.length - 1 && !render.full; index++) {
    yield* rendered(render, readFrom(files[index]!, index === start.file ? start.offset : 0));
  }
  const offset = start.file === files.length - 1 ? start.offset : 0;
  if (render.full) return;
  if (!options.follow) return yield* rendered(render, readFrom(path, offset));
  yield* rendered(render, followFrom(logs, path, offset, live, signal));
}

/** Oldest first; the current file last, whether it exists or not. */
async function existing(path: string): Promise<string[]> {
  const rotated = Array.from({ length: MAX_FILES - 1 }, (_, n) => `${path}.${MAX_FILES - 1 - n}`);
  const found = await Promise.all(
    rotated.map((file) =>
      stat(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return [...rotated.filter((_, n) => found[n]), path];
}

/** The file and offset at which the last `lines` lines begin, found by reading backwards. */
async function startOf(files: string[], lines: number | undefined): Promise<{ file: number; offset: number }> {
  if (lines === undefined) return { file: 0, offset: 0 };
  let left = lines;
  for (let index = files.length - 1; index >= 0; index--) {
    const handle = await open(files[index]!).catch(() => undefined);
    if (!handle) continue;
    try {
      const size = (await handle.stat()).size;
      if (left === 0) return { file: index, offset: size };
      const found = await backwards(handle, size, left);
      if (found.offset !== undefined) return { file: index, offset: found.offset };
      left -= found.lines;
    } finally {
      await handle.close();
    }
  }
  return { file: 0, offset: 0 };
}

async function backwards(handle: FileHandle, size: number, lines: number): Promise<{ offset?: number; lines: number }> {
  let seen = 0;
  for (let end = size; end > 0; end = Math.max(0, end - CHUNK)) {
    const begin = Math.max(0, end - CHUNK);
    const { buffer } = await handle.read(Buffer.alloc(end - begin), 0, end - begin, begin);
    for (let at = buffer.length - 1; at >= 0; at--) {
      if (buffer[at] !== NEWLINE || begin + at === size - 1) continue;
      if (++seen === lines) return { offset: begin + at + 1, lines: seen };
    }
  }
  return { lines: size > 0 ? seen + 1 : 0 };
}

async function* readFrom(file: string, offset: number): AsyncGenerator<Buffer> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return;
  try {
    yield* toEnd(handle, { at: offset });
  } finally {
    await handle.close();
  }
}

async function* toEnd(handle: FileHandle, position: { at: number }): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK), 0, CHUNK, position.at);
    if (bytesRead === 0) return;
    position.at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Reads on across rotations: the open file is read to its end, then the new one from its start. */
async function* followFrom(
  logs: LogStore,
  path: string,
  offset: number,
  live: () => boolean,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let wake = (): void => undefined;
  let grown = true;
  const notify = (): void => {
    grown = true;
    wake();
  };
  const unsubscribe = logs.onChange(path, notify);
  signal.addEventListener('abort', notify);
  const position = { at: offset };
  let handle: FileHandle | undefined;
  try {
    while (!signal.aborted) {
      grown = false;
      const ended = !live();
      handle ??= await open(path).catch(() => undefined);
      if (handle) yield* toEnd(handle, position);
      if (handle && (await replaced(handle, path))) {
        await handle.close();
        handle = undefined;
        position.at = 0;
        continue;
      }
      if (ended) return;
      if (!grown && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', notify);
    await handle?.close();
  }
}

async function replaced(handle: FileHandle, path: string): Promise<boolean> {
  const [open, current] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return current !== undefined && current.ino !== open.ino;
}

interface Renderer {
  full: boolean;
  render(record: Buffer): Buffer | undefined;
}

function renderer(options: LogOptions): Renderer {
  let bytes = 0;
  let midLine = false;
  const wanted = options.stream && options.stream !== 'All' ? options.stream.toLowerCase() : undefined;
  const state: Renderer = {
    full: options.limitBytes !== undefined && options.limitBytes <= 0,
    render(record) {
      const line = parseLogLine(record);
      if (!line || (wanted && line.stream !== wanted)) return undefined;
      if (options.sinceTime !== undefined && Date.parse(line.time) < options.sinceTime) return undefined;
      const stamp = options.timestamps && !midLine ? `${line.time} ` : '';
      midLine = line.partial;
      let out = Buffer.concat([Buffer.from(stamp), line.text, Buffer.from(line.partial ? '' : '\n')]);
      if (options.limitBytes !== undefined && bytes + out.length >= options.limitBytes) {
        out = out.subarray(0, options.limitBytes - bytes);
        state.full = true;
      }
      bytes += out.length;
      return out;
    },
  };
  return state;
}

/** Records of a log, as a client sees them. Lines are not counted: `tailLines` is up to who makes the records. */
export const renderLog = (options: LogOptions, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> =>
  rendered(renderer(options), source);

async function* rendered(render: Renderer, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    let data = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    const out: Buffer[] = [];
    for (let end = data.indexOf(NEWLINE); end >= 0 && !render.full; end = data.indexOf(NEWLINE)) {
      const text = render.render(data.subarray(0, end));
      if (text) out.push(text);
      data = data.subarray(end + 1);
    }
    rest = data;
    if (out.length) yield Buffer.concat(out);
    if (render.full) return;
  }
}
