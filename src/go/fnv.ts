/** 32-bit FNV-1a of bytes, or of a text in UTF-8 (hash/fnv New32a). */
export function fnv32a(data: string | Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of typeof data === 'string' ? Buffer.from(data) : data)
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
