/** An entry of a ConfigMap or a Secret. */
export interface Entry {
  key: string;
  /** bytes */
  size: number;
  /** undefined: it is no text */
  text: string | undefined;
}

interface WithData {
  data?: Record<string, string> | null;
  binaryData?: Record<string, string> | null;
}

const encoder = new TextEncoder();

function decoded(key: string, base64: string): Entry {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  try {
    return { key, size: bytes.length, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { key, size: bytes.length, text: undefined };
  }
}

/** What a ConfigMap has as it stands, and a Secret in base64, by its keys. */
export function entriesOf({ data, binaryData }: WithData, isEncoded: boolean): Entry[] {
  const texts = Object.entries(data ?? {}).map(([key, value]) =>
    isEncoded ? decoded(key, value) : { key, size: encoder.encode(value).length, text: value },
  );
  return [...texts, ...Object.entries(binaryData ?? {}).map(([key, value]) => decoded(key, value))].sort((a, b) =>
    a.key < b.key ? -1 : 1,
  );
}
